package serviceidentity

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// entraApplication is the nested attribute entra_application: an application of Entra ID with its service principal.
type entraApplication struct{}

func (entraApplication) Attribute() string { return string(governance.KindEntraApplication) }
func (entraApplication) Owns(id governance.ID) bool {
	return id.Kind == governance.KindEntraApplication
}

func (entraApplication) Category() governance.Category {
	return governance.KindEntraApplication.Category()
}

func (entraApplication) Declared(m *model) (declared, known bool) {
	return !m.EntraApplication.IsNull(), !m.EntraApplication.IsUnknown()
}

// Sources are resources that manage the same objects without governing them. azuread_application has had version 2 since its ids are
// paths.
func (entraApplication) Sources() []governed.Source {
	source := governed.Source{Provider: "hashicorp/azuread", ID: "id", Parse: func(text string) (governance.ID, bool) {
		object, ok := strings.CutPrefix(text, "/applications/")
		id, err := governance.ParseID("entra:" + governed.Somewhere + ":application/" + object)
		return id, ok && err == nil
	}}
	application, registration := source, source
	application.Type, application.SchemaVersion = "azuread_application", 2
	registration.Type = "azuread_application_registration"
	return []governed.Source{application, registration}
}

// Settle gives the application the provider's tenant.
func (entraApplication) Settle(data *tfkit.Data, id governance.ID) governance.ID {
	id.Account = data.Azure.ID()
	return id
}

func (k entraApplication) Configured(data *tfkit.Data) diag.Diagnostics {
	return data.RequireAzure(path.Root(k.Attribute()))
}

// ParseImport knows no other form: an object id does not tell the tenant.
func (entraApplication) ParseImport(string) (governance.ID, bool) { return governance.ID{}, false }

func (entraApplication) Validate(ctx context.Context, m *model) ([]governance.Violation, diag.Diagnostics) {
	app, diags := applicationOf(ctx, m)
	want, more := app.desired(ctx, m, false)
	diags.Append(more...)
	if diags.HasError() {
		return nil, diags
	}
	return azure.ValidateApplication(want), diags
}

