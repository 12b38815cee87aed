package servicelinkedidentity

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func (awsServiceLinkedRoleKind) Schema() schema.Attribute {
	computed := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Required:            true,
		MarkdownDescription: "An IAM service-linked role. Its name, trust policy and permissions are the service's.",
		Attributes: map[string]schema.Attribute{
			"aws_service_name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Service principal of the service, such as `backup.amazonaws.com`. Changing it replaces the role.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"custom_suffix": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Tells several roles of one service apart; it becomes the end of the name, after an underscore. Few services take one. Changing it replaces the role.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplaceIf(suffixChanges,
					"Replaces the role, unless it was imported and has the suffix in its name.", "Replaces the role, unless it was imported and has the suffix in its name.")},
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"description": schema.StringAttribute{Optional: true, MarkdownDescription: "Description of the role, in Latin-1. `purpose` takes any characters."},
			"adopt_existing": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Whether a role that is there already and that nobody governs is taken over, as AWS makes most of them by itself. " +
					"The plan warns of it and names the tags that would go. With `false`, and where the role carries the mark of a governing tool, it has to be imported. Defaults to `true`.",
			},
			"adopted": schema.BoolAttribute{
				Computed: true, MarkdownDescription: "Whether the role was there before this resource and was taken over without an import. Such a role stays when the resource goes, without the metadata.",
			},
			"path": computed("IAM path, `/aws-service-role/` and the service, known already at plan."),
			"arn":  computed("ARN of the role."),
			"unique_id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "Unique id that IAM gave the role (`AROA…`).",
			},
			"trust_policy":     computed("Trust policy, which is the service's own."),
			"last_used_at":     computed("When the role was last used, as IAM saw it within the last 400 days; null when it saw no use."),
			"last_used_region": computed("Region of the last use."),
		},
	}
}

// suffixChanges replaces the role where a suffix makes another one of it.
func suffixChanges(ctx context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
	var name types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("name"), &name)...)
	resp.RequiresReplace = otherSuffix(name, req.StateValue, req.PlanValue)
}

// otherSuffix tells whether a suffix makes another role of one that exists. That of an imported role is not known: its name
// alone does not tell, because some services have an underscore in their own.
func otherSuffix(name, had, planned types.String) bool {
	imported := had.IsNull() && strings.HasSuffix(strings.ToLower(name.ValueString()), "_"+strings.ToLower(planned.ValueString()))
	return !imported && !planned.Equal(had)
}
