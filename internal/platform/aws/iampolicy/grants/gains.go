package grants

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// GainKind says in what an identity gains.
type GainKind uint8

// The kinds of gains.
const (
	// Granted is an action that was not allowed on anything.
	Granted GainKind = iota
	// Widened is an action that was allowed on less.
	Widened
	// Freed is an action that was allowed on as much, but under conditions that are gone or changed.
	Freed
)

// Gain is what a change newly allows of one service and access level.
type Gain struct {
	Kind GainKind
	// Services has more than one only where Whole. It is nil for all of AWS.
	Services []string
	// Whole says that every action of the services is gained, of whatever level.
	Whole bool
	// Level is the highest of the actions: permissions management, then Write, Tagging, Read and List.
	Level   actions.Level
	Actions []actions.Action
	// Resources and Except are patterns as in Access.
	Resources, Except []string
	Conditioned       bool
	Sources           []Source
}

// Gains says what the new set allows that the old one does not, the gravest level first. It says more rather than less:
// what cannot be proven to have been allowed before is a gain.
func Gains(old, now *Set) []Gain {
	same := alike(old.deny, now.deny) && alike(old.guard, now.guard) && old.bounded == now.bounded && alike(old.boundary, now.boundary)
	var visited visits
	before, after := view{set: old}, view{set: now}
	g := gathering{old: &before, covers: map[[2]*extent][]leaving{}, groups: map[string]*group{}}
	for i := range now.allow {
		from := &now.allow[i]
		again := func(s statement) bool { return alike([]statement{s}, now.allow[i:i+1]) }
		if same && slices.ContainsFunc(old.allow, again) || slices.ContainsFunc(now.allow[:min(i, maxTerms)], again) {
			continue
		}
		var scratch [4]Access
		visited.each(from, now.size()+old.size(), func(a actions.Action) bool {
			accesses := after.access(scratch[:0], i, a.Service, a.Name)
			if len(accesses) == 0 {
				return true
			}
			had := before.of(a.Service, a.Name)
			for k := range accesses {
				g.compare(a, had, &accesses[k])
			}
			return true
		})
	}
	return g.gains()
}

// alike compares statements without where they stand.
func alike(a, b []statement) bool {
	return slices.EqualFunc(a, b, func(x, y statement) bool {
		x.source, y.source = Source{}, Source{}
		// What mostly differs is asked first, since DeepEqual takes long.
		return slices.Equal(x.resources, y.resources) && slices.Equal(x.actions, y.actions) && reflect.DeepEqual(x, y)
	})
}

// gathering puts together the actions that are gained in the same way.
type gathering struct {
	old    *view
	covers map[[2]*extent][]leaving
	groups map[string]*group
	order  []*group
}

type group struct {
	gain Gain
	seen map[[2]string]bool
}

// compare notes what an access allows beyond those before it.
func (g *gathering) compare(a actions.Action, had []Access, now *Access) {
	var gained []string
	kind := Freed
	free, cover := make([]bool, len(had)), make([][]leaving, len(had))
	for i := range had {
		free[i], cover[i] = had[i].conditionsWithin(now), g.cover(had[i].on, now.on)
	}
	for r, resource := range now.Resources {
		allowed, under := false, false
		for i := range had {
			switch l := cover[i][r]; {
			case !l.covered:
			case !free[i]:
				under = true
			case len(l.extra) > 0:
				gained, allowed, kind = append(gained, l.extra...), true, Widened
			default:
				allowed = true
			}
		}
		if allowed {
			continue
		}
		if gained = append(gained, resource); !under {
			kind = Widened
		}
	}
	if len(gained) == 0 {
		return
	}
	if len(had) == 0 {
		kind = Granted
	}
	slices.Sort(gained)
	g.note(a, Gain{Kind: kind, Resources: slices.Compact(gained), Except: now.Except, Conditioned: now.Conditioned}, now.Source)
}

// leaving tells whether a resource was within reach, and what of it was excepted that is not any more.
type leaving struct {
	covered bool
	extra   []string
}

// cover compares what was within reach with each resource that is now, once for all actions that have both.
func (g *gathering) cover(had, now *extent) []leaving {
	pair := [2]*extent{had, now}
	if found, ok := g.covers[pair]; ok {
		return found
	}
	out := make([]leaving, len(now.resources))
	if g.old.affords(now.resources, slices.Concat(had.resources, had.except)) && g.old.affords(now.except, had.except) {
		for i, resource := range now.resources {
			out[i].covered = coveredByAny(had.resources, resource)
			for _, except := range had.except {
				if out[i].covered && overlap(except, resource) && !coveredByAny(now.except, except) {
					out[i].extra = append(out[i].extra, except)
				}
			}
		}
	}
	g.covers[pair] = out
	return out
}

