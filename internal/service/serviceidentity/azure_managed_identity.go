package serviceidentity

import (
	"context"
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

// azureManagedIdentity is the nested attribute azure_managed_identity: a user-assigned managed identity.
type azureManagedIdentity struct{}

func (azureManagedIdentity) Attribute() string { return string(governance.KindAzureManagedIdentity) }

func (azureManagedIdentity) Owns(id governance.ID) bool {
	return id.Kind == governance.KindAzureManagedIdentity
}

func (azureManagedIdentity) Category() governance.Category {
	return governance.KindAzureManagedIdentity.Category()
}

func (azureManagedIdentity) Declared(m *model) (declared, known bool) {
	return !m.AzureManagedIdentity.IsNull(), !m.AzureManagedIdentity.IsUnknown()
}

// Sources are resources that manage the same objects without governing them.
func (azureManagedIdentity) Sources() []governed.Source {
	return []governed.Source{{Provider: "hashicorp/azurerm", Type: "azurerm_user_assigned_identity", SchemaVersion: 1, ID: "id"}}
}

func (k azureManagedIdentity) Configured(data *tfkit.Data) diag.Diagnostics {
	return data.RequireAzure(path.Root(k.Attribute()))
}

func (azureManagedIdentity) ParseImport(text string) (governance.ID, bool) {
	return azure.ParseManagedIdentityID(text)
}

func (azureManagedIdentity) Validate(ctx context.Context, m *model) ([]governance.Violation, diag.Diagnostics) {
	identity, diags := managedIdentityOf(ctx, m)
	want, more := identity.desired(ctx, m, false)
	diags.Append(more...)
	if diags.HasError() {
		return nil, diags
	}
	return azure.ValidateManagedIdentity(want), diags
}

func (azureManagedIdentity) Check(ctx context.Context, data *tfkit.Data, m *model, disabled bool) ([]governance.Violation, error) {
	_, want, err := wantedIdentity(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	return data.Azure.ManagedIdentities().Check(ctx, want)
}

// Trust is who could sign in as the identity.
func (azureManagedIdentity) Trust(ctx context.Context, data *tfkit.Data, m *model) (governance.Trust, error) {
	_, want, err := wantedIdentity(ctx, m, false)
	if err != nil {
		return governance.Trust{}, err
	}
	return data.Azure.ManagedIdentities().Trust(want.Spec), nil
}

// Describe tells the provider's subscription where no other one is declared.
func (azureManagedIdentity) Describe(ctx context.Context, data *tfkit.Data, m *model, subject *governance.Subject) error {
	identity, err := governed.AsError(managedIdentityOf(ctx, m))
	subscription := identity.SubscriptionID.ValueString()
	if subscription == "" && !identity.SubscriptionID.IsUnknown() && data.Azure != nil {
		subscription = data.Azure.SubscriptionID()
	}
	governed.DescribeAzure(governance.KindAzureManagedIdentity, subscription, subject)
	return err
}

func (azureManagedIdentity) Entitlements(ctx context.Context, data *tfkit.Data, m, prior *model, asked governance.Inquiry) (governance.Entitlements, error) {
	now, had, err := governed.Held(ctx, m, prior, managedIdentityHolding)
	if err != nil {
		return governance.Entitlements{}, err
	}
	return data.Azure.ManagedIdentities().Entitlements(ctx, now, had, asked)
}

func (azureManagedIdentity) Predict(ctx context.Context, data *tfkit.Data, m, prior *model, disabled bool) error {
	identity, want, err := wantedIdentity(ctx, m, disabled)
	if err != nil {
		return err
	}
	state, err := data.Azure.ManagedIdentities().Predict(ctx, want)
	if err != nil {
		return err
	}
	idKnown := !m.Name.IsUnknown() && !identity.ResourceGroupName.IsUnknown() && !identity.SubscriptionID.IsUnknown()
	if identity.SubscriptionID.IsNull() {
		identity.SubscriptionID = types.StringValue(state.SubscriptionID)
	}
	m.ID = types.StringUnknown()
	if idKnown {
		m.ID = types.StringValue(state.ID.String())
	}
	if prior != nil && strings.EqualFold(prior.ID.ValueString(), m.ID.ValueString()) {
		m.ID = prior.ID // an import can have it in other letters
		if had, err := governed.AsError(managedIdentityOf(ctx, prior)); err != nil {
			return err
		} else if !azure.SameLocation(had.Location.ValueString(), identity.Location.ValueString()) {
			m.ID = types.StringUnknown() // It is replaced by another under the same id.
		}
	}
	m.ExpiryEnforcement = types.StringUnknown()
	if tfkit.FullyKnown(ctx, identity.RoleAssignments) && !m.Expiry.IsUnknown() {
		m.ExpiryEnforcement = enforcement(state, want)
	}
	return setManagedIdentity(ctx, m, identity)
}

// enforcement says who ends the access: Azure where it ends all roles, those of a disabled identity as they were declared.
func enforcement(state azure.ManagedIdentityState, want platform.Desired[azure.ManagedIdentitySpec]) types.String {
	if state.EndsByItself || state.Disabled && want.Spec.TimeBound() {
		return types.StringValue(string(governance.ExpiryByCloud))
	}
	return types.StringValue(string(governance.ExpiryByApply))
}

func (azureManagedIdentity) Create(ctx context.Context, data *tfkit.Data, m *model, disabled bool) (governance.ID, error) {
	_, want, err := wantedIdentity(ctx, m, disabled)
	if err != nil {
		return governance.ID{}, err
	}
	return data.Azure.ManagedIdentities().Create(ctx, want)
}

func (azureManagedIdentity) Converge(ctx context.Context, data *tfkit.Data, id governance.ID, m *model, disabled bool) ([]string, error) {
	identity, want, err := wantedIdentity(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	identities := data.Azure.ManagedIdentities()
	intended, err := identities.Predict(ctx, want)
	if err != nil {
		return nil, err
	}
	state, err := identities.Converge(ctx, id, want)
	if err != nil {
		return intended.Attachments, err
	}
	governed.Converged(&m.GovernanceModel, state.Observed)
	m.ExpiryEnforcement = enforcement(state, want)
	identity.results(state)
	return intended.Attachments, setManagedIdentity(ctx, m, identity)
}

// results are what Azure makes up.
func (i *managedIdentityModel) results(state azure.ManagedIdentityState) {
	i.ClientID, i.PrincipalID, i.TenantID = types.StringValue(state.ClientID), types.StringValue(state.PrincipalID), types.StringValue(state.TenantID)
}

func (azureManagedIdentity) Read(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) ([]governed.Warning, error) {
	state, err := data.Azure.ManagedIdentities().Read(ctx, id)
	if err != nil {
		return nil, err
	}
	return governed.Stripped(state.Quarantine), observeManagedIdentity(ctx, data, m, state)
}

// Bulk reads each identity as Read does, which takes them from one bulk read of their subscription.
func (azureManagedIdentity) Bulk(_ context.Context, data *tfkit.Data) (governed.BulkReader[*model], error) {
	return func(ctx context.Context, identity *governance.Identity, m *model) error {
		state, err := data.Azure.ManagedIdentities().Read(ctx, identity.ID)
		if err != nil {
			return err
		}
		return observeManagedIdentity(ctx, data, m, state)
	}, nil
}

// observeManagedIdentity takes over what the identity is.
func observeManagedIdentity(ctx context.Context, data *tfkit.Data, m *model, state azure.ManagedIdentityState) error {
	identity, want, err := wantedIdentity(ctx, m, false)
	if err != nil {
		return err
	}
	governed.Observed(&m.GovernanceModel, data, state.Observed, state.ManagedBy, state.EndsByItself)
	roles, err := data.Azure.ManagedIdentities().Assigned(ctx, want.Spec.RoleAssignments, state)
	if err != nil {
		return err
	}
	if identity.RoleAssignments, err = governed.AsError(identity.observedRoles(ctx, roles)); err != nil {
		return err
	}
	if identity.FederatedCredentials, err = governed.AsError(observedFederated(ctx, data, identity.FederatedCredentials, state.Federated(), state.Disabled || state.Quarantine != nil)); err != nil {
		return err
	}
	if len(state.Roles) == 0 && len(roles) > 0 { // They ended by themselves, or the provider or a quarantine has taken them off.
		m.ExpiryEnforcement = enforcement(azure.ManagedIdentityState{Observed: platform.Observed{Disabled: true}}, want)
	}
	keep := func(had *types.String, same func(one, other string) bool, text string) {
		if had.IsNull() || !same(had.ValueString(), text) {
			*had = types.StringValue(text)
		}
	}
	keep(&identity.SubscriptionID, strings.EqualFold, state.SubscriptionID)
	keep(&identity.ResourceGroupName, strings.EqualFold, state.ResourceGroup)
	keep(&identity.Location, azure.SameLocation, state.Location)
	identity.IsolationScope = types.StringValue(state.IsolationScope)
	identity.results(state)
	return setManagedIdentity(ctx, m, identity)
}

func (azureManagedIdentity) Retirement(ctx context.Context, data *tfkit.Data, id governance.ID) (platform.Retirement, error) {
	return data.Azure.ManagedIdentities().Retirement(ctx, id)
}

func (azureManagedIdentity) Remove(ctx context.Context, data *tfkit.Data, id governance.ID) ([]string, error) {
	return data.Azure.ManagedIdentities().Delete(ctx, id)
}
