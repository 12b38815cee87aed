// Package inventory holds the data sources that list identities, also those that Terraform never made.
package inventory

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var _ datasource.DataSourceWithConfigure = (*unownedDataSource)(nil)

// unownedDataSource is governed_unowned_identities.
type unownedDataSource struct{ data *tfkit.Data }

// NewUnownedDataSource makes the data source for the provider's list.
func NewUnownedDataSource() datasource.DataSource { return &unownedDataSource{} }

// Metadata names the data source.
func (*unownedDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_unowned_identities"
}

// Schema of the data source.
func (*unownedDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = listSchema("IAM roles of the account without an owner, a purpose or an expiry, whoever made them; IAM users are not listed. They are read in bulk: a handful of calls, however many there are. " +
		"Roles that AWS itself manages are left out.")
}

// Configure takes the provider's data.
func (d *unownedDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	data, diags := tfkit.FromProvider(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	d.data = data
}

// Read lists the identities. A listing that fails is an error and never an empty list.
func (d *unownedDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	resp.Diagnostics.Append(d.data.RequireAWS(path.Empty())...)
	if resp.Diagnostics.HasError() {
		return
	}
	listing, err := d.data.AWS.Identities(ctx)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, path.Empty(), "Identities cannot be listed", "governed_unowned_identities", err)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, list(inventory.Unowned(listing.Identities), listing.Gaps))...)
}
