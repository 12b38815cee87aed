package governed

import (
	"context"
	"fmt"

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
