// Package policyfile reads a policy from a file in YAML or JSON and holds it against the published JSON Schema.
package policyfile

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
	"github.com/nhi-governance/terraform-provider-governed/internal/celrule"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/ownerfile"
	"github.com/nhi-governance/terraform-provider-governed/internal/yamlbound"
)

// SchemaURL is where the JSON Schema is published.
const SchemaURL = "https://raw.githubusercontent.com/nhi-governance/terraform-provider-governed/main/docs/policy.schema.json"

//go:embed policy.schema.json
var schemaText string

// maxFileSize in bytes keeps a wrong file from filling the memory.
const maxFileSize = 1 << 20

// InvalidError lists everything that is wrong with a policy file.
type InvalidError struct {
	File     string
	Problems []string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s is not a valid policy:\n  - %s", e.File, strings.Join(e.Problems, "\n  - "))
}

// Read reads a policy file and the owner directory that it names, by a path that is relative to the policy file. JSON is
// read as the YAML that it is. The error is an *InvalidError, an *ownerfile.Error, or one of the file system's.
func Read(file string) (governance.PolicyDocument, error) {
	info, err := os.Stat(file)
	if err == nil && info.Size() > maxFileSize {
		return governance.PolicyDocument{}, &InvalidError{File: file, Problems: []string{fmt.Sprintf("it has %d bytes; a policy has %d at most", info.Size(), maxFileSize)}}
	}
	text, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return governance.PolicyDocument{}, fmt.Errorf("the policy file cannot be read: %w", err)
	}
	document, err := Parse(text)
	var invalid *InvalidError
	if errors.As(err, &invalid) {
		invalid.File = file
	}
	if err != nil || document.Owners.File == "" {
		return document, err
	}
	if !filepath.IsAbs(document.Owners.File) {
		document.Owners.File = filepath.Join(filepath.Dir(file), document.Owners.File)
	}
	document.Owners.Directory, err = ownerfile.Read(document.Owners.File)
	return document, err
}

// Parse reads a policy and compiles its rules, without its owner directory. The error is an *InvalidError without a file name.
func Parse(text []byte) (governance.PolicyDocument, error) {
	var document governance.PolicyDocument
	invalid := func(problems ...string) (governance.PolicyDocument, error) {
		return governance.PolicyDocument{}, &InvalidError{Problems: bounded(problems)}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors start a file with a mark
	if yamlbound.Nested(text) {
		return invalid("it is nested deeper than any policy")
	}
	switch parsed, err := parser.ParseBytes(text, 0); {
	case err != nil:
		return invalid(located(err))
	case len(parsed.Docs) > 1:
		return invalid(fmt.Sprintf("it has %d documents; a policy is one", len(parsed.Docs)))
	case yamlbound.Multiplies(parsed):
		return invalid("it has more aliases than any policy, or one within what an anchor names; write out what they stand for")
	}
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return invalid(located(err))
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(asJSON)))
	if err != nil {
		return invalid(err.Error())
	}
	if value == nil {
		return invalid("it is empty; a policy that says nothing is written {}")
	}
	schema, err := compiled()
	if err != nil {
		return governance.PolicyDocument{}, err
	}
	if err := schema.Validate(value); err != nil {
		var validation *jsonschema.ValidationError
		if errors.As(err, &validation) {
			return invalid(leaves(validation)...)
		}
		return invalid(err.Error())
	}
	if err := json.Unmarshal(asJSON, &document); err != nil {
		return invalid(err.Error())
	}
	var problems []string
	keys, wrong := approval.ParseKeys(document.ApprovalKeys)
	for _, key := range wrong {
		problems = append(problems, key.Error())
	}
	compiling := celrule.Compile(document.Rules)
	if _, err := governance.NewPolicy(document); err != nil || compiling != nil {
		err = errors.Join(err, compiling)
		problems = append(problems, strings.Split(err.Error(), "\n")...)
	}
	if problems != nil {
		return invalid(problems...)
	}
	document.Keys = keys
	return document, nil
}

const (
	// mostProblems are shown at once.
	mostProblems = 20
	// longestProblem in characters leaves room for the names of all rules.
	longestProblem = 2000
)

// bounded keeps a file that is none from filling the screen.
func bounded(problems []string) []string {
	more := len(problems) - mostProblems
	shown := slices.Clone(problems[:min(len(problems), mostProblems)])
	for i, problem := range shown {
		shown[i] = governance.Excerpt(problem, longestProblem)
	}
	if more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
	}
	return shown
}

// located says what is wrong in a YAML file and where. The library's own text shows the line too, in a time that is quadratic
// in its length.
func located(err error) string {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return err.Error()
	}
	position := at.GetToken().Position
	return fmt.Sprintf("line %d, column %d: %s", position.Line, position.Column, at.GetMessage())
}

// compiled is made only when a policy file is used at all.
var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(schemaText))
	if err != nil {
		return nil, fmt.Errorf("embedded policy schema: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(SchemaURL, value); err != nil {
		return nil, fmt.Errorf("embedded policy schema: %w", err)
	}
	return compiler.Compile(SchemaURL)
})

// leaves are the innermost errors: the ones that say what is wrong where.
func leaves(err *jsonschema.ValidationError) []string {
	if len(err.Causes) == 0 {
		at := governance.PolicyPath(err.InstanceLocation)
		if at == "" {
			at = "the policy"
		}
		text := at + ": " + err.ErrorKind.LocalizedString(message.NewPrinter(language.English))
		if _, unknown := err.ErrorKind.(*kind.AdditionalProperties); unknown && at == "enforcement" {
			text += "; the rules are " + ruleList()
		}
		return []string{text}
	}
	var texts []string
	for _, cause := range err.Causes {
		texts = append(texts, leaves(cause)...)
	}
	return texts
}

func ruleList() string {
	names := make([]string, len(governance.Rules))
	for i, rule := range governance.Rules {
		names[i] = string(rule)
	}
	return strings.Join(names, ", ")
}
