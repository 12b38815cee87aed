package serviceidentity

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
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
	// deactivatedKey has the access keys that an expiry has deactivated and no renewal has activated since. The record on
	// the user has them too, but whoever may tag the user can write that.
	deactivatedKey = "deactivated"
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

// without are the texts that are not among others, in their order.
func without(texts, others []string) []string {
	return slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return slices.Contains(others, text) })
}
