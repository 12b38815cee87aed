package azuresim

import (
	"encoding/base64"
	"slices"
	"time"
)

// Secret is a client secret to seed.
type Secret struct {
	DisplayName string
	// Start is the clock's time by default, End two years later.
	Start, End time.Time
	// LastUsedAt is when it last authenticated; zero is never.
	LastUsedAt time.Time
}

// Certificate is a certificate to seed, in DER.
type Certificate struct {
	DisplayName string
	DER         []byte
	LastUsedAt  time.Time
}

// FederatedCredential is a trust in the tokens of another issuer to seed.
type FederatedCredential struct {
	Name, Issuer, Subject, Audience, Description string
}

// Application is an application to seed with its service principal. Empty fields
// take the defaults that Graph would give.
type Application struct {
	DisplayName, UniqueName, Notes, ServiceManagementReference string
	// AppID is a new one by default.
	AppID string
	// Publisher is the name of its verified publisher; empty is not verified.
	Publisher string
	// SignInAudience is "AzureADMyOrg" by default.
	SignInAudience string
	Tags           []string
	// Owners are object ids of users and service principals, also of deleted ones.
	Owners       []string
	Secrets      []Secret
	Certificates []Certificate
	Federated    []FederatedCredential
	// Permissions are application permissions of Microsoft Graph that the service
	// principal has, such as "Directory.Read.All".
	Permissions []string
	// DirectoryRoles are built-in roles, such as "Application Administrator".
	DirectoryRoles []string
	// Roles are the values of app roles that it offers to applications.
	Roles []string
	// WithoutServicePrincipal leaves it without one.
	WithoutServicePrincipal bool
	// Disabled blocks its sign-in.
	Disabled  bool
	CreatedAt time.Time
	// LastSignInAt is zero for one that was never used.
	LastSignInAt time.Time
}

// Registered is what was made of an application.
type Registered struct {
	ObjectID, AppID string
	// ServicePrincipalID is empty without one.
	ServicePrincipalID string
	// KeyIDs and Secrets are those of the client secrets, in order.
	KeyIDs, Secrets []string
}

// Credentials are those to sign in with by one of its client secrets.
func (r Registered) Credentials(tenant *Tenant, secret int) Credentials {
	return Credentials{TenantID: tenant.id, ClientID: r.AppID, ObjectID: r.ServicePrincipalID, ClientSecret: r.Secrets[secret]}
}

// withoutLag runs a seeding step: what is seeded has long been replicated.
func (t *Tenant) withoutLag(step func()) {
	s := t.server
	s.mu.Lock()
	defer s.mu.Unlock()
	lag := s.lag
	s.lag = 0
	defer func() { s.lag = lag }()
	step()
}

// PutApplication makes an application with its service principal, past the API's
// checks but within its data model. It panics on an owner, permission or role
// that there is not.
func (t *Tenant) PutApplication(seed Application) (made Registered) {
	t.withoutLag(func() { made = t.putApplication(seed) })
	return made
}

func (t *Tenant) putApplication(seed Application) Registered {
	what := "the application " + seed.DisplayName
	created := t.server.orNow(seed.CreatedAt)
	e := t.newApplication(seed.DisplayName, seed.AppID, created, 0)
	e.publish(seed.Publisher)
	for name, value := range map[string]string{
		"uniqueName": seed.UniqueName, "notes": seed.Notes, "serviceManagementReference": seed.ServiceManagementReference, "signInAudience": seed.SignInAudience,
	} {
		if value != "" {
			e.props[name] = value
		}
	}
	if seed.Tags != nil {
		e.props["tags"] = slices.Clone(seed.Tags)
	}
	roles := []object{}
	for _, value := range seed.Roles {
		roles = append(roles, object{
			"id": t.server.newID("appRole"), "value": value, "displayName": value, "description": value, "isEnabled": true,
			"allowedMemberTypes": []string{"Application"}, "origin": "Application",
		})
	}
	e.props["appRoles"] = roles
	for _, id := range seed.Owners {
		if t.objects[id] == nil {
			must(what, errNotFound(id))
		}
		if !slices.Contains(e.owners, id) {
			e.owners = append(e.owners, id)
		}
	}
	for _, f := range seed.Federated {
		e.federated = append(e.federated, &federatedCredential{
			id: t.server.newID("federated"), name: f.Name, issuer: f.Issuer, subject: f.Subject, description: f.Description, audiences: []string{f.Audience},
		})
	}
	made := Registered{ObjectID: e.id, AppID: e.str("appId")}
	used := signIns{}
	t.putKeys(what, e, seed, &made, &used)
	if seed.WithoutServicePrincipal {
		return made
	}
	sp := t.newServicePrincipal(e, created, 0)
	made.ServicePrincipalID = sp.id
	sp.props["accountEnabled"] = !seed.Disabled
	sp.owners = slices.Clone(e.owners)
	sp.signIns = used
	if seed.LastSignInAt.After(used.at) {
		sp.signIns.at = seed.LastSignInAt.UTC()
	}
	t.entitle(what, sp, seed.Permissions, seed.DirectoryRoles, created)
	return made
}

