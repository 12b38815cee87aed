package iampolicy

import (
	"fmt"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// UnknownAction is a value of Action or NotAction that stands for no action of AWS's table. IAM takes it all the same.
type UnknownAction struct {
	// Statement counts from 0. SID may be empty.
	Statement int
	SID       string
	Effect    Effect
	// Element is Action or NotAction.
	Element, Value string
	// Service says that the table does not know the service either.
	Service bool
	// Nearest is what may have been meant, the service alone where nothing is near to the rest, or empty.
	Nearest string
}

// String names the value and where it stands, and says what it does and what may have been meant.
func (u UnknownAction) String() string {
	sid, what, meant := "", "no action that is known", ""
	if u.SID != "" {
		sid = fmt.Sprintf(" (Sid %q)", u.SID)
	}
	switch {
	case u.Service:
		service, _, _ := strings.Cut(u.Value, ":")
		what = "of no service that is known: " + quote(service)
	case strings.ContainsAny(u.Value, "*?"):
		what = "a pattern of no action that is known"
	}
	if u.Nearest != "" {
		meant = fmt.Sprintf("; did you mean %q?", u.Nearest)
	}
	return fmt.Sprintf("statement %d%s, %s %s is %s, and so %s%s", u.Statement+1, sid, u.Element, quote(u.Value), what, u.effect(), meant)
}

// effect is what the value does while AWS does not know it.
func (u UnknownAction) effect() string {
	switch {
	case u.Element == "NotAction" && u.Effect == Deny:
		return "spares nothing from being denied"
	case u.Element == "NotAction":
		return "leaves nothing out of what is allowed"
	case u.Effect == Deny:
		return "denies nothing"
	}
	return "allows nothing"
}

// mostNearest is for how many values of one document something near is looked for.
const mostNearest = 32

// UnknownActions are those of a document, in its order. Each value is there once.
func UnknownActions(d Document) []UnknownAction {
	var found []UnknownAction
	seen := map[string]bool{}
	for i, s := range d.Statements {
		for _, element := range []struct {
			name   string
			values []string
		}{{"Action", s.Action}, {"NotAction", s.NotAction}} {
			for _, value := range element.values {
				service, _, ok := strings.Cut(value, ":")
				if !ok || seen[value] {
					continue
				}
				seen[value] = true
				if len(actions.Expand(value)) > 0 {
					continue
				}
				u := UnknownAction{Statement: i, SID: s.SID, Effect: s.Effect, Element: element.name, Value: value}
				u.Service = !strings.ContainsAny(service, "*?") && !actions.Known(service)
				if len(found) < mostNearest {
					u.Nearest = nearestAction(value)
				}
				found = append(found, u)
			}
		}
	}
	return found
}

// longestAction is above the length of any action of AWS. What is longer is near to nothing.
const longestAction = 128

// nearestAction is the known action, or the pattern of known actions, that is nearest to a value, or empty. Where the
// service is known, it is one of that service, or of the only other one that has an action of the name. Where only the
// service is near to one, it is that.
func nearestAction(value string) string {
	service, name, _ := strings.Cut(value, ":")
	if len(value) > longestAction || strings.ContainsAny(service, "*?") {
		return ""
	}
	services := []string{service}
	if !actions.Known(service) {
		services = nearestServices(service)
	}
	for _, of := range services {
		if pattern := of + ":" + name; len(actions.Expand(pattern)) > 0 {
			return canonical(pattern)
		}
	}
	for _, of := range services {
		if near := nearestName(of, name); near != "" {
			return near
		}
	}
	if elsewhere := withName(name); elsewhere != "" {
		return elsewhere
	}
	if len(services) > 0 && services[0] != service {
		return services[0]
	}
	return ""
}

// canonical writes a single action as AWS does.
func canonical(pattern string) string {
	if of := actions.Expand(pattern); len(of) == 1 && !strings.ContainsAny(pattern, "*?") {
		return of[0].String()
	}
	return pattern
}

// reach is how far off a word of some length may be: the shorter it is, the more words are near by chance.
func reach(length int) int { return min(3, length/3) }

// nearestServices are the services whose prefixes are nearest, all equally.
func nearestServices(service string) []string {
	var found []string
	best := reach(len(service))
	for _, known := range actions.Services() {
		if abs(len(known)-len(service)) > best {
			continue
		}
		switch distance := governance.EditDistance(service, known); {
		case distance < best:
			best, found = distance, []string{known}
		case distance == best && best > 0:
			found = append(found, known)
		}
	}
	return found
}

// nearestName is the nearest action of a service; of a pattern that begins with text, that beginning of actions, at the
// end of a word, which is nearest.
func nearestName(service, name string) string {
	text, rest := name, ""
	if wildcard := strings.IndexAny(name, "*?"); wildcard >= 0 {
		text, rest = name[:wildcard], name[wildcard:]
	}
	nearest, best := "", reach(len(text))+1
	for _, action := range actions.Expand(service + ":*") {
		for end := max(len(text)-best+1, 1); end < len(text)+best && end <= len(action.Name); end++ {
			if rest == "" && end < len(action.Name) || end < len(action.Name) && !upper(action.Name[end]) {
				continue
			}
			candidate := service + ":" + action.Name[:end] + rest
			if distance := governance.EditDistance(text, action.Name[:end]); distance < best && (rest == "" || len(actions.Expand(candidate)) > 0) {
				nearest, best = candidate, distance
			}
		}
	}
	return nearest
}

// withName is the only action of that name in any service.
func withName(name string) string {
	found := ""
	for _, service := range actions.Services() {
		if action, ok := actions.Lookup(service, name); ok {
			if found != "" {
				return ""
			}
			found = action.String()
		}
	}
	return found
}

func upper(c byte) bool { return 'A' <= c && c <= 'Z' }

func abs(n int) int { return max(n, -n) }
