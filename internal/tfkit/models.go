package tfkit

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Models reads and writes the models of a resource by the Layout of its schema.
type Models struct {
	layout func() (*Layout, diag.Diagnostics)
}

// NewModels has the layout made at the first use.
func NewModels(of func() schema.Schema) Models {
	return Models{sync.OnceValues(func() (*Layout, diag.Diagnostics) {
		return NewLayout(context.Background(), of()) //nolint:forbidigo // it outlives the call that makes it
	})}
}

// Get reads a model out of a value of the schema.
func (m Models) Get(ctx context.Context, raw tftypes.Value, model any) diag.Diagnostics {
	layout, diags := m.layout()
	if !diags.HasError() {
		diags = layout.Get(ctx, raw, model)
	}
	return diags
}

// Set writes a model into a value of the schema.
func (m Models) Set(ctx context.Context, raw *tftypes.Value, model any) diag.Diagnostics {
	layout, diags := m.layout()
	if diags.HasError() {
		return diags
	}
	value, diags := layout.Value(ctx, model)
	if !diags.HasError() {
		*raw = value
	}
	return diags
}
