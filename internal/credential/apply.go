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
}

// Result is what an apply has done.
type Result struct {
	Current  platform.Credential
	Previous *platform.Credential
	Stored   platform.Stored
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

// Apply makes the credential what it is to be. What an interrupted apply has left behind is finished first: a
// credential that reached its store stays, one that did not is revoked. A failure leaves no credential without a home
// and takes none away that clients use.
func (l Life) Apply(ctx context.Context, want Want) (Result, error) {
	unlock, err := l.Issuer.Lock(ctx)
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	state, err := l.Observe(ctx)
	if err != nil {
		return Result{}, err
	}
	if state.Absent {
		return Result{}, fmt.Errorf("the identity: %w", platform.ErrNotFound)
	}
	if err := l.Admit(state, want.ARN); err != nil {
		return Result{}, err
	}
	if err := l.finish(ctx, &state); err != nil {
		return Result{}, err
	}
	if want.Disabled {
		return l.disable(ctx, want, state)
	}
	if state.Current == nil || (want.New && !state.Interrupted) {
		return l.issue(ctx, want, state)
	}
	if state.Stored, err = l.Store.Prepare(ctx, state.Stored, want.Marks); err != nil {
		return Result{}, storeError(err)
	}
	if !state.Current.Active {
		if err := l.Issuer.SetActive(ctx, state.Current.ID, true); err != nil {
			return Result{}, err
		}
		state.Current.Active = true
	}
	if want.EndOverlap || want.Overlap == 0 {
		if err := l.revoke(ctx, state.Previous); err != nil {
			return Result{}, err
		}
		state.Previous = nil
	}
	return result(state), nil
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

// finish does what an interrupted apply has left undone.
func (l Life) finish(ctx context.Context, state *State) error {
	if err := l.revoke(ctx, slices.Concat(state.Orphans, state.Gone)); err != nil {
		return err
	}
	for _, orphan := range state.Orphans {
		state.drop(orphan.ID)
	}
	state.Gone = nil
	if state.Current != nil && state.Current.Store == "" {
		if err := l.Issuer.Own(ctx, state.Current.ID, l.Store.Reference()); err != nil {
			return err
		}
		state.Current.Store = l.Store.Reference()
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

// disable keeps the current credential, so that a renewal can bring it back, and revokes those before it.
func (l Life) disable(ctx context.Context, want Want, state State) (Result, error) {
	if state.Current != nil && state.Current.Active {
		if err := l.Issuer.SetActive(ctx, state.Current.ID, false); err != nil {
			return Result{}, err
		}
		state.Current.Active = false
	}
	if err := l.revoke(ctx, state.Previous); err != nil {
		return Result{}, err
	}
	state.Previous = nil
	var err error
	if state.Stored.Exists {
		state.Stored, err = l.Store.Prepare(ctx, state.Stored, want.Marks)
	}
	return result(state), storeError(err)
}

// issue makes a new credential. The store is made ready first, so that one that refuses is found before anything is
// made, and room last before the making.
func (l Life) issue(ctx context.Context, want Want, state State) (Result, error) {
	if err := state.InUse(); err != nil {
		return Result{}, err
	}
	blockers, err := l.Blockers(ctx, state)
	if err != nil {
		return Result{}, err
	}
	if len(blockers) > 0 {
		return Result{}, &platform.ErrConflict{Detail: fmt.Sprintf("The identity has %d credentials, and the platform allows no more", len(blockers)), Blockers: blockers}
	}
	fresh := !state.Stored.Exists
	state.Stored, err = l.Store.Prepare(ctx, state.Stored, want.Marks)
	if err = storeError(err); err == nil {
		err = l.makeRoom(ctx, &state)
	}
	var issued platform.Credential
	if err == nil {
		issued, err = l.issueInto(ctx, want, &state)
	}
	if issued.ID == "" {
		if fresh && state.Stored.Exists {
			// There was never a secret in it.
			err = errors.Join(err, ignoreNotFound(l.Store.Remove(context.WithoutCancel(ctx), state.Stored)))
		}
		return Result{}, err
	}
	before := slices.Concat(state.Previous, current(state))
	state.Current, state.Previous = &issued, nil
	if n := len(before); want.Overlap > 0 && n > 0 && before[n-1].Active {
		state.Previous, before = before[n-1:], before[:n-1]
	}
	if err == nil {
		err = l.revoke(ctx, before)
	}
	return result(state), err
}

func current(state State) []platform.Credential {
	if state.Current == nil {
		return nil
	}
	return []platform.Credential{*state.Current}
}

// issueInto makes a credential and puts its secret into the store. Of one that does not get there nothing is left, and
// it is not returned; the note of its making goes only when that is certain. From the note on, every step is seen to its
// end, also when the user interrupts.
func (l Life) issueInto(ctx context.Context, want Want, state *State) (platform.Credential, error) {
	if err := ctx.Err(); err != nil {
		return platform.Credential{}, err
	}
	ctx = context.WithoutCancel(ctx)
	note := platform.Issuance{Store: l.Store.Reference(), Since: l.Clock.Now()}
	for _, one := range state.Holder.Credentials {
		note.Before = append(note.Before, one.ID)
	}
	if err := l.Issuer.Announce(ctx, note); err != nil {
		return platform.Credential{}, err
	}
	issued, err := l.make(ctx, note)
	if err != nil {
		return platform.Credential{}, err
	}
	stored, err := l.put(ctx, want, state.Stored, issued)
	if err != nil {
		if revokeErr := l.Issuer.Revoke(ctx, issued.ID); revokeErr != nil {
			return platform.Credential{}, &RevocationError{ID: issued.ID, Err: err, Revocation: revokeErr}
		}
		return platform.Credential{}, errors.Join(err, l.Issuer.Withdraw(ctx))
	}
	state.Stored, issued.Store = stored, note.Store
	if err := l.Issuer.Own(ctx, issued.ID, note.Store); err != nil {
		return issued.Credential, err
	}
	return issued.Credential, l.Issuer.Withdraw(ctx)
}

// make issues a credential. What a try whose answer got lost has made is revoked; where that took the last slot, it is
// tried once more.
func (l Life) make(ctx context.Context, note platform.Issuance) (platform.Issued, error) {
	issued, err := l.Issuer.Issue(ctx)
	if err == nil && !issued.Repeated {
		return issued, nil
	}
	lost, settleErr := l.settle(ctx, note, issued.ID)
	if settleErr != nil {
		// The note stays, so that the next apply finds what was made.
		return platform.Issued{}, errors.Join(err, settleErr)
	}
	if err != nil && lost > 0 {
		issued, err = l.Issuer.Issue(ctx)
	}
	if err != nil {
		return platform.Issued{}, errors.Join(err, l.Issuer.Withdraw(ctx))
	}
	return issued, nil
}

// settle revokes what was made under a note, but for one.
func (l Life) settle(ctx context.Context, note platform.Issuance, but string) (lost int, err error) {
	holder, err := l.Issuer.Holder(ctx)
	if err != nil {
		return 0, err
	}
	for _, id := range (State{Holder: holder}).madeFor(note) {
		if id == but {
			continue
		}
		if err := l.Issuer.Revoke(ctx, id); err != nil {
			return lost, err
		}
		lost++
	}
	return lost, nil
}

// put stores the secret of a new credential. A failure whose effect is there all the same is a success.
func (l Life) put(ctx context.Context, want Want, have platform.Stored, issued platform.Issued) (platform.Stored, error) {
	document, err := issued.Document(want.Expires)
	if err != nil {
		return platform.Stored{}, err
	}
	stored, err := l.Store.Put(ctx, have, want.Marks, issued.ID, document)
	if err == nil {
		return stored, nil
	}
	if there, describeErr := l.Store.Describe(ctx); describeErr == nil && there.Current == issued.ID {
		return there, nil
	}
	return platform.Stored{}, storeError(err)
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
	s.Holder.Credentials, s.Previous, s.Orphans = without(s.Holder.Credentials), without(s.Previous), without(s.Orphans)
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
	state, err := l.Observe(ctx)
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

// holder is the identity; absent when it is gone.
func (l Life) holder(ctx context.Context) (holder platform.Holder, absent bool, err error) {
	holder, err = l.Issuer.Holder(ctx)
	if errors.Is(err, platform.ErrNotFound) {
		return platform.Holder{}, true, nil
	}
	return holder, false, err
}

func ignoreNotFound(err error) error {
	if errors.Is(err, platform.ErrNotFound) {
		return nil
	}
	return err
}
