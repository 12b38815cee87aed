package policyfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/ownerfile"
)

const yamlPolicy = `# guardrails
max_lifetime_days: 180
max_lifetime_days_by_category: {external: 30}
warn_before_days: 14
retire_in_use_days: 45
required_metadata:
  - environment
  - labels.team
owners: {pattern: "team-.*"}
purpose:
  min_length: 20
  filler_words: [stuff]
enforcement:
  owner: warn
`

const jsonPolicy = `{
	"$schema": "policy.schema.json",
	"max_lifetime_days": 180, "max_lifetime_days_by_category": {"external": 30}, "warn_before_days": 14, "retire_in_use_days": 45,
	"required_metadata": ["environment", "labels.team"], "owners": {"pattern": "team-.*"},
	"purpose": {"min_length": 20, "filler_words": ["stuff"]}, "enforcement": {"owner": "warn"}
}`

func TestRead(t *testing.T) {
	t.Parallel()
	want := governance.PolicyDocument{
		MaxLifetimeDays: new(180), MaxLifetimeDaysByCategory: map[governance.Category]int{governance.CategoryExternal: 30}, WarnBeforeDays: new(14), RetireInUseDays: new(45),
		RequiredMetadata: []string{"environment", "labels.team"}, Owners: governance.OwnersDocument{Pattern: "team-.*"},
		Purpose:     governance.PurposeDocument{MinLength: new(20), FillerWords: []string{"stuff"}},
		Enforcement: map[governance.Rule]governance.Enforcement{governance.RuleOwner: governance.EnforceWarn},
	}
	for name, text := range map[string]string{"policy.yaml": yamlPolicy, "policy.json": jsonPolicy, "policy": "\ufeff" + yamlPolicy} {
		got, err := Read(write(t, name, text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, %v", name, got, err)
		}
	}
	if got, err := Parse([]byte("{}")); err != nil || !reflect.DeepEqual(got, governance.PolicyDocument{}) {
		t.Errorf("an empty object is %+v, %v", got, err)
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestInvalid says what is wrong and where.
func TestInvalid(t *testing.T) {
	t.Parallel()
	for text, says := range map[string][]string{
		"":                                             {"it is empty; a policy that says nothing is written {}"},
		"owners: {}\n---\nowners: {}\n":                {"it has 2 documents; a policy is one"},
		"# nothing\n":                                  {"it is empty"},
		"max_lifetime: 3":                              {"the policy: ", "'max_lifetime'"},
		"owners: {patern: x}":                          {"owners: ", "'patern'"},
		"owners: {file: ''}":                           {"owners.file: minLength: got 0, want 1"},
		"owners: {file: [a]}":                          {"owners.file: got array, want string"},
		"max_lifetime_days: many":                      {"max_lifetime_days: got string, want integer"},
		"max_lifetime_days: 1.5":                       {"max_lifetime_days: ", "integer"},
		"max_lifetime_days: 0":                         {"max_lifetime_days: ", "1"},
		"enforcement: {owner: maybe}":                  {"enforcement.owner: ", "'error', 'warn', 'off'"},
		"enforcement: {colour: error}":                 {"enforcement: additional properties 'colour' not allowed; the rules are owner, owner_unknown, purpose_quality, "},
		"required_metadata: [colour]":                  {"required_metadata.0: ", "'colour'"},
		"owners: {pattern: '('}":                       {"owners.pattern: not an RE2 regular expression"},
		"- max_lifetime_days":                          {"the policy: got array, want object"},
		"max_lifetime_days: 1\nowners: [":              {"line 2, column "},
		"max_lifetime_days: 3\n\tx: 1":                 {"line 2, column "},
		`{"max_lifetime_days": 3,, }`:                  {"line 1, column "},
		"warn_before_days: -1\nmax_lifetime: 3":        {"warn_before_days: ", "'max_lifetime'"},
		"max_lifetime_days: 3\nwarn_before_days":       {"2"},
		"max_lifetime_days: 3\nmax_lifetime_days: 400": {"line 2, column 1: ", "already defined"},
		"rules: [{name: a, expression: 'true'}]":       {"rules[0]: missing property 'message'"},
		"rules: [{name: a, expression: 'true', message: m, severity: high}]":                                                         {"rules[0]: ", "'severity'"},
		"rules: [{name: a, expression: 'true', message: m, enforcement: deny}]":                                                      {"rules[0].enforcement: ", "'error', 'warn', 'off'"},
		"rules: [{name: a b, expression: '', message: ''}]":                                                                          {"rules[0].name: ", "rules[0].expression: minLength", "rules[0].message: minLength"},
		"rules: [{name: a, expression: 'true', message: m}, {name: a, expression: 'identity.ownr == \"x\" && trust', message: ' '}]": {"rules[1].name: \"a\" is the name of rules[0] too", "rules[1].message: it is blank", "rules[1].expression: rule \"a\": line 1, column 9: undefined field 'ownr' (did you mean 'owner'?)"},
	} {
		_, err := Parse([]byte(text))
		var invalid *InvalidError
		if !errors.As(err, &invalid) {
			t.Errorf("%q: %v", text, err)
			continue
		}
		for _, part := range says {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: the error does not say %q: %s", text, part, err)
			}
		}
	}
}

// TestParseEndless refuses in no time what a parser would be busy with for hours.
func TestParseEndless(t *testing.T) {
	t.Parallel()
	laughs := "a0: &a0 [x]\n"
	for i := range 9 {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9))
	}
	for text, want := range map[string]string{
		laughs:                              "it has more aliases than any policy, or one within what an anchor names; write out what they stand for",
		strings.Repeat("[", 1<<20):          "it is nested deeper than any policy",
		strings.Repeat("- ", 1<<18):         "it is nested deeper than any policy",
		"a: " + strings.Repeat("]%", 1<<15): "line 1, column 5: unexpected directive value. document not started",
	} {
		var invalid *InvalidError
		if _, err := Parse([]byte(text)); !errors.As(err, &invalid) || !slices.Equal(invalid.Problems, []string{want}) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// TestProblemsAreBounded shows neither more of them nor longer ones than somebody reads.
func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		problems int
		last     string
	}{
		"required_metadata: [" + strings.Repeat("1, ", 1000) + "1]": {mostProblems + 1, "and 981 more"},
		"required_metadata: [" + strings.Repeat("1, ", 19) + "1]":   {mostProblems, "required_metadata.19: got number, want string"},
		strings.Repeat("x", longestProblem+1) + ": 1":               {1, "x…"},
	} {
		var invalid *InvalidError
		if _, err := Parse([]byte(text)); !errors.As(err, &invalid) || len(invalid.Problems) != want.problems || !strings.HasSuffix(invalid.Problems[want.problems-1], want.last) {
			t.Errorf("%.30q: %.300q", text, err)
		}
	}
}

