package servicelinkedidentity_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestCreate saves the role before it is tagged, and plans nothing more afterwards.
func TestCreate(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := protocol(t, server)
	wanted := linkedRole(server, acctest.Values{"description": "Nightly"}).With(acctest.Values{"labels": acctest.Values{"team": "storage"}})
	r.Plan(wanted).Want(t)
	for path, want := range map[string]any{"path": "/aws-service-role/backup.amazonaws.com/", "arn": acctest.Unknown, "adopted": acctest.Unknown, "adopt_existing": true} {
		acctest.WantSame(t, "planned "+path, r.Planned(nested, path), want)
	}
	r.ApplyPlanned(wanted).Want(t)
	wantWrites(t, server, "CreateServiceLinkedRole", "TagRole")
	for name, want := range map[string]any{
		"id": backupID, "name": backupRole, "category": "provider_managed", "status": "active", "expiry_enforcement": "none", "managed_by": "terraform-provider-governed",
	} {
		acctest.WantSame(t, name, r.State(name), want)
	}
	for name, want := range map[string]any{"arn": backupARN, "adopted": false, "last_used_at": nil, "last_used_region": nil, "description": "Nightly"} {
		acctest.WantSame(t, name, r.State(nested, name), want)
	}
	wantTags(t, server, metadataTags(server, "team=storage")...)
	r.Refresh().Want(t)
	r.Plan(wanted).Want(t)
	if r.Changes() {
		t.Error("the second plan changes something")
	}
	r.Apply(nil).Want(t)
	wantRoles(t, server)
}

// TestUpdate changes what can be changed in place, and shows what somebody else has changed.
func TestUpdate(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := protocol(t, server)
	r.Apply(linkedRole(server, acctest.Values{"description": "Nightly"})).Want(t)
	tagged(t, server, backupRole, map[string]string{"stray": "x", "nhi:owner": "somebody"})
	r.Refresh().Want(t)
	acctest.WantSame(t, "labels", r.State("labels"), acctest.Values{"stray": "x"})
	acctest.WantSame(t, "owner", r.State("owner"), "somebody")
	server.ResetCalls()
	changed := linkedRole(server, acctest.Values{"description": "Weekly", "adopt_existing": false})
	r.Plan(changed).Want(t)
	acctest.WantSame(t, "planned id", r.Planned("id"), backupID)
	acctest.WantSame(t, "planned ARN", r.Planned(nested, "arn"), backupARN)
	r.ApplyPlanned(changed).Want(t)
	wantWrites(t, server, "UntagRole", "TagRole", "UpdateRole")
	if got := role(t, server, backupRole).Description; got != "Weekly" {
		t.Errorf("the description is %q", got)
	}
	r.Apply(linkedRole(server, nil)).Want(t)
	if got := role(t, server, backupRole).Description; got != "" {
		t.Errorf("the description is %q", got)
	}
	wantTags(t, server, metadataTags(server)...)
}

// TestUse shows what IAM has seen, which never makes a change.
func TestUse(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := protocol(t, server)
	wanted := linkedRole(server, nil)
	r.Apply(wanted).Want(t)
	made := role(t, server, backupRole)
	server.Account(sim.DefaultAccount).PutRole(sim.Role{
		Name: made.Name, Path: made.Path, TrustPolicy: made.TrustPolicy, Tags: made.Tags, LastUsedAt: server.Clock().Now(), LastUsedRegion: "eu-central-1",
	})
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	acctest.WantSame(t, "last use", r.State(nested, "last_used_at"), server.Clock().Now().UTC().Format(time.RFC3339))
	acctest.WantSame(t, "its region", r.State(nested, "last_used_region"), "eu-central-1")
	r.Plan(wanted).Want(t)
	if r.Changes() {
		t.Error("a use makes a change")
	}
	r.Apply(wanted.With(acctest.Values{"owner": "backups"})).Want(t)
}

// TestExpiry warns and pretends nothing: the role works on, status says expired, and nothing is written.
func TestExpiry(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := protocol(t, server)
	wanted := linkedRole(server, nil)
	r.Apply(wanted).Want(t)
	server.Clock().Advance(70 * 24 * time.Hour)
	r.Refresh().Want(t)
	acctest.WantSame(t, "status", r.State("status"), "expiring")
	r.Plan(wanted).Want(t, "warning expiry: Identity expires soon … nothing ends its access then but its removal, and every plan says so")
	server.Clock().Advance(30 * 24 * time.Hour)
	r.Refresh().Want(t)
	acctest.WantSame(t, "status", r.State("status"), "expired")
	server.ResetCalls()
	r.Apply(wanted).Want(t, `warning expiry: Expiry is in the past … governed_service_linked_identity "backup.amazonaws.com": the identity expired on … nothing ends its access but its removal, so what uses it goes on … To renew it, write a later expiry`)
	if r.Changes() {
		t.Error("an expiry changes something")
	}
	wantWrites(t, server)
	if _, err := server.Account(sim.DefaultAccount).AssumeRoleAsService(backup, backupARN, nil); err != nil {
		t.Errorf("the role has ended: %s", err)
	}
	r.Apply(wanted.With(acctest.Values{"expiry": acctest.Date(server, 60)})).Want(t)
	acctest.WantSame(t, "status", r.State("status"), "active")
	server.Clock().Advance(61 * 24 * time.Hour)
	r.Refresh().Want(t)
	r.Apply(nil).Want(t)
	wantRoles(t, server)
}

