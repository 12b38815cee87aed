package azure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
)

// Read takes the identity from the subscription's snapshot, or asks for it alone where that costs less, where this provider
// has just changed it, and where the snapshot does not have it.
func (m *ManagedIdentities) Read(ctx context.Context, id governance.ID) (ManagedIdentityState, error) {
	arm, err := m.tenant.manage(ctx, partsOf(id).subscription)
	if err != nil {
		return ManagedIdentityState{}, err
	}
	identity, has, found, err := m.tenant.fromSubscription(ctx, id)
	if err != nil {
		return ManagedIdentityState{}, err
	}
	if !found {
		return m.readDirect(ctx, arm, id)
	}
	state := m.tenant.bareState(id, identity)
	if has, err = m.addElsewhere(ctx, arm, state, has); err != nil {
		return ManagedIdentityState{}, err
	}
	return m.finish(ctx, arm, state, has)
}

// readDirect asks for the identity, its federated credentials and its roles: four calls, and two for each subscription
// besides its own in which it has roles.
func (m *ManagedIdentities) readDirect(ctx context.Context, arm management, id governance.ID) (ManagedIdentityState, error) {
	state, err := m.readBare(ctx, arm, id)
	if err != nil {
		return ManagedIdentityState{}, err
	}
	has, err := m.tenant.readAssigned(ctx, arm, subscriptionBase(state.SubscriptionID), state.PrincipalID)
	if err != nil {
		return ManagedIdentityState{}, err
	}
	if has, err = m.addElsewhere(ctx, arm, state, has); err != nil {
		return ManagedIdentityState{}, err
	}
	return m.finish(ctx, arm, state, has)
}

// readBare asks for the identity alone.
func (m *ManagedIdentities) readBare(ctx context.Context, arm management, id governance.ID) (ManagedIdentityState, error) {
	parts := partsOf(id)
	answer, err := arm.identities.Get(ctx, parts.resourceGroup, parts.name, nil)
	if err != nil {
		return ManagedIdentityState{}, mapError(opReadIdentity, err)
	}
	return m.tenant.bareState(id, answer.Identity), nil
}

// bareState is an identity without what hangs on it.
func (t *Tenant) bareState(id governance.ID, identity armmsi.Identity) ManagedIdentityState {
	parts := partsOf(id)
	state := ManagedIdentityState{
		Observed:       platform.Observed{ID: id, Name: deref(identity.Name)},
		SubscriptionID: strings.ToLower(parts.subscription), ResourceGroup: parts.resourceGroup, Location: NormalLocation(deref(identity.Location)),
		IsolationScope: IsolationNone, FederatedCredentials: map[string]federation.Credential{},
	}
	if identity.SystemData != nil {
		state.CreatedAt = deref(identity.SystemData.CreatedAt)
	}
	if properties := identity.Properties; properties != nil {
		state.IsolationScope = isolation(string(deref(properties.IsolationScope)))
		state.ClientID, state.PrincipalID, state.TenantID = deref(properties.ClientID), deref(properties.PrincipalID), deref(properties.TenantID)
	}
	state.interpret(t.tagging, tagMap(identity.Tags))
	return state
}

// addElsewhere reads the roles outside the identity's own subscription, where a record says that it has some.
func (m *ManagedIdentities) addElsewhere(ctx context.Context, arm management, state ManagedIdentityState, has assigned) (assigned, error) {
	own := assigned{assignments: maps.Clone(has.assignments), schedules: maps.Clone(has.schedules)}
	for _, short := range splitList(m.tenant.tagging.record(state.tags, governance.RecordScopes)) {
		more, err := m.tenant.readAssigned(ctx, arm, readBase(short), state.PrincipalID)
		if err != nil && !errors.Is(err, platform.ErrNotFound) { // A subscription that is gone has no roles.
			return own, fmt.Errorf("the roles in %s: %w", short, err)
		}
		if err == nil {
			own.add(more)
		}
	}
	return own, nil
}

// finish reads the federated credentials, and puts everything together.
func (m *ManagedIdentities) finish(ctx context.Context, arm management, state ManagedIdentityState, has assigned) (ManagedIdentityState, error) {
	credentials, err := m.readFederated(ctx, arm, state.ID)
	if err != nil {
		return ManagedIdentityState{}, err
	}
	state.FederatedCredentials = credentials
	state.Roles = has.of(state.PrincipalID, m.tenant.config.Clock.Now())
	if err := m.tenant.nameRoles(ctx, state.Roles); err != nil {
		return ManagedIdentityState{}, err
	}
	state.interpret(m.tenant.tagging, state.tags)
	return state, nil
}

