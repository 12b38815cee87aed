package inventory

import (
	"fmt"
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
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

// objects is a list whose type is made once: the framework asks for it at every null value of a result.
func objects(description string, attributes map[string]schema.Attribute) schema.Attribute {
	object := schema.NestedAttributeObject{Attributes: attributes}
	object.CustomType = object.Type()
	return schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: description, NestedObject: object, CustomType: types.ListType{ElemType: object.CustomType},
	}
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
		"platform":          text("`aws`."),
		"kind":              text("What it is on its platform, such as `aws_role`."),
		"category":          text("Who manages what: " + code(governance.Categories) + "."),
		"account":           text("Account id."),
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
		"trust":             objects("Who can use it, besides who holds one of its credentials.", trustAttributes()),
		"credentials":       objects("Its long-lived credentials, passwords included; never their secrets.", credentialAttributes()),
		"privileges":        texts("Why it counts as privileged; empty when it does not."),
		"created_at":        text("When it was created, RFC 3339; null when that is not known."),
		"last_used_at":      text("When it was last used, RFC 3339; null when the platform has seen no use. IAM looks back 400 days, and not before a role was made: compare `created_at`."),
		"last_used_known":   flag("Whether the platform could say when it was last used. Unknown is not unused."),
		"last_used_service": text("Service that it was last used for, where the platform tells."),
		"last_used_region":  text("Region that it was last used in, where the platform tells."),
		"unused_access": objects("What a watcher of the platform has found unused; empty where none was asked, and never a proof that all is used. See `unused_access_findings` of the provider.", map[string]schema.Attribute{
			"kind":        text("`access_key` (one of its active keys), `identity` (as a whole), `password` or `permissions` (some of those that it has)."),
			"watcher":     text("Who found it, such as `IAM Access Analyzer`."),
			"days":        schema.Int64Attribute{Computed: true, MarkdownDescription: "For how many days at least it had not been used at `analyzed_at`."},
			"analyzed_at": text("When the watcher looked last, RFC 3339."),
		}),
		"findings": objects("What is wrong with it, at most one finding of a code. The guide \"Findings and the risk score\" has them all.", map[string]schema.Attribute{
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
		"kind":         text("`anyone`, `account`, `role`, `user`, `service`, `web_identity`, `saml` or `unknown` (gone, or unreadable)."),
		"name":         text("The principal as the platform writes it, such as an ARN or `lambda.amazonaws.com`."),
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
		"kind":              text("`access_key`, `password`, `mfa_device`, `signing_certificate`, `ssh_key` or `service_specific`."),
		"id":                text("The platform's id; null where it was not read."),
		"active":            flag("Whether it works."),
		"created_at":        text("When it was made or last changed, RFC 3339; null when that is not known."),
		"last_used_at":      text("When it was last used, RFC 3339; null when the platform has seen no use."),
		"last_used_known":   flag("Whether the platform could say when it was last used."),
		"last_used_service": text("Service that it was last used for, where the platform tells."),
		"last_used_region":  text("Region that it was last used in, where the platform tells."),
		"store":             text("Where `governed_credential` keeps its secret; null for one that it does not govern."),
	}
}

// limits are the arguments that say from when on something is a finding.
func limits() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"unused_for_days": schema.Int64Attribute{Optional: true, MarkdownDescription: fmt.Sprintf("How many days without use make an identity `stale` or `never_used`, and a credential unused; %d by default.", inventory.DefaultUnusedForDays)},
		"within_days":     schema.Int64Attribute{Optional: true, MarkdownDescription: "How many days before its expiry an identity is `expiring`; the policy's `warn_before_days` by default."},
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
	set := func(description string) schema.Attribute {
		return schema.SetAttribute{
			ElementType: types.StringType, Optional: true, MarkdownDescription: description,
			Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
		}
	}
	score := "Only those whose risk score is at least this."
	if d.minimumScore > 0 {
		score += fmt.Sprintf(" %d by default.", d.minimumScore)
	}
	attributes := map[string]schema.Attribute{
		"platforms":    set("Only those of these platforms: `aws`. As with every filter, what is left out or empty filters nothing, and of several filters all have to fit."),
		"kinds":        set("Only those of these kinds, such as `aws_role`."),
		"categories":   set("Only those of these categories: " + code(governance.Categories) + "."),
		"owners":       set("Only those of these owners."),
		"environments": set("Only those of these environments."),
		"accounts":     set("Only those in these accounts."),
		"labels": schema.MapAttribute{
			ElementType: types.StringType, Optional: true, Validators: []validator.Map{mapvalidator.NoNullValues()},
			MarkdownDescription: "Only those that have all these labels. A value can have the wildcards of `name_pattern`, so that `*` is any value.",
		},
		"findings":      set("Only those with at least one of these findings: " + code(inventory.FindingCodes()) + "."),
		"name_pattern":  schema.StringAttribute{Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, MarkdownDescription: "Only those whose whole name fits: `*` stands for any characters and `?` for one, in any letter case."},
		"minimum_score": schema.Int64Attribute{Optional: true, MarkdownDescription: score},
		"sort": schema.StringAttribute{Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, MarkdownDescription: fmt.Sprintf("Order of `identities`, `%s` by default: `id`; `risk_score`, the highest first; `last_used_at`, those without a known use first and those whose last use "+
			"is not known last; `created_at`, the oldest first; `expiry`, the earliest first.", d.sort)},
		"limit":      schema.Int64Attribute{Optional: true, MarkdownDescription: "How many `identities` are returned at most; with 0, only the `summary`, which counts all that fit, whatever the limit."},
		"identities": objects("The identities.", itemAttributes()),
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
	maps.Copy(attributes, limits())
	maps.Copy(attributes, completeness())
	return schema.Schema{MarkdownDescription: d.description, Attributes: attributes}
}
