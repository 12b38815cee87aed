package inventory

import (
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
)

func text(description string) schema.Attribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func flag(description string) schema.Attribute {
	return schema.BoolAttribute{Computed: true, MarkdownDescription: description}
}

func texts(description string) schema.Attribute {
	return schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: description}
}

func counts(description string) schema.Attribute {
	return schema.MapAttribute{ElementType: types.Int64Type, Computed: true, MarkdownDescription: description}
}

func list(description string, attributes map[string]schema.Attribute) schema.Attribute {
	return schema.ListNestedAttribute{Computed: true, MarkdownDescription: description, NestedObject: schema.NestedAttributeObject{Attributes: attributes}}
}

// code writes values as Markdown code.
func code[T ~string](values []T) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = "`" + string(value) + "`"
	}
	return strings.Join(quoted, ", ")
}

// itemAttributes are what every data source says of an identity.
func itemAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":                text("Canonical id."),
		"name":              text("Name on its platform."),
		"platform":          text("`aws`, `azure` or `entra`."),
		"kind":              text("What it is on its platform, such as `aws_role`."),
		"category":          text("Who manages what: " + code(governance.Categories) + "."),
		"account":           text("Account of AWS, subscription of a managed identity, or tenant of what Entra ID has."),
		"owner":             text("Team or person that answers for it; null when nobody is named."),
		"purpose":           text("What it is for; null when nothing is said."),
		"expiry":            text("When its access ends; null when never."),
		"business_owner":    text("Who answers for it in the business."),
		"technical_owner":   text("Who operates what uses it."),
		"environment":       text("Environment that it belongs to."),
		"ticket":            text("Request that asked for it."),
		"systems":           texts("Systems that it connects."),
		"labels":            schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Its other tags."},
		"managed_by":        text("Mark of the tool that governs it; null when none does."),
		"trust":             list("Who can use it, besides who holds one of its credentials.", trustAttributes()),
		"credentials":       list("Its long-lived credentials, passwords included; never their secrets.", credentialAttributes()),
		"classes":           texts("Classes of danger in what it may do, all its policies together, the gravest first: " + code(governance.DangerRules) + ". The guide \"Guardrails\" explains them."),
		"privileges":        texts("The same with the policies that grant it, and the known paths of privilege escalation, but for what only follows from being an administrator."),
		"created_at":        text("When it was created, RFC 3339; null when that is not known."),
		"last_used_at":      text("When it was last used, RFC 3339; null when the platform has seen no use. IAM looks back 400 days, and not before a role was made: compare `created_at`. Of Entra ID it is the last sign-in that the reports have."),
		"last_used_known":   flag("Whether the platform could say when it was last used. Unknown is not unused."),
		"last_used_service": text("Service that it was last used for, where the platform tells."),
		"last_used_region":  text("Region that it was last used in, where the platform tells."),
		"unused_access": list("What a watcher of the platform has found unused; empty where none was asked, and never a proof that all is used. See `unused_access_findings` of the provider.", map[string]schema.Attribute{
			"kind":        text("`access_key` (one of its active keys), `identity` (as a whole), `password` or `permissions` (some of those that it has)."),
			"watcher":     text("Who found it, such as `IAM Access Analyzer`."),
			"days":        schema.Int64Attribute{Computed: true, MarkdownDescription: "For how many days at least it had not been used at `analyzed_at`."},
			"analyzed_at": text("When the watcher looked last, RFC 3339."),
		}),
		"break_glass": flag("Whether `break_glass` of the policy keeps it for emergencies, so that `governed_quarantine` refuses it."),
		"findings": list("What is wrong with it, at most one finding of a code. The guide \"Findings and the risk score\" has them all.", map[string]schema.Attribute{
			"code":     text("Stable name, such as `unowned`."),
			"severity": text("`critical`, `high`, `medium` or `low`."),
			"owasp":    text("Risk in the OWASP Non-Human Identities Top 10 (2025), such as `NHI1`."),
			"message":  text("What is wrong, and why in this case."),
			"remedy":   text("What helps."),
		}),
		"risk_score": schema.Int64Attribute{Computed: true, MarkdownDescription: "Sum of what its findings weigh."},
		"import_id":  text("What an import block takes to bring it under governance."),
	}
}

func trustAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"kind":         text("`anyone`, `account`, `role`, `user`, `service`, `web_identity` (a federated credential of Azure is one), `saml`, `tenant` (whose application it is), `resource` (of Azure, that has it assigned) or `unknown` (gone, or unreadable)."),
		"name":         text("The principal as the platform writes it, such as an ARN, `lambda.amazonaws.com`, an issuer, or the id of a resource."),
		"account":      text("Account of the principal, where it has one."),
		"external":     flag("Whether that is another account than the identity's."),
		"external_id":  flag("Whether it has to give an external id."),
		"organization": text("The only organisation that it may come from; null for any."),
		"subjects":     texts("Subjects that a web identity may have; empty when any."),
		"audiences":    texts("Audiences that its token may be for; empty when any."),
		"conditioned":  flag("Whether there are further conditions."),
	}
}

func credentialAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"kind":              text("`access_key`, `password`, `mfa_device`, `signing_certificate`, `ssh_key` or `service_specific` of AWS; `client_secret` or `client_certificate` of Entra ID. A federated credential is no secret, but somebody who can use the identity: it is a `web_identity` in `trust`."),
		"id":                text("The platform's id; null where it was not read. AWS tells no ids of access keys in bulk: `governed_identity` asks for those of its one identity, and a list does with `access_key_ids`. Also null for an inactive access key, and where it is not certain which key is meant."),
		"active":            flag("Whether it works."),
		"created_at":        text("When it was made or last changed, RFC 3339; null when that is not known."),
		"expires_at":        text("When it ends by itself, RFC 3339; null where it does not, as with all that AWS has."),
		"last_used_at":      text("When it was last used, RFC 3339; null when the platform has seen no use."),
		"last_used_known":   flag("Whether the platform could say when it was last used."),
		"last_used_service": text("Service that it was last used for, where the platform tells."),
		"last_used_region":  text("Region that it was last used in, where the platform tells."),
		"store":             text("Where `governed_credential` keeps its secret; null for one that it does not govern."),
	}
}

// completeness says how far a result can be relied upon.
func completeness() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"gaps":     texts("What could not be read and why; also a warning. Empty when everything was read."),
		"complete": flag("Whether there are no gaps."),
	}
}

// listSchema is what every data source that lists identities takes and returns.
func (d definition) listSchema() schema.Schema {
	attributes := map[string]schema.Attribute{
		"limit": schema.Int64Attribute{Optional: true, MarkdownDescription: "How many `identities` are returned at most; with 0, only the `summary`, which counts all that fit, whatever the limit."},
		"access_key_ids": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to ask for the `id` of access keys that a finding is about, so that messages name them, too. That costs a call for each user " +
			"among the `identities` that has such a key, so narrow the list by filters or `limit`. `false` by default, because everything else comes from a handful of calls."},
		"identities": list("The identities.", itemAttributes()),
		"summary": schema.SingleNestedAttribute{
			Computed: true, MarkdownDescription: "Counts of all identities that fit, whatever the `limit`.",
			Attributes: map[string]schema.Attribute{
				"total":       schema.Int64Attribute{Computed: true, MarkdownDescription: "How many there are."},
				"by_finding":  counts("How many have each finding, by its code."),
				"by_owner":    counts("How many each owner has; `" + inventory.None + "` stands for nobody."),
				"by_platform": counts("How many each platform has."),
				"by_category": counts("How many each category has."),
				"by_severity": counts("How many there are by the severity of their worst finding; `" + inventory.None + "` stands for no finding."),
			},
		},
	}
	addToDataSource(attributes, d.filters("Order of `identities`"))
	addToDataSource(attributes, limits())
	maps.Copy(attributes, completeness())
	return schema.Schema{MarkdownDescription: d.description, Attributes: attributes}
}
