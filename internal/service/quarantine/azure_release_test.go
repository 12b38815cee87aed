package quarantine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// notBack is the warning of a release that has not put everything back.
func notBack(id, text string) string {
	return "warning identity: Not everything was put back: " + id + " … " + text
}

// TestManagedIdentityBound gives time-bound roles back with their ends, as far as there is anything left of them, and others with
// their descriptions.
func TestManagedIdentityBound(t *testing.T) {
	t.Parallel()
	l := newLandscape(t)
	now := l.server.Clock().Now()
	const description = "For the nightly run; ask billing, not us"
	for _, one := range l.tenant.RoleAssignments(l.view.PrincipalID) {
		l.tenant.SetRoleAssignment(one.ID, description, time.Time{})
	}
	for name, end := range map[string]time.Time{"Key Vault Reader": now.Add(50 * oneDay), "AcrPull": now.Add(5 * oneDay), "User Access Administrator": now.Add(20*oneDay + 3*time.Minute)} {
		l.tenant.SetRoleAssignment(l.tenant.AssignRole(l.view.PrincipalID, name, l.group), "", end)
	}
	r := l.resource(t)
	r.Apply(order(l.id, nil)).Want(t, announced(l.id))
	if l.roles() > 0 {
		t.Errorf("left are %v", l.picture())
	}
	l.server.Clock().Advance(20 * oneDay)
	r = r.Under(acctest.NewAzureProtocol(t, l.server, nil))
	r.Refresh().Want(t)
	at := strings.ToLower(l.group)
	r.Apply(nil).Want(t, notBack(l.id, "role assignment AcrPull at "+at+" has ended since … role assignment User Access Administrator at "+at+" stays removed, because it ends at 2026-03-21T12:03:00Z, and Azure assigns no role for less than five minutes"))
	var bound int
	for _, one := range l.tenant.RoleAssignments(l.view.PrincipalID) {
		switch {
		case one.Role == "Key Vault Reader" && one.Ends.Equal(now.Add(50*oneDay)):
			bound++
		case one.Description != description || !one.Ends.IsZero() || (one.Condition == blobsOnly) != (one.Role == "Storage Blob Data Reader"):
			t.Errorf("given back is %+v", one)
		}
	}
	if bound != 1 || l.roles() != 4 {
		t.Errorf("given back are %v", l.picture())
	}
}

// TestManagedIdentityLost names what a release cannot give back any more, and gives back the rest.
func TestManagedIdentityLost(t *testing.T) {
	t.Parallel()
	l := newLandscape(t)
	store := l.tenant.Subscription(azuresim.DefaultSubscription).AddResource("workloads", "Microsoft.Storage/storageAccounts", "reports")
	l.tenant.AssignRole(l.view.PrincipalID, "Reader", store)
	l.tenant.SetRoleAssignment(l.tenant.AssignRole(l.view.PrincipalID, "AcrPull", l.group), "", l.server.Clock().Now().Add(50*oneDay))
	l.tenant.Entitle(l.view.PrincipalID, "User.Read.All")
	r := l.resource(t)
	r.Apply(order(l.id, nil)).Want(t, announced(l.id)+" … User.Read.All … is removed")
	l.tenant.RemoveResource(store)
	l.tenant.SetActiveAssignmentPolicy(10*oneDay, false)
	r = r.Under(acctest.NewAzureProtocol(t, l.server, nil))
	r.Refresh().Want(t)
	r.Apply(nil).Want(t, notBack(l.id, "role assignment AcrPull at "+strings.ToLower(l.group)+" could not be given back: Privileged Identity Management refuses it by now (RoleAssignmentRequestPolicyValidationFailed)"+
		" … role assignment Reader at "+strings.ToLower(store)+" could not be given back, because what it is for is gone"))
	if l.roles() != 3 {
		t.Errorf("given back are %v", l.picture())
	}
	r.Plan(order(l.id, nil)).Want(t, announced(l.id)+" … User.Read.All … is removed")
}

// TestManagedIdentityWithoutPrincipal releases, and removes, an identity whose service principal somebody has deleted.
func TestManagedIdentityWithoutPrincipal(t *testing.T) {
	t.Parallel()
	w := newWard(t, nil)
	r := w.resource(t)
	r.Apply(order(w.id, nil)).Want(t, announced(w.id))
	w.tenant.Delete(w.view.PrincipalID)
	r = r.Under(acctest.NewAzureProtocol(t, w.server, nil))
	r.Refresh().Want(t)
	acctest.WantSame(t, "status", r.State("status"), "quarantined")
	r.Apply(nil).Want(t, notBack(w.id, "role assignment Contributor at … could not be given back, because the service principal of the identity is gone … role assignment Reader at"))
	if len(w.tags()) == 0 || w.tags()["nhi:quarantine"] != "" {
		t.Errorf("the tags are %v", w.tags())
	}
	w.identity = w.identity.Under(acctest.NewAzureProtocol(t, w.server, nil))
	if diags := w.identity.Apply(nil); diags.Failed() {
		t.Error(diags)
	}
	if _, there := w.tenant.ManagedIdentity(w.view.ID); there {
		t.Error("the identity is still there")
	}
}

