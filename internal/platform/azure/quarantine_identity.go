package azure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// ward is a managed identity. Nobody can close its sign-in, so everything that it may do and who may sign in as it is taken
// away, and recorded.
type ward struct {
	identities *ManagedIdentities
	arm        management
	state      ManagedIdentityState
	// has is what the identity has now of what a quarantine takes.
	has    []taken
	record *quarantineRecord
	// now says that it is about to be changed, and nobody that its service principal is gone, although Azure still has it.
	now, nobody bool
}

// readWard reads a managed identity with its roles in every subscription and management group that the caller may read.
func (t *Tenant) readWard(ctx context.Context, id governance.ID, now bool) (patient, error) {
	m := t.ManagedIdentities()
	arm, err := t.manage(ctx, partsOf(id).subscription)
	if err != nil {
		return nil, err
	}
	state, err := m.readBare(ctx, arm, id)
	if err != nil {
		return nil, err
	}
	w := &ward{identities: m, arm: arm, state: state, now: now}
	if w.record, err = t.tagging.quarantineOf(id, state.tags); err != nil {
		return nil, err
	}
	if state.Roles, err = w.roles(ctx); err != nil {
		return nil, err
	}
	if state.FederatedCredentials, err = m.readFederated(ctx, arm, id); err != nil {
		return nil, err
	}
	w.state = state
	w.has, err = w.held(ctx)
	return w, err
}

// roles are those that the identity has anywhere, as Resource Graph and the bases that it names show them.
func (w *ward) roles(ctx context.Context) ([]AssignedRole, error) {
	t := w.identities.tenant
	rows, err := query[armauthorization.RoleAssignment](ctx, t, assignmentsQuery+" | where properties.principalId =~ '"+w.state.PrincipalID+"'")
	if err != nil {
		return nil, err
	}
	bases := []base{subscriptionBase(w.state.SubscriptionID)}
	note := func(scope string) {
		if b, reason := baseOf(scope); reason == "" && !slices.Contains(bases, b) {
			bases = append(bases, b)
		}
	}
	for _, row := range rows {
		if row.Properties != nil {
			note(deref(row.Properties.Scope))
		}
	}
	if w.record != nil {
		for _, one := range w.record.taken {
			note(one.role.Scope)
		}
	}
	has := assigned{assignments: map[string][]armauthorization.RoleAssignment{}, schedules: map[string][]armauthorization.RoleAssignmentSchedule{}}
	for _, b := range bases {
		more, err := t.readAssigned(ctx, w.arm, b, w.state.PrincipalID)
		if err != nil {
			return nil, fmt.Errorf("the roles in %s: %w", b.short(), err)
		}
		has.add(more)
	}
	roles := has.of(w.state.PrincipalID, t.config.Clock.Now())
	if err := t.nameRoles(ctx, roles); err != nil {
		return nil, err
	}
	slices.SortFunc(roles, func(a, b AssignedRole) int { return strings.Compare(a.String(), b.String()) })
	return roles, nil
}

