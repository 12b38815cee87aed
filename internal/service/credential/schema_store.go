package credential

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int32default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
)

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
			azure.StoreKeyVault:     keyVaultSchema(),
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

// defaultContentType is what Key Vault says of the document.
const defaultContentType = "application/json"

func keyVaultSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "A secret of Azure Key Vault, which is made and deleted with the credential. It has the end of the credential as its own.",
		Attributes: map[string]schema.Attribute{
			"vault_uri": schema.StringAttribute{
				Required: true, MarkdownDescription: "URI of the vault, such as `azurerm_key_vault.safe.vault_uri`. Another vault replaces the credential.",
				PlanModifiers: []planmodifier.String{sameVault{}},
				Validators:    []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"name": storeName("Name of the secret, such as `mailer-smtp`."),
			"content_type": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(defaultContentType),
				MarkdownDescription: "Content type that the secret says it has. Defaults to `" + defaultContentType + "`.",
			},
			"purge_on_destroy": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether the deleted secret is purged, so that it cannot be recovered and its name is free. A vault that is protected against purging keeps it all the same. The credential itself is revoked at once. `false` by default.",
			},
		},
	}
}

// sameVault replaces the credential when the vault is another one, and plans no change of a URI that is only written
// differently.
type sameVault struct{}

func (sameVault) Description(context.Context) string               { return "Another vault replaces the credential." }
func (m sameVault) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

// PlanModifyString compares hosts.
func (sameVault) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.StateValue.IsNull() || req.PlanValue.IsNull() {
		return
	}
	is, _ := azure.VaultHost(req.PlanValue.ValueString())
	was, _ := azure.VaultHost(req.StateValue.ValueString())
	if is == was && !req.PlanValue.IsUnknown() {
		resp.PlanValue = req.StateValue
		return
	}
	resp.RequiresReplace = true
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
