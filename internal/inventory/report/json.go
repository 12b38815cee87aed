package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// renderJSON writes all that is known, and the counts. What is not known is null, and so is whether that was all.
func renderJSON(identities []Identity, gaps []string) (string, error) {
	t := total(identities)
	type summary struct {
		Total        int            `json:"total"`
		WithFindings int            `json:"with_findings"`
		Findings     int            `json:"findings"`
		ByFinding    map[string]int `json:"by_finding"`
		BySeverity   map[string]int `json:"by_severity"`
	}
	document := struct {
		Complete   *bool      `json:"complete"`
		Gaps       []string   `json:"gaps"`
		Summary    summary    `json:"summary"`
		Identities []Identity `json:"identities"`
	}{
		Gaps:       gaps,
		Summary:    summary{t.Identities, t.WithFindings, t.Findings, map[string]int{}, map[string]int{}},
		Identities: append([]Identity{}, identities...),
	}
	if gaps != nil {
		complete := len(gaps) == 0
		document.Complete = &complete
	}
	for _, code := range t.Codes {
		document.Summary.ByFinding[string(code.Code)] = code.Identities
	}
	for i, count := range t.BySeverity {
		if count > 0 {
			document.Summary.BySeverity[severities[i]] = count
		}
	}
	for i := range document.Identities {
		document.Identities[i].fillLists()
	}
	return encode(document)
}

// fillLists makes lists that are absent empty.
func (i *Identity) fillLists() {
	i.Systems, i.Classes, i.Privileges = append([]string{}, i.Systems...), append([]string{}, i.Classes...), append([]string{}, i.Privileges...)
	i.Credentials, i.Findings = append([]Credential{}, i.Credentials...), append([]Finding{}, i.Findings...)
	i.Trust = append([]Trustee{}, i.Trust...)
	for at := range i.Trust {
		trustee := &i.Trust[at]
		trustee.Subjects, trustee.Audiences = append([]string{}, trustee.Subjects...), append([]string{}, trustee.Audiences...)
	}
	if i.Labels == nil {
		i.Labels = map[string]string{}
	}
}

// encode writes JSON in which hidden characters, and what HTML could take for markup, are escaped.
func encode(document any) (string, error) {
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(text, func(c byte) bool { return c > '~' }) {
		return string(text) + "\n", nil
	}
	beyond := func(r rune) bool { return r > '~' && hidden(r) }
	var b strings.Builder
	for _, r := range string(text) {
		switch {
		case !beyond(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			first, second := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, first, second)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('\n')
	return b.String(), nil
}
