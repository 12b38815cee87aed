package azuresim

import (
	"strings"
	"sync"
	"time"
)

// manage are actions that most of Microsoft's contributor roles have besides
// those of their own service.
const manage = "Microsoft.Authorization/*/read Microsoft.Insights/alertRules/* Microsoft.Resources/deployments/* " +
	"Microsoft.Resources/subscriptions/resourceGroups/read Microsoft.Support/* "

const (
	vaultActions = manage + "Microsoft.KeyVault/checkNameAvailability/read Microsoft.KeyVault/deletedVaults/read " +
		"Microsoft.KeyVault/locations/*/read Microsoft.KeyVault/vaults/*/read Microsoft.KeyVault/operations/read"
	containers = "Microsoft.Storage/storageAccounts/blobServices/containers"
	delegation = " Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"
)

// builtIn are some of Microsoft's roles with their ids (Azure built-in roles).
// Actions are separated by spaces.
var builtIn = []struct{ id, name, description, actions, notActions, dataActions string }{
	{"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.", "*", "", ""},
	{
		"b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor",
		"Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage assignments in Azure Blueprints, or share image galleries.",
		"*", "Microsoft.Authorization/*/Delete Microsoft.Authorization/*/Write Microsoft.Authorization/elevateAccess/Action " +
			"Microsoft.Blueprint/blueprintAssignments/write Microsoft.Blueprint/blueprintAssignments/delete Microsoft.Compute/galleries/share/action " +
			"Microsoft.Purview/consents/write Microsoft.Purview/consents/delete Microsoft.Resources/deploymentStacks/manageDenySetting/action " +
			"Microsoft.Subscription/cancel/action Microsoft.Subscription/enable/action", "",
	},
	{"acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "View all resources, but does not allow you to make any changes.", "*/read", "", ""},
	{
		"18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", "Lets you manage user access to Azure resources.",
		"*/read Microsoft.Authorization/* Microsoft.Support/*", "", "",
	},
	{
		"f58310d9-a9f6-439a-9e8d-f62e7b41a168", "Role Based Access Control Administrator",
		"Manage access to Azure resources by assigning roles using Azure RBAC. This role does not allow you to manage access using other ways, such as Azure Policy.",
		"Microsoft.Authorization/roleAssignments/write Microsoft.Authorization/roleAssignments/delete */read Microsoft.Support/*", "", "",
	},
	{
		"2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader", "Allows for read access to Azure Storage blob containers and data",
		containers + "/read" + delegation, "", containers + "/blobs/read",
	},
	{
		"ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor", "Allows for read, write and delete access to Azure Storage blob containers and data",
		containers + "/delete " + containers + "/read " + containers + "/write" + delegation, "",
		containers + "/blobs/delete " + containers + "/blobs/read " + containers + "/blobs/write " + containers + "/blobs/move/action " + containers + "/blobs/add/action",
	},
	{
		"b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "Storage Blob Data Owner", "Allows for full access to Azure Storage blob containers and data, including assigning POSIX access control.",
		containers + "/*" + delegation, "", containers + "/blobs/*",
	},
	{
		"00482a5a-887f-4fb3-b363-3b7fe8e74483", "Key Vault Administrator",
		"Perform all data plane operations on a key vault and all objects in it, including certificates, keys, and secrets. Cannot manage key vault resources or manage role assignments. " +
			"Only works for key vaults that use the 'Azure role-based access control' permission model.",
		vaultActions, "", "Microsoft.KeyVault/vaults/*",
	},
	{
		"b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets Officer",
		"Perform any action on the secrets of a key vault, except manage permissions. Only works for key vaults that use the 'Azure role-based access control' permission model.",
		vaultActions, "", "Microsoft.KeyVault/vaults/secrets/*",
	},
	{
		"4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User",
		"Read secret contents. Only works for key vaults that use the 'Azure role-based access control' permission model.",
		"", "", "Microsoft.KeyVault/vaults/secrets/getSecret/action Microsoft.KeyVault/vaults/secrets/readMetadata/action",
	},
	{
		"21090545-7ca7-4776-b22c-e363652d74d2", "Key Vault Reader",
		"Read metadata of key vaults and its certificates, keys, and secrets. Cannot read sensitive values such as secret contents or key material. " +
			"Only works for key vaults that use the 'Azure role-based access control' permission model.",
		vaultActions, "", "Microsoft.KeyVault/vaults/*/read Microsoft.KeyVault/vaults/secrets/readMetadata/action",
	},
	{
		"f25e0fa2-a7c8-4377-a976-54943a77a395", "Key Vault Contributor", "Lets you manage key vaults, but not access to them.",
		manage + "Microsoft.KeyVault/*", "Microsoft.KeyVault/locations/deletedVaults/purge/action Microsoft.KeyVault/hsmPools/* Microsoft.KeyVault/managedHsms/*", "",
	},
	{
		"9980e02c-c2be-4d73-94e8-173b1dc7cf3c", "Virtual Machine Contributor",
		"Create and manage virtual machines, manage disks, install and run software, reset password of the root user of the virtual machine using VM extensions, and manage local user accounts using VM extensions. " +
			"This role does not grant you management access to the virtual network or storage account the virtual machines are connected to. This role does not allow you to assign roles in Azure RBAC.",
		manage + "Microsoft.Compute/availabilitySets/* Microsoft.Compute/locations/* Microsoft.Compute/virtualMachines/* Microsoft.Compute/virtualMachineScaleSets/* " +
			"Microsoft.Compute/cloudServices/* Microsoft.Compute/disks/write Microsoft.Compute/disks/read Microsoft.Compute/disks/delete Microsoft.DevTestLab/schedules/* " +
			"Microsoft.Network/applicationGateways/backendAddressPools/join/action Microsoft.Network/loadBalancers/backendAddressPools/join/action " +
			"Microsoft.Network/loadBalancers/inboundNatPools/join/action Microsoft.Network/loadBalancers/inboundNatRules/join/action Microsoft.Network/loadBalancers/probes/join/action " +
			"Microsoft.Network/loadBalancers/read Microsoft.Network/locations/* Microsoft.Network/networkInterfaces/* Microsoft.Network/networkSecurityGroups/join/action " +
			"Microsoft.Network/networkSecurityGroups/read Microsoft.Network/publicIPAddresses/join/action Microsoft.Network/publicIPAddresses/read Microsoft.Network/virtualNetworks/read " +
			"Microsoft.Network/virtualNetworks/subnets/join/action Microsoft.RecoveryServices/locations/* " +
			"Microsoft.RecoveryServices/Vaults/backupFabrics/backupProtectionIntent/write Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/*/read " +
			"Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/read Microsoft.RecoveryServices/Vaults/backupFabrics/protectionContainers/protectedItems/write " +
			"Microsoft.RecoveryServices/Vaults/backupPolicies/read Microsoft.RecoveryServices/Vaults/backupPolicies/write Microsoft.RecoveryServices/Vaults/read " +
			"Microsoft.RecoveryServices/Vaults/usages/read Microsoft.RecoveryServices/Vaults/write Microsoft.ResourceHealth/availabilityStatuses/read " +
			"Microsoft.SerialConsole/serialPorts/connect/action Microsoft.SqlVirtualMachine/* Microsoft.Storage/storageAccounts/listKeys/action Microsoft.Storage/storageAccounts/read", "", "",
	},
	{
		"4d97b98b-1d4f-4787-a291-c67834d212e7", "Network Contributor", "Lets you manage networks, but not access to them.",
		manage + "Microsoft.Network/* Microsoft.ResourceHealth/availabilityStatuses/read", "", "",
	},
	{
		"17d1049b-9a84-46fb-8f53-869881c3d3ab", "Storage Account Contributor", "Lets you manage storage accounts, including accessing storage account keys which provide full access to storage account data.",
		manage + "Microsoft.Insights/diagnosticSettings/* Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action Microsoft.ResourceHealth/availabilityStatuses/read Microsoft.Storage/storageAccounts/*", "", "",
	},
	{
		"f1a07417-d97a-45cb-824c-7a7467783830", "Managed Identity Operator", "Read and Assign User Assigned Identity",
		"Microsoft.ManagedIdentity/userAssignedIdentities/*/read Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action " + manage, "", "",
	},
	{
		"e40ec5ca-96e0-45a2-b4ff-59039f2c2b59", "Managed Identity Contributor", "Create, Read, Update, and Delete User Assigned Identity",
		"Microsoft.ManagedIdentity/userAssignedIdentities/read Microsoft.ManagedIdentity/userAssignedIdentities/write Microsoft.ManagedIdentity/userAssignedIdentities/delete " +
			"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write " +
			"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete Microsoft.ManagedIdentity/userAssignedIdentities/revokeTokens/action " + manage, "", "",
	},
	{"43d0d8ad-25c7-4714-9337-8ba259a9fe05", "Monitoring Reader", "Can read all monitoring data.", "*/read Microsoft.OperationalInsights/workspaces/search/action Microsoft.Support/*", "", ""},
	{"7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull", "acr pull", "Microsoft.ContainerRegistry/registries/pull/read", "", ""},
	{
		"de139f84-1756-47ae-9be6-808fbbe84772", "Website Contributor", "Lets you manage websites (not web plans), but not access to them.",
		manage + "Microsoft.Insights/components/* Microsoft.ResourceHealth/availabilityStatuses/read Microsoft.Web/certificates/* Microsoft.Web/listSitesAssignedToHostName/read " +
			"Microsoft.Web/serverFarms/join/action Microsoft.Web/serverFarms/read Microsoft.Web/sites/*", "", "",
	},
	{
		"f353d9bd-d4a6-484e-a77a-8050b599b867", "Automation Contributor", "Manage azure automation resources and other resources using azure automation.",
		"Microsoft.Automation/automationAccounts/* Microsoft.Insights/ActionGroups/* Microsoft.Insights/ActivityLogAlerts/* Microsoft.Insights/MetricAlerts/* " +
			"Microsoft.Insights/ScheduledQueryRules/* Microsoft.Insights/diagnosticSettings/* Microsoft.OperationalInsights/workspaces/sharedKeys/action " + manage, "", "",
	},
}

// builtInRoles are Microsoft's roles by id.
var builtInRoles = sync.OnceValue(func() map[string]*roleDefinition {
	since := time.Date(2015, time.February, 2, 21, 55, 9, 0, time.UTC)
	out := map[string]*roleDefinition{}
	for _, b := range builtIn {
		out[b.id] = &roleDefinition{
			id: b.id, name: b.name, description: b.description, assignable: []string{"/"}, created: since, updated: since,
			permissions: []rolePermission{{actions: strings.Fields(b.actions), notActions: strings.Fields(b.notActions), dataActions: strings.Fields(b.dataActions)}},
		}
	}
	return out
})
