// Package thirdpartyidentity is the resource governed_third_party_identity.
package thirdpartyidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// NewResource makes the resource for the provider's list.
func NewResource(preview *tfkit.Preview) func() resource.Resource {
	return governed.NewResource(definition(), preview)
}

// NewListResource makes the list resource for the provider's list.
func NewListResource() func() list.ListResource {
	return governed.NewListResource(definition(), governance.KindAWSRole, governance.KindEntraServicePrincipal)
}

func definition() governed.Definition[*model] {
	return governed.Definition[*model]{
		Name: "third_party_identity",
		Description: "An identity that a third party uses from outside: its credentials are the third party's, its entitlements yours. " +
			"It is governed as every identity is, lives shorter (180 days at most, unless a policy says otherwise), and says who the third party is and whom to reach there.\n\n" +
			"Exactly one nested attribute says what it is on its platform.",
		Attributes:  map[string]schema.Attribute{"name": nameSchema(), "third_party": thirdPartySchema()},
		Kinds:       []governed.Kind[*model]{awsRole, entraServicePrincipal},
		ImportForms: "an ARN of a role",
	}
}

// model is the resource in plan and state.
type model struct {
	tfkit.GovernanceModel
	ThirdParty            types.Object `tfsdk:"third_party"`
	AWSRole               types.Object `tfsdk:"aws_role"`
	EntraServicePrincipal types.Object `tfsdk:"entra_service_principal"`

	// closed has governed.ClosedSignIn while it is the creation or an expiry that keeps the sign-in closed. The tags say it too, but
	// among them are those of the third party's application.
	closed []string
}

// Notes are kept in the private state.
func (m *model) Notes() *[]string { return &m.closed }

// Metadata has the third party besides what every identity has.
func (m *model) Metadata(ctx context.Context) (governance.Metadata, map[governance.Field]bool) {
	metadata, unknown := m.GovernanceModel.Metadata(ctx)
	// What cannot be converted is blamed where it is needed.
	party, _ := thirdPartyOf(m)
	metadata.ThirdParty, metadata.ThirdPartyContact = party.Name.ValueString(), party.Contact.ValueString()
	unknown[governance.FieldThirdParty] = m.ThirdParty.IsUnknown() || party.Name.IsUnknown()
	unknown[governance.FieldThirdPartyContact] = m.ThirdParty.IsUnknown() || party.Contact.IsUnknown()
	return metadata, unknown
}

// thirdPartyModel is the nested attribute third_party.
type thirdPartyModel struct {
	Name           types.String `tfsdk:"name"`
	Contact        types.String `tfsdk:"contact"`
	AccountIDs     types.Set    `tfsdk:"account_ids"`
	OrganizationID types.String `tfsdk:"organization_id"`
}

// nameSchema is the argument name. A role has its name in the account; what a service principal is called there, its
// application says.
func nameSchema() schema.Attribute {
	const description = "Another name is another role."
	return schema.StringAttribute{
		Required: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		MarkdownDescription: "Name of the identity: of an `aws_role` on its platform, where changing it replaces the identity, and of an `entra_service_principal` in Terraform alone.",
		PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplaceIf(func(ctx context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
			var principal types.Object
			resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root(entraServicePrincipal.Name), &principal)...)
			resp.RequiresReplace = principal.IsNull()
		}, description, description)},
	}
}

func thirdPartySchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Required:            true,
		MarkdownDescription: "Who the third party is. Name and contact are kept in tags of the identity, so that every inventory can tell.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name of the third party, as its contract has it. Placeholders such as `vendor` are refused.",
			},
			"contact": schema.StringAttribute{
				Required: true, MarkdownDescription: "Where the third party can be told that something is wrong: an e-mail address, or the URL of a page that leads to one. Placeholders such as `security@example.com` are refused.",
			},
			"account_ids": schema.SetAttribute{
				ElementType: types.StringType, Optional: true,
				Validators:          []validator.Set{setvalidator.NoNullValues()},
				MarkdownDescription: "AWS accounts that the third party calls from, of twelve digits each: for `aws_role`, which needs one at least, and for nothing else.",
			},
			"organization_id": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Id of the third party's organisation in AWS Organizations, such as `o-a1b2c3d4e5`: callers of an `aws_role` must belong to it (`aws:PrincipalOrgID`).",
			},
		},
	}
}

// thirdPartyOf reads the nested attribute. It is all null when the model has none, as while importing.
func thirdPartyOf(m *model) (party thirdPartyModel, err error) {
	if m.ThirdParty.IsNull() || m.ThirdParty.IsUnknown() {
		return party, nil
	}
	err = governed.ReadObject(m.ThirdParty, &party)
	return party, err
}

// setThirdParty writes the nested attribute.
func setThirdParty(m *model, party thirdPartyModel) (err error) {
	m.ThirdParty, err = governed.AsError(tfkit.ObjectFrom(thirdPartyTypes, party))
	return err
}

var thirdPartyTypes = governed.ObjectTypes(thirdPartySchema())
