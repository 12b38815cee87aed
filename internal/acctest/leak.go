package acctest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// LeakHunt looks for every secret that the simulators of a test handed out or took, in everything that the provider
// answers and logs, and in everything that Terraform writes. It begins with the first simulator of a test and ends with
// the test, so that no test can forget it. Where a secret belongs is said by forSecrets alone.
type LeakHunt struct {
	t        testing.TB
	mu       sync.Mutex
	keepers  []Keeper
	urls     []string // of the keepers
	kept     []place
	size     int // of kept, in bytes
	log      bytes.Buffer
	seen     map[uint64]bool // hashes of what was kept so far
	kinds    map[string]bool
	secrets  map[string]bool // those searched for so far
	ran      bool            // Terraform has run, and so there are files to search
	files    int
	thorough bool
}

// forSecrets is where a secret belongs, besides the stores of the simulators, which are not searched.
var forSecrets = struct {
	answers map[string]bool
	config  *regexp.Regexp
}{
	// Terraform keeps neither: what an ephemeral resource gives, and the provider block that may be configured with it.
	answers: map[string]bool{"OpenEphemeralResourceResponse.Result": true, "ValidateProviderConfigResponse.PreparedConfig": true},
	// By this resource of terraform-plugin-testing, a test has an ephemeral result kept on purpose.
	config: regexp.MustCompile(`resource "echo"`),
}

// Keeper is a simulator, which knows its secrets.
type Keeper interface {
	Secrets() []string
	URL() string
}

// place is a text that must not have secrets.
type place struct {
	name string
	text []byte
}

// keepAtMost is how many bytes wait for the end of a test. When there are more, they are searched and let go. Nothing is
// lost by it: the simulator knows a secret before the provider's answer can have it.
const keepAtMost = 8 << 20

// hunts are those that are going on.
var hunts = struct {
	sync.Mutex
	byClock map[*sim.Clock]*LeakHunt
	byTest  map[testing.TB]*LeakHunt
}{byClock: map[*sim.Clock]*LeakHunt{}, byTest: map[testing.TB]*LeakHunt{}}

// hunt lets a simulator take part in the hunt of its test. The simulators of one world share a clock.
func hunt(t testing.TB, clock *sim.Clock, server Keeper) {
	hunts.Lock()
	defer hunts.Unlock()
	h := hunts.byClock[clock]
	if h == nil {
		h = hunts.byTest[t]
	}
	if h == nil {
		h = &LeakHunt{t: t, seen: map[uint64]bool{}, kinds: map[string]bool{}, secrets: map[string]bool{}}
		hunts.byTest[t] = h
		t.Cleanup(h.end)
	}
	hunts.byClock[clock] = h
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keepers, h.urls = append(h.keepers, server), append(h.urls, server.URL())
}

// HuntUnder is the hunt of the simulators with a clock. A provider under any other clock would not be searched.
func HuntUnder(clock *sim.Clock) *LeakHunt {
	hunts.Lock()
	defer hunts.Unlock()
	h := hunts.byClock[clock]
	if h == nil {
		panic("the provider is to run under a clock that no simulator of acctest has")
	}
	return h
}

// Thoroughly lets the hunt of a test fail where there was no secret, or not every kind of place to search: state, plan
// file, plan JSON (by PlanCheck) and log.
func Thoroughly(server interface{ Clock() *sim.Clock }) *LeakHunt {
	h := HuntUnder(server.Clock())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.thorough = true
	return h
}

// terraformRuns lets the hunt expect files.
func (h *LeakHunt) terraformRuns() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ran = true
}

// PlanCheck keeps the JSON of a plan.
func (h *LeakHunt) PlanCheck(name string) plancheck.PlanCheck { return keepPlan{h, name} }

type keepPlan struct {
	hunt *LeakHunt
	name string
}

// CheckPlan keeps the plan and finds nothing wrong with it.
func (k keepPlan) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	text, err := json.Marshal(req.Plan)
	if err != nil {
		resp.Error = err
	}
	k.hunt.Keep("plan JSON of "+k.name, text)
}

