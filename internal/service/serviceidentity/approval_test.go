package serviceidentity_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	exporterID = "aws:123456789012:role/invoice-export"
	anyRole    = "arn:aws:iam::*:role/*"
	appRoles   = "arn:aws:iam::*:role/app-*"
)

// approver signs approvals.
type approver struct {
	t   testing.TB
	key crypto.Signer
	now func() time.Time
}

func newApprover(t testing.TB, server *sim.Server) approver {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return approver{t, key, server.Clock().Now}
}

// public is the key as a policy has it.
func (a approver) public() string {
	a.t.Helper()
	der, err := x509.MarshalPKIXPublicKey(a.key.Public())
	if err != nil {
		a.t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// sign signs an approval of the exporter for 90 days, of the escalation by iam:PutRolePolicy on any role unless something
// else is said.
func (a approver) sign(change func(*approval.Claims)) string {
	a.t.Helper()
	claims := approval.Claims{
		Subject: exporterID, Classes: []governance.Rule{governance.RulePrivilegeEscalation}, Grants: grant("iam:PutRolePolicy", anyRole),
		Approver: "alice", Ticket: "SEC-1234", IssuedAt: a.now().Unix(), Expiry: a.now().AddDate(0, 0, 90).Unix(),
	}
	if change != nil {
		change(&claims)
	}
	token, err := approval.Sign(claims, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return token
}

func grant(action, resource string) []approval.Grant {
	return []approval.Grant{{Actions: []string{action}, Resources: []string{resource}}}
}

// approving is a provider whose policy knows the approver, and warns of nothing but what it refuses.
func (a approver) approving(server *sim.Server, further acctest.Values) *acctest.Protocol {
	return acctest.NewConfiguredProtocol(a.t, server, acctest.Values{"policy": acctest.Values{
		"approval_keys": []string{a.public()}, "enforcement": acctest.Values{"permissions_management": "off", "resource_wildcard_write": "off"},
	}.With(further)})
}

// escalating is an exporter that can write its own permissions, with an approval.
func escalating(server *sim.Server, token any) acctest.Values {
	return lambdaRole(server).With(policies("export", allowing("iam:PutRolePolicy", anyRole))).With(acctest.Values{"approval": token, "expiry": acctest.Date(server, 300)})
}

const (
	refused = `error aws_role.inline_policies["export"]: Identity could raise its own privileges`
	warned  = `warning aws_role.inline_policies["export"]: Identity could raise its own privileges`
	effect  = `warning approval: Approval takes effect … governed_service_identity "invoice-export": the approval of alice (SEC-1234, until `
)

// TestApproval goes the whole way of one, from the refusal to the end.
func TestApproval(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice := newApprover(t, server)
	r := alice.approving(server, nil).Resource(typeName)

	r.Plan(escalating(server, nil)).Want(t, refused+` … If it has to be, have it approved: write approval = "requested", and go on as the guide "Approvals" says. … (error).`)
	needs := "It has to allow:\n  - classes: privilege_escalation\n  - iam:PutRolePolicy on " + anyRole
	r.Plan(escalating(server, "requested")).Want(t, warned, "warning approval: Approval of permissions … an approval is requested, and no apply passes without it. … "+needs+" … terraform-provider-governed approve --plan plan.json … Rule: approval (warn).")
	if identity, actions := r.Planned("approval_needed", "identity"), r.Planned("approval_needed", "grants"); identity != exporterID || actions == nil {
		t.Errorf("the plan shows %v, %v", identity, actions)
	}
	server.ResetCalls()
	r.ApplyPlanned(escalating(server, "requested")).Want(t, refused, "error approval: Approval of permissions … an approval is requested and has not been given. … "+needs)
	wantWrites(t, server)

	token := alice.sign(nil)
	r.Apply(escalating(server, token)).Want(t, effect)
	server.ResetCalls()
	r.Plan(escalating(server, token)).Want(t)
	if calls := server.Calls(); r.Changes() || len(calls) > 1 {
		t.Errorf("the second plan changes something, or asks for more than whose credentials it has: %v", calls)
	}

	wider := escalating(server, token).With(policies("export", allowing("iam:Put*", anyRole)))
	r.Plan(wider).Want(t, refused+" … the approval of alice (SEC-1234, until … does not allow iam:Put* on "+anyRole, "warning aws_role: Identity gains permissions")
	wider = escalating(server, token).With(policies("export", allowing("iam:PutRolePolicy", "*")))
	r.Plan(wider).Want(t, refused+" … does not allow iam:PutRolePolicy on *", "warning aws_role: Identity gains permissions")

	server.Clock().Advance(60*24*time.Hour + time.Second)
	r.Plan(escalatingUntil(r, token)).Want(t, "warning approval: Approval ends soon … ends within 30 days. From then on every plan of the identity is refused, while the identity itself goes on.")
	server.Clock().Advance(30 * 24 * time.Hour)
	r.Refresh().Want(t)
	r.Plan(escalatingUntil(r, token)).Want(t, "error approval: Approval of permissions … its approval does not hold: it ended at … It has to allow:\n  - classes: privilege_escalation … Have a new one signed … Rule: approval (error).")
	r.Plan(escalatingUntil(r, token).With(acctest.Values{"owner": "billing"})).Want(t, "error approval: Approval of permissions … it ended at")
	if view := role(t, server, "invoice-export"); len(view.InlinePolicies) != 2 {
		t.Errorf("the role has %v", view.InlinePolicies)
	}
	r.Plan(escalatingUntil(r, "requested")).Want(t, "warning approval: Approval of permissions … an approval is requested")
	r.Apply(escalatingUntil(r, alice.sign(nil))).Want(t, effect)
	server.Clock().Advance(91 * 24 * time.Hour)
	r.Apply(nil).Want(t)
	wantGone(t, server)
}

// escalatingUntil is the configuration with the expiry that the state has, however the clock has moved.
func escalatingUntil(r *acctest.Resource, token any) acctest.Values {
	return acctest.Values{
		"name": "invoice-export", "owner": "payments", "purpose": "Nightly export of invoices to the data lake", "expiry": r.State("expiry"), "approval": token,
		"aws_role": acctest.Values{"trust": acctest.Values{"aws_services": []string{"lambda.amazonaws.com"}}, "inline_policies": acctest.Values{"export": allowing("iam:PutRolePolicy", anyRole)}},
	}
}

// TestApprovalRefused refuses at plan what is no approval of this identity, and says why.
func TestApprovalRefused(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice, mallory := newApprover(t, server), newApprover(t, server)
	claims := func(change func(*approval.Claims)) string { return alice.sign(change) }
	for name, c := range map[string]struct{ token, says string }{
		"no token":      {"yes", "it is malformed: a compact JWS has three parts"},
		"none":          {"eyJhbGciOiJub25lIiwidHlwIjoiZ292ZXJuZWQtYXBwcm92YWwrand0In0.e30.", `its algorithm is "none"`},
		"own key":       {mallory.sign(nil), "it is signed with the key"},
		"tampered":      {alice.sign(nil)[:200] + "AAAA" + alice.sign(nil)[204:], "its"},
		"other name":    {claims(func(c *approval.Claims) { c.Subject = "aws:123456789012:role/invoice-import" }), "it is for aws:123456789012:role/invoice-import, and this identity is " + exporterID},
		"other account": {claims(func(c *approval.Claims) { c.Subject = "aws:210987654321:role/invoice-export" }), "it is for aws:210987654321:role/invoice-export"},
		"other path":    {claims(func(c *approval.Claims) { c.Subject = "aws:123456789012:role/teams/invoice-export" }), "it is for aws:123456789012:role/teams/invoice-export"},
		"expired":       {claims(func(c *approval.Claims) { c.IssuedAt, c.Expiry = c.IssuedAt-7200, c.IssuedAt-3600 }), "it ended at "},
		"not yet":       {claims(func(c *approval.Claims) { c.NotBefore = c.IssuedAt + 3600 }), "it holds from "},
		"too long":      {claims(func(c *approval.Claims) { c.Expiry += 300 * 86400 }), "it is to hold for 390 days"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := alice.approving(server, nil).Resource(typeName)
			r.Plan(escalating(server, c.token)).Want(t, refused, "error approval: Approval of permissions … its approval does not hold: "+c.says+" … Argument: approval. Rule: approval (error).")
		})
	}
	for name, c := range map[string]struct {
		change func(*approval.Claims)
		says   string
	}{
		"other class":     {func(c *approval.Claims) { c.Classes[0] = governance.RuleDataExfiltration }, "does not allow the class privilege_escalation"},
		"other action":    {func(c *approval.Claims) { c.Grants = grant("iam:PutUserPolicy", "*") }, "does not allow iam:PutRolePolicy on " + anyRole},
		"narrower":        {func(c *approval.Claims) { c.Grants = grant("iam:*", appRoles) }, "does not allow iam:PutRolePolicy on " + anyRole},
		"only grants":     {func(c *approval.Claims) { c.Classes, c.Grants = nil, grant("iam:PutRolePolicy", appRoles) }, "does not allow iam:PutRolePolicy on " + anyRole},
		"grants, classes": {func(c *approval.Claims) { c.Classes[0], c.Grants = governance.RuleAdministrator, grant("s3:*", "*") }, "does not allow iam:PutRolePolicy on " + anyRole + ", the class privilege_escalation"},
	} {
		t.Run("wider than "+name, func(t *testing.T) {
			t.Parallel()
			alice.approving(server, nil).Resource(typeName).Plan(escalating(server, alice.sign(c.change))).Want(t, refused+" … the approval of alice (SEC-1234, until … "+c.says)
		})
	}
	t.Run("no keys", func(t *testing.T) {
		t.Parallel()
		p := alice.approving(server, acctest.Values{"approval_keys": nil})
		p.Resource(typeName).Plan(escalating(server, alice.sign(nil))).Want(t, refused, "error approval: Approval of permissions … the policy names nobody who may approve … approval_keys")
	})
	t.Run("only at apply", func(t *testing.T) {
		t.Parallel()
		server := acctest.NewSim(t)
		alice := newApprover(t, server)
		r := alice.approving(server, nil).Resource(typeName)
		token := alice.sign(func(c *approval.Claims) { c.Expiry = c.IssuedAt + 3600 })
		r.Plan(escalating(server, token)).Want(t, effect)
		server.Clock().Advance(30 * time.Minute)
		r = r.Under(alice.approving(server, nil))
		server.Clock().Advance(time.Hour)
		r.ApplyPlanned(escalating(server, token)).Want(t, refused, "error approval: Approval of permissions … it ended at")
		wantWrites(t, server)
	})
}

// TestApprovalUnknown plans with what is not known yet, and applies only what is right then.
func TestApprovalUnknown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		planned acctest.Values
		plan    []string
		wrong   bool
		apply   []string
	}{
		"approval":       {acctest.Values{"approval": acctest.Unknown}, []string{warned}, false, nil},
		"wrong approval": {acctest.Values{"approval": acctest.Unknown}, []string{warned}, true, []string{refused, "error approval: Approval of permissions … it is for"}},
		"name":           {acctest.Values{"name": acctest.Unknown}, []string{warned}, false, nil},
		"policy":         {withRole(acctest.Values{"inline_policies": acctest.Values{"export": acctest.Unknown}}), nil, false, nil},
		"policy, wrong":  {withRole(acctest.Values{"inline_policies": acctest.Values{"export": acctest.Unknown}}), nil, true, []string{refused, "error approval: Approval of permissions … it is for"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			alice := newApprover(t, server)
			r := alice.approving(server, nil).Resource(typeName)
			token := alice.sign(func(cl *approval.Claims) {
				if c.wrong {
					cl.Subject = "aws:123456789012:role/other"
				}
			})
			config := escalating(server, token)
			r.Plan(config.With(c.planned)).Want(t, c.plan...)
			if name != "approval" && name != "wrong approval" && r.Planned("approval_needed") != acctest.Unknown {
				t.Errorf("the plan shows %v", r.Planned("approval_needed"))
			}
			first := r.Planned("approval_needed")
			r.ApplyPlanned(config).Want(t, c.apply...)
			if c.apply == nil && (first == nil || r.State("approval_needed", "identity") != exporterID) {
				t.Errorf("the state has %v", r.State("approval_needed"))
			}
		})
	}
}

