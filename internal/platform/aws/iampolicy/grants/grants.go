// Package grants says what the policies of an identity let it do, what a change newly lets it do, and which of it is
// dangerous and why. Everything here is a pure function of the policies, the table of actions and a time that comes in.
//
// The answer errs on one side: what an identity may do in some circumstances counts as allowed. A condition narrows a
// grant and never removes it, unless it provably cannot hold; a Deny with a condition removes nothing, unless it provably
// always holds. Resource patterns are compared as texts, and where one cannot be proven to lie within the other, what is
// allowed stays. Policies that are not the identity's own are left out: those of resources, of organisations and of
// sessions.
package grants

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// Kind says how a policy belongs to an identity.
type Kind uint8

// The kinds of policies that an identity has.
const (
	Inline Kind = iota
	CustomerManaged
	AWSManaged
	Boundary
)

// String is the kind in words.
func (k Kind) String() string {
	return [...]string{"inline policy", "managed policy", "AWS managed policy", "permissions boundary"}[k]
}

// Policy is one policy of an identity.
type Policy struct {
	Kind Kind
	// Name is that of an inline policy, and the ARN or the name of a managed one.
	Name     string
	Document iampolicy.Document
}

// Identity is what decides together what an identity may do.
type Identity struct {
	// ARN is the identity's own, to recognise what it can do to itself. It may be empty.
	ARN string
	// Policies grant, in any order. Those of a user's groups are among them.
	Policies []Policy
	// Boundary limits what they grant. It is nil where there is none.
	Boundary *Policy
}

// Source is where a policy grants something.
type Source struct {
	Kind   Kind
	Policy string
	// Statement counts from 0. SID may be empty.
	Statement int
	SID       string
	// Action is the value in Action that grants it, as it is written, or NotAction where everything but that is granted.
	Action string
}

// String names the source for a message.
func (s Source) String() string {
	sid := ""
	if s.SID != "" {
		sid = fmt.Sprintf(" (Sid %q)", s.SID)
	}
	return fmt.Sprintf("%s %q, statement %d%s, %s", s.Kind, s.Policy, s.Statement+1, sid, s.Action)
}

// Access is what one statement grants of one action.
type Access struct {
	// Resources are patterns of what the action is allowed on, and Except of what it is not allowed on all the same.
	Resources, Except []string
	// Conditioned says that a condition narrows it, of the statement itself, of the boundary or of a Deny. A limit in
	// time alone does not count.
	Conditioned bool
	Source      Source

	from   *statement
	on     *extent
	limits []iampolicy.Term
	// guards are the conditions of what denies it now and then, in a form that can be compared.
	guards   []string
	narrowed narrowing
	// passes are lists of services, of each of which one has to be the service that a role is passed to.
	passes [][]string
}

// Set is what an identity may do. The zero Set is nothing. Wildcards are kept as they are and not expanded.
type Set struct {
	allow, deny, guard, boundary []statement
	bounded                      bool
	// self are ARNs of the identity and of its own managed policies.
	self []string
}

// New works out what an identity may do from now on. A zero time proves nothing of limits in time.
func New(identity Identity, now time.Time) *Set {
	s := &Set{}
	f := facts{now: now, account: accountOf(identity.ARN)}
	if identity.ARN != "" {
		s.self = append(s.self, identity.ARN)
	}
	for _, policy := range identity.Policies {
		if policy.Kind == CustomerManaged && strings.HasPrefix(policy.Name, "arn:") {
			s.self = append(s.self, policy.Name)
		}
		s.allow = append(s.allow, s.read(policy, f)...)
	}
	if identity.Boundary != nil {
		s.bounded, s.boundary = true, s.read(*identity.Boundary, f)
	}
	if slices.ContainsFunc(s.deny, statement.everything) {
		s.allow = nil
	}
	return s
}

// read returns what a policy allows, and notes what it denies.
func (s *Set) read(policy Policy, f facts) (allow []statement) {
	for i, raw := range policy.Document.Statements {
		terms := raw.Condition.Terms()
		proven := f.judge(terms)
		switch {
		case proven == never:
		case raw.Effect == iampolicy.Allow:
			allow = append(allow, newStatement(policy, i, raw, terms))
		case proven == always:
			s.deny = append(s.deny, newStatement(policy, i, raw, nil))
		default:
			s.guard = append(s.guard, newStatement(policy, i, raw, terms))
		}
	}
	return allow
}

func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

// Empty tells whether nothing is allowed at all. It is false where only a boundary, or several Deny statements together,
// leave nothing.
func (s *Set) Empty() bool { return len(s.allow) == 0 || s.bounded && len(s.boundary) == 0 }

// Of says what is granted of an action, in the order of the policies and their statements. The table of actions need not
// know it.
func (s *Set) Of(service, name string) []Access {
	v := view{set: s}
	return v.of(service, name)
}

// visits counts the actions that were looked at on behalf of wildcards.
type visits int

// longResource is how many characters of resources take about as long as a further statement.
const longResource = 128

// each calls yield for every action that an allowing statement grants, in the order of the table, until it says false. An action that the
// table does not know comes by the name that the policy gives it. Once there were too many, patterns come as they are
// instead of what they stand for, with a wildcard in the name.
func (v *visits) each(from *statement, against int, yield func(actions.Action) bool) {
	long := 0
	for _, resource := range from.resources {
		long += len(resource)
	}
	against += long / longResource
	if from.not {
		if *v += visits(len(actions.All()) * against); *v > maxVisits {
			yield(actions.Action{Service: "*", Name: "*"})
			return
		}
		for _, a := range actions.All() {
			if _, ok := from.matches(a.Service, a.Name); ok && !yield(a) {
				return
			}
		}
		return
	}
	for i, p := range from.actions {
		expanded := actions.Expand(p.text)
		if *v += visits(len(expanded) * against); *v > maxVisits || len(expanded) == 0 && p.literal() {
			if !yield(actions.Action{Service: p.service, Name: p.name}) {
				return
			}
			continue
		}
		for _, a := range expanded {
			// Where patterns overlap, the first one that matches has it.
			again := func(q pattern) bool { return q.matches(a.Service, a.Name) }
			if !slices.ContainsFunc(from.actions[:min(i, maxTerms)], again) && !yield(a) {
				return
			}
		}
	}
}

// size is how many statements an action is held against.
func (s *Set) size() int { return 1 + len(s.allow) + len(s.deny) + len(s.guard) + len(s.boundary) }

// NamesIdentities tells whether what a policy lets an identity do can depend on which one it is, within an account:
// whether a pattern of resources, but for "*", can match roles, users or policies of IAM.
func NamesIdentities(d iampolicy.Document) bool {
	return slices.ContainsFunc(d.Statements, func(s iampolicy.Statement) bool {
		named := func(p string) bool { return p != "*" && among("arn:*:iam::*:*", p) }
		return slices.ContainsFunc(s.Resource, named) || slices.ContainsFunc(s.NotResource, named)
	})
}
