package chaos_test

import (
	"cmp"
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

// oneIn says what part of the cases runs, and deathsOneIn of those that kill the provider of a CLI, which take seconds each.
var (
	oneIn       = flag.Uint("one-in", 0, fmt.Sprintf("run one case in so many of every stage, and with 0 one in %d of one stage in %d", partOfCases, partOfStages))
	deathsOneIn = flag.Uint("deaths-one-in", 0, "run one death in so many, and with 0 as many as of the other cases")
)

// A small part runs where nothing is said: some stages, and some of their cases. Which is decided by the hashes of their names.
const (
	partOfStages = 16
	partOfCases  = 20
)

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
	mu               sync.Mutex
	cases, converged int
	orphaned, leaked int
	failed           []string
}

// takesStage tells whether cases of a stage are to run, by the name of its test.
func (c *counts) takesStage(name string) bool { return *oneIn > 0 || hashed(name)%partOfStages == 0 }

// takes tells whether a case of such a stage is to run.
func (c *counts) takes(name string) bool {
	return hashed(name)%cmp.Or(uint32(*oneIn), partOfCases) == 0
}

// takesDeath tells the same of a death.
func (c *counts) takesDeath(name string) bool {
	return hashed(name)%cmp.Or(uint32(*deathsOneIn), uint32(*oneIn), partOfCases) == 0
}

func hashed(name string) uint32 {
	hash := fnv.New32a()
	hash.Write([]byte(name))
	return hash.Sum32()
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
	switch *oneIn {
	case 0:
		text += fmt.Sprintf("; one in %d of one stage in %d, and all with make chaos", partOfCases, partOfStages)
	case 1:
	default:
		text += fmt.Sprintf("; one in %d, and all with make chaos", *oneIn)
	}
	if *deathsOneIn > 1 {
		text += fmt.Sprintf("; of the deaths one in %d", *deathsOneIn)
	}
	text += "\n"
	for _, name := range slices.Sorted(slices.Values(c.failed)) {
		text += "  " + name + "\n"
	}
	return text
}
