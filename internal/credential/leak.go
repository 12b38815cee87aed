package credential

import (
	"context"
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Leaked are the credentials of the given ids that are this credential's to revoke because they have leaked: its own, the
// current one first, and those that nobody governs.
func (l Life) Leaked(state State, ids []string) []platform.Credential {
	var leaked []platform.Credential
	for _, one := range slices.Concat(current(state), state.Holder.Credentials) {
		known := slices.ContainsFunc(leaked, func(other platform.Credential) bool { return other.ID == one.ID })
		if !known && slices.Contains(ids, one.ID) && (one.Store == "" || one.Store == l.Store.Reference()) {
			leaked = append(leaked, one)
		}
	}
	return leaked
}

// Without is the state after credentials are gone.
func (s State) Without(gone []platform.Credential) State {
	for _, one := range gone {
		s.drop(one.ID)
	}
	return s
}

// contain ends what has leaked before anything else is done, so that nothing which fails later leaves it valid. The current one
// is made inactive where the platform can do that, and goes when another has taken its place. Where none does, because the
// credential has expired or its identity is in quarantine, it goes at once: a renewal or a release would make it active again.
// It tells what it ended, also when it fails half way.
func (l Life) contain(ctx context.Context, want Want, state *State) (ended []string, err error) {
	replaced := !want.Disabled && !state.Holder.Quarantined
	for _, one := range l.Leaked(*state, want.Leaked) {
		deactivator, ok := l.Issuer.(platform.Deactivator)
		if ok && replaced && state.Current != nil && state.Current.ID == one.ID {
			err = deactivator.SetActive(ctx, one.ID, false)
			inactive := *state.Current
			inactive.Active, state.Current = false, &inactive
		} else {
			err = l.Issuer.Revoke(ctx, one.ID)
			state.drop(one.ID)
		}
		if err != nil {
			return ended, err
		}
		ended = append(ended, one.ID)
	}
	return ended, nil
}
