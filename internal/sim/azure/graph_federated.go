package azuresim

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// readFederated are the permissions that read federated credentials (Graph
// reference).
var readFederated = []string{"Application.Read.All", "Application.ReadWrite.All", permissionOwned}

// federatedRoutes are the federated credentials of applications.
var federatedRoutes = []route{
	{pattern: "GET /applications/{id}/federatedIdentityCredentials", needs: readFederated, handle: (*request).listFederated},
	{pattern: "POST /applications/{id}/federatedIdentityCredentials", needs: writeApplications, own: true, handle: (*request).createFederated},
	{pattern: "GET /applications/{id}/federatedIdentityCredentials/{credential}", needs: readFederated, handle: (*request).getFederated},
	{pattern: "PATCH /applications/{id}/federatedIdentityCredentials/{credential}", needs: writeApplications, own: true, handle: (*request).patchFederated},
	{pattern: "DELETE /applications/{id}/federatedIdentityCredentials/{credential}", needs: writeApplications, own: true, handle: (*request).deleteFederated},
}

// Limits of federated credentials (Graph reference,
// federatedIdentityCredential).
const (
	maxFederated       = 20
	maxFederatedName   = 120
	maxFederatedIssuer = 600
)

func (f *federatedCredential) object() object {
	var description any
	if f.description != "" {
		description = f.description
	}
	return object{"id": f.id, "name": f.name, "issuer": f.issuer, "subject": f.subject, "description": description, "audiences": f.audiences}
}

func (s *state) federatedObjects() []object {
	out := make([]object, len(s.federated))
	for i, f := range s.federated {
		out[i] = f.object()
	}
	return out
}

func (r *request) listFederated() (*reply, error) {
	_, met, err := r.named(kindApplication)
	if err != nil {
		return nil, err
	}
	value := met.federatedObjects()
	return answer(http.StatusOK, object{"@odata.context": r.contextURL("applications/federatedIdentityCredentials"), "value": value})
}

// federated finds one by its id or, as Graph takes too, by its name. Who reads
// may meet it as it was before.
func (r *request) federated() (*entity, *federatedCredential, error) {
	e, met, err := r.named(kindApplication)
	if err != nil {
		return nil, nil, err
	}
	id := r.http.PathValue("credential")
	if m := segmentKey.FindStringSubmatch(id); m != nil && m[1] == "name" {
		id = m[2]
	}
	list := e.federated
	if r.http.Method == http.MethodGet {
		list = met.federated
	}
	for _, f := range list {
		if strings.EqualFold(f.id, id) || f.name == id {
			return e, f, nil
		}
	}
	return e, nil, errNotFound(id)
}

func (r *request) getFederated() (*reply, error) {
	_, f, err := r.federated()
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, f.object())
}

func errFederated(format string, args ...any) error {
	return newError("InvalidFederatedIdentityCredentialValue", http.StatusBadRequest, format, args...)
}

var federatedName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// checkFederated checks a whole credential against the others of its holder.
func checkFederated(e *entity, f *federatedCredential) error {
	switch {
	case f.name == "" || utf8.RuneCountInString(f.name) > maxFederatedName || !federatedName.MatchString(f.name):
		return errFederated("The name of a federated identity credential has 1 to 120 letters, digits, hyphens and underscores. paramName: FederatedIdentityCredential.Name, paramValue: %s", f.name)
	case f.issuer == "" || utf8.RuneCountInString(f.issuer) > maxFederatedIssuer || !strings.HasPrefix(f.issuer, "https://"):
		return errFederated("The issuer is not a valid URI of 600 characters at most. paramName: FederatedIdentityCredential.Issuer, paramValue: %s", f.issuer)
	case f.subject == "" || utf8.RuneCountInString(f.subject) > maxFederatedIssuer:
		return errFederated("The subject is empty or longer than 600 characters. paramName: FederatedIdentityCredential.Subject, paramValue: %s", f.subject)
	case utf8.RuneCountInString(f.description) > maxFederatedIssuer:
		return errFederated("The description is longer than 600 characters. paramName: FederatedIdentityCredential.Description")
	case len(f.audiences) != 1 || f.audiences[0] == "" || utf8.RuneCountInString(f.audiences[0]) > maxFederatedIssuer:
		return errFederated("Exactly one audience is required. paramName: FederatedIdentityCredential.Audiences")
	}
	for _, other := range e.federated {
		if other.id != f.id && other.issuer == f.issuer && other.subject == f.subject {
			return errFederated("The combination of issuer and subject must be unique for the application. Issuer %s and Subject: %s already exist. "+
				"paramName: FederatedIdentityCredential.Subject, paramValue: %s, objectType: Microsoft.Online.DirectoryServices.Application", f.issuer, f.subject, f.subject)
		}
	}
	return nil
}

