package serviceidentity

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// azureManagedIdentityKind is the nested attribute azure_managed_identity: a user-assigned managed identity.
type azureManagedIdentityKind struct{ managedIdentityDriven }

type managedIdentityDriven = governed.Driven[model, *model, managedIdentityModel, azure.ManagedIdentitySpec, azure.ManagedIdentityState]

var azureManagedIdentity = azureManagedIdentityKind{managedIdentityDriven{
	Kind: governance.KindAzureManagedIdentity, Cloud: governed.Azure,
	Name: string(governance.KindAzureManagedIdentity), Types: managedIdentityTypes, Object: func(m *model) *types.Object { return &m.AzureManagedIdentity },
	Driver: func(data *tfkit.Data) platform.Driver[azure.ManagedIdentitySpec, azure.ManagedIdentityState] {
		return data.Azure.ManagedIdentities()
	},
	Rules: azure.ValidateManagedIdentity,
}}

// Sources are resources that manage the same objects without governing them.
func (azureManagedIdentityKind) Sources() []governed.Source {
	return []governed.Source{{Provider: "hashicorp/azurerm", Type: "azurerm_user_assigned_identity", SchemaVersion: 1, ID: "id"}}
}

func (azureManagedIdentityKind) ParseImport(text string) (governance.ID, bool) {
	return azure.ParseManagedIdentityID(text)
}

// Trust is who could sign in as the identity.
func (k azureManagedIdentityKind) Trust(ctx context.Context, data *tfkit.Data, m *model) (governance.Trust, error) {
	_, want, err := k.Wanted(ctx, m, false)
	if err != nil {
		return governance.Trust{}, err
	}
	return data.Azure.ManagedIdentities().Trust(want.Spec), nil
}

// Describe tells the provider's subscription where no other one is declared.
func (k azureManagedIdentityKind) Describe(ctx context.Context, data *tfkit.Data, m *model, subject *governance.Subject) error {
	identity, err := k.Get(m)
	subscription := identity.SubscriptionID.ValueString()
	if subscription == "" && !identity.SubscriptionID.IsUnknown() && data.Azure != nil {
		subscription = data.Azure.SubscriptionID()
	}
	governed.DescribeAzure(governance.KindAzureManagedIdentity, subscription, subject)
	return err
}

func (k azureManagedIdentityKind) Entitlements(ctx context.Context, data *tfkit.Data, m, prior *model, asked governance.Inquiry) (governance.Entitlements, error) {
	return governed.JudgeHolding(ctx, m, prior, asked, k.holding, data.Azure.ManagedIdentities().Entitlements)
}

// holding is what decides what the identity may do.
func (k azureManagedIdentityKind) holding(ctx context.Context, m *model) (azure.ManagedIdentityHolding, error) {
	identity, err := k.Get(m)
	if err != nil {
		return azure.ManagedIdentityHolding{}, err
	}
	roles, err := identity.roles(ctx)
	return azure.ManagedIdentityHolding{
		SubscriptionID: identity.SubscriptionID.ValueString(), ResourceGroup: identity.ResourceGroupName.ValueString(), Name: m.Name.ValueString(),
		RoleAssignments: roles, RolesUnknown: !tfkit.FullyKnown(ctx, identity.RoleAssignments),
	}, err
}

func (k azureManagedIdentityKind) Predict(ctx context.Context, data *tfkit.Data, m, prior *model, disabled bool) error {
	identity, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return err
	}
	had, state, err := k.Foretell(ctx, data, want, prior)
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
		if !azure.SameLocation(had.Location.ValueString(), identity.Location.ValueString()) {
			m.ID = types.StringUnknown() // It is replaced by another under the same id.
		}
	}
	m.ExpiryEnforcement = types.StringUnknown()
	if tfkit.FullyKnown(ctx, identity.RoleAssignments) && !m.Expiry.IsUnknown() {
		m.ExpiryEnforcement = enforcement(state, want)
	}
	return k.Set(m, identity)
}

// enforcement says who ends the access: Azure where it ends all roles, those of a disabled identity as they were declared.
func enforcement(state azure.ManagedIdentityState, want platform.Desired[azure.ManagedIdentitySpec]) types.String {
	if state.EndsByItself || state.Disabled && want.Spec.TimeBound() {
		return types.StringValue(string(governance.ExpiryByCloud))
	}
	return types.StringValue(string(governance.ExpiryByApply))
}

func (k azureManagedIdentityKind) Converge(ctx context.Context, data *tfkit.Data, id governance.ID, m *model, disabled bool) ([]string, error) {
	identity, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	intended, state, err := k.Apply(ctx, data, id, want)
	if err != nil {
		return intended.Attachments, err
	}
	governed.Converged(&m.GovernanceModel, state.Observed)
	m.ExpiryEnforcement = enforcement(state, want)
	identity.results(state)
	return intended.Attachments, k.Set(m, identity)
}

// results are what Azure makes up.
func (i *managedIdentityModel) results(state azure.ManagedIdentityState) {
	i.ClientID, i.PrincipalID, i.TenantID = types.StringValue(state.ClientID), types.StringValue(state.PrincipalID), types.StringValue(state.TenantID)
}

func (k azureManagedIdentityKind) Read(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) ([]governed.Warning, error) {
	state, err := data.Azure.ManagedIdentities().Read(ctx, id)
	if err != nil {
		return nil, err
	}
	return governed.Stripped(state.Quarantine), k.observe(ctx, data, m, state)
}

// Bulk reads each identity as Read does, which takes them from one bulk read of their subscription.
func (k azureManagedIdentityKind) Bulk(_ context.Context, data *tfkit.Data) (governed.BulkReader[*model], error) {
	return func(ctx context.Context, identity *governance.Identity, m *model) ([]governed.Warning, error) {
		state, err := data.Azure.ManagedIdentities().Read(ctx, identity.ID)
		if err != nil {
			return nil, err
		}
		return nil, k.observe(ctx, data, m, state)
	}, nil
}

// observe takes over what the identity is.
func (k azureManagedIdentityKind) observe(ctx context.Context, data *tfkit.Data, m *model, state azure.ManagedIdentityState) error {
	identity, want, err := k.Wanted(ctx, m, false)
	if err != nil {
		return err
	}
	governed.Observed(&m.GovernanceModel, data, state.Observed, state.ManagedBy, state.EndsByItself)
	roles, err := data.Azure.ManagedIdentities().Assigned(ctx, want.Spec.RoleAssignments, state)
	if err != nil {
		return err
	}
	if identity.RoleAssignments, err = identity.observedRoles(roles); err != nil {
		return err
	}
	if identity.FederatedCredentials, err = observedFederated(ctx, data, identity.FederatedCredentials, state.Federated(), state.Disabled || state.Quarantine != nil); err != nil {
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
	return k.Set(m, identity)
}
