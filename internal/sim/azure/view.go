package azuresim

import (
	"slices"
	"time"
)

// CredentialView is a snapshot of a client secret or certificate, without its
// value.
type CredentialView struct {
	KeyID, DisplayName string
	Start, End         time.Time
}

// ApplicationView is a snapshot of an application.
type ApplicationView struct {
	ObjectID, AppID, DisplayName, UniqueName, Notes, ServiceManagementReference, SignInAudience string
	Tags                                                                                        []string
	// Owners are object ids, those of deleted owners included.
	Owners                []string
	Secrets, Certificates []CredentialView
	Federated             []FederatedCredential
	// ServicePrincipalID is empty without one.
	ServicePrincipalID string
	CreatedAt          time.Time
}

// ServicePrincipalView is a snapshot of a service principal.
type ServicePrincipalView struct {
	ObjectID, AppID, DisplayName, Type, Notes string
	// Tags are its own, without those of its application.
	Tags    []string
	Enabled bool
	Owners  []string
	// Permissions are application permissions of Microsoft Graph, in the order
	// they were given.
	Permissions []string
	// Delegated are the scopes of its delegated permission grants.
	Delegated []string
	// AssignmentRequired tells that only those who are assigned may sign in.
	AssignmentRequired bool
	// LastSignInAt is zero for one that was never used.
	LastSignInAt time.Time
	CreatedAt    time.Time
}

func (e *entity) credentials(list string) []CredentialView {
	var out []CredentialView
	for _, c := range e.props.objects(list) {
		start, end := c.window()
		out = append(out, CredentialView{KeyID: c.str("keyId"), DisplayName: c.str("displayName"), Start: start, End: end})
	}
	return out
}

// Application returns the true state of an application by its object id,
// whatever the replication lag; ok is false when there is none.
func (t *Tenant) Application(id string) (view ApplicationView, ok bool) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	e := t.getKind(kindApplication, id)
	if e == nil {
		return ApplicationView{}, false
	}
	view = ApplicationView{
		ObjectID: e.id, AppID: e.str("appId"), DisplayName: e.str("displayName"), UniqueName: e.str("uniqueName"), Notes: e.str("notes"),
		ServiceManagementReference: e.str("serviceManagementReference"), SignInAudience: e.str("signInAudience"),
		Tags: slices.Clone(e.props.texts("tags")), Owners: slices.Clone(e.owners), CreatedAt: e.created,
		Secrets: e.credentials("passwordCredentials"), Certificates: e.credentials("keyCredentials"),
	}
	for _, f := range e.federated {
		view.Federated = append(view.Federated, FederatedCredential{Name: f.name, Issuer: f.issuer, Subject: f.subject, Audience: f.audiences[0], Description: f.description})
	}
	if sp := t.app(kindServicePrincipal, view.AppID); sp != nil {
		view.ServicePrincipalID = sp.id
	}
	return view, true
}

// ServicePrincipal returns the true state of a service principal by its object
// id, whatever the replication lag; ok is false when there is none.
func (t *Tenant) ServicePrincipal(id string) (view ServicePrincipalView, ok bool) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	e := t.getKind(kindServicePrincipal, id)
	if e == nil {
		return ServicePrincipalView{}, false
	}
	return ServicePrincipalView{
		ObjectID: e.id, AppID: e.str("appId"), DisplayName: e.str("displayName"), Type: e.str("servicePrincipalType"), Notes: e.str("notes"),
		Tags: slices.Clone(e.props.texts("tags")), Enabled: e.enabled(), Owners: slices.Clone(e.owners),
		Permissions: t.roleValues(e, t.graph()), Delegated: t.scopes(e), AssignmentRequired: e.props.flag("appRoleAssignmentRequired"), LastSignInAt: e.signIns.at, CreatedAt: e.created,
	}, true
}

// Applications returns the object ids of the tenant's applications, in order.
func (t *Tenant) Applications() []string { return t.ids(kindApplication) }

// ServicePrincipals returns the object ids of the tenant's service principals, in
// order, that of Microsoft Graph included.
func (t *Tenant) ServicePrincipals() []string { return t.ids(kindServicePrincipal) }

func (t *Tenant) ids(k kind) []string {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	var out []string
	for _, e := range t.all(k) {
		out = append(out, e.id)
	}
	return out
}

// Deleted returns the object ids of what has been deleted and can be restored,
// in order.
func (t *Tenant) Deleted() []string {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	t.expire(t.server.clock.Now())
	var out []string
	for id := range t.gone {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}
