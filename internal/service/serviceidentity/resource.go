// Package serviceidentity is the resource governed_service_identity.
package serviceidentity

import (
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// model is the resource in plan and state.
type model struct {
	tfkit.GovernanceModel
	AWSRole types.Object `tfsdk:"aws_role"`
	AWSUser types.Object `tfsdk:"aws_user"`

	AzureManagedIdentity types.Object `tfsdk:"azure_managed_identity"`
	EntraApplication     types.Object `tfsdk:"entra_application"`

	// deactivated are the access keys that an expiry has deactivated and no renewal has activated since, and governed.ClosedSignIn
	// for a sign-in. The record on the identity has them too, but whoever may tag that can write it.
	deactivated []string
}

// Notes are kept in the private state.
func (m *model) Notes() *[]string { return &m.deactivated }

// NewResource makes the resource for the provider's list.
func NewResource(preview *tfkit.Preview) func() resource.Resource {
	return governed.NewResource(definition(), preview)
}

// NewListResource makes the list resource for the provider's list.
func NewListResource() func() list.ListResource {
	return governed.NewListResource(definition(), governance.KindAWSRole, governance.KindAWSUser, governance.KindAzureManagedIdentity, governance.KindEntraApplication)
}

func definition() governed.Definition[*model] {
	return governed.Definition[*model]{
		Name: "service_identity",
		Description: "A non-human identity of your own: it cannot be created without an owner, a purpose and an expiry, " +
			"ends by itself when the expiry comes, and is retired completely when its block goes.\n\n" +
			"Exactly one nested attribute says what it is on its platform.",
		Kinds:       []governed.Kind[*model]{awsRole, awsUser, azureManagedIdentity, entraApplication},
		ImportForms: "an ARN of a role or a user, or the ARM id of a managed identity",
	}
}
