package governed

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// privateState is what Terraform keeps of a resource besides its state, where nobody but the provider writes.
type privateState interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// Keys of lists in the private state.
const (
	// attachmentsKey has what Terraform attached to the identity, so that a deletion can tell it from what others have.
	attachmentsKey = "attachments"
	// notesKey has what a model that is a Notebook keeps.
	notesKey = "notes"
)

// remember notes a list. Nil, from an apply that came to nothing, leaves what was noted before.
func remember(ctx context.Context, private privateState, key string, texts []string) diag.Diagnostics {
	if texts == nil {
		return nil
	}
	value, err := json.Marshal(texts)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Private state cannot be written", fmt.Sprintf("%s: %s", key, err))}
	}
	return private.SetKey(ctx, key, value)
}

// recall is the list that was noted last; nil when there was none.
func recall(ctx context.Context, private privateState, key string, diags *diag.Diagnostics) (texts []string) {
	value, found := private.GetKey(ctx, key)
	diags.Append(found...)
	if value == nil {
		return nil
	}
	if err := json.Unmarshal(value, &texts); err != nil {
		diags.AddError("Private state cannot be read", fmt.Sprintf("%s: %s", key, err))
	}
	return texts
}

// Notebook is a model that keeps a list in the private state, from one apply to the next.
type Notebook interface {
	// Notes are nil when there are none; an apply that leaves them nil keeps those that are there.
	Notes() *[]string
}

func readNotes(ctx context.Context, private privateState, m any, diags *diag.Diagnostics) {
	if book, ok := m.(Notebook); ok {
		*book.Notes() = recall(ctx, private, notesKey, diags)
	}
}

func writeNotes(ctx context.Context, private privateState, m any) diag.Diagnostics {
	if book, ok := m.(Notebook); ok {
		return remember(ctx, private, notesKey, *book.Notes())
	}
	return nil
}

// ClosedSignIn is the note of an identity whose sign-in an expiry, or the creation, has closed and nothing has opened since.
const ClosedSignIn = "sign-in"

// ClosedNow are the notes after a change of an identity, which may have failed: closed tells that it has closed the sign-in, or tried
// to. Once that is open, nothing is noted any more, because the next who closes it is somebody else.
func ClosedNow(notes []string, disabled, closed, open bool, err error) []string {
	switch {
	case closed:
		return []string{ClosedSignIn}
	case notes != nil && !disabled && (open || err == nil):
		return []string{}
	default:
		return notes
	}
}

// BelievesClosed tells whether an expiry has closed the sign-in of an identity whose record says so: where its time is not over,
// only if the notes of this state have it. Others may be able to write the record.
func BelievesClosed(data *tfkit.Data, m tfkit.GovernanceModel, metadata governance.Metadata, notes []string) bool {
	m.SetMetadata(metadata)
	over := m.StatusAt(data.Policy, data.Clock.Now()).ValueString() == string(governance.StatusExpired)
	return over || slices.Contains(notes, ClosedSignIn)
}

// SignInBlocked warns that somebody else has blocked the sign-in of a service principal; whose says whose sign-in it is.
func SignInBlocked(whose, principalID string) Warning {
	return Warning{Summary: "Sign-in is blocked", Detail: fmt.Sprintf("somebody has blocked %s, and no expiry that this Terraform state knows of has. It stays blocked, because there may be a reason. "+
		"Once there is none: az ad sp update --id %s --set accountEnabled=true", whose, principalID)}
}

// Without are the texts that are not among others, in their order.
func Without(texts, others []string) []string {
	return slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return slices.Contains(others, text) })
}
