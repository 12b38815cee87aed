package inventory_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// TestHolderOfKey finds who has an access key, whatever a credential report knows of it.
func TestHolderOfKey(t *testing.T) {
	t.Parallel()
	server := keyed(t)
	account, now := server.Account(sim.DefaultAccount), server.Clock().Now()
	twins := account.PutUser(sim.User{Name: "twins", AccessKeys: []sim.AccessKey{{CreatedAt: now}, {CreatedAt: now, Inactive: true}}})
	governed := account.PutUser(sim.User{Name: "governed", Tags: map[string]string{"nhi:managed_by": "terraform-provider-governed"}, AccessKeys: []sim.AccessKey{{CreatedAt: now}}})[0]
	account.PutUser(sim.User{Name: "governed", Tags: map[string]string{"nhi:managed_by": "terraform-provider-governed"}})
	p := acctest.NewConfiguredProtocol(t, server, nil)
	for _, key := range twins {
		found, diags := p.ReadDataSource("governed_identity", acctest.Values{"credential_id": key.AccessKeyID})
		diags.Want(t)
		acctest.WantSame(t, "id", object(t, found)["id"], "aws:"+sim.DefaultAccount+":user/twins")
		acctest.WantSame(t, "credential_id", object(t, found)["credential_id"], key.AccessKeyID)
	}
	for id, want := range map[string]string{
		governed.AccessKeyID:   "error credential_id: Identity not found … " + governed.AccessKeyID + ": it is a credential of none of the … identities of account " + sim.DefaultAccount + ". … aws sts get-access-key-info tells the account",
		"ASIAIOSFODNN7EXAMPLE": "error credential_id: Identity not found … this is the key of a session",
		"":                     "error credential_id: ",
	} {
		_, diags := p.ReadDataSource("governed_identity", acctest.Values{"credential_id": id})
		diags.Want(t, want)
	}
	p.ValidateDataSource("governed_identity", acctest.Values{"credential_id": "x", "id": "aws:123456789012:user/x"}).Want(t, "error id: Invalid Attribute Combination … [id,arn,credential_id]")
}

// TestHolderDenied is no answer where the keys cannot be read.
func TestHolderDenied(t *testing.T) {
	t.Parallel()
	server := keyed(t)
	server.DenyActions(sim.DefaultAccount, listKeys)
	_, diags := acctest.NewConfiguredProtocol(t, server, nil).ReadDataSource("governed_identity", acctest.Values{"credential_id": "AKIAIOSFODNN7EXAMPLE"})
	diags.Want(t, "warning : Inventory has gaps … The ids of the access keys of 5 users in account "+sim.DefaultAccount+" are not known: the caller lacks the permission iam:ListAccessKeys.",
		"error credential_id: Identity not found")
}

// TestHolderOfSecret finds the application that has a client secret.
func TestHolderOfSecret(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	azure := acctest.NewAzureSim(t, server.Clock())
	tenant := azure.Tenant(azuresim.DefaultTenant)
	app := tenant.PutApplication(azuresim.Application{DisplayName: "connector", Secrets: []azuresim.Secret{{}}})
	p := acctest.NewAzureProtocol(t, azure, nil)
	found, diags := p.ReadDataSource("governed_identity", acctest.Values{"credential_id": app.KeyIDs[0]})
	diags.Want(t, "warning : Inventory has gaps … The Azure roles of the identities of tenant ")
	acctest.WantSame(t, "id", object(t, found)["id"], "entra:"+azuresim.DefaultTenant+":application/"+app.ObjectID)
}
