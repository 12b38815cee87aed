package credential_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestSimForeignKeyAfterAnInterruption makes a key by hand after an apply was interrupted before it could make one. It is
// the only one that the interrupted apply does not know, and stays all the same.
func TestSimForeignKeyAfterAnInterruption(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		later time.Duration
		used  bool
	}{"much later": {later: 3 * 24 * time.Hour}, "at once, and used": {later: time.Minute, used: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			config := inSecretsManager(server)
			server.InjectFault(sim.Fault{Action: "CreateAccessKey", Kind: sim.FaultAccessDenied})
			server.InjectFault(sim.Fault{Action: "UntagUser", Kind: sim.FaultDropBefore})
			impatient(t, server).Resource(typeName).Apply(config).Want(t, "error identity: Credential cannot be applied…iam:CreateAccessKey")
			server.ClearFaults()
			server.Clock().Advance(test.later)
			made := acctest.AccessKey(t, acctest.IAM(server), "mailer")
			if test.used {
				use(t, server, document{AccessKeyID: *made.AccessKeyId, SecretAccessKey: *made.SecretAccessKey}, true)
			}
			again := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			again.Apply(config).Want(t, "warning identity: Identity has a credential that nobody governs…"+*made.AccessKeyId)
			wantKeys(t, server, *made.AccessKeyId, text(again, "credential_id"))
		})
	}
}
