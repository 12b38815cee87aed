package serviceidentity

import (
	"context"
	"fmt"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	_ governed.Forecaster[*model] = azureManagedIdentity
	_ governed.Forecaster[*model] = entraApplication
)

// Foresee finds that the name is taken, and what is not there that it refers to.
func (k azureManagedIdentityKind) Foresee(ctx context.Context, data *tfkit.Data, m *model) ([]governance.Violation, error) {
	identity, want, err := k.Wanted(ctx, m, false)
	if err != nil || m.Name.IsUnknown() || identity.ResourceGroupName.IsUnknown() || identity.SubscriptionID.IsUnknown() {
		return nil, err
	}
	by, found, err := data.Azure.ManagedIdentities().Foresee(ctx, want)
	if err != nil || by == nil || data.PlansRemoval(by.ID.String()) {
		return found, err
	}
	return append(found, occupied([]string{"name"}, "name", *by)...), nil
}

// Foresee finds that the unique name is taken, also by an application that has been deleted.
func (k entraApplicationKind) Foresee(ctx context.Context, data *tfkit.Data, m *model) ([]governance.Violation, error) {
	app, want, err := k.Wanted(ctx, m, false)
	if err != nil || m.Name.IsUnknown() || app.UniqueName.IsUnknown() {
		return nil, err
	}
	by, err := data.Azure.Applications().Occupant(ctx, want.Spec.UniqueName)
	if err != nil || by == nil {
		return nil, err
	}
	at := []string{string(governance.KindEntraApplication), "unique_name"}
	switch {
	case by.Restore != "":
		return []governance.Violation{foreseen(governance.EnforceError, at, by.Object, by.Restore+".")}, nil
	case !data.PlansRemoval(by.ID.String()):
		return occupied(at, "unique_name", *by), nil
	case by.Lingers:
		return []governance.Violation{foreseen(governance.EnforceError, at, by.Object+" is to be replaced, and would keep the name for 30 days once it is deleted, so that no other could be made",
			"Apply purge_on_destroy = true first, without a replacement (terraform untaint, no -replace). Or write another unique_name.")}, nil
	}
	return nil, nil
}

// occupied says what the creation of an identity will meet whose name another has. Terraform does not tell a provider that what is
// there is to be replaced, so one that is governed may be that.
func occupied(at []string, argument string, by azure.Occupant) []governance.Violation {
	wayOut := fmt.Sprintf("hoose another %s, or bring it under governance with an import block:\n\n  import {\n    to = governed_service_identity.example\n    id = %q\n  }", argument, by.ID)
	if by.ManagedBy == "" {
		return []governance.Violation{foreseen(governance.EnforceError, at, by.Object+" exists already", "C"+wayOut)}
	}
	return []governance.Violation{foreseen(governance.EnforceWarn, at, fmt.Sprintf("%s exists already, and is marked as governed by %s", by.Object, by.ManagedBy),
		"If this plan replaces or removes it, it goes first. Otherwise the apply will be refused: find the resource that governs it, and use that, or c"+wayOut)}
}

func foreseen(enforcement governance.Enforcement, at []string, message, remedy string) governance.Violation {
	return governance.Violation{Rule: governance.RuleExisting, Enforcement: enforcement, Attribute: at, Message: message, Remedy: remedy}
}
