package governed

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// Schema of the resource: the governance arguments, its own, and one nested attribute for each kind of identity.
func (r *Resource[M, P]) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	further := map[string]schema.Attribute{}
	maps.Copy(further, r.Attributes)
	for _, k := range r.Kinds {
		further[k.Attribute()] = k.Schema()
	}
	resp.Schema = schema.Schema{MarkdownDescription: r.Description, Attributes: tfkit.GovernanceAttributes(further)}
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
