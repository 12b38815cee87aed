// Package credential is the life of a long-lived credential: issued, kept in a secret store, rotated with an overlap,
// retired. It works for every platform that issues credentials and every store that keeps secrets.
package credential

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Life is one credential: whose it is and where its secret is kept.
type Life struct {
	Identity governance.ID
	// ImportID is what an import of the credential takes.
	ImportID string
	Issuer   platform.Issuer
	Store    platform.SecretStore
	Clock    governance.Clock
}

// Owns tells whether what is in the store says that it belongs to a credential of the identity.
func (l Life) Owns(stored platform.Stored) bool {
	return stored.Exists && stored.ManagedBy == governance.ManagedBy && stored.Marks[governance.FieldIdentity] == l.Identity.String()
}

// State is a credential as it is.
type State struct {
	Holder platform.Holder
	Stored platform.Stored
	// Absent tells that the identity is gone.
	Absent bool
	// Current is the credential whose secret the store gives out; nil when there is none or it is gone.
	Current *platform.Credential
	// Previous are this credential's own that were current before, the oldest first.
	Previous []platform.Credential
	// Orphans are credentials that an interrupted issuance has left behind. Their secret is nowhere.
	Orphans []platform.Credential
	// Gone are this credential's own that are no more, but whose notes are still there.
	Gone []platform.Credential
	// Others are credentials that nobody governs.
	Others []platform.Credential
	// Unfinished tells that an issuance into this store was interrupted, and Interrupted that the current credential is
	// the one that it made, so that no other is needed.
	Unfinished, Interrupted bool
}

// settlingTime is how long a store may show what was there before the last change.
const settlingTime = 2 * time.Minute

// Observe reads the store, and the identity as far as the same run has not read it already, once no other credential of the
// identity is in the making: what is half done is no state of its own. Terraform plans anew during an apply, while that may be.
func (l Life) Observe(ctx context.Context) (State, error) {
	unlock, err := l.Issuer.Lock(ctx)
	if err != nil {
		return State{}, err
	}
	defer unlock()
	read := l.Issuer.Holder
	if recaller, ok := l.Issuer.(platform.Recaller); ok {
		read = recaller.Recall
	}
	return l.observe(ctx, read)
}

// observe reads the store, and the identity in the given way, for who has the lock.
func (l Life) observe(ctx context.Context, read func(context.Context) (platform.Holder, error)) (State, error) {
	stored, err := l.Store.Describe(ctx)
	if err != nil {
		return State{}, storeError(err)
	}
	holder, err := read(ctx)
	absent := errors.Is(err, platform.ErrNotFound)
	if err != nil && !absent {
		return State{}, err
	}
	if id := l.expected(holder); id != "" && id != stored.Current {
		if stored, err = l.Store.Await(ctx, id); err != nil {
			return State{}, storeError(err)
		}
	}
	state := State{Holder: holder, Stored: stored, Absent: absent}
	reference, note := l.Store.Reference(), holder.Issuing
	state.Unfinished = note != nil && note.Store == reference
	for _, one := range holder.Gone {
		if one.Store == reference {
			state.Gone = append(state.Gone, one)
		}
	}
	var made []platform.Credential
	for _, one := range holder.Credentials {
		switch {
		case one.ID == stored.Current && (one.Store == "" || one.Store == reference): // Whoever may write to a store could name any.
			state.Current, state.Interrupted = &one, state.Unfinished && !slices.Contains(note.Before, one.ID)
		case one.Store == reference:
			state.Previous = append(state.Previous, one)
		case one.Store != "":
		case note == nil || !note.Covers(one):
			state.Others = append(state.Others, one)
		case state.Unfinished:
			made = append(made, one)
		}
	}
	var used []platform.Credential
	state.Orphans, used, err = l.unused(ctx, note != nil && note.Exact, made)
	state.Others = append(state.Others, used...)
	return state, err
}

// expected is the newest credential that may have reached the store so lately that the store does not show it yet; empty
// for none.
func (l Life) expected(holder platform.Holder) (id string) {
	reference, note := l.Store.Reference(), holder.Issuing
	for _, one := range holder.Credentials {
		mine := one.Store == reference || (note != nil && note.Store == reference && note.Covers(one))
		if mine && l.Clock.Now().Sub(one.CreatedAt) < settlingTime {
			id = one.ID
		}
	}
	return id
}

// unused sorts out credentials that somebody has used. Nobody can use one whose secret never reached its store, so those
// are not what an interrupted issuance has left behind. Where the note is exact, that is certain of all of them.
func (l Life) unused(ctx context.Context, exact bool, credentials []platform.Credential) (unused, used []platform.Credential, err error) {
	if exact {
		return credentials, nil, nil
	}
	for _, one := range credentials {
		use, err := l.Issuer.LastUse(ctx, one.ID)
		switch {
		case err != nil:
			return nil, nil, err
		case use.At.IsZero() && use.Unknown == "":
			unused = append(unused, one)
		default:
			used = append(used, one)
		}
	}
	return unused, used, nil
}

// claimed tells whether what is in the store says that it belongs to another identity.
func (l Life) claimed(stored platform.Stored) bool {
	identity := stored.Marks[governance.FieldIdentity]
	return stored.ManagedBy == governance.ManagedBy && identity != "" && identity != l.Identity.String()
}