// give changes a credential as a request says.
func (f *federatedCredential) give(in object, fixed ...string) error {
	for _, name := range in.names() {
		value, isText := in[name].(string)
		switch {
		case strings.HasPrefix(name, "@odata."):
		case slices.Contains(fixed, name) && value != f.name:
			return errFederated("The name of a federated identity credential cannot be changed. paramName: FederatedIdentityCredential.Name, paramValue: %s", value)
		case name == "audiences":
			f.audiences = in.texts(name)
		case in[name] != nil && !isText:
			return errInvalid("Invalid value specified for property '%s' of resource 'FederatedIdentityCredential'.", name)
		case name == "name":
			f.name = value
		case name == "issuer":
			f.issuer = value
		case name == "subject":
			f.subject = value
		case name == "description":
			f.description = value
		default:
			return errBadRequest("Invalid property '%s'.", name)
		}
	}
	return nil
}

func (r *request) createFederated() (*reply, error) {
	e, _, err := r.named(kindApplication)
	if err != nil {
		return nil, err
	}
	return r.makeFederated(e, r.body)
}

func (r *request) makeFederated(e *entity, in object) (*reply, error) {
	if err := r.mayChange(e); err != nil {
		return nil, err
	}
	f := &federatedCredential{id: r.server.newID("federated")}
	if err := f.give(in); err != nil {
		return nil, err
	}
	if err := checkFederated(e, f); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(e.federated, func(o *federatedCredential) bool { return o.name == f.name }) {
		return nil, newError("Request_MultipleObjectsWithSameKeyValue", http.StatusConflict, "FederatedIdentityCredential with name %s already exists.", f.name)
	}
	if len(e.federated) == maxFederated {
		return nil, errInvalid("The number of federated identity credentials of the application exceeds the maximum of %d.", maxFederated)
	}
	e.touch()
	e.federated = append(e.federated, f)
	return answer(http.StatusCreated, f.object())
}

// patchFederated changes a credential, or makes it where the header asks for that
// and the name is free.
func (r *request) patchFederated() (*reply, error) {
	e, f, err := r.federated()
	key := segmentKey.FindStringSubmatch(r.http.PathValue("credential"))
	if e != nil && f == nil && key != nil && key[1] == "name" && r.upserts() {
		in := maps.Clone(r.body)
		in["name"] = key[2]
		return r.makeFederated(e, in)
	}
	if err != nil {
		return nil, err
	}
	if err := r.mayChange(e); err != nil {
		return nil, err
	}
	changed := *f
	if err := changed.give(r.body, "name"); err != nil {
		return nil, err
	}
	if err := checkFederated(e, &changed); err != nil {
		return nil, err
	}
	e.touch()
	*f = changed
	return answer(http.StatusNoContent, nil)
}

func (r *request) deleteFederated() (*reply, error) {
	e, f, err := r.federated()
	if err != nil {
		return nil, err
	}
	if err := r.mayChange(e); err != nil {
		return nil, err
	}
	e.touch()
	e.federated = slices.DeleteFunc(e.federated, func(o *federatedCredential) bool { return o == f })
	return answer(http.StatusNoContent, nil)
}
