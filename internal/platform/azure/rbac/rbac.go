// Package rbac is what roles of Azure let an identity do: which of it is dangerous, and what a change gains. Pure.
package rbac

import (
	"regexp"
	"slices"
	"strings"
)

// Role is what a role definition grants.
type Role struct {
	Name        string
	Permissions []Permission
}

// Permission grants its actions but for those that it leaves out. What one leaves out, another can grant. Texts are patterns,
// in which * is any text; letter case does not count.
type Permission struct{ Actions, NotActions, DataActions, NotDataActions []string }

// Reach is how much a scope holds, the least first.
type Reach int

// The reaches of scopes. Management groups hold subscriptions, and so reach as far for what is judged here.
const (
	ReachResource Reach = iota
	ReachResourceGroup
	ReachSubscription
)

// Assignment is a role at a scope.
type Assignment struct {
	Role  Role
	Scope string
	Reach Reach
	// Condition narrows it, in a way that is not judged; empty for none.
	Condition string
}

// AssignmentReach is the reach of a scope.
func AssignmentReach(scope string) Reach {
	parts := strings.Split(strings.Trim(strings.ToLower(scope), "/"), "/")
	switch {
	case parts[0] != "subscriptions" || len(parts) <= 2:
		return ReachSubscription
	case len(parts) <= 4:
		return ReachResourceGroup
	}
	return ReachResource
}

// matches tells whether an action fits a pattern.
func matches(pattern, action string) bool {
	if !strings.Contains(pattern, "*") {
		return strings.EqualFold(pattern, action)
	}
	parts := strings.Split(strings.ToLower(pattern), "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(strings.ToLower(action))
}

func anyMatches(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, action) })
}

// allows tells whether a role grants an action of the control plane, and by which pattern.
func (r Role) allows(action string) (pattern string, ok bool) {
	return r.grants(action, func(p Permission) ([]string, []string) { return p.Actions, p.NotActions })
}

// allowsData does the same for an action of the data plane.
func (r Role) allowsData(action string) (pattern string, ok bool) {
	return r.grants(action, func(p Permission) ([]string, []string) { return p.DataActions, p.NotDataActions })
}

func (r Role) grants(action string, of func(Permission) (granted, left []string)) (string, bool) {
	for _, permission := range r.Permissions {
		granted, left := of(permission)
		i := slices.IndexFunc(granted, func(pattern string) bool { return matches(pattern, action) })
		if i >= 0 && !anyMatches(left, action) {
			return granted[i], true
		}
	}
	return "", false
}

// The levels of access, the gravest first.
const (
	LevelPermissions = "Permissions management"
	LevelWrite       = "Write"
	LevelRead        = "Read"
)

// Level is the gravest that a role grants.
func (r Role) Level() string {
	if _, ok := r.allows(assignRoles); ok {
		return LevelPermissions
	}
	for _, permission := range r.Permissions {
		for _, pattern := range slices.Concat(permission.Actions, permission.DataActions) {
			if !strings.HasSuffix(strings.ToLower(pattern), "/read") {
				return LevelWrite
			}
		}
	}
	return LevelRead
}
