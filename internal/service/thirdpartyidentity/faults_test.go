package thirdpartyidentity_test

import (
	"fmt"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestFaultInCreate fails every call of a create in several ways. What exists is in the state then, with its external id,
// and the next apply finishes it.
func TestFaultInCreate(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"CreateRole", "PutRolePolicy", "AttachRolePolicy"} {
		for _, kind := range []sim.FaultKind{sim.FaultAccessDenied, sim.FaultInternal, sim.FaultThrottling, sim.FaultDropBefore, sim.FaultDropAfter} {
			t.Run(fmt.Sprintf("%s %s", action, kind), func(t *testing.T) {
				t.Parallel()
				server := newSim(t)
				server.InjectFault(sim.Fault{Service: "iam", Action: action, Kind: kind})
				config := collector(server).With(withRole(acctest.Values{"inline_policies": acctest.Values{"list": listRoles}, "managed_policy_arns": []string{readOnly}}))
				r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
				if adopted := action == "CreateRole" && kind == sim.FaultDropAfter; len(r.Apply(config)) != 1 && !adopted {
					t.Fatal("nothing was reported")
				}
				if exists := len(account(server).Roles()) > 0; r.Exists() != exists {
					t.Fatalf("the state has the role: %t, the account has it: %t", r.Exists(), exists)
				}
				server.ClearFaults()
				before := r.State("aws_role", "external_id")
				r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
				if r.Exists() {
					r.Refresh().Want(t)
				}
				// What an interrupted apply had left is given now.
				if diags := r.Apply(config); len(diags) > 0 {
					diags.Want(t, "warning aws_role: Identity gains permissions")
				}
				id, _ := r.State("aws_role", "external_id").(string)
				if before != nil && before != id {
					t.Errorf("the external id was %v and is %s", before, id)
				}
				getsIn(t, server, partyAccount, id, true)
				r.Refresh().Want(t)
				if r.Plan(config).Want(t); r.Changes() {
					t.Error("the plan after the repair still changes something")
				}
				r.Apply(nil).Want(t)
				wantGone(t, server)
			})
		}
	}
}

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
