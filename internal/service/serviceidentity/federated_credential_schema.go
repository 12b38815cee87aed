package serviceidentity

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// federatedCredentialsSchema is the argument federated_credentials, of every kind that has it.
func federatedCredentialsSchema() schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Optional: true,
		MarkdownDescription: "Who may sign in as the identity without a secret, by the names of the federated credentials (3 to 120 letters, digits, hyphens and underscores), at most 20. " +
			"Each is exactly one preset. These are all that it has: others show as drift and are removed.",
		NestedObject: schema.NestedAttributeObject{Attributes: federatedCredentialAttributes(), Validators: []validator.Object{onePreset{}}},
	}
}

func federatedCredentialAttributes() map[string]schema.Attribute {
	required := func(description string) schema.Attribute {
		return schema.StringAttribute{Required: true, MarkdownDescription: description}
	}
	optional := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"github_actions": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Workflows of one GitHub repository. Exactly one of `branch`, `environment`, `tag` and `pull_request` says which. Entra ID knows no wildcards.",
			Attributes: map[string]schema.Attribute{
				"repository":   required("`owner/name`, with the case that GitHub shows. A repository with immutable subject claims is written `owner@<owner id>/name@<repository id>`."),
				"branch":       optional("Branch, such as `main`."),
				"environment":  optional("Deployment environment. A job with one has this subject, whatever its branch."),
				"tag":          optional("Tag, such as `v1.2.3`."),
				"pull_request": schema.BoolAttribute{Optional: true, MarkdownDescription: "`true` for every pull request of the repository."},
			},
		},
		"kubernetes_service_account": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "One Kubernetes service account (workload identity).",
			Attributes: map[string]schema.Attribute{
				"issuer":    required("OpenID Connect issuer of the cluster, exactly as its tokens have it."),
				"namespace": required("Kubernetes namespace."),
				"name":      required("Name of the service account."),
			},
		},
		"oidc": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "One subject of any other OpenID Connect issuer.",
			Attributes: map[string]schema.Attribute{
				"issuer":   required("Issuer, exactly as the tokens have it (`iss`)."),
				"subject":  required("Subject (`sub`), compared exactly."),
				"audience": optional("Audience (`aud`). Defaults to the one that Entra ID recommends, `api://AzureADTokenExchange` in the public cloud."),
			},
		},
	}
}

// onePreset wants exactly one preset in each federated credential.
type onePreset struct{}

func (onePreset) Description(context.Context) string { return "has exactly one preset" }

func (v onePreset) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (onePreset) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	var given []string
	for _, name := range presetNames {
		value, ok := req.ConfigValue.Attributes()[name]
		if !ok || value.IsUnknown() {
			return
		}
		if !value.IsNull() {
			given = append(given, name)
		}
	}
	if len(given) != 1 {
		said := "says nothing about who may sign in"
		if len(given) > 0 {
			said = "has " + strings.Join(given, " and ")
		}
		resp.Diagnostics.AddAttributeError(req.Path, "Federated credential is not one preset",
			"The federated credential "+said+". Write exactly one of "+strings.Join(presetNames, ", ")+"; another workload is another federated credential.")
	}
}

// presetNames are the arguments of a federated credential.
var presetNames = []string{"github_actions", "kubernetes_service_account", "oidc"}
