package serviceidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// Schema of the resource: the governance arguments and one nested attribute for each kind of identity.
func (*Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	further := map[string]schema.Attribute{}
	for _, k := range kinds {
		further[k.attribute()] = k.schema()
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A non-human identity of your own: it cannot be created without an owner, a purpose and an expiry, " +
			"ends by itself when the expiry comes, and is retired completely when its block goes.\n\n" +
			"Exactly one nested attribute says what it is on its platform.",
		Attributes: tfkit.GovernanceAttributes(further),
	}
}

// IdentitySchema holds only what identifies: the canonical id.
func (*Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "Canonical id, such as aws:123456789012:role/invoice-export."},
	}}
}

// model is the resource in plan and state.
type model struct {
	tfkit.GovernanceModel
	AWSRole types.Object `tfsdk:"aws_role"`
	AWSUser types.Object `tfsdk:"aws_user"`

	// deactivated is what the private state has under deactivatedKey; nil leaves that as it is.
	deactivated []string
}

// identityModel is the resource's identity.
type identityModel struct {
	ID types.String `tfsdk:"id"`
}
