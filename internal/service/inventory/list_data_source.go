package inventory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	_ datasource.DataSourceWithConfigure      = (*listDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*listDataSource)(nil)
)

// definition is what tells the data sources that list identities apart.
type definition struct {
	// name is the type without the provider.
	name        string
	description string
	// findings are the codes of which an identity has to have one; none for all identities.
	findings     []string
	minimumScore int
	sort         inventory.Sort
}

const inBulk = " They are read in bulk: a handful of calls, however many there are."

// NewIdentitiesDataSource makes governed_identities.
func NewIdentitiesDataSource() datasource.DataSource {
	return &listDataSource{definition: definition{
		name: "identities", sort: inventory.SortID,
		description: "The non-human identities of the accounts, subscriptions and tenant that are read, whoever made them, with what is wrong with each." + inBulk,
	}}
}

// NewStaleDataSource makes governed_stale_identities.
func NewStaleDataSource() datasource.DataSource {
	return &listDataSource{definition: definition{
		name: "stale_identities", sort: inventory.SortLastUsed,
		findings: []string{inventory.FindingStale, inventory.FindingNeverUsed},
		description: "Identities that nothing has used for `unused_for_days`: those with the finding `stale` or `never_used`. Unknown is not unused: what the platform does not know the last use of " +
			"is not listed, and `gaps` counts it. What is in quarantine stays as stale as it was, so that a `for_each` of `governed_quarantine` keeps it." + inBulk,
	}}
}

// NewUnownedDataSource makes governed_unowned_identities.
func NewUnownedDataSource() datasource.DataSource {
	return &listDataSource{definition: definition{
		name: "unowned_identities", sort: inventory.SortID,
		findings:    []string{inventory.FindingUnowned, inventory.FindingOwnerGone, inventory.FindingNoPurpose, inventory.FindingNoExpiry},
		description: "Identities without an owner, a purpose or an expiry, or whose owner is gone (finding `owner_gone`), whoever made them. What AWS itself manages is listed only for an owner who is gone." + inBulk,
	}}
}

// NewExpiringDataSource makes governed_expiring_identities.
func NewExpiringDataSource() datasource.DataSource {
	return &listDataSource{definition: definition{
		name: "expiring_identities", sort: inventory.SortExpiry,
		findings: []string{inventory.FindingExpired, inventory.FindingExpiring, inventory.FindingCredentialExpiring},
		description: "Identities whose expiry is at most `within_days` ahead, those that have expired and are still there, and those of which a credential ends so soon that nobody is known to rotate: the findings `expiring`, `expired` " +
			"and `credential_expiring`. One that has merely kept a credential that has ended (`credential_expired`) is in `governed_identities`." + inBulk,
	}}
}

// NewHighRiskDataSource makes governed_high_risk_identities.
func NewHighRiskDataSource() datasource.DataSource {
	return &listDataSource{definition: definition{
		name: "high_risk_identities", sort: inventory.SortRiskScore, minimumScore: 50,
		description: "Identities with a risk score of at least `minimum_score`, the highest first. The score is the sum of what their findings weigh, as the guide \"Findings and the risk score\" has it." + inBulk,
	}}
}

// listDataSource lists identities.
type listDataSource struct {
	configured
	definition definition
}

// Metadata names the data source.
func (d *listDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + d.definition.name
}

// Schema of the data source.
func (d *listDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = d.definition.listSchema()
}

