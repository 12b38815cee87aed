package inventory

import (
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
)

// itemValues are the attributes of an identity, as itemAttributes describes them.
var itemValues = []attribute[governance.Identity]{
	textAttribute("id", func(i *governance.Identity) string { return i.ID.String() }),
	textAttribute("name", func(i *governance.Identity) string { return i.Name }),
	textAttribute("platform", func(i *governance.Identity) string { return string(i.ID.Kind.Platform()) }),
	textAttribute("kind", func(i *governance.Identity) string { return string(i.ID.Kind) }),
	textAttribute("category", func(i *governance.Identity) string { return string(i.Category) }),
	textAttribute("account", func(i *governance.Identity) string { return i.ID.Home() }),
	textAttribute("owner", func(i *governance.Identity) string { return i.Metadata.Owner }),
	textAttribute("purpose", func(i *governance.Identity) string { return i.Metadata.Purpose }),
	textAttribute("expiry", func(i *governance.Identity) string { return i.Metadata.Expiry }),
	textAttribute("business_owner", func(i *governance.Identity) string { return i.Metadata.BusinessOwner }),
	textAttribute("technical_owner", func(i *governance.Identity) string { return i.Metadata.TechnicalOwner }),
	textAttribute("environment", func(i *governance.Identity) string { return i.Metadata.Environment }),
	textAttribute("ticket", func(i *governance.Identity) string { return i.Metadata.Ticket }),
	textsAttribute("systems", func(i *governance.Identity) []string { return i.Metadata.Systems }),
	mapAttribute("labels", func(i *governance.Identity) map[string]string { return i.Metadata.Labels }),
	textAttribute("managed_by", func(i *governance.Identity) string { return i.ManagedBy }),
	objectsAttribute("trust", trustValues, func(i *governance.Identity) []governance.Trustee { return i.Trust }),
	objectsAttribute("credentials", credentialValues, func(i *governance.Identity) []governance.CredentialSummary { return i.Credentials }),
	textsAttribute("classes", func(i *governance.Identity) []string {
		return textsOf(i.Privileges, func(p governance.Privilege) string { return string(p.Class) })
	}),
	textsAttribute("privileges", func(i *governance.Identity) []string {
		return textsOf(i.Privileges, func(p governance.Privilege) string {
			if p.Reason == "" {
				return ""
			}
			return p.String()
		})
	}),
	timeAttribute("created_at", func(i *governance.Identity) time.Time { return i.CreatedAt }),
	timeAttribute("last_used_at", func(i *governance.Identity) time.Time { return i.LastUsedAt }),
	flagAttribute("last_used_known", func(i *governance.Identity) bool { return i.LastUsedKnown }),
	textAttribute("last_used_service", func(i *governance.Identity) string { return i.LastUsedService }),
	textAttribute("last_used_region", func(i *governance.Identity) string { return i.LastUsedRegion }),
	objectsAttribute("unused_access", unusedValues, func(i *governance.Identity) []governance.UnusedAccess { return i.UnusedAccess }),
	flagAttribute("break_glass", func(i *governance.Identity) bool { return i.BreakGlass }),
	objectsAttribute("findings", findingValues, func(i *governance.Identity) []governance.Finding { return i.Findings }),
	numberAttribute("risk_score", func(i *governance.Identity) int { return i.RiskScore }),
	textAttribute("import_id", func(i *governance.Identity) string { return i.ImportID }),
}

// textsOf are the texts of privileges, but for the empty ones.
func textsOf(privileges []governance.Privilege, text func(governance.Privilege) string) []string {
	var texts []string
	for _, privilege := range privileges {
		if one := text(privilege); one != "" {
			texts = append(texts, one)
		}
	}
	return texts
}

var trustValues = []attribute[governance.Trustee]{
	textAttribute("kind", func(t *governance.Trustee) string { return string(t.Kind) }),
	textAttribute("name", func(t *governance.Trustee) string { return t.Name }),
	textAttribute("account", func(t *governance.Trustee) string { return t.Account }),
	flagAttribute("external", func(t *governance.Trustee) bool { return t.External }),
	flagAttribute("external_id", func(t *governance.Trustee) bool { return t.ExternalID }),
	textAttribute("organization", func(t *governance.Trustee) string { return t.Organization }),
	textsAttribute("subjects", func(t *governance.Trustee) []string { return t.Subjects }),
	textsAttribute("audiences", func(t *governance.Trustee) []string { return t.Audiences }),
	flagAttribute("conditioned", func(t *governance.Trustee) bool { return t.Conditioned }),
}

