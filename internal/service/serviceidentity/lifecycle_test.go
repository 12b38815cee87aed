package serviceidentity_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const fullID = "aws:123456789012:role/teams/payments/invoice-export"

func TestIdentity(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	want := acctest.Values{"id": fullID}
	r.Apply(fullRole(server)).Want(t)
	if got := r.Identity(); !same(got, want) {
		t.Errorf("after create the identity is %v", got)
	}
	r.Refresh().Want(t)
	if got := r.Identity(); !same(got, want) {
		t.Errorf("after read the identity is %v", got)
	}
	r.Apply(fullRole(server).With(acctest.Values{"owner": "billing"})).Want(t)
	if got := r.Identity(); !same(got, want) {
		t.Errorf("after update the identity is %v", got)
	}
}

// TestImport takes the canonical id, the ARN and the resource identity, and plans no change for what is configured alike.
func TestImport(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Apply(fullRole(server)).Want(t)
	for name, by := range map[string]struct {
		id       string
		identity acctest.Values
	}{
		"canonical id": {id: fullID},
		"ARN":          {id: "arn:aws:iam::123456789012:role/teams/payments/invoice-export"},
		"identity":     {identity: acctest.Values{"id": fullID}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Import(by.id, by.identity).Want(t)
			if got := r.Identity(); !same(got, acctest.Values{"id": fullID}) {
				t.Errorf("the identity is %v", got)
			}
			if r.State("status") != "active" || r.State("expiry_enforcement") != "cloud" || r.State("owner") != "payments" {
				t.Errorf("the state is %v", r.State())
			}
			r.Plan(fullRole(server)).Want(t)
			for _, kept := range []string{"effective_trust_policy", "expiry_policy", "inline_policies", "unique_id"} {
				if !same(r.State("aws_role", kept), r.Planned("aws_role", kept)) {
					t.Errorf("the plan changes %s from %v to %v", kept, r.State("aws_role", kept), r.Planned("aws_role", kept))
				}
			}
			if r.Replaces() {
				t.Error("the plan replaces the role")
			}
		})
	}
}

func TestImportMalformed(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	for id, says := range map[string]string{
		"invoice-export":                      `error id: Import id is malformed … "invoice-export" is not a canonical identity id … aws:<account>:role/<path><name> … ARN of a role or a user`,
		"arn:aws:iam::123456789012:group/ops": "error id: Import id is malformed",
		"entra:00000000-0000-0000-0000-000000000001:service_principal/00000000-0000-0000-0000-000000000002": "error id: Identity is of another kind … entra:00000000 … aws_role, aws_user",
		"aws:999999999999:role/elsewhere": "error aws_role: Identity cannot be read … is in account 999999999999, but the provider's credentials belong to account 123456789012 … Use a provider configuration for that account",
	} {
		r.Import(id, nil).Want(t, says)
	}
	if calls := server.CountCalls("iam:GetRole"); calls > 0 {
		t.Errorf("%d roles were asked for", calls)
	}
}

// TestImportUngoverned brings a role under governance that nobody governed: its plan asks for what is missing, and
// governs it once that is written.
func TestImportUngoverned(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	legacy := simRole("legacy", "/old/")
	legacy.Tags = map[string]string{"team": "finance"}
	account(server).PutRole(legacy)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Import("arn:aws:iam::123456789012:role/old/legacy", nil).Want(t)
	if r.State("owner") != nil || r.State("purpose") != nil || r.State("expiry") != nil || r.State("status") != nil || r.State("expiry_enforcement") != "apply" {
		t.Errorf("the state is %v", r.State())
	}
	// What terraform plan -generate-config-out writes is the state, with the required arguments left empty.
	generated := acctest.Values{
		"name": "legacy", "owner": "", "purpose": "", "expiry": "", "labels": acctest.Values{"team": "finance"},
		"aws_role": acctest.Values{
			"path": "/old/", "assume_role_policy": r.State("aws_role", "assume_role_policy"),
			"inline_policies": acctest.Values{"read": readBuckets}, "managed_policy_arns": []string{readOnly},
		},
	}
	r.Plan(generated).Want(t,
		"error owner: Metadata text is not usable … owner is empty", "error purpose: Metadata text is not usable … purpose is empty", "error expiry: Metadata text is not usable … expiry is empty")
	wantWrites(t, server)
	filled := generated.With(acctest.Values{"owner": "finance", "purpose": "Closes the books at the end of a quarter", "expiry": acctest.Date(server, 20)})
	r.Apply(filled).Want(t, "warning expiry: Identity expires soon")
	wantWrites(t, server, "TagRole", "PutRolePolicy", "UpdateAssumeRolePolicy")
	r.Refresh().Want(t)
	r.Plan(filled).Want(t, "warning expiry: Identity expires soon")
	if r.Changes() {
		t.Error("the second plan changes something")
	}
}

