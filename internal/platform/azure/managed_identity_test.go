package azure_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
)

// TestSimDisabledWithoutRole lets an identity be disabled though a role that it has is gone.
func TestSimDisabledWithoutRole(t *testing.T) {
	t.Parallel()
	e := openIdentities(t, true)
	want := e.Wanted("disabled")
	want.Spec.RoleAssignments["gone"] = azure.RoleAssignment{Scope: e.group, Role: "Gone", TimeBound: true}
	e.tenant.SetGovernanceLicence(false)
	if found, err := e.Driver().Check(t.Context(), want); err != nil || len(found) != 5 {
		t.Errorf("Check found %v (%v)", found, err)
	}
	want.Disabled = true
	if found, err := e.Driver().Check(t.Context(), want); err != nil || len(found) > 0 {
		t.Errorf("of the disabled identity, Check found %v (%v)", found, err)
	}
}

// TestSimConcurrentWrites converges one identity twice at a time: Azure refuses writes of federated credentials that meet.
func TestSimConcurrentWrites(t *testing.T) {
	t.Parallel()
	e := openIdentities(t, false)
	driver := e.Driver()
	want := e.Wanted("busy")
	id, err := driver.Create(t.Context(), want)
	e.no(err)
	_, err = driver.Converge(t.Context(), id, want)
	e.no(err)
	var group sync.WaitGroup
	for _, branch := range []string{"one", "two", "three", "four"} {
		want := e.Wanted("busy")
		want.Spec.FederatedCredentials = map[string]federation.Preset{"main": federation.GitHubActions{Repository: "acme/app", Branch: branch}, "next": federation.GitHubActions{Repository: "acme/next", Branch: branch}}
		group.Add(1)
		go func() {
			defer group.Done()
			// They undo each other, but none may be refused for coming together.
			if _, err := driver.Converge(t.Context(), id, want); err != nil && strings.Contains(err.Error(), "concurrent") {
				t.Error(err)
			}
		}()
	}
	group.Wait()
}

// TestSimForeignSubscription keeps an identity in the subscription that it names, and refuses one without any.
func TestSimForeignSubscription(t *testing.T) {
	t.Parallel()
	e := openIdentities(t, false)
	e.tenant.Subscription(otherSubscription).AddResourceGroup("workloads", "westeurope")
	want := e.Wanted("abroad")
	want.Spec.SubscriptionID = strings.ToUpper(otherSubscription)
	driver := e.Driver()
	id, err := driver.Create(t.Context(), want)
	e.no(err)
	state, err := driver.Converge(t.Context(), id, want)
	e.no(err)
	if !strings.HasPrefix(id.Resource, "/subscriptions/"+otherSubscription+"/") || len(state.Roles) != 3 {
		t.Errorf("made %s with %v", id, state.Roles)
	}
	removed, err := e.Driver().Delete(t.Context(), id)
	if e.no(err); len(removed) != 5 {
		t.Errorf("removed %v", removed)
	}
	if left := e.Left(); slices.ContainsFunc(left, func(one string) bool {
		return strings.Contains(one, "abroad") || strings.Contains(one, "roleAssignments")
	}) {
		t.Errorf("left over: %v", left)
	}
	config := e.config()
	config.SubscriptionID = ""
	var missing *platform.ErrNotConfigured
	if _, err := azure.NewTenant(config).ManagedIdentities().Check(t.Context(), e.Wanted("nowhere")); !errors.As(err, &missing) || !slices.Equal(missing.Attribute, []string{"azure", "subscription_id"}) {
		t.Errorf("without a subscription: %v", err)
	}
}