// conditionsWithin tells whether each condition of an access is also one of now.
func (a *Access) conditionsWithin(now *Access) bool {
	if len(a.limits) > maxTerms {
		return slices.EqualFunc(a.limits, now.limits, func(x, y iampolicy.Term) bool { return reflect.DeepEqual(x, y) })
	}
	return !slices.ContainsFunc(a.limits, func(t iampolicy.Term) bool { return !implies(now.limits, t) }) &&
		!slices.ContainsFunc(a.guards, func(guard string) bool { return !slices.Contains(now.guards, guard) })
}

func (g *gathering) note(a actions.Action, gain Gain, source Source) {
	key := strings.Join(slices.Concat([]string{string(rune('0' + gain.Kind))}, gain.Resources, []string{"\x00"}, gain.Except), "\x01")
	if gain.Conditioned {
		key += "\x02"
	}
	in, ok := g.groups[key]
	if !ok {
		in = &group{gain: gain, seen: map[[2]string]bool{}}
		g.groups[key], g.order = in, append(g.order, in)
	}
	if id := [2]string{a.Service, a.Name}; !in.seen[id] {
		in.seen[id] = true
		in.gain.Actions = append(in.gain.Actions, a)
	}
	in.gain.Sources = addSource(in.gain.Sources, source)
}

// gains splits the groups by service and level.
func (g *gathering) gains() []Gain {
	var out []Gain
	for _, in := range g.order {
		out = append(out, in.split()...)
	}
	slices.SortStableFunc(out, func(a, b Gain) int {
		return cmp.Or(
			cmp.Compare(rank(a.Level), rank(b.Level)), cmp.Compare(len(b.Services), len(a.Services)), -compareBool(a.Whole, b.Whole),
			slices.Compare(a.Services, b.Services), slices.Compare(a.Resources, b.Resources), cmp.Compare(a.Kind, b.Kind),
		)
	})
	return out
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// rank orders levels, the gravest first.
func rank(l actions.Level) int {
	return slices.Index([]actions.Level{actions.PermissionsManagement, actions.Write, actions.Tagging, actions.Read, actions.List, 0}, l)
}

// gravest is the level by which several actions are ordered.
func gravest(of []actions.Action) actions.Level {
	return slices.MinFunc(of, func(a, b actions.Action) int { return cmp.Compare(rank(a.Level), rank(b.Level)) }).Level
}

// manyServices is from how many services on they are counted instead of named.
const manyServices = 4

func (in *group) split() []Gain {
	byService := map[string][]actions.Action{}
	for _, a := range in.gain.Actions {
		byService[a.Service] = append(byService[a.Service], a)
	}
	var out []Gain
	all := in.gain
	all.Whole, all.Actions, all.Services = true, nil, nil
	services := slices.Sorted(maps.Keys(byService))
	var wholes []string
	for _, service := range services {
		if len(byService[service]) == len(actions.Expand(service+":*")) {
			wholes = append(wholes, service)
		}
	}
	if len(wholes) < manyServices {
		// The only action of a service is named.
		wholes = slices.DeleteFunc(wholes, func(service string) bool { return len(byService[service]) == 1 })
	}
	for _, service := range services {
		if !slices.Contains(wholes, service) {
			out = append(out, in.levels(service, byService[service])...)
		}
	}
	if len(wholes) < manyServices {
		for _, service := range wholes {
			one := all
			one.Services, one.Actions, one.Level = []string{service}, byService[service], gravest(byService[service])
			out = append(out, one)
		}
		return out
	}
	for _, service := range wholes {
		all.Actions = append(all.Actions, byService[service]...)
	}
	all.Level = gravest(all.Actions)
	if len(all.Actions) < len(actions.All()) {
		all.Services = wholes
	}
	return append(out, all)
}

func (in *group) levels(service string, of []actions.Action) []Gain {
	var out []Gain
	for _, level := range []actions.Level{actions.PermissionsManagement, actions.Write, actions.Tagging, actions.Read, actions.List, 0} {
		one := in.gain
		one.Services, one.Level, one.Actions = []string{service}, level, nil
		for _, a := range of {
			if a.Level == level {
				one.Actions = append(one.Actions, a)
			}
		}
		if len(one.Actions) > 0 {
			out = append(out, one)
		}
	}
	return out
}
