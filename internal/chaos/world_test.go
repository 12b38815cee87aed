package chaos_test

import (
	"slices"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// start is where the clock of every world stands at first.
var start = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// day is what expiries and rotations are counted in.
const day = 24 * time.Hour

// world is the clouds of one case, and what it knows of them.
type world struct {
	t       testing.TB
	aws     *sim.Server
	account *sim.Account
	azure   *azuresim.Server // nil where nothing is about it
	tenant  *azuresim.Tenant
	// seeded are ids that scenarios have to remember, by a name of their own.
	seeded   map[string]string
	trusted  string // the file with the authority of the Azure that is simulated
	argument acctest.Values
	valid    bool // everything has been validated
	known    []string
}

func newWorld(t testing.TB, withAzure bool) *world {
	t.Helper()
	w := &world{t: t, aws: acctest.NewSim(t, sim.WithClock(start)), seeded: map[string]string{}}
	if withAzure {
		w.azure = acctest.NewAzureSim(t, w.aws.Clock())
		w.trusted = acctest.AzureCA(t, w.azure)
	}
	return w.connected()
}

// copied is another world with the same content, which a provider without a fault has been in: it has validated everything.
func (w *world) copied(t testing.TB) *world {
	t.Helper()
	clock := sim.NewClock(w.aws.Clock().Now(), false)
	c := &world{t: t, aws: acctest.CopySim(t, w.aws, clock), seeded: w.seeded, trusted: w.trusted, valid: true, known: w.known}
	if w.azure != nil {
		c.azure = acctest.CopyAzureSim(t, w.azure, clock)
	}
	return c.connected()
}

// connected has what depends on where the clouds are.
func (w *world) connected() *world {
	w.account = w.aws.Account(sim.DefaultAccount)
	w.argument = acctest.Values{"aws": acctest.AWSArgument(w.aws.URL()).With(acctest.Values{"max_retries": retries})}
	if w.azure != nil {
		w.tenant = w.azure.Tenant(azuresim.DefaultTenant)
		w.argument = w.argument.With(acctest.Values{"azure": acctest.AzureArgumentTrusting(w.trusted, w.azure).With(acctest.Values{"max_retries": retries})})
	}
	return w
}

// retries is how often the provider repeats a call that may pass: a fault that comes once is absorbed, one that stays is not.
const retries = 1

// protocol is a provider of its own, as each run of Terraform has one.
func (w *world) protocol() *acctest.Protocol {
	w.t.Helper()
	p := acctest.NewProtocol(w.t, w.aws)
	if w.valid {
		p.WithoutValidation()
	}
	p.Configure(w.argument).Want(w.t)
	return p
}

// date is a date so many days after the world's first one.
func date(days int) string { return start.AddDate(0, 0, days).Format(time.DateOnly) }

// calls are those of both clouds since the last reset that a fault can meet, the parts of batches among them.
func (w *world) calls() []sim.Call {
	calls := w.aws.Calls()
	if w.azure != nil {
		calls = append(calls, w.azure.Calls()...)
	}
	var all []sim.Call
	for _, call := range calls {
		// A token is everybody's, and a vault that asks for one has not begun.
		if call.Service != "oauth" && call.Status != 401 {
			all = append(append(all, call), call.Batch...)
		}
	}
	return all
}

func (w *world) resetCalls() {
	w.aws.ResetCalls()
	if w.azure != nil {
		w.azure.ResetCalls()
	}
}

// inject lets calls fail: those of the cloud that has the service, or of both where the fault names none.
func (w *world) inject(fault sim.Fault) {
	if !isAzure(fault.Service) {
		w.aws.InjectFault(fault)
	}
	if w.azure != nil && (isAzure(fault.Service) || fault.Service == "") {
		w.azure.InjectFault(fault)
	}
}

func isAzure(service string) bool {
	return slices.Contains([]string{"graph", "arm", "keyvault"}, service)
}

// calm ends all faults, and lets every replica catch up.
func (w *world) calm() {
	w.aws.ClearFaults()
	w.aws.Settle()
	if w.azure != nil {
		w.azure.ClearFaults()
		w.azure.Settle()
	}
}

// content is all that the clouds hold, without what is different in every run.
func (w *world) content() []string {
	lines := w.aws.Content(mask)
	if w.azure != nil {
		lines = append(lines, w.azure.Content(mask)...)
	}
	for i, line := range lines {
		lines[i] = counted.ReplaceAllString(line, "$1 …")
	}
	return lines
}

// know takes the credentials that are there as those that are nobody's business.
func (w *world) know() { w.known = w.active() }

// active are the ids of the credentials with which somebody can sign in.
func (w *world) active() (ids []string) {
	for _, name := range w.account.Users() {
		user, _ := w.account.User(name)
		for _, key := range user.AccessKeys {
			if key.Active {
				ids = append(ids, key.ID)
			}
		}
	}
	if w.azure == nil {
		return ids
	}
	for _, id := range w.tenant.Applications() {
		app, _ := w.tenant.Application(id)
		for _, one := range append(app.Secrets, app.Certificates...) {
			if one.End.After(w.aws.Clock().Now()) {
				ids = append(ids, one.KeyID)
			}
		}
	}
	return ids
}
