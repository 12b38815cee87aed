package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/boolvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
)

// Schema of the provider block.
func (*Provider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	keys := make([]string, len(governance.MetadataKeyFields))
	for i, field := range governance.MetadataKeyFields {
		keys[i] = string(field)
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Governs the creation of non-human identities: no owner, no purpose or no expiry, no identity.",
		Attributes: map[string]schema.Attribute{
			"aws":    awsSchema(),
			"azure":  azureSchema(),
			"policy": policySchema(),
			"policy_file": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Path of a policy in YAML or JSON, with the same structure as `policy`. " +
					"The file that `" + policyFileVariable + "` names is read as well. Of all policies given, each rule takes its strictest value.",
			},
			"metadata_keys": schema.MapAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Tag keys under which metadata is kept, by field; `nhi:<field>` by default. The fields are " + codeList(keys) + ".",
				Validators: []validator.Map{
					mapvalidator.KeysAre(stringvalidator.OneOf(keys...)),
					mapvalidator.ValueStringsAre(stringvalidator.LengthBetween(1, 128),
						stringvalidator.RegexMatches(tagKeyPattern, "must have only letters, digits, spaces and _.:/=+-@, as AWS takes them in tag keys")),
				},
			},
		},
	}
}

func awsSchema() schema.Attribute {
	endpoints := map[string]schema.Attribute{}
	for _, service := range aws.Services {
		endpoints[service] = schema.StringAttribute{
			Optional: true, MarkdownDescription: fmt.Sprintf("Base URL of the %s API.", service),
			Validators: []validator.String{stringvalidator.RegexMatches(endpointPattern, "must be a URL such as http://127.0.0.1:4566")},
		}
	}
	texts := func(description string, validators ...validator.Set) schema.Attribute {
		return schema.SetAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: description, Validators: validators}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "AWS. `{}` is enough where the environment says the rest: what is left out comes from the AWS SDK's own chain " +
			"(environment with `AWS_ENDPOINT_URL`, shared files, SSO, web identity, instance and container roles).",
		Attributes: map[string]schema.Attribute{
			"region":  schema.StringAttribute{Optional: true, MarkdownDescription: "Region, such as `eu-west-1`."},
			"profile": schema.StringAttribute{Optional: true, MarkdownDescription: "Profile of the shared configuration files."},
			"assume_role": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Role to assume first.",
				Attributes: map[string]schema.Attribute{
					"role_arn": schema.StringAttribute{
						Required: true, MarkdownDescription: "ARN of the role.",
						Validators: []validator.String{stringvalidator.RegexMatches(roleARNPattern, "must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/deploy")},
					},
					"session_name": schema.StringAttribute{Optional: true, MarkdownDescription: "Name of the session, for the audit trail."},
					"external_id":  schema.StringAttribute{Optional: true, MarkdownDescription: "External id that the role's trust policy asks for."},
				},
			},
			"session":   sessionSchema(),
			"endpoints": schema.SingleNestedAttribute{Optional: true, MarkdownDescription: "Endpoints to use instead of AWS's own. Terraform drops names that it does not know without a word, as in every nested attribute, so a misspelt one leaves AWS's own.", Attributes: endpoints},
			"allowed_account_ids": texts("Accounts that may be touched; every other is refused before anything is read.",
				setvalidator.ValueStringsAre(stringvalidator.RegexMatches(accountPattern, "must be an AWS account id of 12 digits"))),
			"max_retries": schema.Int32Attribute{
				Optional: true, MarkdownDescription: fmt.Sprintf("How often a call is tried again after a throttling or a passing fault. Defaults to %d.", aws.DefaultMaxRetries),
				Validators: []validator.Int32{int32validator.Between(1, 100)},
			},
			"inventory": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "What the data sources list beyond the own account and its IAM: further accounts, those of `accounts` or those of the `organization`, of which one that cannot be read is a gap in the result and hides no other; and optional sources, which are billed or slow.",
				Validators:          []validator.Object{inventoryBlock{}},
				Attributes: map[string]schema.Attribute{
					"organization": schema.BoolAttribute{
						Optional: true, MarkdownDescription: "`true` lists every active account of the organization, as far as `allowed_account_ids` has it. " +
							"AWS tells the accounts only in the management account and to delegated administrators: elsewhere the provider's own account is listed, and a gap says why no other.",
					},
					"accounts": schema.ListAttribute{
						ElementType: types.StringType, Optional: true, MarkdownDescription: "Ids of further accounts. The provider's own account is always listed, and can be among them.",
						Validators: []validator.List{
							listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(),
							listvalidator.ValueStringsAre(stringvalidator.RegexMatches(accountPattern, "must be an AWS account id of 12 digits")),
						},
					},
					"role_name": schema.StringAttribute{
						Optional: true, MarkdownDescription: "Name of the role to assume in each of them, with its path if it has one, such as `audit/inventory`. Required without `config_aggregator`. " +
							"There is no default, because the role that AWS Organizations makes (`OrganizationAccountAccessRole`) is an administrator's: give one that may only read.",
						Validators: []validator.String{stringvalidator.RegexMatches(roleNamePattern, "must be the name of a role, such as inventory or audit/inventory, and not an ARN")},
					},
					"regions": schema.ListAttribute{
						ElementType: types.StringType, Optional: true, MarkdownDescription: "Regions in which the optional sources are looked for. Defaults to the provider's own region.",
						Validators: []validator.List{
							listvalidator.SizeAtLeast(1), listvalidator.UniqueValues(),
							listvalidator.ValueStringsAre(stringvalidator.RegexMatches(regionPattern, "must be a region, such as eu-west-1")),
						},
					},
					"unused_access_findings": schema.BoolAttribute{
						Optional: true, MarkdownDescription: "Whether to read what IAM Access Analyzer has found unused, with an analyzer that you have made and that AWS bills by the identity. " +
							"The type `ORGANIZATION_UNUSED_ACCESS` in the provider's own account speaks for all accounts. It takes a call for a hundred findings. `false` by default.",
					},
					"service_last_accessed": schema.BoolAttribute{
						Optional: true, MarkdownDescription: "Whether to ask IAM for the last use of each identity of which nothing else tells it, such as a user with neither password nor access key. " +
							"It takes two calls or more for each of these identities, and up to five minutes. `false` by default.",
					},
					"config_aggregator": schema.StringAttribute{
						Optional: true, MarkdownDescription: "Name of an AWS Config aggregator, in the first of the `regions` that has it, for organizations that are too large to be read account by account: " +
							"accounts that it has are not read through their role, but from what AWS Config has recorded of them. That knows neither when roles were last used nor the credentials of users, which is a gap. " +
							"Accounts that it lacks are read through `role_name`, or are a gap without it. AWS bills the recording in each account (guide \"AWS permissions\").",
						Validators: []validator.String{stringvalidator.RegexMatches(aggregatorPattern, "must be the name of an aggregator, of letters, digits, hyphens and underscores, 256 at most, and not an ARN")},
					},
				},
			},
			"ignore_tags": ignoreTagsSchema(),
		},
	}
}

