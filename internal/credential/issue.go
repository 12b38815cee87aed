package credential

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

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
	if err := l.Issuer.Own(ctx, issued.ID, note.Store, want.Expires); err != nil {
		return issued.Credential, err
	}
	return issued.Credential, l.Issuer.Withdraw(ctx)
}

// maxIssues is how often a credential is made when answers get lost.
const maxIssues = 2

// make issues a credential. What a try whose answer got lost has made is revoked; where that took the last slot, it is
// tried once more. While it is not certain that nothing was made, the note stays, so that the next apply finds it.
func (l Life) make(ctx context.Context, note platform.Issuance) (platform.Issued, error) {
	for try := 1; ; try++ {
		issued, err := l.Issuer.Issue(ctx)
		if err == nil && !issued.Uncertain {
			return issued, nil
		}
		lost, settleErr := l.settle(ctx, note, issued.ID)
		switch {
		case settleErr != nil:
			return platform.Issued{}, errors.Join(err, settleErr)
		case err == nil:
			return issued, nil
		case lost > 0 && try < maxIssues:
		case issued.Uncertain:
			return platform.Issued{}, err
		default:
			return platform.Issued{}, errors.Join(err, l.Issuer.Withdraw(ctx))
		}
	}
}

// settle revokes what was made under a note, but for one.
func (l Life) settle(ctx context.Context, note platform.Issuance, but string) (lost int, err error) {
	holder, err := l.Issuer.Holder(ctx)
	if err != nil {
		return 0, err
	}
	if shown := holder.Issuing; shown != nil && shown.Exact {
		note = *shown
	}
	made := slices.DeleteFunc(slices.Clone(holder.Credentials), func(one platform.Credential) bool { return one.ID == but || !note.Covers(one) })
	orphans, _, err := l.unused(ctx, note.Exact, made)
	if err != nil {
		return 0, err
	}
	return len(orphans), l.revoke(ctx, orphans)
}

// put stores the secret of a new credential. A failure whose effect is there all the same is a success.
func (l Life) put(ctx context.Context, want Want, have platform.Stored, issued platform.Issued) (platform.Stored, error) {
	content, err := issued.Content(want.Expires)
	if err != nil {
		return platform.Stored{}, err
	}
	stored, err := l.Store.Put(ctx, have, want.Marks, content)
	if err == nil {
		return stored, nil
	}
	there, describeErr := l.Store.Describe(ctx)
	if !refused(err) && (describeErr != nil || there.Current != issued.ID) {
		there, describeErr = l.Store.Await(ctx, issued.ID)
	}
	if describeErr == nil && there.Current == issued.ID {
		return there, nil
	}
	return platform.Stored{}, storeError(issued.Redact(err))
}

// refused tells that a call certainly had no effect.
func refused(err error) bool {
	var forbidden *platform.ErrForbidden
	var invalid *platform.ErrInvalid
	return errors.As(err, &forbidden) || errors.As(err, &invalid)
}
