package inventory

import (
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// privilegedClasses make every other limit of an identity void.
var privilegedClasses = []governance.Rule{governance.RuleAdministrator, governance.RulePrivilegeEscalation, governance.RulePassRoleUnrestricted}

// broadClasses reach what belongs to others. What writes to resources of any name is none of them: AWS's own policies for
// workloads do, to write logs.
var broadClasses = []governance.Rule{
	governance.RulePermissionsManagement, governance.RuleCredentialExposure, governance.RuleDataExfiltration, governance.RuleServiceWildcard,
}

func (s subject) privileged() string { return s.mayDo("it is privileged: ", privilegedClasses) }

func (s subject) broadPermissions() string {
	return s.mayDo("its permissions are broad: ", broadClasses)
}

// mayDo names what an identity has of some classes; it is empty where that is nothing.
func (s subject) mayDo(text string, classes []governance.Rule) string {
	var found []string
	for _, privilege := range s.Privileges {
		if privilege.Reason != "" && slices.Contains(classes, privilege.Class) {
			found = append(found, privilege.String())
		}
	}
	if len(found) == 0 {
		return ""
	}
	return text + strings.Join(found, "; ") + s.evidence(governance.UnusedPermissions, "some of its permissions")
}
