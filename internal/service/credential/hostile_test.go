package credential_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// wantSettled fails the test unless a refresh and a plan find nothing to do and nothing to say but what is expected.
func wantSettled(t *testing.T, r *acctest.Resource, config acctest.Values, texts ...string) {
	t.Helper()
	r.Refresh().Want(t)
	r.Plan(config).Want(t, texts...)
	if r.Changes() {
		t.Error("there is still something to do")
	}
}

// TestSimOwnKeyOfTheStore names the key that a store takes by itself, which the store does not show.
func TestSimOwnKeyOfTheStore(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]acctest.Values{
		"secrets manager": {"aws_secrets_manager": acctest.Values{"name": secretName, "kms_key_id": "alias/aws/secretsmanager"}},
		"parameter store": {"aws_ssm_parameter": acctest.Values{"name": parameterName, "key_id": "alias/aws/ssm"}},
		"empty":           {"aws_ssm_parameter": acctest.Values{"name": parameterName, "key_id": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			config := inSecretsManager(server).With(acctest.Values{"store": store})
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Apply(config).Want(t)
			wantSettled(t, r, config)
		})
	}
}

// TestSimStricterPolicy lowers the age that the policy allows under a credential that exists.
func TestSimStricterPolicy(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	written := inSecretsManager(server)
	leftOut := written.With(acctest.Values{"rotate_after_days": nil})
	r.Apply(written).Want(t)
	stricter := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"credential_max_age_days": 30}})
	const tooLong = "warning rotate_after_days: Credential would be used for too long…60; the policy lets a long-lived credential be used for 30 days"
	r = r.Under(stricter)
	wantSettled(t, r, written, tooLong)
	// Written anew, it has to comply.
	r.Plan(written.With(acctest.Values{"rotate_after_days": 45})).Want(t, "error rotate_after_days: Credential would be used for too long")
	// A default follows the policy, down and up.
	r.Apply(leftOut).Want(t)
	acctest.WantSame(t, "rotate_after_days", r.State("rotate_after_days"), int64(30))
	wantSettled(t, r, leftOut)
	looser := r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	looser.Apply(leftOut).Want(t)
	acctest.WantSame(t, "rotate_after_days", looser.State("rotate_after_days"), int64(90))
	wantSettled(t, looser, leftOut)
}

// TestSimRenewedWithoutKey renews an expired credential whose key somebody has deleted.
func TestSimRenewedWithoutKey(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	config := inSecretsManager(server).With(acctest.Values{"expiry": acctest.Date(server, 40)})
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t)
	server.Clock().Advance(42 * 24 * time.Hour)
	r.Refresh().Want(t)
	r.Apply(config).Want(t, "warning expiry: Expiry is in the past")
	_, err := acctest.IAM(server).DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: aws.String("mailer"), AccessKeyId: aws.String(text(r, "credential_id"))})
	must(t, err)
	r.Refresh().Want(t)
	r.Apply(config).Want(t, "warning expiry: Expiry is in the past") // removes the note of the key
	wantSettled(t, r, config, "warning expiry: Expiry is in the past")
	renewed := config.With(acctest.Values{"expiry": acctest.Date(server, 90)})
	r.Apply(renewed).Want(t, "warning rotate_after_days: Credential is rotated…the current one is gone")
	wantConverged(t, server, r, renewed, stores(server)["secrets manager"].read)
}

// TestSimUnknownChanges plans changes whose values become known at apply only, and may turn out to be none.
func TestSimUnknownChanges(t *testing.T) {
	t.Parallel()
	in := func(arguments acctest.Values) acctest.Values {
		return acctest.Values{"store": acctest.Values{"aws_ssm_parameter": acctest.Values{"name": parameterName}.With(arguments)}}
	}
	for name, test := range map[string]struct {
		further, unknown acctest.Values
		to               func(*sim.Server) acctest.Values
		// after is how long after the rotation the plan is made.
		after    time.Duration
		replaced bool
	}{
		"rotation due":        {unknown: acctest.Values{"rotate_after_days": acctest.Unknown}, to: func(*sim.Server) acctest.Values { return acctest.Values{"rotate_after_days": 3} }, after: 4 * 24 * time.Hour},
		"rotation as before":  {unknown: acctest.Values{"rotate_after_days": acctest.Unknown}},
		"rotation later":      {unknown: acctest.Values{"rotate_after_days": acctest.Unknown}, to: func(*sim.Server) acctest.Values { return acctest.Values{"rotate_after_days": 70} }},
		"overlap longer":      {unknown: acctest.Values{"overlap_hours": acctest.Unknown}, to: func(*sim.Server) acctest.Values { return acctest.Values{"overlap_hours": 72} }, after: time.Hour},
		"overlap over":        {unknown: acctest.Values{"overlap_hours": acctest.Unknown}, to: func(*sim.Server) acctest.Values { return acctest.Values{"overlap_hours": 1} }, after: 2 * time.Hour},
		"expiry with the end": {unknown: acctest.Values{"expiry": acctest.Unknown}, to: func(s *sim.Server) acctest.Values { return acctest.Values{"expiry": acctest.Date(s, 239)} }, after: time.Hour},
		"expiry as before":    {unknown: acctest.Values{"expiry": acctest.Unknown}, after: 50 * time.Hour},
		"trigger":             {further: acctest.Values{"rotation_trigger": acctest.Values{"n": "1"}}, unknown: acctest.Values{"rotation_trigger": acctest.Unknown}},
		"SMTP":                {unknown: acctest.Values{"ses_smtp_region": acctest.Unknown}, to: func(*sim.Server) acctest.Values { return acctest.Values{"ses_smtp_region": "eu-west-1"} }},
		"justification":       {unknown: acctest.Values{"justification": acctest.Unknown}},
		"key":                 {unknown: in(acctest.Values{"key_id": acctest.Unknown}), to: func(*sim.Server) acctest.Values { return in(acctest.Values{"key_id": "alias/mail"}) }},
		"key as before":       {unknown: in(acctest.Values{"key_id": acctest.Unknown}), to: func(*sim.Server) acctest.Values { return in(nil) }},
		"tier":                {unknown: in(acctest.Values{"tier": acctest.Unknown}), to: func(*sim.Server) acctest.Values { return in(acctest.Values{"tier": "Advanced"}) }},
		"tier down":           {further: in(acctest.Values{"tier": "Advanced"}), unknown: in(acctest.Values{"tier": acctest.Unknown}), replaced: true},
		"store":               {unknown: acctest.Values{"store": acctest.Unknown}, replaced: true},
		"name":                {unknown: in(acctest.Values{"name": acctest.Unknown}), replaced: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			config := inParameterStore(server).With(test.further)
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Apply(config).Want(t)
			server.Clock().Advance(61 * 24 * time.Hour)
			r.Refresh().Want(t)
			r.Apply(config).Want(t, "warning rotate_after_days: Credential is rotated")
			server.Clock().Advance(test.after)
			r.Refresh().Want(t)
			if diags := r.Plan(config.With(test.unknown)); diags.Failed() {
				t.Fatal(diags)
			}
			acctest.WantSame(t, "replaced", r.Replaces(), test.replaced)
			if test.replaced {
				return
			}
			if test.to != nil {
				config = config.With(test.to(server))
			}
			if diags := r.ApplyPlanned(config); diags.Failed() {
				t.Fatal(diags)
			}
			r.Refresh().Want(t)
			r.Plan(config).Want(t)
			if r.Changes() {
				t.Error("there is still something to do")
			}
		})
	}
}

