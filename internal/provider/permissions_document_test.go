package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// permissionDocument is an IAM identity policy as examples/permissions has it.
type permissionDocument struct {
	Version   string
	Statement []permissionStatement
}

type permissionStatement struct {
	Sid, Effect      string
	Action, Resource oneOrMore
	Condition        map[string]map[string]oneOrMore `json:",omitempty"`
}

// oneOrMore is a string, or a list of strings.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	if !bytes.HasPrefix(text, []byte("[")) {
		text = slices.Concat([]byte("["), text, []byte("]"))
	}
	return json.Unmarshal(text, (*[]string)(o))
}

// optionalPrefix starts the Sid of a statement that the provider can do without.
const optionalPrefix = "Optional"

func (s permissionStatement) optional() bool { return strings.HasPrefix(s.Sid, optionalPrefix) }

func readPermissions(t testing.TB, file string) permissionDocument {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var d permissionDocument
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		t.Fatalf("%s: %s", file, err)
	}
	return d
}

// String is the document as IAM takes it; empty when nothing is left of it.
func (d permissionDocument) String() string {
	if len(d.Statement) == 0 {
		return ""
	}
	text, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// without leaves out the statements for which drop is true.
func (d permissionDocument) without(drop func(permissionStatement) bool) permissionDocument {
	d.Statement = slices.DeleteFunc(slices.Clone(d.Statement), drop)
	return d
}

// withoutAction leaves out one action wherever it is allowed.
func (d permissionDocument) withoutAction(action string) permissionDocument {
	var left []permissionStatement
	for _, s := range d.Statement {
		s.Action = slices.DeleteFunc(slices.Clone(s.Action), func(a string) bool { return a == action })
		if len(s.Action) > 0 {
			left = append(left, s)
		}
	}
	d.Statement = left
	return d
}

// maxManagedPolicy is how many characters a managed policy may have, from "IAM and AWS STS quotas".
const maxManagedPolicy = 6144

var (
	sidPattern    = regexp.MustCompile(`^[A-Z][0-9A-Za-z]+$`)
	actionPattern = regexp.MustCompile(`^[a-z-]+:[A-Z][0-9A-Za-z]+$`)
	// scopePattern is a type of resource in the account, or in a region of it.
	scopePattern = regexp.MustCompile(`^arn:aws:[a-z-]+:[a-z0-9*-]*:` + sim.DefaultAccount + `:[a-z-]+[/:][^*]*\*$`)
	// everywherePattern is one role, in whatever account it is, or the policies that AWS publishes.
	everywherePattern = regexp.MustCompile(`^arn:aws:iam::(\*:role/[^*]+|aws:policy/\*)$`)
)

// malformed says what would keep a document from being pasted, or from being read statement by statement.
func (d permissionDocument) malformed() (problems []string) {
	if len(d.String()) > maxManagedPolicy {
		problems = append(problems, fmt.Sprintf("it has %d characters, more than a managed policy may have", len(d.String())))
	}
	if d.Version != "2012-10-17" {
		problems = append(problems, "its version is "+d.Version)
	}
	seen := map[string]bool{}
	once := func(what string) {
		if seen[what] {
			problems = append(problems, what+" is there twice")
		}
		seen[what] = true
	}
	for _, s := range d.Statement {
		once("Sid " + s.Sid)
		if !sidPattern.MatchString(s.Sid) || s.Effect != "Allow" {
			problems = append(problems, fmt.Sprintf("the statement %q has no name or does not allow", s.Sid))
		}
		for _, action := range s.Action {
			if !actionPattern.MatchString(action) {
				problems = append(problems, s.Sid+" allows "+action)
			}
			for _, resource := range s.Resource {
				once(action + " on " + resource)
			}
		}
		for _, resource := range s.Resource {
			if resource != "*" && !scopePattern.MatchString(resource) && !everywherePattern.MatchString(resource) {
				problems = append(problems, s.Sid+" allows everything on "+resource)
			}
		}
	}
	return problems
}

// unneeded says what of a document a life has not used: an action on a sort of resource, and every resource where the
// action takes one.
func (d permissionDocument) unneeded(decided []sim.Permission) (problems []string) {
	for _, s := range d.Statement {
		for _, action := range s.Action {
			for _, resource := range s.Resource {
				var used, narrower bool
				for _, p := range decided {
					if p.Action == action && p.Allowed && slices.Contains(p.Sids, s.Sid) && covers(resource, p.Resource) {
						used, narrower = true, narrower || resource == "*" && !takesNone(p.Resource)
					}
				}
				switch {
				case !used:
					problems = append(problems, fmt.Sprintf("%s: %s on %s is never used", s.Sid, action, resource))
				case narrower:
					problems = append(problems, fmt.Sprintf("%s: %s takes a resource", s.Sid, action))
				}
			}
		}
	}
	return problems
}

// covers tells whether a pattern covers a resource. An asterisk stands for any text.
func covers(pattern, resource string) bool {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$").MatchString(resource)
}

// takesNone tells what the service authorization reference takes for no resource: also the path of a list, and a whole
// region.
func takesNone(resource string) bool {
	return resource == "*" || strings.HasSuffix(resource, "/") || strings.HasSuffix(resource, ":*")
}

// refused are the permissions that a life has missed.
func refused(decided []sim.Permission) (missing []string) {
	for _, p := range decided {
		if !p.Allowed {
			missing = append(missing, p.Action)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// TestPermissionChecksCanFail keeps the checks of the documents honest.
func TestPermissionChecksCanFail(t *testing.T) {
	t.Parallel()
	const (
		role       = "arn:aws:iam::" + sim.DefaultAccount + ":role/"
		region     = "arn:aws:ssm:eu-west-1:" + sim.DefaultAccount
		parameters = "arn:aws:ssm:*:" + sim.DefaultAccount + ":parameter/"
	)
	statement := func(sid, action, resource string) permissionStatement {
		return permissionStatement{Sid: sid, Effect: "Allow", Action: oneOrMore{action}, Resource: oneOrMore{resource}}
	}
	decided := []sim.Permission{
		{Action: "iam:GetRole", Resource: role + "a/export", Allowed: true, Sids: []string{"Read"}},
		{Action: "iam:ListRoles", Resource: role, Allowed: true, Sids: []string{"Read"}},
		{Action: "iam:TagRole", Resource: role + "a/export"},
		{Action: "ssm:DescribeParameters", Resource: region + ":*", Allowed: true, Sids: []string{"Read"}},
		{Action: "ssm:PutParameter", Resource: region + ":parameter/shop/mailer", Allowed: true, Sids: []string{"Read"}},
	}
	for name, test := range map[string]struct {
		statements []permissionStatement
		malformed  []string
		unneeded   []string
	}{
		"fine":             {statements: []permissionStatement{statement("Read", "iam:GetRole", role+"*")}},
		"a list":           {statements: []permissionStatement{statement("Read", "iam:ListRoles", "*")}},
		"of a region":      {statements: []permissionStatement{statement("Read", "ssm:DescribeParameters", "*")}},
		"in every region":  {statements: []permissionStatement{statement("Read", "ssm:PutParameter", parameters+"shop/*")}},
		"another prefix":   {statements: []permissionStatement{statement("Read", "ssm:PutParameter", parameters+"mail/*")}, unneeded: []string{"Read: ssm:PutParameter on " + parameters + "mail/* is never used"}},
		"unused":           {statements: []permissionStatement{statement("Read", "iam:DeleteRole", role+"*")}, unneeded: []string{"Read: iam:DeleteRole on " + role + "* is never used"}},
		"refused":          {statements: []permissionStatement{statement("Read", "iam:TagRole", role+"*")}, unneeded: []string{"Read: iam:TagRole on " + role + "* is never used"}},
		"of another Sid":   {statements: []permissionStatement{statement("Create", "iam:GetRole", role+"*")}, unneeded: []string{"Create: iam:GetRole on " + role + "* is never used"}},
		"another resource": {statements: []permissionStatement{statement("Read", "iam:GetRole", role+"b/*")}, unneeded: []string{"Read: iam:GetRole on " + role + "b/* is never used"}},
		"every resource":   {statements: []permissionStatement{statement("Read", "iam:GetRole", "*")}, unneeded: []string{"Read: iam:GetRole takes a resource"}},
		"every action":     {statements: []permissionStatement{statement("Read", "iam:*", role+"*")}, malformed: []string{"Read allows iam:*"}, unneeded: []string{"Read: iam:* on " + role + "* is never used"}},
		"a role anywhere":  {statements: []permissionStatement{statement("Read", "iam:GetRole", "arn:aws:iam::*:role/a/export")}},
		"every account":    {statements: []permissionStatement{statement("Read", "iam:GetRole", "arn:aws:iam::*:role/*")}, malformed: []string{"Read allows everything on arn:aws:iam::*:role/*"}},
		"nameless":         {statements: []permissionStatement{statement("", "iam:GetRole", role+"*")}, malformed: []string{`the statement "" has no name or does not allow`}, unneeded: []string{": iam:GetRole on " + role + "* is never used"}},
		"twice":            {statements: []permissionStatement{statement("Read", "iam:GetRole", role+"*"), statement("Read", "iam:GetRole", role+"*")}, malformed: []string{"Sid Read is there twice", "iam:GetRole on " + role + "* is there twice"}},
	} {
		d := permissionDocument{Version: "2012-10-17", Statement: test.statements}
		if got := d.malformed(); !slices.Equal(got, test.malformed) {
			t.Errorf("%s: malformed is %q", name, got)
		}
		if got := d.unneeded(decided); !slices.Equal(got, test.unneeded) {
			t.Errorf("%s: unneeded is %q", name, got)
		}
	}
	if got := refused(decided); !slices.Equal(got, []string{"iam:TagRole"}) {
		t.Errorf("refused is %q", got)
	}
}
