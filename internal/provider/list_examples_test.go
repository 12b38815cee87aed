package provider_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/zclconf/go-cty/cty"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// listBlock is a list block of Terraform 1.14.
type listBlock struct {
	Type            string         `hcl:"type,label"`
	Name            string         `hcl:"name,label"`
	Provider        hcl.Expression `hcl:"provider"`
	IncludeResource bool           `hcl:"include_resource,optional"`
	Limit           int64          `hcl:"limit,optional"`
	Config          *struct {
		Arguments hcl.Attributes `hcl:",remain"`
	} `hcl:"config,block"`
}

// query is the block as the protocol has it.
func (b listBlock) query(t *testing.T) acctest.Query {
	t.Helper()
	query := acctest.Query{Config: acctest.Values{}, Limit: b.Limit, IncludeResource: b.IncludeResource}
	if b.Config == nil {
		return query
	}
	for name, argument := range b.Config.Arguments {
		value, diags := argument.Expr.Value(nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		query.Config[name] = plainValue(t, value)
	}
	return query
}

// plainValue is a value as acctest.Values have it.
func plainValue(t *testing.T, value cty.Value) any {
	t.Helper()
	switch {
	case value.Type() == cty.String:
		return value.AsString()
	case value.Type() == cty.Number:
		number, _ := value.AsBigFloat().Int64()
		return number
	case value.Type().IsTupleType():
		items := []any{}
		for _, item := range value.AsValueSlice() {
			items = append(items, plainValue(t, item))
		}
		return items
	case value.Type().IsObjectType():
		values := acctest.Values{}
		for key, element := range value.AsValueMap() {
			values[key] = plainValue(t, element)
		}
		return values
	}
	t.Fatalf("%#v is no value of a list block", value)
	return nil
}

// listBlocks reads a file of list blocks.
func listBlocks(t *testing.T, text string) []listBlock {
	t.Helper()
	file, diags := hclparse.NewParser().ParseHCL([]byte(text), "example.tfquery.hcl")
	var content struct {
		Lists []listBlock `hcl:"list,block"`
	}
	if !diags.HasErrors() {
		diags = gohcl.DecodeBody(file.Body, nil, &content)
	}
	if diags.HasErrors() || len(content.Lists) == 0 {
		t.Fatalf("%d list blocks: %v", len(content.Lists), diags)
	}
	return content.Lists
}

// listExamples are what the documentation shows of every list resource, by its name.
func listExamples(t *testing.T) map[string]string {
	t.Helper()
	server := providerserver.NewProtocol6(provider.New("test")())()
	schema, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for name := range schema.ListResourceSchemas {
		texts[name] = readExample(t, examples+"list-resources/"+name+"/list-resource.tfquery.hcl")
	}
	if len(texts) == 0 {
		t.Fatal("there are no list resources")
	}
	return texts
}

// TestListExamples runs the list blocks of the documentation at the protocol, whatever Terraform is installed. Each finds
// something in the estate.
func TestListExamples(t *testing.T) {
	t.Parallel()
	server, azure := listedEstates(t)
	p := acctest.NewConfiguredProtocol(t, server, acctest.Values{"azure": acctest.AzureArgument(t, azure)})
	for typeName, text := range listExamples(t) {
		for _, block := range listBlocks(t, text) {
			found, diags := p.List(block.Type, block.query(t))
			if block.Type != typeName || diags.Failed() || len(found) == 0 {
				t.Errorf("%s %s of %s finds %d: %s", block.Type, block.Name, typeName, len(found), diags)
			}
		}
	}
	for _, start := range []string{`list "governed_service_identity" "unmanaged" {`, `list "governed_service_identity" "shop" {`} {
		block := listBlocks(t, guideBlock(t, "discovery.md", start))[0]
		if found, diags := p.List(block.Type, block.query(t)); diags.Failed() || len(found) == 0 {
			t.Errorf("%s of the guide finds %d: %s", start, len(found), diags)
		}
	}
}

// TestSimListExamples runs them with Terraform itself.
func TestSimListExamples(t *testing.T) {
	t.Parallel()
	acctest.Needs(t, cli.ListResources)
	server, azure := listedEstates(t)
	c := acctest.NewCLI(t, server)
	c.Write("main.tf", "terraform {\n  required_providers {\n    governed = { source = \"nhi-governance/governed\" }\n  }\n}\n"+acctest.ProviderConfig(server, acctest.AzureBlock(t, azure)))
	for typeName, text := range listExamples(t) {
		c.Write(typeName+".tfquery.hcl", text)
	}
	output := c.Must("query")
	for typeName, text := range listExamples(t) {
		for _, block := range listBlocks(t, text) {
			if !strings.Contains(output, "list."+typeName+"."+block.Name+" ") {
				t.Errorf("%s %s finds nothing in\n%s", typeName, block.Name, output)
			}
		}
	}
}

// listedEstates are an estate of each cloud. That of AWS has service-linked roles.
func listedEstates(t *testing.T) (*sim.Server, *azuresim.Server) {
	t.Helper()
	server := acctest.NewSim(t, sim.WithClock(exampleDay))
	server.SeedEstate(60)
	azure := acctest.NewAzureSim(t, server.Clock())
	azure.SeedEstate(13)
	return server, azure
}

// TestSimDiscoveryGuide goes the guide's way for older Terraforms, from the list to an import that changes the metadata alone.
func TestSimDiscoveryGuide(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t, sim.WithClock(exampleDay))
	account := server.Account(sim.DefaultAccount)
	account.PutRole(sim.Role{Name: "jenkins", Path: "/ci/"})
	account.PutUser(sim.User{Name: "relay"})
	account.PutRole(sim.Role{Name: "hostile", Path: `/${file("x")}/`})
	account.PutRole(sim.Role{Name: "AWSServiceRoleForBackup", Path: "/aws-service-role/backup.amazonaws.com/", Description: "Backups"})
	c := acctest.NewCLI(t, server)
	c.Write("list.tf", guideBlock(t, "discovery.md", `data "governed_identities" "unmanaged" {`))
	c.Write("linked.tf", guideBlock(t, "discovery.md", `data "governed_identities" "aws" {`))
	c.Must("apply", "-auto-approve")
	if roles := server.Account(sim.DefaultAccount); len(roles.Roles()) != 3 {
		t.Errorf("the roles are %v", roles.Roles())
	}
	c.Write("imports.tf", c.Output("imports"))
	if output, ok := c.Run("plan", "-generate-config-out=generated.tf"); ok || strings.Count(output, "Missing Configuration for Required Attribute") != 6 {
		t.Fatalf("the plan says\n%s", output)
	}
	c.FillIn("generated.tf", map[string]string{"owner": "ci", "purpose": "Builds and ships what the shop runs", "expiry": "2027-03-31"})
	changes := c.Changes()
	for _, address := range []string{"governed_service_identity.unmanaged_1", "governed_service_identity.unmanaged_2"} {
		if change := changes[address]; !change.Imported || !slices.Equal(change.Actions, []string{"update"}) {
			t.Errorf("%s is to be %+v", address, change)
		}
	}
	if change := changes[`governed_service_linked_identity.aws["AWSServiceRoleForBackup"]`]; len(changes) != 3 || !slices.Equal(change.Actions, []string{"no-op"}) {
		t.Errorf("the plan is %s", fmt.Sprint(changes))
	}
}
