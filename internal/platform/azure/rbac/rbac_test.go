package rbac_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/rbac"
)

const (
	subscription = "/subscriptions/6b2e8d14-90c7-4f35-8a1d-57e3c0b9f2d8"
	group        = subscription + "/resourceGroups/workloads"
	account      = group + "/providers/Microsoft.Storage/storageAccounts/lake"
	management   = "/providers/Microsoft.Management/managementGroups/platform"
)

func role(name string, actions, notActions, dataActions string) rbac.Role {
	return rbac.Role{Name: name, Permissions: []rbac.Permission{{Actions: strings.Fields(actions), NotActions: strings.Fields(notActions), DataActions: strings.Fields(dataActions)}}}
}

var (
	owner       = role("Owner", "*", "", "")
	contributor = role("Contributor", "*", "Microsoft.Authorization/*/Delete Microsoft.Authorization/*/Write Microsoft.Authorization/elevateAccess/Action", "")
	access      = role("User Access Administrator", "*/read Microsoft.Authorization/* Microsoft.Support/*", "", "")
	reader      = role("Reader", "*/read", "", "")
	blobs       = role("Storage Blob Data Reader", "Microsoft.Storage/storageAccounts/blobServices/containers/read", "", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read")
	storage     = role("Storage Account Contributor", "Microsoft.Storage/storageAccounts/*", "", "")
	secrets     = role("Key Vault Secrets User", "", "", "Microsoft.KeyVault/vaults/secrets/getSecret/action")
	machines    = role("Virtual Machine Contributor", "Microsoft.Compute/virtualMachines/*", "", "")
	federated   = role("Federation", "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write", "", "")
	assign      = role("Assign", "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "", "")
	network     = role("Network", "Microsoft.Network/*", "", "")
)

func at(scope string, role rbac.Role) rbac.Assignment {
	return rbac.Assignment{Role: role, Scope: scope, Reach: rbac.AssignmentReach(scope)}
}

func under(one rbac.Assignment) rbac.Assignment {
	one.Condition = "@Resource[name] StringEquals 'invoices'"
	return one
}

func TestDangers(t *testing.T) {
	t.Parallel()
	const (
		administrator = governance.RuleAdministrator
		escalation    = governance.RulePrivilegeEscalation
		permissions   = governance.RulePermissionsManagement
		exposure      = governance.RuleCredentialExposure
		data          = governance.RuleDataExfiltration
		service       = governance.RuleServiceWildcard
		write         = governance.RuleResourceWildcardWrite
	)
	for name, of := range map[string]struct {
		assignment rbac.Assignment
		want       []governance.Rule
	}{
		"owner of a subscription":                {at(subscription, owner), []governance.Rule{administrator}},
		"owner of a management group":            {at(management, owner), []governance.Rule{administrator}},
		"owner of a group":                       {at(group, owner), []governance.Rule{administrator}},
		"owner of a resource":                    {at(account, owner), []governance.Rule{permissions}},
		"contributor of a subscription":          {at(subscription, contributor), []governance.Rule{escalation, permissions, exposure, write}},
		"contributor of a group":                 {at(group, contributor), nil},
		"contributor of a resource":              {at(account, contributor), nil},
		"access administrator of a group":        {at(group, access), []governance.Rule{escalation, permissions}},
		"access administrator under a condition": {under(at(group, access)), []governance.Rule{permissions}},
		"access administrator of a resource":     {at(account, access), []governance.Rule{permissions}},
		"reader of a subscription":               {at(subscription, reader), nil},
		"blobs of a subscription":                {at(subscription, blobs), []governance.Rule{data}},
		"blobs of a group":                       {at(group, blobs), nil},
		"storage of a group":                     {at(group, storage), []governance.Rule{exposure}},
		"storage of an account":                  {at(account, storage), nil},
		"secrets of a group":                     {at(group, secrets), []governance.Rule{exposure}},
		"secrets of a vault":                     {at(account, secrets), nil},
		"machines of a group":                    {at(group, machines), []governance.Rule{escalation}},
		"federation in a group":                  {at(group, federated), []governance.Rule{escalation}},
		"assign without a machine":               {at(group, assign), nil},
		"network of a subscription":              {at(subscription, network), []governance.Rule{service}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []governance.Rule
			for _, danger := range of.assignment.Dangers() {
				got = append(got, danger.Rule)
				if danger.Why == "" || danger.Remedy == "" || !strings.Contains(danger.Grant, of.assignment.Role.Name) {
					t.Errorf("the danger says %+v", danger)
				}
			}
			if !slices.Equal(got, of.want) {
				t.Errorf("got %v, want %v", got, of.want)
			}
		})
	}
}

// TestNotActions has a permission take only from itself.
func TestNotActions(t *testing.T) {
	t.Parallel()
	both := rbac.Role{Name: "Both", Permissions: append(slices.Clone(contributor.Permissions), rbac.Permission{Actions: []string{"microsoft.authorization/roleassignments/WRITE"}})}
	if found := at(group, both).Dangers(); len(found) != 2 || found[0].Rule != governance.RulePrivilegeEscalation {
		t.Errorf("found %+v", found)
	}
}

func TestGains(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		had, now []rbac.Assignment
		want     []string
	}{
		"new":                  {nil, []rbac.Assignment{at(group, reader), at(group, access), at(group, contributor)}, []string{"Permissions management: the role \"User Access Administrator\" at " + group, "Write: the role \"Contributor\" at " + group, "Read: the role \"Reader\" at " + group}},
		"the same":             {[]rbac.Assignment{at(group, reader)}, []rbac.Assignment{at(strings.ToUpper(group), reader)}, nil},
		"below":                {[]rbac.Assignment{at(subscription, reader)}, []rbac.Assignment{at(group, reader)}, nil},
		"above":                {[]rbac.Assignment{at(group, reader)}, []rbac.Assignment{at(subscription, reader)}, []string{"Read: the role \"Reader\" at " + subscription}},
		"without a condition":  {[]rbac.Assignment{under(at(group, blobs))}, []rbac.Assignment{at(group, blobs)}, []string{"Read: the role \"Storage Blob Data Reader\" at " + group}},
		"with a condition":     {[]rbac.Assignment{at(group, blobs)}, []rbac.Assignment{under(at(group, blobs))}, nil},
		"another group's name": {[]rbac.Assignment{at(group, reader)}, []rbac.Assignment{at(group+"2", reader)}, []string{"Read: the role \"Reader\" at " + group + "2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, gain := range rbac.Gains(of.had, of.now) {
				got = append(got, gain.Level+": "+gain.Text)
			}
			if !slices.Equal(got, of.want) {
				t.Errorf("got %q, want %q", got, of.want)
			}
		})
	}
}