// held is everything that a quarantine takes of the identity, who may sign in as it first.
func (w *ward) held(ctx context.Context) ([]taken, error) {
	var all []taken
	for _, name := range slices.Sorted(maps.Keys(w.state.FederatedCredentials)) {
		all = append(all, taken{kind: takenFederated, name: name, credential: w.state.FederatedCredentials[name]})
	}
	for _, role := range w.state.Roles {
		all = append(all, taken{kind: takenRole, role: role})
	}
	assignments, err := w.appRoles(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range assignments {
		role, err := w.identities.tenant.held(ctx, one)
		if err != nil {
			return nil, err
		}
		all = append(all, taken{kind: takenAppRole, name: role.String(), resource: strings.ToLower(one.ResourceID), appRole: strings.ToLower(one.AppRoleID), assignment: one.ID})
	}
	return all, nil
}

// appRoles are those of the service principal. One that is gone has none; before anything is changed, a replica that does not
// know it yet is given the time to.
func (w *ward) appRoles(ctx context.Context) (all []graph.AppRoleAssignment, err error) {
	read := func() (err error) {
		all, err = w.identities.tenant.assignmentsOf(ctx, strings.ToLower(w.state.PrincipalID))
		return err
	}
	if w.now {
		err = w.identities.tenant.untilReplicated(ctx, "GET "+assignmentsName, read)
	} else {
		err = read()
	}
	if errors.Is(err, platform.ErrNotFound) {
		w.nobody, err = true, nil
	}
	return all, err
}

func (w *ward) found() *quarantineRecord { return w.record }

func (w *ward) pretend(r quarantineRecord) { w.record = &r }

func (w *ward) plan(ctx context.Context, order governance.QuarantineOrder) (quarantineRecord, error) {
	r := quarantineRecord{Quarantine: governance.Quarantine{Since: w.identities.tenant.config.Clock.Now().UTC().Truncate(time.Second)}}
	if w.record != nil {
		r = *w.record
	} else {
		use, err := w.identities.tenant.lastSignIn(ctx, strings.ToLower(w.state.ClientID))
		if err != nil {
			return r, err
		}
		r.usedAt = use.At
		// Who cannot be read may well use it.
		users, err := w.identities.users(ctx)
		r.unused = err == nil && len(users[lower(w.state.ID)]) == 0 && len(w.state.FederatedCredentials) == 0 && use.At.IsZero()
	}
	r.taken = slices.Clone(r.taken)
	for _, one := range w.has {
		if i := slices.IndexFunc(r.taken, one.same); i < 0 {
			r.taken = append(r.taken, one)
		}
	}
	r.QuarantineOrder = order
	if problem := r.tooLong(); problem != "" && w.record != nil {
		return r, &platform.ErrInvalid{Operation: opWriteIdentity.name, Code: "LimitExceeded", Detail: problem}
	}
	return r, nil
}

// refuse finds the caller, roles that nobody could give back, and a record for which there is no room.
func (w *ward) refuse(ctx context.Context, r quarantineRecord) (findings, error) {
	var found findings
	refuse := func(attribute, remedy, message string, args ...any) {
		found = append(found, governance.Violation{
			Rule: governance.RuleQuarantine, Enforcement: governance.EnforceError, Attribute: []string{attribute}, Message: fmt.Sprintf(message, args...), Remedy: remedy,
		})
	}
	caller, err := w.identities.tenant.callerID(ctx)
	if err != nil {
		return nil, err
	}
	id := w.state.ID
	if caller != "" && strings.EqualFold(caller, w.state.PrincipalID) {
		refuse("identity", "Run Terraform as another identity to quarantine this one.", "%s is what Terraform runs as (service principal %s), and could not release itself", id, caller)
	}
	for _, one := range w.state.Roles {
		if _, reason := baseOf(one.Scope); reason != "" {
			refuse("identity", "Remove that role assignment by hand, and note it in the ticket.", "%s has the role %s at %s, which this provider does not assign", id, one.RoleName, one.Scope)
		}
	}
	for _, text := range []struct{ name, value string }{{"reason", r.Reason}, {"ticket", r.Ticket}} {
		if length := graphLength(text.value); length > maxTagValueLength {
			refuse(text.name, "Shorten it, and keep the full story in the ticket.", "%s takes %d characters in its tag, %d more than the limit of %d", text.name, length, length-maxTagValueLength, maxTagValueLength)
		}
	}
	if problem := r.tooLong(); problem != "" {
		refuse("identity", "Remove those of them that can be written anew, and note them in the ticket.", "%s: %s", id, problem)
	}
	if tags := len(w.identities.tenant.tagging.recorded(w.state.tags, &r)); tags > maxTags {
		refuse("identity", "Remove some of its tags.", "with the record of the quarantine, %s has %d tags, where Azure takes %d", id, tags, maxTags)
	}
	return found, nil
}

func (w *ward) write(ctx context.Context, r *quarantineRecord) error {
	tags := w.identities.tenant.tagging.recorded(w.state.tags, r)
	w.identities.tenant.wrote(w.state.ID)
	w.identities.tenant.recall(w.state.ID) // Who has just made the identity has to see the record.
	if !maps.Equal(tags, w.state.tags) {
		if _, err := w.identities.put(ctx, w.arm, w.state, tags); err != nil {
			return mapError(opWriteIdentity, err)
		}
	}
	w.state.tags, w.record = tags, r
	return nil
}

func (w *ward) writer(ctx context.Context) *identityWriter {
	return &identityWriter{ctx: ctx, identities: w.identities, arm: w.arm, have: w.state, want: w.state, metadata: w.state.Metadata}
}

// pending takes away whatever the identity has.
func (w *ward) pending(quarantineRecord) []func(context.Context) error {
	var steps []func(context.Context) error
	for _, one := range w.has {
		steps = append(steps, func(ctx context.Context) error {
			if err := w.take(ctx, one); err != nil {
				return fmt.Errorf("%s: %w", one, err)
			}
			w.has = slices.DeleteFunc(w.has, one.same)
			return nil
		})
	}
	return steps
}

func (w *ward) take(ctx context.Context, one taken) error {
	switch one.kind {
	case takenFederated:
		return w.writer(ctx).deleteFederated(one.name)
	case takenRole:
		return w.writer(ctx).removeRole(one.role)
	default:
		return w.identities.tenant.takeRole(ctx, strings.ToLower(w.state.PrincipalID), one.assignment)
	}
}

// give puts one back, with the name that it had.
func (w *ward) give(ctx context.Context, one taken) error {
	writer := w.writer(ctx)
	writer.have.Roles = nil
	switch one.kind {
	case takenFederated:
		return writer.putFederated(one.name, one.credential)
	case takenRole:
		if one.role.End.IsZero() {
			return writer.assign(one.role)
		}
		return writer.schedule(one.role, assignRequest)
	default:
		return w.identities.tenant.giveRole(ctx, strings.ToLower(w.state.PrincipalID), wantedRole{AppRole: AppRole{RoleID: one.appRole}, resource: &resource{id: one.resource}})
	}
}

func (w *ward) observed() platform.Quarantined {
	seen := platform.Quarantined{UniqueID: strings.ToLower(w.state.PrincipalID), ManagedBy: w.state.ManagedBy}
	r := w.record
	if r == nil {
		return seen
	}
	seen.Quarantine, seen.Complete = &r.Quarantine, r.phase == phaseComplete
	for _, one := range r.taken {
		seen.Changes, seen.Held = append(seen.Changes, one.String()+" is removed"), append(seen.Held, one.encode())
	}
	seen.Instead = []string{
		"resources keep the identity, and get tokens for it: nobody can close the sign-in of a managed identity, but with its roles gone nothing is allowed to it",
		"roles where the caller may not read role assignments stay, and so do group memberships and directory roles",
		"app roles are in tokens from before, which last up to 24 hours",
	}
	if seen.Complete {
		for _, one := range w.has {
			seen.Drift = append(seen.Drift, one.String()+" is there")
		}
	}
	return seen
}
