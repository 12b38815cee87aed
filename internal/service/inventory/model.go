package inventory

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
)

type listModel struct {
	Identities []identityModel `tfsdk:"identities"`
	Summary    summaryModel    `tfsdk:"summary"`
	Gaps       []string        `tfsdk:"gaps"`
}

type summaryModel struct {
	Total     int64            `tfsdk:"total"`
	ByFinding map[string]int64 `tfsdk:"by_finding"`
}

type identityModel struct {
	ID             string            `tfsdk:"id"`
	Name           string            `tfsdk:"name"`
	Platform       string            `tfsdk:"platform"`
	Kind           string            `tfsdk:"kind"`
	Category       string            `tfsdk:"category"`
	Account        string            `tfsdk:"account"`
	Owner          types.String      `tfsdk:"owner"`
	Purpose        types.String      `tfsdk:"purpose"`
	Expiry         types.String      `tfsdk:"expiry"`
	BusinessOwner  types.String      `tfsdk:"business_owner"`
	TechnicalOwner types.String      `tfsdk:"technical_owner"`
	Environment    types.String      `tfsdk:"environment"`
	Ticket         types.String      `tfsdk:"ticket"`
	Systems        []string          `tfsdk:"systems"`
	Labels         map[string]string `tfsdk:"labels"`
	ManagedBy      types.String      `tfsdk:"managed_by"`
	CreatedAt      types.String      `tfsdk:"created_at"`
	LastUsedAt     types.String      `tfsdk:"last_used_at"`
	LastUsedKnown  bool              `tfsdk:"last_used_known"`
	ImportID       string            `tfsdk:"import_id"`
	Findings       []findingModel    `tfsdk:"findings"`
}

type findingModel struct {
	Code     string `tfsdk:"code"`
	Severity string `tfsdk:"severity"`
	OWASP    string `tfsdk:"owasp"`
	Message  string `tfsdk:"message"`
	Remedy   string `tfsdk:"remedy"`
}

// list turns identities into what a data source returns.
func list(identities []governance.Identity, gaps []string) listModel {
	summary := inventory.Summarise(identities)
	m := listModel{
		Identities: make([]identityModel, len(identities)),
		Summary:    summaryModel{Total: int64(summary.Total), ByFinding: map[string]int64{}},
		Gaps:       append([]string{}, gaps...),
	}
	for i, identity := range identities {
		m.Identities[i] = item(identity)
	}
	for code, count := range summary.ByFinding {
		m.Summary.ByFinding[code] = int64(count)
	}
	return m
}

func item(identity governance.Identity) identityModel {
	metadata := identity.Metadata
	m := identityModel{
		ID: identity.ID.String(), Name: identity.Name, Platform: string(identity.ID.Kind.Platform()), Kind: string(identity.ID.Kind),
		Category: string(identity.Category), Account: identity.ID.Account,
		Owner: text(metadata.Owner), Purpose: text(metadata.Purpose), Expiry: text(metadata.Expiry),
		BusinessOwner: text(metadata.BusinessOwner), TechnicalOwner: text(metadata.TechnicalOwner),
		Environment: text(metadata.Environment), Ticket: text(metadata.Ticket),
		Systems: append([]string{}, metadata.Systems...), Labels: map[string]string{},
		ManagedBy: text(identity.ManagedBy), CreatedAt: instant(identity.CreatedAt), LastUsedAt: instant(identity.LastUsedAt),
		LastUsedKnown: identity.LastUsedKnown, ImportID: identity.ImportID, Findings: make([]findingModel, len(identity.Findings)),
	}
	for key, value := range metadata.Labels {
		m.Labels[key] = value
	}
	for i, finding := range identity.Findings {
		m.Findings[i] = findingModel{Code: finding.Code, Severity: string(finding.Severity), OWASP: finding.OWASP, Message: finding.Message, Remedy: finding.Remedy}
	}
	return m
}

func text(value string) types.String {
	if value == "" {
		return types.StringNull()
	}
	return types.StringValue(value)
}

func instant(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}
