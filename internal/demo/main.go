// Demo plays the provider's main job on the embedded simulator, through the real Terraform. It fails when anything does
// not happen as it is told.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	mirror := flag.String("mirror", "", "folder laid out as a registry mirror that has the provider")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := play(ctx, *mirror, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "\nThe demo did not go as told:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}
