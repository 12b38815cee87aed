// Package acctest runs the provider in tests, against simulators of the test's own: through the real CLI, or in the process at
// the plugin protocol.
package acctest

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// Main is a TestMain for packages with simulator tests. It takes the tests away from whatever the machine has
// configured: AWS credentials and files, Terraform's own configuration, a policy.
func Main(m *testing.M) {
	os.Exit(Status(m))
}

// Status is Main for a package that has something to say at its end: it returns the status to exit with.
func Status(m *testing.M) int {
	folder, err := os.MkdirTemp("", "governed-acctest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	empty, credentials := filepath.Join(folder, "empty"), filepath.Join(folder, "credentials")
	for _, file := range []string{empty, credentials} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	environment := sim.New().Env()
	delete(environment, "AWS_ENDPOINT_URL") // every test has a simulator, and so an endpoint, of its own
	azure, err := azuresim.New()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	maps.Copy(environment, azure.Env())
	delete(environment, "AZURE_AUTHORITY_HOST")
	for name, value := range environment {
		os.Setenv(name, value)
	}
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": empty, "AWS_SHARED_CREDENTIALS_FILE": credentials, "TF_CLI_CONFIG_FILE": empty,
		"AWS_CA_BUNDLE": "", "AWS_PROFILE": "", "AWS_SESSION_TOKEN": "", "GOVERNED_POLICY_FILE": "", "CHECKPOINT_DISABLE": "1",
	} {
		os.Setenv(name, value)
	}
	keeping, err := keepWritten(folder)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for name, value := range keeping {
		os.Setenv(name, value)
	}
	installed, err = cli.Find(context.Background()) //nolint:forbidigo // there is no test yet
	switch {
	case err == nil:
		os.Setenv(cli.Variable, installed.Path)
		os.Setenv("TF_ACC_PROVIDER_HOST", installed.RegistryHost())
	case os.Getenv(cli.Variable) != "": // Without any on the machine, terraform-plugin-testing installs a Terraform.
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	status := m.Run()
	if err := total.print(filepath.Base(os.Args[0])); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

// installed is the CLI that the tests run; the zero value is a newest Terraform that terraform-plugin-testing installs.
var installed cli.CLI

// Needs skips the test under a CLI that lacks what the test is about, by name.
func Needs(t testing.TB, feature cli.Feature) {
	t.Helper()
	if installed.Path == "" {
		return
	}
	if lacks := installed.Lacks(feature); lacks != "" {
		t.Skip(lacks)
	}
}

// NewSim starts a simulator that ends with the test. Its clock stands at the present second until it is moved.
func NewSim(t testing.TB, options ...sim.Option) *sim.Server {
	t.Helper()
	return started(t, sim.New(options...))
}

// CopySim starts a simulator with the content of another one, under a clock of its own. It ends with the test.
func CopySim(t testing.TB, server *sim.Server, clock *sim.Clock) *sim.Server {
	t.Helper()
	return started(t, server.Copy(clock))
}

func started(t testing.TB, server *sim.Server) *sim.Server {
	t.Helper()
	must(t, server.Start())
	hunt(t, server.Clock(), server)
	closing(t, server)
	return server
}

// Factories are the provider under the simulator's clock, and without the waiting that only real clouds need.
func Factories(server *sim.Server) map[string]func() (tfprotov6.ProviderServer, error) {
	return factories(server.Clock())
}

func factories(clock *sim.Clock) map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"governed": func() (tfprotov6.ProviderServer, error) {
			HuntUnder(clock).terraformRuns()
			return newServer(clock), nil
		},
	}
}

// ProviderConfig is a provider block for the simulator, with further arguments.
func ProviderConfig(server *sim.Server, further string) string {
	return fmt.Sprintf(`
provider "governed" {
  aws = {
    region    = "eu-west-1"
    %s
  }
  %s
}
`, endpoints(server), further)
}

// endpoints is the argument that points the provider at the simulator.
func endpoints(server *sim.Server) string {
	return fmt.Sprintf("endpoints = { accessanalyzer = %[1]q, config = %[1]q, iam = %[1]q, organizations = %[1]q, secretsmanager = %[1]q, ssm = %[1]q, sts = %[1]q }", server.URL())
}

// Date is a date that lies some days after the simulator's today, as an expiry is written.
func Date(server *sim.Server, days int) string {
	return server.Clock().Now().UTC().AddDate(0, 0, days).Format("2006-01-02")
}
