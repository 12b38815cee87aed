package awssession

import (
	"context"
	"fmt"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Limits from the API reference of AWS STS, AssumeRole.
const (
	longestDuration    = 43200
	mostSessionTags    = 50
	mostPolicies       = 10
	shortestExternalID = 2
	longestExternalID  = 1224
)

var sessionNamePattern = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// Schema of the ephemeral resource.
func (*EphemeralResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	name := stringvalidator.RegexMatches(sessionNamePattern, "must have 2 to 64 letters, digits and _+=,.@-, as AWS takes them")
	resp.Schema = schema.Schema{
		MarkdownDescription: "Temporary credentials of a governed IAM role, for minutes or hours, to configure another provider with. They are in no state, plan or log (Terraform 1.10 or newer).\n\n" +
			"A role without this provider's metadata is refused, because nobody would answer for the session: bring it under governance first, with an `import` block. " +
			"No session outlives its role's expiry. Terraform opens a session in every plan and every apply, and cannot replace one that ends meanwhile: ask for as long as an apply takes.",
		Attributes: map[string]schema.Attribute{
			"identity": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Canonical id or ARN of the role, such as `governed_service_identity.deploy.id`. It has to be in the account of the provider's credentials, which read its metadata.",
			},
			"duration_seconds": schema.Int32Attribute{
				Optional: true, Validators: []validator.Int32{int32validator.Between(int32(governance.MinSession.Seconds()), longestDuration)},
				MarkdownDescription: fmt.Sprintf("How long the session lasts, in seconds: 900 to the role's `max_session_duration`, or to 3600 where the provider's own credentials are a session of a role. Defaults to %d. An expiry that is nearer cuts it down, with a warning.", int(governance.DefaultSession.Seconds())),
			},
			"session_name": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{name},
				MarkdownDescription: "Name of the session, which AWS CloudTrail has for everything that it does. Defaults to the role's owner and purpose, with hyphens for what AWS does not take, cut at 64 characters. With `revoke_on_close` it gets an ending that makes it unique.",
			},
			"source_identity": schema.StringAttribute{
				Optional: true, Computed: true,
				Validators:          []validator.String{name, stringvalidator.ConflictsWith(path.MatchRoot("web_identity"))},
				MarkdownDescription: "Source identity of the session, which stays with it through every further role. It takes `sts:SetSourceIdentity` in the trust policy and in the caller's own. Defaults to the role's owner where the trust policy allows to set one and the provider's credentials are no session of a role; otherwise there is none. A web identity brings its own.",
			},
			"external_id": schema.StringAttribute{
				Optional:            true,
				Validators:          []validator.String{stringvalidator.LengthBetween(shortestExternalID, longestExternalID), stringvalidator.ConflictsWith(path.MatchRoot("web_identity"))},
				MarkdownDescription: "External id that the role's trust policy asks for.",
			},
			"policy": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Session policy as JSON: the session may do what both this and the role allow.",
			},
			"policy_arns": schema.ListAttribute{
				ElementType: types.StringType, Optional: true,
				Validators:          []validator.List{listvalidator.SizeBetween(1, mostPolicies), listvalidator.UniqueValues()},
				MarkdownDescription: "ARNs of managed policies in the role's account that bound the session in the same way.",
			},
			"tags": schema.MapAttribute{
				ElementType: types.StringType, Optional: true,
				Validators:          []validator.Map{mapvalidator.SizeBetween(1, mostSessionTags), mapvalidator.ConflictsWith(path.MatchRoot("web_identity"))},
				MarkdownDescription: "Session tags. They take `sts:TagSession` in the trust policy and in the caller's own.",
			},
			"web_identity": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Token of an OpenID Connect provider, such as that of a CI job, with which the role is assumed instead of the provider's own credentials: exactly one of `token` and `token_file`.",
				Attributes: map[string]schema.Attribute{
					"token": schema.StringAttribute{
						Optional: true, Sensitive: true, MarkdownDescription: "The token itself, which can be ephemeral.",
						Validators: []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.ExactlyOneOf(path.MatchRelative().AtParent().AtName("token_file"))},
					},
					"token_file": schema.StringAttribute{Optional: true, MarkdownDescription: "File with the token.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)}},
				},
			},
			"revoke_on_close": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether the session, and only this one, is denied everything as soon as Terraform needs it no longer, by an inline policy on the role that holds until the session would have ended (`iam:PutRolePolicy`; the next session that is closed removes it). " +
					"A plan opens and closes a session as well, and so writes to the role; an apply that is killed does not get to it. `false` by default: the session ends by itself.",
			},
			"arn":               schema.StringAttribute{Computed: true, MarkdownDescription: "ARN of the session."},
			"access_key_id":     schema.StringAttribute{Computed: true, MarkdownDescription: "Access key id."},
			"secret_access_key": schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "Secret access key."},
			"session_token":     schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "Session token."},
			"expires_at":        schema.StringAttribute{Computed: true, MarkdownDescription: "When the session ends (RFC 3339)."},
		},
	}
}
