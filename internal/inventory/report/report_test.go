package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/nhi-governance/terraform-provider-governed/internal/inventory/report"
)

var update = flag.Bool("update", false, "write what the reports are now into testdata")

// render writes a report of which nobody has told what it lacks.
func render(t *testing.T, identities []report.Identity, format report.Format) string {
	t.Helper()
	return renderWith(t, identities, nil, format)
}

func renderWith(t *testing.T, identities []report.Identity, gaps []string, format report.Format) string {
	t.Helper()
	text, err := report.Render(report.Inventory{Identities: identities, Gaps: gaps}, format)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestGolden holds every format against a file that a person has looked at.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, format := range report.Formats() {
		file := filepath.Join("testdata", "estate."+string(format))
		got := renderWith(t, estate(), gaps(), format)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s differs; -update takes it over:\n%s", file, diff)
		}
	}
}

// TestOrder writes the same report whatever the order of the identities, and leaves them as they were.
func TestOrder(t *testing.T) {
	t.Parallel()
	for _, format := range report.Formats() {
		identities := estate()
		slices.Reverse(identities)
		if render(t, identities, format) != render(t, estate(), format) {
			t.Errorf("%s depends on the order", format)
		}
		slices.Reverse(identities)
		if diff := cmp.Diff(estate(), identities); diff != "" {
			t.Errorf("%s changes its argument:\n%s", format, diff)
		}
	}
}

// TestNothing is a report of no identities in every format.
func TestNothing(t *testing.T) {
	t.Parallel()
	for format, part := range map[report.Format]string{
		report.HTML: "There are no identities in this list.", report.Markdown: "**0** identities", report.CSV: "id,name,",
		report.JSON: `"identities": []`, report.SARIF: `"results": []`,
	} {
		if text := render(t, nil, format); !strings.Contains(text, part) {
			t.Errorf("%s is %s", format, text)
		}
	}
}

// TestLongTable leaves what a browser would take seconds to lay out to the script, and out of nothing else.
func TestLongTable(t *testing.T) {
	t.Parallel()
	page := render(t, many(203), report.HTML)
	first, _, _ := strings.Cut(page, ` class="later"`)
	if strings.Count(page, "<tr data-rank=") != 203 || strings.Count(page, ` class="later"`) != 3 || strings.Count(first, "<tr data-rank=") != 201 {
		t.Errorf("%d of %d rows wait", strings.Count(page, ` class="later"`), strings.Count(page, "<tr data-rank="))
	}
}

// elements parses a page and calls back for each of its elements.
func elements(t *testing.T, page string, each func(*html.Node)) {
	t.Helper()
	document, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for node := range document.Descendants() {
		if node.Type == html.ElementNode {
			each(node)
		}
	}
}