// TestExpiryWarnings shows what Terraform's test framework does not: the warnings of a life.
func TestExpiryWarnings(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	plan := func(config acctest.Values, says ...string) {
		t.Helper()
		r.Refresh().Want(t)
		r.Plan(config).Want(t, says...)
	}
	config := lambdaRole(server)
	r.Apply(config).Want(t)
	plan(config)
	server.Clock().Advance(70 * 24 * time.Hour)
	plan(config, "warning expiry: Identity expires soon … in less than 21 days … renew it with a later expiry … at the latest "+acctest.Date(server, 365))
	server.Clock().Advance(21 * 24 * time.Hour)
	expired := "warning expiry: Expiry is in the past … the identity expired on … applying disables it and keeps it restorable … To renew it, write a later expiry"
	plan(config, expired)
	if r.State("status") != "expiring" || r.Planned("status") != "expired" {
		t.Errorf("the status goes from %v to %v", r.State("status"), r.Planned("status"))
	}
	r.ApplyPlanned(config).Want(t)
	plan(config, expired)
	if r.State("status") != "expired" || r.Changes() {
		t.Errorf("the status is %v, and another plan changes something: %t", r.State("status"), r.Changes())
	}
	plan(config.With(acctest.Values{"expiry": acctest.Date(server, -1)}), "warning expiry: Expiry is in the past") // the day that it had
	plan(config.With(acctest.Values{"expiry": acctest.Date(server, 400)}), "error expiry: Expiry is too far ahead")
	renewed := config.With(acctest.Values{"expiry": acctest.Date(server, 60)})
	plan(renewed)
	r.ApplyPlanned(renewed).Want(t)
	if r.State("status") != "active" {
		t.Errorf("the status is %v", r.State("status"))
	}
	assume(t, server, true)
	r.Apply(nil).Want(t)
	wantGone(t, server)
}

// TestForeignAttachments shows what others hang on an identity, and names what a destruction takes with it.
func TestForeignAttachments(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(fullRole(server)).Want(t)
	account(server).PutInstanceProfile(sim.InstanceProfile{Name: "web", RoleName: "invoice-export"})
	client := acctest.IAM(server)
	if err := putPolicy(t.Context(), client, "backdoor", writeBuckets); err != nil {
		t.Fatal(err)
	}
	if _, err := client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: roleName, PolicyArn: aws.String(administrator)}); err != nil {
		t.Fatal(err)
	}
	r.Refresh().Want(t, "warning aws_role: Something outside Terraform uses the identity … instance profiles that are not managed with it: web")
	r.Apply(nil).Want(t, "warning aws_role: Attachments made outside Terraform were removed … instance profile web, managed policy "+administrator+", inline policy backdoor.")
	if roles := account(server).Roles(); len(roles) > 0 {
		t.Errorf("the roles are %v", roles)
	}
	if profile, ok := account(server).InstanceProfile("web"); !ok || len(profile.Roles) > 0 {
		t.Errorf("somebody else's instance profile is %v", profile)
	}
}

// TestDestroyOfNothing takes what is gone for what should go.
func TestDestroyOfNothing(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(lambdaRole(server)).Want(t)
	gone := *r
	gone.Apply(nil).Want(t)
	r.Apply(nil).Want(t)
	wantGone(t, server)
}
