// Bench measures what the provider costs: API calls, wall time, CPU time and peak memory, with the budget beside each
// figure. It measures the real binary under the real Terraform, and the reading of an inventory in a process of its own. It
// asserts nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
	"time"
)

// motoVariable names the environment variable with the URL of a moto_server to measure against as well.
const motoVariable = "GOVERNED_MOTO_ENDPOINT"

func main() {
	mirror := flag.String("mirror", "", "folder laid out as a registry mirror that has the provider")
	peers := flag.String("aws-mirror", os.Getenv("HASHICORP_AWS_MIRROR"), "mirror with hashicorp/aws, to measure it side by side on moto")
	only := flag.String("only", "", "measure only what has this in its name, such as inventory")
	read := flag.Bool("read-inventory", false, "read the inventory that a provider configuration in JSON and the environment lead to, and tell what it cost; the measurements start this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *read {
		if err := readInventory(ctx, flag.Arg(0), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			stop()
			os.Exit(1) //nolint:gocritic // stop has run
		}
		return
	}
	if err := measureAll(ctx, *mirror, *peers, os.Getenv(motoVariable), *only, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}

// figures are what one run cost.
type figures struct {
	calls     int
	wall, cpu time.Duration
	// peak is the resident memory in bytes of the largest process.
	peak int64
	// note is what else is worth knowing.
	note string
}

// measurement is a line of the table.
type measurement struct {
	name    string
	budget  string
	measure func(context.Context) (figures, error)
}

func measureAll(ctx context.Context, mirror, peers, moto, only string, out io.Writer) error {
	lines := []measurement{
		{"provider start", "≤ 150 ms, ≤ 60 MB", func(ctx context.Context) (figures, error) { return measureStart(ctx, mirror) }},
		{"plan of 50 governed roles, simulator", "", planOn(simulated, mirror, governedRoles(50))},
		{"plan of 500 governed roles, simulator", "", planOn(simulated, mirror, governedRoles(500))},
		{"plan of 1,000 governed roles, simulator", "≤ 12 calls", planOn(simulated, mirror, governedRoles(1000))},
		// Two calls a user for what no bulk read tells.
		{"plan of 50 governed users, simulator", "≤ 110 calls", planOn(simulated, mirror, governedUsers(50))},
		{"plan of 500 governed users, simulator", "≤ 1,010 calls", planOn(simulated, mirror, governedUsers(500))},
	}
	if moto != "" {
		lines = append(lines, measurement{"plan of 50 governed roles, moto", "< 10 calls, < 1.5 s CPU", planOn(proxied(moto), mirror, governedRoles(50))})
		if peers != "" {
			lines = append(lines, measurement{"plan of 50 hashicorp/aws roles, moto", "(for comparison)", planOn(proxied(moto), peers, peerRoles(50))})
		}
	}
	// Last, because the simulator's estate makes this process large, and Linux counts the size of a process's parent as its own.
	lines = append(lines, []measurement{
		{"inventory of 1,000 identities, simulator", "≤ 13 calls, ≤ 2 KB each", inventoryOf(1, 1000)},
		{"inventory of 10,000 identities, simulator", "≤ 40 calls, < 5 s CPU, ≤ 2 KB each", inventoryOf(1, 10000)},
		{"inventory of 100,000 identities in 20 accounts, simulator", "≤ 500 calls, ≤ 2 KB each", inventoryOf(20, 5000)},
		{"inventory of 10,000 applications, simulator", "≤ 100 calls", inventoryOfTenant(10000)},
	}...)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "what\tcalls\twall\tCPU\tpeak memory\tbudget\t")
	for _, line := range lines {
		if !strings.Contains(line.name, only) {
			continue
		}
		got, err := line.measure(ctx)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", line.name, err), table.Flush())
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%d MB\t%s\t%s\n", line.name, got.calls, got.wall.Round(time.Millisecond), got.cpu.Round(time.Millisecond), got.peak>>20, line.budget, got.note)
	}
	if moto == "" {
		fmt.Fprintf(table, "(%s is not set: nothing was measured on moto)\n", motoVariable)
	}
	return table.Flush()
}
