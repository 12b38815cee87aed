package credential_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestSimDrift changes things behind Terraform's back, and lets the next apply mend them.
func TestSimDrift(t *testing.T) {
	t.Parallel()
	name := aws.String("mailer")
	for what, test := range map[string]struct {
		change func(*testing.T, *sim.Server, *string)
		status string
		// refresh and plan are what is said.
		refresh, plan []string
		// kept says that the credential stays, and overlap that it stays beside a new one.
		kept, overlap bool
	}{
		"key deleted": {change: func(t *testing.T, s *sim.Server, key *string) {
			t.Helper()
			_, err := acctest.IAM(s).DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: key})
			must(t, err)
		}, status: "missing", plan: []string{"warning rotate_after_days: Credential is rotated…because the current one is gone…There is none to keep beside it"}},
		"key deactivated": {change: func(t *testing.T, s *sim.Server, key *string) {
			t.Helper()
			_, err := acctest.IAM(s).UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: name, AccessKeyId: key, Status: types.StatusTypeInactive})
			must(t, err)
		}, status: "inactive", plan: []string{"warning rotate_after_days: Credential is rotated…somebody has deactivated the current one outside Terraform…is revoked at once"}},
		"secret deleted": {change: func(t *testing.T, s *sim.Server, _ *string) {
			t.Helper()
			_, err := acctest.SecretsManager(s).DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String(secretName), ForceDeleteWithoutRecovery: aws.Bool(true)})
			must(t, err)
		}, status: "missing", plan: []string{"warning rotate_after_days: Credential is rotated"}, overlap: true},
		"secret on its way out": {change: func(t *testing.T, s *sim.Server, _ *string) {
			t.Helper()
			_, err := acctest.SecretsManager(s).DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String(secretName)})
			must(t, err)
		}, status: "missing", kept: true},
		"value overwritten": {change: func(t *testing.T, s *sim.Server, _ *string) {
			t.Helper()
			_, err := acctest.SecretsManager(s).PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: aws.String(secretName), SecretString: aws.String("by hand")})
			must(t, err)
		}, status: "missing", plan: []string{"warning rotate_after_days: Credential is rotated"}, overlap: true},
		"tags removed": {change: func(t *testing.T, s *sim.Server, _ *string) {
			t.Helper()
			_, err := acctest.SecretsManager(s).UntagResource(t.Context(), &secretsmanager.UntagResourceInput{SecretId: aws.String(secretName), TagKeys: []string{"nhi:justification", "nhi:managed_by", "nhi:identity"}})
			must(t, err)
		}, status: "active", kept: true},
		"policy added": {change: func(t *testing.T, s *sim.Server, _ *string) {
			t.Helper()
			_, err := acctest.SecretsManager(s).PutResourcePolicy(t.Context(), &secretsmanager.PutResourcePolicyInput{SecretId: aws.String(secretName), ResourcePolicy: aws.String(readers)})
			must(t, err)
		}, status: "active", kept: true},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			config, read := inSecretsManager(server), stores(server)["secrets manager"].read
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Apply(config).Want(t)
			first := read(t)
			server.Clock().Advance(time.Hour)
			test.change(t, server, &first.AccessKeyID)
			r.Refresh().Want(t, test.refresh...)
			acctest.WantSame(t, "status", r.State("status"), test.status)
			r.Plan(config).Want(t, test.plan...)
			if !r.Changes() {
				t.Error("the plan does not show it")
			}
			r.Apply(config).Want(t, test.plan...)
			second := read(t)
			use(t, server, second, true)
			if (second == first) != test.kept {
				t.Errorf("the credential was kept: %t", second == first)
			}
			if test.overlap {
				wantKeys(t, server, first.AccessKeyID, second.AccessKeyID)
			} else {
				wantKeys(t, server, second.AccessKeyID)
			}
			wantConverged(t, server, r, config, read)
		})
	}
}

