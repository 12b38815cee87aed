// Package servicelinkedidentity is the resource governed_service_linked_identity.
package servicelinkedidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// model is the resource in plan and state.
type model struct {
	tfkit.GovernanceModel
	Role types.Object `tfsdk:"aws_service_linked_role"`
}

// roleModel is the nested attribute aws_service_linked_role.
type roleModel struct {
	ServiceName    types.String `tfsdk:"aws_service_name"`
	CustomSuffix   types.String `tfsdk:"custom_suffix"`
	Description    types.String `tfsdk:"description"`
	AdoptExisting  types.Bool   `tfsdk:"adopt_existing"`
	Adopted        types.Bool   `tfsdk:"adopted"`
	Path           types.String `tfsdk:"path"`
	ARN            types.String `tfsdk:"arn"`
	UniqueID       types.String `tfsdk:"unique_id"`
	TrustPolicy    types.String `tfsdk:"trust_policy"`
	LastUsedAt     types.String `tfsdk:"last_used_at"`
	LastUsedRegion types.String `tfsdk:"last_used_region"`
}

// NewResource makes the resource for the provider's list.
func NewResource(preview *tfkit.Preview) func() resource.Resource {
	return governed.NewResource(definition(), preview)
}

// NewListResource makes the list resource for the provider's list.
func NewListResource() func() list.ListResource {
	return governed.NewListResource(definition(), governance.KindAWSRole)
}

func definition() governed.Definition[*model] {
	return governed.Definition[*model]{
		Name: "service_linked_identity",
		Description: "An identity that a cloud service uses and that the cloud itself manages, with an owner, a purpose and an expiry.\n\n" +
			"What it may do and who can use it is the service's own. Nothing but its removal ends its access, so `expiry_enforcement` is `none`: " +
			"the expiry is the day by which somebody has to decide whether the service is still needed. From then on every plan warns.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{Computed: true, MarkdownDescription: "Name that the cloud gave the identity, such as `AWSServiceRoleForBackup`."},
		},
		Kinds:       []governed.Kind[*model]{awsServiceLinkedRole},
		Label:       label,
		ImportForms: "an ARN of a service-linked role",
	}
}

// label names the role by its service, which is known before its name is.
func label(m *model) string {
	role, err := awsServiceLinkedRole.Get(m)
	if err != nil || role.ServiceName.ValueString() == "" {
		return m.Name.ValueString()
	}
	if suffix := role.CustomSuffix.ValueString(); suffix != "" {
		return role.ServiceName.ValueString() + " (" + suffix + ")"
	}
	return role.ServiceName.ValueString()
}

var roleTypes = governed.ObjectTypes(awsServiceLinkedRoleKind{}.Schema())

func (r roleModel) Spec(context.Context, *model) (aws.ServiceLinkedRoleSpec, error) {
	return aws.ServiceLinkedRoleSpec{
		Service:       r.ServiceName.ValueString(),
		CustomSuffix:  r.CustomSuffix.ValueString(),
		Description:   r.Description.ValueString(),
		AdoptExisting: r.AdoptExisting.ValueBool(),
	}, nil
}
