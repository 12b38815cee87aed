package provider_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	frameworkprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	testresource "github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const typeName = "governed_service_identity"

// identity is a resource without fault under the default policy.
func identity(server *sim.Server) acctest.Values {
	return acctest.Values{
		"name": "invoice-export", "owner": "payments", "purpose": "Nightly export of invoices to the data lake",
		"expiry":   acctest.Date(server, 90),
		"aws_role": acctest.Values{"trust": acctest.Values{"aws_services": []string{"lambda.amazonaws.com"}}},
	}
}

// TestSchemas holds every schema against the framework's rules, and everything against the need to be described.
func TestSchemas(t *testing.T) {
	t.Parallel()
	p := provider.New("test")()
	var schema frameworkprovider.SchemaResponse
	p.Schema(t.Context(), frameworkprovider.SchemaRequest{}, &schema)
	if diags := schema.Schema.ValidateImplementation(t.Context()); diags.HasError() {
		t.Error(diags)
	}
	for _, build := range p.Resources(t.Context()) {
		var schema resource.SchemaResponse
		build().Schema(t.Context(), resource.SchemaRequest{}, &schema)
		if diags := schema.Schema.ValidateImplementation(t.Context()); diags.HasError() {
			t.Error(diags)
		}
		var identity resource.IdentitySchemaResponse
		if with, ok := build().(resource.ResourceWithIdentity); ok {
			with.IdentitySchema(t.Context(), resource.IdentitySchemaRequest{}, &identity)
		}
		if diags := identity.IdentitySchema.ValidateImplementation(t.Context()); diags.HasError() || len(identity.IdentitySchema.Attributes) == 0 {
			t.Error("the identity schema is wrong", diags)
		}
	}
	with, ok := p.(frameworkprovider.ProviderWithFunctions)
	if !ok {
		t.Fatal("the provider has no functions")
	}
	for _, build := range with.Functions(t.Context()) {
		var definition function.DefinitionResponse
		build().Definition(t.Context(), function.DefinitionRequest{}, &definition)
		var validated function.DefinitionValidateResponse
		definition.Definition.ValidateImplementation(t.Context(), function.DefinitionValidateRequest{}, &validated)
		if validated.Diagnostics.HasError() || definition.Definition.Summary == "" || definition.Definition.MarkdownDescription == "" {
			t.Error("the definition of a function is wrong", validated.Diagnostics)
		}
	}
	for _, build := range p.DataSources(t.Context()) {
		var schema datasource.SchemaResponse
		build().Schema(t.Context(), datasource.SchemaRequest{}, &schema)
		if diags := schema.Schema.ValidateImplementation(t.Context()); diags.HasError() {
			t.Error(diags)
		}
	}
}

