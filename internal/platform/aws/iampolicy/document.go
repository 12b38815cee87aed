// Package iampolicy reads, checks, compares, time-boxes and writes AWS IAM
// policy documents. Everything here is a pure function: no network, no files,
// no clock. Times come in as arguments and no function changes its arguments.
//
// The rules follow the IAM User Guide, above all "Grammar of the IAM JSON
// policy language", "IAM JSON policy elements" and "Condition operators".
package iampolicy

import (
	"maps"
	"slices"
)

// Effect says whether a statement grants or refuses. IAM compares it with case.
type Effect string

// The two effects that IAM knows.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// The versions of the policy language that IAM accepts. A document without a
// version is read by IAM as Version2008, in which policy variables are plain text.
const (
	Version2012 = "2012-10-17"
	Version2008 = "2008-10-17"
)

// Document is a parsed policy. An element that IAM lets be a scalar or a list
// is a list here. The order of statements and of list members is kept.
type Document struct {
	// Version is Version2012, Version2008 or empty when the text has none.
	Version string
	// ID is the optional Id element.
	ID string
	// Statements has at least one member in a document that Parse returned.
	Statements []Statement
}

// Statement is one statement of a policy. A nil list or pointer stands for an
// element that is absent.
type Statement struct {
	// SID is the optional Sid element.
	SID string
	// Effect is Allow or Deny.
	Effect Effect
	// Principal and NotPrincipal occur in resource policies such as trust policies.
	Principal, NotPrincipal *Principal
	// Exactly one of Action and NotAction is set, at most one of Resource and NotResource.
	Action, NotAction, Resource, NotResource []string
	// Condition is nil when the statement applies without conditions.
	Condition Condition
}

// Principal is who a statement is about.
type Principal struct {
	// Any is the bare "*". It stands for everybody and excludes the lists.
	Any bool
	// AWS has account ids, ARNs or "*"; Service has names such as
	// lambda.amazonaws.com; Federated has identity provider ARNs or names;
	// CanonicalUser has S3 canonical user ids.
	AWS, Service, Federated, CanonicalUser []string
}

// Condition maps an operator to a condition key to its values. Operators are
// ANDed, keys under an operator are ANDed, values under a key are ORed (for the
// negated operators, NORed). Boolean and number literals keep their text.
type Condition map[string]map[string][]string

func (d Document) clone() Document {
	out := d
	out.Statements = make([]Statement, len(d.Statements))
	for i, s := range d.Statements {
		out.Statements[i] = s.clone()
	}
	return out
}

func (s Statement) clone() Statement {
	s.Principal = s.Principal.clone()
	s.NotPrincipal = s.NotPrincipal.clone()
	s.Action = slices.Clone(s.Action)
	s.NotAction = slices.Clone(s.NotAction)
	s.Resource = slices.Clone(s.Resource)
	s.NotResource = slices.Clone(s.NotResource)
	s.Condition = s.Condition.clone()
	return s
}

func (p *Principal) clone() *Principal {
	if p == nil {
		return nil
	}
	return &Principal{
		Any:           p.Any,
		AWS:           slices.Clone(p.AWS),
		Service:       slices.Clone(p.Service),
		Federated:     slices.Clone(p.Federated),
		CanonicalUser: slices.Clone(p.CanonicalUser),
	}
}

func (c Condition) clone() Condition {
	if c == nil {
		return nil
	}
	out := make(Condition, len(c))
	for operator, keys := range c {
		copied := make(map[string][]string, len(keys))
		for key, values := range keys {
			copied[key] = slices.Clone(values)
		}
		out[operator] = copied
	}
	return out
}

// sortedKeys returns the keys of m in order, for output that does not vary.
func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
