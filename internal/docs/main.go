// Docs prints the provider's schema as the JSON that tfplugindocs reads: what the real Terraform says of the build in a
// mirror, with the resource identities, list resources and actions that only Terraform 1.12 and 1.14 would add, so that the
// documentation does not depend on the version of Terraform that happens to be installed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
)

const configuration = `
terraform {
  required_providers {
    governed = { source = "nhi-governance/governed" }
  }
}
`

func main() {
	mirror := flag.String("mirror", "", "folder laid out as a registry mirror that has the provider")
	flag.Parse()
	if err := run(context.Background(), *mirror); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, mirror string) error {
	found, err := cli.Find(ctx)
	if err != nil {
		return err
	}
	text, err := terraformSchema(ctx, found.Path, mirror)
	if err != nil {
		return err
	}
	var document struct {
		FormatVersion string                                `json:"format_version"`
		Schemas       map[string]map[string]json.RawMessage `json:"provider_schemas"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return err
	}
	address := strings.Replace(provider.Address, "registry.terraform.io", found.RegistryHost(), 1)
	schema, ok := document.Schemas[address]
	if !ok {
		return fmt.Errorf("%s knows no schema of %s", found.Product, address)
	}
	if schema["resource_identity_schemas"], err = identities(ctx); err != nil {
		return err
	}
	if schema["list_resource_schemas"], schema["action_schemas"], err = since114(ctx); err != nil {
		return err
	}
	// tfplugindocs looks for the short name.
	document.Schemas = map[string]map[string]json.RawMessage{"governed": schema}
	return json.NewEncoder(os.Stdout).Encode(document)
}

// terraformSchema asks Terraform, in an empty module of its own.
func terraformSchema(ctx context.Context, program, mirror string) ([]byte, error) {
	folder, err := os.MkdirTemp("", "governed-docs")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	settings := filepath.Join(folder, "terraform.rc")
	err = errors.Join(
		os.WriteFile(settings, fmt.Appendf(nil, "provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror), 0o600),
		os.WriteFile(filepath.Join(folder, "main.tf"), []byte(configuration), 0o600),
	)
	if err != nil {
		return nil, err
	}
	terraform := func(arguments ...string) ([]byte, error) {
		command := exec.CommandContext(ctx, program, arguments...)
		command.Dir, command.Stderr = folder, os.Stderr
		command.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+settings, "CHECKPOINT_DISABLE=1")
		return command.Output()
	}
	if output, err := terraform("init", "-no-color", "-input=false"); err != nil {
		return nil, fmt.Errorf("terraform init: %w\n%s", err, output)
	}
	return terraform("providers", "schema", "-json")
}

type identitySchema struct {
	Version    int64                        `json:"version"`
	Attributes map[string]identityAttribute `json:"attributes"`
}

type identityAttribute struct {
	Type              any    `json:"type"`
	Description       string `json:"description,omitempty"`
	RequiredForImport bool   `json:"required_for_import,omitempty"`
	OptionalForImport bool   `json:"optional_for_import,omitempty"`
}

// identities asks the provider itself.
func identities(ctx context.Context) (json.RawMessage, error) {
	server := provider.NewServer("docs")
	response, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	schemas := map[string]identitySchema{}
	for name, identity := range response.IdentitySchemas {
		schema := identitySchema{Version: identity.Version, Attributes: map[string]identityAttribute{}}
		for _, attribute := range identity.IdentityAttributes {
			schema.Attributes[attribute.Name] = identityAttribute{
				Type: attribute.Type, Description: attribute.Description,
				RequiredForImport: attribute.RequiredForImport, OptionalForImport: attribute.OptionalForImport,
			}
		}
		schemas[name] = schema
	}
	return json.Marshal(schemas)
}

type flatSchema struct {
	Version int64     `json:"version,omitempty"`
	Block   flatBlock `json:"block"`
}

type flatBlock struct {
	Attributes      map[string]flatAttribute `json:"attributes"`
	Description     string                   `json:"description"`
	DescriptionKind string                   `json:"description_kind"`
}

type flatAttribute struct {
	Type            any    `json:"type"`
	Description     string `json:"description"`
	DescriptionKind string `json:"description_kind"`
	Required        bool   `json:"required,omitempty"`
	Optional        bool   `json:"optional,omitempty"`
}

// since114 asks the provider itself for its list resources and actions, which have arguments alone, none of them nested.
func since114(ctx context.Context) (lists, actions json.RawMessage, err error) {
	server := provider.NewServer("docs")
	response, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, nil, err
	}
	listSchemas, actionSchemas := map[string]flatSchema{}, map[string]flatSchema{}
	for name, schema := range response.ListResourceSchemas {
		listSchemas[name] = flatSchema{Version: schema.Version, Block: flat(schema.Block)}
	}
	for name, schema := range response.ActionSchemas {
		actionSchemas[name] = flatSchema{Block: flat(schema.Schema.Block)}
	}
	lists, err = json.Marshal(listSchemas)
	if err != nil {
		return nil, nil, err
	}
	actions, err = json.Marshal(actionSchemas)
	return lists, actions, err
}

func flat(block *tfprotov6.SchemaBlock) flatBlock {
	made := flatBlock{Attributes: map[string]flatAttribute{}, Description: block.Description, DescriptionKind: kind(block.DescriptionKind)}
	for _, attribute := range block.Attributes {
		made.Attributes[attribute.Name] = flatAttribute{
			Type: attribute.Type, Description: attribute.Description, DescriptionKind: kind(attribute.DescriptionKind),
			Required: attribute.Required, Optional: attribute.Optional,
		}
	}
	return made
}

func kind(of tfprotov6.StringKind) string { return strings.ToLower(of.String()) }