// TestApprovalTentative requests one for what is known, while a policy is not there yet.
func TestApprovalTentative(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice := newApprover(t, server)
	const unread = "warning aws_role.managed_policy_arns: Permissions are not judged … there is no such policy yet"
	config := func(token any) acctest.Values {
		return escalating(server, token).With(withRole(acctest.Values{
			"inline_policies": acctest.Values{"export": allowing("iam:PutRolePolicy", anyRole)}, "managed_policy_arns": []string{"arn:aws:iam::123456789012:policy/later"},
		}))
	}
	r := alice.approving(server, nil).Resource(typeName)
	r.Plan(config("requested")).Want(t, unread, warned, "warning approval: Approval of permissions … It has to allow:\n  - classes: privilege_escalation\n  - iam:PutRolePolicy on "+anyRole)
	if r.Planned("approval_needed") != acctest.Unknown {
		t.Errorf("the plan shows %v", r.Planned("approval_needed"))
	}
	r.Plan(config("no token")).Want(t, unread, refused, "error approval: Approval of permissions … it is malformed")
	r.Plan(config(alice.sign(nil))).Want(t, unread, effect)
	account(server).PutManagedPolicy(sim.ManagedPolicy{Name: "later", Document: allowing("iam:PutRolePolicy", "*")})
	r.Under(alice.approving(server, nil)).ApplyStale(config(alice.sign(nil))).Want(t,
		refused+" … does not allow iam:PutRolePolicy on *")
	wantWrites(t, server)
}

