package thirdpartyidentity

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// entraServicePrincipalModel is the nested attribute entra_service_principal.
type entraServicePrincipalModel struct {
	AppID                     types.String `tfsdk:"app_id"`
	Publisher                 types.Object `tfsdk:"publisher"`
	AppRoleAssignments        types.Map    `tfsdk:"app_role_assignments"`
	AppRoleAssignmentRequired types.Bool   `tfsdk:"app_role_assignment_required"`
	Notes                     types.String `tfsdk:"notes"`
	PurgeOnDestroy            types.Bool   `tfsdk:"purge_on_destroy"`
	ObjectID                  types.String `tfsdk:"object_id"`
	DisplayName               types.String `tfsdk:"display_name"`
	HomeTenantID              types.String `tfsdk:"home_tenant_id"`
	VerifiedPublisher         types.String `tfsdk:"verified_publisher"`
	VerifiedPublisherID       types.String `tfsdk:"verified_publisher_id"`
	DelegatedPermissions      types.List   `tfsdk:"delegated_permissions"`
	SignInEnabled             types.Bool   `tfsdk:"sign_in_enabled"`
}

// publisherModel is its nested attribute publisher.
type publisherModel struct {
	TenantID            types.String `tfsdk:"tenant_id"`
	VerifiedPublisherID types.String `tfsdk:"verified_publisher_id"`
}

var (
	entraServicePrincipalTypes = governed.ObjectTypes(entraServicePrincipal{}.Schema())
	publisherTypes             = map[string]attr.Type{"tenant_id": types.StringType, "verified_publisher_id": types.StringType}
)

// servicePrincipalOf reads the nested attribute. It is all null when the model has none, as while importing.
func servicePrincipalOf(ctx context.Context, m *model) (entraServicePrincipalModel, diag.Diagnostics) {
	principal := entraServicePrincipalModel{
		Publisher: types.ObjectNull(publisherTypes), AppRoleAssignments: types.MapNull(governed.AppRoleAssignmentType), DelegatedPermissions: types.ListNull(types.StringType),
	}
	if m.EntraServicePrincipal.IsNull() || m.EntraServicePrincipal.IsUnknown() {
		return principal, nil
	}
	diags := m.EntraServicePrincipal.As(ctx, &principal, basetypes.ObjectAsOptions{})
	return principal, diags
}

// setServicePrincipal writes the nested attribute.
func setServicePrincipal(ctx context.Context, m *model, principal entraServicePrincipalModel) error {
	object, diags := types.ObjectValueFrom(ctx, entraServicePrincipalTypes, principal)
	m.EntraServicePrincipal = object
	_, err := governed.AsError(struct{}{}, diags)
	return err
}

// wantedServicePrincipal reads the nested attribute and what it asks for.
func wantedServicePrincipal(ctx context.Context, m *model, disabled bool) (entraServicePrincipalModel, platform.Desired[azure.ServicePrincipalSpec], error) {
	principal, err := governed.AsError(servicePrincipalOf(ctx, m))
	if err != nil {
		return principal, platform.Desired[azure.ServicePrincipalSpec]{}, err
	}
	want, err := governed.AsError(principal.desired(ctx, m, disabled))
	return principal, want, err
}

