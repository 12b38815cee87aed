package inventory

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// listSchema is what every data source that lists identities returns.
func listSchema(description string) schema.Schema {
	text := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return schema.Schema{
		MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"identities": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The identities, in the order of their ids.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":              text("Canonical id."),
					"name":            text("Name on its platform."),
					"platform":        text("`aws`."),
					"kind":            text("`aws_role`."),
					"category":        text("Who manages what: `provider_managed`, `shared`, `enterprise_managed` or `external`."),
					"account":         text("Account id."),
					"owner":           text("Team or person that answers for it; null when nobody is named."),
					"purpose":         text("What it is for; null when nothing is said."),
					"expiry":          text("When its access ends; null when never."),
					"business_owner":  text("Who answers for it in the business."),
					"technical_owner": text("Who operates what uses it."),
					"environment":     text("Environment that it belongs to."),
					"ticket":          text("Request that asked for it."),
					"systems":         schema.ListAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Systems that it connects."},
					"labels":          schema.MapAttribute{ElementType: types.StringType, Computed: true, MarkdownDescription: "Its other tags."},
					"managed_by":      text("Mark of the tool that governs it; null when none does."),
					"created_at":      text("When it was created, RFC 3339."),
					"last_used_at":    text("When it was last used, RFC 3339; null when the platform has seen no use. IAM looks back 400 days, and not before the role was made: compare `created_at`."),
					"last_used_known": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the platform could say when it was last used. Unknown is not unused."},
					"import_id":       text("What an import block takes to bring it under governance."),
					"findings": schema.ListNestedAttribute{
						Computed: true, MarkdownDescription: "What is wrong with it.",
						NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
							"code":     text("Stable name: `unowned`, `no_purpose` or `no_expiry`."),
							"severity": text("`high` or `medium`."),
							"owasp":    text("Risk in the OWASP Non-Human Identities Top 10 (2025), such as `NHI1`."),
							"message":  text("What is wrong."),
							"remedy":   text("What helps."),
						}},
					},
				}},
			},
			"summary": schema.SingleNestedAttribute{
				Computed: true, MarkdownDescription: "Counts.",
				Attributes: map[string]schema.Attribute{
					"total":      schema.Int64Attribute{Computed: true, MarkdownDescription: "How many identities are listed."},
					"by_finding": schema.MapAttribute{ElementType: types.Int64Type, Computed: true, MarkdownDescription: "How many of them have each finding, by its code."},
				},
			},
			"gaps": schema.ListAttribute{
				ElementType: types.StringType, Computed: true,
				MarkdownDescription: "What could not be read and why. Empty when the list is complete.",
			},
		},
	}
}
