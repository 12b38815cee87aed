package functions

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/inventory/report"
)

// decode reads what data sources return as identities. The error says which part of the argument is of the wrong sort.
func decode(value tftypes.Value) ([]report.Identity, error) {
	r := reader{}
	identities := each(&r, value, "identities", func(o object) report.Identity {
		return report.Identity{
			ID: o.text("id"), Name: o.text("name"), Platform: o.text("platform"), Kind: o.text("kind"), Category: o.text("category"), Account: o.text("account"),
			Owner: o.text("owner"), Purpose: o.text("purpose"), Expiry: o.text("expiry"), Environment: o.text("environment"), Ticket: o.text("ticket"),
			Systems: o.texts("systems"), Labels: o.labels("labels"), ManagedBy: o.text("managed_by"),
			Trust: each(o.reader, o.values["trust"], o.at("trust"), trustee), Credentials: each(o.reader, o.values["credentials"], o.at("credentials"), credential),
			Classes: o.texts("classes"), Privileges: o.texts("privileges"), CreatedAt: o.text("created_at"), LastUsedAt: o.text("last_used_at"), LastUsedKnown: o.flag("last_used_known"),
			LastUsedService: o.text("last_used_service"), LastUsedRegion: o.text("last_used_region"),
			UnusedAccess: each(o.reader, o.values["unused_access"], o.at("unused_access"), unused),
			Findings:     each(o.reader, o.values["findings"], o.at("findings"), finding), RiskScore: o.whole("risk_score"), ImportID: o.text("import_id"),
		}
	})
	return identities, r.err
}

func trustee(o object) report.Trustee {
	return report.Trustee{
		Kind: o.text("kind"), Name: o.text("name"), Account: o.text("account"), External: o.flag("external"), ExternalID: o.flag("external_id"),
		Organization: o.text("organization"), Subjects: o.texts("subjects"), Audiences: o.texts("audiences"), Conditioned: o.flag("conditioned"),
	}
}

func credential(o object) report.Credential {
	return report.Credential{
		Kind: o.text("kind"), ID: o.text("id"), Active: o.flag("active"), CreatedAt: o.text("created_at"), ExpiresAt: o.text("expires_at"), LastUsedAt: o.text("last_used_at"),
		LastUsedKnown: o.flag("last_used_known"), LastUsedService: o.text("last_used_service"), LastUsedRegion: o.text("last_used_region"), Store: o.text("store"),
	}
}

func unused(o object) report.UnusedAccess {
	return report.UnusedAccess{Kind: o.text("kind"), Watcher: o.text("watcher"), Days: o.whole("days"), AnalyzedAt: o.text("analyzed_at")}
}

func finding(o object) report.Finding {
	return report.Finding{Code: o.text("code"), Severity: o.text("severity"), OWASP: o.text("owasp"), Message: o.text("message"), Remedy: o.text("remedy")}
}

// reader keeps the first thing that is wrong with the argument.
type reader struct{ err error }

// read fills target from a value that is there. What is of another sort is wrong, and left as it was.
func (r *reader) read(value tftypes.Value, path, sort string, target any) {
	if value.Type() == nil || value.IsNull() {
		return
	}
	if err := value.As(target); err != nil {
		r.wrong(value, path, sort)
	}
}

func (r *reader) wrong(value tftypes.Value, path, sort string) {
	if r.err != nil {
		return
	}
	is := "null"
	if !value.IsNull() {
		is = kind(value.Type())
	}
	r.err = fmt.Errorf("%s is %s and not %s", path, is, sort)
}

// kind names a type as Terraform's users do.
func kind(of tftypes.Type) string {
	switch {
	case of.Is(tftypes.String):
		return "a string"
	case of.Is(tftypes.Number):
		return "a number"
	case of.Is(tftypes.Bool):
		return "a bool"
	case of.Is(tftypes.Map{}):
		return "a map"
	case of.Is(tftypes.Object{}):
		return "an object"
	default:
		return "a list"
	}
}

// An object is one element of a list, and where it is in the argument.
type object struct {
	reader *reader
	values map[string]tftypes.Value
	path   string
}

// each reads the objects of a list, a tuple or a set; none where there is no list.
func each[T any](r *reader, value tftypes.Value, path string, read func(object) T) []T {
	var elements []tftypes.Value
	r.read(value, path, "a list of objects", &elements)
	all := make([]T, 0, len(elements))
	for i, element := range elements {
		o := object{reader: r, path: fmt.Sprintf("%s[%d]", path, i)}
		if element.IsNull() || !element.Type().Is(tftypes.Object{}) {
			r.wrong(element, o.path, "an object")
			continue
		}
		r.read(element, o.path, "an object", &o.values)
		all = append(all, read(o))
	}
	return all
}

func (o object) at(name string) string { return o.path + "." + name }

func (o object) text(name string) report.Text {
	var text string
	o.reader.read(o.values[name], o.at(name), "a string", &text)
	return report.Text(text)
}

func (o object) flag(name string) bool {
	var flag bool
	o.reader.read(o.values[name], o.at(name), "a bool", &flag)
	return flag
}

func (o object) texts(name string) []string {
	var elements []tftypes.Value
	o.reader.read(o.values[name], o.at(name), "a list of strings", &elements)
	texts := make([]string, len(elements))
	for i, element := range elements {
		o.reader.read(element, fmt.Sprintf("%s[%d]", o.at(name), i), "a string", &texts[i])
	}
	return texts
}

func (o object) labels(name string) map[string]string {
	var elements map[string]tftypes.Value
	o.reader.read(o.values[name], o.at(name), "a map of strings", &elements)
	labels := make(map[string]string, len(elements))
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		var text string
		o.reader.read(elements[key], fmt.Sprintf("%s[%q]", o.at(name), key), "a string", &text)
		labels[key] = text
	}
	return labels
}

// whole is nil where there is no number.
func (o object) whole(name string) *int64 {
	var number *big.Float
	value := o.values[name]
	o.reader.read(value, o.at(name), "a number", &number)
	if number == nil {
		return nil
	}
	whole, accuracy := number.Int64()
	if accuracy != big.Exact {
		o.reader.wrong(value, o.at(name), "a whole number")
	}
	return &whole
}
