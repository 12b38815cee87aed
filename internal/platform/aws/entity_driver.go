package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// driver is what the drivers of roles and of users do alike.
type driver[S entityState] struct {
	account *Account
	kind    entityKind
	recent  *recent[S]
	// readNamed asks for the entity of a name, and named also where its letter case differs: IAM takes that for the same
	// name, and still finds an entity by its own spelling only.
	readNamed, named func(ctx context.Context, name string) (S, error)
	// alike tells whether an entity is what was predicted, beyond its tags.
	alike func(existing, predicted S) bool
}

// recent keeps what entities are that this provider has just made, by name, so that Converge need not ask.
type recent[S any] struct {
	mutex sync.Mutex
	made  map[string]S
}

func (r *recent[S]) remember(name string, made S) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.made == nil {
		r.made = map[string]S{}
	}
	r.made[name] = made
}

// recall is what remember kept; it is used once.
func (r *recent[S]) recall(name string) (S, bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	made, ok := r.made[name]
	delete(r.made, name)
	return made, ok
}

// mine refuses an id of another account, which these credentials cannot reach.
func (d driver[S]) mine(ctx context.Context, id governance.ID) error {
	me, err := d.account.whoami(ctx)
	if err == nil && id.Account != me.account {
		err = &platform.ErrNotConfigured{
			Attribute: []string{"aws"}, Reason: fmt.Sprintf("%s is in account %s, but the provider's credentials belong to account %s (%s)", id, id.Account, me.account, me.arn),
			Remedy: "Use a provider configuration for that account, with a profile or assume_role.",
		}
	}
	return err
}

// wrote keeps the snapshot from being used for the entity from now on.
func (d driver[S]) wrote(name string) { d.account.wrote(d.kind.kind, name) }

// readDirect asks for one entity, again while it is only half seen: one that has gone meanwhile is not found then. One of
// the same name on another path is another identity.
func (d driver[S]) readDirect(ctx context.Context, id governance.ID) (S, error) {
	state, err := d.readNamed(ctx, id.Name())
	var half *platform.ErrNotPropagated
	for pause, waited := propagationFirst, time.Duration(0); errors.As(err, &half) && waited < propagationTimeout; pause = min(2*pause, propagationLongest) {
		if err := d.account.wait(ctx, pause); err != nil {
			return state, err
		}
		waited += pause
		if state, err = d.readNamed(ctx, id.Name()); errors.As(err, &half) {
			half.Waited = waited
		}
	}
	if found := state.Common().ID; err == nil && found != id {
		var none S
		return none, &platform.ErrElsewhere{Wanted: id, Found: found}
	}
	return state, err
}

// complete refuses an entity without an end.
func (k entityKind) complete(want EntityState) error {
	if want.ExpiryPolicy == "" {
		return fmt.Errorf("the %s %s: %w", k.word(), want.Name, &governance.InvalidExpiryError{Text: want.Metadata.Expiry})
	}
	return nil
}

// have is the entity that is to become what is wanted; fresh when it has just been made.
func (d driver[S]) have(ctx context.Context, id governance.ID, want S) (have S, fresh bool, err error) {
	if wanted := want.Common().ID; wanted != id {
		return have, false, fmt.Errorf("%s cannot become %s: an IAM %s keeps its name and path", id, wanted, d.kind.word())
	}
	have, fresh = d.recent.recall(id.Name())
	if !fresh {
		have, err = d.readDirect(ctx, id)
	}
	return have, fresh, err
}

// create sends a creation and sees it to its end, also where its answers get lost.
func (d driver[S]) create(ctx context.Context, predicted S, send func(context.Context, *attempts) (S, error)) (governance.ID, error) {
	operation := d.kind.operation("Create*")
	// Once the request is out, its outcome must be known, or the entity would be nobody's.
	sending := context.WithoutCancel(ctx)
	var tries attempts
	var created S
	err := d.account.untilPropagated(ctx, operation, false, func() (err error) {
		created, err = send(sending, &tries)
		return err
	})
	switch {
	case apiCode(err) == codeEntityAlreadyExists, err != nil && tries.uncertain.Load():
		return d.adopt(sending, predicted, tries.uncertain.Load(), err)
	case err != nil:
		return governance.ID{}, missingReference(operation, err)
	}
	d.recent.remember(created.Common().Name, created)
	d.account.made.Store(created.Common().ID, true)
	return created.Common().ID, nil
}

// missingReference tells the absence of what a request refers to, such as a policy, from that of the identity.
func missingReference(operation string, err error) error {
	var missing *notFoundError
	if errors.As(err, &missing) {
		return &platform.ErrInvalid{Operation: operation, Code: codeNoSuchEntity, Detail: missing.detail}
	}
	return err
}

// adopt decides whether there is an entity that was made by an earlier try of the same call, whose answer got lost.
func (d driver[S]) adopt(ctx context.Context, predicted S, uncertain bool, cause error) (governance.ID, error) {
	want := predicted.base()
	if apiCode(cause) == codeEntityAlreadyExists {
		cause = &platform.ErrAlreadyExists{Object: d.kind.object(want.Name), ID: want.ID.String(), Err: cause}
	}
	found, err := d.named(ctx, want.Name)
	if err != nil {
		return governance.ID{}, cause
	}
	existing := found.base()
	var taken *platform.ErrAlreadyExists
	if errors.As(cause, &taken) {
		taken.Object, taken.ID = d.kind.object(existing.Name), existing.ID.String()
	}
	if uncertain && existing.ID == want.ID && len(existing.Attachments) == 0 && maps.Equal(existing.tags, want.tags) && d.alike(found, predicted) {
		d.recent.remember(existing.Name, found)
		return existing.ID, nil
	}
	return governance.ID{}, cause
}