// readers is a resource policy.
const readers = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestSimForeignKey shows a key that somebody else has made, and never touches it.
func TestSimForeignKey(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	config := inSecretsManager(server)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t)
	output, err := acctest.IAM(server).CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("mailer")})
	must(t, err)
	foreign := *output.AccessKey.AccessKeyId
	r.Refresh().Want(t, "warning identity: Identity has a credential that nobody governs…"+foreign+" was made outside Terraform on…last use: none so far…It is not touched")
	acctest.WantSame(t, "others", r.State("other_credential_ids"), []any{foreign})
	r.Plan(config).Want(t)
	if r.Changes() {
		t.Error("it is to be changed")
	}
	// It takes the slot that a rotation needs.
	server.Clock().Advance(61 * 24 * time.Hour)
	r.Refresh().Want(t, "warning identity: Identity has a credential that nobody governs")
	r.Plan(config).Want(t, "warning rotate_after_days: Credential is rotated",
		"error identity: Identity has no room for another credential…this resource's, active…"+foreign+" (not governed, active")
	r.Apply(nil).Want(t)
	wantKeys(t, server, foreign)
}

// TestSimUserGone retires a credential whose user is gone already, and brings one back whose user came back.
func TestSimUserGone(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	config := inSecretsManager(server)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t)
	putMailer(server) // another user of the same name, without keys
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	acctest.WantSame(t, "status", r.State("status"), "missing")
	r.Apply(config).Want(t, "warning rotate_after_days: Credential is rotated")
	use(t, server, stores(server)["secrets manager"].read(t), true)
	client, name := acctest.IAM(server), aws.String("mailer")
	_, err := client.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: aws.String(text(r, "credential_id"))})
	must(t, err)
	_, err = client.DeleteUserPolicy(t.Context(), &iam.DeleteUserPolicyInput{UserName: name, PolicyName: aws.String("list")})
	must(t, err)
	_, err = client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: name})
	must(t, err)
	r.Refresh().Want(t)
	acctest.WantSame(t, "status", r.State("status"), "missing")
	r.Apply(nil).Want(t)
	wantNothingLeft(t, server)
}

// TestSimBothGone drops a credential of which nothing is left.
func TestSimBothGone(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	config := inParameterStore(server)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t)
	putMailer(server)
	_, err := acctest.SSM(server).DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: aws.String(parameterName)})
	must(t, err)
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	acctest.WantSame(t, "status", r.State("status"), "missing")
	r.Apply(config).Want(t, "warning rotate_after_days: Credential is rotated")
	use(t, server, stores(server)["parameter store"].read(t), true)
	// Without the user there is nothing to give a credential to.
	empty := acctest.NewSim(t)
	gone := r.Under(acctest.NewConfiguredProtocol(t, empty, nil))
	gone.Refresh().Want(t)
	if gone.Exists() {
		t.Error("it is still in the state")
	}
}

// TestSimExpiry lets a credential end, and renews it.
func TestSimExpiry(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	config := inSecretsManager(server).With(acctest.Values{"expiry": acctest.Date(server, 40)})
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t)
	first := stores(server)["secrets manager"].read(t)
	if !strings.HasPrefix(first.ExpiresAt, server.Clock().Now().AddDate(0, 0, 41).Format("2006-01-02T00:00:00Z")) {
		t.Errorf("expires_at is %s", first.ExpiresAt)
	}
	server.Clock().Advance(20 * 24 * time.Hour)
	r.Refresh().Want(t)
	r.Plan(config).Want(t, "warning expiry: Identity expires soon…the credential expires on")
	server.Clock().Advance(21 * 24 * time.Hour)
	use(t, server, first, true)
	r.Refresh().Want(t)
	r.Plan(config).Want(t, "warning expiry: Expiry is in the past…the credential expired on")
	acctest.WantSame(t, "planned status", r.Planned("status"), "expired")
	r.Apply(config).Want(t, "warning expiry: Expiry is in the past")
	use(t, server, first, false)
	r.Refresh().Want(t)
	r.Plan(config).Want(t, "warning expiry: Expiry is in the past")
	if r.Changes() {
		t.Error("an expired credential changes")
	}
	renewed := config.With(acctest.Values{"expiry": acctest.Date(server, 90)})
	r.Apply(renewed).Want(t)
	acctest.WantSame(t, "status", r.State("status"), "active")
	use(t, server, first, true)
	wantConverged(t, server, r, renewed, stores(server)["secrets manager"].read)
	// One that ends with its identity is ended by the cloud.
	last := config.With(acctest.Values{"expiry": acctest.Date(server, 300-41)})
	r.Apply(last).Want(t)
	acctest.WantSame(t, "enforcement", r.State("expiry_enforcement"), "cloud")
}

