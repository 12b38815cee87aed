package serviceidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// graphRoles assigns permissions of Microsoft Graph.
func graphRoles(permissions ...string) acctest.Values {
	roles := acctest.Values{}
	for _, permission := range permissions {
		roles[permission] = acctest.Values{"resource_app_id": "Microsoft Graph", "role": permission}
	}
	return withApp(acctest.Values{"app_role_assignments": roles})
}

// TestApplicationDangers judges application permissions of Microsoft Graph by what they let their holder do.
func TestApplicationDangers(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	for permission, says := range map[string]string{
		"RoleManagement.ReadWrite.Directory":     `error entra_application.app_role_assignments["RoleManagement.ReadWrite.Directory"]: Identity would be an administrator … RoleManagement.ReadWrite.Directory of Microsoft Graph: it can make itself`,
		"Application.ReadWrite.All":              `error entra_application.app_role_assignments["Application.ReadWrite.All"]: Identity could raise its own privileges … it can give any application a secret … Grant Application.ReadWrite.OwnedBy`,
		"Policy.ReadWrite.ConditionalAccess":     `warning entra_application.app_role_assignments["Policy.ReadWrite.ConditionalAccess"]: Identity could change permissions of any resource`,
		"Mail.Read":                              `warning entra_application.app_role_assignments["Mail.Read"]: Identity could read or give away any data … it reads the mail of everybody … for single mailboxes`,
		"Sites.FullControl.All":                  `warning entra_application.app_role_assignments["Sites.FullControl.All"]: Identity could read or give away any data … Sites.Selected`,
		"UserAuthenticationMethod.ReadWrite.All": `error entra_application.app_role_assignments["UserAuthenticationMethod.ReadWrite.All"]: Identity could raise its own privileges … it can sign in as others`,
	} {
		t.Run(permission, func(t *testing.T) {
			t.Parallel()
			d.resource(t).Plan(graphRoles(permission)).Want(t, says)
		})
	}
	d.resource(t).Plan(graphRoles("User.Read.All", "Application.ReadWrite.OwnedBy")).Want(t)
}

// TestApplicationGains says what a change lets an application do that it could not do before, and lets it be narrowed.
func TestApplicationGains(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	r := d.resource(t)
	r.Apply(graphRoles("User.Read.All")).Want(t)
	r.Plan(graphRoles("User.Read.All", "Group.Read.All", "Mail.Read")).Want(t,
		`warning entra_application.app_role_assignments["Mail.Read"]: Identity could read or give away any data`,
		"warning entra_application: Identity gains permissions … Dangerous: … Mail.Read of Microsoft Graph … Read: … Group.Read.All of Microsoft Graph")
	byID := withApp(acctest.Values{"app_role_assignments": acctest.Values{"same": acctest.Values{"resource_app_id": "00000003-0000-0000-c000-000000000000", "role": "df021288-bdef-4463-88db-98f22de89214"}}})
	r.Apply(byID).Want(t)
	r.Apply(plainApp()).Want(t)
}