func (m *ManagedIdentities) readFederated(ctx context.Context, arm management, id governance.ID) (map[string]federation.Credential, error) {
	parts := partsOf(id)
	listed, err := collect(ctx, opReadFederated, arm.federated.NewListPager(parts.resourceGroup, parts.name, nil),
		func(page armmsi.FederatedIdentityCredentialsClientListResponse) []*armmsi.FederatedIdentityCredential {
			return page.Value
		})
	if err != nil {
		return nil, err
	}
	credentials := map[string]federation.Credential{}
	for _, one := range listed {
		if one.Properties == nil {
			continue
		}
		credential := federation.Credential{Issuer: deref(one.Properties.Issuer), Subject: deref(one.Properties.Subject)}
		var audiences []string
		for _, audience := range one.Properties.Audiences {
			audiences = append(audiences, deref(audience))
		}
		// Entra ID takes one; more could only come from another tool.
		credential.Audience = strings.Join(audiences, " ")
		credentials[deref(one.Name)] = credential
	}
	return credentials, nil
}

// Assigned are the declared role assignments as the identity has them: those that it has are as declared, or with what
// differs; those that it lacks are missing; and what nobody has declared is there under the GUID of its definition and
// scope. Declared ones that ended by themselves, or that the provider has taken off a disabled identity, are not missing, and
// neither is anything that a quarantine has taken, or keeps from being given.
func (m *ManagedIdentities) Assigned(ctx context.Context, declared map[string]RoleAssignment, state ManagedIdentityState) (map[string]RoleAssignment, error) {
	expiry, err := governance.ParseExpiry(state.Metadata.Expiry)
	over := err == nil && expiry.PassedAt(m.tenant.config.Clock.Now())
	found := map[string]RoleAssignment{}
	rest, withheld := map[grant]AssignedRole{}, map[grant]bool{}
	for _, one := range state.withheld {
		if one.kind == takenRole {
			rest[one.role.grant()], withheld[one.role.grant()] = one.role, true
		}
	}
	for _, role := range state.Roles {
		rest[role.grant()], withheld[role.grant()] = role, false
	}
	for _, key := range slices.Sorted(maps.Keys(declared)) {
		want := declared[key]
		role, err := m.tenant.role(ctx, want.Scope, want.Role, roleKept)
		if problem := (*roleProblem)(nil); err != nil && !errors.As(err, &problem) {
			return nil, err
		}
		have, has := rest[grant{strings.ToLower(want.Scope), role.id}]
		switch {
		case has:
			delete(rest, have.grant())
			end := expiry.End()
			if withheld[have.grant()] {
				end = have.End // The first apply after the release prolongs it.
			}
			found[key] = have.as(want, end)
		case state.Disabled, state.Quarantine != nil, over && want.TimeBound:
			found[key] = want
		}
	}
	for _, role := range rest {
		found[role.key()] = role.as(RoleAssignment{Scope: role.Scope, Role: role.display(), ConditionVersion: role.ConditionVersion}, expiry.End())
	}
	return found, nil
}

// Federated are the federated credentials with those that a quarantine has taken.
func (s ManagedIdentityState) Federated() map[string]federation.Credential {
	all := map[string]federation.Credential{}
	for _, one := range s.withheld {
		if one.kind == takenFederated {
			all[one.name] = one.credential
		}
	}
	maps.Copy(all, s.FederatedCredentials)
	return all
}

// as is the role in the words in which another was declared.
func (a AssignedRole) as(declared RoleAssignment, end time.Time) RoleAssignment {
	declared.Condition = a.Condition
	if conditionVersion(declared) != a.ConditionVersion {
		declared.ConditionVersion = a.ConditionVersion
	}
	// One that ends at another time than the identity is to be changed; that shows as the opposite of what is declared.
	declared.TimeBound = !a.End.IsZero() && (a.End.Equal(end) || !declared.TimeBound)
	return declared
}

// display is the name of the role, or its GUID.
func (a AssignedRole) display() string {
	if a.RoleName != "" {
		return a.RoleName
	}
	return a.RoleID
}

// key is under what a role assignment shows that nobody has declared: like a name, but unlike any other's.
func (a AssignedRole) key() string {
	return strings.ToLower(strings.ReplaceAll(a.display(), " ", "-")) + "@" + strings.ToLower(a.Scope)
}
