// Package inventory holds the data sources that list identities, also those that Terraform never made.
package inventory

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// configured is what the data sources share: the provider's data.
type configured struct{ data *tfkit.Data }

// Configure takes the provider's data.
func (c *configured) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	data, diags := tfkit.FromProvider(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	c.data = data
}

// listing reads every identity there is. One that fails is an error and never an empty list.
func (c *configured) listing(ctx context.Context, dataSource string) (platform.Listing, diag.Diagnostics) {
	diags := c.data.RequireAWS(path.Empty())
	if diags.HasError() {
		return platform.Listing{}, diags
	}
	listing, err := c.data.AWS.Identities(ctx)
	if err != nil {
		tfkit.AddError(&diags, path.Empty(), "Identities cannot be listed", dataSource, err)
	}
	return listing, diags
}

// keyIDs asks for the ids of the identities' access keys, and returns gaps where they cannot be had.
func (c *configured) keyIDs(ctx context.Context, dataSource string, identities []governance.Identity) (gaps []string, diags diag.Diagnostics) {
	gaps, err := c.data.AWS.IdentifyKeys(ctx, identities)
	if err != nil {
		tfkit.AddError(&diags, path.Empty(), "Access keys cannot be listed", dataSource, err)
	}
	return gaps, diags
}

// options are those of a query, with what the listing tells about an identity's neighbours.
func (c *configured) options(q inventory.Query, listing platform.Listing) inventory.Options {
	options := q.Options(c.data.Policy)
	options.Neighbours = inventory.NewNeighbours(listing.Identities, listing.Own())
	return options
}

// warnOfGaps says that a result is not complete.
func warnOfGaps(diags *diag.Diagnostics, dataSource string, gaps []string) {
	if len(gaps) > 0 {
		diags.AddWarning("Inventory has gaps", dataSource+": not everything is known, so the result can lack identities or findings:\n\n- "+strings.Join(gaps, "\n- "))
	}
}
