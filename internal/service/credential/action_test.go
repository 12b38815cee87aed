package credential_test

import (
	"context"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

const rotateType = "governed_rotate_credential"

// What the action rotates, the resource takes over without a change, and goes on with the overlap.
func TestSimActionRotates(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	for name, store := range stores(server) {
		p := acctest.NewConfiguredProtocol(t, server, nil)
		resource := p.Resource(typeName)
		resource.Apply(store.config).Want(t)
		old := store.read(t).AccessKeyID
		progress, diags := p.Invoke(rotateType, acctest.Values{"credential": store.id})
		diags.Want(t)
		current := store.read(t).AccessKeyID
		if current == old || len(progress) != 3 || !strings.Contains(progress[0], "the current one is "+old) ||
			!strings.HasPrefix(progress[1], current+" is current") || !strings.HasPrefix(progress[2], old+" stays valid until") {
			t.Errorf("%s: after %s comes %s, and it said %q", name, old, current, progress)
		}
		wantKeys(t, server, old, current)
		resource = resource.Under(acctest.NewConfiguredProtocol(t, server, nil))
		resource.Refresh().Want(t)
		resource.Plan(store.config).Want(t)
		if resource.Changes() {
			t.Errorf("%s: the rotation shows as drift", name)
		}
		acctest.WantSame(t, "credential_id", resource.State("credential_id"), current)
		acctest.WantSame(t, "previous_credential_id", resource.State("previous_credential_id"), old)
		acctest.WantSame(t, "overlap_hours", resource.State("overlap_hours"), int64(48))
		acctest.WantSame(t, "justification", resource.State("justification"), justification)

		// A second rotation needs the place of the first key, and a leaked one goes at once.
		progress, diags = p.Invoke(rotateType, acctest.Values{"credential": store.id, "overlap_hours": 0})
		diags.Want(t)
		last := store.read(t).AccessKeyID
		if len(progress) != 4 || !strings.HasPrefix(progress[1], old+", which was current before") || progress[3] != current+" is revoked" {
			t.Errorf("%s: it said %q", name, progress)
		}
		wantKeys(t, server, last)
		resource.Refresh().Want(t)
		acctest.WantSame(t, "overlap_hours", resource.State("overlap_hours"), int64(48))
		resource.Apply(nil).Want(t)
	}
}

// The settings of the store are those that the resource has made.
func TestSimActionKeepsSettings(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	config := inSecretsManager(server).With(acctest.Values{
		"ses_smtp_region": "eu-west-1",
		"store":           acctest.Values{"aws_secrets_manager": acctest.Values{"name": secretName, "kms_key_id": "alias/mail", "replica_regions": []string{"eu-central-1"}}},
	})
	resource := p.Resource(typeName)
	resource.Apply(config).Want(t)
	_, diags := p.Invoke(rotateType, acctest.Values{"credential": secretID})
	diags.Want(t)
	view, _ := account(server).Secret(region, secretName)
	if parse(t, view.Value).SMTPPassword == "" {
		t.Error("the new value has no password for SMTP")
	}
	resource = resource.Under(acctest.NewConfiguredProtocol(t, server, nil))
	resource.Refresh().Want(t)
	resource.Plan(config).Want(t)
	if resource.Changes() {
		t.Error("the rotation shows as drift")
	}
}

// An interruption before the new key is made leaves everything as it was.
func TestSimActionInterrupted(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	resource := p.Resource(typeName)
	resource.Apply(inSecretsManager(server)).Want(t)
	before := keys(t, server)
	ctx, cancel := context.WithCancel(t.Context())
	_, diags := p.InvokeUntil(ctx, rotateType, acctest.Values{"credential": secretID}, func(string) { cancel() })
	diags.Want(t, "error credential: Credential cannot be applied…interrupted. Nothing is lost")
	for id := range before {
		wantKeys(t, server, id)
	}
}

func TestSimActionRefused(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	for id, want := range map[string]string{
		secretID: "error credential: Credential does not exist…holds no credential of this identity",
		"aws:123456789012:user/gone#aws_secrets_manager:mailer/smtp": "error credential: Credential does not exist",
		mailer: "error credential: Credential id is malformed…it has no #",
		"aws:123456789012:role/mailer#aws_secrets_manager:mailer/smtp": "error credential: Credential id is malformed…of the kind aws_role",
	} {
		_, diags := p.Invoke(rotateType, acctest.Values{"credential": id})
		diags.Want(t, want)
	}
	resource := p.Resource(typeName)
	resource.Apply(inSecretsManager(server)).Want(t)
	server.Clock().Advance(181 * 24 * 3600 * 1e9)
	_, diags := p.Invoke(rotateType, acctest.Values{"credential": secretID})
	diags.Want(t, "error credential: Credential has expired…Renew it")
}

// Credentials of an application rotate the same way, as what they are.
func TestSimActionRotatesEntra(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"client_secret", "certificate"} {
		e := newEntra(t)
		config := e.config(kind, entraStores()["key vault"])
		r := e.resource(t)
		r.Apply(config).Want(t)
		id, _ := r.State("id").(string)
		first := e.read(t, "key vault")
		p := e.protocol(t)
		_, diags := p.Invoke(rotateType, acctest.Values{"credential": id})
		diags.Want(t)
		second := e.read(t, "key vault")
		e.wantCredentials(t, first.KeyID, second.KeyID)
		e.signIn(t, first, true)
		e.signIn(t, second, true)
		r = r.Under(e.protocol(t))
		r.Refresh().Want(t)
		acctest.WantSame(t, "type", r.State("type"), kind)
		acctest.WantSame(t, "credential_id", r.State("credential_id"), second.KeyID)
		acctest.WantSame(t, "previous", r.State("previous_credential_id"), first.KeyID)
		wantSettled(t, r, config)

		_, diags = p.Invoke(rotateType, acctest.Values{"credential": id, "overlap_hours": 0})
		diags.Want(t)
		third := e.read(t, "key vault")
		e.wantCredentials(t, third.KeyID)
		e.signIn(t, second, false)
		e.signIn(t, third, true)
	}
}

// Rotating asks for the clouds that the identity and the store are in.
func TestSimActionWithoutAzure(t *testing.T) {
	t.Parallel()
	e := newEntra(t)
	_, diags := acctest.NewConfiguredProtocol(t, e.aws, nil).Invoke(rotateType, acctest.Values{"credential": e.identity() + "#azure_key_vault:safe.vault.azure.net/" + vaultName})
	diags.Want(t, "error credential: Azure is not configured")
}
