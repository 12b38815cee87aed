package azure

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// identityWriter brings one identity from what it is to what it is to be.
type identityWriter struct {
	ctx        context.Context //nolint:containedctx // lives as long as one call of Converge or Delete
	identities *ManagedIdentities
	arm        management
	have, want ManagedIdentityState
	// metadata justify requests of Privileged Identity Management.
	metadata governance.Metadata
	// keys are those of the wanted roles in the configuration.
	keys map[grant]string
	// fresh says that the identity has just been made, so that it may not be known everywhere.
	fresh bool
	// record is that of a quarantine as it is to be; nil where there is none.
	record *quarantineRecord
}

// Converge writes what differs. What takes access away goes first: who may sign in no longer, then the roles that go, so
// that nobody has on the way what only another may have; then what ends earlier. Roles that are gained come next, and who
// may newly sign in last. A role that stays is never taken away in between. An identity in quarantine gets nothing, and what
// is not wanted any more leaves the record of it.
func (m *ManagedIdentities) Converge(ctx context.Context, id governance.ID, desired platform.Desired[ManagedIdentitySpec]) (ManagedIdentityState, error) {
	want, err := m.Predict(ctx, desired)
	if err != nil {
		return ManagedIdentityState{}, err
	}
	if !sameIdentity(want.ID, id) {
		return ManagedIdentityState{}, fmt.Errorf("%s cannot become %s: a managed identity keeps its name, its resource group and its subscription", id, want.ID)
	}
	if err := endless("managed identity "+want.Name, want.Metadata); err != nil {
		return ManagedIdentityState{}, err
	}
	want.ID = id
	arm, err := m.tenant.manage(ctx, want.SubscriptionID)
	if err != nil {
		return ManagedIdentityState{}, err
	}
	unlock, err := m.tenant.lock(ctx, id)
	if err != nil {
		return ManagedIdentityState{}, err
	}
	defer unlock()
	have, fresh := m.tenant.recall(id)
	if !fresh {
		if have, err = m.readDirect(ctx, arm, id); err != nil {
			return ManagedIdentityState{}, err
		}
	}
	record, err := m.tenant.tagging.quarantineOf(id, have.tags)
	if err != nil {
		return ManagedIdentityState{}, err
	}
	m.tenant.wrote(id)
	w := &identityWriter{ctx: ctx, identities: m, arm: arm, have: have, want: want, metadata: desired.Metadata, keys: map[grant]string{}, fresh: fresh}
	for key, declared := range desired.Spec.RoleAssignments {
		for _, role := range want.Roles {
			if sameScope(role.Scope, declared.Scope) && (role.RoleID == roleGUID(declared.Role) || strings.EqualFold(role.RoleName, declared.Role)) {
				w.keys[role.grant()] = key
			}
		}
	}
	steps := []func() error{w.evict, w.revoke, w.writeIdentity, w.shorten, w.grant, w.admit}
	if record != nil {
		w.record = record.without(want)
		steps = []func() error{w.evict, w.revoke, w.writeIdentity}
	}
	if err := run(steps); err != nil {
		return ManagedIdentityState{}, err
	}
	want.ClientID, want.PrincipalID, want.TenantID, want.CreatedAt = have.ClientID, have.PrincipalID, have.TenantID, have.CreatedAt
	return want, nil
}

// run takes the steps until one fails.
func run(steps []func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// writeIdentity writes the tags and the isolation scope, which Resource Manager replaces together.
func (w *identityWriter) writeIdentity() error {
	tagging := w.identities.tenant.tagging
	tags := tagging.recorded(tagging.merged(w.have.tags, w.want.tags), w.record)
	if maps.Equal(tags, w.have.tags) && w.have.IsolationScope == w.want.IsolationScope {
		return nil
	}
	_, err := w.identities.put(w.ctx, w.arm, w.want, tags)
	return refused(opWriteIdentity, err)
}

// evict takes away who may sign in no longer. A credential that is to be another's goes too, because issuer and subject
// are unique, and two could change places.
func (w *identityWriter) evict() error {
	for _, name := range slices.Sorted(maps.Keys(w.have.FederatedCredentials)) {
		have := w.have.FederatedCredentials[name]
		want, wanted := w.want.FederatedCredentials[name]
		if wanted && have.Issuer == want.Issuer && have.Subject == want.Subject {
			continue
		}
		if err := w.deleteFederated(name); err != nil {
			return err
		}
		delete(w.have.FederatedCredentials, name)
	}
	return nil
}

// admit lets those sign in who newly may.
func (w *identityWriter) admit() error {
	for _, name := range slices.Sorted(maps.Keys(w.want.FederatedCredentials)) {
		want := w.want.FederatedCredentials[name]
		if have, ok := w.have.FederatedCredentials[name]; ok && have == want {
			continue
		}
		if err := w.putFederated(name, want); err != nil {
			return fmt.Errorf("the federated credential %s: %w", name, err)
		}
	}
	return nil
}

// revoke takes away the roles that go, those among them that have to be made anew to change.
func (w *identityWriter) revoke() error {
	stay := []AssignedRole{}
	for _, have := range w.have.Roles {
		if want, wanted := matching(w.want.Roles, have); wanted && !remakes(have, want) {
			stay = append(stay, have)
			continue
		}
		if err := w.removeRole(have); err != nil {
			return err
		}
	}
	w.have.Roles = stay
	return nil
}

// shorten ends earlier what is to end earlier.
func (w *identityWriter) shorten() error {
	return w.change(func(have, want time.Time) bool { return want.Before(have) })
}

// grant gives the roles that are new or changed, and prolongs others.
func (w *identityWriter) grant() error {
	if err := w.change(func(have, want time.Time) bool { return want.After(have) }); err != nil {
		return err
	}
	for _, want := range w.want.Roles {
		have, has := matching(w.have.Roles, want)
		if has && sameCondition(have, want) {
			continue
		}
		give := w.assign
		if !want.End.IsZero() {
			give = func(role AssignedRole) error { return w.schedule(role, assignRequest) }
		}
		if err := give(want); err != nil {
			return err
		}
	}
	return nil
}

func (w *identityWriter) change(due func(have, want time.Time) bool) error {
	for i, have := range w.have.Roles {
		want, _ := matching(w.want.Roles, have)
		if want.End.IsZero() || !due(have.End, want.End) {
			continue
		}
		want.scheduleID = have.scheduleID
		if err := w.schedule(want, updateRequest); err != nil {
			return err
		}
		w.have.Roles[i].End = want.End
	}
	return nil
}

// matching is the role that gives the same at the same scope.
func matching(roles []AssignedRole, like AssignedRole) (AssignedRole, bool) {
	i := slices.IndexFunc(roles, func(role AssignedRole) bool { return role.grant() == like.grant() })
	if i < 0 {
		return AssignedRole{}, false
	}
	return roles[i], true
}

func sameCondition(one, other AssignedRole) bool {
	return one.Condition == other.Condition && one.ConditionVersion == other.ConditionVersion
}

// remakes tells whether a role assignment cannot change in place: one with an end keeps its condition, and one without
// never gets one.
func remakes(have, want AssignedRole) bool {
	return have.End.IsZero() != want.End.IsZero() || (!have.End.IsZero() && !sameCondition(have, want))
}

// at is a role assignment in messages.
func (w *identityWriter) at(role AssignedRole, attributes ...string) []string {
	if key := w.keys[role.grant()]; key != "" {
		return attribute(append([]string{"role_assignments", key}, attributes...)...)
	}
	return attribute("role_assignments")
}
