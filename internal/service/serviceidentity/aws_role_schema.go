package serviceidentity

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
)

func (awsRoleKind) Schema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		Validators:          []validator.Object{oneTrust{}},
		MarkdownDescription: "An IAM role. Its trust policy gets the expiry as a condition, and an inline policy `governed-expiry` denies everything from the expiry on, so that AWS itself ends new and live sessions.",
		Attributes: governed.AWSRoleAttributes(map[string]schema.Attribute{
			"trust": trustSchema(),
			"assume_role_policy": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Trust policy as JSON, for what `trust` cannot say. Exactly one of the two is needed. The expiry is added to every statement that allows something.",
			},
			"instance_profile": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether the role gets an EC2 instance profile of its own name and path. Defaults to `false`.",
			},
			"instance_profile_arn": schema.StringAttribute{Computed: true, MarkdownDescription: "ARN of the instance profile; null without one."},
		}),
	}
}

// oneTrust refuses trust and assume_role_policy together.
type oneTrust struct{}

func (oneTrust) Description(context.Context) string {
	return "only one of trust and assume_role_policy can be given"
}

func (v oneTrust) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (oneTrust) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	given := func(name string) bool {
		value, ok := req.ConfigValue.Attributes()[name]
		return ok && !value.IsNull() && !value.IsUnknown()
	}
	if given("trust") && given("assume_role_policy") {
		resp.Diagnostics.AddAttributeError(req.Path.AtName("assume_role_policy"), "Two trust policies are given",
			"aws_role.trust and aws_role.assume_role_policy both say who can assume the role. Keep one of them.")
	}
}

func trustSchema() schema.Attribute {
	texts := func(description string) schema.Attribute {
		return schema.SetAttribute{
			ElementType: types.StringType, Optional: true, MarkdownDescription: description,
			Validators: []validator.Set{setvalidator.SizeAtLeast(1)},
		}
	}
	requiredTexts := func(description string) schema.Attribute {
		return schema.SetAttribute{
			ElementType: types.StringType, Required: true, MarkdownDescription: description,
			Validators: []validator.Set{setvalidator.SizeAtLeast(1)},
		}
	}
	optional := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	required := func(description string) schema.Attribute {
		return schema.StringAttribute{Required: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Who can assume the role, as presets that cannot be written unsafely: no wildcards that let strangers in, and always the conditions that such a trust needs. Several presets can be combined.",
		Attributes: map[string]schema.Attribute{
			"aws_services":    texts("AWS services, such as `lambda.amazonaws.com`."),
			"source_accounts": texts("Accounts that the AWS services must act for (`aws:SourceAccount`). Not every service sends it: see its documentation."),
			"source_arns":     texts("Resources that the AWS services must act for (`aws:SourceArn`); wildcards only after the account."),
			"github_actions": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Workflows of one GitHub repository. Exactly one of `branch`, `environment`, `tag` and `pull_request` says which.",
				Attributes: map[string]schema.Attribute{
					"repository":   required("`owner/name`, with the case that GitHub shows. A repository with immutable subject claims (the default on github.com for those created or renamed since 15 July 2026) is written `owner@<owner id>/name@<repository id>`."),
					"branch":       optional("Branch, such as `main`; `*` is possible, but not in front."),
					"environment":  optional("Deployment environment. A job with one has this subject, whatever its branch."),
					"tag":          optional("Tag, such as `v*`."),
					"pull_request": schema.BoolAttribute{Optional: true, MarkdownDescription: "`true` for every pull request of the repository."},
					"provider_arn": optional("ARN of the IAM OIDC provider for `token.actions.githubusercontent.com`; that of the account by default."),
				},
			},
			"eks_service_account": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "One Kubernetes service account of an EKS cluster (IAM roles for service accounts).",
				Attributes: map[string]schema.Attribute{
					"oidc_provider_arn": required("ARN of the cluster's IAM OIDC provider."),
					"namespace":         required("Kubernetes namespace."),
					"name":              required("Name of the service account."),
				},
			},
			"eks_pod_identity": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "EKS Pod Identity. Without further arguments, every pod identity association of the account can use the role.",
				Attributes: map[string]schema.Attribute{
					"cluster_arn":     optional("Only pods of this cluster."),
					"namespace":       optional("Only pods of this Kubernetes namespace."),
					"service_account": optional("Only pods of this service account; needs `namespace`."),
				},
			},
			"oidc": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Another OpenID Connect provider. Subjects and audiences are compared literally; for patterns write `assume_role_policy`.",
				Attributes: map[string]schema.Attribute{
					"provider_arn": required("ARN of the IAM OIDC provider."),
					"subjects":     requiredTexts("Subjects (`sub`) that can assume the role."),
					"audiences":    requiredTexts("Audiences (`aud`) that the token must be for."),
				},
			},
		},
	}
}