func TestReadFails(t *testing.T) {
	t.Parallel()
	if _, err := Read(filepath.Join(t.TempDir(), "absent.yaml")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "absent.yaml") {
		t.Errorf("an absent file: %v", err)
	}
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("a folder is a policy")
	}
	large := write(t, "large.yaml", "# "+strings.Repeat("x", maxFileSize))
	if _, err := Read(large); err == nil || !strings.Contains(err.Error(), large+" is not a valid policy") || !strings.Contains(err.Error(), "1048576 at most") {
		t.Errorf("a large file: %v", err)
	}
	if _, err := Read(write(t, "policy.yaml", "x: 1")); err == nil || !strings.Contains(err.Error(), "policy.yaml is not a valid policy:\n  - ") {
		t.Errorf("an invalid file: %v", err)
	}
}

// TestReadOwners finds the owner directory beside the policy file, or at an absolute path.
func TestReadOwners(t *testing.T) {
	t.Parallel()
	policy := write(t, "policy.yaml", "owners: {file: people/owners.txt}\n")
	owners := filepath.Join(filepath.Dir(policy), "people", "owners.txt")
	var unusable *ownerfile.Error
	if _, err := Read(policy); !errors.As(err, &unusable) || unusable.File != owners || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent directory: %v", err)
	}
	if err := os.Mkdir(filepath.Dir(owners), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(owners, []byte("payments\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{policy, write(t, "policy.json", `{"owners": {"file": "`+filepath.ToSlash(owners)+`"}}`)} {
		document, err := Read(file)
		if err != nil || document.Owners.File != owners {
			t.Fatalf("%s is %+v, %v", file, document, err)
		}
		effective, err := governance.NewPolicy(document)
		if absence := effective.OwnerAbsence("ops", time.Now()); err != nil || absence != "is not in the owner directory "+owners || effective.OwnerAbsence("payments", time.Now()) != "" {
			t.Errorf("%s: %q, %v", file, absence, err)
		}
	}
}

// object is a part of the JSON Schema.
type object struct {
	Properties map[string]object `json:"properties"`
	Items      *object           `json:"items"`
	Enum       []string          `json:"enum"`
	Pattern    string            `json:"pattern"`
	Defs       map[string]object `json:"$defs"`
}

func keys(o object) []string { return slices.Sorted(maps.Keys(o.Properties)) }

// TestSchemaAgrees holds the published JSON Schema against what the policy is read into.
func TestSchemaAgrees(t *testing.T) {
	t.Parallel()
	var schema object
	if err := json.Unmarshal([]byte(schemaText), &schema); err != nil {
		t.Fatal(err)
	}
	same := func(what string, got, want []string) {
		t.Helper()
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the schema has %v, the code has %v", what, got, want)
		}
	}
	same("policy", keys(schema), append(fields(governance.PolicyDocument{}), "$schema"))
	same("owners", keys(schema.Properties["owners"]), fields(governance.OwnersDocument{}))
	same("purpose", keys(schema.Properties["purpose"]), fields(governance.PurposeDocument{}))
	same("rules", keys(*schema.Properties["rules"].Items), fields(governance.RuleDocument{}))
	same("enforcement", keys(schema.Properties["enforcement"]), texts(governance.Rules))
	same("categories", keys(schema.Properties["max_lifetime_days_by_category"]), texts(governance.Categories))
	same("enforcements", slices.Sorted(slices.Values(schema.Defs["enforcement"].Enum)), texts(governance.Enforcements))
	metadata := strings.Split(strings.TrimSuffix(strings.TrimPrefix(schema.Properties["required_metadata"].Items.Pattern, "^("), ")$"), "|")
	same("required metadata", slices.Sorted(slices.Values(metadata)), append(texts(governance.Fields), `labels\..+`))
}