// TestSimChanges are the arguments that rotate, the one that does not, and those that replace.
func TestSimChanges(t *testing.T) {
	t.Parallel()
	trigger := func(value string) acctest.Values {
		return acctest.Values{"rotation_trigger": acctest.Values{"leak": value}}
	}
	parameter := func(arguments acctest.Values) acctest.Values {
		return acctest.Values{"store": acctest.Values{"aws_ssm_parameter": acctest.Values{"name": parameterName}.With(arguments)}}
	}
	secret := func(arguments acctest.Values) acctest.Values {
		return acctest.Values{"store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": secretName}.With(arguments)}}
	}
	const kept, rotated, replaced = "kept", "rotated", "replaced"
	for name, test := range map[string]struct {
		from, to acctest.Values
		want     string
		reason   string
	}{
		"first trigger":     {nil, trigger("1"), kept, ""},
		"next trigger":      {trigger("1"), trigger("2"), rotated, "rotation_trigger has changed"},
		"trigger gone":      {trigger("1"), nil, rotated, "rotation_trigger has changed"},
		"justification":     {nil, acctest.Values{"justification": "The vendor still has no OIDC; see their roadmap of 2027"}, kept, ""},
		"SMTP":              {nil, acctest.Values{"ses_smtp_region": "eu-west-1"}, rotated, "ses_smtp_region has changed"},
		"shorter rotation":  {nil, acctest.Values{"rotate_after_days": 30}, kept, ""},
		"parameter's key":   {parameter(nil), parameter(acctest.Values{"key_id": "alias/mail"}), rotated, "key_id has changed"},
		"larger parameter":  {parameter(nil), parameter(acctest.Values{"tier": "Advanced"}), rotated, "tier has changed"},
		"smaller parameter": {parameter(acctest.Values{"tier": "Advanced"}), parameter(nil), replaced, ""},
		"secret's settings": {nil, secret(acctest.Values{"kms_key_id": "alias/mail", "replica_regions": []string{"eu-central-1"}, "resource_policy": readers, "recovery_window_days": 7}), kept, ""},
		"settings gone":     {secret(acctest.Values{"kms_key_id": "alias/mail", "replica_regions": []string{"eu-central-1"}, "resource_policy": readers}), nil, kept, ""},
		"name":              {nil, secret(acctest.Values{"name": "mailer/other"}), replaced, ""},
		"store":             {nil, parameter(nil), replaced, ""},
		"identity":          {nil, acctest.Values{"identity": "aws:123456789012:user/other"}, replaced, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			view, _ := account(server).User("mailer")
			account(server).PutUser(sim.User{Name: "other", Tags: view.Tags})
			p := acctest.NewConfiguredProtocol(t, server, nil)
			r := p.Resource(typeName)
			from, to := inSecretsManager(server).With(test.from), inSecretsManager(server).With(test.to)
			r.Apply(from).Want(t)
			before := text(r, "credential_id")
			r.Refresh().Want(t)
			var warnings []string
			if test.want == rotated {
				warnings = []string{"warning rotate_after_days: Credential is rotated…because " + test.reason + "…" + before + " stays valid for 48 hours"}
			}
			if test.want == replaced {
				warnings = []string{"warning identity: Credential will be revoked…access key " + before + "…none so far"}
			}
			r.Plan(to).Want(t, warnings...)
			if r.Replaces() != (test.want == replaced) {
				t.Errorf("it is replaced: %t", r.Replaces())
			}
			if r.Replaces() {
				// Terraform then plans one that does not exist, destroys the old one and creates the new one.
				created := p.Resource(typeName)
				created.Plan(to).Want(t)
				r.Apply(nil).Want(t)
				created.ApplyPlanned(to).Want(t)
				acctest.WantSame(t, "status", created.State("status"), "active")
				created.Refresh().Want(t)
				created.Plan(to).Want(t)
				if created.Changes() {
					t.Error("the plan after the replacement changes something")
				}
				return
			}
			r.ApplyPlanned(to).Want(t)
			if (text(r, "credential_id") != before) != (test.want == rotated) {
				t.Errorf("%s became %s", before, text(r, "credential_id"))
			}
			r.Refresh().Want(t)
			r.Plan(to).Want(t)
			if r.Changes() {
				t.Error("the second plan changes something")
			}
		})
	}
}