// sessionSchema takes temporary credentials alone: a long-lived key has no place in a configuration.
func sessionSchema() schema.Attribute {
	text := func(description string) schema.Attribute {
		return schema.StringAttribute{Required: true, Sensitive: true, MarkdownDescription: description, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Temporary credentials to use instead of the SDK's own chain, such as those of an ephemeral `governed_aws_session`. Terraform keeps no argument of a provider block in the state; " +
			"a value that is ephemeral is in no plan file either. Long-lived access keys, which have no session token, are not taken: leave those to the environment or a `profile`.",
		Validators: []validator.Object{objectvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("profile"))},
		Attributes: map[string]schema.Attribute{
			"access_key_id":     text("Access key id of the session."),
			"secret_access_key": text("Secret access key of the session."),
			"session_token":     text("Session token."),
		},
	}
}

func ignoreTagsSchema() schema.Attribute {
	texts := func(description string) schema.Attribute {
		return schema.SetAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Tags that other tools write on everything. They are neither shown nor removed.",
		Attributes: map[string]schema.Attribute{
			"keys":         texts("Exact keys."),
			"key_prefixes": texts("Beginnings of keys."),
		},
	}
}

func policySchema() schema.Attribute {
	days := func(description string) schema.Attribute {
		return schema.Int32Attribute{Optional: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Guardrails. They can also be kept in a file (see `policy_file`), so that a security team can set what no team can loosen.",
		Attributes: map[string]schema.Attribute{
			"max_lifetime_days": days(fmt.Sprintf("How far ahead an expiry may lie, in days. Defaults to %d. For the category `external` it is %d at most, unless `max_lifetime_days_by_category` says otherwise.", governance.DefaultMaxLifetimeDays, governance.DefaultExternalLifetimeDays)),
			"max_lifetime_days_by_category": schema.MapAttribute{
				ElementType: types.Int32Type, Optional: true, MarkdownDescription: "The same for single categories: " + codeList(texts(governance.Categories)) + ".",
			},
			"warn_before_days":        days(fmt.Sprintf("How long before its expiry an identity counts as expiring, in days. Defaults to %d.", governance.DefaultWarnBeforeDays)),
			"retire_in_use_days":      days(fmt.Sprintf("An identity that was used within so many days is held to be in use when it is removed. Defaults to %d; 0 holds none to be.", governance.DefaultRetireInUseDays)),
			"credential_max_age_days": days(fmt.Sprintf("How long a long-lived credential may be used before it is rotated, in days. Defaults to %d.", governance.DefaultCredentialMaxAgeDays)),
			"required_metadata": schema.SetAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Arguments that every identity needs besides owner, purpose and expiry, such as `environment`, `ticket` or `labels.cost-center`.",
			},
			"owners": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "Who can be an owner.",
				Attributes: map[string]schema.Attribute{
					"pattern": schema.StringAttribute{Optional: true, MarkdownDescription: "RE2 regular expression that a whole owner must match."},
					"file": schema.StringAttribute{
						Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
						MarkdownDescription: "Path of a directory of owners: `.yaml`, `.yml`, `.json`, `.csv`, `.txt` or a file named `CODEOWNERS` (guide \"Owners\"). A relative path is relative to the working directory, or, in a policy file, to that file. " +
							"Of several policies, an owner has to be in the directory of each.",
					},
					"entra_group": schema.StringAttribute{
						Optional: true, Validators: []validator.String{stringvalidator.RegexMatches(guidPattern, "is not the object id of a group"), stringvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("file"), path.MatchRelative().AtParent().AtName("entra_tenant"))},
						MarkdownDescription: "Object id of a group of Entra ID, in the tenant of `azure`: an owner is a member, directly or through other groups, who can sign in. Users are named by user principal name, mail address or object id, groups by name, mail address or object id. " +
							"It is read once a run, when an owner is first judged, which takes `GroupMember.Read.All` and `User.Read.All`.",
					},
					"entra_tenant": schema.BoolAttribute{
						Optional: true, Validators: []validator.Bool{boolvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("file"))},
						MarkdownDescription: "`true` for all users of the tenant of `azure` who can sign in, by user principal name, mail address or object id. It takes `User.Read.All`.",
					},
				},
			},
			"purpose": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "What counts as a purpose.",
				Attributes: map[string]schema.Attribute{
					"min_length": days(fmt.Sprintf("Fewest characters. Defaults to %d.", governance.DefaultPurposeMinLength)),
					"filler_words": schema.SetAttribute{
						ElementType: types.StringType, Optional: true,
						MarkdownDescription: "Words that say nothing, besides the built-in ones such as `test`, `tmp`, `misc` and `todo`. A purpose of nothing else is refused.",
					},
				},
			},
			"break_glass": schema.ListAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Identities for emergencies, which no `governed_quarantine` may touch: patterns of canonical ids such as `aws:123456789012:role/break-glass*`, in which `*` stands for any characters and `?` for one. Of several policies, all count.",
			},
			"approval_keys": schema.ListAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Public keys of those who may approve what a rule about permissions refuses (guide \"Approvals\"): each element one or several in PEM (`PUBLIC KEY`), a JWK or a JWK set; Ed25519, ECDSA on P-256, or RSA of 2048 bits or more. " +
					"Of several policies, a key counts only where all have it that name any, and the policy of `" + policyFileVariable + "` always counts as naming its keys, so that nobody approves what they ask for.",
			},
			"approval_max_days": days(fmt.Sprintf("How long an approval may hold, in days. Defaults to %d.", governance.DefaultApprovalMaxDays)),
			"enforcement": schema.MapAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "What a broken rule does, `error`, `warn` or `off`, by rule: " + codeList(texts(governance.Rules)) + ". All are `error` by default but these, which are `warn`: " + codeList(texts(governance.WarnedRules)) + "; and these, which are `off`: " + codeList(texts(governance.SilentRules)) + ".",
			},
			"rules": rulesSchema(),
		},
	}
}

func rulesSchema() schema.Attribute {
	return schema.ListNestedAttribute{
		Optional: true, MarkdownDescription: fmt.Sprintf("Rules of your own, in the Common Expression Language (guide \"Custom rules\"), %d at most. Of several policies, all rules apply.", governance.MaxRules),
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name, unique within the policy: letters, digits, underscores and hyphens. Diagnostics call the rule `custom:<name>`.",
			},
			"expression": schema.StringAttribute{
				Required: true, MarkdownDescription: "CEL expression that is true for every identity that is allowed, such as `identity.environment != \"prod\" || has(identity.ticket)`.",
			},
			"message": schema.StringAttribute{
				Required: true, MarkdownDescription: "What is wrong with an identity for which it is not true, and what to do about it.",
			},
			"enforcement": schema.StringAttribute{
				Optional: true, MarkdownDescription: "What a broken rule does: " + codeList(texts(governance.Enforcements)) + ". Defaults to `error`.",
			},
			"attribute": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Argument that diagnostics point at, such as `expiry` or `labels.team`. Defaults to the identity as a whole.",
			},
		}},
	}
}