func (entraApplication) Check(ctx context.Context, data *tfkit.Data, m *model, disabled bool) ([]governance.Violation, error) {
	_, want, err := wantedApplication(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	return data.Azure.Applications().Check(ctx, want)
}

// Trust is who could sign in as the application without holding a credential.
func (entraApplication) Trust(ctx context.Context, data *tfkit.Data, m *model) (governance.Trust, error) {
	_, want, err := wantedApplication(ctx, m, false)
	if err != nil {
		return governance.Trust{}, err
	}
	return data.Azure.Applications().Trust(want.Spec), nil
}

// Unowned is the argument owners where it names nobody.
func (entraApplication) Unowned(m *model) []string {
	owners, known := m.EntraApplication.Attributes()["owners"].(types.Set)
	if !known || owners.IsUnknown() || len(owners.Elements()) > 0 {
		return nil
	}
	return []string{string(governance.KindEntraApplication), "owners"}
}

func (entraApplication) Describe(_ context.Context, data *tfkit.Data, _ *model, subject *governance.Subject) error {
	tenant := ""
	if data.Azure != nil {
		tenant = data.Azure.ID()
	}
	governed.DescribeAzure(governance.KindEntraApplication, tenant, subject)
	return nil
}

func (entraApplication) Entitlements(ctx context.Context, data *tfkit.Data, m, prior *model, asked governance.Inquiry) (governance.Entitlements, error) {
	now, had, err := governed.Held(ctx, m, prior, applicationHolding)
	if err != nil {
		return governance.Entitlements{}, err
	}
	return data.Azure.Applications().Entitlements(ctx, now, had, asked)
}

func (entraApplication) Predict(ctx context.Context, data *tfkit.Data, m, prior *model, disabled bool) error {
	app, want, err := wantedApplication(ctx, m, disabled)
	if err != nil {
		return err
	}
	if _, err := data.Azure.Applications().Predict(ctx, want); err != nil {
		return err
	}
	var had entraApplicationModel
	if prior != nil {
		if had, err = governed.AsError(applicationOf(ctx, prior)); err != nil {
			return err
		}
	}
	m.ID, app.ClientID, app.ObjectID, app.ServicePrincipalObjectID = types.StringUnknown(), types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	if stays := had.UniqueName.ValueString() == "" || had.UniqueName.Equal(app.UniqueName); prior != nil && stays {
		m.ID, app.ClientID, app.ObjectID = prior.ID, had.ClientID, had.ObjectID
		if !had.ServicePrincipalObjectID.IsNull() {
			app.ServicePrincipalObjectID = had.ServicePrincipalObjectID
		}
	}
	app.SignInEnabled = predictedSignIn(m, prior, had, disabled)
	m.ExpiryEnforcement = types.StringValue(string(governance.ExpiryByApply))
	return setApplication(ctx, m, app)
}

// predictedSignIn is not known while an identity is opened again: what somebody else has blocked stays so.
func predictedSignIn(m, prior *model, had entraApplicationModel, disabled bool) types.Bool {
	switch {
	case m.Status.IsUnknown():
		return types.BoolUnknown()
	case disabled:
		return types.BoolValue(false)
	case prior == nil || had.SignInEnabled.ValueBool() || had.ServicePrincipalObjectID.IsNull():
		return types.BoolValue(true)
	default:
		return had.SignInEnabled
	}
}

func (entraApplication) Create(ctx context.Context, data *tfkit.Data, m *model, disabled bool) (governance.ID, error) {
	_, want, err := wantedApplication(ctx, m, disabled)
	if err != nil {
		return governance.ID{}, err
	}
	return data.Azure.Applications().Create(ctx, want)
}

func (entraApplication) Converge(ctx context.Context, data *tfkit.Data, id governance.ID, m *model, disabled bool) ([]string, error) {
	app, want, err := wantedApplication(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	applications := data.Azure.Applications()
	intended, err := applications.Predict(ctx, want)
	if err != nil {
		return nil, err
	}
	attachments := append(intended.Attachments, azure.OwnerNames(intended.Owners)...) //nolint:gocritic // both are this call's own
	state, err := applications.Converge(ctx, id, want)
	if state.Closed() {
		m.deactivated = []string{governed.ClosedSignIn}
	}
	if err != nil {
		return attachments, err
	}
	if !disabled && m.deactivated != nil {
		m.deactivated = []string{}
	}
	governed.Converged(&m.GovernanceModel, state.Observed)
	m.ExpiryEnforcement = types.StringValue(string(governance.ExpiryByApply))
	app.results(state)
	return attachments, setApplication(ctx, m, app)
}

func (entraApplication) Read(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) ([]governed.Warning, error) {
	state, err := data.Azure.Applications().Read(ctx, id)
	if err != nil {
		return nil, err
	}
	state.Disabled = state.Disabled && governed.BelievesClosed(data, m.GovernanceModel, state.Metadata, m.deactivated)
	return applicationWarnings(state), observeApplication(ctx, data, m, state)
}

// applicationWarnings tell of a deletion that was interrupted, and of a sign-in that somebody else has blocked.
func applicationWarnings(state azure.ApplicationState) []governed.Warning {
	if state.HalfRetired {
		return []governed.Warning{{Summary: "Deletion was interrupted", Detail: fmt.Sprintf("it is deleted, but can still be restored and keeps its unique name %s, although it was to go for good. "+
			"Removing it, with terraform destroy or with its block, finishes that.", state.UniqueName)}}
	}
	if state.Quarantine != nil {
		return governed.InQuarantine(state.Quarantine)
	}
	if state.SignInEnabled || state.Disabled || state.ServicePrincipalID == "" {
		return nil
	}
	return []governed.Warning{governed.SignInBlocked("the sign-in of its service principal", state.ServicePrincipalID)}
}

// Bulk reads the directory when the first application is asked for: not every list has one.
func (entraApplication) Bulk(_ context.Context, data *tfkit.Data) (governed.BulkReader[*model], error) {
	return func(ctx context.Context, identity *governance.Identity, m *model) error {
		bulk, err := data.Azure.Applications().Bulk(ctx)
		if err != nil {
			return err
		}
		state, err := bulk.Application(ctx, identity.ID)
		if err != nil {
			return err
		}
		state.Disabled = state.Disabled && governed.BelievesClosed(data, m.GovernanceModel, state.Metadata, m.deactivated)
		return observeApplication(ctx, data, m, state)
	}, nil
}

// observeApplication takes over what the application is.
func observeApplication(ctx context.Context, data *tfkit.Data, m *model, state azure.ApplicationState) error {
	app, err := governed.AsError(applicationOf(ctx, m))
	if err != nil {
		return err
	}
	if name := m.Name.ValueString(); name != "" {
		state.Name = name // Entra ID has only the names below, which can be others.
	}
	governed.Observed(&m.GovernanceModel, data, state.Observed, state.ManagedBy, false)
	owners, err := data.Azure.Applications().OwnersAs(ctx, tfkit.Strings(app.Owners), state)
	if err != nil {
		return err
	}
	app.Owners = governed.ObservedSet(app.Owners, owners)
	if app.AppRoleAssignments, err = governed.AsError(governed.ObservedAppRoles(ctx, app.AppRoleAssignments, state.AppRoles)); err != nil {
		return err
	}
	if app.FederatedCredentials, err = governed.AsError(observedFederated(ctx, data, app.FederatedCredentials, state.FederatedCredentials, false)); err != nil {
		return err
	}
	app.DisplayName, app.UniqueName, app.SignInAudience = types.StringValue(state.DisplayName), governed.Nullable(state.UniqueName), types.StringValue(state.SignInAudience)
	app.ServiceManagementReference = tfkit.Observed(app.ServiceManagementReference, state.ServiceManagementReference)
	app.Notes, app.PurgeOnDestroy = tfkit.Observed(app.Notes, state.Notes), types.BoolValue(state.PurgeOnDestroy)
	app.results(state)
	return setApplication(ctx, m, app)
}

func (entraApplication) Retirement(ctx context.Context, data *tfkit.Data, id governance.ID) (platform.Retirement, error) {
	return data.Azure.Applications().Retirement(ctx, id)
}

func (entraApplication) Remove(ctx context.Context, data *tfkit.Data, id governance.ID) ([]string, error) {
	return data.Azure.Applications().Delete(ctx, id)
}
