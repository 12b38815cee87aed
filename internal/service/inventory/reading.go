// Package inventory holds the data sources that list identities, also those that Terraform never made, and the filters that
// list resources share with them.
package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

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

// listing reads every identity of every platform that is configured. A platform that cannot be read is an error where it is
// the only one, and a gap beside others; it is never an empty list.
func (c *configured) listing(ctx context.Context, dataSource string) (platform.Listing, diag.Diagnostics) {
	type source struct {
		name string
		platform.Inventory
	}
	var sources []source
	var diags diag.Diagnostics
	if c.data.AWS != nil || c.data.Azure == nil {
		if diags = c.data.RequireAWS(path.Empty()); diags.HasError() {
			return platform.Listing{}, diags
		}
		sources = append(sources, source{"AWS", c.data.AWS})
	}
	if c.data.Azure != nil {
		sources = append(sources, source{"Azure", c.data.Azure})
	}
	listings, failures := make([]platform.Listing, len(sources)), make([]error, len(sources))
	var group sync.WaitGroup
	for i, one := range sources {
		group.Go(func() { listings[i], failures[i] = one.Identities(ctx) })
	}
	group.Wait()
	var all platform.Listing
	failed := 0
	for i, one := range sources {
		if err := failures[i]; err != nil {
			failed++
			all.Gaps = append(all.Gaps, fmt.Sprintf("The identities of %s are not listed: %s.", one.name, strings.TrimSuffix(err.Error(), ".")))
			continue
		}
		all = joined(all, listings[i])
	}
	if failed == len(sources) {
		for _, err := range failures {
			tfkit.AddError(&diags, path.Empty(), "Identities cannot be listed", dataSource, err)
		}
	}
	for _, unread := range c.data.Policy.OwnersUnread() {
		all.Gaps = append(all.Gaps, "Whether owners are gone is not known, because "+unread+".")
	}
	return all, diags
}

// joined are two listings in one, of which the identities are in the order of their ids.
func joined(one, other platform.Listing) platform.Listing {
	return platform.Listing{
		Identities: slices.Concat(one.Identities, other.Identities), Gaps: slices.Concat(one.Gaps, other.Gaps),
		Accounts: slices.Concat(one.Accounts, other.Accounts), Siblings: slices.Concat(one.Siblings, other.Siblings),
	}
}

// keyIDs asks for the ids of the identities' access keys, and returns gaps where they cannot be had. Those of other platforms
// have their ids already.
func (c *configured) keyIDs(ctx context.Context, dataSource string, identities []governance.Identity) (gaps []string, diags diag.Diagnostics) {
	if c.data.AWS == nil {
		return nil, nil
	}
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