func TestAWSArgument(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	for name, of := range map[string]struct {
		aws  acctest.Values
		says []string
	}{
		"empty":                         {acctest.Values{}, nil},
		"account no digits":             {acctest.Values{"allowed_account_ids": []string{"12345"}}, []string{`error aws.allowed_account_ids[…12345 … Invalid Attribute Value … must be an AWS account id of 12 digits`}},
		"no retries":                    {acctest.Values{"max_retries": 0}, []string{"error aws.max_retries: Invalid Attribute Value … between 1 and 100"}},
		"role no ARN":                   {acctest.Values{"assume_role": acctest.Values{"role_arn": "deploy"}}, []string{`error aws.assume_role.role_arn: Invalid Attribute Value … must be the ARN of an IAM role`}},
		"inventory":                     {acctest.Values{"inventory": acctest.Values{"accounts": []string{"200000000001"}, "role_name": "audit/inventory"}}, nil},
		"organization":                  {acctest.Values{"inventory": acctest.Values{"organization": true, "role_name": "inventory", "regions": []string{"eu-west-1", "us-gov-west-1"}}}, nil},
		"aggregator":                    {acctest.Values{"inventory": acctest.Values{"organization": true, "config_aggregator": "org-wide_1"}}, nil},
		"aggregator of accounts":        {acctest.Values{"inventory": acctest.Values{"organization": false, "accounts": []string{"200000000001"}, "config_aggregator": "all", "role_name": "inventory"}}, nil},
		"organization and accounts":     {acctest.Values{"inventory": acctest.Values{"organization": true, "accounts": []string{"200000000001"}, "role_name": "inventory"}}, []string{`error aws.inventory.accounts: Inventory is ambiguous … aws.inventory has organization = true and accounts. The former lists all accounts of the organization, the latter only its own: leave one of them out.`}},
		"inventory without accounts":    {acctest.Values{"inventory": acctest.Values{"role_name": "inventory"}}, []string{`error aws.inventory: Inventory has no accounts … aws.inventory says how to read further accounts, and names none. Write organization = true for all accounts of the organization, or accounts = ["123456789012"] for some, or leave role_name and config_aggregator out.`}},
		"no organization":               {acctest.Values{"inventory": acctest.Values{"organization": false, "role_name": "inventory"}}, []string{`error aws.inventory: Inventory has no accounts`}},
		"inventory without a role":      {acctest.Values{"inventory": acctest.Values{"organization": true}}, []string{`error aws.inventory.role_name: Inventory has no role … aws.inventory says in no way how to read further accounts. Write role_name, the name of a role that may read and that is in each of them, such as "audit/inventory", or config_aggregator where AWS Config records them.`}},
		"aggregator without accounts":   {acctest.Values{"inventory": acctest.Values{"config_aggregator": "all"}}, []string{`error aws.inventory: Inventory has no accounts`}},
		"accounts without a role":       {acctest.Values{"inventory": acctest.Values{"accounts": []string{"200000000001"}}}, []string{`error aws.inventory.role_name: Inventory has no role`}},
		"empty inventory":               {acctest.Values{"inventory": acctest.Values{}}, nil},
		"region is none":                {acctest.Values{"inventory": acctest.Values{"organization": true, "role_name": "inventory", "regions": []string{"eu-west-1", "Ireland"}}}, []string{`error aws.inventory.regions[1]: Invalid Attribute Value … must be a region, such as eu-west-1, got: Ireland`}},
		"no regions":                    {acctest.Values{"inventory": acctest.Values{"organization": true, "role_name": "inventory", "regions": []string{}}}, []string{`error aws.inventory.regions: Invalid Attribute Value … at least 1 elements`}},
		"region twice":                  {acctest.Values{"inventory": acctest.Values{"organization": true, "role_name": "inventory", "regions": []string{"eu-west-1", "eu-west-1"}}}, []string{`error aws.inventory.regions: Duplicate List Value`}},
		"aggregator is an ARN":          {acctest.Values{"inventory": acctest.Values{"organization": true, "config_aggregator": "arn:aws:config:eu-west-1:123456789012:config-aggregator/config-aggregator-abcd"}}, []string{`error aws.inventory.config_aggregator: Invalid Attribute Value … must be the name of an aggregator, of letters, digits, hyphens and underscores, 256 at most, and not an ARN`}},
		"inventory not known":           {acctest.Values{"inventory": acctest.Values{"organization": acctest.Unknown, "accounts": acctest.Unknown, "role_name": acctest.Unknown}}, nil},
		"accounts not known":            {acctest.Values{"inventory": acctest.Values{"accounts": acctest.Unknown, "role_name": "inventory"}}, nil},
		"inventory not known at all":    {acctest.Values{"inventory": acctest.Unknown}, nil},
		"inventory account no digits":   {acctest.Values{"inventory": acctest.Values{"accounts": []string{"20000000000x"}, "role_name": "inventory"}}, []string{`error aws.inventory.accounts[0]: Invalid Attribute Value … must be an AWS account id of 12 digits`}},
		"inventory account twice":       {acctest.Values{"inventory": acctest.Values{"accounts": []string{"200000000001", "200000000001"}, "role_name": "inventory"}}, []string{`error aws.inventory.accounts: Duplicate List Value … 200000000001`}},
		"inventory of nothing":          {acctest.Values{"inventory": acctest.Values{"accounts": []string{}, "role_name": "inventory"}}, []string{`error aws.inventory.accounts: Invalid Attribute Value … at least 1 elements`}},
		"inventory role is an ARN":      {acctest.Values{"inventory": acctest.Values{"accounts": []string{"200000000001"}, "role_name": "arn:aws:iam::200000000001:role/inventory"}}, []string{`error aws.inventory.role_name: Invalid Attribute Value … and not an ARN`}},
		"inventory of the own account":  {acctest.Values{"inventory": acctest.Values{"regions": []string{"eu-west-1", "us-east-1"}, "unused_access_findings": true, "service_last_accessed": true}}, nil},
		"inventory of no region":        {acctest.Values{"inventory": acctest.Values{"regions": []string{}}}, []string{`error aws.inventory.regions: Invalid Attribute Value … at least 1 elements`}},
		"inventory region twice":        {acctest.Values{"inventory": acctest.Values{"regions": []string{"eu-west-1", "eu-west-1"}}}, []string{`error aws.inventory.regions: Duplicate List Value … eu-west-1`}},
		"inventory account not allowed": {acctest.Values{"allowed_account_ids": []string{"123456789012"}, "inventory": acctest.Values{"accounts": []string{"123456789012", "200000000001"}, "role_name": "inventory"}}, []string{`error aws.inventory.accounts[1]: Account is not allowed … account 200000000001, which is not in aws.allowed_account_ids`}},
		"endpoint no URL":               {acctest.Values{"endpoints": acctest.Values{"iam": "localhost:4566"}}, []string{"error aws.endpoints.iam: Invalid Attribute Value … must be a URL such as http://127.0.0.1:4566"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.NewProtocol(t, server).Configure(acctest.Values{"aws": of.aws}).Want(t, of.says...)
		})
	}
}

