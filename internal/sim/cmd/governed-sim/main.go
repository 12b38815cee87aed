// Command governed-sim runs the simulators on their own, for trying the provider
// out without an account: that of AWS IAM, STS, Secrets Manager and Parameter
// Store, and with -azure-ca that of Entra ID and Microsoft Graph. One clock moves
// both.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on; port 0 picks a free one")
	seed := flag.Int("seed", 0, "number of roles, and of applications, of the example estates")
	start := flag.String("clock", "", "time at which the simulators' clock starts to run, RFC 3339 (default: now)")
	azureCA := flag.String("azure-ca", "", "file to write the certificate of the Azure simulator's authority to; without it there is no such simulator")
	azureAddr := flag.String("azure-addr", "127.0.0.1:0", "address that the Azure simulator listens on, with HTTPS")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, *seed, *start, *azureAddr, *azureCA); err != nil {
		fmt.Fprintln(os.Stderr, "governed-sim:", err)
		os.Exit(1)
	}
}

// run runs the simulators until ctx ends, or until one of them fails.
func run(ctx context.Context, addr string, seed int, start, azureAddr, azureCA string) error {
	clock, err := sim.RunningClock(start)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	simulators := []func() error{func() error { return sim.Run(ctx, os.Stdout, addr, seed, clock) }}
	if azureCA != "" {
		simulators = append(simulators, func() error { return azuresim.Run(ctx, os.Stdout, azureAddr, azureCA, seed, clock) })
	}
	ended := make(chan error, len(simulators))
	for _, simulate := range simulators {
		go func() {
			ended <- simulate()
			stop()
		}()
	}
	var failures []error
	for range simulators {
		failures = append(failures, <-ended)
	}
	return errors.Join(failures...)
}
