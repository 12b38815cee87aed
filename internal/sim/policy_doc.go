package sim

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// policyKind is what a policy document is for; its grammar depends on it.
type policyKind int

const (
	identityPolicy   policyKind = iota // inline, managed and session policies
	trustDocument                      // a role's trust policy
	resourceDocument                   // the policy of another resource, such as a secret
)

// document is a parsed policy.
type document struct {
	kind       policyKind
	version    string
	statements []*statement
}

// variables reports whether ${…} is replaced: only in the 2012 version
// (IAM user guide, "Policy variables").
func (d *document) variables() bool { return d.version == "2012-10-17" }

type statement struct {
	sid           string
	allow         bool
	principals    *principalSet
	notPrincipals *principalSet
	actions       []string
	notActions    []string
	resources     []string
	notResources  []string
	conditions    []condition
}

// principalSet is a Principal or NotPrincipal element.
type principalSet struct {
	everyone  bool // "*"
	aws       []*awsPrincipal
	services  []string
	federated []string
}

// awsPrincipal is one entry of the "AWS" list. A user or role is known by its
// unique id from the moment of writing, as IAM stores it.
type awsPrincipal struct {
	text       string
	id         string // unique id, when it names an entity of a known account
	start, end int    // where it stands in the policy's text
}

var (
	versions      = []string{"2008-10-17", "2012-10-17"}
	sidPattern    = regexp.MustCompile(`^[0-9A-Za-z]*$`)
	actionPattern = regexp.MustCompile(`^[A-Za-z0-9*?_.-]+$`)
	vendorPattern = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	serviceName   = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com|amazon\.com|aws\.internal)$`)
)

// parsePolicy parses a policy and checks it against the policy grammar (IAM
// user guide, "Grammar of the IAM JSON policy language").
func parsePolicy(kind policyKind, text string) (*document, error) {
	root, err := parseJSON(text)
	if err != nil || root.kind != jsonObject {
		if kind == trustDocument {
			return nil, errMalformedPolicy("This policy contains invalid Json")
		}
		return nil, errMalformedPolicy("Syntax errors in policy.")
	}
	d := &document{kind: kind, version: "2008-10-17"}
	var statements *jsonValue
	for _, m := range root.members {
		switch m.name {
		case "Version":
			if m.value.kind != jsonString || !slices.Contains(versions, m.value.text) {
				return nil, d.syntax("Policy document must be version 2012-10-17 or greater.")
			}
			d.version = m.value.text
		case "Id":
			if m.value.kind != jsonString {
				return nil, d.syntax("Syntax errors in policy.")
			}
		case "Statement":
			statements = m.value
		default:
			return nil, d.syntax("Syntax errors in policy.")
		}
	}
	if kind == identityPolicy && d.version != "2012-10-17" {
		return nil, errMalformedPolicy("Policy document must be version 2012-10-17 or greater.")
	}
	if statements == nil {
		return nil, d.syntax("Missing required field Statement")
	}
	items := []*jsonValue{statements}
	if statements.kind == jsonArray {
		items = statements.items
	}
	if len(items) == 0 {
		return nil, d.syntax("Missing required field Statement")
	}
	for _, i := range items {
		s, err := d.statement(i)
		if err != nil {
			return nil, err
		}
		d.statements = append(d.statements, s)
	}
	return d, d.check()
}

// syntax is a violation of the grammar. For identity policies IAM does not say
// which field is at fault, except for versions.
func (d *document) syntax(message string) error {
	if d.kind == identityPolicy && strings.HasPrefix(message, "Missing required field") {
		message = "Syntax errors in policy."
	}
	return errMalformedPolicy("%s", message)
}

func (d *document) statement(v *jsonValue) (*statement, error) {
	if v.kind != jsonObject {
		return nil, d.syntax("Syntax errors in policy.")
	}
	s := &statement{}
	effect := ""
	for _, m := range v.members {
		var err error
		switch m.name {
		case "Sid":
			err = d.single(m.value, &s.sid)
		case "Effect":
			err = d.single(m.value, &effect)
		case "Action":
			err = d.plural(m.value, &s.actions)
		case "NotAction":
			err = d.plural(m.value, &s.notActions)
		case "Resource":
			err = d.plural(m.value, &s.resources)
		case "NotResource":
			err = d.plural(m.value, &s.notResources)
		case "Principal":
			s.principals, err = d.principalSet(m.value)
		case "NotPrincipal":
			s.notPrincipals, err = d.principalSet(m.value)
		case "Condition":
			s.conditions, err = d.conditions(m.value)
		default:
			err = d.syntax("Syntax errors in policy.")
		}
		if err != nil {
			return nil, err
		}
	}
	if effect == "" {
		return nil, d.syntax("Missing required field Effect")
	}
	if effect != "Allow" && effect != "Deny" {
		return nil, d.syntax("Invalid effect: " + effect)
	}
	s.allow = effect == "Allow"
	return s, nil
}

func (d *document) single(v *jsonValue, into *string) error {
	if v.kind != jsonString {
		return d.syntax("Syntax errors in policy.")
	}
	*into = v.text
	return nil
}

func (d *document) plural(v *jsonValue, into *[]string) error {
	values, ok := v.strings()
	if !ok {
		return d.syntax("Syntax errors in policy.")
	}
	*into = texts(values)
	return nil
}

func (d *document) principalSet(v *jsonValue) (*principalSet, error) {
	set := &principalSet{}
	if v.kind == jsonString {
		if v.text != "*" {
			return nil, errMalformedPolicy(`Invalid principal in policy: "%s"`, v.text)
		}
		set.everyone = true
		return set, nil
	}
	if v.kind != jsonObject || len(v.members) == 0 {
		return nil, d.syntax("Syntax errors in policy.")
	}
	for _, m := range v.members {
		values, ok := m.value.strings()
		if !ok || len(values) == 0 {
			return nil, d.syntax("Syntax errors in policy.")
		}
		switch m.name {
		case "AWS":
			for _, p := range values {
				set.everyone = set.everyone || p.text == "*"
				set.aws = append(set.aws, &awsPrincipal{text: p.text, start: p.start, end: p.end})
			}
		case "Service":
			set.services = append(set.services, texts(values)...)
		case "Federated":
			set.federated = append(set.federated, texts(values)...)
		default:
			return nil, errMalformedPolicy(`Invalid principal in policy: "%s":"%s"`, strings.ToUpper(m.name), values[0].text)
		}
	}
	return set, nil
}

// check applies the rules that concern whole statements.
func (d *document) check() error {
	switch d.kind {
	case trustDocument:
		return d.checkTrust()
	case resourceDocument:
		return d.checkResource()
	}
	return d.checkIdentity()
}

// checkResource checks the policy of a resource: like an identity policy, with
// principals.
func (d *document) checkResource() error {
	for _, s := range d.statements {
		switch {
		case (s.principals == nil) == (s.notPrincipals == nil),
			(len(s.actions) == 0) == (len(s.notActions) == 0),
			(len(s.resources) == 0) == (len(s.notResources) == 0):
			return errMalformedPolicy("This resource policy contains a syntax error.")
		}
		for _, a := range slices.Concat(s.actions, s.notActions) {
			if err := checkAction(a); err != nil {
				return err
			}
		}
		for _, res := range slices.Concat(s.resources, s.notResources) {
			if err := checkResource(res); err != nil {
				return err
			}
		}
		if err := cmp.Or(s.principals, s.notPrincipals).check(); err != nil {
			return err
		}
	}
	return nil
}

func (d *document) checkIdentity() error {
	sids := map[string]bool{}
	for _, s := range d.statements {
		switch {
		case s.principals != nil || s.notPrincipals != nil:
			return errMalformedPolicy("Policy document should not specify a principal.")
		case len(s.actions) == 0 && len(s.notActions) == 0:
			return errMalformedPolicy("Policy statement must contain actions.")
		case len(s.actions) > 0 && len(s.notActions) > 0, len(s.resources) > 0 && len(s.notResources) > 0:
			return errMalformedPolicy("Syntax errors in policy.")
		case len(s.resources) == 0 && len(s.notResources) == 0:
			return errMalformedPolicy("Policy statement must contain resources.")
		case !sidPattern.MatchString(s.sid):
			return errMalformedPolicy("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
		case s.sid != "" && sids[s.sid]:
			return errMalformedPolicy("Statement IDs (SID) in a single policy must be unique.")
		}
		sids[s.sid] = true
		for _, a := range slices.Concat(s.actions, s.notActions) {
			if err := checkAction(a); err != nil {
				return err
			}
		}
		for _, res := range slices.Concat(s.resources, s.notResources) {
			if err := checkResource(res); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkAction(a string) error {
	if a == "*" {
		return nil
	}
	vendor, name, ok := strings.Cut(a, ":")
	if !ok {
		return errMalformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
	}
	if !vendorPattern.MatchString(vendor) {
		return errMalformedPolicy("Vendor %s is not valid", vendor)
	}
	if strings.Contains(name, ":") {
		return errMalformedPolicy("Actions/Condition can contain only one colon.")
	}
	if !actionPattern.MatchString(name) {
		return errMalformedPolicy("Syntax errors in policy.")
	}
	return nil
}

// checkResource checks the form of a resource: "*" or six parts of an ARN.
func checkResource(res string) error {
	if res == "*" {
		return nil
	}
	parts := strings.SplitN(res, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return errMalformedPolicy(`Resource %s must be in ARN format or "*".`, res)
	}
	if !strings.ContainsAny(parts[1], "*?") && !strings.HasPrefix(parts[1], "aws") {
		return errMalformedPolicy(`Partition "%s" is not valid for resource "%s".`, parts[1], res)
	}
	if parts[2] != "*" && !vendorPattern.MatchString(parts[2]) {
		return errMalformedPolicy("Resource vendor must be fully qualified and cannot contain regexes.")
	}
	if parts[2] == "iam" && parts[3] != "" && parts[3] != "*" {
		return errMalformedPolicy("IAM resource %s cannot contain region information.", res)
	}
	return nil
}

// size counts a policy's characters without white space, which is how IAM
// measures it against its quotas (IAM quotas).
func size(policy string) int {
	n := 0
	for _, c := range policy {
		if !unicode.IsSpace(c) {
			n++
		}
	}
	return n
}
