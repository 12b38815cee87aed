package governed

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// ImportState takes a canonical id, the platform's own id such as an ARN, or a resource identity.
func (r *Resource[M, P]) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	text := req.ID
	if text == "" && req.Identity != nil {
		var identity identityModel
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
		text = identity.ID.ValueString()
	}
	id, err := r.parseImport(text)
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("id"), "Import id is malformed", fmt.Sprintf("%s; %s is fine too.", err, r.ImportForms))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id.String())...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: types.StringValue(id.String())})...)
}

func (d Definition[P]) parseImport(text string) (governance.ID, error) {
	for _, k := range d.Kinds {
		if id, ok := k.ParseImport(text); ok {
			return id, nil
		}
	}
	return governance.ParseID(text)
}

// attachmentsKey is where the resource's private state keeps what Terraform attached to the identity.
const attachmentsKey = "attachments"

type privateState interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// rememberAttachments notes what Terraform has attached, so that a deletion can tell it from what others have. Nil, from
// an apply that came to nothing, leaves what was noted before.
func rememberAttachments(ctx context.Context, private privateState, attachments []string) diag.Diagnostics {
	if attachments == nil {
		return nil
	}
	value, err := json.Marshal(attachments)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Attachments cannot be noted", err.Error())}
	}
	return private.SetKey(ctx, attachmentsKey, value)
}

// withoutRemembered are the names that Terraform has not attached.
func withoutRemembered(ctx context.Context, private privateState, names []string) ([]string, diag.Diagnostics) {
	value, diags := private.GetKey(ctx, attachmentsKey)
	var ours []string
	if value != nil {
		if err := json.Unmarshal(value, &ours); err != nil {
			diags.AddError("Noted attachments cannot be read", err.Error())
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(ours, name) }), diags
}
