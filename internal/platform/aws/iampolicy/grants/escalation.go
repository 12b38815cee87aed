package grants

import (
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// escalation finds the known paths that are open.
func (c *classifier) escalation() {
	open := map[int]bool{}
	for i := range c.ways {
		w := &c.ways[i]
		// What is made and then used needs no path of its own where one of its actions is enough.
		if w.bounded && !c.set.bounded || w.makes && slices.ContainsFunc(w.needs, func(need int) bool { return open[need] }) {
			continue
		}
		chosen, grants := c.choose(w)
		if chosen == nil {
			continue
		}
		if len(w.needs) == 1 {
			open[w.needs[0]] = true
		}
		d := Danger{Class: PrivilegeEscalation, Path: w.name, Grants: grants, Why: sentence(w.name, w.why)}
		if !c.outline {
			d.Remedy = c.escalationRemedy(w)
		}
		for k, need := range w.needs {
			d.Actions = append(d.Actions, c.watched[need])
			d.Conditioned = d.Conditioned || chosen[k].Conditioned
		}
		c.add(d, chosen...)
	}
}

// choose picks an access for each action of a way, or none at all. The grants are those of all that would do as well.
func (c *classifier) choose(w *way) (chosen []*Access, grants []Grant) {
	for k, need := range w.needs {
		accesses := c.granted(need)
		fits := func(a *Access) bool { return c.reaches(a, need) }
		switch {
		case w.passing && k == 0:
			fits = func(a *Access) bool { return c.reaches(a, need) && a.passesTo(w.to) }
		case w.passing && len(accesses) == 0:
			accesses = c.of(c.watched[need].Service, c.watched[need].Name)
			fallthrough
		case w.passing:
			fits = func(a *Access) bool { return a.appliesTo(c.watched[need].Service, c.targets[need].arn) }
		case w.makes:
			fits = func(a *Access) bool {
				return a.appliesTo("iam", c.targets[need].arn) && (k == 0 || meet(chosen[0].Resources, a.Resources))
			}
		}
		a := best(accesses, fits)
		if a == nil {
			return nil, nil
		}
		for i := range accesses {
			if fits(&accesses[i]) {
				grants = c.addGrant(grants, accesses[i].from, accesses[i].Source.Action)
			}
		}
		chosen = append(chosen, a)
	}
	return chosen, grants
}

// meet tells whether some resource matches a pattern of both lists.
func meet(a, b []string) bool {
	return len(a)*len(b) > maxPairs || slices.ContainsFunc(a, func(p string) bool {
		return slices.ContainsFunc(b, func(q string) bool { return overlap(p, q) })
	})
}

// passesTo tells whether a role can be passed to one of the services.
func (a *Access) passesTo(services string) bool {
	for _, allowed := range a.passes {
		if !slices.ContainsFunc(allowed, func(value string) bool {
			return slices.ContainsFunc(strings.Fields(services), func(service string) bool {
				return actions.Match(value, service+".amazonaws.com") || actions.Match(value, service+".amazonaws.com.cn") || strings.Contains(value, "${")
			})
		}) {
			return false
		}
	}
	return true
}