// Admit refuses a secret of the wanted name that is another's, unless this provider is deleting it anyway, and one that
// holds a living credential of the identity although a new one is to be made: that is to be imported. arn is the secret
// as it is known from before.
func (l Life) Admit(state State, arn string) error {
	switch stored := state.Stored; {
	case !stored.Exists, arn != "" && stored.ARN == arn && !l.claimed(stored), stored.ManagedBy == governance.ManagedBy && !stored.Scheduled.IsZero():
		return nil
	case !l.Owns(stored) && !stored.Scheduled.IsZero():
		return &platform.ErrAlreadyExists{Object: fmt.Sprintf("%s, which is not this identity's, is deleted but keeps its name until %s, and so", capital(l.Store.Object()), stored.Scheduled.UTC().Format(time.DateOnly))}
	case !l.Owns(stored):
		return &platform.ErrAlreadyExists{Object: capital(l.Store.Object()) + ", which is not this identity's,"}
	case arn == "" && state.Current != nil && !state.Interrupted:
		return &platform.ErrAlreadyExists{Object: capital(l.Store.Object()), ID: l.ImportID}
	}
	return nil
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// InUse is a conflict while the identity is in quarantine, or another credential of it is being made. Whether that one has reached its store
// only its own resource can tell.
func (s State) InUse() error {
	note := s.Holder.Issuing
	if err := s.quarantined(); err != nil {
		return err
	}
	if note == nil || s.Unfinished {
		return nil
	}
	return &platform.ErrConflict{
		Detail: fmt.Sprintf("Another credential of the identity is being made since %s. If that was interrupted, apply its resource again, which finishes it; if that resource is gone, revoke what it left and remove its note from the identity",
			note.Since.UTC().Format(time.RFC3339)),
		Blockers: append([]string{"the credential kept in " + governance.Printable(note.Store)}, s.madeFor(*note)...),
	}
}

// quarantined is a conflict while the identity is in quarantine.
func (s State) quarantined() error {
	if !s.Holder.Quarantined {
		return nil
	}
	return &platform.ErrConflict{Detail: "The identity is in quarantine, so it gets no credential until that is released"}
}

// Governed tells whether another resource governs one of the identity's credentials.
func (s State) Governed() bool {
	return slices.ContainsFunc(s.Holder.Credentials, func(one platform.Credential) bool {
		return one.Store != "" && !slices.ContainsFunc(s.Previous, func(own platform.Credential) bool { return own.ID == one.ID }) && (s.Current == nil || s.Current.ID != one.ID)
	})
}

// madeFor are the ids of what can have been made under a note.
func (s State) madeFor(note platform.Issuance) []string {
	var ids []string
	for _, one := range s.Holder.Credentials {
		if note.Covers(one) {
			ids = append(ids, one.ID)
		}
	}
	return ids
}

// Blockers are the credentials that leave no slot for a new one, which are not this credential's to remove: whose they
// are, since when, and when they were last used. It is empty when there is room.
func (l Life) Blockers(ctx context.Context, state State) ([]string, error) {
	taken := len(state.Holder.Credentials) - len(state.Orphans)
	if removable := l.removable(state); state.Holder.Slots-taken+len(removable) > 0 {
		return nil, nil
	}
	var names []string
	for _, one := range state.Holder.Credentials {
		if slices.ContainsFunc(state.Orphans, func(orphan platform.Credential) bool { return orphan.ID == one.ID }) {
			continue
		}
		use, err := l.Issuer.LastUse(ctx, one.ID)
		if err != nil {
			return nil, err
		}
		names = append(names, describe(one, use, l.Store.Reference()))
	}
	return names, nil
}

// removable are this credential's own whose slot a new one can have: those that were current before, and a current one
// that does not authenticate.
func (l Life) removable(state State) []platform.Credential {
	removable := slices.Clone(state.Previous)
	if state.Current != nil && !state.Current.Active {
		removable = append(removable, *state.Current)
	}
	return removable
}

func describe(one platform.Credential, use governance.Use, own string) string {
	whose := "not governed"
	switch one.Store {
	case "":
	case own:
		whose = "this resource's"
	default:
		whose = "kept in " + governance.Printable(one.Store)
	}
	status := "active"
	if !one.Active {
		status = "inactive"
	}
	return fmt.Sprintf("%s (%s, %s, made on %s; last use: %s)", one.ID, whose, status, one.CreatedAt.UTC().Format(time.DateOnly), use)
}

// Retirement is what Retire would remove, and what still uses it.
func (l Life) Retirement(ctx context.Context, state State, arn string) (platform.Retirement, error) {
	var going platform.Retirement
	for _, one := range slices.Concat(current(state), state.Previous, state.Orphans) {
		name := l.Issuer.Noun(one.Type) + " " + one.ID
		use, err := l.Issuer.LastUse(ctx, one.ID)
		var forbidden *platform.ErrForbidden
		switch {
		case errors.As(err, &forbidden):
			use.Unknown = "the provider's credentials lack the permission " + forbidden.Permission
		case err != nil:
			return going, err
		}
		use.Credential = name
		going.Attachments, going.Uses = append(going.Attachments, name), append(going.Uses, use)
	}
	if l.removes(state.Stored, arn) {
		going.Attachments = append(going.Attachments, l.Store.Object()+l.Store.Recovery())
	}
	return going, nil
}

// removes tells whether a retirement deletes what is in the store.
func (l Life) removes(stored platform.Stored, arn string) bool {
	return stored.Exists && (stored.Scheduled.IsZero() || stored.Purgeable) && !l.claimed(stored) && (stored.ARN == arn || l.Owns(stored))
}
