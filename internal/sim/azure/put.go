package azuresim

import (
	"slices"
	"time"
)

// must ends the program on a seed that the data model cannot hold: that is a
// mistake in a test, and tests want it loud.
func must(what string, err error) {
	if err != nil {
		panic("azuresim: seeding " + what + ": " + err.Error())
	}
}

func (s *Server) orNow(t time.Time) time.Time {
	if t.IsZero() {
		return s.clock.Now()
	}
	return t.UTC()
}

// newApplication makes an application in the directory without an API's checks. An
// empty application id is a new one.
func (t *Tenant) newApplication(displayName, appID string, created time.Time, lag int) *entity {
	s := t.server
	e := &entity{tenant: t, kind: kindApplication, id: s.newID("application"), created: created, secrets: map[string]string{}}
	e.props = applicationDefaults(e)
	if e.props["appId"] = appID; appID == "" {
		e.props["appId"] = s.newID("appId")
	}
	e.props["displayName"] = displayName
	t.insert(e, lag)
	return e
}

// newServicePrincipal makes the service principal of an application.
func (t *Tenant) newServicePrincipal(app *entity, created time.Time, lag int) *entity {
	e := &entity{tenant: t, kind: kindServicePrincipal, id: t.server.newID("servicePrincipal"), created: created, secrets: map[string]string{}}
	e.props = servicePrincipalDefaults(e)
	e.props["appId"] = app.props["appId"]
	e.props["appOwnerOrganizationId"] = app.tenant.id
	e.follow(app)
	t.insert(e, lag)
	return e
}

// newManagedIdentity makes the service principal of a managed identity of
// Resource Manager, which has no application object.
func (t *Tenant) newManagedIdentity(armID, displayName string, created time.Time, lag int) *entity {
	s := t.server
	e := &entity{tenant: t, kind: kindServicePrincipal, id: s.newID("servicePrincipal"), created: created}
	e.props = servicePrincipalDefaults(e)
	e.props["appId"] = s.newID("appId")
	e.props["displayName"] = displayName
	e.props["servicePrincipalType"] = "ManagedIdentity"
	e.props["alternativeNames"] = []string{"isExplicit=True", armID}
	e.props["servicePrincipalNames"] = []string{e.str("appId"), "https://identity.azure.net/" + b64(e.id)}
	t.insert(e, lag)
	return e
}

// PutManagedIdentity makes the service principal of a managed identity with this
// id in Resource Manager, and returns its object id.
func (t *Tenant) PutManagedIdentity(armID, displayName string) (id string) {
	t.withoutLag(func() { id = t.newManagedIdentity(armID, displayName, t.server.clock.Now(), 0).id })
	return id
}

// addSecret gives an application or service principal a client secret.
func (e *entity) addSecret(displayName any, start, end time.Time) (object, string) {
	s := e.tenant.server
	key := s.newID("key")
	text := secretText(key)
	s.secrets.Add(text)
	e.secrets[key] = text
	c := object{
		"customKeyIdentifier": nil, "displayName": displayName, "startDateTime": stamp(start), "endDateTime": stamp(end),
		"hint": text[:3], "keyId": key, "secretText": nil,
	}
	e.props["passwordCredentials"] = append(slices.Clone(e.props.objects("passwordCredentials")), c)
	return c, text
}

// addRole assigns an app role.
func (t *Tenant) addRole(principal, resource *entity, roleID string, created time.Time) *grant {
	g := &grant{id: t.server.newID("grant"), principal: principal, resource: resource, roleID: roleID, created: created}
	t.addGrant(g)
	return g
}

// roleID finds an app role of a resource by its value.
func (e *entity) roleID(value string) (string, error) {
	for _, role := range e.props.objects("appRoles") {
		if role.str("value") == value {
			return role.str("id"), nil
		}
	}
	return "", errInvalid("%s has no app role %q", e.str("displayName"), value)
}

// AddCaller makes an application with a service principal, a client secret for
// two years and these application permissions of Microsoft Graph, for a test to
// call as. It panics on a permission that the simulator does not know.
func (t *Tenant) AddCaller(name string, permissions ...string) Credentials {
	s := t.server
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	app := t.newApplication(name, "", now, 0)
	principal := t.newServicePrincipal(app, now, 0)
	_, secret := app.addSecret("caller", now, now.AddDate(2, 0, 0))
	for _, p := range permissions {
		id, err := t.graph().roleID(p)
		must("the caller "+name, err)
		t.addRole(principal, t.graph(), id, now)
	}
	return Credentials{TenantID: t.id, ClientID: app.str("appId"), ClientSecret: secret, ObjectID: principal.id}
}