// desired is the service principal that the model asks for. What is not known yet is left out.
func (p entraServicePrincipalModel) desired(ctx context.Context, m *model, disabled bool) (platform.Desired[azure.ServicePrincipalSpec], diag.Diagnostics) {
	metadata, _ := m.Metadata(ctx)
	roles, diags := governed.AppRoleAssignments(ctx, p.AppRoleAssignments)
	var pinned publisherModel
	if !p.Publisher.IsNull() && !p.Publisher.IsUnknown() {
		diags.Append(p.Publisher.As(ctx, &pinned, basetypes.ObjectAsOptions{})...)
	}
	want := platform.Desired[azure.ServicePrincipalSpec]{Name: m.Name.ValueString(), Metadata: metadata, Disabled: disabled, Spec: azure.ServicePrincipalSpec{
		AppID: p.AppID.ValueString(), Publisher: azure.PublisherPin{TenantID: pinned.TenantID.ValueString(), VerifiedPublisherID: pinned.VerifiedPublisherID.ValueString()},
		AppRoleAssignments: roles, Notes: p.Notes.ValueString(), PurgeOnDestroy: p.PurgeOnDestroy.ValueBool(),
		MayOpen: len(m.closed) > 0,
	}}
	if !p.AppRoleAssignmentRequired.IsNull() && !p.AppRoleAssignmentRequired.IsUnknown() {
		want.Spec.AppRoleAssignmentRequired = p.AppRoleAssignmentRequired.ValueBoolPointer()
	}
	return want, diags
}

// servicePrincipalHolding is what decides what the third party may do.
func servicePrincipalHolding(ctx context.Context, m *model) (azure.ServicePrincipalHolding, diag.Diagnostics) {
	principal, diags := servicePrincipalOf(ctx, m)
	roles, more := governed.AppRoleAssignments(ctx, principal.AppRoleAssignments)
	diags.Append(more...)
	return azure.ServicePrincipalHolding{AppID: principal.AppID.ValueString(), AppRoles: roles, AppRolesUnknown: !tfkit.FullyKnown(ctx, principal.AppRoleAssignments)}, diags
}

// published is whose the application is, as a state has it.
func (p entraServicePrincipalModel) published() azure.Publisher {
	return azure.Publisher{TenantID: p.HomeTenantID.ValueString(), Name: p.VerifiedPublisher.ValueString(), VerifiedPublisherID: p.VerifiedPublisherID.ValueString()}
}

// results are what Entra ID and the third party's application tell.
func (p *entraServicePrincipalModel) results(state azure.ServicePrincipalState) {
	p.AppRoleAssignmentRequired, p.SignInEnabled = types.BoolValue(state.AppRoleAssignmentRequired), types.BoolValue(state.SignInEnabled)
	p.ObjectID, p.DisplayName = types.StringValue(state.ID.Name()), governed.Nullable(state.DisplayName)
	p.HomeTenantID = governed.Nullable(state.Publisher.TenantID)
	p.VerifiedPublisher, p.VerifiedPublisherID = governed.Nullable(state.Publisher.Name), governed.Nullable(state.Publisher.VerifiedPublisherID)
	p.DelegatedPermissions = types.ListNull(types.StringType)
	if state.DelegatedUnknown == "" {
		texts := make([]attr.Value, len(state.Delegated))
		for i, one := range state.Delegated {
			texts[i] = types.StringValue(one.String())
		}
		p.DelegatedPermissions = types.ListValueMust(types.StringType, texts)
	}
}

// keep takes over what the state has of what only the platform tells.
func (p *entraServicePrincipalModel) keep(had entraServicePrincipalModel) {
	p.ObjectID, p.DisplayName, p.HomeTenantID = had.ObjectID, had.DisplayName, had.HomeTenantID
	p.VerifiedPublisher, p.VerifiedPublisherID, p.DelegatedPermissions = had.VerifiedPublisher, had.VerifiedPublisherID, had.DelegatedPermissions
}

// unknown says of all that that it is not known yet.
func (p *entraServicePrincipalModel) unknown() {
	p.keep(entraServicePrincipalModel{
		ObjectID: types.StringUnknown(), DisplayName: types.StringUnknown(), HomeTenantID: types.StringUnknown(),
		VerifiedPublisher: types.StringUnknown(), VerifiedPublisherID: types.StringUnknown(), DelegatedPermissions: types.ListUnknown(types.StringType),
	})
}

// sameApp tells whether two models are of one application, whatever the letter case.
func (p entraServicePrincipalModel) sameApp(other entraServicePrincipalModel) bool {
	return !p.AppID.IsUnknown() && strings.EqualFold(p.AppID.ValueString(), other.AppID.ValueString())
}
