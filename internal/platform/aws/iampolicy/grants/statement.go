package grants

import (
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// statement is one of a policy's, taken apart.
type statement struct {
	source  Source
	actions []pattern
	// services are those of the patterns, in lower case. It is nil where the statement is about others too.
	services []string
	// byService has the indices of many patterns by their service, in lower case. It is nil for few, and where one is for
	// any service.
	byService map[string][]int
	// not says that the statement is about every action but those.
	not bool
	// resources is "*" where the statement has NotResource.
	resources, notResources []string
	// limits are the terms of the condition without those on time.
	limits []iampolicy.Term
	// narrowed and passes are what the condition limits requests to; of a Deny, what it limits those to that pass.
	narrowed narrowing
	passes   [][]string
	// text is what the statement says of resources and conditions, to compare those of one Deny with those of another.
	text string
}

// manyPatterns is from how many on an index of them pays.
const manyPatterns = 32

// pattern is a value of Action or NotAction.
type pattern struct {
	text, service, name string
	// everything and oneService say that it stands for every action, and that it names its service.
	everything, oneService bool
}

func newStatement(policy Policy, index int, raw iampolicy.Statement, terms []iampolicy.Term) statement {
	s := statement{
		source:    Source{Kind: policy.Kind, Policy: policy.Name, Statement: index, SID: raw.SID},
		resources: raw.Resource, notResources: raw.NotResource, not: raw.NotAction != nil,
	}
	if len(s.resources) == 0 && (raw.NotResource != nil || raw.Effect == iampolicy.Allow) {
		s.resources = []string{"*"}
	}
	for _, text := range slices.Concat(raw.Action, raw.NotAction) {
		p := pattern{text: text, service: "*", name: "*"}
		service, name, ok := strings.Cut(text, ":")
		switch {
		case ok:
			p.service, p.name = service, name
		case !allStars(text):
			p.service, p.name = "", "" // IAM takes no other text without a colon
		}
		p.everything, p.oneService = allStars(p.service) && allStars(p.name), !strings.ContainsAny(p.service, "*?")
		s.actions = append(s.actions, p)
	}
	s.services = servicesOf(s.actions)
	if s.services != nil && len(s.actions) >= manyPatterns {
		s.byService = make(map[string][]int, len(s.services))
		for i, p := range s.actions {
			service := strings.ToLower(p.service)
			s.byService[service] = append(s.byService[service], i)
		}
	}
	if s.not {
		s.services = nil
	}
	for _, t := range terms {
		if t.OnTime() {
			continue
		}
		s.limits = append(s.limits, t)
		s.narrowed |= narrows(t)
		if services, ok := passedTo(t); ok {
			s.passes = append(s.passes, services)
		}
	}
	if raw.Effect == iampolicy.Deny && len(s.limits) > 0 {
		s.narrowed, s.passes = 0, nil
		if t, ok := inverse(terms); ok {
			s.narrowed = narrows(t)
			if services, ok := passedTo(t); ok {
				s.passes = [][]string{services}
			}
		}
		alike := iampolicy.Document{Statements: []iampolicy.Statement{{
			Effect: iampolicy.Deny, Action: []string{"*"}, Resource: raw.Resource, NotResource: raw.NotResource, Condition: raw.Condition,
		}}}
		s.text = alike.JSON()
	}
	return s
}

// servicesOf are the services of patterns, or nil where a pattern does not name one.
func servicesOf(patterns []pattern) []string {
	var out []string
	for _, p := range patterns {
		if !p.oneService {
			return nil
		}
		if service := strings.ToLower(p.service); !slices.Contains(out, service) {
			out = append(out, service)
		}
	}
	return out
}

func allStars(text string) bool { return text != "" && strings.Trim(text, "*") == "" }

// literal tells whether the pattern names one action.
func (p pattern) literal() bool { return p.name != "" && !strings.ContainsAny(p.text, "*?") }

func (p pattern) matches(service, name string) bool {
	if p.everything || p.oneService && len(p.service) != len(service) {
		return p.everything
	}
	return (p.service == service || actions.Match(p.service, service)) && actions.Match(p.name, name)
}

// all tells whether the pattern stands for every action of every service.
func (p pattern) all() bool { return p.everything }

// wholeService tells whether the pattern stands for every action of a service, those that AWS adds later too.
func (p pattern) wholeService() bool { return allWild(p.name) && strings.Contains(p.name, "*") }

// matches tells whether the statement is about an action, and which of its values says so.
func (s *statement) matches(service, name string) (value string, ok bool) {
	if s.services != nil && len(s.services) < maxTerms && !slices.Contains(s.services, service) && !slices.ContainsFunc(s.services, func(of string) bool { return actions.Match(of, service) }) {
		return "", false
	}
	if s.byService != nil {
		for _, i := range s.byService[strings.ToLower(service)] {
			if actions.Match(s.actions[i].name, name) {
				return s.actions[i].text, !s.not
			}
		}
		return "NotAction", s.not
	}
	for i := range s.actions {
		if s.actions[i].matches(service, name) {
			return s.actions[i].text, !s.not
		}
	}
	return "NotAction", s.not
}

func (s *statement) isAbout(service, name string) bool {
	_, ok := s.matches(service, name)
	return ok
}

// mentions tells whether the statement is about actions of a service.
func (s *statement) mentions(service string) bool {
	return s.not || slices.ContainsFunc(s.actions, func(p pattern) bool { return actions.Match(p.service, service) })
}

// everything tells whether the statement is about every action on every resource.
func (s statement) everything() bool {
	return !s.not && slices.ContainsFunc(s.actions, pattern.all) && len(s.notResources) == 0 && slices.ContainsFunc(s.resources, allStars)
}

// touches tells whether the statement is about some of the resources.
func (s *statement) touches(resources []string) bool {
	left := without(resources, s.notResources)
	return slices.ContainsFunc(s.resources, func(mine string) bool {
		return slices.ContainsFunc(left, func(theirs string) bool { return overlap(mine, theirs) })
	})
}
