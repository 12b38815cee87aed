package grants

import (
	"encoding/binary"
	"slices"
)

// view answers for one action after the other. It remembers what is left of the resources of a statement, since the same
// Deny statements mostly concern many actions alike.
type view struct {
	set *Set
	// extents has what is left by the indices of the statements that decide it, which key collects.
	extents map[string]*extent
	key     []byte
	// work is what comparing patterns took so far, in characters by characters.
	work int
}

// extent is what is left of the resources of a statement that allows.
type extent struct {
	resources, except []string
	guards            []string
	narrowed          narrowing
	passes            [][]string
	// wide remembers by service and pattern whether it reaches resources of any name.
	wide map[[2]string]bool
}

// maxWork bounds the work of one view. What is beyond it is not compared, and stays allowed.
const maxWork = 1 << 28

// affords tells whether patterns may be compared, each of a with each of b.
func (v *view) affords(a, b []string) bool {
	size := func(patterns []string) (n int) {
		for _, p := range patterns {
			n += len(p) + 1
		}
		return n
	}
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	if cost := size(a) * size(b); cost <= maxWork-v.work {
		v.work += cost
		return true
	}
	return false
}

func (v *view) of(service, name string) []Access {
	var out []Access
	for i := range v.set.allow {
		out = v.access(out, i, service, name)
	}
	return out
}

// access appends what the statement that allows, by its index, leaves of an action.
func (v *view) access(out []Access, index int, service, name string) []Access {
	s, from := v.set, &v.set.allow[index]
	pattern, ok := from.matches(service, name)
	if !ok {
		return out
	}
	about := func(of []statement) {
		for i := range of {
			if of[i].isAbout(service, name) {
				v.key = binary.AppendUvarint(v.key, uint64(i)+1)
			}
		}
		v.key = append(v.key, 0)
	}
	v.key = append(binary.AppendVarint(v.key[:0], int64(index)+1), 0)
	about(s.deny)
	about(s.guard)
	left := v.left(from, service, name)
	if len(left.resources) == 0 {
		return out
	}
	a := Access{
		Resources: left.resources, Except: left.except, Conditioned: len(from.limits) > 0 || len(left.guards) > 0, Source: from.source,
		from: from, on: left, limits: from.limits, guards: left.guards, narrowed: from.narrowed | left.narrowed, passes: slices.Concat(from.passes, left.passes),
	}
	a.Source.Action = pattern
	if !s.bounded {
		return append(out, a)
	}
	start := len(v.key)
	for i := range s.boundary {
		if b := &s.boundary[i]; b.isAbout(service, name) {
			v.key = binary.AppendUvarint(v.key[:start], uint64(i)+1)
			if bounded, ok := v.within(a, b); ok {
				out = append(out, bounded)
			}
		}
	}
	return out
}

// left is what the Deny statements that the key names leave.
func (v *view) left(from *statement, service, name string) *extent {
	if found := v.extents[string(v.key)]; found != nil {
		return found
	}
	e := &extent{resources: from.resources, except: from.notResources}
	for i := range v.set.deny {
		d := &v.set.deny[i]
		switch {
		case !d.isAbout(service, name):
		case d.notResources == nil:
			e.except = append(slices.Clip(e.except), d.resources...)
		case v.affords(e.resources, d.notResources): // it denies all but those
			e.resources = intersect(e.resources, d.notResources)
		}
	}
	if v.affords(e.resources, e.except) {
		e.resources = without(e.resources, e.except)
	}
	for i := range v.set.guard {
		g := &v.set.guard[i]
		if len(g.limits) > 0 && g.isAbout(service, name) && (!v.affords(g.resources, e.resources) || g.touches(e.resources)) {
			e.guards = append(e.guards, g.text)
			if len(g.notResources) == 0 && v.affords(g.resources, e.resources) && len(without(e.resources, g.resources)) == 0 {
				e.narrowed |= g.narrowed
				e.passes = append(e.passes, g.passes...)
			}
		}
	}
	return v.remember(e)
}

func (v *view) remember(e *extent) *extent {
	if v.extents == nil {
		v.extents = map[string]*extent{}
	}
	v.extents[string(v.key)] = e
	return e
}

// within is what a statement of the boundary leaves.
func (v *view) within(a Access, b *statement) (Access, bool) {
	e := v.extents[string(v.key)]
	if e == nil {
		e = &extent{resources: a.Resources, except: a.Except}
		if v.affords(e.resources, b.resources) {
			e.resources = intersect(e.resources, b.resources)
		}
		if len(b.notResources) > 0 {
			e.except = append(slices.Clip(e.except), b.notResources...)
			if v.affords(e.resources, e.except) {
				e.resources = without(e.resources, e.except)
			}
		}
		v.remember(e)
	}
	a.Resources, a.Except, a.on = e.resources, e.except, e
	if len(b.limits) > 0 {
		a.limits = slices.Concat(a.limits, b.limits)
		a.Conditioned = true
	}
	a.narrowed |= b.narrowed
	a.passes = slices.Concat(a.passes, b.passes)
	return a, len(a.Resources) > 0
}
