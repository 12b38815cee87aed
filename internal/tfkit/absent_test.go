package tfkit_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// TestAbsent says of each kind what of its id may be wrong.
func TestAbsent(t *testing.T) {
	t.Parallel()
	const tenant, object = "entra:11111111-2222-4333-8444-555555555555:", "66666666-7777-4888-8999-000000000000"
	for text, want := range map[string]string{
		"aws:123456789012:role/ci/deploy":      "the account 123456789012 has no role called ci/deploy. Check the account, the path and the name.",
		"aws:123456789012:user/mailer":         "the account 123456789012 has no user called mailer. Check the account, the path and the name.",
		tenant + "application/" + object:       "the tenant has no application with the object id " + object + ". Write the object id of the app registration: the application (client) id and the object id of the enterprise application are others.",
		tenant + "service_principal/" + object: "the tenant has no service principal with the object id " + object + ". Write the object id of the enterprise application: the application (client) id and the object id of an app registration are others.",
		"azure:/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/nightly": "there is no such managed identity. Check the subscription, the resource group and the name in its id.",
	} {
		id, err := governance.ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := tfkit.Absent(id, platform.ErrNotFound); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	id, found := governance.ID{Kind: governance.KindAWSRole, Account: "123456789012", Resource: "deploy"}, governance.ID{Kind: governance.KindAWSRole, Account: "123456789012", Resource: "ci/deploy"}
	const want = "there is no aws:123456789012:role/deploy, but there is aws:123456789012:role/ci/deploy. Write that id if it is meant: an id has the path, and the letters in their case."
	if got := tfkit.Absent(id, &platform.ErrElsewhere{Wanted: id, Found: found}); got != want {
		t.Error(got)
	}
}
