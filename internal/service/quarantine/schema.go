package quarantine

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// models are those of the resource.
var models = tfkit.NewModels(resourceSchema)

// Schema of the resource.
func (*Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema()
}

func resourceSchema() schema.Schema {
	computed := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	list := func(description string) schema.Attribute {
		return schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: description}
	}
	return schema.Schema{
		MarkdownDescription: "Keeps an identity from being used, governed or not, until somebody has found out whether it is needed: everything is denied to it, " +
			"to live sessions too, nobody is let in, and its credentials are inactive; of an identity of Entra ID, sign-in is blocked; a managed identity, which nobody can block, loses its roles, app roles and federated credentials. All that is changed is recorded on the identity, " +
			"and put back when the resource goes. After `delete_after`, the next apply deletes the identity instead (guide \"Quarantine\").",
		Attributes: map[string]schema.Attribute{
			"id": computed("Canonical id of the identity. It is also what an import takes."),
			"identity": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Canonical id of the identity, such as `aws:123456789012:role/jobs/nightly` or an `id` of `governed_stale_identities`: an IAM role or an IAM user of the provider's account, or an application, a third party's service principal or a managed identity of its tenant. Changing it releases the one and quarantines the other.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"reason": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Why, in a sentence, for whoever is locked out. It is judged as a purpose is.",
			},
			"ticket": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Where it is discussed, such as `SEC-1234`.",
			},
			"release_after": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Until then the resource cannot be removed: a date such as `2027-03-31` (to the end of that day, UTC) or an RFC 3339 time. To release earlier on purpose, take it out or write an earlier one, apply, and remove the resource then.",
			},
			"delete_after": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The first apply after it deletes the identity for good, with its credentials and all that hangs on it: a date (to the end of that day, UTC) or an RFC 3339 time. The plan shows it first. Without it the identity stays in quarantine.",
			},
			"status": computed("`quarantined`; `incomplete` where an apply was interrupted or somebody has weakened the quarantine, which the next apply repairs; `released` where the record of the quarantine is gone from the identity; " +
				"`deleted` once the identity is gone, after which the resource does nothing more."),
			"since":   computed("When the quarantine began."),
			"changes": list("What was changed. Each of these is put back by a release, as far as it still is as the quarantine has left it and has not ended since; of a governed managed identity, as far as its resource still wants it."),
			"instead": list("What could not be changed, such as a policy without room for a statement, and what was done instead."),
			"drift":   list("What somebody has changed since. The next apply makes the quarantine whole again."),
			"unique_id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "Unique id that the platform gave the identity (`AROA…`, `AIDA…`, an object id of Entra ID). Another identity that gets the name later is not touched.",
			},
		},
	}
}

// IdentitySchema is what tells one quarantine from another.
func (*Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "Canonical id of the identity in quarantine."},
	}}
}
