package quarantine_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestLeakedInQuarantine deletes a leaked key of an identity in quarantine, so that no release makes it active again, and makes
// another only after the release.
func TestLeakedInQuarantine(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	p.Resource("governed_service_identity").Apply(governedIdentity(server, 300, acctest.Values{"name": "export", "aws_user": acctest.Values{}})).Want(t)
	credential, secret := p.Resource("governed_credential"), acctest.Values{
		"identity": userID, "justification": "The vendor's mail relay takes an access key only", "expiry": acctest.Date(server, 100),
		"store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": "export"}},
	}
	credential.Apply(secret).Want(t)
	old, _ := credential.State("credential_id").(string)
	keys := func() (all []sim.AccessKeyView) {
		user, _ := server.Account(sim.DefaultAccount).User("export")
		return user.AccessKeys
	}
	r := protocol(t, server)
	r.Apply(order(userID, nil)).Want(t, announced(userID))
	credential = credential.Under(acctest.NewConfiguredProtocol(t, server, nil))
	credential.Refresh().Want(t)

	leaked := secret.With(acctest.Values{"leaked_ids": []string{old}})
	credential.Apply(leaked).Want(t, "warning leaked_ids: Leaked credential is revoked: "+old)
	if left := keys(); len(left) > 0 {
		t.Errorf("the keys are %v", left)
	}
	for name, want := range map[string]any{"credential_id": nil, "status": "quarantined"} {
		acctest.WantSame(t, name, credential.State(name), want)
	}
	credential = again(t, server, credential, leaked)
	acctest.WantSame(t, "status", credential.State("status"), "quarantined")
	// Also when the id has left leaked_ids, nothing is made before the release.
	credential.Apply(secret).Want(t)
	credential = again(t, server, credential, secret)

	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	r.Apply(nil).Want(t, "warning identity: Not everything was put back: "+userID+" … access key "+old+" is gone")
	if left := keys(); len(left) > 0 {
		t.Errorf("after the release the keys are %v", left)
	}
	credential = credential.Under(acctest.NewConfiguredProtocol(t, server, nil))
	credential.Refresh().Want(t)
	credential.Apply(secret).Want(t, "warning rotate_after_days: Credential is rotated … because the current one is gone")
	if made := keys(); len(made) != 1 || made[0].ID == old || !made[0].Active {
		t.Errorf("after the next apply the keys are %v", made)
	}
	again(t, server, credential, secret)
}
