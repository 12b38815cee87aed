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

// What is measured side by side.
const onMoto, peersOnMoto = "plan of 50 governed roles, moto", "plan of 50 hashicorp/aws roles, moto"

// motoVariable names the environment variable with the URL of a moto_server to measure against as well.
const motoVariable = "GOVERNED_MOTO_ENDPOINT"

// The flags of the processes that the bench starts to measure them.
const readInventoryFlag, idleFlag = "-read-inventory", "-idle"

func main() {
	mirror := flag.String("mirror", "", "folder laid out as a registry mirror that has the provider")
	peers := flag.String("aws-mirror", os.Getenv("HASHICORP_AWS_MIRROR"), "mirror with hashicorp/aws, to measure it side by side on moto")
	only := flag.String("only", "", "measure only what has this in its name, such as inventory")
	read := flag.Bool(readInventoryFlag[1:], false, "read the inventory that a provider configuration in JSON and the environment lead to, and tell what it cost; the measurements start this")
	wait := flag.Bool(idleFlag[1:], false, "only configure the provider with that; the measurements start this as well")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *read || *wait {
		do := readInventory
		if *wait {
			do = rest
		}
		if err := do(ctx, flag.Arg(0), os.Stdout); err != nil {
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
	// peak is the resident memory in bytes of the largest process, and each what is kept in bytes for each identity.
	peak, each int64
	// note is what else is worth knowing.
	note string
}

// measurement is a line of the table.
type measurement struct {
	name    string
	budget  budget
	measure func(context.Context) (figures, error)
}

func measureAll(ctx context.Context, mirror, peers, moto, only string, out io.Writer) error {
	const kb, mb = 1 << 10, 1 << 20
	lines := []measurement{
		{"provider start", budget{wall: 150 * time.Millisecond, peak: 60 * mb}, func(ctx context.Context) (figures, error) { return measureStart(ctx, mirror) }},
		{"idle with both clouds configured", budget{peak: 60 * mb}, idle},
		{"plan of 50 terraform_data, without any provider", budget{}, planOn(nowhere, mirror, plainData(50))},
		{"plan of 50 governed roles", budget{calls: 9}, planOn(simulated, mirror, governedRoles(50))},
		{"plan of 500 governed roles", budget{calls: 12}, planOn(simulated, mirror, governedRoles(500))},
		{"plan of 1,000 governed roles", budget{calls: 12}, planOn(simulated, mirror, governedRoles(1000))},
		{"apply of 50 governed roles", budget{}, applied(simulated, mirror, governedRoles(50))},
		// Two calls a user for what no bulk read tells.
		{"plan of 50 governed users", budget{calls: 110}, planOn(simulated, mirror, governedUsers(50))},
		{"plan of 500 governed users", budget{calls: 1010}, planOn(simulated, mirror, governedUsers(500))},
		// Five calls a key with its user: its list and its secret's two besides.
		{"plan of 50 access keys and their users", budget{calls: 260}, planOn(simulated, mirror, governedCredentials(50))},
		{"plan of 50 managed identities", budget{}, planOn(simulatedAzure, mirror, managedIdentities(50))},
		{"plan of 500 managed identities", budget{}, planOn(simulatedAzure, mirror, managedIdentities(500))},
		{"plan of 50 applications", budget{}, planOn(simulatedAzure, mirror, applications(50))},
		{"plan of 500 applications", budget{}, planOn(simulatedAzure, mirror, applications(500))},
	}
	if moto != "" {
		lines = append(lines, measurement{onMoto, budget{calls: 9, cpu: 1500 * time.Millisecond}, planOn(proxied(moto), mirror, governedRoles(50))})
		if peers != "" {
			lines = append(lines, measurement{peersOnMoto, budget{}, planOn(proxied(moto), peers, peerRoles(50))})
		}
	}
	// Last, because the simulator's estate makes this process large, and Linux counts the size of a process's parent as its own.
	lines = append(lines, []measurement{
		{"inventory of 1,000 identities", budget{calls: 13, each: 2 * kb}, inventoryOf(1, 1000)},
		{"inventory of 10,000 identities", budget{calls: 40, cpu: 5 * time.Second, each: 2 * kb}, inventoryOf(1, 10000)},
		{"inventory of 100,000 identities in 20 accounts", budget{calls: 500, each: 2 * kb}, inventoryOf(20, 5000)},
		{"inventory of 10,000 applications", budget{calls: 100}, inventoryOfTenant(10000)},
	}...)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "what, on the simulator unless it says so\tcalls\twall\tCPU\tpeak memory\tbudget\t")
	measured := map[string]figures{}
	for _, line := range lines {
		if !strings.Contains(line.name, only) {
			continue
		}
		got, err := line.measure(ctx)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", line.name, err), table.Flush())
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%d MB\t%s\t%s\n", line.name, got.calls, got.wall.Round(time.Millisecond), got.cpu.Round(time.Millisecond), got.peak>>20, line.budget.column(got), got.note)
		measured[line.name] = got
	}
	if ours, peer := measured[onMoto], measured[peersOnMoto]; ours.cpu > 0 && peer.cpu > 0 {
		fmt.Fprintf(table, "hashicorp/aws takes so many times as much\t%.1f\t%.1f\t%.1f\t%.1f\t\t\n", ratio(peer.calls, ours.calls), ratio(peer.wall, ours.wall), ratio(peer.cpu, ours.cpu), ratio(peer.peak, ours.peak))
	}
	if moto == "" {
		fmt.Fprintf(table, "(%s is not set: nothing was measured on moto)\n", motoVariable)
	}
	return table.Flush()
}

func ratio[N ~int | ~int64](a, b N) float64 { return float64(a) / float64(max(b, 1)) }
