package thirdpartyidentity

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
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

var entraServicePrincipalTypes = governed.ObjectTypes(entraServicePrincipalKind{}.Schema())

func (p entraServicePrincipalModel) Spec(ctx context.Context, m *model) (azure.ServicePrincipalSpec, error) {
	roles, err := governed.AppRoleAssignments(ctx, p.AppRoleAssignments)
	var pinned publisherModel
	if err == nil && !p.Publisher.IsNull() && !p.Publisher.IsUnknown() {
		err = governed.ReadObject(p.Publisher, &pinned)
	}
	spec := azure.ServicePrincipalSpec{
		AppID: p.AppID.ValueString(), Publisher: azure.PublisherPin{TenantID: pinned.TenantID.ValueString(), VerifiedPublisherID: pinned.VerifiedPublisherID.ValueString()},
		AppRoleAssignments: roles, Notes: p.Notes.ValueString(), PurgeOnDestroy: p.PurgeOnDestroy.ValueBool(),
		MayOpen: len(m.closed) > 0,
	}
	if !p.AppRoleAssignmentRequired.IsNull() && !p.AppRoleAssignmentRequired.IsUnknown() {
		spec.AppRoleAssignmentRequired = p.AppRoleAssignmentRequired.ValueBoolPointer()
	}
	return spec, err
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
