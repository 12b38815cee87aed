package acctest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// NewAzureSim starts a simulator of Entra ID that ends with the test, under a clock that others can have as well.
func NewAzureSim(t testing.TB, clock *sim.Clock) *azuresim.Server {
	t.Helper()
	server, err := azuresim.New(azuresim.WithSharedClock(clock))
	must(t, err)
	return startedAzure(t, server)
}

// CopyAzureSim starts a simulator with the content and the authority of another one, under another clock. It ends with the test.
func CopyAzureSim(t testing.TB, server *azuresim.Server, clock *sim.Clock) *azuresim.Server {
	t.Helper()
	return startedAzure(t, server.Copy(clock))
}

func startedAzure(t testing.TB, server *azuresim.Server) *azuresim.Server {
	t.Helper()
	must(t, server.Start())
	hunt(t, server.Clock(), server)
	closing(t, server)
	return server
}

// AzureCA is a file with the certificate of a simulator's authority.
func AzureCA(t testing.TB, server *azuresim.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "azure-ca.pem")
	must(t, os.WriteFile(file, server.CA(), 0o600))
	return file
}

// AzureArgument is the provider's azure argument for a simulator.
func AzureArgument(t testing.TB, server *azuresim.Server) Values {
	t.Helper()
	return AzureArgumentTrusting(AzureCA(t, server), server)
}

// AzureArgumentTrusting is the same with a file that has the certificate of the simulator's authority.
func AzureArgumentTrusting(file string, server *azuresim.Server) Values {
	return Values{
		"tenant_id": azuresim.DefaultTenant, "subscription_id": azuresim.DefaultSubscription, "custom_ca_bundle": file,
		"endpoints": Values{"authority": server.URL(), "graph": server.GraphURL(), "resource_manager": server.ResourceManagerURL(), "key_vault": server.KeyVaultURL()},
	}
}

// AzureBlock is the same as text.
func AzureBlock(t testing.TB, server *azuresim.Server) string {
	t.Helper()
	return "azure = {\n    " + AzureArguments(t, server) + "\n  }"
}

// AzureArguments are what is within that block.
func AzureArguments(t testing.TB, server *azuresim.Server) string {
	t.Helper()
	return fmt.Sprintf("tenant_id = %q\n    subscription_id = %q\n    ", azuresim.DefaultTenant, azuresim.DefaultSubscription) + azureConnection(t, server)
}

// azureConnection are the arguments that point the provider at the simulator.
func azureConnection(t testing.TB, server *azuresim.Server) string {
	t.Helper()
	return fmt.Sprintf("custom_ca_bundle = %q\n    endpoints = { authority = %q, graph = %q, resource_manager = %q, key_vault = %q }",
		AzureCA(t, server), server.URL(), server.GraphURL(), server.ResourceManagerURL(), server.KeyVaultURL())
}

// NewAzureProtocol makes a provider that talks to a simulator of Azure alone, with further provider arguments.
func NewAzureProtocol(t testing.TB, server *azuresim.Server, further Values) *Protocol {
	t.Helper()
	p := newProtocol(t, server.Clock())
	p.Configure(Values{"azure": AzureArgument(t, server)}.With(further)).Want(t)
	return p
}

// AzureFactories are the provider under the clock of a simulator of Azure.
func AzureFactories(server *azuresim.Server) map[string]func() (tfprotov6.ProviderServer, error) {
	return factories(server.Clock())
}
