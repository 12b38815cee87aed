package provider_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// exampleDay is a day on which the expiries in the examples lie ahead.
var exampleDay = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const examples = "../../examples/"

// TestSimExamples applies what the documentation shows of every resource, data source and function, under the provider
// block that it shows.
func TestSimExamples(t *testing.T) {
	t.Parallel()
	for _, file := range exampleFiles(t) {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			if strings.HasPrefix(file, examples+"ephemeral-resources/") {
				acctest.Needs(t, cli.EphemeralResources)
			}
			server := acctest.NewSim(t, sim.WithClock(exampleDay))
			server.SeedEstate(20)
			azure := acctest.NewAzureSim(t, server.Clock())
			tenant := azure.Tenant(azuresim.DefaultTenant)
			tenant.Subscription(azuresim.DefaultSubscription).AddResourceGroup("payments-prod", "westeurope")
			tenant.Subscription(azuresim.DefaultSubscription).AddVault("payments-prod", "payments-prod")
			tenant.PutUser(azuresim.User{DisplayName: "Ada", Name: "ada"})
			offerCollector(azure)
			config := strings.ReplaceAll(exampleProvider(t, server, azure)+readExample(t, file), "@contoso.example", "@"+tenant.Domain())
			config = suspects(tenant).Replace(config)
			config = strings.ReplaceAll(config, "/var/run/ci/oidc-token", ciToken(t, server))
			config = strings.ReplaceAll(config, exampleApplication, putDeployApplication(azure))
			config, factories := ownProviders(config, server)
			config, checks := echoed(config, factories)
			putDeployRole(server)
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: factories,
				Steps:                    []resource.TestStep{{Config: config, ConfigStateChecks: checks}},
			})
		})
	}
}

// suspects makes the identities of Azure that the examples quarantine, and puts the object ids that Entra ID has given them into
// an example.
func suspects(tenant *azuresim.Tenant) *strings.Replacer {
	tenant.Subscription(azuresim.DefaultSubscription).AddManagedIdentity("payments-prod", "batch", nil)
	return strings.NewReplacer(
		"5d0c1f7e-3b42-4a86-9e15-c8f27a6d4b30", tenant.PutApplication(azuresim.Application{DisplayName: "Reports", Secrets: []azuresim.Secret{{}}}).ObjectID,
		"8e2b6a94-1d57-4c03-b8f9-60a3d7e5c412", tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "Collector", HomeTenant: vendorTenant}),
	)
}

var (
	aliased    = regexp.MustCompile(`provider "governed" \{\n  alias = "(\w+)"\n  aws = \{\n    region += "eu-west-1"`)
	underAlias = regexp.MustCompile(`(provider += )governed\.(\w+)`)
)

// ownProviders makes providers of their own of further configurations of the provider: one that Terraform attaches to, as
// in tests, has a single configuration.
func ownProviders(config string, server *sim.Server) (string, map[string]func() (tfprotov6.ProviderServer, error)) {
	factories := acctest.Factories(server)
	for _, match := range aliased.FindAllStringSubmatch(config, -1) {
		factories[match[1]] = factories["governed"]
	}
	config = aliased.ReplaceAllString(config, fmt.Sprintf("provider \"$1\" {\n  aws = {\n    region    = \"eu-west-1\"\n    endpoints = { iam = %[1]q, sts = %[1]q }", server.URL()))
	return underAlias.ReplaceAllString(config, "$1$2"), factories
}

// called is a provider that calls an API with a token.
var called = regexp.MustCompile(`provider "restapi" \{\n((?:  .*\n)+)\}`)

// echoed puts the echo provider in the place of one that calls an API, and checks that its configuration has the token.
func echoed(config string, factories map[string]func() (tfprotov6.ProviderServer, error)) (string, []statecheck.StateCheck) {
	if !called.MatchString(config) {
		return config, nil
	}
	factories["echo"] = echoprovider.NewProviderServer()
	config = called.ReplaceAllString(config, "provider \"echo\" {\n  data = {\n$1  }\n}\nresource \"echo\" \"configuration\" {}\n")
	bearer := knownvalue.StringRegexp(regexp.MustCompile(`^Bearer [\w-]+\.[\w-]+\.[\w-]+$`))
	return config, []statecheck.StateCheck{statecheck.ExpectKnownValue("echo.configuration", tfjsonpath.New("data").AtMapKey("headers").AtMapKey("Authorization"), bearer)}
}

