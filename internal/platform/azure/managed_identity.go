package azure

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
)

// ManagedIdentitySpec is what a user-assigned managed identity has besides its name and metadata.
type ManagedIdentitySpec struct {
	// SubscriptionID is the tenant's own one when empty, unless SubscriptionUnknown says that nobody knows it yet.
	SubscriptionID, ResourceGroup, Location string
	SubscriptionUnknown                     bool
	// IsolationScope is None, also when it is empty, or Regional.
	IsolationScope string
	// RoleAssignments and FederatedCredentials are by the key in the configuration, which is the name of a credential.
	RoleAssignments      map[string]RoleAssignment
	FederatedCredentials map[string]federation.Preset
}

// TimeBound tells that Azure ends all roles by itself, of which there is one at least.
func (s ManagedIdentitySpec) TimeBound() bool {
	for _, role := range s.RoleAssignments {
		if !role.TimeBound {
			return false
		}
	}
	return len(s.RoleAssignments) > 0
}

// RoleAssignment is a role that an identity is to have at a scope.
type RoleAssignment struct {
	Scope string
	// Role is the name of a role, the GUID of its definition, or the definition's id.
	Role                        string
	Condition, ConditionVersion string
	// TimeBound has Azure itself end it at the expiry.
	TimeBound bool
}

// ManagedIdentityState is a user-assigned managed identity as it is.
type ManagedIdentityState struct {
	platform.Observed
	SubscriptionID, ResourceGroup, Location, IsolationScope string
	ClientID, PrincipalID, TenantID                         string
	ManagedBy                                               string
	// EndsByItself tells that Azure ends all of its access at the expiry in the tags, or earlier.
	EndsByItself bool
	// Roles are all that it has, in the order of scope and role.
	Roles []AssignedRole
	// FederatedCredentials are by name.
	FederatedCredentials map[string]federation.Credential
	// Quarantine is what is recorded of one; nil where there is none.
	Quarantine *governance.Quarantine

	tags map[string]string
	// withheld is what a quarantine has taken off and its release gives back; nothing of an identity that is disabled.
	withheld []taken
}

// AssignedRole is a role that an identity has at a scope.
type AssignedRole struct {
	Scope string
	// RoleID is the GUID of the definition, and RoleName empty where that cannot be read.
	RoleID, RoleName            string
	Condition, ConditionVersion string
	// End is when Azure ends it by itself; the zero time for never.
	End time.Time

	// assignmentID is empty where only the schedule is known, and scheduleID where nothing but an assignment is.
	assignmentID, scheduleID string
	description              string
}

// grant identifies what a role assignment gives. Azure keeps no two alike for a principal.
type grant struct{ scope, roleID string }

func (a AssignedRole) grant() grant {
	return grant{strings.ToLower(a.Scope), strings.ToLower(a.RoleID)}
}

// String names the role assignment among attachments.
func (a AssignedRole) String() string {
	name := a.RoleName
	if name == "" {
		name = a.RoleID
	}
	return "role assignment " + name + " at " + strings.ToLower(a.Scope)
}

// Values of the record that says that an identity is disabled.
const (
	disabledExpired = "expired"
	// disabledRetired is written first when an identity goes, so that an interrupted retirement shows.
	disabledRetired = "retired"
)

// ManagedIdentities manages the user-assigned managed identities of a tenant.
type ManagedIdentities struct{ tenant *Tenant }

var _ platform.Driver[ManagedIdentitySpec, ManagedIdentityState] = (*ManagedIdentities)(nil)

// ManagedIdentities of the tenant.
func (t *Tenant) ManagedIdentities() *ManagedIdentities { return &ManagedIdentities{tenant: t} }

// ID is the canonical id that an identity will have.
func (m *ManagedIdentities) ID(name string, spec ManagedIdentitySpec) governance.ID {
	subscription := spec.SubscriptionID
	if subscription == "" {
		subscription = m.tenant.SubscriptionID()
	}
	return identityParts{subscription, spec.ResourceGroup, name}.id()
}

