package quarantine_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestRole locks a role, live sessions included, and gives it back as it was.
func TestRole(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	putRole(server)
	account := server.Account(sim.DefaultAccount)
	before := pictureOf(t, server)
	wantRoleUse(t, server, true)
	live, err := account.AssumeRoleAsService("lambda.amazonaws.com", roleARN, nil)
	must(t, err)
	r := protocol(t, server)
	config := order(roleID, acctest.Values{"delete_after": acctest.Date(server, 30)})
	server.ResetCalls()
	r.Apply(config).Want(t, announced(roleID)+" … what runs as it will fail … Afterwards: … the inline policy governed-quarantine denies everything … the statement GovernedQuarantine in the trust policy lets nobody in … Last use: …, in eu-west-1")
	acctest.WantWrites(t, server, "TagRole", "PutRolePolicy", "UpdateAssumeRolePolicy", "TagRole")
	wantRoleUse(t, server, false)
	wantCall(t, server, live, false)
	acctest.WantSame(t, "status", r.State("status"), "quarantined")
	acctest.WantSame(t, "changes", r.State("changes"), []any{"the inline policy governed-quarantine denies everything", "the statement GovernedQuarantine in the trust policy lets nobody in"})
	acctest.WantSame(t, "instead", r.State("instead"), []any{})
	acctest.WantSame(t, "drift", r.State("drift"), []any{})
	acctest.WantSame(t, "unique id", r.State("unique_id"), before.role.ID)
	locked, _ := account.Role("nightly")
	if record := locked.Tags["nhi:quarantine"]; !strings.HasPrefix(record, "quarantined ") {
		t.Errorf("the record is %q", record)
	}
	acctest.WantSame(t, "reason", locked.Tags["nhi:quarantine_reason"], "Unused for 400 days=2C and nobody =28really nobody=29 knows it")
	acctest.WantSame(t, "ticket", locked.Tags["nhi:quarantine_ticket"], "SEC-1234")

	// Nothing is left to do, and another ticket takes one call.
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	r.Plan(config).Want(t)
	if r.Changes() {
		t.Error("the second plan changes something")
	}
	server.ResetCalls()
	r.Apply(config.With(acctest.Values{"ticket": "SEC-5678"})).Want(t)
	acctest.WantWrites(t, server, "TagRole")
	r.Apply(config.With(acctest.Values{"ticket": nil})).Want(t)
	acctest.WantWrites(t, server, "TagRole", "UntagRole")

	server.ResetCalls()
	r.Apply(nil).Want(t)
	acctest.WantWrites(t, server, "TagRole", "UpdateAssumeRolePolicy", "DeleteRolePolicy", "UntagRole")
	wantBack(t, server, before)
	wantRoleUse(t, server, true)
	wantCall(t, server, live, true)
}
