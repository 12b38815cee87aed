package serviceidentity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
)

// TestApprovalOfKept judges an identity that nobody changes by what its approval was for.
func TestApprovalOfKept(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice, bob := newApprover(t, server), newApprover(t, server)
	made := alice.approving(server, nil).Resource(typeName)
	token := alice.sign(nil)
	made.Apply(escalating(server, token)).Want(t, effect)
	const needed = "error approval: Approval of permissions … "
	for name, c := range map[string]struct {
		token  any
		policy acctest.Values
		want   []string
	}{
		"the same":              {token, nil, nil},
		"taken out":             {nil, nil, []string{needed + "an approval has let it pass, and is not there any more. … It has to allow:\n  - classes: privilege_escalation"}},
		"emptied":               {"", nil, []string{needed + "an approval has let it pass, and is not there any more"}},
		"requested anew":        {"requested", nil, []string{"warning approval: Approval of permissions … an approval is requested"}},
		"not known yet":         {acctest.Unknown, nil, nil},
		"a new one":             {alice.sign(func(c *approval.Claims) { c.Ticket = "SEC-2" }), nil, []string{"warning approval: Approval takes effect … SEC-2"}},
		"another's":             {bob.sign(nil), nil, []string{needed + "it is signed with the key"}},
		"a narrower one":        {alice.sign(func(c *approval.Claims) { c.Grants = grant("iam:*", appRoles) }), nil, []string{needed + "does not allow iam:PutRolePolicy on " + anyRole}},
		"the key has gone":      {token, acctest.Values{"approval_keys": []string{bob.public()}}, []string{needed + "it is signed with the key"}},
		"all keys have gone":    {token, acctest.Values{"approval_keys": nil}, []string{needed + "the policy names nobody who may approve"}},
		"a key has come":        {token, acctest.Values{"approval_keys": []string{bob.public(), alice.public()}}, nil},
		"a shorter life":        {token, acctest.Values{"approval_max_days": 30}, []string{needed + "it is to hold for 90 days, and the policy's approval_max_days is 30"}},
		"nobody refuses it now": {nil, acctest.Values{"enforcement": acctest.Values{"privilege_escalation": "warn"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made.Under(alice.approving(server, c.policy)).Plan(escalating(server, c.token)).Want(t, c.want...)
		})
	}
	t.Run("expired identity", func(t *testing.T) {
		t.Parallel()
		server := acctest.NewSim(t)
		alice := newApprover(t, server)
		r := alice.approving(server, nil).Resource(typeName)
		r.Apply(escalating(server, alice.sign(nil))).Want(t, effect)
		config := escalating(server, r.State("approval"))
		server.Clock().Advance(301 * 24 * time.Hour)
		r = r.Under(alice.approving(server, nil))
		if diags := r.Refresh(); diags.Failed() {
			t.Fatal(diags)
		}
		if diags := r.Apply(config); diags.Failed() || !strings.Contains(diags.String(), "warning approval: Approval of permissions") {
			t.Error(diags)
		}
		if r.State("status") != "expired" {
			t.Errorf("it is %v", r.State("status"))
		}
	})
}

// TestApprovalNarrowed lets an identity become less without an approval, which does not outlive that.
func TestApprovalNarrowed(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice := newApprover(t, server)
	r := alice.approving(server, nil).Resource(typeName)
	token := alice.sign(func(c *approval.Claims) { c.Grants = grant("iam:Put*", anyRole) })
	config := func(action, resource string, token any) acctest.Values {
		return escalating(server, token).With(policies("export", allowing(action, resource)))
	}
	diags := r.Apply(config("iam:Put*", anyRole, token))
	if diags.Failed() {
		t.Fatal(diags)
	}
	r.Apply(config("iam:PutRolePolicy", anyRole, nil)).Want(t, warned)
	r.Plan(config("iam:PutRolePolicy", anyRole, nil)).Want(t, "error approval: Approval of permissions … is not there any more")
	r.Apply(config("iam:PutRolePolicy", appRoles, nil)).Want(t)
	if r.State("approval_needed") != nil {
		t.Errorf("the state has %v", r.State("approval_needed"))
	}
	r.Plan(config("iam:PutRolePolicy", appRoles, nil)).Want(t)
}

// TestApprovalUnknownWhileNarrowed keeps what a plan has promised of a change that only takes away, whatever its approval
// turns out to be: what nobody had to approve before needs one from then on only where there is one.
func TestApprovalUnknownWhileNarrowed(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice := newApprover(t, server)
	lenient := alice.approving(server, acctest.Values{"enforcement": acctest.Values{"privilege_escalation": "warn", "permissions_management": "off", "resource_wildcard_write": "off"}})
	config := func(action string, token any) acctest.Values {
		return escalating(server, token).With(policies("export", allowing(action, anyRole)))
	}
	r := lenient.Resource(typeName)
	r.Apply(config("iam:Put*", nil)).Want(t, warned)
	r = r.Under(alice.approving(server, nil))
	r.Plan(config("iam:PutRolePolicy", acctest.Unknown)).Want(t, warned)
	r.ApplyPlanned(config("iam:PutRolePolicy", alice.sign(nil))).Want(t)
	if r.State("approval_needed", "identity") != exporterID {
		t.Errorf("the state has %v", r.State("approval_needed"))
	}
}

// TestApprovalOfImported says of an approval that an import brings no more than that: what stays as it is, is not judged.
func TestApprovalOfImported(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice := newApprover(t, server)
	config := escalating(server, alice.sign(nil))
	alice.approving(server, nil).Resource(typeName).Apply(config).Want(t, effect)
	r := alice.approving(server, nil).Resource(typeName)
	r.Import(exporterID, nil).Want(t)
	r.Plan(config).Want(t, "warning approval: Approval of permissions … what it may do does not change, and nothing of that has needed an approval so far. … Keep the argument only if it is for the identity's next change.")
}

// TestApprovalRequestedAdvice advises to ask for an approval until it is asked for.
func TestApprovalRequestedAdvice(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice := newApprover(t, server)
	const advice = `write approval = "requested"`
	for token, advised := range map[any]bool{nil: true, "requested": false} {
		diags := alice.approving(server, nil).Resource(typeName).Plan(escalating(server, token))
		if text := diags.String(); strings.Contains(text, advice) != advised || !strings.Contains(text, "Identity could raise its own privileges") {
			t.Errorf("with approval = %v: %s", token, text)
		}
	}
}
