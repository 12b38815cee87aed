package azuresim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

var applicationRoutes = append(objectRoutes(kindApplication),
	route{pattern: "POST /applications", needs: writeApplications, own: true, handle: (*request).createApplication},
	route{pattern: "PATCH /applications/{id}", needs: writeApplications, own: true, handle: (*request).patchApplication},
)

func (r *request) createApplication() (*reply, error) { return r.makeApplication(maps.Clone(r.body)) }

func (r *request) makeApplication(in object) (*reply, error) {
	if in.str("displayName") == "" {
		return nil, errInvalid("A value is required for property 'displayName' of resource 'Application'.")
	}
	owners, err := r.boundOwners(in)
	if err != nil {
		return nil, err
	}
	if err := r.checkApplication(nil, in); err != nil {
		return nil, err
	}
	keys, err := r.keyCredentials(nil, in)
	if err != nil {
		return nil, err
	}
	e := r.tenant.newApplication(in.str("displayName"), "", r.now, r.server.lag)
	e.set(in, keys)
	e.owners = owners
	shown := e.show(e.props, false)
	shown["@odata.context"] = r.contextURL("applications/$entity")
	return answer(http.StatusCreated, shown)
}

// checkApplication checks what is written to an application; e is nil for a new
// one.
func (r *request) checkApplication(e *entity, in object) error {
	if err := kindApplication.checkProperties(in); err != nil {
		return err
	}
	if name, ok := in["uniqueName"]; ok {
		if e != nil && e.props["uniqueName"] != nil && !same(name, e.props["uniqueName"]) {
			return errInvalid("Property 'uniqueName' is immutable and cannot be changed once it is set.")
		}
		if name != nil && r.tenant.taken(e, "uniqueName", in.str("uniqueName")) {
			return errTaken("Request_BadRequest", "uniqueName")
		}
	}
	for _, uri := range in.texts("identifierUris") {
		if r.tenant.taken(e, "identifierUris", uri) {
			return errTaken("Request_MultipleObjectsWithSameKeyValue", "identifierUris")
		}
	}
	return r.checkRoles(e, in)
}

// errTaken refuses a value that another object has. The code depends on the
// property.
func errTaken(code, property string) error {
	return newError(code, http.StatusBadRequest, "Another object with the same value for property %s already exists.", property)
}

// taken reports whether another application has a value already, a deleted one
// that can be restored included.
func (t *Tenant) taken(but *entity, name, value string) bool {
	for _, e := range t.objects {
		if e.kind != kindApplication || e == but {
			continue
		}
		if values := e.props.texts(name); same(e.props[name], value) || slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, value) }) {
			return true
		}
	}
	return false
}

// checkRoles checks app roles: their ids are GUIDs and, like their values, come
// once, and one that is taken away has to be disabled first.
func (r *request) checkRoles(e *entity, in object) error {
	if _, ok := in["appRoles"]; !ok {
		return nil
	}
	ids, values := map[string]bool{}, map[string]bool{}
	for _, role := range in.objects("appRoles") {
		id, value := strings.ToLower(role.str("id")), role.str("value")
		if !guidPattern.MatchString(id) || role.str("displayName") == "" || role.str("description") == "" || len(role.texts("allowedMemberTypes")) == 0 {
			return errInvalid("Invalid value specified for property 'appRoles' of resource 'Application'.")
		}
		if ids[id] || value != "" && values[value] {
			return newError("DuplicateValue", http.StatusBadRequest, "Request contains a property with duplicate values.")
		}
		ids[id], values[value] = true, true
	}
	if e == nil {
		return nil
	}
	for _, role := range e.props.objects("appRoles") {
		if !ids[strings.ToLower(role.str("id"))] && role.flag("isEnabled") {
			return newError("CannotDeleteOrUpdateEnabledEntitlement", http.StatusBadRequest, "Permission (scope or role) cannot be deleted or updated unless disabled first.")
		}
	}
	return nil
}

// set writes properties that were checked. keys are those of certificates, or
// nil where none were given.
func (e *entity) set(in object, keys []object) {
	for name, value := range in {
		if !strings.HasPrefix(name, "@odata.") && name != "keyCredentials" {
			e.props[name] = plain(value)
		}
	}
	if keys != nil {
		e.props["keyCredentials"] = keys
	}
}

// upserts reports whether a PATCH is to make what is not there.
func (r *request) upserts() bool {
	return strings.Contains(strings.ToLower(r.http.Header.Get("Prefer")), "create-if-missing")
}

// patchApplication changes an application, or makes it where the header asks for
// that and the unique name is free.
func (r *request) patchApplication() (*reply, error) {
	if key := segmentKey.FindStringSubmatch(r.http.PathValue("id")); r.upserts() && key != nil && key[1] == "uniqueName" {
		name := strings.ReplaceAll(key[2], "''", "'")
		if r.tenant.byUniqueName(name) == nil {
			in := maps.Clone(r.body)
			in["uniqueName"] = name
			return r.makeApplication(in)
		}
	}
	e, _, err := r.named(kindApplication)
	if err != nil {
		return nil, err
	}
	if err := r.mayChange(e); err != nil {
		return nil, err
	}
	if name, ok := r.body["displayName"]; ok && (name == nil || name == "") {
		return nil, errInvalid("Invalid value specified for property 'displayName' of resource 'Application'.")
	}
	if err := r.checkApplication(e, r.body); err != nil {
		return nil, err
	}
	keys, err := r.keyCredentials(e, r.body)
	if err != nil {
		return nil, err
	}
	e.touch()
	e.set(r.body, keys)
	if sp := r.tenant.app(kindServicePrincipal, e.str("appId")); sp != nil {
		sp.touch()
		sp.follow(e)
	}
	return answer(http.StatusNoContent, nil)
}

// follow gives a service principal what it has of its application.
func (e *entity) follow(app *entity) {
	for _, name := range []string{"displayName", "signInAudience", "appRoles", "info", "verifiedPublisher"} {
		e.props[name] = app.props[name]
	}
	e.props["appDisplayName"] = app.props["displayName"]
	e.props["appDescription"] = app.props["description"]
	e.props["servicePrincipalNames"] = append([]string{app.str("appId")}, app.props.texts("identifierUris")...)
}
