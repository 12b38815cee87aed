package inventory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	_ datasource.DataSourceWithConfigure        = (*identityDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*identityDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig   = (*identityDataSource)(nil)
)

const identityType = "governed_identity"

// identityDataSource is governed_identity.
type identityDataSource struct{ configured }

// NewIdentityDataSource makes the data source for the provider's list.
func NewIdentityDataSource() datasource.DataSource { return &identityDataSource{} }

// Metadata names the data source.
func (*identityDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_identity"
}

// Schema of the data source.
func (*identityDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := itemAttributes()
	attributes["id"] = schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Canonical id. Exactly one of `id`, `arn` and `credential_id` is needed."}
	attributes["arn"] = schema.StringAttribute{Optional: true, MarkdownDescription: "ARN of an IAM role or user."}
	attributes["credential_id"] = schema.StringAttribute{Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)}, MarkdownDescription: "Id of one of its credentials: an access key id, or the key id of a client secret or certificate. " +
		"That nobody has it is an error. For an access key that `governed_credential` has not made, each user is asked for its keys, which is a call for each."}
	addToDataSource(attributes, limits())
	maps.Copy(attributes, completeness())
	resp.Schema = schema.Schema{
		MarkdownDescription: "One non-human identity, whoever made it, with what is wrong with it. It comes from the same bulk read as the lists, and one call more asks for the ids of a user's access keys.",
		Attributes:          attributes,
	}
}

// ConfigValidators want one way to name the identity.
func (*identityDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{datasourcevalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("arn"), path.MatchRoot("credential_id"))}
}

// asked is what a configuration asks for.
type asked struct {
	id governance.ID
	// credential is the id of one of its credentials; empty where the identity itself is named.
	credential string

	query inventory.Query
	// argument names the identity.
	argument path.Path
}

// ask reads a configuration, with what is wrong in it. What is not known yet is left out.
func ask(ctx context.Context, config tfsdk.Config) (asked, diag.Diagnostics) {
	var id, arn, credential types.String
	var m limitsModel
	var diags diag.Diagnostics
	for name, target := range map[string]any{"id": &id, "arn": &arn, "credential_id": &credential, "unused_for_days": &m.UnusedForDays, "within_days": &m.WithinDays} {
		diags.Append(config.GetAttribute(ctx, path.Root(name), target)...)
	}
	a := asked{argument: path.Root("id"), query: inventory.Query{UnusedForDays: number(m.UnusedForDays), WithinDays: number(m.WithinDays)}}
	report(&diags, identityType, a.query.Problems())
	switch {
	case given(id):
		var err error
		if a.id, err = governance.ParseID(id.ValueString()); err != nil {
			diags.AddAttributeError(a.argument, "Identity id is malformed", err.Error()+". For an ARN, write arn instead of id.")
		}
	case given(credential):
		a.argument, a.credential = path.Root("credential_id"), credential.ValueString()
	case given(arn):
		a.argument = path.Root("arn")
		var ok bool
		if a.id, ok = governance.ParseARN(arn.ValueString()); !ok {
			diags.AddAttributeError(a.argument, "ARN is malformed", fmt.Sprintf("%q is not the ARN of an IAM role or user, such as arn:aws:iam::123456789012:role/ci/deploy.", arn.ValueString()))
		}
	}
	return a, diags
}

