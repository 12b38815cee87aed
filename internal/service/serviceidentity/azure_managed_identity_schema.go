package serviceidentity

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
)

func (azureManagedIdentity) Schema() schema.Attribute {
	made := func(description string) schema.Attribute {
		return schema.StringAttribute{
			Computed: true, MarkdownDescription: description,
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()},
		}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A user-assigned managed identity. Its metadata is in the tags. Roles that are `time_bound` end by themselves at the expiry; everything else is taken off by the first apply after it, " +
			"and put back by a renewal.",
		Attributes: map[string]schema.Attribute{
			"subscription_id": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "Subscription, as a GUID. Defaults to that of the provider. Changing it replaces the identity.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown(), replaceUnless(strings.EqualFold)},
			},
			"resource_group_name": schema.StringAttribute{
				Required: true, MarkdownDescription: "Name of the resource group. Changing it replaces the identity.",
				PlanModifiers: []planmodifier.String{replaceUnless(strings.EqualFold)},
			},
			"location": schema.StringAttribute{
				Required: true, MarkdownDescription: "Region, such as `westeurope`. Changing it replaces the identity.",
				PlanModifiers: []planmodifier.String{replaceUnless(azure.SameLocation)},
			},
			"isolation_scope": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(azure.IsolationNone),
				MarkdownDescription: "`Regional` where only resources of the same region can have the identity; `None` by default.",
				Validators:          []validator.String{stringvalidator.OneOf(azure.IsolationScopes...)},
			},
			"role_assignments": schema.MapNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Roles of the identity, under keys of your own. These are all that it has: others show as drift and are removed.",
				NestedObject:        schema.NestedAttributeObject{Attributes: roleAssignmentAttributes()},
			},
			"federated_credentials": schema.MapNestedAttribute{
				Optional: true,
				MarkdownDescription: "Who may sign in as the identity without a secret, by the names of the federated credentials (3 to 120 letters, digits, hyphens and underscores), at most 20. " +
					"Each is exactly one preset. These are all that it has: others show as drift and are removed.",
				NestedObject: schema.NestedAttributeObject{Attributes: federatedCredentialAttributes(), Validators: []validator.Object{onePreset{}}},
			},
			"client_id":    made("Client (application) id, which a workload signs in with."),
			"principal_id": made("Object id of the service principal, which roles are assigned to."),
			"tenant_id":    made("Entra tenant."),
		},
	}
}

func roleAssignmentAttributes() map[string]schema.Attribute {
	optional := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}}
	}
	return map[string]schema.Attribute{
		"scope": schema.StringAttribute{
			Required: true, MarkdownDescription: "Id of the resource, the resource group, the subscription or the management group.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"role": schema.StringAttribute{
			Required: true, MarkdownDescription: "Name of the role, such as `Storage Blob Data Reader`, or the GUID or id of its definition.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"condition":         optional("Condition that narrows the role (attribute-based access control)."),
		"condition_version": optional("Version of the condition: `2.0`, which is the default."),
		"time_bound": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether Azure itself ends the role at the expiry, through Privileged Identity Management. It needs a licence of Microsoft Entra ID P2 or ID Governance. `false` by default; where all roles are time-bound, `expiry_enforcement` is `cloud`.",
		},
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

// replaceUnless replaces the identity unless the platform takes both values for the same.
func replaceUnless(same func(one, other string) bool) planmodifier.String {
	return stringplanmodifier.RequiresReplaceIf(func(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
		resp.RequiresReplace = req.PlanValue.IsUnknown() || !same(req.PlanValue.ValueString(), req.StateValue.ValueString())
	}, "Changing it replaces the identity.", "Changing it replaces the identity.")
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
