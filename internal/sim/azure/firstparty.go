package azuresim

import (
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// graphAppID is the application id of Microsoft Graph, in every tenant.
const graphAppID = "00000003-0000-0000-c000-000000000000"

// microsoftTenant owns Microsoft's own applications.
const microsoftTenant = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

// graphRoles are application permissions of Microsoft Graph with their ids
// (Graph permissions reference).
var graphRoles = []struct{ id, value string }{
	{"1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", "Application.ReadWrite.All"},
	{"18a4783c-866b-4cc7-a460-3d5e5662c884", "Application.ReadWrite.OwnedBy"},
	{"9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "Application.Read.All"},
	{"06b708a9-e830-4db3-a914-8e69da51d44f", "AppRoleAssignment.ReadWrite.All"},
	{"b0afded3-3588-46d8-8b3d-9842eff778da", "AuditLog.Read.All"},
	{"8e8e4742-1d95-4f68-9d56-6ee75648c72a", "DelegatedPermissionGrant.ReadWrite.All"},
	{"7ab1d382-f21e-4acd-a863-ba3e13f7da61", "Directory.Read.All"},
	{"19dbc75e-c2e2-444c-a770-ec69d8559fc7", "Directory.ReadWrite.All"},
	{"7e05723c-0bb0-42da-be95-ae9f08a6e53c", "Domain.ReadWrite.All"},
	{"01d4889c-1287-42c6-ac1f-5d1e02578ef6", "Files.Read.All"},
	{"75359482-378d-4052-8f01-80520e7db3cd", "Files.ReadWrite.All"},
	{"5b567255-7703-4780-807c-7be8301ae99b", "Group.Read.All"},
	{"62a82d76-70ea-41e2-9197-370581804d09", "Group.ReadWrite.All"},
	{"98830695-27a2-44f7-8c18-0c3ebc9698f6", "GroupMember.Read.All"},
	{"dbaae8cf-10b5-4b86-a4a1-f871c94c6695", "GroupMember.ReadWrite.All"},
	{"810c84a8-4a9e-49e6-bf7d-12d183f40d01", "Mail.Read"},
	{"e2a3a72e-5f79-4c64-b1b1-878b674786c9", "Mail.ReadWrite"},
	{"b633e1c5-b582-4048-a93e-9f11b44c7e96", "Mail.Send"},
	{"498476ce-e0fe-48b0-b801-37ba7e2685c6", "Organization.Read.All"},
	{"246dd0d5-5bd0-4def-940b-0421030a5b68", "Policy.Read.All"},
	{"be74164b-cff1-491c-8741-e671cb536e13", "Policy.ReadWrite.ApplicationConfiguration"},
	{"01c0a623-fc9b-48e9-b794-0756f8e8f067", "Policy.ReadWrite.ConditionalAccess"},
	{"230c1aed-a721-4c5d-9cb4-a90514e508ef", "Reports.Read.All"},
	{"c7fbd983-d9aa-4fa7-84b8-17382c103bc4", "RoleManagement.Read.All"},
	{"483bed4a-2ad3-4361-a73b-c83ccdbdc53c", "RoleManagement.Read.Directory"},
	{"9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8", "RoleManagement.ReadWrite.Directory"},
	{"a82116e5-55eb-4c41-a434-62fe8a61c773", "Sites.FullControl.All"},
	{"332a536c-c7ef-4017-ab91-336970924f0d", "Sites.Read.All"},
	{"9492366f-7969-46a4-8d15-ed1a20078fff", "Sites.ReadWrite.All"},
	{"df021288-bdef-4463-88db-98f22de89214", "User.Read.All"},
	{"741f803b-c850-494e-b5df-cde7c675a1ca", "User.ReadWrite.All"},
	{"50483e42-d915-4231-9639-7fdb7fd190e5", "UserAuthenticationMethod.ReadWrite.All"},
}

// addFirstParties puts the service principal of Microsoft Graph into a new
// tenant, as every tenant has it. It has no application here.
func (t *Tenant) addFirstParties() {
	roles := make([]object, len(graphRoles))
	for i, r := range graphRoles {
		roles[i] = object{
			"id": r.id, "value": r.value, "displayName": r.value, "description": r.value, "isEnabled": true,
			"allowedMemberTypes": []string{"Application"}, "origin": "Application",
		}
	}
	e := &entity{tenant: t, kind: kindServicePrincipal, id: sim.UUID("graph/" + t.id), created: time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)}
	e.props = servicePrincipalDefaults(e)
	e.props["appId"] = graphAppID
	e.props["displayName"] = "Microsoft Graph"
	e.props["appDisplayName"] = "Microsoft Graph"
	e.props["publisherName"] = "Microsoft Services"
	e.props["appOwnerOrganizationId"] = microsoftTenant
	e.props["appRoles"] = roles
	e.props["servicePrincipalNames"] = []string{graphAppID, "https://graph.microsoft.com"}
	t.insert(e, 0)
}

// graph returns the service principal of Microsoft Graph.
func (t *Tenant) graph() *entity { return t.app(kindServicePrincipal, graphAppID) }
