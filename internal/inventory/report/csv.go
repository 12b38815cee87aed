package report

import (
	"encoding/csv"
	"regexp"
	"strconv"
	"strings"
)

var columns = []struct {
	name  string
	value func(Identity) string
}{
	{"id", func(i Identity) string { return string(i.ID) }},
	{"name", func(i Identity) string { return string(i.Name) }},
	{"platform", func(i Identity) string { return string(i.Platform) }},
	{"kind", func(i Identity) string { return string(i.Kind) }},
	{"category", func(i Identity) string { return string(i.Category) }},
	{"account", func(i Identity) string { return string(i.Account) }},
	{"owner", func(i Identity) string { return string(i.Owner) }},
	{"purpose", func(i Identity) string { return string(i.Purpose) }},
	{"expiry", func(i Identity) string { return string(i.Expiry) }},
	{"environment", func(i Identity) string { return string(i.Environment) }},
	{"ticket", func(i Identity) string { return string(i.Ticket) }},
	{"systems", func(i Identity) string { return strings.Join(i.Systems, "; ") }},
	{"labels", func(i Identity) string { return strings.Join(i.labels(), "; ") }},
	{"managed_by", func(i Identity) string { return string(i.ManagedBy) }},
	{"trust", func(i Identity) string { return strings.Join(texts(i.Trust, Trustee.String), "; ") }},
	{"credentials", func(i Identity) string { return strings.Join(texts(i.Credentials, Credential.String), "; ") }},
	{"credential_expires_at", func(i Identity) string { return string(i.credentialEnd()) }},
	{"classes", func(i Identity) string { return strings.Join(i.Classes, "; ") }},
	{"privileges", func(i Identity) string { return strings.Join(i.Privileges, "; ") }},
	{"created_at", func(i Identity) string { return string(i.CreatedAt) }},
	{"last_used_at", func(i Identity) string { return string(i.LastUsedAt) }},
	{"last_used_known", func(i Identity) string { return strconv.FormatBool(i.LastUsedKnown) }},
	{"last_used_service", func(i Identity) string { return string(i.LastUsedService) }},
	{"last_used_region", func(i Identity) string { return string(i.LastUsedRegion) }},
	{"risk_score", func(i Identity) string {
		if i.RiskScore == nil {
			return ""
		}
		return strconv.FormatInt(*i.RiskScore, 10)
	}},
	{"worst_severity", func(i Identity) string {
		if len(i.Findings) == 0 {
			return ""
		}
		return severities[i.worst()]
	}},
	{"findings", func(i Identity) string {
		return strings.Join(texts(i.Findings, func(f Finding) string { return string(f.Code) }), "; ")
	}},
	{"remedies", func(i Identity) string {
		return strings.Join(texts(i.Findings, func(f Finding) string { return string(f.Remedy) }), "; ")
	}},
	{"import_id", func(i Identity) string { return string(i.ImportID) }},
}

// renderCSV writes a row for every identity. Lists are separated by semicolons. It has no place for gaps: every row but the
// first is an identity to whatever reads it.
func renderCSV(identities []Identity) (string, error) {
	var b strings.Builder
	writer := csv.NewWriter(&b)
	row := make([]string, len(columns))
	for i, column := range columns {
		row[i] = column.name
	}
	err := writer.Write(row)
	for _, identity := range identities {
		for i, column := range columns {
			row[i] = cell(column.value(identity))
		}
		if err == nil {
			err = writer.Write(row)
		}
	}
	writer.Flush()
	return b.String(), err
}

// formula finds where a spreadsheet would begin a formula: at the beginning of a cell, and behind a semicolon, because one
// that is set to a language with decimal commas takes it for the end of the cell. The wide forms count as well.
var formula = regexp.MustCompile(`(^|;)([\s"]*)([=+\-@＝＋－＠])`)

// cell is a text that no spreadsheet computes: what would begin a formula is led by an apostrophe. Tabs and line ends,
// which can do the same, are made visible.
func cell(text string) string {
	text = visible(text)
	if strings.ContainsAny(text, "=+-@＝＋－＠") {
		text = formula.ReplaceAllString(text, "${1}${2}'${3}")
	}
	return text
}
