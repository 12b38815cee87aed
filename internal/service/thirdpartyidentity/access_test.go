package thirdpartyidentity_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// made is a resource that has been applied, and its external id.
func made(t *testing.T, server *sim.Server, config acctest.Values) (*acctest.Resource, string) {
	t.Helper()
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t)
	id, ok := r.State("aws_role", "external_id").(string)
	if !ok || len(id) < 26 {
		t.Fatalf("the external id is %q", id)
	}
	return r, id
}

// TestWhoGetsIn has the third party get in, from its account and with the external id, until the expiry, and nobody else.
func TestWhoGetsIn(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	r, id := made(t, server, collector(server))
	getsIn(t, server, partyAccount, id, true)
	getsIn(t, server, partyAccount, "", false)
	getsIn(t, server, partyAccount, id+"x", false)
	getsIn(t, server, otherAccount, id, false)
	getsIn(t, server, sim.DefaultAccount, id, false)
	session, err := acctest.AssumeRole(t, server, partyAccount, roleARN, id)
	if err != nil {
		t.Fatal(err)
	}
	server.Clock().Advance(91*day - 30*time.Minute)
	// The live session has run out by then; a younger one is denied everything at the expiry.
	if young, err := acctest.AssumeRole(t, server, partyAccount, roleARN, id); err == nil {
		session = young
	}
	server.Clock().Advance(30 * day)
	getsIn(t, server, partyAccount, id, false)
	if _, err := session.ListRoles(t.Context(), &iam.ListRolesInput{}); err == nil {
		t.Error("the session outlives the expiry")
	}
	r.Refresh().Want(t)
	r.Apply(collector(server).With(acctest.Values{"expiry": r.State("expiry")})).Want(t, "warning expiry: Expiry is in the past")
	renewed := collector(server).With(acctest.Values{"expiry": acctest.Date(server, 100)})
	r.Apply(renewed).Want(t)
	getsIn(t, server, partyAccount, id, true)
}

// TestNarrowed lets in only the named principals, organisation and addresses.
func TestNarrowed(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	party := server.Account(partyAccount)
	_, id := made(t, server, collector(server).With(withParty(acctest.Values{"organization_id": "o-a1b2c3d4e5"})).
		With(withRole(acctest.Values{"inline_policies": acctest.Values{"list": listRoles}, "source_ip_ranges": []string{"198.51.100.0/24"}})))
	getsIn(t, server, partyAccount, id, false)
	party.SetOrigin("o-a1b2c3d4e5", "203.0.113.9")
	getsIn(t, server, partyAccount, id, false)
	party.SetOrigin("o-zzzzzzzzzz", "198.51.100.9")
	getsIn(t, server, partyAccount, id, false)
	party.SetOrigin("o-a1b2c3d4e5", "198.51.100.9")
	if _, err := acctest.AssumeRole(t, server, partyAccount, roleARN, id); err != nil {
		t.Error(err)
	}

	named := newSim(t)
	_, id = made(t, named, collector(named).With(principal("arn:aws:iam::"+partyAccount+":role/collector")))
	getsIn(t, named, partyAccount, id, false) // its administrator is not the collector
}

// TestFull uses every argument, and settles.
func TestFull(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	r, id := made(t, server, fullCollector(server))
	if id != externalID {
		t.Errorf("the external id is %s", id)
	}
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	if r.Plan(fullCollector(server)).Want(t); r.Changes() {
		t.Errorf("the second plan changes %v to %v", r.State(), r.Planned())
	}
	r.Apply(nil).Want(t)
	wantGone(t, server)
}

// TestExternalIDStays keeps what was made through every change, and makes another only for another role.
func TestExternalIDStays(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	r, id := made(t, server, collector(server))
	for _, change := range []acctest.Values{{"owner": "billing"}, {"expiry": acctest.Date(server, 120)}, withParty(acctest.Values{"contact": "https://acme.example/contact"}), accounts(otherAccount)} {
		config := collector(server).With(change)
		if r.Plan(config).Want(t); r.Planned("aws_role", "external_id") != id {
			t.Errorf("%v plans the external id %v", change, r.Planned("aws_role", "external_id"))
		}
		r.ApplyPlanned(config).Want(t)
		r.Refresh().Want(t)
	}
	getsIn(t, server, otherAccount, id, true)
	getsIn(t, server, partyAccount, id, false)
	other := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	other.Apply(collector(server).With(acctest.Values{"name": "another"})).Want(t)
	if other.State("aws_role", "external_id") == id {
		t.Error("two roles have the same external id")
	}
}

// TestLastUse shows when and where the third party was last seen, without a plan for it.
func TestLastUse(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	r, id := made(t, server, collector(server))
	r.Refresh().Want(t)
	acctest.WantSame(t, "the last use of a new role", r.State("aws_role", "last_used_at"), nil)
	server.Clock().Advance(3 * day)
	getsIn(t, server, partyAccount, id, true)
	used := server.Clock().Now().UTC().Format(time.RFC3339)
	server.Clock().Advance(day)
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	acctest.WantSame(t, "the last use", r.State("aws_role", "last_used_at"), used)
	r.Plan(nil).Want(t, "warning aws_role: Identity will be retired … governed_third_party_identity \"acme-collector\" … inline policy list … Last use:\n  - "+used+", in eu-west-1")
	acctest.WantSame(t, "its region", r.State("aws_role", "last_used_region"), "eu-west-1")
	config := collector(server).With(acctest.Values{"expiry": r.State("expiry")})
	if r.Plan(config).Want(t); r.Changes() {
		t.Error("a use makes a plan")
	}
	r.Apply(config.With(acctest.Values{"owner": "billing"})).Want(t)
	acctest.WantSame(t, "the last use after an update", r.State("aws_role", "last_used_at"), used)
	server.Clock().Advance(401 * day)
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	acctest.WantSame(t, "a use beyond tracking", r.State("aws_role", "last_used_at"), nil)
}

// TestInstanceProfile warns of EC2 instances that can use what is the third party's.
func TestInstanceProfile(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	r, _ := made(t, server, collector(server))
	for _, name := range []string{roleName, "web"} {
		account(server).PutInstanceProfile(sim.InstanceProfile{Name: name, RoleName: roleName})
	}
	r.Refresh().Want(t, "warning aws_role: Something outside Terraform uses the identity … not managed with it: web.",
		"warning aws_role: Something outside Terraform uses the identity … instance profile of its own name")
	r.Apply(nil).Want(t, "warning aws_role: Attachments made outside Terraform were removed … instance profile web, instance profile "+roleName)
	if _, err := acctest.IAM(server).GetInstanceProfile(t.Context(), &iam.GetInstanceProfileInput{InstanceProfileName: aws.String("web")}); err != nil {
		t.Error(err)
	}
	wantGone(t, server)
}
