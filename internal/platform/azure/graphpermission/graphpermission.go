// Package graphpermission is what an application permission of Microsoft Graph, or of the older APIs of Exchange and
// SharePoint, lets its holder do to a whole tenant. The table goes by "Microsoft Graph permissions reference" and by what
// research into Entra ID has published on paths to Global Administrator. Pure.
package graphpermission

import (
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Danger is why a permission should be granted to nobody, or only for a reason. Why is a clause, and Remedy a sentence that
// names the narrower grant.
type Danger struct {
	Rule        governance.Rule
	Why, Remedy string
}

// Of is the danger of a permission by its value, such as Mail.Read; ok is false for one that is not known to be dangerous.
func Of(permission string) (danger Danger, ok bool) {
	if danger, ok = table[permission]; ok {
		return danger, true
	}
	if strings.HasPrefix(permission, "Policy.ReadWrite.") {
		return Danger{
			governance.RulePermissionsManagement, "it changes a policy that protects the whole tenant", "Manage policies from a pipeline that does nothing else, and grant Policy.Read.All for reading.",
		}, true
	}
	return Danger{}, false
}

// Level is how far a permission goes, in words that a message can have: the gravest first are those of Levels.
func Level(permission string) string {
	if _, dangerous := Of(permission); dangerous {
		return Levels[0]
	}
	for _, part := range strings.FieldsFunc(permission, func(r rune) bool { return r == '.' || r == '-' || r == '_' }) {
		if part == "Read" || part == "ReadBasic" {
			return Levels[2]
		}
	}
	return Levels[1]
}

// Levels are in order.
var Levels = []string{"Dangerous", "Write", "Read"}

const (
	toAdministrator = "it can make itself, or any other application, an administrator of the tenant"
	becomesAnyone   = "it can sign in as others, administrators among them"
)

var (
	ownedBy    = "Grant Application.ReadWrite.OwnedBy, and make it an owner of the applications that it manages."
	byGroup    = "Make it an owner of the groups that it manages, which needs no permission, or give it a directory role in an administrative unit."
	byUnit     = "Give it a directory role such as User Administrator in an administrative unit instead, which does not reach administrators."
	separate   = "Leave this to a pipeline that does nothing else, behind an approval."
	byMailbox  = "Grant it for single mailboxes in Exchange Online (role-based access control for applications), and not here."
	bySite     = "Grant Sites.Selected, and give it the sites that it needs."
	byResource = "Grant resource-specific consent in the teams or chats that it needs."
)

var table = map[string]Danger{
	"RoleManagement.ReadWrite.Directory":          {governance.RuleAdministrator, toAdministrator, "Grant RoleManagement.Read.Directory for reading. " + separate},
	"AppRoleAssignment.ReadWrite.All":             {governance.RuleAdministrator, "it can grant itself every other permission, those that make administrators included", separate},
	"RoleAssignmentSchedule.ReadWrite.Directory":  {governance.RuleAdministrator, toAdministrator, separate},
	"RoleEligibilitySchedule.ReadWrite.Directory": {governance.RuleAdministrator, toAdministrator, separate},

	"Application.ReadWrite.All":                            {governance.RulePrivilegeEscalation, "it can give any application a secret and sign in as it", ownedBy},
	"Directory.ReadWrite.All":                              {governance.RulePrivilegeEscalation, "it can change groups and the other objects on which permissions rest", "Grant the permission of the one kind of object that it changes. " + byGroup},
	"Group.ReadWrite.All":                                  {governance.RulePrivilegeEscalation, "it can join any group that gives access, such as to subscriptions, and reads all of their mail and files", byGroup},
	"GroupMember.ReadWrite.All":                            {governance.RulePrivilegeEscalation, "it can join any group that gives access, such as to subscriptions", byGroup},
	"User.ReadWrite.All":                                   {governance.RulePrivilegeEscalation, "it can change any user so that a sign-in of theirs becomes its own", byUnit},
	"User.EnableDisableAccount.All":                        {governance.RulePrivilegeEscalation, "it can lock administrators out, also in an emergency", byUnit},
	"UserAuthenticationMethod.ReadWrite.All":               {governance.RulePrivilegeEscalation, becomesAnyone, byUnit},
	"User-PasswordProfile.ReadWrite.All":                   {governance.RulePrivilegeEscalation, becomesAnyone, byUnit},
	"Organization.ReadWrite.All":                           {governance.RulePrivilegeEscalation, "it can have the tenant trust an authority whose certificates sign in as anybody", "Grant Organization.Read.All for reading. " + separate},
	"Domain.ReadWrite.All":                                 {governance.RulePrivilegeEscalation, "it can federate a domain with an issuer of its own, which signs in as anybody", "Grant Domain.Read.All for reading. " + separate},
	"PrivilegedAccess.ReadWrite.AzureADGroup":              {governance.RulePrivilegeEscalation, "it can join groups that have directory roles", separate},
	"PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup":  {governance.RulePrivilegeEscalation, "it can join groups that have directory roles", separate},
	"PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup": {governance.RulePrivilegeEscalation, "it can join groups that have directory roles", separate},
	"RoleManagementPolicy.ReadWrite.Directory":             {governance.RulePrivilegeEscalation, "it can take away the approval that activating a directory role needs", separate},
	"RoleManagementPolicy.ReadWrite.AzureADGroup":          {governance.RulePrivilegeEscalation, "it can take away the approval that joining a privileged group needs", separate},
	"EntitlementManagement.ReadWrite.All":                  {governance.RulePrivilegeEscalation, "it can hand out whatever access packages hold, directory roles included", "Make it a catalog owner of the catalogs that it manages."},
	"Policy.ReadWrite.PermissionGrant":                     {governance.RulePrivilegeEscalation, "it can let applications have permissions without an administrator's consent", separate},
	"Policy.ReadWrite.AuthenticationMethod":                {governance.RulePrivilegeEscalation, "it can allow a weaker method of signing in, and then sign in as others", separate},
	"DeviceManagementConfiguration.ReadWrite.All":          {governance.RulePrivilegeEscalation, "it can run scripts on all managed devices, those of administrators included", "Give it an Intune role with scope tags, which Microsoft Graph cannot narrow."},
	"DeviceManagementRBAC.ReadWrite.All":                   {governance.RulePrivilegeEscalation, "it can give itself every right over all managed devices", separate},

	"DelegatedPermissionGrant.ReadWrite.All": {governance.RulePermissionsManagement, "it can let any application act as any user who signs in to it", separate},
	"AdministrativeUnit.ReadWrite.All":       {governance.RulePermissionsManagement, "it can take administrators out of the units that protect them, and put others under its own", "Grant AdministrativeUnit.Read.All for reading."},

	"BitlockerKey.Read.All":          {governance.RuleCredentialExposure, "it reads the keys that decrypt the disks of all devices", "Read single keys by hand, with a directory role that is activated for it."},
	"DeviceLocalCredential.Read.All": {governance.RuleCredentialExposure, "it reads the passwords of the local administrators of all devices", "Grant DeviceLocalCredential.ReadBasic.All, which has no passwords."},

	"Mail.Read":                 {governance.RuleDataExfiltration, "it reads the mail of everybody", byMailbox},
	"Mail.ReadWrite":            {governance.RuleDataExfiltration, "it reads, changes and deletes the mail of everybody", byMailbox},
	"full_access_as_app":        {governance.RuleDataExfiltration, "it has all mailboxes of everybody", byMailbox},
	"Calendars.Read":            {governance.RuleDataExfiltration, "it reads the calendars of everybody", byMailbox},
	"Calendars.ReadWrite":       {governance.RuleDataExfiltration, "it reads and changes the calendars of everybody", byMailbox},
	"Contacts.Read":             {governance.RuleDataExfiltration, "it reads the contacts of everybody", byMailbox},
	"Contacts.ReadWrite":        {governance.RuleDataExfiltration, "it reads and changes the contacts of everybody", byMailbox},
	"Files.Read.All":            {governance.RuleDataExfiltration, "it reads all files of everybody", bySite},
	"Files.ReadWrite.All":       {governance.RuleDataExfiltration, "it reads, changes and deletes all files of everybody", bySite},
	"Sites.Read.All":            {governance.RuleDataExfiltration, "it reads everything on all sites", bySite},
	"Sites.ReadWrite.All":       {governance.RuleDataExfiltration, "it reads and changes everything on all sites", bySite},
	"Sites.Manage.All":          {governance.RuleDataExfiltration, "it reads and changes everything on all sites, and their lists", bySite},
	"Sites.FullControl.All":     {governance.RuleDataExfiltration, "it has all sites, and can let others in", bySite},
	"Chat.Read.All":             {governance.RuleDataExfiltration, "it reads all chats of everybody", byResource},
	"Chat.ReadWrite.All":        {governance.RuleDataExfiltration, "it reads and changes all chats of everybody", byResource},
	"ChannelMessage.Read.All":   {governance.RuleDataExfiltration, "it reads the messages of all channels", byResource},
	"Notes.Read.All":            {governance.RuleDataExfiltration, "it reads the notebooks of everybody", bySite},
	"Notes.ReadWrite.All":       {governance.RuleDataExfiltration, "it reads and changes the notebooks of everybody", bySite},
	"CallRecords.Read.All":      {governance.RuleDataExfiltration, "it reads who has called whom", "Read it from the reports that leave names out."},
	"MailboxSettings.ReadWrite": {governance.RuleDataExfiltration, "it can have the mail of everybody forwarded", byMailbox},

	"Mail.Send": {governance.RuleResourceWildcardWrite, "it sends mail as anybody", byMailbox},
}
