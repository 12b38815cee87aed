package credential

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int32default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// models are those of the resource.
var models = tfkit.NewModels(resourceSchema)

// Schema of the resource.
func (*Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema()
}

func resourceSchema() schema.Schema {
	computed := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return schema.Schema{
		MarkdownDescription: "A long-lived credential of a governed identity, for clients that can use nothing short-lived. " +
			"The secret goes straight from the platform into a secret store: it is never in the state, in a plan or in a log. It is rotated with an overlap, " +
			"ends with its expiry, and is revoked when its block goes.",
		Attributes: tfkit.Typed(map[string]schema.Attribute{
			"id": computed("Identity and place of the secret, such as `aws:123456789012:user/mailer#aws_secrets_manager:mailer/smtp`. It is also what an import takes."),
			"identity": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Canonical id of the identity that the credential authenticates, such as `governed_service_identity.mailer.id`. It must be a governed IAM user or application of Entra ID. Changing it replaces the credential.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"type": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "What the credential is: `access_key`, the only one that an IAM user has and the default there; or, for an application of Entra ID, which needs it said, `client_secret` or `certificate`. " +
					"A certificate is self-signed, and its private key never leaves the provider but for the store. A change rotates the credential.",
				Validators: []validator.String{stringvalidator.OneOf(platform.AccessKey, platform.ClientSecret, platform.Certificate)},
			},
			"justification": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Why nothing short-lived will do, in a sentence.",
			},
			"expiry": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "When the credential's life ends, rotations included: a date such as `2027-03-31` (valid to the end of that day, UTC) or an RFC 3339 time, not after the identity's expiry. The first apply after it makes the credential inactive, and a renewal brings it back. Entra ID refuses its credentials from then on by itself; the first apply removes them, and a renewal makes a new one.",
			},
			"rotate_after_days": schema.Int32Attribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Age in days at which a plan replaces the credential by a new one. Defaults to the policy's `credential_max_age_days`, which it cannot exceed, and where there are `valid_days` to five sixths of those.",
				Validators:          []validator.Int32{int32validator.AtLeast(1)},
			},
			"valid_days": schema.Int32Attribute{
				Optional: true, Computed: true,
				MarkdownDescription: "For an application of Entra ID: for how many days Entra ID lets a secret or certificate be valid, rotated or not, but never after `expiry`. It has to be long enough for `rotate_after_days` and the overlap. " +
					"Defaults to the policy's `credential_max_age_days`, which it cannot exceed. Entra ID cannot change the end of what is there, so a change of it, or of `expiry`, rotates the credential where its end would be wrong.",
				Validators: []validator.Int32{int32validator.AtLeast(1)},
			},
			"overlap_hours": schema.Int32Attribute{
				Optional: true, Computed: true, Default: int32default.StaticInt32(governance.DefaultOverlapHours),
				MarkdownDescription: "How long in hours the old credential stays valid beside the new one. The first apply after that revokes it, unless it is still in use. With `0` it is revoked at once. Defaults to 24.",
				Validators:          []validator.Int32{int32validator.AtLeast(0)},
			},
			"rotation_trigger": schema.MapAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Any values. A change of them rotates the credential; the first ones, on a credential that had none, do not.",
				Validators:          []validator.Map{mapvalidator.NoNullValues()},
			},
			"leaked_ids": schema.SetAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Ids of credentials of the identity that have leaked: the current one, one before it, or one that nobody governs. Each is ended at once, before anything else and in use or not; " +
					"in place of the current one a new one is made, without an overlap. An id that is none of the identity's is an error. Leave it in for as long as you like: what is revoked stays in `leaked_revoked_at`.",
				Validators: []validator.Set{setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
			},
			"ses_smtp_region": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Region of Amazon SES for whose SMTP interface the stored document gets a password, `ses_smtp_password`. A change rotates the credential.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"store":         storeSchema(),
			"credential_id": computed("Id of the current credential: an access key id, or the key id of a secret or certificate. It is no secret."),
			"secret_reference": schema.SingleNestedAttribute{
				Computed: true, MarkdownDescription: "Where a client finds the secret.",
				Attributes: map[string]schema.Attribute{
					"arn":     computed("ARN of the secret or parameter; null for Key Vault."),
					"uri":     computed("Identifier of the secret in Key Vault, without a version; null for other stores."),
					"version": computed("Version that holds the current credential."),
				},
			},
			"created_at":             computed("When the current credential was made (RFC 3339)."),
			"rotate_at":              computed("When it is due for rotation (RFC 3339)."),
			"valid_until":            computed("When the cloud itself ends the current credential (RFC 3339); null for an access key, which has no end of its own."),
			"previous_credential_id": computed("Id of the credential before it while that is still valid; otherwise null."),
			"previous_expires_at":    computed("When the overlap with the previous credential ends (RFC 3339)."),
			"status":                 computed("`active`, `expiring` or `expired`; as drift also `missing` (the credential or its secret is gone), `inactive` (somebody deactivated it, or it has ended before it was rotated) and `unfinished` (an apply was interrupted). The next apply mends those. `quarantined` where a quarantine of the identity has made it inactive, or where it is gone meanwhile: it stays as it is, or is made anew, at the release."),
			"expiry_enforcement":     computed("`cloud` when the cloud itself refuses the credential then, because the identity ends at the same time or because Entra ID ends it; `apply` when the first apply after the expiry deactivates it."),
			"other_credential_ids": schema.SetAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "Ids of credentials that the identity has besides, and that nobody governs. They are shown, and never deleted but where `leaked_ids` names them.",
			},
			"leaked_revoked_at": schema.MapAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "When each of `leaked_ids` was revoked (RFC 3339), by its id.",
			},
		}),
	}
}

// IdentitySchema holds only what identifies.
func (*Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "Identity and place of the secret, such as aws:123456789012:user/mailer#aws_secrets_manager:mailer/smtp."},
	}}
}