// putKeys gives an application its credentials.
func (t *Tenant) putKeys(what string, e *entity, seed Application, made *Registered, used *signIns) {
	note := func(key string, at time.Time) {
		if !at.IsZero() {
			latest := used.at
			used.record(at.UTC(), key)
			if latest.After(used.at) {
				used.at = latest
			}
		}
	}
	for _, s := range seed.Secrets {
		start, end := t.server.orNow(s.Start), s.End
		if end.IsZero() {
			end = start.AddDate(secretYears, 0, 0)
		}
		var name any
		if s.DisplayName != "" {
			name = s.DisplayName
		}
		c, text := e.addSecret(name, start, end)
		made.KeyIDs, made.Secrets = append(made.KeyIDs, c.str("keyId")), append(made.Secrets, text)
		note(c.str("keyId"), s.LastUsedAt)
	}
	for _, s := range seed.Certificates {
		cert, err := parseCertificate(base64.StdEncoding.EncodeToString(s.DER))
		must(what, err)
		c := keyOf(cert, t.server.newID("key"), s.DisplayName)
		e.props["keyCredentials"] = append(slices.Clone(e.props.objects("keyCredentials")), c)
		note(c.str("keyId"), s.LastUsedAt)
	}
}

// entitle gives a service principal permissions of Graph and directory roles.
func (t *Tenant) entitle(what string, sp *entity, permissions, roles []string, at time.Time) {
	for _, p := range permissions {
		id, err := t.graph().roleID(p)
		must(what, err)
		t.addRole(sp, t.graph(), id, at)
	}
	for _, name := range roles {
		must(what, t.putDirectoryRole(sp, name))
	}
}

// Entitle gives a service principal application permissions of Microsoft Graph.
func (t *Tenant) Entitle(id string, permissions ...string) {
	t.withoutLag(func() { t.entitle("the principal "+id, t.mustGet(id), permissions, nil, t.server.clock.Now()) })
}

func (t *Tenant) putDirectoryRole(principal *entity, name string) error {
	if principal.kind == kindGroup && principal.props["isAssignableToRole"] != true {
		return errInvalid("The group '%s' is not assignable to a role.", principal.id)
	}
	for _, d := range roleDefinitions {
		if d.name == name {
			t.addRoleAssignment(principal, d.id, "/")
			return nil
		}
	}
	return errNotFound(name)
}

// publish gives an application, or its service principal, a verified publisher,
// unless the name is empty.
func (e *entity) publish(name string) {
	if name != "" {
		e.props["verifiedPublisher"] = object{"displayName": name, "verifiedPublisherId": "5206095", "addedDateTime": stamp(e.created)}
	}
}

// ThirdParty is the service principal of another organisation's application to
// seed.
type ThirdParty struct {
	DisplayName string
	// Publisher is the name of its verified publisher; empty is not verified.
	Publisher string
	// HomeTenant is the tenant of the application.
	HomeTenant string
	// AppID is that of the application; empty is a new one.
	AppID                       string
	Permissions, DirectoryRoles []string
	// Delegated are delegated permissions of Microsoft Graph that everybody has
	// consented to, separated by spaces.
	Delegated    string
	Disabled     bool
	CreatedAt    time.Time
	LastSignInAt time.Time
}

// PutThirdParty makes a service principal without an application here, and
// returns its object id.
func (t *Tenant) PutThirdParty(seed ThirdParty) (id string) {
	t.withoutLag(func() {
		s := t.server
		e := &entity{tenant: t, kind: kindServicePrincipal, id: s.newID("servicePrincipal"), created: s.orNow(seed.CreatedAt), secrets: map[string]string{}}
		e.props = servicePrincipalDefaults(e)
		if e.props["appId"] = seed.AppID; seed.AppID == "" {
			e.props["appId"] = s.newID("appId")
		}
		e.props["displayName"], e.props["appDisplayName"] = seed.DisplayName, seed.DisplayName
		e.props["appOwnerOrganizationId"] = seed.HomeTenant
		e.props["signInAudience"] = "AzureADMultipleOrgs"
		e.props["servicePrincipalNames"] = []string{e.str("appId")}
		e.props["accountEnabled"] = !seed.Disabled
		e.publish(seed.Publisher)
		if !seed.LastSignInAt.IsZero() {
			e.signIns.at = seed.LastSignInAt.UTC()
		}
		t.insert(e, 0)
		t.entitle("the third party "+seed.DisplayName, e, seed.Permissions, seed.DirectoryRoles, e.created)
		if seed.Delegated != "" {
			t.addConsent(e, t.graph(), "", seed.Delegated)
		}
		id = e.id
	})
	return id
}
