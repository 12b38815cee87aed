package serviceidentity

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
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

var entraApplicationTypes = governed.ObjectTypes(entraApplication{}.Schema())

// applicationOf reads the nested attribute. It is all null when the model has none, as while importing.
func applicationOf(ctx context.Context, m *model) (entraApplicationModel, diag.Diagnostics) {
	app := entraApplicationModel{
		Owners: types.SetNull(types.StringType), AppRoleAssignments: types.MapNull(governed.AppRoleAssignmentType), FederatedCredentials: types.MapNull(federatedType),
	}
	if m.EntraApplication.IsNull() || m.EntraApplication.IsUnknown() {
		return app, nil
	}
	diags := m.EntraApplication.As(ctx, &app, basetypes.ObjectAsOptions{})
	return app, diags
}

// setApplication writes the nested attribute.
func setApplication(ctx context.Context, m *model, app entraApplicationModel) error {
	object, diags := types.ObjectValueFrom(ctx, entraApplicationTypes, app)
	m.EntraApplication = object
	_, err := governed.AsError(struct{}{}, diags)
	return err
}

// wantedApplication reads the nested attribute and what it asks for.
func wantedApplication(ctx context.Context, m *model, disabled bool) (entraApplicationModel, platform.Desired[azure.ApplicationSpec], error) {
	app, err := governed.AsError(applicationOf(ctx, m))
	if err != nil {
		return app, platform.Desired[azure.ApplicationSpec]{}, err
	}
	want, err := governed.AsError(app.desired(ctx, m, disabled))
	return app, want, err
}

// desired is the application that the model asks for. What is not known yet is left out.
func (a entraApplicationModel) desired(ctx context.Context, m *model, disabled bool) (platform.Desired[azure.ApplicationSpec], diag.Diagnostics) {
	metadata, _ := m.Metadata(ctx)
	roles, diags := governed.AppRoleAssignments(ctx, a.AppRoleAssignments)
	presets, more := federatedPresets(ctx, a.FederatedCredentials)
	diags.Append(more...)
	name := m.Name.ValueString()
	return platform.Desired[azure.ApplicationSpec]{Name: name, Metadata: metadata, Disabled: disabled, Spec: azure.ApplicationSpec{
		DisplayName: governed.KnownOr(a.DisplayName, name), UniqueName: governed.KnownOr(a.UniqueName, azure.DefaultUniqueName(name)),
		SignInAudience:             governed.KnownOr(a.SignInAudience, azure.SignInAudiences[0]),
		ServiceManagementReference: a.ServiceManagementReference.ValueString(), Notes: a.Notes.ValueString(),
		Owners: tfkit.Strings(a.Owners), AppRoleAssignments: roles, FederatedCredentials: presets, PurgeOnDestroy: a.PurgeOnDestroy.ValueBool(),
		MayOpen: slices.Contains(m.deactivated, governed.ClosedSignIn),
	}}, diags
}

// applicationHolding is what decides what the application may do.
func applicationHolding(ctx context.Context, m *model) (azure.ApplicationHolding, diag.Diagnostics) {
	app, diags := applicationOf(ctx, m)
	roles, more := governed.AppRoleAssignments(ctx, app.AppRoleAssignments)
	diags.Append(more...)
	holding := azure.ApplicationHolding{AppRoles: roles, AppRolesUnknown: !tfkit.FullyKnown(ctx, app.AppRoleAssignments)}
	if !app.UniqueName.IsUnknown() && !m.Name.IsUnknown() {
		holding.UniqueName = governed.KnownOr(app.UniqueName, azure.DefaultUniqueName(m.Name.ValueString()))
	}
	return holding, diags
}

// results are what Entra ID makes up.
func (a *entraApplicationModel) results(state azure.ApplicationState) {
	a.ClientID, a.ObjectID = types.StringValue(state.ApplicationID), types.StringValue(state.ID.Name())
	a.ServicePrincipalObjectID, a.SignInEnabled = governed.Nullable(state.ServicePrincipalID), types.BoolValue(state.SignInEnabled)
}
