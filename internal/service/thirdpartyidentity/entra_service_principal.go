package thirdpartyidentity

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// entraServicePrincipalKind is the nested attribute entra_service_principal: the service principal of a third party's
// application.
type entraServicePrincipalKind struct{ servicePrincipalDriven }

type servicePrincipalDriven = governed.Driven[model, *model, entraServicePrincipalModel, azure.ServicePrincipalSpec, azure.ServicePrincipalState]

var entraServicePrincipal = entraServicePrincipalKind{servicePrincipalDriven{
	Kind: governance.KindEntraServicePrincipal, Cloud: governed.Azure,
	Name: string(governance.KindEntraServicePrincipal), Types: entraServicePrincipalTypes, Object: func(m *model) *types.Object { return &m.EntraServicePrincipal },
	Driver: func(data *tfkit.Data) platform.Driver[azure.ServicePrincipalSpec, azure.ServicePrincipalState] {
		return data.Azure.ServicePrincipals()
	},
	Rules: azure.ValidateServicePrincipal,
}}

var _ governed.Published[*model] = entraServicePrincipal

func (entraServicePrincipalKind) Category() governance.Category { return governance.CategoryExternal }

func (k entraServicePrincipalKind) Validate(ctx context.Context, m *model) ([]governance.Violation, diag.Diagnostics) {
	found, diags := k.servicePrincipalDriven.Validate(ctx, m)
	return append(found, misplaced(m)...), diags
}

func (k entraServicePrincipalKind) Check(ctx context.Context, data *tfkit.Data, m *model, disabled bool) ([]governance.Violation, error) {
	found, err := k.servicePrincipalDriven.Check(ctx, data, m, disabled)
	return append(found, misplaced(m)...), err
}

// misplaced finds arguments of a third party that only a role has a use for.
func misplaced(m *model) []governance.Violation {
	var found []governance.Violation
	for _, name := range []string{"account_ids", "organization_id"} {
		if value, written := m.ThirdParty.Attributes()[name]; written && !value.IsNull() {
			found = append(found, governance.Violation{
				Rule: governance.RulePlatform, Enforcement: governance.EnforceError, Attribute: []string{"third_party", name},
				Message: fmt.Sprintf("%s is about AWS, and says nothing of an application of Entra ID", name), Remedy: "Leave it out. Whose the application has to be is said by entra_service_principal.publisher.",
			})
		}
	}
	return found
}

// Foresee finds an application that has a service principal already, which an administrator's consent makes, and one that
// is this tenant's own. What the provider has made itself is an interrupted creation that is being replaced.
func (k entraServicePrincipalKind) Foresee(ctx context.Context, data *tfkit.Data, m *model) ([]governance.Violation, error) {
	principal, want, err := k.Wanted(ctx, m, false)
	if err != nil || principal.AppID.IsUnknown() || len(azure.ValidateServicePrincipal(want)) > 0 {
		return nil, err
	}
	driver := data.Azure.ServicePrincipals()
	state, err := driver.Named(ctx, want.Spec.AppID)
	if errors.Is(err, platform.ErrNotFound) {
		own, err := driver.OwnApplication(ctx, want.Spec.AppID)
		if err != nil || !own {
			return nil, err
		}
		return driver.CheckPublisher(want.Spec, azure.Publisher{TenantID: data.Azure.ID()}), nil
	}
	if err != nil || state.ManagedBy == governance.ManagedBy {
		return nil, err
	}
	if strange := driver.CheckPublisher(want.Spec, state.Publisher); len(strange) > 0 {
		return strange, nil
	}
	return []governance.Violation{{
		Rule: governance.RuleExisting, Enforcement: governance.EnforceError, Attribute: []string{k.Attribute(), "app_id"},
		Message: fmt.Sprintf("the application %s (%s) has a service principal in this tenant already, as an administrator's consent makes it", strings.ToLower(want.Spec.AppID), state.DisplayName),
		Remedy:  fmt.Sprintf("Bring it under governance with an import block:\n\n  import {\n    to = governed_third_party_identity.example\n    id = %q\n  }", state.ID),
	}}, nil
}

// Trust is whose application can use the service principal.
func (k entraServicePrincipalKind) Trust(ctx context.Context, data *tfkit.Data, m *model) (governance.Trust, error) {
	_, want, err := k.Wanted(ctx, m, false)
	if err != nil {
		return governance.Trust{}, err
	}
	return data.Azure.ServicePrincipals().Trust(want.Spec), nil
}

