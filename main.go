// Terraform-provider-governed is a Terraform provider that governs the creation of non-human identities.
package main

import (
	"flag"
	"log"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/nhi-governance/terraform-provider-governed/internal/approve"
	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "approve" {
		os.Exit(approve.Run(os.Args[2:], approve.OS()))
	}
	serveDebugger := flag.Bool("debug", false, "run as a server that a debugger can attach to")
	flag.Parse()
	tune()
	var options []tf6server.ServeOpt
	if *serveDebugger {
		options = append(options, tf6server.WithManagedDebug())
	}
	err := tf6server.Serve(provider.Address, func() tfprotov6.ProviderServer { return provider.NewServer(version) }, options...)
	if err != nil {
		log.Fatal(err)
	}
}

// tune takes more than half of the CPU time out of a plan of many identities. The framework builds and drops values all
// the time over a small heap, so collecting it less often costs little memory; and the SDK writes trace lines that
// Terraform throws away unless one of its TF_LOG variables asks for them.
func tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	logging := slices.ContainsFunc(os.Environ(), func(variable string) bool {
		name, value, _ := strings.Cut(variable, "=")
		return strings.HasPrefix(name, "TF_LOG") && value != ""
	})
	if !logging {
		if err := os.Setenv("TF_LOG_SDK", "off"); err != nil {
			log.Fatal(err)
		}
	}
}
