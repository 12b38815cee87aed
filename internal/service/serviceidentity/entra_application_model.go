package serviceidentity

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// entraApplicationModel is the nested attribute entra_application.
type entraApplicationModel struct {
	DisplayName                types.String `tfsdk:"display_name"`
	UniqueName                 types.String `tfsdk:"unique_name"`
	SignInAudience             types.String `tfsdk:"sign_in_audience"`
	Owners                     types.Set    `tfsdk:"owners"`
	AppRoleAssignments         types.Map    `tfsdk:"app_role_assignments"`
	FederatedCredentials       types.Map    `tfsdk:"federated_credentials"`
	ServiceManagementReference types.String `tfsdk:"service_management_reference"`
	Notes                      types.String `tfsdk:"notes"`
	PurgeOnDestroy             types.Bool   `tfsdk:"purge_on_destroy"`
	ClientID                   types.String `tfsdk:"client_id"`
	ObjectID                   types.String `tfsdk:"object_id"`
	ServicePrincipalObjectID   types.String `tfsdk:"service_principal_object_id"`
	SignInEnabled              types.Bool   `tfsdk:"sign_in_enabled"`
}

var entraApplicationTypes = governed.ObjectTypes(entraApplicationKind{}.Schema())

func (a entraApplicationModel) Spec(ctx context.Context, m *model) (azure.ApplicationSpec, error) {
	roles, err := governed.AppRoleAssignments(ctx, a.AppRoleAssignments)
	if err != nil {
		return azure.ApplicationSpec{}, err
	}
	presets, err := federatedPresets(ctx, a.FederatedCredentials)
	name := m.Name.ValueString()
	return azure.ApplicationSpec{
		DisplayName: governed.KnownOr(a.DisplayName, name), UniqueName: governed.KnownOr(a.UniqueName, azure.DefaultUniqueName(name)),
		SignInAudience:             governed.KnownOr(a.SignInAudience, azure.SignInAudiences[0]),
		ServiceManagementReference: a.ServiceManagementReference.ValueString(), Notes: a.Notes.ValueString(),
		Owners: tfkit.Strings(a.Owners), AppRoleAssignments: roles, FederatedCredentials: presets, PurgeOnDestroy: a.PurgeOnDestroy.ValueBool(),
		MayOpen: slices.Contains(m.deactivated, governed.ClosedSignIn),
	}, err
}

// results are what Entra ID makes up.
func (a *entraApplicationModel) results(state azure.ApplicationState) {
	a.ClientID, a.ObjectID = types.StringValue(state.ApplicationID), types.StringValue(state.ID.Name())
	a.ServicePrincipalObjectID, a.SignInEnabled = governed.Nullable(state.ServicePrincipalID), types.BoolValue(state.SignInEnabled)
}
