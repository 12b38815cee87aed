package azuresim_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

func TestSeedEstate(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 13, 2000} {
		seeded := func() *azuresim.Tenant {
			s, err := azuresim.New(azuresim.WithClock(clockStart))
			noError(t, err)
			s.SeedEstate(n)
			return defaultTenant(s)
		}
		one, two := seeded(), seeded()
		if got := len(one.Applications()); got != n {
			t.Errorf("%d applications, want %d", got, n)
		}
		if diff := cmp.Diff(one.ServicePrincipals(), two.ServicePrincipals()); diff != "" {
			t.Errorf("two estates differ: %s", diff)
		}
	}
}

// A small estate already holds every interesting kind.
func TestSeedEstateIsVaried(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.SeedEstate(13)
	g := newGraph(t, s)
	have := map[string]int{}
	note := func(kind string, is bool) {
		if is {
			have[kind]++
		}
	}
	list, _ := g.all("/applications?$top=999&$expand=owners")
	for _, a := range list {
		owners := items(a, "owners")
		note("ownerless", len(owners) == 0)
		note("owned", len(owners) > 0)
		note("certificate", len(items(a, "keyCredentials")) > 0)
		for _, o := range owners {
			note("blocked owner", o["accountEnabled"] == false)
		}
		for _, c := range items(a, "passwordCredentials") {
			end, err := time.Parse(time.RFC3339, text(c, "endDateTime"))
			noError(t, err)
			note("ended", !end.After(clockStart))
			note("ending", end.After(clockStart) && end.Before(clockStart.AddDate(0, 0, 10)))
			note("eternal", end.After(clockStart.AddDate(50, 0, 0)))
		}
	}
	list, _ = g.all("/servicePrincipals?$top=999")
	for _, p := range list {
		third := text(p, "appOwnerOrganizationId") != azuresim.DefaultTenant && p["servicePrincipalType"] == "Application"
		verified := text(inner(p, "verifiedPublisher"), "displayName") != ""
		note("managed identity", p["servicePrincipalType"] == "ManagedIdentity")
		note("blocked", p["accountEnabled"] == false)
		note("verified third party", third && verified)
		note("unverified third party", third && !verified)
	}
	list, _ = g.all("/roleManagement/directory/roleAssignments")
	note("administrator", len(list) > 0)
	list, _ = g.all("/beta/reports/servicePrincipalSignInActivities")
	note("used", len(list) > 0)
	if len(have) != 13 {
		t.Errorf("the estate has only %v", have)
	}
}
