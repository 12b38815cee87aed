// Command governed-sim runs the simulator of AWS IAM, STS, Secrets Manager and
// Parameter Store on its own, for trying the provider out without an AWS account.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on; port 0 picks a free one")
	seed := flag.Int("seed", 0, "number of roles of the example estate")
	clock := flag.String("clock", "", "time at which the simulator's clock starts to run, RFC 3339 (default: now)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := sim.Run(ctx, os.Stdout, *addr, *seed, *clock); err != nil {
		fmt.Fprintln(os.Stderr, "governed-sim:", err)
		os.Exit(1)
	}
}
