package graphpermission

import (
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for permission, want := range map[string]governance.Rule{
		"RoleManagement.ReadWrite.Directory":    governance.RuleAdministrator,
		"AppRoleAssignment.ReadWrite.All":       governance.RuleAdministrator,
		"Application.ReadWrite.All":             governance.RulePrivilegeEscalation,
		"Policy.ReadWrite.AuthenticationMethod": governance.RulePrivilegeEscalation,
		"Policy.ReadWrite.ConditionalAccess":    governance.RulePermissionsManagement,
		"Mail.Read":                             governance.RuleDataExfiltration,
		"full_access_as_app":                    governance.RuleDataExfiltration,
		"BitlockerKey.Read.All":                 governance.RuleCredentialExposure,
		"Mail.Send":                             governance.RuleResourceWildcardWrite,
		"Application.ReadWrite.OwnedBy":         "",
		"Sites.Selected":                        "",
		"User.Read.All":                         "",
		"mail.read":                             "",
	} {
		if got, ok := Of(permission); got.Rule != want || ok != (want != "") {
			t.Errorf("%s is %q, want %q", permission, got.Rule, want)
		}
	}
}

// TestTable holds every row to the form that messages need.
func TestTable(t *testing.T) {
	t.Parallel()
	for permission, danger := range table {
		if !slices.Contains(governance.DangerRules, danger.Rule) || danger.Why == "" || strings.HasSuffix(danger.Why, ".") || !strings.HasSuffix(danger.Remedy, ".") {
			t.Errorf("%s: %+v", permission, danger)
		}
	}
}

func TestLevel(t *testing.T) {
	t.Parallel()
	for permission, want := range map[string]string{
		"User.Read.All": "Read", "User.ReadBasic.All": "Read", "Mail.Read": "Dangerous", "Application.ReadWrite.OwnedBy": "Write", "Sites.Selected": "Write", "orders-write": "Write",
	} {
		if got := Level(permission); got != want {
			t.Errorf("%s is %s, want %s", permission, got, want)
		}
	}
}
