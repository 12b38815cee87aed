package rbac

// assignRoles is the action that everything can be had with.
const assignRoles = "Microsoft.Authorization/roleAssignments/write"

// way is one in which a grant is dangerous. needs are all that it takes; why says what whoever has them does.
type way struct {
	needs []string
	why   string
}

// escalations let an identity take what it was not given ("Azure built-in roles" and the resource providers' operations).
var escalations = []way{
	{[]string{assignRoles}, "assigns itself any other role there"},
	{[]string{"Microsoft.Authorization/roleDefinitions/write"}, "adds any action to a role that it has"},
	{[]string{"Microsoft.Authorization/elevateAccess/action"}, "makes itself User Access Administrator of the whole tenant"},
	{[]string{"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"}, "lets itself sign in as any managed identity there"},
	{[]string{"Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "Microsoft.Compute/virtualMachines/write"}, "runs a machine as any managed identity there"},
	{[]string{"Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "Microsoft.ContainerInstance/containerGroups/write"}, "runs a container as any managed identity there"},
	{[]string{"Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "Microsoft.Web/sites/write"}, "runs an app as any managed identity there"},
	{[]string{"Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "Microsoft.Resources/deploymentScripts/write"}, "runs a deployment script as any managed identity there"},
	{[]string{"Microsoft.Compute/virtualMachines/runCommand/action"}, "runs commands as the identity of any machine there"},
	{[]string{"Microsoft.Compute/virtualMachines/runCommands/write"}, "runs commands as the identity of any machine there"},
	{[]string{"Microsoft.Compute/virtualMachines/extensions/write"}, "runs programs as the identity of any machine there"},
	{[]string{"Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommand/action"}, "runs commands as the identity of any scale set there"},
	{[]string{"Microsoft.ContainerService/managedClusters/runCommand/action"}, "runs commands as administrator of any cluster there"},
	{[]string{"Microsoft.Automation/automationAccounts/runbooks/draft/write", "Microsoft.Automation/automationAccounts/runbooks/publish/action", "Microsoft.Automation/automationAccounts/jobs/write"}, "runs programs as the identity of any automation account there"},
}

// management changes who may use resources without making the identity itself more powerful.
var management = []way{
	{[]string{assignRoles}, "decides who has which role there"},
	{[]string{"Microsoft.Authorization/roleAssignments/delete"}, "takes anybody's role away"},
	{[]string{"Microsoft.Authorization/roleDefinitions/write"}, "decides what custom roles allow"},
	{[]string{"Microsoft.Authorization/policyExemptions/write"}, "exempts resources from policies"},
	{[]string{"Microsoft.KeyVault/vaults/accessPolicies/write"}, "decides who may read the secrets of any key vault there that has access policies"},
}

// exposures give out what others sign in with.
var exposures = []way{
	{[]string{"Microsoft.Storage/storageAccounts/listKeys/action"}, "gets the keys of any storage account there, which allow everything in it"},
	{[]string{"Microsoft.Storage/storageAccounts/listAccountSas/action"}, "signs its own access to any storage account there"},
	{[]string{"Microsoft.DocumentDB/databaseAccounts/listKeys/action"}, "gets the keys of any Cosmos DB account there"},
	{[]string{"Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action"}, "gets the administrator's credential of any cluster there"},
	{[]string{"Microsoft.ContainerRegistry/registries/listCredentials/action"}, "gets the password of any container registry there"},
	{[]string{"Microsoft.Web/sites/config/list/action"}, "reads the settings of any app there, with the passwords in them"},
	{[]string{"Microsoft.Web/sites/publishxml/action"}, "gets the password that any app there is deployed with"},
	{[]string{"Microsoft.ServiceBus/namespaces/authorizationRules/listkeys/action"}, "gets the keys of any Service Bus namespace there"},
	{[]string{"Microsoft.EventHub/namespaces/authorizationRules/listkeys/action"}, "gets the keys of any Event Hubs namespace there"},
	{[]string{"Microsoft.AppConfiguration/configurationStores/ListKeys/action"}, "gets the keys of any App Configuration store there"},
	{[]string{"Microsoft.CognitiveServices/accounts/listkeys/action"}, "gets the keys of any AI service there"},
}

// dataExposures are those of the data plane.
var dataExposures = []way{
	{[]string{"Microsoft.KeyVault/vaults/secrets/getSecret/action"}, "reads the secrets of any key vault there"},
}

// dataReads are reads of what is stored.
var dataReads = []way{
	{[]string{"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"}, "reads the blobs of any storage account there"},
	{[]string{"Microsoft.Storage/storageAccounts/fileServices/fileshares/files/read"}, "reads the files of any storage account there"},
	{[]string{"Microsoft.Storage/storageAccounts/tableServices/tables/entities/read"}, "reads the tables of any storage account there"},
}
