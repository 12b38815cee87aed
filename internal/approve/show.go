package approve

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// words say what an identity of a class can do.
var words = map[governance.Rule]string{
	governance.RuleAdministrator:         "has everything, or can give itself what it lacks",
	governance.RulePrivilegeEscalation:   "can get rights that nobody has granted it, by a known path",
	governance.RulePassRoleUnrestricted:  "can have any service act with any role",
	governance.RulePermissionsManagement: "can change who may do what, on resources of any name",
	governance.RuleCredentialExposure:    "can get the credentials of others",
	governance.RuleDataExfiltration:      "can read data of any name, or give it away",
	governance.RuleServiceWildcard:       "has every action of a service, those that are added later too",
	governance.RuleResourceWildcardWrite: "can change resources of any name, those of others too",
}

// show writes what will be signed, and then what the plan says besides, which is not.
func show(to io.Writer, of request, claims approval.Claims, days int, key string) {
	line := func(format string, args ...any) {
		fmt.Fprintln(to, governance.Printable(fmt.Sprintf(format, args...)))
	}
	line("An approval of %s", claims.Subject)
	fmt.Fprintln(to)
	line("It may be, although the policy refuses it:")
	for _, class := range claims.Classes {
		line("  - %s: it %s", class, words[class])
	}
	fmt.Fprintln(to)
	line("by these grants, with and without the conditions, Denys and boundaries that the policies have now:")
	showGrants(line, claims)
	fmt.Fprintln(to)
	line("Approver:  %s", claims.Approver)
	line("Ticket:    %s", claims.Ticket)
	line("Holds:     until %s, %d days from now", time.Unix(claims.Expiry, 0).UTC().Format(time.RFC3339), days)
	line("Key:       %s", key)
	fmt.Fprintln(to)
	line("What the plan says of it, which is not part of the approval:")
	line("  resource  %s", of.address)
	line("  owner     %s", of.owner)
	line("  purpose   %s", of.purpose)
	line("  expiry    %s", of.expiry)
}

// showGrants lists grants, those of AWS by the gravest level of their actions.
func showGrants(line func(string, ...any), claims approval.Claims) {
	if !approval.IsAWS(claims.Subject) {
		for _, grant := range claims.Grants {
			line("  - %s on %s", strings.Join(grant.Actions, ", "), strings.Join(grant.Resources, ", "))
		}
		return
	}
	for _, level := range levels {
		shown := false
		for _, grant := range claims.Grants {
			matching := slices.DeleteFunc(slices.Clone(grant.Actions), func(pattern string) bool { return gravest(pattern) != level })
			if len(matching) == 0 {
				continue
			}
			if !shown {
				shown = true
				line("  %s", levelName(level))
			}
			line("    - %s on %s", strings.Join(counted(matching), ", "), strings.Join(grant.Resources, ", "))
		}
	}
}

// levels are the gravest first; 0 is of what AWS's table does not know.
var levels = []actions.Level{actions.PermissionsManagement, actions.Write, actions.Tagging, actions.Read, actions.List, 0}

// gravest is the gravest level of the actions that a pattern stands for.
func gravest(pattern string) actions.Level {
	worst := len(levels) - 1
	for _, action := range actions.Expand(pattern) {
		worst = min(worst, slices.Index(levels, action.Level))
	}
	return levels[worst]
}

func levelName(level actions.Level) string {
	if level == 0 {
		return "Actions that AWS's table does not know"
	}
	return level.String()
}

// counted adds to each pattern how many actions it stands for.
func counted(patterns []string) []string {
	out := make([]string, len(patterns))
	for i, pattern := range patterns {
		out[i] = pattern
		if strings.ContainsAny(pattern, "*?") {
			out[i] += fmt.Sprintf(" (%d actions)", len(actions.Expand(pattern)))
		}
	}
	return out
}
