package iampolicy

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// entries are the actions that let somebody in; sts:TagSession and the like only go with them.
var entries = []string{"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"}

// Trustees are those whom a trust policy lets use the role, which is in the given account: in the order of the document,
// without repetition. What a Deny for everybody takes away is left out, so a closed trust lets nobody in. Conditions on
// the time say when and not who, and are ignored.
func Trustees(d Document, account string) []governance.Trustee {
	var found []governance.Trustee
	narrowed := slices.ContainsFunc(d.Statements, func(s Statement) bool { return s.Effect == Deny && !s.refusesAll() })
	for _, s := range d.Statements {
		if s.Effect != Allow || !slices.ContainsFunc(entries, func(entry string) bool { return s.covers(entry) && !d.refuses(entry) }) {
			continue
		}
		for _, trustee := range s.trustees(account) {
			trustee.Conditioned = trustee.Conditioned || narrowed
			if !slices.ContainsFunc(found, func(other governance.Trustee) bool { return reflect.DeepEqual(other, trustee) }) {
				found = append(found, trustee)
			}
		}
	}
	return found
}

// refuses tells whether nobody can take an action, whatever else the document says.
func (d Document) refuses(action string) bool {
	return slices.ContainsFunc(d.Statements, func(s Statement) bool { return s.Effect == Deny && s.refusesAll() && s.covers(action) })
}

// refusesAll tells whether a Deny is for everybody and always.
func (s Statement) refusesAll() bool {
	return len(s.Condition) == 0 && s.Principal != nil && (s.Principal.Any || slices.Contains(s.Principal.AWS, "*"))
}

// covers tells whether the statement is about an action.
func (s Statement) covers(action string) bool {
	matches := func(pattern string) bool { return globFold(pattern, action) }
	if s.NotAction != nil {
		return !slices.ContainsFunc(s.NotAction, matches)
	}
	return slices.ContainsFunc(s.Action, matches)
}

func (s Statement) trustees(account string) []governance.Trustee {
	anyone := governance.Trustee{Kind: governance.TrusteeAnyone, Name: "*", External: true}
	var found []governance.Trustee
	add := func(trustee governance.Trustee, issuer string) {
		found = append(found, s.Condition.narrow(trustee, issuer))
	}
	switch {
	case s.Principal == nil: // An Allow with NotPrincipal is for everybody else.
		add(anyone, "")
		return found
	case s.Principal.Any:
		add(anyone, "")
	}
	for _, name := range s.Principal.AWS {
		if name == "*" {
			add(anyone, "")
		} else {
			add(awsTrustee(name, account), "")
		}
	}
	for _, name := range s.Principal.Service {
		add(governance.Trustee{Kind: governance.TrusteeService, Name: name}, "")
	}
	for _, name := range s.Principal.Federated {
		trustee, issuer := federatedTrustee(name, account)
		add(trustee, issuer)
	}
	for _, name := range s.Principal.CanonicalUser {
		add(governance.Trustee{Kind: governance.TrusteeUnknown, Name: name}, "")
	}
	return found
}

// trusteeARN takes the ARN of a principal apart: its account, its kind and the rest.
var trusteeARN = regexp.MustCompile(`^arn:[^:]+:(?:iam|sts)::([0-9]{12}):([a-z-]+)(?:/(.+))?$`)

// awsTrustee reads a principal of the type AWS. IAM writes a principal that is gone as the unique id that it had.
func awsTrustee(name, account string) governance.Trustee {
	if accountID.MatchString(name) {
		return governance.Trustee{Kind: governance.TrusteeAccount, Name: name, Account: name, External: name != account}
	}
	trustee := governance.Trustee{Kind: governance.TrusteeUnknown, Name: name}
	parts := trusteeARN.FindStringSubmatch(name)
	if parts == nil {
		return trustee
	}
	trustee.Account, trustee.External = parts[1], parts[1] != account
	switch kind, rest := parts[2], parts[3]; {
	case kind == "root" && rest == "":
		trustee.Kind, trustee.Name = governance.TrusteeAccount, trustee.Account
	case rest == "":
	case kind == "role", kind == "assumed-role":
		trustee.Kind = governance.TrusteeRole
	case kind == "user", kind == "federated-user":
		trustee.Kind = governance.TrusteeUser
	}
	return trustee
}

// federatedTrustee reads a principal of the type Federated. The issuer is what the condition keys of its tokens start
// with.
func federatedTrustee(name, account string) (trustee governance.Trustee, issuer string) {
	parts := trusteeARN.FindStringSubmatch(name)
	switch {
	case parts == nil && strings.Contains(name, ".") && !strings.Contains(name, ":"):
		// A public issuer that IAM knows by itself, such as accounts.google.com.
		return governance.Trustee{Kind: governance.TrusteeWebIdentity, Name: name}, name
	case parts == nil || parts[3] == "":
		return governance.Trustee{Kind: governance.TrusteeUnknown, Name: name}, ""
	}
	trustee = governance.Trustee{Kind: governance.TrusteeUnknown, Name: name, Account: parts[1], External: parts[1] != account}
	switch parts[2] {
	case "oidc-provider":
		trustee.Kind, trustee.Name = governance.TrusteeWebIdentity, parts[3]
		return trustee, parts[3]
	case "saml-provider":
		trustee.Kind = governance.TrusteeSAML
		return trustee, "SAML"
	}
	return trustee, ""
}

// narrow adds what the condition asks of a trustee.
func (c Condition) narrow(trustee governance.Trustee, issuer string) governance.Trustee {
	for _, operator := range sortedKeys(c) {
		for _, key := range sortedKeys(c[operator]) {
			values := c[operator][key]
			positive, like, skippable := matchesText(operator)
			switch name := lower(key); {
			case name == lower(currentTimeKey), name == lower(epochTimeKey):
			case positive && like && slices.Contains(values, "*"):
				// It lets everything pass, but for a request without the key.
				trustee.Subjects, trustee.Audiences = wildcard(trustee.Subjects, name, issuer, ":sub"), wildcard(trustee.Audiences, name, issuer, ":aud")
			case positive && !skippable && name == "sts:externalid":
				trustee.ExternalID = true
			case positive && !skippable && name == "aws:principalorgid" && len(values) == 1:
				trustee.Organization = values[0]
			case positive && !skippable && issuer != "" && name == lower(issuer)+":sub":
				trustee.Subjects = append(trustee.Subjects, values...)
			case positive && !skippable && issuer != "" && name == lower(issuer)+":aud":
				trustee.Audiences = append(trustee.Audiences, values...)
			case !skippable:
				trustee.Conditioned = true
			}
		}
	}
	return trustee
}

func wildcard(have []string, key, issuer, claim string) []string {
	if issuer == "" || key != lower(issuer)+claim {
		return have
	}
	return append(have, "*")
}

// matchesText tells whether an operator asks for one of its values, whether they can have wildcards, and whether a request
// without the key passes it all the same, as it passes ForAllValues and IfExists.
func matchesText(operator string) (positive, like, skippable bool) {
	base, q := splitOperator(operator)
	like = equalFold(base, "StringLike")
	positive = like || equalFold(base, "StringEquals") || equalFold(base, "StringEqualsIgnoreCase")
	return positive, like, q.forAllValues || q.ifExists
}