// Predict is what Converge will return but for the ids that Azure makes up. While the expiry is not known, it leaves out
// when role assignments end.
func (m *ManagedIdentities) Predict(ctx context.Context, want platform.Desired[ManagedIdentitySpec]) (ManagedIdentityState, error) {
	if err := m.configured(want.Spec); err != nil {
		return ManagedIdentityState{}, err
	}
	id := m.ID(want.Name, want.Spec)
	state := ManagedIdentityState{
		Observed:       platform.Observed{ID: id, Name: want.Name, Metadata: want.Metadata, Disabled: want.Disabled},
		SubscriptionID: partsOf(id).subscription, ResourceGroup: want.Spec.ResourceGroup, Location: NormalLocation(want.Spec.Location),
		IsolationScope: isolation(want.Spec.IsolationScope), TenantID: m.tenant.ID(), ManagedBy: governance.ManagedBy,
		FederatedCredentials: map[string]federation.Credential{},
		tags:                 m.tenant.tagging.tags(want.Metadata),
	}
	expiry, expiryErr := governance.ParseExpiry(want.Metadata.Expiry)
	if want.Disabled {
		state.tags[m.tenant.tagging.keys.Key(governance.RecordDisabled)] = disabledExpired
		return state, nil
	}
	for name, preset := range want.Spec.FederatedCredentials {
		credential, _ := preset.Credential(m.tenant.audience())
		state.FederatedCredentials[name] = credential
	}
	roles, err := m.tenant.resolve(ctx, want.Spec.RoleAssignments)
	if err != nil {
		return ManagedIdentityState{}, err
	}
	for key, declared := range want.Spec.RoleAssignments {
		role := AssignedRole{Scope: declared.Scope, RoleID: roles[key].id, RoleName: roles[key].name, Condition: declared.Condition, ConditionVersion: conditionVersion(declared)}
		if declared.TimeBound && expiryErr == nil {
			if expiry.PassedAt(m.tenant.config.Clock.Now()) {
				continue // Azure has ended it.
			}
			role.End = expiry.End()
		}
		state.Roles = append(state.Roles, role)
	}
	if elsewhere := elsewhere(state.SubscriptionID, want.Spec.RoleAssignments); elsewhere != "" {
		state.tags[m.tenant.tagging.keys.Key(governance.RecordScopes)] = elsewhere
	}
	state.complete()
	return state, nil
}

// configured refuses an identity without a subscription to be in.
func (m *ManagedIdentities) configured(spec ManagedIdentitySpec) error {
	if m.subscription(spec) == "" && !spec.SubscriptionUnknown {
		return &platform.ErrNotConfigured{
			Attribute: []string{"azure", "subscription_id"}, Reason: "No subscription is configured for the managed identity to be in",
			Remedy: `Write azure = { subscription_id = "…" } in the provider block, set AZURE_SUBSCRIPTION_ID or ARM_SUBSCRIPTION_ID, or write azure_managed_identity.subscription_id.`,
		}
	}
	return nil
}

func isolation(scope string) string {
	if scope == "" {
		return IsolationNone
	}
	return scope
}

// IsolationNone lets an identity be assigned to resources of every region.
const IsolationNone = "None"

// IsolationScopes are all that there are.
var IsolationScopes = []string{IsolationNone, "Regional"}

// elsewhere are the bases outside the identity's own subscription, as a record has them.
func elsewhere(subscription string, roles map[string]RoleAssignment) string {
	own, others := subscriptionBase(subscription), map[string]bool{}
	for _, role := range roles {
		if b, reason := baseOf(role.Scope); reason == "" && b != own {
			others[b.short()] = true
		}
	}
	return joinList(slices.Sorted(maps.Keys(others)))
}

// conditionVersion is the only one that Azure has now, unless another is asked for.
func conditionVersion(role RoleAssignment) string {
	if role.Condition == "" || role.ConditionVersion != "" {
		return role.ConditionVersion
	}
	return "2.0"
}

// complete fills in what follows from the rest.
func (s *ManagedIdentityState) complete() {
	slices.SortFunc(s.Roles, func(a, b AssignedRole) int {
		one, other := a.grant(), b.grant()
		return strings.Compare(one.scope+" "+one.roleID, other.scope+" "+other.roleID)
	})
	expiry, err := governance.ParseExpiry(s.Metadata.Expiry)
	s.EndsByItself = err == nil && len(s.Roles) > 0 && !slices.ContainsFunc(s.Roles, func(role AssignedRole) bool {
		return role.End.IsZero() || role.End.After(expiry.End())
	})
	s.Attachments = nil
	for _, role := range s.Roles {
		s.Attachments = append(s.Attachments, role.String())
	}
	for name := range s.FederatedCredentials {
		s.Attachments = append(s.Attachments, credentialPrefix+name)
	}
	slices.Sort(s.Attachments)
}

const credentialPrefix = "federated credential "

// interpret fills in what follows from the tags as they were read.
func (s *ManagedIdentityState) interpret(tagging tagging, tags map[string]string) {
	s.tags = tags
	s.Metadata, s.ManagedBy = tagging.metadata(tags)
	record := tagging.readable(tags)
	s.Quarantine, s.withheld = record.order(), nil
	s.complete()
	switch tagging.record(tags, governance.RecordDisabled) {
	case disabledRetired:
		s.Disabled = true
	case disabledExpired:
		// Whoever assigns a role anew has opened it again.
		s.Disabled = len(s.Attachments) == 0
	}
	if record != nil && !s.Disabled {
		s.withheld = record.taken
	}
}
