package acctest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Diagnostics are what the provider answers besides its results.
type Diagnostics []*tfprotov6.Diagnostic

// Want fails the test unless there is exactly one diagnostic for each text. A text starts with the severity and the
// attribute, such as "error owner: ", goes on with the beginning of the summary, and names, each after "…", what
// follows somewhere behind.
func (d Diagnostics) Want(t testing.TB, texts ...string) {
	t.Helper()
	left := d.lines()
	for _, text := range texts {
		i := slices.IndexFunc(left, func(line string) bool { return says(line, text) })
		if i < 0 {
			t.Errorf("no diagnostic says\n  %s\namong\n  %s", text, strings.Join(d.lines(), "\n  "))
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) > 0 {
		t.Errorf("nobody expected\n  %s", strings.Join(left, "\n  "))
	}
}

// Failed tells whether there is an error among them.
func (d Diagnostics) Failed() bool {
	return slices.ContainsFunc(d, func(one *tfprotov6.Diagnostic) bool { return one.Severity == tfprotov6.DiagnosticSeverityError })
}

// String is one diagnostic after the other.
func (d Diagnostics) String() string { return strings.Join(d.lines(), "\n") }

func (d Diagnostics) lines() []string {
	lines := make([]string, len(d))
	for i, one := range d {
		lines[i] = fmt.Sprintf("%s %s: %s\n%s", strings.ToLower(one.Severity.String()), attribute(one.Attribute), one.Summary, one.Detail)
	}
	return lines
}

// attribute writes a path as HCL does.
func attribute(path *tftypes.AttributePath) string {
	var text strings.Builder
	for _, step := range path.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			text.WriteString("." + string(step))
		case tftypes.ElementKeyString:
			fmt.Fprintf(&text, "[%q]", string(step))
		default:
			fmt.Fprintf(&text, "[%v]", step)
		}
	}
	return strings.TrimPrefix(text.String(), ".")
}

func says(line, text string) bool {
	parts := strings.Split(text, "…")
	rest, ok := strings.CutPrefix(line, strings.TrimSpace(parts[0]))
	for _, part := range parts[1:] {
		if ok {
			_, rest, ok = strings.Cut(rest, strings.TrimSpace(part))
		}
	}
	return ok
}

// Says matches the errors of the Terraform CLI, whose lines are wrapped anywhere: the texts in order, with "…" between
// what need not follow at once.
func Says(text string) *regexp.Regexp {
	var pattern strings.Builder
	pattern.WriteString("(?s)")
	for i, part := range strings.Split(text, "…") {
		if i > 0 {
			pattern.WriteString(".*")
		}
		for j, word := range strings.Fields(part) {
			if j > 0 {
				pattern.WriteString(`\s+`)
			}
			pattern.WriteString(regexp.QuoteMeta(word))
		}
	}
	return regexp.MustCompile(pattern.String())
}
