package credential

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Want is a credential as it is to be.
type Want struct {
	Marks platform.Marks
	// ARN is the secret as it is known from before; empty for a new credential.
	ARN string
	// Expires is the end of its life.
	Expires time.Time
	// Disabled says that its life is over: nothing of it authenticates.
	Disabled bool
	// New asks for a new credential in place of the current one, even if that one is fine.
	New bool
	// Overlap is how long the current one stays valid beside the new one; with none it is revoked at once.
	Overlap time.Duration
	// EndOverlap revokes what was current before.
	EndOverlap bool
	// Leaked are ids of credentials that somebody else has got hold of. They end first, whatever is wanted besides.
	Leaked []string
}

// Result is what an apply has done.
type Result struct {
	Current  platform.Credential
	Previous *platform.Credential
	Stored   platform.Stored
	// Ended are the ids of leaked credentials that do not authenticate any more, also where the apply has failed after that.
	Ended []string
}

// StoreError says that the store is what failed.
type StoreError struct{ Err error }

func (e *StoreError) Error() string { return "the secret store: " + e.Err.Error() }
func (e *StoreError) Unwrap() error { return e.Err }

func storeError(err error) error {
	if err == nil {
		return nil
	}
	return &StoreError{Err: err}
}

// RevocationError says that a credential whose secret could not be stored is still valid, because it could not be
// revoked either.
type RevocationError struct {
	ID string
	// Err is why it could not be stored, and Revocation why it could not be revoked.
	Err, Revocation error
}

func (e *RevocationError) Error() string {
	return fmt.Sprintf("%s; the credential %s is still valid: %s", e.Err, e.ID, e.Revocation)
}
func (e *RevocationError) Unwrap() []error { return []error{e.Err, e.Revocation} }

// Apply makes the credential what it is to be. What has leaked ends before anything else, and then what an interrupted apply
// has left behind is finished: a credential that reached its store stays, one that did not is revoked. A failure leaves no
// credential without a home and takes none away that clients use, but for what has leaked. Nothing is changed when judge does
// not agree to what is there; the result is empty then.
func (l Life) Apply(ctx context.Context, want Want, judge func(State) bool) (Result, error) {
	unlock, err := l.Issuer.Lock(ctx)
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	state, err := l.observe(ctx, l.Issuer.Holder)
	if err != nil {
		return Result{}, err
	}
	if !judge(state) {
		return Result{}, nil
	}
	if err := l.Admit(state, want.ARN); err != nil {
		return Result{}, err
	}
	if state.Current != nil && slices.Contains(want.Leaked, state.Current.ID) {
		want.New, want.Overlap, state.Interrupted = !want.waits(state), 0, false
	}
	ended, err := l.contain(ctx, want, &state)
	if err != nil {
		return Result{Ended: ended}, err
	}
	result, err := l.converge(ctx, want, state)
	result.Ended = ended
	return result, err
}

// converge brings a credential that may be used to what it is to be.
func (l Life) converge(ctx context.Context, want Want, state State) (Result, error) {
	if err := l.finish(ctx, &state, want.Expires); err != nil {
		return Result{}, err
	}
	if want.Disabled {
		return l.disable(ctx, want, state)
	}
	if state.Current == nil && want.waits(state) {
		return l.wait(ctx, want, state)
	}
	if state.Current == nil || (want.New && !state.Interrupted) {
		if err := state.quarantined(); err != nil {
			return Result{}, err
		}
		return l.issue(ctx, want, state)
	}
	var err error
	if state.Stored, err = l.Store.Prepare(ctx, state.Stored, want.Marks); err != nil {
		return Result{}, storeError(err)
	}
	if deactivator, ok := l.Issuer.(platform.Deactivator); ok && !state.Current.Active && !state.Holder.Quarantined {
		if err := deactivator.SetActive(ctx, state.Current.ID, true); err != nil {
			return Result{}, err
		}
		state.Current.Active = true
	}
	ending := state.Previous
	if n := len(ending); n > 0 && !want.EndOverlap && want.Overlap > 0 {
		ending = ending[:n-1] // An interrupted rotation may have left more than the one that overlaps.
	}
	if err := l.revoke(ctx, ending); err != nil {
		return Result{}, err
	}
	state.Previous = state.Previous[len(ending):]
	return result(state), nil
}

// waits tells whether a credential that there was is made anew only after the release of its identity's quarantine.
func (want Want) waits(state State) bool {
	return state.Holder.Quarantined && want.ARN != "" && !want.New
}

// wait keeps the store ready for a credential that is made later.
func (l Life) wait(ctx context.Context, want Want, state State) (Result, error) {
	var err error
	if state.Stored.Exists {
		state.Stored, err = l.Store.Prepare(ctx, state.Stored, want.Marks)
	}
	return result(state), storeError(err)
}