// TestSimNoOverlap revokes the old credential in the same apply.
func TestSimNoOverlap(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	config := inParameterStore(server).With(acctest.Values{"overlap_hours": 0, "rotation_trigger": acctest.Values{"n": "1"}, "ses_smtp_region": "eu-west-1"})
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t)
	first := stores(server)["parameter store"].read(t)
	if first.SMTPPassword == "" {
		t.Error("there is no SMTP password")
	}
	r.Apply(config.With(acctest.Values{"rotation_trigger": acctest.Values{"n": "2"}})).Want(t, "warning rotate_after_days: Credential is rotated…is revoked at once")
	wantKeys(t, server, text(r, "credential_id"))
	acctest.WantSame(t, "previous", r.State("previous_credential_id"), nil)
	use(t, server, first, false)
}

// TestSimImport takes a credential over from the cloud alone.
func TestSimImport(t *testing.T) {
	t.Parallel()
	for name, further := range map[string]acctest.Values{
		"secrets manager": {"store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": secretName, "kms_key_id": "alias/mail", "replica_regions": []string{"eu-central-1"}, "resource_policy": readers}}},
		"parameter store": {"ses_smtp_region": "eu-west-1", "justification": "Vendor's relay: no OIDC, see §4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			store := stores(server)[name]
			config := store.config.With(further)
			p := acctest.NewConfiguredProtocol(t, server, nil)
			r := p.Resource(typeName)
			r.Apply(config).Want(t)
			p.Resource(typeName).Plan(config).Want(t, "error store: Credential cannot be planned…holds a credential of the identity already…import {…"+store.id)
			for _, identity := range []acctest.Values{nil, {"id": store.id}} {
				imported := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
				id := store.id
				if identity != nil {
					id = ""
				}
				imported.Import(id, identity).Want(t)
				acctest.WantSame(t, "identity", imported.Identity(), acctest.Values{"id": store.id})
				imported.Plan(config).Want(t)
				if imported.Changes() {
					t.Error("the plan after an import changes something")
				}
			}
		})
	}
	server := newSim(t)
	for id, want := range map[string]string{
		"AKIAIOSFODNN7EXAMPLE":                              "has no #",
		"aws:123456789012:role/x#aws_secrets_manager:x":     "needs no long-lived credential",
		"aws:123456789012:user/mailer#vault:x":              "is not aws_secrets_manager, aws_ssm_parameter or azure_key_vault",
		"aws:123456789012:user/mailer#aws_secrets_manager:": "a colon and a name",
		"mailer#aws_secrets_manager:x":                      "is not a canonical identity id",
	} {
		acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Import(id, nil).Want(t, "error id: Import id is malformed…"+want+"…such as aws:123456789012:user/mailer#aws_secrets_manager:mailer/smtp")
	}
}
