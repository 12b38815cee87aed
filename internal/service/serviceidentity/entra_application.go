package serviceidentity

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// entraApplicationKind is the nested attribute entra_application: an application of Entra ID with its service principal.
type entraApplicationKind struct{ applicationDriven }

type applicationDriven = governed.Driven[model, *model, entraApplicationModel, azure.ApplicationSpec, azure.ApplicationState]

var entraApplication = entraApplicationKind{applicationDriven{
	Kind: governance.KindEntraApplication, Cloud: governed.Azure,
	Name: string(governance.KindEntraApplication), Types: entraApplicationTypes, Object: func(m *model) *types.Object { return &m.EntraApplication },
	Driver: func(data *tfkit.Data) platform.Driver[azure.ApplicationSpec, azure.ApplicationState] {
		return data.Azure.Applications()
	},
	Rules: azure.ValidateApplication,
}}

// Sources are resources that manage the same objects without governing them. azuread_application has had version 2 since its ids are
// paths.
func (entraApplicationKind) Sources() []governed.Source {
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
func (entraApplicationKind) Settle(data *tfkit.Data, id governance.ID) governance.ID {
	id.Account = data.Azure.ID()
	return id
}

// Trust is who could sign in as the application without holding a credential.
func (k entraApplicationKind) Trust(ctx context.Context, data *tfkit.Data, m *model) (governance.Trust, error) {
	_, want, err := k.Wanted(ctx, m, false)
	if err != nil {
		return governance.Trust{}, err
	}
	return data.Azure.Applications().Trust(want.Spec), nil
}

// Unowned is the argument owners where it names nobody.
func (entraApplicationKind) Unowned(m *model) []string {
	owners, known := m.EntraApplication.Attributes()["owners"].(types.Set)
	if !known || owners.IsUnknown() || len(owners.Elements()) > 0 {
		return nil
	}
	return []string{string(governance.KindEntraApplication), "owners"}
}

func (k entraApplicationKind) Entitlements(ctx context.Context, data *tfkit.Data, m, prior *model, asked governance.Inquiry) (governance.Entitlements, error) {
	return governed.JudgeHolding(ctx, m, prior, asked, k.holding, data.Azure.Applications().Entitlements)
}

// holding is what decides what the application may do.
func (k entraApplicationKind) holding(ctx context.Context, m *model) (azure.AppRoleHolding, error) {
	app, err := k.Get(m)
	if err != nil {
		return azure.AppRoleHolding{}, err
	}
	roles, err := governed.AppRoleAssignments(ctx, app.AppRoleAssignments)
	holding := azure.AppRoleHolding{AppRoles: roles, AppRolesUnknown: !tfkit.FullyKnown(ctx, app.AppRoleAssignments)}
	if !app.UniqueName.IsUnknown() && !m.Name.IsUnknown() {
		holding.Of = governed.KnownOr(app.UniqueName, azure.DefaultUniqueName(m.Name.ValueString()))
	}
	return holding, err
}

func (k entraApplicationKind) Predict(ctx context.Context, data *tfkit.Data, m, prior *model, disabled bool) error {
	app, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return err
	}
	had, _, err := k.Foretell(ctx, data, want, prior)
	if err != nil {
		return err
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
	return k.Set(m, app)
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

func (k entraApplicationKind) Converge(ctx context.Context, data *tfkit.Data, id governance.ID, m *model, disabled bool) ([]string, error) {
	app, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	intended, state, err := k.Apply(ctx, data, id, want)
	attachments := append(intended.Attachments, azure.OwnerNames(intended.Owners)...) //nolint:gocritic // both are this call's own
	m.deactivated = governed.ClosedNow(m.deactivated, disabled, state.Closed(), state.SignInEnabled, err)
	if err != nil {
		return attachments, err
	}
	governed.Converged(&m.GovernanceModel, state.Observed)
	m.ExpiryEnforcement = types.StringValue(string(governance.ExpiryByApply))
	app.results(state)
	return attachments, k.Set(m, app)
}

func (k entraApplicationKind) Read(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) ([]governed.Warning, error) {
	state, err := data.Azure.Applications().Read(ctx, id)
	if err != nil {
		return nil, err
	}
	state.Disabled = state.Disabled && governed.BelievesClosed(data, m.GovernanceModel, state.Metadata, m.deactivated)
	return applicationWarnings(state), k.observe(ctx, data, m, state)
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
func (k entraApplicationKind) Bulk(_ context.Context, data *tfkit.Data) (governed.BulkReader[*model], error) {
	return func(ctx context.Context, identity *governance.Identity, m *model) ([]governed.Warning, error) {
		bulk, err := data.Azure.Applications().Bulk(ctx)
		if err != nil {
			return nil, err
		}
		state, err := bulk.Application(ctx, identity.ID)
		if err != nil {
			return nil, err
		}
		state.Disabled = state.Disabled && governed.BelievesClosed(data, m.GovernanceModel, state.Metadata, m.deactivated)
		return nil, k.observe(ctx, data, m, state)
	}, nil
}

// observe takes over what the application is.
func (k entraApplicationKind) observe(ctx context.Context, data *tfkit.Data, m *model, state azure.ApplicationState) error {
	app, err := k.Get(m)
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
	if app.AppRoleAssignments, err = governed.ObservedAppRoles(ctx, app.AppRoleAssignments, state.AppRoles); err != nil {
		return err
	}
	if app.FederatedCredentials, err = observedFederated(ctx, data, app.FederatedCredentials, state.FederatedCredentials, false); err != nil {
		return err
	}
	app.DisplayName, app.UniqueName, app.SignInAudience = types.StringValue(state.DisplayName), governed.Nullable(state.UniqueName), types.StringValue(state.SignInAudience)
	app.ServiceManagementReference = tfkit.Observed(app.ServiceManagementReference, state.ServiceManagementReference)
	app.Notes, app.PurgeOnDestroy = tfkit.Observed(app.Notes, state.Notes), types.BoolValue(state.PurgeOnDestroy)
	app.results(state)
	return k.Set(m, app)
}
