package azure

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// deleteRounds is how often a retirement starts again because somebody attached something meanwhile.
const deleteRounds = 3

// Delete notes the retirement on the identity, ends every way in that is not a resource, takes its roles away, and deletes it
// last. Roles outside its own subscription are those that the record names.
func (m *ManagedIdentities) Delete(ctx context.Context, id governance.ID) (removed []string, err error) {
	arm, err := m.tenant.manage(ctx, partsOf(id).subscription)
	if err != nil {
		return nil, err
	}
	unlock, err := m.tenant.lock(ctx, id)
	if err != nil {
		return nil, err
	}
	defer unlock()
	m.tenant.wrote(id)
	m.tenant.recall(id)
	for round := 1; ; round++ {
		state, err := m.readDirect(ctx, arm, id)
		if errors.Is(err, platform.ErrNotFound) {
			return removed, nil
		}
		if err != nil {
			return removed, err
		}
		w := &identityWriter{ctx: ctx, identities: m, arm: arm, have: state, want: state, metadata: state.Metadata}
		names, err := w.retire()
		for _, name := range names {
			if !slices.Contains(removed, name) {
				removed = append(removed, name)
			}
		}
		var conflict *platform.ErrConflict
		if !errors.As(err, &conflict) {
			return removed, err
		}
		if round == deleteRounds {
			if state, readErr := m.readDirect(ctx, arm, id); readErr == nil {
				conflict.Blockers = state.Attachments
			}
			return removed, err
		}
	}
}

// retire removes everything, and names what it has removed.
func (w *identityWriter) retire() (removed []string, err error) {
	key := w.identities.tenant.tagging.keys.Key(governance.RecordDisabled)
	if w.have.tags[key] != disabledRetired && len(w.have.Attachments) > 0 {
		tags := maps.Clone(w.have.tags)
		tags[key] = disabledRetired
		if _, err := w.identities.put(w.ctx, w.arm, w.have, tags); err != nil {
			return nil, ignoreNotFound(mapError(opWriteIdentity, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.have.FederatedCredentials)) {
		if err := w.deleteFederated(name); err != nil {
			return removed, err
		}
		removed = append(removed, credentialPrefix+name)
	}
	for _, role := range w.have.Roles {
		if err := w.removeRole(role); err != nil {
			return removed, err
		}
		removed = append(removed, role.String())
	}
	parts := partsOf(w.have.ID)
	_, err = w.arm.identities.Delete(w.ctx, parts.resourceGroup, parts.name, nil)
	return removed, ignoreNotFound(mapError(opDeleteIdentity, err))
}
