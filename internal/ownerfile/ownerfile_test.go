package ownerfile

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var september = time.Date(2026, 9, 30, 0, 0, 0, 0, time.UTC)

// people are what every format that knows more than names can say.
var people = []governance.Owner{
	{Name: "payments"},
	{Name: "Data Platform", Aliases: []string{"data", "data-eng", "data@acme.example"}},
	{Name: "alice", Aliases: []string{"alice@acme.example"}, Left: september},
	{Name: "legacy", Inactive: true},
	{Name: "search"},
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		file, text string
		want       []governance.Owner
	}{
		"YAML": {"owners.yaml", `# who answers for what
- payments
- name: Data Platform
  aliases: [data, 'data-eng']
  email: data@acme.example
- {name: alice, email: alice@acme.example, left: 2026-09-30}
- name: "legacy"
  active: false
- name: search
  active: true
  aliases:
  email: null
  left: ~
`, people},
		"YAML with Windows lines": {"OWNERS.YML", "\ufeff---\r\n- payments\r\n- name: alice\r\n  left: \"2026-09-30\"\r\n", []governance.Owner{{Name: "payments"}, {Name: "alice", Left: september}}},
		"JSON": {"owners.json", `[
	"payments", {"name": "Data Platform", "aliases": ["data", "data-eng"], "email": "data@acme.example"},
	{"name": "al\u0069ce", "email": "alice@acme.example", "left": "2026-09-30"},
	{"name": "legacy", "active": false}, {"name": "search", "active": true, "aliases": null, "left": null}
]`, people},
		"CSV":             {"owners.csv", "\ufeffName,Aliases,email,ACTIVE,left\r\npayments,,,,\r\nData Platform,data; data-eng,data@acme.example,TRUE,\r\n alice ,,alice@acme.example,,2026-09-30\r\nlegacy,,,false,\r\nsearch,,,1,\r\n", people},
		"CSV with quotes": {"o.csv", "name\n\"Payments, EMEA\"\n", []governance.Owner{{Name: "Payments, EMEA"}}},
		"lines":           {"owners.txt", "# teams\n\n payments \r\nData Platform\n", []governance.Owner{{Name: "payments"}, {Name: "Data Platform"}}},
		"CODEOWNERS": {"CODEOWNERS", `# comment
*                 @acme/payments @alice # @nobody
/docs/my\ files/  docs@acme.example @acme/payments
/nobody/
^[Database][2] @acme/platform/dba @@maintainer
[Web shop]
*.ts  @web	@acme/web
`, []governance.Owner{
			{Name: "@acme/payments", Aliases: []string{"acme/payments", "payments"}},
			{Name: "@alice", Aliases: []string{"alice"}},
			{Name: "docs@acme.example"},
			{Name: "@acme/platform/dba", Aliases: []string{"acme/platform/dba", "dba"}},
			{Name: "@web", Aliases: []string{"web"}},
			{Name: "@acme/web", Aliases: []string{"acme/web", "web"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, of.file, of.text)
			if _, err := Read(path); err != nil {
				t.Fatal(err)
			}
			var got list
			parserOf(path)(&got, []byte(strings.TrimPrefix(of.text, "\ufeff")))
			if diff := cmp.Diff(of.want, got.owners); diff != "" {
				t.Errorf("owners (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCodeownersNames finds an owner by each of its names, in the policy that the file is for.
func TestCodeownersNames(t *testing.T) {
	t.Parallel()
	directory, err := Read(write(t, "CODEOWNERS", "* @acme/payments docs@acme.example\n"))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := governance.NewPolicy(governance.PolicyDocument{Owners: governance.OwnersDocument{Directory: directory}})
	if err != nil {
		t.Fatal(err)
	}
	for owner, known := range map[string]bool{
		"@acme/payments": true, "acme/payments": true, "payments": true, "docs@acme.example": true,
		"acme": false, "@payments": false, "globex/payments": false, "docs": false, "*": false,
	} {
		if absence := policy.OwnerAbsence(owner, september); (absence == "") != known {
			t.Errorf("%s: %q", owner, absence)
		}
	}
}

// TestGuide reads the examples of the guide, of which those with more than names say the same.
func TestGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../templates/guides/owners.md")
	if err != nil {
		t.Fatal(err)
	}
	full := []governance.Owner{
		{Name: "payments"},
		{Name: "data-platform", Aliases: []string{"data", "data-engineering", "data@acme.example"}},
		{Name: "alice", Left: september},
		{Name: "legacy", Inactive: true},
	}
	for language, of := range map[string]struct {
		file string
		want []governance.Owner
	}{
		"yaml": {"owners.yaml", full}, "json": {"owners.json", full}, "csv": {"owners.csv", full},
		"text": {"owners.txt", []governance.Owner{{Name: "payments"}, {Name: "data-platform"}}},
		"codeowners": {"CODEOWNERS", []governance.Owner{
			{Name: "@acme/payments", Aliases: []string{"acme/payments", "payments"}}, {Name: "@acme/data-platform", Aliases: []string{"acme/data-platform", "data-platform"}}, {Name: "data@acme.example"},
		}},
	} {
		_, after, found := strings.Cut(string(guide), "\n```"+language+"\n")
		example, _, closed := strings.Cut(after, "```\n")
		var got list
		parserOf(of.file)(&got, []byte(example))
		if diff := cmp.Diff(of.want, got.owners); diff != "" || !found || !closed || len(got.problems) > 0 {
			t.Errorf("%s: %v, owners (-want +got):\n%s", language, got.problems, diff)
		}
	}
}

// TestMalformed says where, what was found, and what to write.
func TestMalformed(t *testing.T) {
	t.Parallel()
	const (
		yamlForm = `; write a list of owners, such as "- payments" or "- {name: alice, left: 2026-09-30}"`
		jsonForm = `; write a list of owners, such as ["payments", {"name": "alice", "left": "2026-09-30"}]`
		empty    = "it has no owners, so every owner would count as gone"
	)
	for name, of := range map[string]struct {
		file, text string
		want       []string
	}{
		"empty YAML":        {"o.yaml", "", []string{empty}},
		"comments only":     {"o.yaml", "# nobody\n", []string{empty}},
		"empty list":        {"o.json", "[]", []string{empty}},
		"null":              {"o.json", "null", []string{"line 1, column 1: found nothing where a list should be" + jsonForm}},
		"two documents":     {"o.yaml", "- a\n---\n- b\n", []string{"line 3, column 1: found another document; an owner directory is one"}},
		"a mapping":         {"o.yaml", "owners:\n  - payments\n", []string{`line 1, column 1: found a mapping with the key "owners" where a list should be` + yamlForm}},
		"a text":            {"o.yaml", "payments", []string{`line 1, column 1: found the text "payments" where a list should be` + yamlForm}},
		"an object":         {"o.json", `{"owners": []}`, []string{`line 1, column 1: found a mapping with the key "owners" where a list should be` + jsonForm}},
		"broken JSON":       {"o.json", "[\n  \"a\",\n", []string{"line 1, column 1: sequence end token ']' not found" + jsonForm}},
		"broken YAML":       {"o.yaml", "- a\n- 'b\n", []string{"line 2, column 3: could not find end character of single-quoted text" + yamlForm}},
		"numbers and more":  {"o.yaml", "- 12\n- true\n-\n- [a]\n- ''\n- 1.5\n", []string{"line 1, column 3: found the number 12 where an owner should be; write a name in quotes", "line 2, column 3: found true where an owner should be; write a name in quotes", "line 3, column 2: found nothing where an owner should be" + yamlForm, "line 4, column 3: found a list where an owner should be" + yamlForm, "line 5, column 3: found an empty text where an owner should be", "line 6, column 3: found the number 1.5 where an owner should be; write a name in quotes"}},
		"anchors":           {"o.yaml", "- &a x\n- *a\n- !!str 3\n- {}\n", []string{"line 1, column 3: found a YAML anchor or alias, which an owner directory cannot have, where an owner should be" + yamlForm, "line 2, column 3: found a YAML anchor or alias, which an owner directory cannot have, where an owner should be" + yamlForm, "line 3, column 3: found a YAML tag, which an owner directory cannot have, where an owner should be" + yamlForm, "line 4, column 3: found an owner without a name; write name: payments"}},
		"long key":          {"o.yaml", "- {name: a, " + strings.Repeat("x", longestText+1) + ": b}\n", []string{`line 1, column 13: found the key "` + strings.Repeat("x", longestText) + `…"; the keys of an owner are name, aliases, email, active, left`}},
		"unknown key":       {"o.yaml", "- name: alice\n  lefft: 2026-09-30\n", []string{`line 2, column 3: found the key "lefft"; the keys of an owner are name, aliases, email, active, left`}},
		"no name":           {"o.yaml", "- email: a@acme.example\n", []string{"line 1, column 3: found an owner without a name; write name: payments"}},
		"wrong values":      {"o.yaml", "- name: [a]\n  aliases: b\n  email: 3\n  active: maybe\n  left: soon\n", []string{"line 1, column 9: found a list where name should be a text; write it in quotes", `line 2, column 12: found the text "b" where aliases should be a list; write [first, second]`, "line 3, column 10: found the number 3 where email should be a text; write it in quotes", `line 4, column 11: found the text "maybe" where active should be true or false`, `line 5, column 9: found "soon" where left should be a date; write it as 2026-09-30`}},
		"null name":         {"o.json", `[{"name": null}]`, []string{"line 1, column 11: found nothing where name should be a text; write it in quotes"}},
		"no such day":       {"o.json", `[{"name": "a", "left": "2026-02-30"}]`, []string{`line 1, column 24: found "2026-02-30" where left should be a date; write it as 2026-09-30`}},
		"a key twice":       {"o.yaml", "- name: a\n  name: b\n", []string{`line 2, column 3: mapping key "name" already defined at [1:3]` + yamlForm}},
		"an owner twice":    {"o.yaml", "- payments\n- name: x\n  aliases: [payments]\n", []string{`line 2, column 9: found "payments", which line 1 has already; keep one of them`}},
		"line break":        {"o.yaml", "- |\n  a\n  b\n", []string{"line 1, column 3: found the control character U+000A in an owner; write it on one line, without tabs"}},
		"nested lists":      {"o.yaml", strings.Repeat("[", 200000), []string{"it is nested deeper than any owner directory" + yamlForm}},
		"nested dashes":     {"o.yaml", strings.Repeat("- ", 200000), []string{"it is nested deeper than any owner directory" + yamlForm}},
		"empty CSV":         {"o.csv", "", []string{empty}},
		"header only":       {"o.csv", "name,left\n", []string{empty}},
		"no header":         {"o.csv", "payments\nsearch\n", []string{`line 1, column 1: found the column "payments"; ` + headerExample}},
		"semicolons":        {"o.csv", "name;left\na;2026-09-30\n", []string{`line 1, column 1: found the column "name;left"; ` + headerExample}},
		"no name column":    {"o.csv", "email,left\n", []string{"line 1, column 1: found no column name; " + headerExample}},
		"a column twice":    {"o.csv", "name,left,Left\n", []string{`line 1, column 11: found the column "left" twice; keep one of them`}},
		"columns missing":   {"o.csv", "name,left\nalice\n", []string{"line 2, column 1: found more or fewer columns than the first line has; put a text with commas in quotes"}},
		"stray quote":       {"o.csv", "name\nal\"ice\n", []string{`line 2, column 3: bare " in non-quoted-field`}},
		"cells":             {"o.csv", "name,active,left\n,,\na,maybe,\nb,,30.09.2026\n", []string{"line 2, column 1: found an empty text where name should be", `line 3, column 3: found "maybe" where active should be true or false`, `line 4, column 4: found "30.09.2026" where left should be a date; write it as 2026-09-30`}},
		"a row twice":       {"o.csv", "name\na\na\n", []string{`line 3, column 1: found "a", which line 2 has already; keep one of them`}},
		"a line twice":      {"o.txt", "a\n  a\n", []string{`line 2, column 3: found "a", which line 1 has already; keep one of them`}},
		"control character": {"CODEOWNERS", "* @acme/\x03dba @ops\n", []string{"line 1, column 3: found the control character U+0003 in an owner; write it on one line, without tabs"}},
		"tab in a line":     {"o.txt", "a\tb\n", []string{"line 1, column 1: found the control character U+0009 in an owner; write it on one line, without tabs"}},
		"no UTF-8":          {"o.txt", "a\nM\xfcller\n", []string{"line 2, column 2: found a byte that is not UTF-8; save the file as UTF-8"}},
		"UTF-16":            {"o.csv", "\xff\xfen\x00", []string{"line 1, column 1: found a byte that is not UTF-8; save the file as UTF-8"}},
		"no code owner":     {"CODEOWNERS", "* @a\n  /é/ payments @ @a/ x@ @b@c\n", []string{`line 2, column 7: found "payments" where an owner should be; write @payments, @acme/payments or an e-mail address`, `line 2, column 16: found "@" where an owner should be; write @payments, @acme/payments or an e-mail address`, `line 2, column 18: found "@a/" where an owner should be; write @payments, @acme/payments or an e-mail address`, `line 2, column 22: found "x@" where an owner should be; write @payments, @acme/payments or an e-mail address`, `line 2, column 25: found "@b@c" where an owner should be; write @payments, @acme/payments or an e-mail address`}},
		"open section":      {"CODEOWNERS", "[Docs @a\n", []string{"line 1, column 1: found a section without its closing bracket; write [Section]"}},
		"section's owner":   {"CODEOWNERS", "[Docs] a\n", []string{`line 1, column 8: found "a" where an owner should be; write @payments, @acme/payments or an e-mail address`}},
		"nobody's patterns": {"CODEOWNERS", "*\n/docs/\n", []string{empty}},
		"unknown format":    {"owners.toml", "", []string{"its name does not tell its format: it has to end with .yaml, .yml, .json, .csv or .txt, or be CODEOWNERS"}},
		"no format":         {"owners", "", []string{"its name does not tell its format: it has to end with .yaml, .yml, .json, .csv or .txt, or be CODEOWNERS"}},
		"too large a tree":  {"o.yaml", strings.Repeat("- a\n", maxTreeSize/4+1), []string{"it is too large; in YAML and JSON, an owner directory has 1048576 bytes at most: write a larger one as CSV"}},
		"too large":         {"o.txt", strings.Repeat("x", maxFileSize+1), []string{"it is too large; an owner directory has 10485760 bytes at most"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, of.file, of.text)
			_, err := Read(path)
			var malformed *Error
			if !errors.As(err, &malformed) || malformed.File != path {
				t.Fatalf("the error is %v", err)
			}
			if diff := cmp.Diff(of.want, malformed.Problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if want := path + " is not a valid owner directory:\n  - " + strings.Join(of.want, "\n  - "); err.Error() != want {
				t.Errorf("the error is %s", err)
			}
		})
	}
}

// TestProblemsAreBounded shows the first of many.
func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	for file, text := range map[string]string{"o.yaml": strings.Repeat("- 1\n", 50), "CODEOWNERS": strings.Repeat("* x\n", 50)} {
		_, err := Read(write(t, file, text))
		var malformed *Error
		if !errors.As(err, &malformed) || len(malformed.Problems) != mostProblems+1 || malformed.Problems[mostProblems] != "and 30 more" {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestReadFails(t *testing.T) {
	t.Parallel()
	absent := filepath.Join(t.TempDir(), "absent.yaml")
	if _, err := Read(absent); !errors.Is(err, fs.ErrNotExist) || err.Error() != "the owner directory "+absent+" cannot be read: no such file or directory" {
		t.Errorf("an absent file: %v", err)
	}
	folder := filepath.Join(t.TempDir(), "owners.yaml")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(folder); err == nil || err.Error() != "the owner directory "+folder+" cannot be read: it is not a file" {
		t.Errorf("a folder: %v", err)
	}
}

// asJSON writes owners as JSON and reads them back.
func asJSON(t *testing.T, owners []governance.Owner) (l list) {
	t.Helper()
	entries := make([]map[string]any, len(owners))
	for i, owner := range owners {
		entries[i] = map[string]any{keyName: owner.Name, keyActive: !owner.Inactive}
		if owner.Aliases != nil {
			entries[i][keyAliases] = owner.Aliases
		}
		if !owner.Left.IsZero() {
			entries[i][keyLeft] = owner.Left.Format(time.DateOnly)
		}
	}
	text, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	l.parseJSON(text)
	return l
}

// FuzzParse holds every format against anything: no owner without a name that messages can hold, no name of two, and the same
// owners when they are written as JSON.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"- payments\n- {name: alice, left: 2026-09-30}\n", `["a", {"name": "b", "aliases": ["c"]}]`, "name,left\na,2026-09-30\n", "* @acme/payments # x\n^[S][2] a@b.example\n", "- &a [*a]\n", "? x\n: y\n", "{", "\"", "- |\n  x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // Read refuses it.
		}
		for _, file := range []string{"o.yaml", "o.json", "o.csv", "o.txt", "CODEOWNERS"} {
			var l list
			parserOf(file)(&l, []byte(text))
			seen := map[string]bool{}
			for _, owner := range l.owners {
				for _, name := range slices.Compact(slices.Sorted(slices.Values(append([]string{owner.Name}, owner.Aliases...)))) {
					if strings.TrimSpace(name) != name || name == "" || strings.ContainsFunc(name, unicode.IsControl) || seen[name] {
						t.Errorf("%s: %q is a name of %+v", file, name, owner)
					}
					seen[name] = true
				}
			}
			for _, problem := range l.problems {
				if problem == "" || utf8.RuneCountInString(problem) > 12*longestText { // quoted, a character has ten
					t.Errorf("%s: the problem %q", file, problem)
				}
			}
			if again := asJSON(t, l.owners); file != "CODEOWNERS" && len(l.owners) > 0 && !reflect.DeepEqual(again.owners, l.owners) {
				t.Errorf("%s: %+v came back as %+v, %q", file, l.owners, again.owners, again.problems)
			}
		}
	})
}
