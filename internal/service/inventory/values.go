package inventory

import (
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
)

// encoder writes identities as Terraform values. It goes past the framework's reflection, which takes many times as long
// for the thousands of identities of a large estate.
type encoder struct{ item, trust, credential, unused, finding tftypes.Object }

// newEncoder takes the type of an item.
func newEncoder(item tftypes.Object) encoder {
	return encoder{
		item: item, trust: element(item, "trust"), credential: element(item, "credentials"), unused: element(item, "unused_access"), finding: element(item, "findings"),
	}
}

// element is the type of the objects in a list of an object.
func element(in tftypes.Object, name string) tftypes.Object {
	list, _ := in.AttributeTypes[name].(tftypes.List)
	object, _ := list.ElementType.(tftypes.Object)
	return object
}

// attributes are the values of an item.
func (e encoder) attributes(identity *governance.Identity) map[string]tftypes.Value {
	metadata := &identity.Metadata
	return map[string]tftypes.Value{
		"id":                textValue(identity.ID.String()),
		"name":              textValue(identity.Name),
		"platform":          textValue(string(identity.ID.Kind.Platform())),
		"kind":              textValue(string(identity.ID.Kind)),
		"category":          textValue(string(identity.Category)),
		"account":           textValue(identity.ID.Account),
		"owner":             textValue(metadata.Owner),
		"purpose":           textValue(metadata.Purpose),
		"expiry":            textValue(metadata.Expiry),
		"business_owner":    textValue(metadata.BusinessOwner),
		"technical_owner":   textValue(metadata.TechnicalOwner),
		"environment":       textValue(metadata.Environment),
		"ticket":            textValue(metadata.Ticket),
		"systems":           textsValue(metadata.Systems),
		"labels":            mapValue(tftypes.String, metadata.Labels),
		"managed_by":        textValue(identity.ManagedBy),
		"trust":             listValue(e.trust, identity.Trust, trustValues),
		"credentials":       listValue(e.credential, identity.Credentials, credentialValues),
		"privileges":        textsValue(identity.Privileges),
		"created_at":        timeValue(identity.CreatedAt),
		"last_used_at":      timeValue(identity.LastUsedAt),
		"last_used_known":   flagValue(identity.LastUsedKnown),
		"last_used_service": textValue(identity.LastUsedService),
		"last_used_region":  textValue(identity.LastUsedRegion),
		"unused_access":     listValue(e.unused, identity.UnusedAccess, unusedValues),
		"findings":          listValue(e.finding, identity.Findings, findingValues),
		"risk_score":        tftypes.NewValue(tftypes.Number, int64(identity.RiskScore)),
		"import_id":         textValue(identity.ImportID),
	}
}

func trustValues(t *governance.Trustee) map[string]tftypes.Value {
	return map[string]tftypes.Value{
		"kind": textValue(string(t.Kind)), "name": textValue(t.Name), "account": textValue(t.Account),
		"external": flagValue(t.External), "external_id": flagValue(t.ExternalID), "organization": textValue(t.Organization),
		"subjects": textsValue(t.Subjects), "audiences": textsValue(t.Audiences), "conditioned": flagValue(t.Conditioned),
	}
}

func credentialValues(c *governance.CredentialSummary) map[string]tftypes.Value {
	return map[string]tftypes.Value{
		"kind": textValue(string(c.Kind)), "id": textValue(c.ID), "active": flagValue(c.Active), "created_at": timeValue(c.CreatedAt),
		"last_used_at": timeValue(c.LastUsedAt), "last_used_known": flagValue(c.LastUsedKnown),
		"last_used_service": textValue(c.LastUsedService), "last_used_region": textValue(c.LastUsedRegion), "store": textValue(c.Store),
	}
}

func unusedValues(u *governance.UnusedAccess) map[string]tftypes.Value {
	return map[string]tftypes.Value{
		"kind": textValue(string(u.Kind)), "watcher": textValue(u.Watcher), "days": tftypes.NewValue(tftypes.Number, int64(u.Days)), "analyzed_at": timeValue(u.AnalyzedAt),
	}
}

func findingValues(f *governance.Finding) map[string]tftypes.Value {
	return map[string]tftypes.Value{
		"code": textValue(f.Code), "severity": textValue(string(f.Severity)), "owasp": textValue(f.OWASP),
		"message": textValue(f.Message), "remedy": textValue(f.Remedy),
	}
}

// summaryValues are the values of a summary.
func summaryValues(s inventory.Summary) map[string]tftypes.Value {
	return map[string]tftypes.Value{
		"total":       tftypes.NewValue(tftypes.Number, int64(s.Total)),
		"by_finding":  mapValue(tftypes.Number, s.ByFinding),
		"by_owner":    mapValue(tftypes.Number, s.ByOwner),
		"by_platform": mapValue(tftypes.Number, s.ByPlatform),
		"by_category": mapValue(tftypes.Number, s.ByCategory),
		"by_severity": mapValue(tftypes.Number, s.BySeverity),
	}
}

// completenessValues say how far a result can be relied upon.
func completenessValues(gaps []string) map[string]tftypes.Value {
	return map[string]tftypes.Value{"gaps": textsValue(gaps), "complete": flagValue(len(gaps) == 0)}
}

var textList = tftypes.List{ElementType: tftypes.String}

// textValue is null for an empty text.
func textValue(text string) tftypes.Value {
	if text == "" {
		return tftypes.NewValue(tftypes.String, nil)
	}
	return tftypes.NewValue(tftypes.String, text)
}

func flagValue(flag bool) tftypes.Value { return tftypes.NewValue(tftypes.Bool, flag) }

// timeValue is null for the zero time.
func timeValue(t time.Time) tftypes.Value {
	if t.IsZero() {
		return tftypes.NewValue(tftypes.String, nil)
	}
	return tftypes.NewValue(tftypes.String, t.UTC().Format(time.RFC3339))
}

func textsValue(texts []string) tftypes.Value {
	values := make([]tftypes.Value, len(texts))
	for i, text := range texts {
		values[i] = tftypes.NewValue(tftypes.String, text)
	}
	return tftypes.NewValue(textList, values)
}

func mapValue[T any](of tftypes.Type, from map[string]T) tftypes.Value {
	values := make(map[string]tftypes.Value, len(from))
	for key, value := range from {
		values[key] = tftypes.NewValue(of, value)
	}
	return tftypes.NewValue(tftypes.Map{ElementType: of}, values)
}

func listValue[T any](object tftypes.Object, from []T, attributes func(*T) map[string]tftypes.Value) tftypes.Value {
	values := make([]tftypes.Value, len(from))
	for i := range from {
		values[i] = tftypes.NewValue(object, attributes(&from[i]))
	}
	return tftypes.NewValue(tftypes.List{ElementType: object}, values)
}