// TestSimKeyLeftByALostState creates a credential again whose state was lost and whose secret was deleted: what is left
// of the old one is known as its own.
func TestSimKeyLeftByALostState(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	config := inParameterStore(server)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	r := p.Resource(typeName)
	r.Apply(config).Want(t)
	left := text(r, "credential_id")
	server.Clock().Advance(time.Hour)
	_, err := acctest.SSM(server).DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: aws.String(parameterName)})
	must(t, err)
	r = p.Resource(typeName)
	r.Apply(config).Want(t)
	acctest.WantSame(t, "previous", r.State("previous_credential_id"), left)
	wantConverged(t, server, r, config, stores(server)["parameter store"].read)
}

// TestSimReplaceOrdered replaces a credential because Terraform was told to (-replace, a tainted resource): it refreshes
// it, and then plans one that does not exist.
func TestSimReplaceOrdered(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	config := inSecretsManager(server)
	acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Apply(config).Want(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	r := p.Resource(typeName)
	r.Import(secretID, nil).Want(t)
	created := p.Resource(typeName)
	created.Plan(config).Want(t)
	r.Apply(nil).Want(t)
	created.ApplyPlanned(config).Want(t)
	wantConverged(t, server, created, config, stores(server)["secrets manager"].read)
}

// TestSimReplicaFails copies a secret to a region that has another secret of that name. The plan is not empty until that
// is out of the way.
func TestSimReplicaFails(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	client := acctest.SecretsManager(server)
	there := func(o *secretsmanager.Options) { o.Region = "eu-central-1" }
	_, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String(secretName), SecretString: aws.String("theirs")}, there)
	must(t, err)
	config := inSecretsManager(server).With(acctest.Values{"store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": secretName, "replica_regions": []string{"eu-central-1"}}}})
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t)
	r.Refresh().Want(t, "warning store: Secret has no copy in a region…eu-central-1: Replication failed…the next apply tries again")
	r.Plan(config).Want(t)
	if !r.Changes() {
		t.Error("the plan does not show it")
	}
	_, err = client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String(secretName), ForceDeleteWithoutRecovery: aws.Bool(true)}, there)
	must(t, err)
	r.Apply(config).Want(t)
	wantSettled(t, r, config)
	r.Apply(nil).Want(t)
	wantNothingLeft(t, server)
}

// TestSimReplicaFailed retires a credential whose secret was never copied.
func TestSimReplicaFailed(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	_, err := acctest.SecretsManager(server).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String(secretName), SecretString: aws.String("theirs")},
		func(o *secretsmanager.Options) { o.Region = "eu-central-1" })
	must(t, err)
	config := inSecretsManager(server).With(acctest.Values{"store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": secretName, "replica_regions": []string{"eu-central-1"}}}})
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t)
	r.Apply(nil).Want(t)
	wantNothingLeft(t, server)
	if view, _ := account(server).Secret("eu-central-1", secretName); view.Value != "theirs" {
		t.Error("the other secret was deleted")
	}
}

// TestSimReplacedByCLI taints a credential, which Terraform then replaces, beside another one of the same user.
func TestSimReplacedByCLI(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	config := together(server, 100, "1") + backup()
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy: func(*terraform.State) error {
			wantNothingLeft(t, server)
			return nil
		},
		Steps: []resource.TestStep{
			{Config: config},
			{Config: config, Taint: []string{address}, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
			}}},
		},
	})
}
