package provider

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
)

var (
	guidPattern          = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	httpsEndpointPattern = regexp.MustCompile(`^https://[^/]`)
	vaultEndpointPattern = regexp.MustCompile(`^(https://[^/]|[a-z0-9-]+(\.[a-z0-9-]+)+$)`)
)

type azureModel struct {
	TenantID       types.String         `tfsdk:"tenant_id"`
	SubscriptionID types.String         `tfsdk:"subscription_id"`
	Environment    types.String         `tfsdk:"environment"`
	ClientID       types.String         `tfsdk:"client_id"`
	UseOIDC        types.Bool           `tfsdk:"use_oidc"`
	OIDCTokenFile  types.String         `tfsdk:"oidc_token_file"`
	CustomCABundle types.String         `tfsdk:"custom_ca_bundle"`
	MaxRetries     types.Int32          `tfsdk:"max_retries"`
	IgnoreTags     *ignoreTagsModel     `tfsdk:"ignore_tags"`
	Endpoints      *azureEndpointsModel `tfsdk:"endpoints"`
}

type azureEndpointsModel struct {
	Authority       types.String `tfsdk:"authority"`
	ResourceManager types.String `tfsdk:"resource_manager"`
	Graph           types.String `tfsdk:"graph"`
	KeyVault        types.String `tfsdk:"key_vault"`
}

func azureSchema() schema.Attribute {
	guid := func(description string) schema.Attribute {
		return schema.StringAttribute{
			Optional: true, MarkdownDescription: description,
			Validators: []validator.String{stringvalidator.RegexMatches(guidPattern, "must be a GUID, such as 00000000-0000-0000-0000-000000000000")},
		}
	}
	endpoint := func(description string) schema.Attribute {
		return schema.StringAttribute{
			Optional: true, MarkdownDescription: description,
			Validators: []validator.String{stringvalidator.RegexMatches(httpsEndpointPattern, "must be a URL such as https://login.private.example")},
		}
	}
	file := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Azure and Entra ID. `{}` is enough where the environment says the rest: the credential comes from azidentity's own chain " +
			"(environment with a secret or a certificate, workload identity, managed identity, `az login`).",
		Attributes: map[string]schema.Attribute{
			"tenant_id":       guid("Entra tenant. Defaults to `AZURE_TENANT_ID` or `ARM_TENANT_ID`."),
			"subscription_id": guid("Subscription in which managed identities are made. Defaults to `AZURE_SUBSCRIPTION_ID` or `ARM_SUBSCRIPTION_ID`. Entra applications need none."),
			"environment": schema.StringAttribute{
				Optional: true, MarkdownDescription: fmt.Sprintf("Cloud: %s. Defaults to `%s`.", codeList(azure.Environments), azure.Environments[0]),
				Validators: []validator.String{stringvalidator.OneOf(azure.Environments...)},
			},
			"client_id": guid("Application (client) id to sign in as with `use_oidc`. Defaults to `AZURE_CLIENT_ID` or `ARM_CLIENT_ID`."),
			"use_oidc": schema.BoolAttribute{
				Optional: true, MarkdownDescription: "Whether to sign in with a token of the CI system instead of a secret: the one in `oidc_token_file` or, in GitHub Actions, that of the job (`permissions: { id-token: write }`). `false` by default.",
			},
			"oidc_token_file":  file("File with the token of a CI system, for `use_oidc`. Defaults to `AZURE_FEDERATED_TOKEN_FILE` or `ARM_OIDC_TOKEN_FILE_PATH`."),
			"custom_ca_bundle": file("File of certificates in PEM that are trusted besides those of the machine, such as those of a private cloud or a proxy."),
			"max_retries": schema.Int32Attribute{
				Optional: true, MarkdownDescription: fmt.Sprintf("How often a call is tried again after a throttling or a passing fault. Defaults to %d.", azure.DefaultMaxRetries),
				Validators: []validator.Int32{int32validator.Between(1, 100)},
			},
			"ignore_tags": ignoreTagsSchema(),
			"endpoints": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "Endpoints to use instead of those of the environment. Terraform drops names that it does not know without a word, as in every nested attribute, so a misspelt one leaves that of the environment.",
				Attributes: map[string]schema.Attribute{
					"authority":        endpoint("Base URL of the authority that gives tokens."),
					"resource_manager": endpoint("Base URL of Azure Resource Manager."),
					"graph":            endpoint("Base URL of Microsoft Graph, without the version."),
					"key_vault": schema.StringAttribute{
						Optional: true, MarkdownDescription: "DNS suffix of key vaults, such as `vault.azure.net`, or a base URL below which each vault is a path.",
						Validators: []validator.String{stringvalidator.RegexMatches(vaultEndpointPattern, "must be a DNS suffix such as vault.azure.net, or a URL")},
					},
				},
			},
		},
	}
}

func (p *Provider) azureConfig(ctx context.Context, object types.Object) (azure.Config, diag.Diagnostics) {
	var m azureModel
	diags := object.As(ctx, &m, basetypes.ObjectAsOptions{})
	config := azure.Config{
		TenantID:       orEnvironment(m.TenantID, "AZURE_TENANT_ID", "ARM_TENANT_ID"),
		SubscriptionID: orEnvironment(m.SubscriptionID, "AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID"),
		Environment:    m.Environment.ValueString(),
		ClientID:       orEnvironment(m.ClientID, "AZURE_CLIENT_ID", "ARM_CLIENT_ID"),
		UseOIDC:        m.UseOIDC.ValueBool(),
		OIDCTokenFile:  m.OIDCTokenFile.ValueString(),
		CustomCABundle: m.CustomCABundle.ValueString(),
		MaxRetries:     int(m.MaxRetries.ValueInt32()),
		Version:        p.version,
		Through:        p.through,
		NewKey:         p.newKey,
		MaxBackoff:     p.maxBackoff,
		Wait:           p.wait,
		Clock:          p.clock,
	}
	config.IgnoreTags = m.IgnoreTags.value()
	if endpoints := m.Endpoints; endpoints != nil {
		config.Endpoints = azure.Endpoints{
			Authority: endpoints.Authority.ValueString(), ResourceManager: endpoints.ResourceManager.ValueString(),
			Graph: endpoints.Graph.ValueString(), KeyVault: endpoints.KeyVault.ValueString(),
		}
	}
	for attribute, value := range map[string]string{"tenant_id": config.TenantID, "subscription_id": config.SubscriptionID} {
		if value != "" && !guidPattern.MatchString(value) {
			diags.AddAttributeError(path.Root("azure").AtName(attribute), "Id is not a GUID",
				fmt.Sprintf("azure.%s is %q, from the environment. It has to be a GUID, such as 00000000-0000-0000-0000-000000000000: az account show prints both.", attribute, value))
		}
	}
	return config, diags
}

// orEnvironment is the configured value, or that of the first variable which has one.
func orEnvironment(value types.String, variables ...string) string {
	text := value.ValueString()
	for _, variable := range variables {
		text = cmp.Or(text, os.Getenv(variable))
	}
	return text
}