var credentialValues = []attribute[governance.CredentialSummary]{
	textAttribute("kind", func(c *governance.CredentialSummary) string { return string(c.Kind) }),
	textAttribute("id", func(c *governance.CredentialSummary) string { return c.ID }),
	flagAttribute("active", func(c *governance.CredentialSummary) bool { return c.Active }),
	timeAttribute("created_at", func(c *governance.CredentialSummary) time.Time { return c.CreatedAt }),
	timeAttribute("expires_at", func(c *governance.CredentialSummary) time.Time { return c.EndsAt }),
	timeAttribute("last_used_at", func(c *governance.CredentialSummary) time.Time { return c.LastUsedAt }),
	flagAttribute("last_used_known", func(c *governance.CredentialSummary) bool { return c.LastUsedKnown }),
	textAttribute("last_used_service", func(c *governance.CredentialSummary) string { return c.LastUsedService }),
	textAttribute("last_used_region", func(c *governance.CredentialSummary) string { return c.LastUsedRegion }),
	textAttribute("store", func(c *governance.CredentialSummary) string { return c.Store }),
}

var unusedValues = []attribute[governance.UnusedAccess]{
	textAttribute("kind", func(u *governance.UnusedAccess) string { return string(u.Kind) }),
	textAttribute("watcher", func(u *governance.UnusedAccess) string { return u.Watcher }),
	numberAttribute("days", func(u *governance.UnusedAccess) int { return u.Days }),
	timeAttribute("analyzed_at", func(u *governance.UnusedAccess) time.Time { return u.AnalyzedAt }),
}

var findingValues = []attribute[governance.Finding]{
	textAttribute("code", func(f *governance.Finding) string { return f.Code }),
	textAttribute("severity", func(f *governance.Finding) string { return string(f.Severity) }),
	textAttribute("owasp", func(f *governance.Finding) string { return f.OWASP }),
	textAttribute("message", func(f *governance.Finding) string { return f.Message }),
	textAttribute("remedy", func(f *governance.Finding) string { return f.Remedy }),
}

// itemSize is about what an identity takes, in bytes.
const itemSize = 1200

// itemOf are the values of an identity for a result of these attributes, which can have more than an item.
func itemOf(result tftypes.Object, identity *governance.Identity) (map[string]tftypes.Value, error) {
	item := tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}
	for _, one := range itemValues {
		item.AttributeTypes[one.name] = result.AttributeTypes[one.name]
	}
	e := newEncoder(itemSize)
	object(e, itemValues, identity)
	encoded, err := e.done()
	if err != nil {
		return nil, err
	}
	value, err := tfprotov6.DynamicValue{MsgPack: encoded}.Unmarshal(item)
	if err != nil {
		return nil, err
	}
	values := map[string]tftypes.Value{}
	return values, value.As(&values)
}

// summaryValues are the values of a summary.
func summaryValues(s inventory.Summary) map[string]tftypes.Value {
	return map[string]tftypes.Value{
		"total":       tftypes.NewValue(tftypes.Number, int64(s.Total)),
		"by_finding":  countsValue(s.ByFinding),
		"by_owner":    countsValue(s.ByOwner),
		"by_platform": countsValue(s.ByPlatform),
		"by_category": countsValue(s.ByCategory),
		"by_severity": countsValue(s.BySeverity),
	}
}

func countsValue(counts map[string]int) tftypes.Value {
	values := make(map[string]tftypes.Value, len(counts))
	for key, value := range counts {
		values[key] = tftypes.NewValue(tftypes.Number, int64(value))
	}
	return tftypes.NewValue(tftypes.Map{ElementType: tftypes.Number}, values)
}

// completenessValues say how far a result can be relied upon.
func completenessValues(gaps []string) map[string]tftypes.Value {
	values := make([]tftypes.Value, len(gaps))
	for i, gap := range gaps {
		values[i] = tftypes.NewValue(tftypes.String, gap)
	}
	return map[string]tftypes.Value{
		"gaps":     tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, values),
		"complete": tftypes.NewValue(tftypes.Bool, len(gaps) == 0),
	}
}