// TestReplace replaces the role of another service or suffix, and nothing else.
func TestReplace(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := protocol(t, server)
	r.Apply(linkedRole(server, acctest.Values{"aws_service_name": autoscaling, "custom_suffix": "web"})).Want(t)
	acctest.WantSame(t, "name", r.State("name"), autoscalingWeb)
	for _, other := range []acctest.Values{
		{"aws_service_name": "lexv2.amazonaws.com", "custom_suffix": "web"},
		{"aws_service_name": autoscaling, "custom_suffix": "shop"},
		{"aws_service_name": autoscaling},
	} {
		r.Plan(linkedRole(server, other)).Want(t, "warning aws_service_linked_role: Identity will be retired … AWSServiceRoleForAutoScaling_web) is removed for good … none in the 400 days that IAM tracks")
		acctest.WantSame(t, "planned id", r.Planned("id"), acctest.Unknown)
		if !r.Replaces() {
			t.Errorf("%v does not replace the role", other)
		}
	}
	r.Plan(linkedRole(server, acctest.Values{"aws_service_name": autoscaling, "custom_suffix": "web", "description": "Scales"})).Want(t)
	if r.Replaces() {
		t.Error("a description replaces the role")
	}
}

// TestRefused reports what is wrong with a configuration, on its argument, before anything is made.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wrong acctest.Values
		role  acctest.Values
		says  []string
	}{
		"placeholder owner": {wrong: acctest.Values{"owner": "test"}, says: []string{"error owner: Owner names nobody"}},
		"no purpose":        {wrong: acctest.Values{"purpose": "backup"}, says: []string{"error purpose: Purpose says too little"}},
		"expired":           {wrong: acctest.Values{"expiry": "2020-01-01"}, says: []string{"error expiry: Expiry is in the past"}},
		"label":             {wrong: acctest.Values{"labels": acctest.Values{"a": "b,c"}}, says: []string{`error labels["a"]: The platform would refuse this`}},
		"service":           {role: acctest.Values{"aws_service_name": "backup"}, says: []string{`error aws_service_linked_role.aws_service_name: The platform would refuse this … governed_service_linked_identity "backup": "backup" is not a service principal … Write the service principal, such as backup.amazonaws.com`}},
		"suffix":            {role: acctest.Values{"custom_suffix": "a b"}, says: []string{"error aws_service_linked_role.custom_suffix: The platform would refuse this … Use letters, digits"}},
		"empty suffix":      {role: acctest.Values{"custom_suffix": ""}, says: []string{"error aws_service_linked_role.custom_suffix: Invalid Attribute Value Length"}},
		"description":       {role: acctest.Values{"description": "für 請求"}, says: []string{"error aws_service_linked_role.description: The platform would refuse this … Latin-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			protocol(t, server).Apply(linkedRole(server, test.role).With(test.wrong)).Want(t, test.says...)
			wantWrites(t, server)
		})
	}
	for name, test := range map[string]struct {
		role acctest.Values
		says string
	}{
		"no such service": {acctest.Values{"aws_service_name": "nothing.amazonaws.com"}, "error aws_service_linked_role: Identity cannot be created … Cannot find Service Linked Role template for nothing.amazonaws.com … Correct the argument that the message speaks of."},
		"no suffix":       {acctest.Values{"custom_suffix": "x"}, `error aws_service_linked_role: Identity cannot be created … "backup.amazonaws.com (x)": … Custom suffix is not allowed for backup.amazonaws.com`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			r := protocol(t, server)
			r.Apply(linkedRole(server, test.role)).Want(t, test.says)
			if r.Exists() {
				t.Error("the state has a role that was not made")
			}
		})
	}
}

// TestUnknown plans with values that are known only at apply, and judges them then.
func TestUnknown(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	madeByAWS(t, server, backup, "", nil)
	r := protocol(t, server)
	r.Plan(linkedRole(server, acctest.Values{"aws_service_name": acctest.Unknown, "custom_suffix": acctest.Unknown, "description": acctest.Unknown, "adopt_existing": acctest.Unknown}).With(acctest.Values{"owner": acctest.Unknown})).Want(t)
	acctest.WantSame(t, "planned path", r.Planned(nested, "path"), acctest.Unknown)
	r.ApplyPlanned(linkedRole(server, nil)).Want(t)
	acctest.WantSame(t, "adopted", r.State(nested, "adopted"), true)
}

// TestDisappears takes a role that is gone out of the state.
func TestDisappears(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := protocol(t, server)
	r.Apply(linkedRole(server, nil)).Want(t)
	if _, err := acctest.IAM(server).DeleteServiceLinkedRole(t.Context(), &iam.DeleteServiceLinkedRoleInput{RoleName: aws.String(backupRole)}); err != nil {
		t.Fatal(err)
	}
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	if r.Exists() {
		t.Error("the state has a role that is gone")
	}
}

// TestApproval warns of an approval of what AWS alone decides.
func TestApproval(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := protocol(t, server)
	config := linkedRole(server, nil).With(acctest.Values{"approval": "requested"})
	r.Apply(config).Want(t, "warning approval: Approval of permissions … nothing that it may do needs an approval")
	r.Plan(config).Want(t)
}