func fields(document any) []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeOf(document)) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "-" && !field.Anonymous {
			names = append(names, name)
		}
	}
	return names
}

func texts[T ~string](items []T) []string {
	list := make([]string, len(items))
	for i, item := range items {
		list[i] = string(item)
	}
	return list
}

// FuzzParse takes a policy that is whole or says what is wrong, within a screen: never a panic, never one that the provider then
// refuses, and the same when it is written anew.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		yamlPolicy, jsonPolicy, "{}", "", "---\n---\n", "\ufeff{}", "a: &a [*a]", "<<: {warn_before_days: 1}", "warn_before_days: &d 7\nmax_lifetime_days: *d\n",
		"max_lifetime_days: 1e2", "max_lifetime_days: .inf", "max_lifetime_days: 9223372036854775808", "enforcement: {owner: off}", "owners: {pattern: '['}", "? [a]\n: b",
		"rules: [{name: r, expression: 'identity.owner == \"a\"', message: m}]", "break_glass: ['aws:*']", "approval_keys: [x]", "warn_before_days: 1\nwarn_before_days: 2\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		document, err := Parse(text)
		if err != nil {
			var invalid *InvalidError
			if !errors.As(err, &invalid) || len(invalid.Problems) == 0 || len(invalid.Problems) > mostProblems+1 || slices.ContainsFunc(invalid.Problems, func(problem string) bool {
				return problem == "" || utf8.RuneCountInString(problem) > longestProblem+1
			}) || !reflect.DeepEqual(document, governance.PolicyDocument{}) {
				t.Fatalf("%+v, %#v", document, err)
			}
			return
		}
		if _, err := governance.NewPolicy(document); err != nil {
			t.Fatalf("it is taken, and refused afterwards: %v", err)
		}
		written, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(written)
		if rewritten, _ := json.Marshal(again); err != nil || string(rewritten) != string(written) {
			t.Errorf("%s came back as %s, %v", written, rewritten, err)
		}
	})
}
