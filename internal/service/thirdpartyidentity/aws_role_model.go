package thirdpartyidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

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

func (awsRoleKind) Schema() schema.Attribute {
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

var awsRoleTypes = governed.ObjectTypes(awsRoleKind{}.Schema())

// anyExternalID has the form of those that the provider makes, to judge a role whose own is not known yet.
const anyExternalID = "K7QZ2XWJ5RTYVNB3MHG6PDL4CF"

// externalIDToCome tells that the external id is not known yet, or still to be made.
func (r awsRoleModel) externalIDToCome() bool {
	return r.ExternalID.IsUnknown() || r.ExternalID.IsNull()
}

// Spec has the trust as far as that is known, with an external id of the right form where that is still to come.
func (r awsRoleModel) Spec(ctx context.Context, m *model) (aws.RoleSpec, error) {
	spec := r.AWSRoleModel.Spec()
	party, err := thirdPartyOf(m)
	if err != nil || m.ThirdParty.IsUnknown() || party.OrganizationID.IsUnknown() || !governed.FullyKnown(ctx, party.AccountIDs, r.PrincipalARNs, r.SourceIPRanges) {
		return spec, err
	}
	externalID := r.ExternalID.ValueString()
	if r.externalIDToCome() {
		externalID = anyExternalID
	}
	spec.Trust = []iampolicy.Preset{iampolicy.ThirdParty{
		AccountIDs: tfkit.Strings(party.AccountIDs), OrganizationID: party.OrganizationID.ValueString(), ExternalID: externalID,
		PrincipalARNs: tfkit.Strings(r.PrincipalARNs), SourceIPRanges: tfkit.Strings(r.SourceIPRanges),
		Guesses: []string{party.Name.ValueString(), m.Name.ValueString()},
	}}
	return spec, nil
}
