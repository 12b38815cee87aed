package actions

import (
	_ "embed"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
)

// text is the table as `make actions` writes it: a service and a colon on a line, then its actions, each on a line with
// the letter of its access level, and a * after the letter where the action is WildcardOnly. Lines that start with # are
// comments. Services are sorted, and so are the actions of each, ignoring case. It is plain text so that an update can
// be reviewed line by line, and so that names need no memory of their own.
//
//go:embed actions.txt
var text string

// levels has the letters of the table.
var levels = [256]Level{'L': List, 'R': Read, 'W': Write, 'T': Tagging, 'P': PermissionsManagement}

var load = sync.OnceValue(func() *table {
	t, err := decode(text)
	if err != nil {
		panic("the embedded table of actions is damaged: " + err.Error()) // a test reads it
	}
	return t
})

// table is what is embedded, for use.
type table struct {
	actions []Action
	// services has the actions of each service, a part of actions; names has the services in order.
	services map[string][]Action
	names    []string
}

func decode(text string) (*table, error) {
	t := &table{services: map[string][]Action{}, actions: make([]Action, 0, strings.Count(text, "\n"))}
	start := 0
	finish := func() {
		if len(t.names) > 0 {
			t.services[t.names[len(t.names)-1]] = t.actions[start:len(t.actions):len(t.actions)]
		}
		start = len(t.actions)
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if service, ok := strings.CutSuffix(line, ":"); ok {
			if len(t.names) > 0 && service <= t.names[len(t.names)-1] {
				return nil, fmt.Errorf("line %d: service %q is out of order", number, service)
			}
			finish()
			t.names = append(t.names, service)
			continue
		}
		letter, name, ok := strings.Cut(line, " ")
		letter, wildcardOnly := strings.CutSuffix(letter, "*")
		if !ok || name == "" || len(letter) != 1 || levels[letter[0]] == 0 || len(t.names) == 0 {
			return nil, fmt.Errorf("line %d: %q is no action", number, line)
		}
		if len(t.actions) > start && compareFold(name, t.actions[len(t.actions)-1].Name) <= 0 {
			return nil, fmt.Errorf("line %d: action %q is out of order", number, name)
		}
		t.actions = append(t.actions, Action{
			Service: t.names[len(t.names)-1], Name: name, Level: levels[letter[0]], WildcardOnly: wildcardOnly,
		})
	}
	finish()
	t.actions = slices.Clip(t.actions)
	return t, nil
}

func (t *table) lookup(service, name string) (Action, bool) {
	if found := exact(t.services[lower(service)], name); len(found) > 0 {
		return found[0], true
	}
	return Action{}, false
}

func (t *table) expand(pattern string) []Action {
	service, name, ok := strings.Cut(pattern, ":")
	switch {
	case !ok:
		service, name = pattern, pattern
		if !allStars(pattern) {
			return nil
		}
	case !strings.ContainsAny(service, "*?"):
		return narrow(t.services[lower(service)], name)
	}
	if allStars(service) && allStars(name) {
		return t.actions
	}
	var found []Action
	for _, known := range t.names {
		if Match(service, known) {
			found = append(found, narrow(t.services[known], name)...)
		}
	}
	return found
}

// allStars recognises "*", also when it is written more than once.
func allStars(pattern string) bool { return pattern != "" && strings.Trim(pattern, "*") == "" }

// narrow takes from the actions of a service those whose names match. What starts with the same text lies together, so
// only a wildcard that is followed by something has to be tried on each name.
func narrow(of []Action, pattern string) []Action {
	wildcard := strings.IndexAny(pattern, "*?")
	if wildcard < 0 {
		return exact(of, pattern)
	}
	prefix, rest := pattern[:wildcard], pattern[wildcard:]
	start := func(i int) int { return compareFold(of[i].Name[:min(len(of[i].Name), len(prefix))], prefix) }
	from := sort.Search(len(of), func(i int) bool { return start(i) >= 0 })
	to := sort.Search(len(of), func(i int) bool { return start(i) > 0 })
	of = of[from:to:to]
	if allStars(rest) {
		return of
	}
	var found []Action
	for _, a := range of {
		if Match(rest, a.Name[len(prefix):]) {
			found = append(found, a)
		}
	}
	return found
}

// exact takes the action of that name, or none.
func exact(of []Action, name string) []Action {
	i, ok := slices.BinarySearchFunc(of, name, func(a Action, name string) int { return compareFold(a.Name, name) })
	if !ok {
		return nil
	}
	return of[i : i+1 : i+1]
}