// TestSimCostsNothing configures AWS wrongly in every way and uses none of it.
func TestSimCostsNothing(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	testresource.UnitTest(t, testresource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []testresource.TestStep{{
			Config: `
provider "governed" {
  aws = {
    profile             = "absent"
    endpoints           = { iam = "http://iam.invalid", sts = "http://sts.invalid" }
    allowed_account_ids = ["000000000000"]
  }
}
resource "terraform_data" "other" {}
`,
		}},
	})
}

// TestNoCallBeforeUse configures the provider and validates a resource without asking AWS anything.
func TestNoCallBeforeUse(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	p.Resource(typeName).Validate(identity(server)).Want(t)
	if calls := server.CountCalls(""); calls > 0 {
		t.Errorf("%d calls were made", calls)
	}
}

// TestNoCredentials says what was tried, and what helps.
func TestNoCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	server := acctest.NewSim(t)
	acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Plan(identity(server)).Want(t,
		"error aws_role: Platform cannot be reached … No AWS credentials were found … AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE … Provider argument: aws.")
	p := acctest.NewProtocol(t, server)
	p.Configure(acctest.Values{"aws": acctest.Values{}}).Want(t)
	p.Resource(typeName).Plan(identity(server)).Want(t,
		`error aws_role: Platform cannot be reached … No AWS region is configured … Write aws = { region = "eu-west-1" } … or set AWS_REGION. … Provider argument: aws.region.`)
}

// TestWrongCredentials tells a key that AWS does not know from a missing permission.
func TestWrongCredentials(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWNUNKNOWN00")
	server := acctest.NewSim(t)
	acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Plan(identity(server)).Want(t,
		"error aws_role: Platform cannot be reached … AWS refused the credentials with InvalidClientTokenId … Renew or replace them")
}

// TestUserAgent names the provider and its version to AWS.
func TestUserAgent(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	var mutex sync.Mutex
	var agents []string
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		agents = append(agents, r.UserAgent())
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(front.Close)
	p := acctest.NewProtocol(t, server)
	p.Configure(acctest.Values{"aws": acctest.AWSArgument(front.URL)}).Want(t)
	p.Resource(typeName).Plan(identity(server)).Want(t, "error aws_role: Platform cannot be reached")
	mutex.Lock()
	defer mutex.Unlock()
	if len(agents) == 0 || !strings.Contains(agents[0], "terraform-provider-governed/test") {
		t.Errorf("the user agents are %q", agents)
	}
}
