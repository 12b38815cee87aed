package quarantine_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const oneDay = 24 * time.Hour

// governedIdentity is a governed role or user, whose names are those of the others here.
func governedIdentity(server *sim.Server, days int, further acctest.Values) acctest.Values {
	return acctest.Values{
		"name": "nightly", "owner": "billing", "purpose": "Nightly export of invoices to the data lake", "expiry": acctest.Date(server, days),
	}.With(further)
}

func governedRole(server *sim.Server, days int, further acctest.Values) acctest.Values {
	return governedIdentity(server, days, acctest.Values{"aws_role": acctest.Values{
		"path": "/jobs/", "trust": acctest.Values{"aws_services": []string{"lambda.amazonaws.com"}}, "inline_policies": acctest.Values{"list": listUsers},
	}.With(further)})
}

const warned = "warning PATH: Identity is in quarantine … nobody can use it since … for the reason \"" + reason + "\" (SEC-1234). Applying changes nothing of that"

// again plans a resource in another run of Terraform, which has to find nothing to do but to warn.
func again(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values, warnings ...string) *acctest.Resource {
	t.Helper()
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t, warnings...)
	if diags := r.Plan(config); diags.Failed() || r.Changes() {
		t.Errorf("the plan changes something, and says %s", diags)
	}
	return r
}

// TestGovernedRole keeps a governed role locked whatever its own resource does, and releases what that has made of it.
func TestGovernedRole(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	identity := acctest.NewConfiguredProtocol(t, server, nil).Resource("governed_service_identity")
	config := governedRole(server, 100, nil)
	identity.Apply(config).Want(t)
	before := pictureOf(t, server)
	wantRoleUse(t, server, true)
	r := protocol(t, server)
	r.Apply(order(roleID, nil)).Want(t, announced(roleID))
	inRole := "warning aws_role" + warned[len("warning PATH"):]
	identity = again(t, server, identity, config, inRole)
	wantRoleUse(t, server, false)

	// A renewal, another trust and another policy change nothing of the quarantine.
	changed := governedRole(server, 120, acctest.Values{
		"trust": acctest.Values{"aws_services": []string{"lambda.amazonaws.com", "ec2.amazonaws.com"}}, "inline_policies": acctest.Values{"read": listUsers},
	})
	if diags := identity.Apply(changed); diags.Failed() {
		t.Error(diags)
	}
	wantRoleUse(t, server, false)
	identity = again(t, server, identity, changed, inRole)
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	acctest.WantSame(t, "drift", r.State("drift"), []any{"the trust policy has been changed"})
	r.Apply(order(roleID, nil))
	again(t, server, r, order(roleID, nil))

	// It expires, and stays expired after the release.
	server.Clock().Advance(121 * oneDay)
	identity.Refresh()
	identity.Apply(changed)
	acctest.WantSame(t, "status", identity.State("status"), "expired")
	identity = again(t, server, identity, changed, inRole)
	r.Refresh().Want(t)
	r.Apply(nil)
	identity = again(t, server, identity, changed)
	wantRoleUse(t, server, false)
	renewed := governedRole(server, 100, nil)
	identity.Apply(renewed).Want(t)
	wantRoleUse(t, server, true)
	if after := pictureOf(t, server); after.role.Tags["nhi:quarantine"] != "" || len(after.role.InlinePolicies) != len(before.role.InlinePolicies) {
		t.Errorf("the role is %+v", after.role)
	}
}

