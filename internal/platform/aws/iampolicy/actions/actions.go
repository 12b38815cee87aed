// Package actions knows the services of AWS, their actions, and what AWS says of each: its access level, and whether it
// can be granted on anything narrower than every resource. The table is embedded and comes from a published dataset
// (Source); AWS adds actions daily, so one that is not in it may still exist.
//
// Nothing is decoded before the first use, and names are cut out of the embedded text without being copied.
package actions

import (
	"strings"
	"unicode/utf8"
)

// Level is AWS's access level of an action. The zero Level is none of them.
type Level uint8

// The access levels, the more specific of two where AWS gives both: tagging and permissions management also write.
const (
	List Level = iota + 1
	Read
	Write
	Tagging
	PermissionsManagement
)

var levelNames = [...]string{"unknown", "List", "Read", "Write", "Tagging", "Permissions management"}

// String is the level as AWS writes it.
func (l Level) String() string {
	if int(l) >= len(levelNames) {
		l = 0
	}
	return levelNames[l]
}

// Action is something that a policy can allow or deny.
type Action struct {
	// Service is the prefix that policies write, in lower case, such as iam; Name has AWS's own case.
	Service, Name string
	Level         Level
	// WildcardOnly says that the action supports no resource-level permissions, so that a statement can grant it on "*"
	// only.
	WildcardOnly bool
}

// String is the action as a policy writes it.
func (a Action) String() string { return a.Service + ":" + a.Name }

// Lookup finds one action, ignoring case as IAM does.
func Lookup(service, name string) (Action, bool) { return load().lookup(service, name) }

// Known tells whether a service has any action in the table, ignoring case.
func Known(service string) bool {
	_, ok := load().services[lower(service)]
	return ok
}

// Services lists the prefixes of all services, in order. The result is shared and must not be changed.
func Services() []string { return load().names }

// All lists every action, by service and then by name ignoring case. The result is shared and must not be changed.
func All() []Action { return load().actions }

// Expand lists what an element of Action stands for, in the order of All: * is any text and ? one character, on either
// side of the colon, ignoring case. A text that is no pattern of actions, such as one without a colon that is not "*",
// stands for nothing. The result may be shared and must not be changed.
func Expand(pattern string) []Action { return load().expand(pattern) }

// Match tells whether a text matches a pattern with IAM's wildcards, * for any text and ? for one character, ignoring
// the case of ASCII letters. It takes time linear in the product of the lengths, and no memory.
func Match(pattern, text string) bool {
	head, rest, ok := strings.Cut(pattern, "*")
	if !ok {
		return len(text) == len(pattern) && starts(text, pattern)
	}
	if !starts(text, head) {
		return false
	}
	text = text[len(head):]
	tail := rest[strings.LastIndexByte(rest, '*')+1:]
	if len(text) < len(tail) || !starts(text[len(text)-len(tail):], tail) {
		return false
	}
	text = text[:len(text)-len(tail)]
	for between := rest[:len(rest)-len(tail)]; between != ""; {
		var part string
		part, between, _ = strings.Cut(between, "*")
		for !starts(text, part) {
			if len(text) <= len(part) {
				return false
			}
			text = text[1:]
		}
		text = text[len(part):]
	}
	return true
}

// starts tells whether a text begins with a pattern that has no *.
func starts(text, pattern string) bool {
	if len(text) < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		if pattern[i] != '?' && folded[pattern[i]] != folded[text[i]] {
			return false
		}
	}
	return true
}

// folded has every byte with A to Z in lower case. Package strings folds more than IAM does, such as the Kelvin sign to
// a k.
var folded = func() (all [256]byte) {
	for i := range all {
		all[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			all[i] += 'a' - 'A'
		}
	}
	return all
}()

func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			return rune(folded[r])
		}
		return r
	}, text)
}

// compareFold orders texts by their bytes, ignoring case.
func compareFold(a, b string) int {
	for i := range min(len(a), len(b)) {
		if x, y := folded[a[i]], folded[b[i]]; x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}
