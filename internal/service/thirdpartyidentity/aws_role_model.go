package thirdpartyidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// awsRoleModel is the nested attribute aws_role.
type awsRoleModel struct {
	governed.AWSRoleModel
	ExternalID     types.String `tfsdk:"external_id"`
	PrincipalARNs  types.Set    `tfsdk:"principal_arns"`
	SourceIPRanges types.Set    `tfsdk:"source_ip_ranges"`
	LastUsedAt     types.String `tfsdk:"last_used_at"`
	LastUsedRegion types.String `tfsdk:"last_used_region"`
}

func (awsRole) Schema() schema.Attribute {
	texts := func(description string) schema.Attribute {
		return schema.SetAttribute{
			ElementType: types.StringType, Optional: true, MarkdownDescription: description,
			Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues()},
		}
	}
	computed := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "An IAM role that the third party assumes from its own AWS accounts, always with an external id. Its trust policy gets the expiry as a condition, " +
			"and an inline policy `governed-expiry` denies everything from the expiry on, so that AWS itself ends new and live sessions.",
		Attributes: governed.AWSRoleAttributes(map[string]schema.Attribute{
			"external_id": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "External id that the third party has to name (`sts:ExternalId`). Left out, one of at least 128 random bits is made, and stays until the role is replaced. " +
					"One that the third party has made can be given; what could be guessed is refused. It is no secret: it keeps the third party from being made to use the role for another customer of its.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()},
			},
			"principal_arns": texts("ARNs of the third party's roles and users that alone can assume the role. Without them, each account decides which of its principals can. " +
				"Given, each of the accounts needs one."),
			"source_ip_ranges": texts("Public CIDR blocks that the third party calls from (`aws:SourceIp`), such as `198.51.100.0/24`. Leave it out when its calls go through a VPC endpoint of its own or through an AWS service."),
			"last_used_at":     computed("When the role was last used, as of the last refresh (RFC 3339); null when IAM has seen no use in the 400 days that it tracks. It can lag by hours."),
			"last_used_region": computed("Region in which the role was last used; null when `last_used_at` is."),
		}),
	}
}

// roleOf reads the nested attribute. It is all null when the model has none, as while importing.
func roleOf(ctx context.Context, m *model) (awsRoleModel, diag.Diagnostics) {
	none := types.SetNull(types.StringType)
	role := awsRoleModel{AWSRoleModel: governed.NullAWSRole(), PrincipalARNs: none, SourceIPRanges: none}
	if m.AWSRole.IsNull() || m.AWSRole.IsUnknown() {
		return role, nil
	}
	diags := m.AWSRole.As(ctx, &role, basetypes.ObjectAsOptions{})
	return role, diags
}

// roleHolding is what decides what the role may do.
func roleHolding(ctx context.Context, m *model) (aws.Holding, diag.Diagnostics) {
	role, diags := roleOf(ctx, m)
	return role.Holding(ctx, m.Name), diags
}

// setRole writes the nested attribute.
func setRole(ctx context.Context, m *model, role awsRoleModel) error {
	object, diags := types.ObjectValueFrom(ctx, awsRoleTypes, role)
	m.AWSRole = object
	_, err := governed.AsError(struct{}{}, diags)
	return err
}

var awsRoleTypes = governed.ObjectTypes(awsRole{}.Schema())

// anyExternalID has the form of those that the provider makes, to judge a role whose own is not known yet.
const anyExternalID = "K7QZ2XWJ5RTYVNB3MHG6PDL4CF"

// wantedRole reads the nested attribute and what it asks for, to be written.
func wantedRole(ctx context.Context, m *model, disabled bool) (awsRoleModel, platform.Desired[aws.RoleSpec], error) {
	role, want, err := declaredRole(ctx, m, disabled)
	if role.externalIDToCome() {
		want.Spec.Trust = nil
	}
	return role, want, err
}

// declaredRole is the role that a model asks for, with its trust as far as that is known, to be judged.
func declaredRole(ctx context.Context, m *model, disabled bool) (awsRoleModel, platform.Desired[aws.RoleSpec], error) {
	role, err := governed.AsError(roleOf(ctx, m))
	if err != nil {
		return role, platform.Desired[aws.RoleSpec]{}, err
	}
	want, err := governed.AsError(role.desired(ctx, m, disabled))
	return role, want, err
}

// externalIDToCome tells that the external id is not known yet, or still to be made.
func (r awsRoleModel) externalIDToCome() bool {
	return r.ExternalID.IsUnknown() || r.ExternalID.IsNull()
}

// desired is the role that the model asks for. What is not known yet is left out, but for the external id, which has the
// right form.
func (r awsRoleModel) desired(ctx context.Context, m *model, disabled bool) (platform.Desired[aws.RoleSpec], diag.Diagnostics) {
	metadata, _ := m.Metadata(ctx)
	want := platform.Desired[aws.RoleSpec]{Name: m.Name.ValueString(), Metadata: metadata, Disabled: disabled, Spec: r.Spec()}
	party, diags := thirdPartyOf(ctx, m)
	if m.ThirdParty.IsUnknown() || !tfkit.FullyKnown(ctx, party.AccountIDs) || party.OrganizationID.IsUnknown() ||
		!tfkit.FullyKnown(ctx, r.PrincipalARNs) || !tfkit.FullyKnown(ctx, r.SourceIPRanges) {
		return want, diags
	}
	externalID := r.ExternalID.ValueString()
	if r.externalIDToCome() {
		externalID = anyExternalID
	}
	want.Spec.Trust = []iampolicy.Preset{iampolicy.ThirdParty{
		AccountIDs: tfkit.Strings(party.AccountIDs), OrganizationID: party.OrganizationID.ValueString(), ExternalID: externalID,
		PrincipalARNs: tfkit.Strings(r.PrincipalARNs), SourceIPRanges: tfkit.Strings(r.SourceIPRanges),
		Guesses: []string{metadata.ThirdParty, want.Name},
	}}
	return want, diags
}
