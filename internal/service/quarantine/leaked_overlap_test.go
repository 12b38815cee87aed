package quarantine_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestLeakedInQuarantineDuringOverlap deletes a leaked key of an identity in quarantine beside the one before it, whose overlap
// goes on or is over. It begins anew with the key that the release brings.
func TestLeakedInQuarantineDuringOverlap(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]time.Duration{"goes on": time.Hour, "is over": 30 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			p := acctest.NewConfiguredProtocol(t, server, nil)
			p.Resource("governed_service_identity").Apply(governedIdentity(server, 300, acctest.Values{"name": "export", "aws_user": acctest.Values{}})).Want(t)
			credential, secret := p.Resource("governed_credential"), acctest.Values{
				"identity": userID, "justification": "The vendor's mail relay takes an access key only", "expiry": acctest.Date(server, 100), "overlap_hours": 24, "rotation_trigger": acctest.Values{"turn": "1"},
				"store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": "export"}},
			}
			credential.Apply(secret).Want(t)
			previous := credential.State("credential_id")
			secret = secret.With(acctest.Values{"rotation_trigger": acctest.Values{"turn": "2"}})
			credential = credential.Under(acctest.NewConfiguredProtocol(t, server, nil))
			credential.Apply(secret).Want(t, "warning rotate_after_days: Credential is rotated")
			current, _ := credential.State("credential_id").(string)
			r := protocol(t, server)
			r.Apply(order(userID, nil)).Want(t, announced(userID))
			server.Clock().Advance(later)
			credential = credential.Under(acctest.NewConfiguredProtocol(t, server, nil))
			credential.Refresh().Want(t)
			leaked := secret.With(acctest.Values{"leaked_ids": []string{current}})
			credential.Apply(leaked).Want(t, "warning leaked_ids: Leaked credential is revoked: "+current)
			credential = again(t, server, credential, leaked)
			acctest.WantSame(t, "previous_credential_id", credential.State("previous_credential_id"), previous)
			keys := func() []sim.AccessKeyView {
				user, _ := server.Account(sim.DefaultAccount).User("export")
				return user.AccessKeys
			}
			if left := keys(); len(left) != 1 || left[0].ID != previous || left[0].Active {
				t.Errorf("the keys are %v", left)
			}

			r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
			r.Refresh().Want(t)
			r.Apply(nil).Want(t, "warning identity: Not everything was put back: "+userID+" … access key "+current+" is gone")
			credential = credential.Under(acctest.NewConfiguredProtocol(t, server, nil))
			credential.Refresh().Want(t)
			credential.Apply(leaked).Want(t, "warning rotate_after_days: Credential is rotated … because the current one is gone")
			if made := keys(); len(made) != 2 || made[0].ID != previous || made[1].ID != credential.State("credential_id") || !made[1].Active {
				t.Errorf("after the next apply the keys are %v", made)
			}
			again(t, server, credential, leaked)
		})
	}
}
