package grants

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// Class is a kind of danger in what an identity may do.
type Class string

// The classes, the worst first. An administrator has all the others too.
const (
	// Administrator is whoever has all of IAM on every resource, and so can give itself what it lacks.
	Administrator Class = "administrator"
	// PrivilegeEscalation is a known path to rights that were not granted.
	PrivilegeEscalation Class = "privilege_escalation"
	// PassRoleUnrestricted passes any role to any service.
	PassRoleUnrestricted Class = "pass_role_unrestricted"
	// PermissionsManagement changes who may do what, on resources of any name.
	PermissionsManagement Class = "permissions_management"
	// CredentialExposure gets credentials of others.
	CredentialExposure Class = "credential_exposure" //nolint:gosec // a class, no credential
	// DataExfiltration reads or opens data of any name.
	DataExfiltration Class = "data_exfiltration"
	// ServiceWildcard has every action of a service, also those that AWS adds later.
	ServiceWildcard Class = "service_wildcard"
	// ResourceWildcardWrite writes to resources of any name, though AWS lets the statement name them.
	ResourceWildcardWrite Class = "resource_wildcard_write"
)

// Classes are all of them, in order.
var Classes = []Class{
	Administrator, PrivilegeEscalation, PassRoleUnrestricted, PermissionsManagement,
	CredentialExposure, DataExfiltration, ServiceWildcard, ResourceWildcardWrite,
}

// Danger is something that an identity should not be able to do, or only for a reason.
type Danger struct {
	Class Class
	// Path names a way of privilege escalation by its actions, joined by " + "; it is empty for the other classes.
	Path string
	// Actions make the danger. Those that AWS's table does not know have no level.
	Actions []actions.Action
	// Sources are where they are granted, without repetition.
	Sources []Source
	// Grants are all that grants them, from whichever statement: the actions are within their patterns.
	Grants []Grant
	// Conditioned says that it holds under conditions only, none of which limits it to fewer things.
	Conditioned bool
	// Why and Remedy are a sentence each: what is dangerous, and what to write instead.
	Why, Remedy string
}

// Classify finds what is dangerous in what an identity may do, by class and then in the order of the policies. A grant
// counts where it reaches resources of any name: a pattern whose name starts with text, such as role/app-*, is taken for
// a convention. A condition takes a grant out of a danger only where it asks for named values of what is acted upon;
// or where a Deny excludes all other values. When, from where and by whom something is done makes no difference.
func Classify(s *Set) []Danger { return classify(s, false) }

// Outline finds the dangers that Classify finds, without Actions, Why and Remedy, and names but the first value of a
// statement that grants one. Where wildcards stand for thousands of actions, it takes a small part of the time.
func Outline(s *Set) []Danger { return classify(s, true) }

func classify(s *Set, outline bool) []Danger {
	if s.Empty() {
		return nil
	}
	known := load()
	c := classifier{catalogue: known, view: view{set: s}, outline: outline, found: make([][]Access, len(known.watched)), asked: make([]bool, len(known.watched))}
	c.skip()
	c.administrator()
	c.escalation()
	c.passRole()
	c.exposure(CredentialExposure, known.credentials, credentialRemedy)
	c.exposure(DataExfiltration, known.exfiltration, resourceRemedy)
	c.statements()
	slices.SortStableFunc(c.dangers, func(a, b Danger) int {
		return cmp.Compare(slices.Index(Classes, a.Class), slices.Index(Classes, b.Class))
	})
	if outline {
		for i := range c.dangers {
			d := &c.dangers[i]
			d.Actions, d.Why, d.Remedy, d.Sources = nil, "", "", onePerStatement(d.Sources)
		}
	}
	return c.dangers
}

type classifier struct {
	*catalogue
	view
	// outline says that a danger need only be found, and not be told.
	outline bool
	// found remembers what is granted of the watched actions.
	found   [][]Access
	asked   []bool
	dangers []Danger
	visits  visits
}

// onePerStatement leaves the first source of each statement. Those of one statement come together.
func onePerStatement(sources []Source) []Source {
	return slices.CompactFunc(sources, func(a, b Source) bool {
		a.Action, b.Action = "", ""
		return a == b
	})
}

// skip answers for the watched actions of services that no statement is about.
func (c *classifier) skip() {
	mentioned := make([]bool, len(c.watched))
	for i := range c.set.allow {
		services := c.set.allow[i].services
		if services == nil {
			return
		}
		for _, service := range services {
			for _, w := range c.byService[service] {
				mentioned[w] = true
			}
		}
	}
	for i, is := range mentioned {
		c.asked[i] = !is
	}
}

// granted is what is granted of a watched action, without what a condition limits to some targets.
func (c *classifier) granted(i int) []Access {
	if !c.asked[i] {
		c.asked[i] = true
		for _, a := range c.of(c.watched[i].Service, c.watched[i].Name) {
			if a.narrowed&toTargets == 0 {
				c.found[i] = append(c.found[i], a)
			}
		}
	}
	return c.found[i]
}