// Keep notes a text to search. One that was noted before, or that is too short for a secret, is not noted.
func (h *LeakHunt) Keep(name string, text []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, kind := range kindsOfPlaces {
		if strings.Contains(name, kind) {
			h.kinds[kind] = true
		}
	}
	hash := maphash.Bytes(seed, text)
	if len(text) < shortest || h.seen[hash] {
		return
	}
	h.seen[hash] = true
	h.kept, h.size = append(h.kept, place{name, text}), h.size+len(text)
	if h.size > keepAtMost {
		h.search()
	}
}

// kindsOfPlaces are the parts of the names of places that a thorough hunt wants.
var (
	kindsOfPlaces = []string{"tfstate", "tfplan", "plan JSON", ".log"}
	seed          = maphash.MakeSeed()
)

// Write notes lines that the provider has logged.
func (h *LeakHunt) Write(lines []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.size += len(lines)
	return h.log.Write(lines)
}

// Search is what a test that judges by itself asks for: the secrets in what was kept since it was last searched, and where.
func (h *LeakHunt) Search() (found []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.find()
}

// search fails the test for what it finds.
func (h *LeakHunt) search() {
	h.t.Helper()
	for _, found := range h.find() {
		h.t.Error(found)
	}
}

// find searches what was kept, and lets it go.
func (h *LeakHunt) find() (found []string) {
	if h.log.Len() > 0 {
		h.kept = append(h.kept, place{"the provider's log at the level TRACE", h.log.Bytes()})
	}
	if len(h.kept) == 0 {
		return nil
	}
	var secrets []string
	for _, keeper := range h.keepers {
		for _, secret := range keeper.Secrets() {
			for _, part := range secretParts(secret) {
				if len(part) >= shortest {
					h.secrets[part], secrets = true, append(secrets, part)
				}
			}
		}
	}
	forms := newSecretForms(secrets)
	for _, one := range h.kept {
		for _, form := range forms.in(one.text) {
			found = append(found, fmt.Sprintf("secret %d of the simulators is %s in %s", form.secret+1, form.encoding, one.name))
		}
	}
	total.add(0, len(h.kept), len(found))
	h.kept, h.size, h.log = nil, 0, bytes.Buffer{}
	return found
}

// end takes in what Terraform has written, and ends the hunt.
func (h *LeakHunt) end() {
	h.t.Helper()
	h.readWritten()
	h.conclude()
	hunts.Lock()
	defer hunts.Unlock()
	delete(hunts.byTest, h.t)
	for clock, one := range hunts.byClock {
		if one == h {
			delete(hunts.byClock, clock)
		}
	}
}

// conclude searches what is left, and fails the test where too little was searched.
func (h *LeakHunt) conclude() {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.search()
	total.add(len(h.secrets), 0, 0)
	if h.t.Skipped() {
		return
	}
	if h.ran && h.files == 0 {
		h.t.Error("Terraform has run, and none of its files was found to be searched")
	}
	if !h.thorough {
		return
	}
	for _, kind := range kindsOfPlaces {
		if !h.kinds[kind] {
			h.t.Errorf("there is no %s to search in", kind)
		}
	}
	if len(h.secrets) == 0 {
		h.t.Error("the simulators handed out no secret")
	}
}

// huntTotal is what all hunts of a package have searched.
type huntTotal struct {
	mu                     sync.Mutex
	secrets, places, found int
}

var total huntTotal

func (s *huntTotal) add(secrets, places, found int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets, s.places, s.found = s.secrets+secrets, s.places+places, s.found+found
}

// print prints the totals, also into the file that GOVERNED_LEAK_TOTALS names, which many packages share.
func (s *huntTotal) print(of string) error {
	line := fmt.Sprintf("leak hunt: %d secrets, %d places searched, %d found in %s\n", s.secrets, s.places, s.found, of)
	fmt.Print(line)
	name := os.Getenv("GOVERNED_LEAK_TOTALS")
	if name == "" {
		return nil
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(line)
	return errors.Join(err, file.Close())
}
