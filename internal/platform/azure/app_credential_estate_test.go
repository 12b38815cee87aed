package azure_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// TestCredentialsAreKnownAsGoverned issues two credentials, one of which gets its note, and finds that one governed, in a
// retirement and in the inventory.
func TestCredentialsAreKnownAsGoverned(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	app := e.tenant.PutApplication(azuresim.Application{DisplayName: "robot"})
	tenant := azure.NewTenant(e.config())
	id := governance.ID{Kind: governance.KindEntraApplication, Account: azuresim.DefaultTenant, Resource: app.ObjectID}
	var made []string
	for _, kind := range []string{platform.ClientSecret, platform.Certificate} {
		issuer := tenant.AppCredentials(id, azure.AppCredentialSpec{Type: kind, ValidDays: 30, Expires: e.Now().AddDate(0, 0, 90)})
		if err := issuer.Announce(t.Context(), platform.Issuance{Store: "a store", Since: e.Now()}); err != nil {
			t.Fatal(err)
		}
		issued, err := issuer.Issue(t.Context())
		if err != nil || issued.Type != kind || !issued.ExpiresAt.Equal(e.Now().AddDate(0, 0, 30)) {
			t.Fatalf("%+v, %v", issued.Credential, err)
		}
		made = append(made, issued.ID)
	}
	issuer := tenant.AppCredentials(id, azure.AppCredentialSpec{})
	if err := issuer.Own(t.Context(), made[0], "a store", time.Time{}); err != nil {
		t.Fatal(err)
	}
	holder, err := issuer.Holder(t.Context())
	if err != nil || holder.Issuing == nil || !holder.Issuing.Exact || holder.Issuing.Store != "a store" || len(holder.Credentials) != 2 {
		t.Fatalf("%+v, %v", holder, err)
	}
	going, err := tenant.Applications().Retirement(t.Context(), id)
	if err != nil || !slices.Equal(going.Governed, []string{"client secret " + made[0]}) || !slices.Contains(going.Attachments, "certificate "+made[1]) {
		t.Errorf("%+v, %v", going, err)
	}
	listing, err := tenant.Identities(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, identity := range listing.Identities {
		if identity.ID != id {
			continue
		}
		stores := map[string]string{}
		for _, one := range identity.Credentials {
			stores[one.ID] = one.Store
		}
		if len(stores) != 2 || stores[made[0]] != "a store" || stores[made[1]] != "" {
			t.Errorf("the inventory knows the stores %v", stores)
		}
	}
}

// TestNotesOfGoneCredentialsEnd notes a store for a credential that does not exist, as a write of another state that crossed the
// revocation leaves it, and has it gone with the next note, which stays with what is somebody else's.
func TestNotesOfGoneCredentialsEnd(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	const theirs, stale = "theirs", "nhi:credential.11111111-2222-4333-8444-555555555555=a"
	app := e.tenant.PutApplication(azuresim.Application{DisplayName: "robot", Tags: []string{theirs, stale}, Secrets: []azuresim.Secret{{}}})
	kept := app.KeyIDs[0]
	id := governance.ID{Kind: governance.KindEntraApplication, Account: azuresim.DefaultTenant, Resource: app.ObjectID}
	issuer := azure.NewTenant(e.config()).AppCredentials(id, azure.AppCredentialSpec{})
	if err := issuer.Own(t.Context(), kept, "c", time.Time{}); err != nil {
		t.Fatal(err)
	}
	left, _ := e.tenant.Application(app.ObjectID)
	if want := []string{theirs, "nhi:credential." + kept + "=c"}; !slices.Equal(left.Tags, want) {
		t.Errorf("the tags are %q, not %q", left.Tags, want)
	}
}

// TestCredentialsOfGoneApplication finds nothing to issue for, and nothing left to revoke.
func TestCredentialsOfGoneApplication(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	id := governance.ID{Kind: governance.KindEntraApplication, Account: azuresim.DefaultTenant, Resource: "11111111-2222-4333-8444-555555555555"}
	issuer := azure.NewTenant(e.config()).AppCredentials(id, azure.AppCredentialSpec{Type: platform.ClientSecret, ValidDays: 30, Expires: e.Now().AddDate(0, 0, 90)})
	if _, err := issuer.Holder(t.Context()); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("Holder says %v", err)
	}
	if _, err := issuer.Issue(t.Context()); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("Issue says %v", err)
	}
	for name, err := range map[string]error{"Revoke": issuer.Revoke(t.Context(), id.Resource), "Withdraw": issuer.Withdraw(t.Context())} {
		if err != nil {
			t.Errorf("%s says %v", name, err)
		}
	}
}

// TestLastUseOfCredentials tells unknown from never, with a reason.
func TestLastUseOfCredentials(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	used := e.Now().Add(-time.Hour)
	app := e.tenant.PutApplication(azuresim.Application{DisplayName: "robot", Secrets: []azuresim.Secret{{LastUsedAt: used}, {}}})
	id := governance.ID{Kind: governance.KindEntraApplication, Account: azuresim.DefaultTenant, Resource: app.ObjectID}
	ask := func(key string) governance.Use {
		t.Helper()
		use, err := azure.NewTenant(e.config()).AppCredentials(id, azure.AppCredentialSpec{}).LastUse(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return use
	}
	if use := ask(app.KeyIDs[0]); !use.At.Equal(used) || use.Unknown != "" {
		t.Errorf("%+v", use)
	}
	if use := ask(app.KeyIDs[1]); !use.At.IsZero() || use.Unknown != "the report of sign-ins has no entry for it" {
		t.Errorf("%+v", use)
	}
	e.tenant.SetPremium(false)
	if use := ask(app.KeyIDs[0]); use.Unknown == "" {
		t.Errorf("without a licence: %+v", use)
	}
}