func (k entraServicePrincipalKind) Entitlements(ctx context.Context, data *tfkit.Data, m, prior *model, asked governance.Inquiry) (governance.Entitlements, error) {
	return governed.JudgeHolding(ctx, m, prior, asked, k.holding, data.Azure.ServicePrincipals().Entitlements)
}

// holding is what decides what the third party may do.
func (k entraServicePrincipalKind) holding(ctx context.Context, m *model) (azure.AppRoleHolding, error) {
	principal, err := k.Get(m)
	if err != nil {
		return azure.AppRoleHolding{}, err
	}
	roles, err := governed.AppRoleAssignments(ctx, principal.AppRoleAssignments)
	return azure.AppRoleHolding{Of: principal.AppID.ValueString(), AppRoles: roles, AppRolesUnknown: !tfkit.FullyKnown(ctx, principal.AppRoleAssignments)}, err
}

func (k entraServicePrincipalKind) Publisher(ctx context.Context, data *tfkit.Data, m, state *model) (governance.Publisher, []governance.Violation, error) {
	principal, want, err := k.Wanted(ctx, m, false)
	if err != nil {
		return governance.Publisher{}, nil, err
	}
	had, err := k.Get(state)
	if err != nil || !principal.sameApp(had) {
		return governance.Publisher{}, nil, err
	}
	is := k.publisherOf(had.published())
	if is.Verified == "" {
		held, err := k.Entitlements(ctx, data, m, state, governance.Inquiry{})
		if err != nil {
			return governance.Publisher{}, nil, err
		}
		is.Gains = len(held.Gains) > 0
	}
	return is, data.Azure.ServicePrincipals().CheckPublisher(want.Spec, had.published()), nil
}

// publisherOf is a publisher as a policy judges it.
func (k entraServicePrincipalKind) publisherOf(is azure.Publisher) governance.Publisher {
	return governance.Publisher{Attribute: []string{k.Attribute(), "app_id"}, Home: is.TenantID, Verified: is.Name}
}

func (k entraServicePrincipalKind) Vet(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) (governance.Publisher, []governance.Violation, error) {
	_, want, err := k.Wanted(ctx, m, false)
	if err != nil {
		return governance.Publisher{}, nil, err
	}
	state, found, err := data.Azure.ServicePrincipals().Vet(ctx, id, want)
	return k.publisherOf(state.Publisher), found, err
}

func (entraServicePrincipalKind) Discard(ctx context.Context, data *tfkit.Data, id governance.ID) error {
	return data.Azure.ServicePrincipals().Discard(ctx, id)
}

func (k entraServicePrincipalKind) Predict(ctx context.Context, data *tfkit.Data, m, prior *model, disabled bool) error {
	principal, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return err
	}
	had, _, err := k.Foretell(ctx, data, want, prior)
	if err != nil {
		return err
	}
	m.ID = types.StringUnknown()
	principal.unknown()
	if prior != nil && principal.sameApp(had) {
		m.ID = prior.ID
		principal.keep(had)
	}
	switch {
	case m.Status.IsUnknown():
		principal.SignInEnabled = types.BoolUnknown()
	case disabled:
		principal.SignInEnabled = types.BoolValue(false)
	case prior == nil:
		principal.SignInEnabled = types.BoolValue(true)
	default:
		principal.SignInEnabled = had.SignInEnabled
	}
	m.ExpiryEnforcement = types.StringValue(string(governance.ExpiryByApply))
	return k.Set(m, principal)
}

func (k entraServicePrincipalKind) Create(ctx context.Context, data *tfkit.Data, m *model, disabled bool) (governance.ID, error) {
	id, err := k.servicePrincipalDriven.Create(ctx, data, m, disabled)
	if err == nil {
		m.closed = []string{governed.ClosedSignIn}
	}
	return id, err
}

func (k entraServicePrincipalKind) Converge(ctx context.Context, data *tfkit.Data, id governance.ID, m *model, disabled bool) ([]string, error) {
	principal, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	intended, state, err := k.Apply(ctx, data, id, want)
	m.closed = governed.ClosedNow(m.closed, disabled, state.Closed(), state.SignInEnabled, err)
	if err != nil {
		return intended.Attachments, err
	}
	had := principal
	governed.Converged(&m.GovernanceModel, state.Observed)
	m.Category, m.ExpiryEnforcement = types.StringValue(string(governance.CategoryExternal)), types.StringValue(string(governance.ExpiryByApply))
	principal.results(state)
	if !had.ObjectID.IsUnknown() {
		principal.keep(had) // As planned: what has changed meanwhile is the next refresh's to show.
	}
	return intended.Attachments, k.Set(m, principal)
}

