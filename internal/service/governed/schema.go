package governed

import (
	"context"
	"maps"
	"reflect"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// Schema of the resource: the governance arguments, its own, and one nested attribute for each kind of identity.
func (r *Resource[M, P]) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.schema()
}

func (d Definition[P]) schema() schema.Schema {
	further := map[string]schema.Attribute{}
	maps.Copy(further, d.Attributes)
	for _, k := range d.Kinds {
		further[k.Attribute()] = k.Schema()
	}
	return schema.Schema{MarkdownDescription: d.Description, Attributes: tfkit.Typed(tfkit.GovernanceAttributes(further))}
}

// models are those of every definition, by the type of the model. They are the same for all providers of a process.
var models sync.Map

func modelsOf[M any, P Model[M]](definition Definition[P]) tfkit.Models {
	known, _ := models.LoadOrStore(reflect.TypeFor[M](), tfkit.NewModels(definition.schema))
	return known.(tfkit.Models) //nolint:forcetypeassert // only these are stored
}

// load reads a model out of a value of the schema.
func (r *Resource[M, P]) load(ctx context.Context, raw tftypes.Value, m P) diag.Diagnostics {
	return r.models.Get(ctx, raw, m)
}

// save writes a model into a value of the schema.
func (r *Resource[M, P]) save(ctx context.Context, raw *tftypes.Value, m P) diag.Diagnostics {
	return r.models.Set(ctx, raw, m)
}

// IdentitySchema holds only what identifies: the canonical id.
func (*Resource[M, P]) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "Canonical id, such as aws:123456789012:role/invoice-export."},
	}}
}

// identityModel is the resource's identity.
type identityModel struct {
	ID types.String `tfsdk:"id"`
}
