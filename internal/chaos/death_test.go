package chaos_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// landscape is a root module whose provider dies.
type landscape struct {
	name  string
	azure bool
	seed  func(*world)
	// resources are by type and name.
	resources func(*world) map[string]map[string]acctest.Values
	// ids are those of an import, by address, in the order in which one needs another.
	ids []address
}

type address struct {
	at string
	id func(*world) string
}

var landscapes = []landscape{
	{
		name: "role and user with an access key",
		seed: func(w *world) { identities[1].seed(w) },
		resources: func(*world) map[string]map[string]acctest.Values {
			return map[string]map[string]acctest.Values{
				serviceIdentity: {"role": role, "user": user},
				"governed_credential": {"key": {
					"identity": "${" + serviceIdentity + ".user.id}", "justification": justification, "expiry": date(80), "rotate_after_days": 60, "overlap_hours": 48,
					"store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": secretName}},
				}},
			}
		},
		ids: []address{
			{serviceIdentity + ".role", identities[0].importID},
			{serviceIdentity + ".user", identities[1].importID},
			{"governed_credential.key", func(w *world) string { return identities[1].importID(w) + "#aws_secrets_manager:" + secretName }},
		},
	},
	{
		name: "application with a client secret", azure: true,
		seed: func(w *world) {
			azureIdentities[2].seed(w)
			subscription := w.tenant.Subscription(azuresim.DefaultSubscription)
			subscription.AddResourceGroup("secrets", "westeurope")
			subscription.AddVault("secrets", "safe")
		},
		resources: func(w *world) map[string]map[string]acctest.Values {
			return map[string]map[string]acctest.Values{
				serviceIdentity: {"app": application(w)},
				"governed_credential": {"secret": {
					"identity": "${" + serviceIdentity + ".app.id}", "type": "client_secret", "justification": justification, "expiry": date(80),
					"valid_days": 70, "rotate_after_days": 60, "overlap_hours": 48, "store": acctest.Values{"azure_key_vault": acctest.Values{"vault_uri": "https://safe.vault.azure.net/", "name": vaultSecret}},
				}},
			}
		},
		ids: []address{
			{serviceIdentity + ".app", azureIdentities[2].importID},
			{"governed_credential.secret", func(w *world) string {
				return azureIdentities[2].importID(w) + "#azure_key_vault:safe.vault.azure.net/" + vaultSecret
			}},
		},
	},
	{
		name: "managed identity", azure: true, seed: addGroup,
		resources: func(*world) map[string]map[string]acctest.Values {
			return map[string]map[string]acctest.Values{serviceIdentity: {"identity": managed}}
		},
		ids: []address{{serviceIdentity + ".identity", azureIdentities[0].importID}},
	},
}

// TestSimDeath kills the provider, or interrupts Terraform, at each write of making and removing what a root module has, and
// applies again: what is not in the state is imported. Everything is then as without it.
func TestSimDeath(t *testing.T) {
	t.Parallel()
	for i, l := range landscapes {
		if i > 0 && *oneIn == 0 {
			break // One shows that it can be done.
		}
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			clean := newModule(l.world(t), nil)
			for _, stage := range []struct{ name, verb string }{{"create", "apply"}, {"destroy", "destroy"}} {
				clean.write(l.resources(clean.w))
				clean.w.resetCalls()
				if !clean.run(stage.verb, "-auto-approve", "-input=false") {
					t.Fatal(clean.said.String())
				}
				content := clean.w.content()
				for _, at := range points(clean.w.calls()) {
					for _, by := range ends {
						name := stage.name + "/" + (&trial{fault: fault{name: by.name}, at: at}).name()
						if !writes(at.Call) || !tally.takesDeath(t.Name()+"/"+name) {
							continue
						}
						t.Run(name, func(t *testing.T) {
							t.Parallel()
							l.die(t, stage.verb, at, by, content)
						})
					}
				}
			}
		})
	}
}

func (l landscape) world(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, l.azure)
	l.seed(w)
	w.know()
	return w
}

// die runs one case.
func (l landscape) die(t *testing.T, verb string, at point, by end, want []string) {
	t.Helper()
	w := l.world(t)
	m := newModule(w, l.resources(w))
	v := &verdict{name: t.Name()}
	defer tally.count(t, v)
	if verb == "destroy" && !m.run("apply", "-auto-approve", "-input=false") {
		t.Fatal(m.said.String())
	}
	m.runUntil(at, by, verb, "-auto-approve", "-input=false")
	if !m.run(verb, "-auto-approve", "-input=false") {
		l.recover(m, v, verb)
	}
	if verb == "apply" && !m.run("plan", "-detailed-exitcode", "-input=false") {
		v.add(notConverged, "the plan after still changes something, or fails:\n%s", m.said.String())
	}
	v.compare(w.content(), want)
	for _, id := range w.active() {
		if !slices.Contains(w.known, id) && !bytes.Contains(m.read("terraform.tfstate"), []byte(id)) {
			v.add(leaked, "the credential %s is valid, and is in no state", id)
		}
	}
	hunt := acctest.HuntUnder(w.aws.Clock())
	hunt.Keep("what Terraform has said", []byte(m.said.String()))
	hunt.Read(m.folder)
	for _, found := range hunt.Search() {
		v.add(leaked, "%s", found)
	}
}

// recover imports what no state knows, and runs Terraform once more.
func (l landscape) recover(m *module, v *verdict, verb string) {
	for _, one := range l.ids {
		if !m.run("state", "show", one.at) && !m.run("import", "-input=false", one.at, one.id(m.w)) {
			continue // It is not there at all, and is made now.
		}
	}
	if !m.run(verb, "-auto-approve", "-input=false") {
		v.add(notConverged, "the next %s has failed:\n%s", verb, m.said.String())
	}
}