// TestManagedIdentityCaller refuses to quarantine the identity that Terraform runs as.
func TestManagedIdentityCaller(t *testing.T) {
	t.Parallel()
	w := newWard(t, nil)
	w.tenant.Entitle(w.view.PrincipalID, "Application.Read.All")
	for _, at := range []string{mine, "/subscriptions/" + otherSubscription} {
		w.tenant.AssignRole(w.view.PrincipalID, "Reader", at)
	}
	const issuer, subject = "https://token.actions.githubusercontent.com", "repo:acme/app:ref:refs/heads/main"
	token := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(token, []byte(azuresim.WebIdentityToken(issuer, "api://AzureADTokenExchange", subject, w.server.Clock().Now().Add(time.Hour))), 0o600))
	r := acctest.NewAzureProtocol(t, w.server, acctest.Values{"azure": acctest.AzureArgument(t, w.server).With(acctest.Values{
		"client_id": w.view.ClientID, "use_oidc": true, "oidc_token_file": token,
	})}).Resource(typeName)
	r.Plan(order(w.id, nil)).Want(t, "error identity: Quarantine is not possible … is what Terraform runs as (service principal "+w.view.PrincipalID+"), and could not release itself")
}

// TestManagedIdentityDeletion retires a governed managed identity when its time has come, and says that its resource has to go too.
func TestManagedIdentityDeletion(t *testing.T) {
	t.Parallel()
	w := newWard(t, nil)
	config := order(w.id, acctest.Values{"delete_after": w.date(9)})
	r := w.resource(t)
	r.Apply(config).Want(t, announced(w.id))
	w.server.Clock().Advance(10 * oneDay)
	r = r.Under(acctest.NewAzureProtocol(t, w.server, nil))
	r.Refresh().Want(t)
	r.Plan(config).Want(t, "warning identity: Identity will be retired: "+w.id+" … whose delete_after "+w.date(-1)+" has passed … - federated credential main … - role assignment Contributor at … Last use:",
		"warning identity: Identity is governed: "+w.id+" … Remove that from its configuration too, or Terraform makes the identity anew.")
	if diags := r.Apply(config); diags.Failed() {
		t.Fatal(diags)
	}
	acctest.WantSame(t, "status", r.State("status"), "deleted")
	if _, there := w.tenant.ManagedIdentity(w.view.ID); there {
		t.Error("the identity is still there")
	}
	w.identity = w.identity.Under(acctest.NewAzureProtocol(t, w.server, nil))
	if w.identity.Refresh().Want(t); w.identity.Exists() {
		t.Error("the resource is still there")
	}
	r.Apply(nil).Want(t)
}

// TestManagedIdentityRecordRemoved locks an identity again whose record somebody has removed; what was taken is not known any more, but to the
// resource of one that is governed.
func TestManagedIdentityRecordRemoved(t *testing.T) {
	t.Parallel()
	w := newWard(t, nil)
	config := w.governedWard(100, nil)
	r := w.resource(t)
	r.Apply(order(w.id, nil)).Want(t, announced(w.id))
	for key := range w.tags() {
		if strings.HasPrefix(key, "nhi:quarantine") {
			w.tag(key, "")
		}
	}
	r = r.Under(acctest.NewAzureProtocol(t, w.server, nil))
	r.Refresh().Want(t)
	acctest.WantSame(t, "status", r.State("status"), "released")
	early := *r
	early.Apply(nil).Want(t, notBack(w.id, "nothing on it records a quarantine any more, so nothing was put back"))
	r.Apply(order(w.id, nil)).Want(t, "warning identity: Quarantine is not whole: "+w.id+" … nothing on the identity records the quarantine any more")
	acctest.WantSame(t, "changes", r.State("changes"), []any{})
	w.again(config, inWard)
	r.Apply(nil).Want(t)
	w.wantAccess(nil, nil)
	w.identity = w.identity.Under(acctest.NewAzureProtocol(t, w.server, nil))
	w.identity.Refresh().Want(t)
	w.apply(config)
	w.wantAccess([]string{"Contributor", "Reader"}, []string{"main"})
}
