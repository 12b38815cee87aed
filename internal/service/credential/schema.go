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
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
)

// Schema of the resource.
func (*Resource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	computed := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A long-lived credential of a governed identity, for clients that can use nothing short-lived. " +
			"The secret goes straight from the platform into a secret store: it is never in the state, in a plan or in a log. It is rotated with an overlap, " +
			"ends with its expiry, and is revoked when its block goes.",
		Attributes: map[string]schema.Attribute{
			"id": computed("Identity and place of the secret, such as `aws:123456789012:user/mailer#aws_secrets_manager:mailer/smtp`. It is also what an import takes."),
			"identity": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Canonical id of the identity that the credential authenticates, such as `governed_service_identity.mailer.id`. It must be a governed IAM user. Changing it replaces the credential.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"justification": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Why nothing short-lived will do, in a sentence.",
			},
			"expiry": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "When the credential's life ends, rotations included: a date such as `2027-03-31` (valid to the end of that day, UTC) or an RFC 3339 time, not after the identity's expiry. The first apply after it makes the credential inactive; a renewal brings it back.",
			},
			"rotate_after_days": schema.Int32Attribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Age in days at which a plan replaces the credential by a new one. Defaults to the policy's `credential_max_age_days`, which it cannot exceed.",
				Validators:          []validator.Int32{int32validator.AtLeast(1)},
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
			"ses_smtp_region": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Region of Amazon SES for whose SMTP interface the stored document gets a password, `ses_smtp_password`. A change rotates the credential.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"store":         storeSchema(),
			"credential_id": computed("Id of the current credential, such as an access key id. It is no secret."),
			"secret_reference": schema.SingleNestedAttribute{
				Computed: true, MarkdownDescription: "Where a client finds the secret.",
				Attributes: map[string]schema.Attribute{
					"arn":     computed("ARN of the secret or parameter."),
					"version": computed("Version that holds the current credential."),
				},
			},
			"created_at":             computed("When the current credential was made (RFC 3339)."),
			"rotate_at":              computed("When it is due for rotation (RFC 3339)."),
			"previous_credential_id": computed("Id of the credential before it while that is still valid; otherwise null."),
			"previous_expires_at":    computed("When the overlap with the previous credential ends (RFC 3339)."),
			"status":                 computed("`active`, `expiring` or `expired`; as drift also `missing` (the credential or its secret is gone), `inactive` (somebody deactivated it) and `unfinished` (an apply was interrupted). The next apply mends those. `quarantined` where a quarantine of the identity has made it inactive: it stays as it is until the release."),
			"expiry_enforcement":     computed("`cloud` when the identity ends at the same time, and so the cloud itself refuses the credential; `apply` when the first apply after the expiry deactivates it."),
			"other_credential_ids": schema.SetAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "Ids of credentials that the identity has besides, and that nobody governs. They are shown, and never deleted.",
			},
		},
	}
}

// The tiers of a parameter.
const tierStandard, tierAdvanced = "Standard", "Advanced"

// defaultRecoveryDays is Secrets Manager's own default.
const defaultRecoveryDays = 30

func storeSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Required:            true,
		MarkdownDescription: "Where the secret is kept: exactly one of these.",
		Attributes: map[string]schema.Attribute{
			aws.StoreSecretsManager: secretsManagerSchema(),
			aws.StoreParameter:      parameterSchema(),
		},
	}
}

func assumeRoleSchema() schema.Attribute {
	return schema.StringAttribute{
		Optional: true, MarkdownDescription: "ARN of a role to take for writing, such as one in the account that keeps the secrets. Changing it replaces the credential.",
		PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
		Validators:    []validator.String{roleARN{}},
	}
}

func storeName(description string) schema.Attribute {
	return schema.StringAttribute{
		Required: true, MarkdownDescription: description + " Changing it replaces the credential.",
		PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
		Validators:    []validator.String{stringvalidator.LengthAtLeast(1)},
	}
}

func secretsManagerSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "A secret of AWS Secrets Manager, which is made and deleted with the credential.",
		Attributes: map[string]schema.Attribute{
			"name":       storeName("Name of the secret, such as `mailer/smtp`."),
			"kms_key_id": schema.StringAttribute{Optional: true, MarkdownDescription: "KMS key that encrypts it: id, alias or ARN. Defaults to `aws/secretsmanager`."},
			"recovery_window_days": schema.Int32Attribute{
				Optional: true, Computed: true, Default: int32default.StaticInt32(defaultRecoveryDays),
				MarkdownDescription: "How long the deleted secret can be restored, 7 to 30 days, or `0` for not at all. The credential itself is revoked at once. Defaults to 30.",
			},
			"replica_regions": schema.SetAttribute{
				ElementType: types.StringType, Optional: true, MarkdownDescription: "Further regions that get a copy.",
				Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.SizeAtLeast(1)},
			},
			"resource_policy": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Resource policy as JSON, which says who else may read it. One that lets everybody in is refused.",
				PlanModifiers: []planmodifier.String{samePolicy{}},
			},
			"assume_role_arn": assumeRoleSchema(),
		},
	}
}

func parameterSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "A SecureString of Systems Manager's Parameter Store, which is made and deleted with the credential.",
		Attributes: map[string]schema.Attribute{
			"name": storeName("Name of the parameter, such as `/mailer/smtp`."),
			"tier": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(tierStandard),
				MarkdownDescription: "`Standard` or `Advanced`. A change rotates the credential, and one back to `Standard` replaces it. Defaults to `Standard`.",
				Validators:          []validator.String{stringvalidator.OneOf(tierStandard, tierAdvanced)},
			},
			"key_id":          schema.StringAttribute{Optional: true, MarkdownDescription: "KMS key that encrypts it: id, alias or ARN. Defaults to `aws/ssm`. A change rotates the credential."},
			"assume_role_arn": assumeRoleSchema(),
		},
	}
}

// IdentitySchema holds only what identifies.
func (*Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "Identity and place of the secret, such as aws:123456789012:user/mailer#aws_secrets_manager:mailer/smtp."},
	}}
}

// samePolicy plans no change of a policy that is only written differently.
type samePolicy struct{}

func (samePolicy) Description(context.Context) string {
	return "A policy that is only written differently does not change."
}
func (m samePolicy) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyString keeps the text that is there.
func (samePolicy) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if !req.StateValue.IsNull() && !req.PlanValue.IsUnknown() && aws.SamePolicy(req.PlanValue.ValueString(), req.StateValue.ValueString()) {
		resp.PlanValue = req.StateValue
	}
}

// roleARN wants the ARN of a role.
type roleARN struct{}

func (roleARN) Description(context.Context) string {
	return "must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/secrets"
}
func (v roleARN) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString reports what is no ARN of a role.
func (v roleARN) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, ok := aws.ParseRoleARN(req.ConfigValue.ValueString()); !ok {
		resp.Diagnostics.AddAttributeError(req.Path, "Role is not an ARN", req.ConfigValue.String()+" "+v.Description(ctx)+".")
	}
}