// ValidateConfig refuses what names no identity.
func (*identityDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	_, diags := ask(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
}

// same compares canonical ids. Azure does not tell letters by their case.
func same(one, other governance.ID) bool {
	return one == other || one.Kind == other.Kind && one.Kind.Platform() != governance.PlatformAWS && strings.EqualFold(one.String(), other.String())
}

// Read finds the identity; that there is none is an error.
func (d *identityDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	a, diags := ask(ctx, req.Config)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	listing, diags := d.listing(ctx, identityType)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if a.credential != "" {
		var gaps []string
		a.id, gaps, diags = d.holder(ctx, listing.Identities, a.credential)
		listing.Gaps = slices.Concat(listing.Gaps, gaps)
		resp.Diagnostics.Append(diags...)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	i := slices.IndexFunc(listing.Identities, func(one governance.Identity) bool { return same(one.ID, a.id) })
	if i < 0 {
		warnOfGaps(&resp.Diagnostics, identityType, listing.Gaps)
		resp.Diagnostics.AddAttributeError(a.argument, "Identity not found", a.missing(listing.Identities))
		return
	}
	one := listing.Identities[i : i+1]
	gaps, diags := d.keyIDs(ctx, identityType, one)
	resp.Diagnostics.Append(diags...)
	gaps = slices.Concat(listing.Gaps, gaps)
	warnOfGaps(&resp.Diagnostics, identityType, gaps)
	if resp.Diagnostics.HasError() {
		return
	}
	identity := inventory.Judge(one, d.data.Policy, d.options(a.query, listing), d.data.Clock.Now())[0]
	values, err := configValues(req.Config)
	if err != nil {
		resp.Diagnostics.AddError("Configuration cannot be read", identityType+": "+err.Error())
		return
	}
	object, _ := resp.State.Schema.Type().TerraformType(ctx).(tftypes.Object)
	item, err := itemOf(object, &identity)
	if err != nil {
		resp.Diagnostics.AddError("Identity cannot be encoded", identityType+": "+err.Error())
		return
	}
	maps.Copy(values, item)
	maps.Copy(values, completenessValues(gaps))
	resp.State.Raw = tftypes.NewValue(object, values)
}

// holder is who has a credential: as the bulk read has it, or else by what each user answers. It is zero where nobody has it.
func (d *identityDataSource) holder(ctx context.Context, identities []governance.Identity, credential string) (holder governance.ID, gaps []string, diags diag.Diagnostics) {
	for i := range identities {
		if slices.ContainsFunc(identities[i].Credentials, func(one governance.CredentialSummary) bool { return one.ID == credential }) {
			return identities[i].ID, nil, nil
		}
	}
	if d.data.AWS == nil {
		return governance.ID{}, nil, nil
	}
	holder, gaps, err := d.data.AWS.KeyHolder(ctx, identities, credential)
	if err != nil {
		tfkit.AddError(&diags, path.Root("credential_id"), "Access keys cannot be listed", identityType, err)
	}
	return holder, gaps, diags
}

// temporaryPrefix is that of the access key ids of sessions.
const temporaryPrefix = "ASIA"

// missing says where the identity was looked for.
func (a asked) missing(identities []governance.Identity) string {
	where := fmt.Sprintf("the %d identities of %s", len(identities), accounts(identities))
	switch {
	case strings.HasPrefix(a.credential, temporaryPrefix):
		return fmt.Sprintf("%s: this is the key of a session, which no identity has for its own and nobody can revoke alone. CloudTrail has the identity that it belongs to; end that one's sessions with sessions_valid_after.", a.credential)
	case a.credential != "":
		return fmt.Sprintf("%s: it is a credential of none of %s.\n\nIt may be deleted already, or another account's: aws sts get-access-key-info tells the account of an access key. Let the provider read that account, by inventory or with its own credentials.", a.credential, where)
	}
	return fmt.Sprintf("%s: it is not among %s.\n\nCheck its path and the case of its letters, and that the provider reads its account.", a.id, where)
}

// accounts names those that were read.
func accounts(identities []governance.Identity) string {
	var ids []string
	for i := range identities {
		ids = append(ids, identities[i].ID.Home())
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) == 0 {
		return "the account"
	}
	more := ""
	if count := len(ids) - mostNamed; count > 0 {
		more = fmt.Sprintf(" and %d more", count)
	}
	return "account " + strings.Join(ids[:min(mostNamed, len(ids))], ", ") + more
}