// TestApprovalUnneeded warns of an approval that lies about.
func TestApprovalUnneeded(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice := newApprover(t, server)
	const unneeded = "warning approval: Approval of permissions … nothing that it may do needs an approval. … Take the argument out."
	for name, token := range map[string]string{"token": alice.sign(nil), "another's": newApprover(t, server).sign(nil), "requested": "requested", "text": "yes"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			r := alice.approving(server, nil).Resource(typeName)
			config := lambdaRole(server).With(acctest.Values{"approval": token})
			r.Apply(config).Want(t, unneeded)
			r.Plan(config).Want(t)
		})
	}
	t.Run("not judged", func(t *testing.T) {
		t.Parallel()
		alice.approving(server, nil).Resource(typeName).Plan(escalating(server, "requested").With(policies("export", "{}"))).Want(t,
			`error aws_role.inline_policies["export"]: The platform would refuse this`)
	})
	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		r := alice.approving(server, nil).Resource(typeName)
		r.Plan(lambdaRole(server).With(acctest.Values{"approval": ""})).Want(t)
		r.Plan(escalating(server, "")).Want(t, refused)
	})
	t.Run("warned of alone", func(t *testing.T) {
		t.Parallel()
		p := alice.approving(server, acctest.Values{"enforcement": acctest.Values{"privilege_escalation": "warn", "permissions_management": "off", "resource_wildcard_write": "off"}})
		p.Resource(typeName).Plan(escalating(server, "yes")).Want(t, warned, "warning approval: Approval of permissions … its approval does not hold: it is malformed")
		p.Resource(typeName).Plan(escalating(server, alice.sign(nil))).Want(t, effect)
	})
}