// TestPageIsAlone loads nothing, and lets its one style and its one script run by their hashes and nothing else.
func TestPageIsAlone(t *testing.T) {
	t.Parallel()
	sources, policy := map[string][]string{}, ""
	elements(t, renderWith(t, estate(), gaps(), report.HTML), func(node *html.Node) {
		switch node.Data {
		case "style", "script":
			sum := sha256.Sum256([]byte(node.FirstChild.Data))
			sources[node.Data] = append(sources[node.Data], "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
		case "img", "link", "iframe", "object", "embed", "base", "use", "image":
			t.Errorf("there is a %s", node.Data)
		}
		for _, attribute := range node.Attr {
			switch {
			case attribute.Key == "content" && strings.HasPrefix(attribute.Val, "default-src"):
				policy = attribute.Val
			case attribute.Key == "style" || attribute.Key == "src" || strings.HasPrefix(attribute.Key, "on"):
				t.Errorf("%s has the attribute %s", node.Data, attribute.Key)
			case attribute.Key == "href" && !strings.HasPrefix(attribute.Val, "#"):
				t.Errorf("%s leads to %s", node.Data, attribute.Val)
			}
		}
	})
	if len(sources["style"]) != 1 || len(sources["script"]) != 1 {
		t.Fatalf("the page has %v", sources)
	}
	want := "default-src 'none'; style-src " + sources["style"][0] + "; script-src " + sources["script"][0] + "; base-uri 'none'; form-action 'none'"
	if policy != want {
		t.Errorf("the policy is %s and not %s", policy, want)
	}
}

// TestLabelled gives every control a label and every table its headers.
func TestLabelled(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	var references []string
	elements(t, renderWith(t, estate(), gaps(), report.HTML), func(node *html.Node) {
		labelled := false
		for _, attribute := range node.Attr {
			switch attribute.Key {
			case "id":
				if ids[attribute.Val] {
					t.Errorf("the id %s is there twice", attribute.Val)
				}
				ids[attribute.Val] = true
			case "aria-labelledby":
				references = append(references, strings.Fields(attribute.Val)...)
			case "href":
				references = append(references, strings.TrimPrefix(attribute.Val, "#"))
			case "scope":
				labelled = true
			}
		}
		switch node.Data {
		case "input", "select":
			if node.Parent.Data != "label" {
				t.Errorf("a %s has no label", node.Data)
			}
		case "th":
			if !labelled {
				t.Error("a header has no scope")
			}
		}
	})
	for _, reference := range references {
		if !ids[reference] {
			t.Errorf("nothing has the id %s", reference)
		}
	}
}

// TestCharts divides at the days that it names, and tells unknown from unused.
func TestCharts(t *testing.T) {
	t.Parallel()
	made := func(created, used report.Text, known bool) report.Identity {
		return report.Identity{CreatedAt: created, LastUsedAt: used, LastUsedKnown: known}
	}
	page := render(t, []report.Identity{
		made("2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z", true), made("2026-10-21T00:00:00Z", "2026-10-20T00:00:00Z", true),
		made("2026-08-22T00:00:00Z", "", true), made("2026-08-21T00:00:00Z", "", false), made("2025-11-20T00:00:00Z", "yesterday", true),
		made("2024-11-20T00:00:00Z", "2024-11-19T00:00:00Z", true), made("", "", false),
	}, report.HTML)
	for _, want := range []string{
		"As of <time>2026-11-20</time>",
		`<desc id="ages-text">up to 30 days: 2, 31 to 90 days: 1, 91 to 180 days: 1, 181 to 365 days: 1, 1 to 2 years: 1, over 2 years: 0, not known: 1</desc>`,
		`<desc id="uses-text">up to 30 days: 1, 31 to 90 days: 1, 91 to 180 days: 0, 181 to 365 days: 0, 1 to 2 years: 0, over 2 years: 1, never seen: 1, not known: 3</desc>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

// TestOwnersAreBounded lists those with the worst findings first and says how many are left.
func TestOwnersAreBounded(t *testing.T) {
	t.Parallel()
	page := render(t, many(400), report.HTML)
	if !strings.Contains(page, "And 27 further owners") {
		t.Error("the page does not say how many owners are left")
	}
}

type sarifLog struct {
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name  string
				Rules []struct {
					ID                   string
					DefaultConfiguration struct{ Level string }
				}
			}
		}
		Invocations []struct {
			ExecutionSuccessful        bool
			ToolExecutionNotifications []struct {
				Level   string
				Message struct{ Text string }
			}
		}
		Results []struct {
			RuleID, Level string
			RuleIndex     int
			Message       struct{ Text string }
			Locations     []struct {
				PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				LogicalLocations []struct{ FullyQualifiedName, Kind string }
			}
			PartialFingerprints map[string]string
		}
	}
}

// TestSARIF has a result for every finding, with its rule, its level and a fingerprint of its own.
func TestSARIF(t *testing.T) {
	t.Parallel()
	var log sarifLog
	if err := json.Unmarshal([]byte(render(t, estate(), report.SARIF)), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("the log is %+v", log)
	}
	run := log.Runs[0]
	levels := map[string]string{"publicly_assumable": "error", "unowned": "error", "no_expiry": "warning", "never_used": "note", "odd": "warning"}
	for _, rule := range run.Tool.Driver.Rules {
		if rule.DefaultConfiguration.Level != levels[rule.ID] {
			t.Errorf("the rule is %+v", rule)
		}
	}
	seen := map[string]bool{}
	for _, result := range run.Results {
		location := result.Locations[0]
		if run.Tool.Driver.Rules[result.RuleIndex].ID != result.RuleID || result.Level != levels[result.RuleID] || result.Message.Text == "" ||
			location.LogicalLocations[0].Kind != "resource" || !strings.HasPrefix(location.PhysicalLocation.ArtifactLocation.URI, "identities/aws/123456789012/") && !strings.HasPrefix(location.PhysicalLocation.ArtifactLocation.URI, "identities/entra/11111111-") {
			t.Errorf("the result is %+v", result)
		}
		seen[result.PartialFingerprints["identityFinding/v1"]] = true
	}
	if len(run.Results) != 8 || len(seen) != 8 {
		t.Errorf("there are %d results and %d fingerprints", len(run.Results), len(seen))
	}
}