// exampleApplication is the object id of the application that examples take tokens of.
const exampleApplication = "5d8f1c27-3b60-4a94-9e12-7f4a0c6b8d35"

// putDeployApplication makes that application, as another configuration would, and returns its object id.
func putDeployApplication(azure *azuresim.Server) (objectID string) {
	return azure.Tenant(azuresim.DefaultTenant).PutApplication(azuresim.Application{
		DisplayName: "web-shop-deploy",
		Tags:        []string{"nhi:owner=payments", "nhi:purpose=Deployment=20of=20the=20web=20shop", "nhi:expiry=2027-03-31", "nhi:managed_by=terraform-provider-governed"},
		Federated: []azuresim.FederatedCredential{{
			Name: "main", Issuer: "https://token.actions.githubusercontent.com", Subject: "repo:acme/web-shop:ref:refs/heads/main", Audience: "api://AzureADTokenExchange",
		}},
	}).ObjectID
}

// ciToken is a file with the token of the CI job that the examples trust.
func ciToken(t *testing.T, server *sim.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	token := azuresim.WebIdentityToken("https://token.actions.githubusercontent.com", "api://AzureADTokenExchange", "repo:acme/web-shop:ref:refs/heads/main", server.Clock().Now().Add(time.Hour))
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// putDeployRole makes the role that examples take sessions of, as another configuration would.
func putDeployRole(server *sim.Server) {
	server.Account(sim.DefaultAccount).PutRole(sim.Role{
		Name: "deploy", Path: "/ci/",
		TrustPolicy:    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + sim.DefaultAccount + `:root"},"Action":"sts:AssumeRole"}]}`,
		InlinePolicies: map[string]string{"read": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:GenerateCredentialReport"],"Resource":"*"}]}`},
		Tags: map[string]string{
			"nhi:owner": "payments", "nhi:purpose": "Deployment of the web shop", "nhi:expiry": "2027-03-31", "nhi:managed_by": "terraform-provider-governed",
		},
	})
}

// exampleFiles are the examples of everything that the provider offers. One that is missing fails the test.
func exampleFiles(t *testing.T) []string {
	t.Helper()
	server := provider.NewServer("test")
	schema, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for name := range schema.ResourceSchemas {
		files = append(files, examples+"resources/"+name+"/resource.tf")
	}
	for name := range schema.DataSourceSchemas {
		files = append(files, examples+"data-sources/"+name+"/data-source.tf")
	}
	for name := range schema.EphemeralResourceSchemas {
		files = append(files, examples+"ephemeral-resources/"+name+"/ephemeral-resource.tf")
	}
	for name := range schema.Functions {
		files = append(files, examples+"functions/"+name+"/function.tf")
	}
	return files
}

// exampleProvider is the provider block of the documentation, pointed at the simulators.
func exampleProvider(t *testing.T, server *sim.Server, azure *azuresim.Server) string {
	t.Helper()
	text := readExample(t, examples+"provider/provider.tf")
	const region, tenant = `region = "eu-west-1"`, `tenant_id       = "` + azuresim.DefaultTenant + `"`
	for _, line := range []string{region, tenant} {
		if !strings.Contains(text, line) {
			t.Fatalf("the provider example has no line %s", line)
		}
	}
	// The test framework installs the provider by its own name.
	_, block, _ := strings.Cut(text, "\n\n")
	block = strings.Replace(block, tenant, fmt.Sprintf("%s\n    custom_ca_bundle = %q\n    endpoints = { authority = %q, graph = %q, resource_manager = %q, key_vault = %q }",
		tenant, acctest.AzureCA(t, azure), azure.URL(), azure.GraphURL(), azure.ResourceManagerURL(), azure.KeyVaultURL()), 1)
	return strings.Replace(block, region, fmt.Sprintf("%s\n    endpoints = { iam = %[2]q, secretsmanager = %[2]q, ssm = %[2]q, sts = %[2]q }", region, server.URL()), 1)
}

func readExample(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
