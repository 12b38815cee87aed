package serviceidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// awsUserModel is the nested attribute aws_user.
type awsUserModel struct {
	Path                   types.String `tfsdk:"path"`
	InlinePolicies         types.Map    `tfsdk:"inline_policies"`
	ManagedPolicyARNs      types.Set    `tfsdk:"managed_policy_arns"`
	Groups                 types.Set    `tfsdk:"groups"`
	PermissionsBoundaryARN types.String `tfsdk:"permissions_boundary_arn"`
	SessionsValidAfter     types.String `tfsdk:"sessions_valid_after"`
	ARN                    types.String `tfsdk:"arn"`
	UniqueID               types.String `tfsdk:"unique_id"`
	ExpiryPolicy           types.String `tfsdk:"expiry_policy"`
	ConsoleAccess          types.Bool   `tfsdk:"console_access"`
	MFADevices             types.Set    `tfsdk:"mfa_devices"`
	DeactivatedAccessKeys  types.Set    `tfsdk:"deactivated_access_keys"`
}

var awsUserTypes = governed.ObjectTypes(awsUserKind{}.Schema())

func (u awsUserModel) Spec(context.Context, *model) (aws.UserSpec, error) {
	return aws.UserSpec{
		Path:                   governed.KnownOr(u.Path, "/"),
		InlinePolicies:         governed.StringMap(u.InlinePolicies),
		ManagedPolicyARNs:      tfkit.Strings(u.ManagedPolicyARNs),
		Groups:                 tfkit.Strings(u.Groups),
		PermissionsBoundaryARN: u.PermissionsBoundaryARN.ValueString(),
		SessionsValidAfter:     governed.SessionsValidAfter(u.SessionsValidAfter),
	}, nil
}

func (awsUserKind) Schema() schema.Attribute {
	exclusive := func(description string) schema.Attribute {
		return schema.SetAttribute{
			ElementType: types.StringType, Optional: true, MarkdownDescription: description,
			Validators: []validator.Set{setvalidator.NoNullValues()},
		}
	}
	observed := func(description string) schema.Attribute {
		return schema.SetAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "An IAM user, for software that cannot take a role. An inline policy `governed-expiry` denies everything from the expiry on, " +
			"and the next apply makes its access keys inactive. It is for software alone: a password for the console or an MFA device shows as drift and is removed.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString("/"),
				MarkdownDescription: "IAM path, such as `/teams/payments/`. Changing it replaces the user.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"inline_policies": schema.MapAttribute{
				ElementType: types.StringType, Optional: true,
				Validators:          []validator.Map{mapvalidator.NoNullValues()},
				MarkdownDescription: "Inline policies as JSON, by name. These are all that the user has: others show as drift and are removed. Together with `governed-expiry`, whose name is taken, they have 2,048 characters, white space not counted.",
			},
			"managed_policy_arns":  exclusive("ARNs of the managed policies attached to the user. These are all that it has: others show as drift and are detached."),
			"sessions_valid_after": governed.SessionsValidAfterAttribute("user", "These are sessions that somebody has taken with its access keys; the keys themselves go on, and are rotated by `governed_credential`. "),
			"groups":               exclusive("Names of the groups that the user is in. These are all: it is taken out of others, which show as drift."),
			"permissions_boundary_arn": schema.StringAttribute{
				Optional: true, MarkdownDescription: "ARN of the policy that bounds what the user can be allowed.",
			},
			"arn": schema.StringAttribute{Computed: true, MarkdownDescription: "ARN of the user, known already at plan."},
			"unique_id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "Unique id that IAM gave the user (`AIDA…`).",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()},
			},
			"expiry_policy": schema.StringAttribute{
				Computed: true, MarkdownDescription: "The inline policy `governed-expiry` as it is on the user. A change made outside Terraform shows here.",
			},
			"console_access": schema.BoolAttribute{
				Computed: true, MarkdownDescription: "Whether the user has a password for the console, which only a human can use. An apply deletes it.",
			},
			"mfa_devices":             observed("Serial numbers of MFA devices of the user, which only a human can use. An apply takes them off and deletes virtual ones."),
			"deactivated_access_keys": observed("Ids of the access keys that were made inactive at the expiry, and that a renewal makes active again; null while the user is not expired."),
		},
	}
}