// TestGovernedNoRoom keeps the other ways of denying everything out of a governed role's sight.
func TestGovernedNoRoom(t *testing.T) {
	t.Parallel()
	for _, attached := range []int{0, 10} {
		server := acctest.NewSim(t)
		var arns []string
		for i := range attached {
			arns = append(arns, server.Account(sim.DefaultAccount).PutManagedPolicy(sim.ManagedPolicy{Name: string(rune('a' + i)), Document: listUsers}))
		}
		further := acctest.Values{"inline_policies": acctest.Values{"list": padded(9950)}, "managed_policy_arns": arns, "permissions_boundary_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
		config := governedRole(server, 100, further)
		identity := acctest.NewConfiguredProtocol(t, server, nil).Resource("governed_service_identity")
		identity.Apply(config).Want(t)
		before := pictureOf(t, server)
		r := protocol(t, server)
		r.Apply(order(roleID, nil))
		inRole := "warning aws_role" + warned[len("warning PATH"):]
		identity = again(t, server, identity, config, inRole)
		if attached > 0 {
			other := governedRole(server, 100, further.With(acctest.Values{"permissions_boundary_arn": nil}))
			identity.Apply(other).Want(t, "error aws_role: Identity cannot be updated … The IAM role nightly is in quarantine, which stands in the place of its permissions boundary. Release it before it gets another boundary.")
		}
		r.Apply(nil).Want(t)
		wantBack(t, server, before)
		identity = again(t, server, identity, config)

		// What is in quarantine can be retired all the same.
		r = protocol(t, server)
		r.Apply(order(roleID, nil))
		identity.Apply(nil).Want(t)
		r.Refresh().Want(t)
		acctest.WantSame(t, "status", r.State("status"), "deleted")
	}
}

// TestGovernedUser keeps the keys of a governed user inactive, whatever its own resource and that of its credential do.
func TestGovernedUser(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	identity, credential := p.Resource("governed_service_identity"), p.Resource("governed_credential")
	config := governedIdentity(server, 100, acctest.Values{"name": "export", "aws_user": acctest.Values{"inline_policies": acctest.Values{"list": listUsers}}})
	secret := acctest.Values{
		"identity": userID, "justification": "The vendor's mail relay takes an access key only", "expiry": acctest.Date(server, 100), "rotate_after_days": 5, "overlap_hours": 0,
		"store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": "export"}},
	}
	identity.Apply(config).Want(t)
	credential.Apply(secret).Want(t)
	before := pictureOf(t, server)
	r := protocol(t, server)
	r.Apply(order(userID, nil)).Want(t, announced(userID))
	inUser := "warning aws_user" + warned[len("warning PATH"):]
	active := func() bool {
		user, _ := server.Account(sim.DefaultAccount).User("export")
		return len(user.AccessKeys) != 1 || user.AccessKeys[0].Active
	}
	identity = again(t, server, identity, config, inUser)
	credential = again(t, server, credential, secret)
	acctest.WantSame(t, "status", credential.State("status"), "quarantined")
	// A rotation that is due waits; one that somebody asks for is refused.
	server.Clock().Advance(6 * oneDay)
	credential = again(t, server, credential, secret)
	credential.Plan(secret.With(acctest.Values{"ses_smtp_region": "eu-west-1"})).Want(t, "warning rotate_after_days: Credential is rotated",
		"error identity: Credential cannot be issued now … The identity is in quarantine, so it gets no credential until that is released")
	p.Resource("governed_credential").Plan(secret.With(acctest.Values{"store": acctest.Values{"aws_ssm_parameter": acctest.Values{"name": "/export"}}})).Want(t,
		"error identity: Credential cannot be issued now … The identity is in quarantine")
	// A renewal of both makes nothing active.
	renewed, kept := config.With(acctest.Values{"expiry": acctest.Date(server, 160)}), secret.With(acctest.Values{"expiry": acctest.Date(server, 150)})
	identity.Apply(renewed).Want(t)
	credential.Apply(kept).Want(t)
	if active() {
		t.Error("a renewal has made the key active")
	}
	again(t, server, identity, renewed, inUser)
	credential = again(t, server, credential, kept)
	r.Refresh().Want(t)
	r.Apply(nil).Want(t)
	after := pictureOf(t, server)
	if !active() || len(after.user.InlinePolicies) != len(before.user.InlinePolicies) {
		t.Errorf("the user is %+v", after.user)
	}
	credential = credential.Under(acctest.NewConfiguredProtocol(t, server, nil))
	credential.Refresh().Want(t)
	credential.Plan(kept).Want(t, "warning rotate_after_days: Credential is rotated … is older than 5 days")
}

