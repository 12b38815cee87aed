package credential_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestSimIdentityRenewedAlone renews an identity whose credential is over too: the credential stays over until it is
// renewed itself.
func TestSimIdentityRenewedAlone(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	user, r := p.Resource("governed_service_identity"), p.Resource(typeName)
	identity := func(days int) acctest.Values {
		return acctest.Values{
			"name": "mailer", "owner": "mail", "purpose": "Sends the receipts of the shop", "expiry": acctest.Date(server, days),
			"aws_user": acctest.Values{"inline_policies": acctest.Values{"list": listUsers}},
		}
	}
	first := identity(40)
	user.Apply(first).Want(t)
	config := inSecretsManager(server).With(acctest.Values{"expiry": first["expiry"]})
	r.Apply(config).Want(t)
	d := stores(server)["secrets manager"].read(t)

	server.Clock().Advance(41 * 24 * time.Hour)
	p = acctest.NewConfiguredProtocol(t, server, nil)
	user, r = user.Under(p), r.Under(p)
	user.Refresh().Want(t)
	user.Apply(first).Want(t, "warning expiry: Expiry is in the past")
	r.Refresh().Want(t)
	r.Apply(config).Want(t, "warning expiry: Expiry is in the past")

	renewed := identity(90)
	user.Refresh().Want(t)
	user.Apply(renewed).Want(t)
	use(t, server, d, false)
	r.Refresh().Want(t)
	r.Plan(config).Want(t, "warning expiry: Expiry is in the past")
	if r.Changes() {
		t.Error("the credential changes")
	}
	r.Apply(config.With(acctest.Values{"expiry": renewed["expiry"]})).Want(t)
	use(t, server, d, true)
}

// TestSimRenewedWhenDue renews a credential that is over and too old as well: what does not authenticate has no overlap.
func TestSimRenewedWhenDue(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	config := inSecretsManager(server).With(acctest.Values{"expiry": acctest.Date(server, 70)})
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t)
	old := text(r, "credential_id")
	server.Clock().Advance(71 * 24 * time.Hour)
	r.Refresh().Want(t)
	r.Apply(config).Want(t, "warning expiry: Expiry is in the past")
	r.Refresh().Want(t)
	r.Apply(config.With(acctest.Values{"expiry": acctest.Date(server, 90)})).Want(t, "warning rotate_after_days: Credential is rotated…"+old+" is revoked at once")
	wantKeys(t, server, text(r, "credential_id"))
	use(t, server, stores(server)["secrets manager"].read(t), true)
}
