package azuresim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// The tenant and the subscription that are there from the start.
const (
	DefaultTenant       = "3f1a9c52-7d04-4e6b-9a58-c2d1e0f4b7a6"
	DefaultSubscription = "6b2e8d14-90c7-4f35-8a1d-57e3c0b9f2d8"
)

// Tenant is one Entra ID tenant of the simulator.
type Tenant struct {
	server        *Server
	id            string
	domain        string
	subscriptions map[string]*Subscription
	admin         Credentials
	denied        []string // permissions denied to the administrator
	premium       bool     // has the licence for reports of sign-ins
	policy        *appPolicy
	ownPolicies   map[string]*appPolicy // by the id of the application
	directory
	arm *estate
}

// Subscription is one Azure subscription of a tenant.
type Subscription struct {
	tenant *Tenant
	id     string
	name   string
	parent string // its management group in lower case; empty is the root one
}

// Credentials are those of an application with a client secret.
type Credentials struct {
	TenantID, ClientID, ClientSecret string
	// ObjectID is that of the service principal.
	ObjectID string
}

var guidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`)

// mustGUID panics on an id that is none: that is a mistake in a test.
func mustGUID(what, id string) string {
	if !guidPattern.MatchString(id) {
		panic(fmt.Sprintf("azuresim: the id of a %s is a GUID, not %q", what, id))
	}
	return strings.ToLower(id)
}

// Tenant returns the tenant with an id, making it when it is new.
func (s *Server) Tenant(id string) *Tenant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tenant(id)
}

func (s *Server) tenant(id string) *Tenant {
	id = mustGUID("tenant", id)
	if t := s.tenants[id]; t != nil {
		return t
	}
	t := &Tenant{
		server: s, id: id, domain: "acme" + id[:4] + ".onmicrosoft.com", subscriptions: map[string]*Subscription{}, directory: newDirectory(),
		arm: newEstate(), premium: true, policy: newAppPolicy(), ownPolicies: map[string]*appPolicy{},
		admin: Credentials{
			TenantID: id, ClientID: sim.UUID("administrator-app/" + id), ObjectID: sim.UUID("administrator/" + id),
			ClientSecret: secretText("administrator/" + id),
		},
	}
	s.tenants[id] = t
	t.addFirstParties()
	return t
}

// ID returns the tenant's id.
func (t *Tenant) ID() string { return t.id }

// Domain returns the tenant's initial domain.
func (t *Tenant) Domain() string { return t.domain }

// AddSubscription adds a subscription, or returns the one that is there.
func (t *Tenant) AddSubscription(id, name string) *Subscription {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	return t.addSubscription(id, name)
}

func (t *Tenant) addSubscription(id, name string) *Subscription {
	id = mustGUID("subscription", id)
	if s := t.subscriptions[id]; s != nil {
		return s
	}
	s := &Subscription{tenant: t, id: id, name: name}
	t.subscriptions[id] = s
	return s
}

// Administrator returns the credentials that may do everything in the tenant and
// its subscriptions. They are the simulator's own: no list shows their service
// principal, and nothing can be made its.
func (t *Tenant) Administrator() Credentials { return t.admin }

// DenyPermissions lets the tenant's administrator be without these application
// permissions of Microsoft Graph, such as "AuditLog.Read.All". It replaces what
// was denied before; an empty list clears it.
func (t *Tenant) DenyPermissions(permissions ...string) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	t.denied = slices.Clone(permissions)
}

// SetPremium gives the tenant the licence for reports of sign-ins, which it has
// from the start, or takes it away.
func (t *Tenant) SetPremium(licensed bool) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	t.premium = licensed
}

// Env returns the environment variables that make azidentity use the simulator
// as the administrator. SSL_CERT_FILE, with [Server.CA] in it, is the caller's
// to add.
func (t *Tenant) Env() map[string]string { return t.server.env(t.admin) }

// Env is that of the default tenant, with its default subscription.
func (s *Server) Env() map[string]string {
	env := s.Tenant(DefaultTenant).Env()
	env["AZURE_SUBSCRIPTION_ID"] = DefaultSubscription
	return env
}

func (s *Server) env(c Credentials) map[string]string {
	return map[string]string{
		"AZURE_AUTHORITY_HOST": s.AuthorityHost(),
		"AZURE_TENANT_ID":      c.TenantID,
		"AZURE_CLIENT_ID":      c.ClientID,
		"AZURE_CLIENT_SECRET":  c.ClientSecret,
		// Nothing of the real environment remains.
		"AZURE_CLIENT_CERTIFICATE_PATH": "",
		"AZURE_FEDERATED_TOKEN_FILE":    "",
	}
}
