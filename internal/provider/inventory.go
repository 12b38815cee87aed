package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
)

type inventoryModel struct {
	Organization         types.Bool   `tfsdk:"organization"`
	Accounts             types.List   `tfsdk:"accounts"`
	RoleName             types.String `tfsdk:"role_name"`
	Regions              types.List   `tfsdk:"regions"`
	ConfigAggregator     types.String `tfsdk:"config_aggregator"`
	UnusedAccessFindings types.Bool   `tfsdk:"unused_access_findings"`
	ServiceLastAccessed  types.Bool   `tfsdk:"service_last_accessed"`
}

// configure adds the inventory to a configuration, all of which is known.
func (m *inventoryModel) configure(ctx context.Context, config *aws.Config) diag.Diagnostics {
	diags := m.Accounts.ElementsAs(ctx, &config.InventoryAccounts, false)
	diags.Append(m.Regions.ElementsAs(ctx, &config.InventoryRegions, false)...)
	config.InventoryOrganization, config.InventoryRole = m.Organization.ValueBool(), m.RoleName.ValueString()
	config.InventoryAggregator = m.ConfigAggregator.ValueString()
	config.UnusedAccessFindings, config.ServiceLastAccessed = m.UnusedAccessFindings.ValueBool(), m.ServiceLastAccessed.ValueBool()
	for i, account := range config.InventoryAccounts {
		if allowed := config.AllowedAccountIDs; len(allowed) > 0 && !slices.Contains(allowed, account) {
			diags.AddAttributeError(path.Root("aws").AtName("inventory").AtName("accounts").AtListIndex(i), "Account is not allowed",
				"The inventory is to read account "+account+", which is not in aws.allowed_account_ids. Add it there, or leave it out of the inventory.")
		}
	}
	return diags
}

// inventoryBlock holds the arguments of aws.inventory against each other. What is not known yet is not blamed.
type inventoryBlock struct{}

// Description says what the rule is.
func (inventoryBlock) Description(context.Context) string {
	return "has organization = true or accounts, not both, and then role_name or config_aggregator"
}

// MarkdownDescription says what the rule is.
func (v inventoryBlock) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateObject checks the block.
func (inventoryBlock) ValidateObject(ctx context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	var m inventoryModel
	resp.Diagnostics.Append(req.ConfigValue.As(ctx, &m, basetypes.ObjectAsOptions{})...)
	if resp.Diagnostics.HasError() {
		return
	}
	organization, accounts := m.Organization.ValueBool(), !m.Accounts.IsNull()
	means := !m.RoleName.IsNull() || !m.ConfigAggregator.IsNull()
	switch {
	case m.Organization.IsUnknown() || m.Accounts.IsUnknown():
	case organization && accounts:
		resp.Diagnostics.AddAttributeError(req.Path.AtName("accounts"), "Inventory is ambiguous",
			"aws.inventory has organization = true and accounts. The former lists all accounts of the organization, the latter only its own: leave one of them out.")
	case means && !organization && !accounts:
		resp.Diagnostics.AddAttributeError(req.Path, "Inventory has no accounts",
			`aws.inventory says how to read further accounts, and names none. Write organization = true for all accounts of the organization, or accounts = ["123456789012"] for some, or leave role_name and config_aggregator out.`)
	case !means && (organization || accounts):
		resp.Diagnostics.AddAttributeError(req.Path.AtName("role_name"), "Inventory has no role",
			`aws.inventory says in no way how to read further accounts. Write role_name, the name of a role that may read and that is in each of them, such as "audit/inventory", or config_aggregator where AWS Config records them.`)
	}
}
