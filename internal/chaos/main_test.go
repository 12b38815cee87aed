package chaos_test

import (
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// all says that every case runs, and not a part.
var all = flag.Bool("all", false, "run every case, and not one in "+fmt.Sprint(part))

// part is how many cases there are for each that runs where not all do. Which one is decided by the hash of its name.
const part = 40

func TestMain(m *testing.M) {
	if isProvider() {
		return
	}
	flag.Parse()
	debug.SetGCPercent(400) // as the provider has it
	code := acctest.Status(m)
	fmt.Print(tally.report())
	os.Exit(code)
}

// tally counts the cases.
var tally counts

type counts struct {
	mu                        sync.Mutex
	cases, converged, skipped int
	orphaned, leaked          int
	otherwise                 []string
	failed                    []string
}

// takes tells whether a case is to run, and counts it where it is not.
func (c *counts) takes(name string) bool {
	hash := fnv.New32a()
	hash.Write([]byte(name)) //nolint:errcheck // a hash never fails
	if *all || hash.Sum32()%part == 0 {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skipped++
	return false
}

// count takes in the verdict of a case, and fails its test where something is wrong.
func (c *counts) count(t *testing.T, v *verdict) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cases++
	if len(v.wrong) == 0 && !t.Failed() {
		c.converged++
		return
	}
	if why := v.known(); why != "" && !t.Failed() {
		c.otherwise = append(c.otherwise, v.name+": "+why)
		return
	}
	if len(v.wrong[orphaned]) > 0 {
		c.orphaned++
	}
	if len(v.wrong[leaked]) > 0 {
		c.leaked++
	}
	c.failed = append(c.failed, v.name)
	t.Error(v)
}

func (c *counts) report() string {
	text := fmt.Sprintf("%d cases, %d converged, %d orphaned, %d leaked", c.cases, c.converged, c.orphaned, c.leaked)
	if c.skipped > 0 {
		text += fmt.Sprintf("; %d further cases run with make chaos", c.skipped)
	}
	text += "\n"
	if len(c.otherwise) > 0 {
		text += fmt.Sprintf("%d end otherwise, as it is known:\n", len(c.otherwise))
	}
	for _, name := range slices.Sorted(slices.Values(c.otherwise)) {
		text += "  " + name + "\n"
	}
	for _, name := range slices.Sorted(slices.Values(c.failed)) {
		text += "  " + name + "\n"
	}
	return text
}
