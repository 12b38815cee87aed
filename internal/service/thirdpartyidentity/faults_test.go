package thirdpartyidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestDenied names the permission that is missing, and keeps the role in the state.
func TestDenied(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	r, id := made(t, server, collector(server))
	changed := collector(server).With(accounts(otherAccount))
	for action, try := range map[string]func() acctest.Diagnostics{
		"UpdateAssumeRolePolicy": func() acctest.Diagnostics { return r.Apply(changed) },
		"GetRole":                func() acctest.Diagnostics { return r.Apply(changed) },
		"DeleteRole":             func() acctest.Diagnostics { return r.Apply(nil) },
	} {
		server.DenyActions(sim.DefaultAccount, "iam:"+action)
		try().Want(t, "error aws_role: Identity cannot be … lack the permission iam:"+action)
		server.DenyActions(sim.DefaultAccount)
		if !r.Exists() {
			t.Fatal("the state has lost the role")
		}
		r.Refresh().Want(t)
		// A deletion that was refused has taken the policies away already.
		if diags := r.Apply(collector(server)); diags.Failed() {
			t.Errorf("after %s: %s", action, diags)
		}
		getsIn(t, server, partyAccount, id, true)
	}
	r.Apply(nil).Want(t)
	wantGone(t, server)
}