// TestExpiredUser gives an expired user back as it was: expired.
func TestExpiredUser(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	identity := acctest.NewConfiguredProtocol(t, server, nil).Resource("governed_service_identity")
	config := governedIdentity(server, 40, acctest.Values{"name": "export", "aws_user": acctest.Values{}})
	identity.Apply(config).Want(t)
	acctest.AccessKey(t, acctest.IAM(server), "export")
	server.Clock().Advance(41 * oneDay)
	identity.Refresh()
	identity.Apply(config)
	before := pictureOf(t, server)
	r := protocol(t, server)
	r.Apply(order(userID, nil)).Want(t, announced(userID))
	renewed := config.With(acctest.Values{"expiry": acctest.Date(server, 100)})
	identity = identity.Under(acctest.NewConfiguredProtocol(t, server, nil))
	identity.Refresh()
	identity.Apply(renewed).Want(t, "error aws_user: Identity cannot be updated … The IAM user export has expired and is in quarantine. Release it before it is renewed: a renewal makes its access keys active")
	// What was refused has not made the old expiry a new one.
	identity.Refresh()
	if diags := identity.Plan(config); diags.Failed() || identity.Changes() {
		t.Errorf("the plan of what it is says %s", diags)
	}
	r.Apply(nil).Want(t)
	wantBack(t, server, before)
	identity.Refresh()
	identity.Apply(renewed).Want(t)
	if user, _ := server.Account(sim.DefaultAccount).User("export"); !user.AccessKeys[0].Active {
		t.Error("the renewal has made no key active")
	}
}

// TestExpiresMeanwhile leaves the keys of a user that has expired during its quarantine inactive, and says so.
func TestExpiresMeanwhile(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	identity := acctest.NewConfiguredProtocol(t, server, nil).Resource("governed_service_identity")
	config := governedIdentity(server, 40, acctest.Values{"name": "export", "aws_user": acctest.Values{}})
	identity.Apply(config).Want(t)
	key := *acctest.AccessKey(t, acctest.IAM(server), "export").AccessKeyId
	r := protocol(t, server)
	r.Apply(order(userID, nil)).Want(t, announced(userID))
	server.Clock().Advance(41 * oneDay)
	identity.Refresh()
	identity.Apply(config)
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	r.Apply(nil).Want(t, "warning identity: Not everything was put back: "+userID+" … access key "+key+" stays inactive, because the identity has expired since")
	if user, _ := server.Account(sim.DefaultAccount).User("export"); user.AccessKeys[0].Active {
		t.Error("the key is active")
	}
}

// TestCredentialEndsMeanwhile leaves the key of a credential whose life has ended during the quarantine inactive, and says so; a renewal
// makes it active.
func TestCredentialEndsMeanwhile(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	identity, credential := p.Resource("governed_service_identity"), p.Resource("governed_credential")
	identity.Apply(governedIdentity(server, 300, acctest.Values{"name": "export", "aws_user": acctest.Values{}})).Want(t)
	secret := acctest.Values{
		"identity": userID, "justification": "The vendor's mail relay takes an access key only", "expiry": acctest.Date(server, 40),
		"store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": "export"}},
	}
	if diags := credential.Apply(secret); diags.Failed() {
		t.Fatal(diags)
	}
	active := func() bool {
		user, _ := server.Account(sim.DefaultAccount).User("export")
		return user.AccessKeys[0].Active
	}
	r := protocol(t, server)
	r.Apply(order(userID, nil)).Want(t, announced(userID))
	r.Apply(nil).Want(t)
	if !active() {
		t.Error("a release has left the key inactive")
	}
	r.Apply(order(userID, nil)).Want(t, announced(userID))
	server.Clock().Advance(41 * oneDay)
	credential = credential.Under(acctest.NewConfiguredProtocol(t, server, nil))
	credential.Refresh()
	if diags := credential.Plan(secret); diags.Failed() || credential.Changes() || credential.State("status") != "expired" {
		t.Errorf("the credential is %v, and its plan says %s", credential.State("status"), diags)
	}
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	r.Apply(nil).Want(t, "warning identity: Not everything was put back: "+userID+" … stays inactive, because its life has ended since")
	if active() {
		t.Error("the key is active")
	}
	credential.Refresh()
	if diags := credential.Apply(secret.With(acctest.Values{"expiry": acctest.Date(server, 40)})); diags.Failed() || !active() {
		t.Errorf("after the renewal the key is active: %v; %s", active(), diags)
	}

	// One that is renewed in quarantine is given back.
	r.Apply(order(userID, nil)).Want(t, announced(userID))
	credential.Refresh()
	if diags := credential.Apply(secret.With(acctest.Values{"expiry": acctest.Date(server, 80)})); diags.Failed() || active() {
		t.Errorf("after the renewal the key is active: %v; %s", active(), diags)
	}
	server.Clock().Advance(50 * oneDay)
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	r.Apply(nil).Want(t)
	if !active() {
		t.Error("a release has left the renewed key inactive")
	}
}
