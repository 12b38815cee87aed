package grants

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// statements finds the dangers that lie in a single statement, whatever the actions. What is said twice is found once.
func (c *classifier) statements() {
	for i := range c.set.allow {
		from := &c.set.allow[i]
		c.serviceWildcards(i)
		again := func(s statement) bool { return alike([]statement{s}, c.set.allow[i:i+1]) }
		// Whether it was said before is asked last, since that takes the longest.
		if from.narrowed&toTargets != 0 || !slices.ContainsFunc(from.resources, wide) || slices.ContainsFunc(c.set.allow[:min(i, maxTerms)], again) {
			continue
		}
		c.levels(i)
	}
}

// levels finds what a statement changes on resources of any name.
func (c *classifier) levels(index int) {
	from := &c.set.allow[index]
	permissions := Danger{Class: PermissionsManagement, Conditioned: true}
	writes := Danger{Class: ResourceWildcardWrite, Conditioned: true}
	if !c.outline && (from.not || slices.ContainsFunc(from.actions, pattern.all)) {
		writes.Actions = make([]actions.Action, 0, len(actions.All())/2) // about as many write
	}
	note := func(d *Danger, a actions.Action, by *Access) {
		d.Actions = append(d.Actions, a)
		d.Conditioned = d.Conditioned && by.Conditioned
		d.Sources, d.Grants = addSource(d.Sources, by.Source), c.addGrant(d.Grants, from, by.Source.Action)
	}
	var scratch [4]Access
	found := func(d *Danger) bool { return len(d.Actions) > 0 && !d.Conditioned }
	c.visits.each(from, c.set.size()-len(c.set.allow), func(a actions.Action) bool {
		wildcard := strings.Contains(a.Name, "*") // of whatever level: there were too many to look at
		if a.Level < actions.Write && !wildcard {
			return true
		}
		by := best(c.access(scratch[:0], index, a.Service, a.Name), func(by *Access) bool {
			return by.narrowed&toTargets == 0 && (by.everywhere() || by.wideOn(a.Service, c.arns[[2]string{a.Service, a.Name}]))
		})
		if by == nil {
			return true
		}
		if a.Level == actions.PermissionsManagement || wildcard {
			note(&permissions, a, by)
		}
		if !a.WildcardOnly && by.narrowed == 0 && len(by.passes) == 0 {
			note(&writes, a, by)
		}
		return !c.outline || !found(&permissions) || !found(&writes)
	})
	if len(permissions.Actions) > 0 {
		permissions.Why = "It changes who may do what on resources of any name, by " + list(permissions.Actions) + "."
		permissions.Remedy = levelRemedy(permissions.Actions)
		c.dangers = append(c.dangers, permissions)
	}
	if len(writes.Actions) > 0 {
		writes.Why = "It changes resources of any name, those of others among them, by " + list(writes.Actions) + "."
		writes.Remedy = levelRemedy(writes.Actions)
		c.dangers = append(c.dangers, writes)
	}
}

// listed is how many actions a message names.
const listed = 3

// list names the first of several actions.
func list(of []actions.Action) string {
	names := make([]string, 0, listed)
	for _, a := range of[:min(len(of), listed)] {
		names = append(names, a.String())
	}
	text := strings.Join(names, ", ")
	if rest := len(of) - len(names); rest > 0 {
		text += fmt.Sprintf(" and %d more", rest)
	}
	return text
}

// serviceWildcards finds what stands for every action of a service, on whatever resources.
func (c *classifier) serviceWildcards(index int) {
	from := &c.set.allow[index]
	d := Danger{Class: ServiceWildcard, Conditioned: len(from.limits) > 0}
	add := func(value string, of []actions.Action) {
		source := from.source
		source.Action = value
		d.Sources, d.Grants = append(d.Sources, source), c.addGrant(d.Grants, from, value)
		if c.outline {
			return
		}
		if d.Actions == nil {
			d.Actions = slices.Clip(of)
		} else {
			d.Actions = append(d.Actions, of...)
		}
	}
	if from.not {
		if c.wildcardStays(index, "*", actions.All()) {
			add("NotAction", nil)
			d.Why = "NotAction allows every action of every other service, and those that AWS adds later."
			d.Remedy = "List in Action what the purpose needs; to take something away from that, use a Deny."
			c.dangers = append(c.dangers, d)
		}
		return
	}
	service := ""
	for i := range from.actions {
		p := &from.actions[i]
		if !p.wholeService() {
			continue
		}
		if of := actions.Expand(p.text); c.wildcardStays(index, p.service, of) {
			add(p.text, of)
			service = cmp.Or(service, p.service)
		}
	}
	if len(d.Sources) > 0 {
		if strings.ContainsAny(service, "*?") {
			service = "s3"
		}
		d.Why = "It allows every action of a service, those that delete and share among them, and those that AWS adds later."
		d.Remedy = fmt.Sprintf("List the actions that the purpose needs; a prefix such as %q is narrower too.", service+":Get*")
		c.dangers = append(c.dangers, d)
	}
}

// wildcardStays tells whether what is denied, and the boundary, leave a wildcard one: some of its actions are allowed,
// and the boundary has a wildcard as well.
func (c *classifier) wildcardStays(index int, service string, of []actions.Action) bool {
	if c.set.bounded && !slices.ContainsFunc(c.set.boundary, func(b statement) bool {
		if b.not {
			return slices.ContainsFunc(of, func(a actions.Action) bool { return b.isAbout(a.Service, a.Name) })
		}
		return slices.ContainsFunc(b.actions, func(p pattern) bool {
			return p.wholeService() && (actions.Match(p.service, service) || actions.Match(service, p.service))
		})
	}) {
		return false
	}
	var scratch [4]Access
	return slices.ContainsFunc(of, func(a actions.Action) bool { return len(c.access(scratch[:0], index, a.Service, a.Name)) > 0 })
}
