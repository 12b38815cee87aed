package azuretoken

import (
	"context"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// scopePattern is that of the client credentials flow, which takes the default scope of a resource alone.
var scopePattern = regexp.MustCompile(`^\S+/\.default$`)

// Schema of the ephemeral resource.
func (*EphemeralResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An access token of Entra ID for a governed application or managed identity, got with a token of another issuer that one of its federated credentials trusts. It is in no state, plan or log (Terraform 1.10 or newer).\n\n" +
			"Entra ID decides how long the token lasts: 60 to 90 minutes by default, 10 minutes to a day where a token lifetime policy of the tenant says so, and up to 24 hours for a managed identity. Nobody can revoke it: nothing happens when Terraform needs it no longer. A token that would outlive the identity's expiry is not handed out.",
		Attributes: map[string]schema.Attribute{
			"identity": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Canonical id of the application or managed identity, such as `governed_service_identity.deploy.id`. It has to have this provider's metadata, which the provider's own credentials read.",
			},
			"scope": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{stringvalidator.RegexMatches(scopePattern, "must be the default scope of a resource, such as https://vault.azure.net/.default")},
				MarkdownDescription: "What the token is for: the default scope of a resource, such as `https://vault.azure.net/.default` or `https://management.azure.com/.default`.",
			},
			"web_identity": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Token of another issuer, such as that of a CI job. Without it the provider takes the token that it would sign in with itself under `azure.use_oidc`: that of `azure.oidc_token_file` or of the GitHub Actions job.",
				Attributes: map[string]schema.Attribute{
					"token": schema.StringAttribute{
						Optional: true, Sensitive: true, MarkdownDescription: "The token itself, which can be ephemeral.",
						Validators: []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.ExactlyOneOf(path.MatchRelative().AtParent().AtName("token_file"))},
					},
					"token_file": schema.StringAttribute{Optional: true, MarkdownDescription: "File with the token.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)}},
				},
			},
			"allow_outliving": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether to take a token that is valid for longer than the identity, with a warning. `false` by default.",
			},
			"client_id":  schema.StringAttribute{Computed: true, MarkdownDescription: "Application (client) id that the token is for."},
			"token":      schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The access token."},
			"expires_at": schema.StringAttribute{Computed: true, MarkdownDescription: "When it ends (RFC 3339)."},
		},
	}
}

// model is the ephemeral resource in configuration and result.
type model struct {
	Identity       types.String `tfsdk:"identity"`
	Scope          types.String `tfsdk:"scope"`
	WebIdentity    types.Object `tfsdk:"web_identity"`
	AllowOutliving types.Bool   `tfsdk:"allow_outliving"`
	ClientID       types.String `tfsdk:"client_id"`
	Token          types.String `tfsdk:"token"`
	ExpiresAt      types.String `tfsdk:"expires_at"`
}

type webIdentityModel struct {
	Token     types.String `tfsdk:"token"`
	TokenFile types.String `tfsdk:"token_file"`
}

var objectOptions = basetypes.ObjectAsOptions{}