// TestApprovalInsteadOfTicket lets a new approval stand for a new ticket.
func TestApprovalInsteadOfTicket(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice := newApprover(t, server)
	r := alice.approving(server, acctest.Values{"enforcement": acctest.Values{"escalation_needs_ticket": "error", "permissions_management": "off", "resource_wildcard_write": "off"}}).Resource(typeName)
	r.Apply(lambdaRole(server).With(policies("export", readBuckets))).Want(t)
	const gains = "warning aws_role: Identity gains permissions"
	ticketless := "error ticket: Identity gains permissions without a new ticket"
	writing := func(token any) acctest.Values {
		return lambdaRole(server).With(policies("export", writeBuckets)).With(acctest.Values{"approval": token})
	}
	r.Plan(writing(nil)).Want(t, gains, ticketless)
	r.Plan(writing(newApprover(t, server).sign(nil))).Want(t, gains, ticketless, "warning approval: Approval of permissions … nothing that it may do")
	r.Plan(writing("requested")).Want(t, gains, strings.Replace(ticketless, "error", "warning", 1), "warning approval: Approval of permissions … nothing that it may do")
	first := alice.sign(nil)
	r.Apply(writing(first)).Want(t, gains)
	r.Plan(lambdaRole(server).With(policies("export", allowing("s3:DeleteObject", "arn:aws:s3:::lake/*"))).With(acctest.Values{"approval": first})).Want(t, gains, ticketless, "warning approval: Approval of permissions … nothing that it may do")
}

