package rbac

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

const narrower = "Assign a role that has only what the purpose needs, at the resource that it is for: such as Storage Blob Data Reader at one container."

// Dangers finds what is dangerous in an assignment. What reaches one resource alone is dangerous only if it decides who
// has which role; keys and secrets are where they reach a whole resource group, and what Azure's roles grant for whole
// services is where it reaches a subscription. Attributes are the caller's.
func (a Assignment) Dangers() []governance.Danger {
	if a.administrates() {
		danger := a.danger(governance.RuleAdministrator, "whoever has it does everything there, and gives any role to anybody", narrower, "*")
		return []governance.Danger{danger}
	}
	var found []governance.Danger
	add := func(danger governance.Danger, ok bool) {
		if ok {
			found = append(found, danger)
		}
	}
	// A condition is how the assignment of roles is narrowed to some of them.
	if a.Reach > ReachResource && a.Condition == "" {
		add(a.ways(governance.RulePrivilegeEscalation, escalations, a.Role.allows, "Leave the action out, or assign the role at the one resource that it is for; where an identity has to assign roles, narrow that with a condition."))
	}
	add(a.ways(governance.RulePermissionsManagement, management, a.Role.allows, "Leave the action out, or narrow the assignment to the roles and principals that it is for with a condition."))
	if a.Reach > ReachResource {
		add(a.ways(governance.RuleCredentialExposure, exposures, a.Role.allows, "Sign in with Entra ID instead of keys, and assign a role for the data at the one resource."))
		add(a.ways(governance.RuleCredentialExposure, dataExposures, a.Role.allowsData, "Assign the role at the one key vault or secret that the identity needs."))
	}
	if a.Reach == ReachSubscription {
		add(a.ways(governance.RuleDataExfiltration, dataReads, a.Role.allowsData, narrower))
		found = append(found, a.wildcards()...)
	}
	return found
}

// administrates tells a role that allows everything, the assignment of roles too, from one that does for a single resource.
func (a Assignment) administrates() bool {
	pattern, ok := a.Role.allows(assignRoles)
	return ok && pattern == "*" && a.Reach > ReachResource
}

// danger is of the patterns of actions that make it.
func (a Assignment) danger(rule governance.Rule, why, remedy string, patterns ...string) governance.Danger {
	grant := fmt.Sprintf("the role %q at %s", a.Role.Name, a.Scope)
	if a.Condition != "" {
		grant += ", under a condition"
	}
	return governance.Danger{
		Rule: rule, Grant: grant, Why: why, Remedy: remedy,
		Grants: []governance.Grant{{Actions: slices.Compact(slices.Sorted(slices.Values(patterns))), Resources: []string{a.Scope}}},
	}
}

// mostWays is how many ways a message names.
const mostWays = 3

// ways makes one danger of all ways that a role opens. What only the action * opens counts where it reaches a subscription:
// in a resource group of its own, a deployer has Contributor.
func (a Assignment) ways(rule governance.Rule, all []way, allows func(string) (string, bool), remedy string) (governance.Danger, bool) {
	var whys, patterns []string
	for _, one := range all {
		open, opening := true, []string{}
		for _, action := range one.needs {
			pattern, ok := allows(action)
			open = open && ok && (pattern != "*" || a.Reach == ReachSubscription || action == assignRoles)
			opening = append(opening, pattern)
		}
		if why := one.why + " (" + strings.Join(one.needs, " with ") + ")"; open {
			whys, patterns = append(whys, why), append(patterns, opening...)
		}
	}
	if len(whys) == 0 {
		return governance.Danger{}, false
	}
	more := ""
	if len(whys) > mostWays {
		more, whys = fmt.Sprintf(", and has %d more such ways", len(whys)-mostWays), whys[:mostWays]
	}
	return a.danger(rule, "whoever has it "+strings.Join(whys, ", ")+more, remedy, patterns...), true
}

// wildcards finds what a role grants of whole services, and of everything.
func (a Assignment) wildcards() []governance.Danger {
	var services, everything, whole []string
	for _, permission := range a.Role.Permissions {
		for _, pattern := range permission.Actions {
			service, rest, _ := strings.Cut(pattern, "/")
			switch {
			case pattern == "*" || pattern == "*/write":
				everything = append(everything, pattern)
			case rest == "*" && !strings.Contains(service, "*") && !slices.Contains(services, service):
				services, whole = append(services, service), append(whole, pattern)
			}
		}
	}
	var found []governance.Danger
	if len(everything) > 0 {
		found = append(found, a.danger(governance.RuleResourceWildcardWrite, "whoever has it changes and deletes any resource of the subscription", narrower, everything...))
	}
	if len(services) > 0 {
		found = append(found, a.danger(governance.RuleServiceWildcard, "whoever has it uses all of "+governance.Enumerate(services)+" in the subscription", narrower, whole...))
	}
	return found
}

// Gains are what assignments allow beyond others, the gravest level first. One gains nothing that its role has at the same
// scope, or above it, already, unless another condition narrowed that.
func Gains(had, now []Assignment) []governance.Gain {
	var gains []governance.Gain
	for _, level := range []string{LevelPermissions, LevelWrite, LevelRead} {
		for _, one := range now {
			covered := slices.ContainsFunc(had, func(other Assignment) bool { return other.covers(one) })
			if covered || one.Role.Level() != level {
				continue
			}
			text := fmt.Sprintf("the role %q at %s", one.Role.Name, one.Scope)
			if one.Condition != "" {
				text += ", under a condition"
			}
			gains = append(gains, governance.Gain{Level: level, Text: text})
		}
	}
	return gains
}

// covers tells whether an assignment allows all that another does, as far as that shows without judging conditions.
func (a Assignment) covers(other Assignment) bool {
	scope, inner := strings.ToLower(a.Scope), strings.ToLower(other.Scope)
	return a.Role.Name == other.Role.Name && (scope == inner || strings.HasPrefix(inner, scope+"/")) && (a.Condition == "" || a.Condition == other.Condition)
}

// mostActions is how many actions a grant names; of more, there are several grants.
const mostActions = 100

// Granted is all that the assignment allows. What a role leaves out of its wildcards is not told.
func (a Assignment) Granted() []governance.GrantedActions {
	var all []governance.GrantedActions
	for _, permission := range a.Role.Permissions {
		for actions := range slices.Chunk(slices.Concat(permission.Actions, permission.DataActions), mostActions) {
			all = append(all, governance.GrantedActions{Level: a.Role.Level(), Services: services(actions), Actions: actions, Resources: []string{a.Scope}, Conditioned: a.Condition != ""})
		}
	}
	return all
}

// services are the resource providers whose actions they are; none for every one.
func services(actions []string) []string {
	var found []string
	for _, action := range actions {
		service, _, _ := strings.Cut(action, "/")
		if strings.Contains(service, "*") {
			return nil
		}
		if !slices.Contains(found, service) {
			found = append(found, service)
		}
	}
	return found
}