// best picks the access that fits, one without conditions before one with them.
func best(accesses []Access, fits func(*Access) bool) *Access {
	var found *Access
	for i := range accesses {
		if a := &accesses[i]; (found == nil || found.Conditioned && !a.Conditioned) && fits(a) {
			found = a
		}
	}
	return found
}

// add notes a danger that the chosen accesses make.
func (c *classifier) add(d Danger, chosen ...*Access) {
	for _, a := range chosen {
		d.Sources = addSource(d.Sources, a.Source)
	}
	c.dangers = append(c.dangers, d)
}

// Grant is a pattern of actions and patterns of resources, both as a statement has them: what a condition, a Deny or a
// boundary takes away is still in it.
type Grant struct {
	// Action is "*" where a statement has NotAction.
	Action    string
	Resources []string
}

// addGrant adds what a statement grants by one value of its Action, once. Of too many, everything stands for all; an
// outline has none.
func (c *classifier) addGrant(grants []Grant, from *statement, value string) []Grant {
	if c.outline {
		return nil
	}
	if from.not {
		value = "*"
	}
	same := func(g Grant) bool { return g.Action == value && slices.Equal(g.Resources, from.resources) }
	switch last := len(grants) - 1; {
	case last >= 0 && same(grants[last]), len(grants) > maxTerms, slices.ContainsFunc(grants, same):
		return grants
	case len(grants) == maxTerms:
		return append(grants, Grant{Action: "*", Resources: []string{"*"}})
	}
	return append(grants, Grant{Action: value, Resources: from.resources})
}

// addSource adds a source once. What comes from one statement comes together.
func addSource(sources []Source, s Source) []Source {
	if last := len(sources) - 1; last >= 0 && sources[last] == s || len(sources) >= maxTerms || slices.Contains(sources, s) {
		return sources
	}
	return append(sources, s)
}

// administrator finds the statements that allow all of IAM, by a wildcard or by leaving out others. What is denied of it
// matters only where nothing is left that grants rights.
func (c *classifier) administrator() {
	for i := range c.set.allow {
		from := &c.set.allow[i]
		if !from.not && !slices.ContainsFunc(from.actions, func(p pattern) bool { return p.wholeService() && actions.Match(p.service, "iam") }) {
			continue
		}
		for _, name := range granting {
			everywhere := func(a *Access) bool {
				return a.narrowed&toTargets == 0 && slices.ContainsFunc(a.Resources, func(p string) bool { return everythingOf("iam", p) })
			}
			if a := best(c.access(nil, i, "iam", name), everywhere); a != nil {
				var whole []Grant
				for _, p := range from.actions {
					whole = c.addGrant(whole, from, p.text)
				}
				all := from.not || slices.ContainsFunc(from.actions, pattern.all)
				c.add(Danger{Class: Administrator, Conditioned: a.Conditioned, Grants: whole, Why: administratorWhy(from.not, all), Remedy: administratorRemedy}, a)
				break
			}
		}
	}
}

// passRole finds where any role can be passed to any service.
func (c *classifier) passRole() {
	for _, a := range c.granted(c.pass) {
		if len(a.passes) == 0 && c.reaches(&a, c.pass) {
			c.add(Danger{
				Class: PassRoleUnrestricted, Conditioned: a.Conditioned, Actions: []actions.Action{c.watched[c.pass]},
				Grants: c.addGrant(nil, a.from, a.Source.Action),
				Why:    "It passes any role to any service, and so lets whoever may start something there act with the most powerful role.", Remedy: passRoleRemedy,
			}, &a)
		}
	}
}

// exposure finds what gives data or credentials away, once for each statement.
func (c *classifier) exposure(class Class, table []exposedAction, remedy func(actions.Action) string) {
	found := map[*statement]*Danger{}
	for _, e := range table {
		accesses, last := c.granted(e.index), (*statement)(nil)
		for i := range accesses {
			a := &accesses[i]
			if a.from == last || !c.reaches(a, e.index) {
				continue
			}
			last = a.from
			d, ok := found[a.from]
			if !ok {
				d = &Danger{Class: class, Conditioned: true, Why: sentence(e.action, e.why), Remedy: remedy(c.watched[e.index])}
				found[a.from] = d
			}
			d.Conditioned = d.Conditioned && a.Conditioned
			d.Actions, d.Sources = append(d.Actions, c.watched[e.index]), addSource(d.Sources, a.Source)
			d.Grants = c.addGrant(d.Grants, a.from, a.Source.Action)
		}
	}
	for i := range c.set.allow {
		if d, ok := found[&c.set.allow[i]]; ok {
			if len(d.Actions) > 1 {
				d.Why = strings.TrimSuffix(d.Why, ".") + "; the like goes for " + list(d.Actions[1:]) + "."
			}
			c.dangers = append(c.dangers, *d)
		}
	}
}
