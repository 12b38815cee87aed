package provider_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
)

// inventories are the documents of what reads the inventory of every cloud.
var inventories = []string{"aws/aws_inventory", "aws/governed_unowned_identities", "azure/inventory", "entra/inventory"}

// featureDocuments are the documents that the features need, each feature by its sort, type and, where the cloud is chosen by an
// argument, that argument.
var featureDocuments = map[string][]string{
	"resource governed_credential":                                      {"entra/governed_credential"},
	"resource governed_credential aws_secrets_manager":                  {"aws/governed_credential_aws_secrets_manager"},
	"resource governed_credential aws_ssm_parameter":                    {"aws/governed_credential_aws_ssm_parameter"},
	"resource governed_credential azure_key_vault":                      {"azure/governed_credential_azure_key_vault"},
	"resource governed_quarantine":                                      {"aws/governed_quarantine", "azure/governed_quarantine", "entra/governed_quarantine"},
	"resource governed_service_identity":                                {"aws/plan"},
	"resource governed_service_identity aws_role":                       {"aws/governed_service_identity_aws_role"},
	"resource governed_service_identity aws_user":                       {"aws/governed_service_identity_aws_user"},
	"resource governed_service_identity azure_managed_identity":         {"azure/governed_service_identity_azure_managed_identity"},
	"resource governed_service_identity entra_application":              {"entra/governed_service_identity_entra_application"},
	"resource governed_service_linked_identity":                         {"aws/governed_service_linked_identity"},
	"resource governed_service_linked_identity aws_service_linked_role": {"aws/governed_service_linked_identity"},
	"resource governed_third_party_identity":                            {"aws/plan"},
	"resource governed_third_party_identity aws_role":                   {"aws/governed_third_party_identity"},
	"resource governed_third_party_identity entra_service_principal":    {"entra/governed_third_party_identity_entra_service_principal"},
	"data source governed_expiring_identities":                          inventories,
	"data source governed_high_risk_identities":                         inventories,
	"data source governed_identities":                                   inventories,
	"data source governed_identity":                                     inventories,
	"data source governed_stale_identities":                             inventories,
	"data source governed_unowned_identities":                           inventories,
	"ephemeral resource governed_aws_session":                           {"aws/governed_aws_session"},
	"ephemeral resource governed_azure_token":                           {"azure/governed_azure_token", "entra/governed_azure_token"},
	"action governed_revoke_sessions":                                   {"aws/governed_revoke_sessions"},
	"action governed_rotate_credential":                                 {"aws/governed_credential_aws_secrets_manager", "aws/governed_credential_aws_ssm_parameter", "azure/governed_credential_azure_key_vault", "entra/governed_credential"},
	"list resource governed_service_identity":                           {"aws/query", "azure/inventory", "entra/inventory"},
	"list resource governed_service_linked_identity":                    {"aws/query"},
	"list resource governed_third_party_identity":                       {"aws/query", "entra/inventory"},
}

// TestPermissionsAreComplete holds the folder of documents, the lives that play them and what the provider offers against each
// other: no document without a life, no life without a document, and no feature without either.
func TestPermissionsAreComplete(t *testing.T) {
	t.Parallel()
	lives := slices.Collect(maps.Keys(cloudLives))
	for name := range permissionLives {
		lives = append(lives, "aws/"+name)
	}
	for _, problem := range differing(documentNames(t), lives, "document", "life") {
		t.Error(problem)
	}
	var features, documents []string
	for feature, needs := range featureDocuments {
		features, documents = append(features, feature), append(documents, needs...)
	}
	for _, problem := range append(differing(offered(t), features, "feature", "entry of featureDocuments"), differing(documentNames(t), documents, "document", "feature")...) {
		t.Error(problem)
	}
}

// differing says what one list has and the other has not, of two that may repeat themselves.
func differing(some, others []string, one, other string) (problems []string) {
	for _, name := range some {
		if !slices.Contains(others, name) {
			problems = append(problems, "the "+one+" "+name+" has no "+other)
		}
	}
	for _, name := range others {
		if !slices.Contains(some, name) {
			problems = append(problems, "the "+other+" of "+name+" has no "+one)
		}
	}
	return problems
}

func TestDifferingCanFail(t *testing.T) {
	t.Parallel()
	if problems := differing([]string{"aws/plan", "aws/new"}, []string{"aws/plan", "aws/plan", "aws/gone"}, "document", "life"); !slices.Equal(problems, []string{
		"the document aws/new has no life", "the life of aws/gone has no document",
	}) {
		t.Errorf("differing is %q", problems)
	}
}

// offered are the features that need permissions, as the provider's schema has them.
func offered(t *testing.T) (features []string) {
	t.Helper()
	schema, err := provider.NewServer("test").GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for name, resource := range schema.ResourceSchemas {
		features = append(features, "resource "+name)
		for _, argument := range clouds(resource.Block.Attributes) {
			features = append(features, "resource "+name+" "+argument)
		}
	}
	for sort, names := range map[string][]string{
		"data source":        slices.Collect(maps.Keys(schema.DataSourceSchemas)),
		"ephemeral resource": slices.Collect(maps.Keys(schema.EphemeralResourceSchemas)),
		"action":             slices.Collect(maps.Keys(schema.ActionSchemas)),
		"list resource":      slices.Collect(maps.Keys(schema.ListResourceSchemas)),
	} {
		for _, name := range names {
			features = append(features, sort+" "+name)
		}
	}
	return features
}

// clouds are the arguments that choose a cloud's kind of identity or of store: optional objects, named after the cloud.
func clouds(attributes []*tfprotov6.SchemaAttribute) (names []string) {
	for _, a := range attributes {
		if a.NestedType == nil || a.NestedType.Nesting != tfprotov6.SchemaObjectNestingModeSingle || a.Computed && !a.Optional {
			continue
		}
		if cloud, _, _ := strings.Cut(a.Name, "_"); slices.Contains([]string{"aws", "azure", "entra"}, cloud) {
			names = append(names, a.Name)
			continue
		}
		names = append(names, clouds(a.NestedType.Attributes)...)
	}
	return names
}