func (k entraServicePrincipalKind) Read(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) ([]governed.Warning, error) {
	state, err := data.Azure.ServicePrincipals().Read(ctx, id)
	if err != nil {
		return nil, err
	}
	imported := m.closed == nil
	m.believe(data, &state)
	warnings := aboutServicePrincipal(state)
	if imported && state.HalfMade {
		warnings = append(warnings, governed.Warning{Summary: "Creation was interrupted", Detail: "its sign-in has been closed since it was made, as its notes say. The next apply completes it and opens the sign-in."})
	}
	return warnings, k.observe(ctx, data, m, state)
}

// believe decides whether what the service principal says of its sign-in is this provider's own word. To an import it is while the
// creation is not completed, which nobody's blocking can look like.
func (m *model) believe(data *tfkit.Data, state *azure.ServicePrincipalState) {
	if m.closed == nil && state.HalfMade {
		m.closed = []string{governed.ClosedSignIn}
	}
	if !governed.BelievesClosed(data, m.GovernanceModel, state.Metadata, m.closed) {
		state.Disabled, state.HalfMade, state.Unfinished = false, false, state.SignInEnabled && state.Unfinished
	}
}

// aboutServicePrincipal tells of a sign-in that somebody else has blocked, and of what may not be read.
func aboutServicePrincipal(state azure.ServicePrincipalState) []governed.Warning {
	if state.HalfRetired {
		return []governed.Warning{{Summary: "Deletion was interrupted", Detail: "it is deleted, but can still be restored, although it was to go for good. " +
			"Removing it, with terraform destroy or with its block, finishes that."}}
	}
	warnings := governed.InQuarantine(state.Quarantine)
	if !state.SignInEnabled && !state.Disabled && !state.HalfMade && state.Quarantine == nil {
		warnings = append(warnings, governed.SignInBlocked("its sign-in", state.ID.Name()))
	}
	return append(warnings, unknownOfServicePrincipal(state)...)
}

// unknownOfServicePrincipal names what may not be read.
func unknownOfServicePrincipal(state azure.ServicePrincipalState) []governed.Warning {
	if state.DelegatedUnknown == "" {
		return nil
	}
	return []governed.Warning{{
		Summary: "Delegated permissions are not known",
		Detail:  "what the application may do in the name of users who sign in to it is not known, because the provider's credentials lack the permission " + state.DelegatedUnknown + ".",
	}}
}

// Bulk reads the directory when the first service principal is asked for: not every list has one.
func (k entraServicePrincipalKind) Bulk(_ context.Context, data *tfkit.Data) (governed.BulkReader[*model], error) {
	return func(ctx context.Context, identity *governance.Identity, m *model) ([]governed.Warning, error) {
		bulk, err := data.Azure.ServicePrincipals().Bulk(ctx)
		if err != nil {
			return nil, err
		}
		state, err := bulk.ServicePrincipal(ctx, identity.ID)
		if err != nil {
			return nil, err
		}
		m.believe(data, &state)
		return unknownOfServicePrincipal(state), k.observe(ctx, data, m, state)
	}, nil
}

// observe takes over what the service principal is.
func (k entraServicePrincipalKind) observe(ctx context.Context, data *tfkit.Data, m *model, state azure.ServicePrincipalState) error {
	principal, err := k.Get(m)
	if err != nil {
		return err
	}
	party, err := thirdPartyOf(m)
	if err != nil {
		return err
	}
	if name := m.Name.ValueString(); name != "" {
		state.Name = name // The application has given its service principal another.
	}
	governed.Observed(&m.GovernanceModel, data, state.Observed, state.ManagedBy, false)
	m.Category = types.StringValue(string(governance.CategoryExternal))
	if !strings.EqualFold(principal.AppID.ValueString(), state.AppID) {
		principal.AppID = types.StringValue(state.AppID)
	}
	if principal.AppRoleAssignments, err = governed.ObservedAppRoles(ctx, principal.AppRoleAssignments, state.AppRoles); err != nil {
		return err
	}
	if state.HalfMade {
		state.Notes = "" // They are the creation's, and no configuration has them.
	}
	principal.Notes, principal.PurgeOnDestroy = tfkit.Observed(principal.Notes, state.Notes), types.BoolValue(state.PurgeOnDestroy)
	principal.results(state)
	party.Name = tfkit.Observed(party.Name, state.Metadata.ThirdParty)
	party.Contact = tfkit.Observed(party.Contact, state.Metadata.ThirdPartyContact)
	if err := setThirdParty(m, party); err != nil {
		return err
	}
	return k.Set(m, principal)
}