// ValidateConfig refuses what cannot be asked.
func (d *listDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	_, diags := d.definition.query(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
}

// Read lists the identities that fit.
func (d *listDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	query, diags := d.definition.query(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	var keyIDs types.Bool
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("access_key_ids"), &keyIDs)...)
	if resp.Diagnostics.HasError() {
		return
	}
	name := "governed_" + d.definition.name
	listing, diags := d.listing(ctx, name)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	options, now := d.options(query, listing), d.data.Clock.Now()
	found, unknown := d.definition.find(query, inventory.Judge(listing.Identities, d.data.Policy, options, now), options, now)
	gaps := slices.Concat(listing.Gaps, unknown)
	shown := found
	if query.Limit != nil && *query.Limit < len(found) {
		shown = found[:*query.Limit]
	}
	if keyIDs.ValueBool() {
		missing, diags := d.identifyKeys(ctx, name, shown, func(some []governance.Identity) []governance.Identity {
			return inventory.Judge(some, d.data.Policy, options, now)
		})
		resp.Diagnostics.Append(diags...)
		if resp.Diagnostics.HasError() {
			return
		}
		gaps = append(gaps, missing...)
	}
	warnOfGaps(&resp.Diagnostics, name, gaps)

	values, err := configValues(req.Config)
	if err != nil {
		resp.Diagnostics.AddError("Configuration cannot be read", name+": "+err.Error())
		return
	}
	object, _ := resp.State.Schema.Type().TerraformType(ctx).(tftypes.Object)
	if values["identities"], err = identitiesValue(ctx, object.AttributeTypes["identities"], shown); err != nil {
		resp.Diagnostics.AddError("Identities cannot be encoded", name+": "+err.Error())
		return
	}
	values["summary"] = tftypes.NewValue(object.AttributeTypes["summary"], summaryValues(inventory.Summarise(found)))
	maps.Copy(values, completenessValues(gaps))
	resp.State.Raw = tftypes.NewValue(object, values)
}

// identifyKeys replaces the identities with findings about an access key of unknown id by what they are with it.
func (c *configured) identifyKeys(ctx context.Context, dataSource string, shown []governance.Identity, judge func([]governance.Identity) []governance.Identity) (gaps []string, diags diag.Diagnostics) {
	var places []int
	var some []governance.Identity
	for i := range shown {
		if inventory.LacksKeyID(&shown[i]) {
			places, some = append(places, i), append(some, shown[i])
		}
	}
	gaps, diags = c.keyIDs(ctx, dataSource, some)
	if !diags.HasError() {
		for i, identity := range judge(some) {
			shown[places[i]] = identity
		}
	}
	return gaps, diags
}

// find are the judged identities that fit a query, as far as the list is about them. Where the query or the list is about
// unused identities, there is a gap for those that fit otherwise and may be unused or not.
func (d definition) find(query inventory.Query, judged []governance.Identity, options inventory.Options, now time.Time) (found []governance.Identity, gaps []string) {
	codes := [][]string{d.findings, query.Findings}
	query.Findings = nil
	found = query.Filter(judged)
	maybe, aboutUse := found, false
	for _, some := range codes {
		if slices.Contains(some, inventory.FindingStale) || slices.Contains(some, inventory.FindingNeverUsed) {
			aboutUse = true
		} else {
			maybe = withAny(maybe, some)
		}
		found = withAny(found, some)
	}
	if aboutUse {
		gaps = unknownUses(maybe, options, now)
	}
	return found, gaps
}

// withAny are the identities that have one of the findings; all of them where none is named.
func withAny(identities []governance.Identity, findings []string) []governance.Identity {
	if len(findings) == 0 {
		return identities
	}
	var kept []governance.Identity
	for i := range identities {
		if inventory.Has(&identities[i], findings...) {
			kept = append(kept, identities[i])
		}
	}
	return kept
}

// identitiesValue is null where the identities go past the framework.
func identitiesValue(ctx context.Context, of tftypes.Type, identities []governance.Identity) (tftypes.Value, error) {
	e := newEncoder(itemSize * len(identities))
	objects(e, itemValues, identities)
	encoded, err := e.done()
	if err != nil {
		return tftypes.Value{}, err
	}
	if tfkit.Preencode(ctx, "identities", encoded) {
		return tftypes.NewValue(of, nil), nil
	}
	return tfprotov6.DynamicValue{MsgPack: encoded}.Unmarshal(of)
}

// mostNamed is how many identities a gap names.
const mostNamed = 5

// unknownUses is a gap where some identities cannot be judged by their last use.
func unknownUses(identities []governance.Identity, options inventory.Options, now time.Time) []string {
	var ids []string
	for i := range identities {
		if inventory.UseUnknown(&identities[i], options, now) {
			ids = append(ids, identities[i].ID.String())
		}
	}
	if len(ids) == 0 {
		return nil
	}
	more := ""
	if count := len(ids) - mostNamed; count > 0 {
		more = fmt.Sprintf(" and %d more", count)
	}
	return []string{"The last use is not known, so they may be stale or not: " + strings.Join(ids[:min(mostNamed, len(ids))], ", ") + more + "."}
}
