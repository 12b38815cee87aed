package grants

import (
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// verdict is what is proven of a condition, from now on. The list of proofs is short on purpose: what is not proven
// may hold, and may not.
type verdict uint8

const (
	maybe verdict = iota
	never
	always
)

// alwaysThere are the keys that IAM documents as part of every signed request.
var alwaysThere = []string{
	"aws:currenttime", "aws:epochtime", "aws:securetransport",
	"aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid",
}

// facts are what is known of every request that the identity makes.
type facts struct {
	now time.Time
	// account is the identity's own, and empty where it is not known.
	account string
}

// judge says what is proven of a condition whose terms all have to hold:
//   - a limit in time that has passed, since time does not turn back
//   - the account of the identity, and that it is no service of AWS
//   - a key that has to be absent and is in every request, or that another term asks a value of
//   - a value that has to be, and must not be
//   - StringLike "*" that lets a request without the key pass
//
// How IAM reads an empty list of values is not documented, so it proves nothing.
func (f facts) judge(terms []iampolicy.Term) verdict {
	all := always
	for _, t := range terms {
		switch f.term(t) {
		case never:
			return never
		case maybe:
			all = maybe
		}
		if len(terms) <= maxTerms && slices.ContainsFunc(terms, func(other iampolicy.Term) bool { return contradict(t, other) }) {
			return never
		}
	}
	return all
}

func (f facts) term(t iampolicy.Term) verdict {
	if len(t.Values) == 0 {
		return maybe
	}
	if t.OnTime() && t.Operator != "null" {
		return f.time(t)
	}
	switch {
	case t.Operator == "null" && slices.Contains(alwaysThere, t.Key):
		return holds(slices.ContainsFunc(t.Values, func(v string) bool { return strings.EqualFold(v, "false") }))
	case t.Key == "aws:principalaccount" && f.account != "":
		return known(t, f.account)
	case t.Key == "aws:principalisawsservice":
		return known(t, "false")
	case t.Operator == "stringlike" && t.Skippable() && slices.Contains(t.Values, "*"):
		return always
	}
	return maybe
}

func holds(yes bool) verdict {
	if yes {
		return always
	}
	return never
}

// known judges a term on a key whose value is known.
func known(t iampolicy.Term, value string) verdict {
	if slices.ContainsFunc(t.Values, func(v string) bool { return strings.Contains(v, "${") }) {
		return maybe
	}
	operator := strings.Replace(t.Operator, "not", "", 1)
	var match func(string) bool
	switch operator {
	case "stringequals":
		match = func(v string) bool { return v == value }
	case "stringequalsignorecase", "bool":
		match = func(v string) bool { return strings.EqualFold(v, value) }
	case "stringlike":
		match = func(v string) bool { return actions.Match(v, value) }
	default:
		return maybe
	}
	return holds(slices.ContainsFunc(t.Values, match) == (operator == t.Operator))
}

// time judges a limit in time. A value that is now counts as neither passed nor to come.
func (f facts) time(t iampolicy.Term) verdict {
	instants, ok := t.Instants()
	if !ok || f.now.IsZero() {
		return maybe
	}
	first, last := slices.MinFunc(instants, time.Time.Compare), slices.MaxFunc(instants, time.Time.Compare)
	operator := strings.TrimPrefix(strings.TrimPrefix(t.Operator, "date"), "numeric")
	switch {
	case t.Skippable() && !strings.HasPrefix(operator, "greaterthan"):
		return maybe
	case strings.HasPrefix(operator, "greaterthan") && first.Before(f.now),
		operator == "greaterthanequals" && first.Equal(f.now),
		operator == "notequals" && last.Before(f.now):
		return always
	case strings.HasPrefix(operator, "lessthan") && last.Before(f.now),
		operator == "lessthan" && last.Equal(f.now),
		operator == "equals" && last.Before(f.now):
		return never
	}
	return maybe
}

// manyValued are the global keys that a request has several values of.
var manyValued = []string{"aws:tagkeys", "aws:calledvia", "aws:principalorgpaths", "aws:resourceorgpaths", "aws:principalservicenameslist"}

// contradict tells whether no request can pass both terms.
func contradict(a, b iampolicy.Term) bool {
	if a.Key != b.Key || !asks(a) || len(a.Values) == 0 {
		return false
	}
	switch b.Operator {
	case "null": // the key has to be absent
		return len(b.Values) > 0 && !slices.ContainsFunc(b.Values, func(v string) bool { return !strings.EqualFold(v, "true") })
	case "stringnotequals":
		return a.Operator == "stringequals" && strings.HasPrefix(a.Key, "aws:") && !slices.Contains(manyValued, a.Key) && !a.ForAnyValue && !b.ForAnyValue && !b.ForAllValues &&
			!slices.ContainsFunc(a.Values, func(v string) bool { return !slices.Contains(b.Values, v) || strings.Contains(v, "${") })
	}
	return false
}

// asks tells whether only a request with one of the values passes the term.
func asks(t iampolicy.Term) bool {
	return !t.Skippable() && t.Operator != "null" && !strings.Contains(t.Operator, "not")
}

// narrowing is what a condition limits the requests to, beyond when, from where and by whom they are made.
type narrowing uint8

const (
	// toTargets: to some of the resources, or to some ways of using them, such as aws:ResourceTag or kms:ViaService.
	toTargets narrowing = 1 << iota
	// toContents: to what the request itself says, which its author chooses, such as aws:RequestTag.
	toContents
)

// circumstances are keys of services that, like most that start with aws:, do not say what a request is about.
var circumstances = []string{
	"s3:authtype", "s3:signatureversion", "s3:signatureage", "s3:tlsversion", "kms:calleraccount", "ec2:sourceinstancearn",
	"ec2:roledelivery", "sts:externalid", "sts:rolesessionname", "sts:sourceidentity", "lambda:sourcefunctionarn", "ssm:sourceinstancearn", "ecs:cluster",
}

// passedToKey names the service that a role is passed to. It is in every such request, so IfExists changes nothing.
const passedToKey = "iam:passedtoservice"

// narrows says what a term limits requests to. Only a term counts that asks for named values: one that excludes values,
// or lets a request without the key pass, leaves open everything else.
func narrows(t iampolicy.Term) narrowing {
	if t.Key == passedToKey || !asks(t) || slices.ContainsFunc(t.Values, leavesOpen(t.Key)) || len(t.Values) == 0 {
		return 0
	}
	switch t.Operator {
	case "stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike":
	default:
		return 0
	}
	switch {
	case strings.HasPrefix(t.Key, "aws:resourcetag/"):
		return toTargets
	case strings.HasPrefix(t.Key, "aws:requesttag/"), t.Key == "aws:tagkeys":
		return toContents
	case strings.HasPrefix(t.Key, "aws:"), slices.Contains(circumstances, t.Key):
		return 0
	}
	return toTargets
}

// leavesOpen returns a function that tells whether a value for a key leaves open everything, or the worst.
func leavesOpen(key string) func(string) bool {
	return func(value string) bool {
		switch {
		case allWild(value), strings.HasPrefix(value, "arn:") && wide(value):
			return true
		case key == "iam:policyarn":
			return slices.ContainsFunc(administratorPolicies, func(name string) bool {
				return strings.HasSuffix(value, ":policy/"+name) || actions.Match(value, "arn:aws:iam::aws:policy/"+name)
			})
		case key == passedToKey:
			return actions.Match(value, "any-service.amazonaws.com")
		}
		return false
	}
}

// administratorPolicies are AWS's own that make an administrator of whoever has them.
var administratorPolicies = []string{"AdministratorAccess", "IAMFullAccess"}

// allWild tells whether a text has nothing but wildcards and what separates the parts of an ARN.
func allWild(value string) bool { return strings.Trim(value, "*?/:") == "" }

// passedTo gives the services that a term lets roles be passed to, and whether it limits them.
func passedTo(t iampolicy.Term) (services []string, ok bool) {
	if t.Key != passedToKey || t.ForAllValues || strings.Contains(t.Operator, "not") || !strings.HasPrefix(t.Operator, "string") ||
		len(t.Values) == 0 || slices.ContainsFunc(t.Values, leavesOpen(passedToKey)) {
		return nil, false
	}
	return t.Values, true
}

// inverse is what a Deny on the condition asks of a request that is to pass: of one term that excludes values, which also
// holds for a request without the key, that the key has one of them.
func inverse(terms []iampolicy.Term) (iampolicy.Term, bool) {
	if len(terms) != 1 || terms[0].ForAllValues || terms[0].ForAnyValue {
		return iampolicy.Term{}, false
	}
	t := terms[0]
	operator := strings.Replace(t.Operator, "not", "", 1)
	t.IfExists = false
	t.Operator, operator = operator, t.Operator
	return t, t.Operator != operator
}

// implies tells whether each request that passes one of the terms of have passes t.
func implies(have []iampolicy.Term, t iampolicy.Term) bool {
	return slices.ContainsFunc(have, func(h iampolicy.Term) bool {
		if h.Key != t.Key || h.Operator != t.Operator || h.ForAnyValue != t.ForAnyValue || h.ForAllValues != t.ForAllValues || h.IfExists && !t.IfExists {
			return false
		}
		few, many := h.Values, t.Values
		if strings.Contains(t.Operator, "not") {
			few, many = many, few
		}
		if len(few)*len(many) > maxPairs {
			return slices.Equal(few, many)
		}
		return !slices.ContainsFunc(few, func(v string) bool { return !slices.Contains(many, v) })
	})
}