func result(state State) Result {
	r := Result{Stored: state.Stored}
	if state.Current != nil {
		r.Current = *state.Current
	}
	if n := len(state.Previous); n > 0 {
		r.Previous = &state.Previous[n-1]
	}
	return r
}

// finish does what an interrupted apply has left undone, and notes another end of the credential's life.
func (l Life) finish(ctx context.Context, state *State, until time.Time) error {
	if err := l.revoke(ctx, slices.Concat(state.Orphans, state.Gone)); err != nil {
		return err
	}
	for _, orphan := range state.Orphans {
		state.drop(orphan.ID)
	}
	state.Gone = nil
	_, stays := l.Issuer.(platform.Deactivator)
	if current := state.Current; current != nil && (current.Store == "" || stays && !current.Until.Equal(until.Truncate(time.Second))) {
		if err := l.Issuer.Own(ctx, current.ID, l.Store.Reference(), until); err != nil {
			return err
		}
		current.Store, current.Until = l.Store.Reference(), until
	}
	if !state.Unfinished {
		return nil
	}
	if err := l.Issuer.Withdraw(ctx); err != nil {
		return err
	}
	state.Unfinished, state.Holder.Issuing = false, nil
	return nil
}

// disable keeps the current credential, so that a renewal can bring it back, and revokes those before it. Where the platform
// knows no inactive credentials, it is revoked too, and a renewal makes another.
func (l Life) disable(ctx context.Context, want Want, state State) (Result, error) {
	if state.Current != nil {
		if err := l.deactivate(ctx, &state); err != nil {
			return Result{}, err
		}
	}
	if err := l.revoke(ctx, state.Previous); err != nil {
		return Result{}, err
	}
	state.Previous = nil
	return l.wait(ctx, want, state)
}

func (l Life) deactivate(ctx context.Context, state *State) error {
	deactivator, ok := l.Issuer.(platform.Deactivator)
	if !ok {
		err := l.Issuer.Revoke(ctx, state.Current.ID)
		if err == nil {
			state.Current = nil
		}
		return err
	}
	if !state.Current.Active {
		return nil
	}
	err := deactivator.SetActive(ctx, state.Current.ID, false)
	state.Current.Active = err != nil
	return err
}

// makeRoom revokes this credential's own until there is a slot for a new one, the oldest first.
func (l Life) makeRoom(ctx context.Context, state *State) error {
	for _, one := range l.removable(*state) {
		if len(state.Holder.Credentials) < state.Holder.Slots {
			return nil
		}
		if err := l.revoke(ctx, []platform.Credential{one}); err != nil {
			return err
		}
		state.drop(one.ID)
	}
	return nil
}

// drop forgets a credential that is gone.
func (s *State) drop(id string) {
	without := func(all []platform.Credential) []platform.Credential {
		var rest []platform.Credential
		for _, one := range all {
			if one.ID != id {
				rest = append(rest, one)
			}
		}
		return rest
	}
	s.Holder.Credentials, s.Previous = without(s.Holder.Credentials), without(s.Previous)
	s.Orphans, s.Others = without(s.Orphans), without(s.Others)
	if s.Current != nil && s.Current.ID == id {
		s.Current = nil
	}
}

func (l Life) revoke(ctx context.Context, credentials []platform.Credential) error {
	for _, one := range credentials {
		if err := l.Issuer.Revoke(ctx, one.ID); err != nil {
			return err
		}
	}
	return nil
}

// Retire revokes everything that is this credential's, and then removes the secret from its store, unless the name is
// another's by now: arn is what the secret was. It tells what it removed, also when it fails half way. What is gone
// already is no error.
func (l Life) Retire(ctx context.Context, arn string) (removed []string, err error) {
	unlock, err := l.Issuer.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	state, err := l.observe(ctx, l.Issuer.Holder)
	if err != nil {
		return nil, err
	}
	for _, one := range slices.Concat(current(state), state.Previous, state.Orphans) {
		if err := l.Issuer.Revoke(ctx, one.ID); err != nil {
			return removed, err
		}
		removed = append(removed, one.ID)
	}
	if err := l.revoke(ctx, state.Gone); err != nil {
		return removed, err
	}
	if state.Unfinished && !state.Absent {
		if err := l.Issuer.Withdraw(ctx); err != nil {
			return removed, err
		}
	}
	if !l.removes(state.Stored, arn) {
		return removed, nil
	}
	if err := ignoreNotFound(l.Store.Remove(ctx, state.Stored)); err != nil {
		return removed, storeError(err)
	}
	return append(removed, l.Store.Object()), nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, platform.ErrNotFound) {
		return nil
	}
	return err
}