// TestApprovalOfReplaced needs an approval of the identity that is to come.
func TestApprovalOfReplaced(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice := newApprover(t, server)
	r := alice.approving(server, nil).Resource(typeName)
	r.Apply(escalating(server, alice.sign(nil))).Want(t, effect)
	renamed := escalating(server, alice.sign(func(c *approval.Claims) { c.Subject = "aws:123456789012:role/exports/invoice-export" }))
	renamed["aws_role"] = acctest.Values{"path": "/exports/"}.With(renamed["aws_role"].(acctest.Values)) //nolint:forcetypeassert // see escalating
	if diags := r.Plan(renamed); diags.Failed() || !r.Replaces() {
		t.Error(diags)
	}
	alice.approving(server, nil).Resource(typeName).Plan(renamed).Want(t, effect)
}

// TestApprovalOfStale refuses to apply a plan that has shown less than there is by now.
func TestApprovalOfStale(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice := newApprover(t, server)
	account(server).PutManagedPolicy(sim.ManagedPolicy{Name: "deploy", Document: allowing("iam:PutRolePolicy", appRoles)})
	config := lambdaRole(server).With(withRole(acctest.Values{"managed_policy_arns": []string{"arn:aws:iam::123456789012:policy/deploy"}})).
		With(acctest.Values{"approval": alice.sign(func(c *approval.Claims) { c.Grants = grant("iam:*", "*") })})
	r := alice.approving(server, nil).Resource(typeName)
	r.Plan(config).Want(t, "warning approval: Approval of permissions … nothing that it may do needs an approval")
	account(server).PutManagedPolicy(sim.ManagedPolicy{Name: "deploy", Document: allowing("iam:PutRolePolicy", anyRole)})
	other := r.Under(alice.approving(server, nil))
	other.ApplyStale(config).Want(t, "error approval: Plan is out of date … what its policies let it do has changed since the plan. Plan again.")
	wantWrites(t, server)
}

// TestApprovalOfUser judges users as it does roles, by their groups too.
func TestApprovalOfUser(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	account(server).PutGroup(sim.Group{Name: "admins", InlinePolicies: map[string]string{"all": allowAll}})
	alice := newApprover(t, server)
	r := alice.approving(server, nil).Resource(typeName)
	config := func(token any) acctest.Values {
		return exporter(server).With(withUser(acctest.Values{"groups": []string{"admins"}})).With(acctest.Values{"approval": token})
	}
	r.Plan(config("requested")).Want(t, "warning aws_user.groups: Identity would be an administrator",
		"warning approval: Approval of permissions … It has to allow:\n  - classes: administrator\n  - * on *")
	user := func(c *approval.Claims) {
		c.Subject, c.Classes, c.Grants = "aws:123456789012:user/invoice-export", []governance.Rule{governance.RuleAdministrator}, grant("*", "*")
	}
	r.Plan(config(alice.sign(nil))).Want(t, "error aws_user.groups: Identity would be an administrator", "error approval: Approval of permissions … it is for "+exporterID)
	r.Apply(config(alice.sign(user))).Want(t, effect)
	r.Plan(config(r.State("approval"))).Want(t)
}

// TestApprovalImported warns once of what an imported identity may do, and asks for an approval once that changes.
func TestApprovalImported(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	alice := newApprover(t, server)
	made := alice.approving(server, nil).Resource(typeName)
	made.Apply(escalating(server, alice.sign(nil))).Want(t, effect)
	r := alice.approving(server, nil).Resource(typeName)
	if diags := r.Import(exporterID, nil); diags.Failed() {
		t.Fatal(diags)
	}
	r.Apply(escalating(server, nil)).Want(t, warned)
	r.Plan(escalating(server, nil)).Want(t)
	r.Plan(escalating(server, nil).With(policies("export", allowing("iam:PutRolePolicy", "*")))).Want(t, refused, "warning aws_role: Identity gains permissions")
}
