package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/inventory/report"
)

// TestCompleteness tells what was read in part, what was read whole, and what nobody has told, also where there is nothing.
func TestCompleteness(t *testing.T) {
	t.Parallel()
	const page, notice = `<p class="complete">Everything was read.</p>`, `<h2 id="gaps">Not everything could be read</h2>`
	said := map[report.Format][]string{
		report.HTML:     {notice, page},
		report.Markdown: {"# Non-human identities\n\n## Not everything could be read\n\n", "# Non-human identities\n\nEverything was read.\n\n"},
		report.JSON:     {`"complete": false`, `"complete": true`, `"complete": null`, `"gaps": []`, `"gaps": null`, "\"gaps\": [\n    \"b\",\n    \"a\"\n  ]"},
		report.SARIF:    {`"executionSuccessful": true`, `"toolExecutionNotifications": []`, `"level": "warning"`},
	}
	for name, of := range map[string]struct {
		gaps []string
		has  map[report.Format][]string
	}{
		"not told": {nil, map[report.Format][]string{report.JSON: {`"complete": null`, `"gaps": null`}}},
		"all":      {[]string{}, map[report.Format][]string{report.HTML: {page}, report.Markdown: said[report.Markdown][1:], report.JSON: {`"complete": true`, `"gaps": []`}, report.SARIF: said[report.SARIF][:2]}},
		"part": {[]string{"b", "a", "b"}, map[report.Format][]string{
			report.HTML: {notice, "<li>b</li>\n<li>a</li>\n</ul>"}, report.Markdown: {said[report.Markdown][0], "\n\n- b\n- a\n\n## What was read\n\n**"},
			report.JSON: {`"complete": false`, said[report.JSON][5]}, report.SARIF: {`"executionSuccessful": true`, `"level": "warning"`},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for format, all := range said {
				text := renderWith(t, nil, of.gaps, format)
				for _, one := range all {
					if slices.Contains(of.has[format], one) != strings.Contains(text, one) {
						t.Errorf("whether it says %s, %s is\n%s", one, format, text)
					}
				}
				for _, one := range of.has[format] {
					if !strings.Contains(text, one) {
						t.Errorf("%s does not say %s:\n%s", format, one, text)
					}
				}
			}
			if render(t, estate(), report.CSV) != renderWith(t, estate(), of.gaps, report.CSV) {
				t.Error("CSV has other rows than identities")
			}
		})
	}
}

// TestManyGaps keeps ten above everything else and folds the rest, and loses none.
func TestManyGaps(t *testing.T) {
	t.Parallel()
	all := make([]string, 13)
	for i := range all {
		all[i] = fmt.Sprintf("account %d cannot be read", i)
	}
	open, folded, _ := strings.Cut(renderWith(t, nil, all, report.HTML), "<summary>And 3 more</summary>")
	if strings.Count(open, "cannot be read</li>") != 10 || strings.Count(folded, "cannot be read</li>") != 3 {
		t.Errorf("the page is %s", open+folded)
	}
}
