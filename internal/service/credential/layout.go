package credential

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// layout is that of the model, which the schema has, once for all uses.
var layout = sync.OnceValues(func() (*tfkit.Layout, diag.Diagnostics) {
	ctx := context.Background() //nolint:forbidigo // it outlives the call that makes it
	var of resource.SchemaResponse
	(*Resource)(nil).Schema(ctx, resource.SchemaRequest{}, &of)
	return tfkit.NewLayout(ctx, of.Schema)
})

// load reads a model out of a value of the schema.
func load(ctx context.Context, raw tftypes.Value, m *model) diag.Diagnostics {
	layout, diags := layout()
	if !diags.HasError() {
		diags = layout.Get(ctx, raw, m)
	}
	return diags
}

// save writes a model into a value of the schema.
func save(ctx context.Context, raw *tftypes.Value, m *model) diag.Diagnostics {
	layout, diags := layout()
	if diags.HasError() {
		return diags
	}
	value, diags := layout.Value(ctx, m)
	if !diags.HasError() {
		*raw = value
	}
	return diags
}
