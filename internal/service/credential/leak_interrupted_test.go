package credential_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// A creation that ends what has leaked and then fails says so in its state, so that what replaces it does not take an id for
// misspelt of which nothing is left.
func TestLeakedCreationFails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sim.Fault{
		"the store":  {Action: "PutSecretValue", Kind: sim.FaultAccessDenied, Times: 3},
		"the making": {Action: "CreateAccessKey", Kind: sim.FaultAccessDenied, Times: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			store := stores(server)["secrets manager"]
			leaked := *acctest.AccessKey(t, acctest.IAM(server), "mailer").AccessKeyId
			config := store.config.With(leaks(leaked))
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			server.InjectFault(fault)
			if diags := r.ApplyOnce(config); !diags.Failed() {
				t.Fatalf("it goes through: %s", diags)
			}
			wantKeys(t, server)
			revoked := map[string]time.Time{leaked: server.Clock().Now()}
			wantRevokedAt(t, r, revoked)
			server.ClearFaults()
			server.Clock().Advance(5 * time.Minute)
			untainted := *r

			// Terraform replaces it, or completes it where somebody has untainted it.
			r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
			r.Refresh().Want(t)
			acctest.WantSame(t, "status", r.State("status"), "missing")
			r.Replace(config).Want(t)
			wantKeys(t, server, store.read(t).AccessKeyID)
			wantRevokedAt(t, r, revoked)
			wantSettled(t, r, config)
			r.Apply(nil).Want(t)

			completed := untainted.Under(acctest.NewConfiguredProtocol(t, server, nil))
			completed.Refresh().Want(t)
			completed.Apply(config).Want(t, "warning rotate_after_days: Credential is rotated")
			wantKeys(t, server, store.read(t).AccessKeyID)
			wantSettled(t, completed, config)

			// Nothing is left of one that is given up.
			completed.Apply(nil).Want(t)
			abandoned := untainted.Under(acctest.NewConfiguredProtocol(t, server, nil))
			abandoned.Refresh().Want(t)
			abandoned.Apply(nil).Want(t)
			wantNothingLeft(t, server)
		})
	}
}

// An id that somebody has misspelt is refused in a replacement as well.
func TestLeakedCreationFailsMisspelt(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	leaked := *acctest.AccessKey(t, acctest.IAM(server), "mailer").AccessKeyId
	config := inSecretsManager(server)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	server.InjectFault(sim.Fault{Action: "CreateAccessKey", Kind: sim.FaultAccessDenied})
	r.ApplyOnce(config.With(leaks(leaked))).Want(t, "warning leaked_ids: Leaked credential is revoked: "+leaked, "error identity: Credential cannot be applied … iam:CreateAccessKey")
	server.ClearFaults()
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	r.Replace(config.With(leaks(leaked, "AKIAMISSPELT"))).Want(t, "error leaked_ids: Leaked credential is not the identity's…has no credential AKIAMISSPELT")
}

// TestSimLeakedCreationFails does so with the real Terraform, which plans and applies in processes of their own.
func TestSimLeakedCreationFails(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	leaked := *acctest.AccessKey(t, acctest.IAM(server), "mailer").AccessKeyId
	config := acctest.ProviderConfig(server, "") + fmt.Sprintf(`
resource "governed_credential" "mailer" {
  identity      = %q
  justification = %q
  expiry        = %q
  leaked_ids    = [%q]
  store         = { aws_secrets_manager = { name = "mailer/smtp" } }
}
`, mailer, justification, acctest.Date(server, 100), leaked)
	server.InjectFault(sim.Fault{Action: "CreateAccessKey", Kind: sim.FaultAccessDenied})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{
			{Config: config, ExpectError: acctest.Says("lack the permission iam:CreateAccessKey")},
			{PreConfig: server.ClearFaults, Config: config},
		},
	})
}
