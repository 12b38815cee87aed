package azuresim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// passwordRoutes are the client secrets of applications and service principals.
func passwordRoutes(k kind) []route {
	at := "POST /" + collections[k] + "/{id}/"
	return []route{
		{pattern: at + "addPassword", needs: writeApplications, own: true, handle: func(r *request) (*reply, error) { return r.addPassword(k) }},
		{pattern: at + "removePassword", needs: writeApplications, own: true, handle: func(r *request) (*reply, error) { return r.removePassword(k) }},
	}
}

const (
	// maxKeyName is where the directory cuts the name of a key.
	maxKeyName = 90
	// secretYears is how long a client secret lasts by default (Graph reference,
	// "application: addPassword").
	secretYears = 2
	// maxPersonalSecrets is how many an application has that personal accounts
	// can sign in to ("Validation differences by supported account types").
	maxPersonalSecrets = 2
)

// addPassword makes a client secret, which only this answer shows.
func (r *request) addPassword(k kind) (*reply, error) {
	e, _, err := r.named(k)
	if err != nil {
		return nil, err
	}
	if err := r.mayChange(e); err != nil {
		return nil, err
	}
	if e.managed() || e.secrets == nil {
		return nil, errInvalid("Credentials cannot be added to the service principal '%s'.", e.id)
	}
	in := r.body.object("passwordCredential")
	for _, name := range in.names() {
		if !slices.Contains([]string{"displayName", "startDateTime", "endDateTime"}, name) && in[name] != nil {
			return nil, errInvalid("Property '%s' cannot be set on a password credential.", name)
		}
	}
	start, err := in.time("startDateTime", r.now)
	if err != nil {
		return nil, err
	}
	end, err := in.time("endDateTime", start.AddDate(secretYears, 0, 0))
	if err != nil {
		return nil, err
	}
	if !end.After(start) || !end.After(r.now) {
		return nil, errInvalid("Password credential end date is invalid.")
	}
	if err := r.tenant.checkPassword(e, start, end); err != nil {
		return nil, err
	}
	if strings.Contains(e.str("signInAudience"), "PersonalMicrosoftAccount") && len(e.props.objects("passwordCredentials")) >= maxPersonalSecrets {
		return nil, errInvalid("The application has the maximum of %d password credentials.", maxPersonalSecrets)
	}
	name := in["displayName"]
	if text, ok := name.(string); ok {
		name = cut(text, maxKeyName)
	}
	e.touch()
	c, text := e.addSecret(name, start, end)
	out := maps.Clone(c)
	out["secretText"] = text
	out["@odata.context"] = r.contextURL("microsoft.graph.passwordCredential")
	return answer(http.StatusOK, out)
}

// cut leaves so many characters of a text.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}

// time reads a time that may be left out.
func (o object) time(name string, fallback time.Time) (time.Time, error) {
	if o[name] == nil {
		return fallback, nil
	}
	t, err := time.Parse(time.RFC3339, o.str(name))
	if err != nil {
		return t, errBadRequest("Cannot convert the literal '%v' to the expected type 'Edm.DateTimeOffset'.", o[name])
	}
	return t, nil
}

// removePassword goes by what a replica has: it may lag behind the secret that was
// just made.
func (r *request) removePassword(k kind) (*reply, error) {
	e, met, err := r.named(k)
	if err != nil {
		return nil, err
	}
	if err := r.mayChange(e); err != nil {
		return nil, err
	}
	key := r.body.str("keyId")
	if !guidPattern.MatchString(key) {
		return nil, errBadRequest("Cannot convert the literal '%v' to the expected type 'Edm.Guid'.", r.body["keyId"])
	}
	is := func(c object) bool { return strings.EqualFold(c.str("keyId"), key) }
	if !slices.ContainsFunc(met.props.objects("passwordCredentials"), is) {
		return nil, errInvalid("No password credential found with keyId '%s'.", key)
	}
	e.touch()
	e.props["passwordCredentials"] = slices.DeleteFunc(slices.Clone(e.props.objects("passwordCredentials")), is)
	delete(e.secrets, strings.ToLower(key))
	return answer(http.StatusNoContent, nil)
}
