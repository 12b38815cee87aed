package inventory

import (
	"context"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
)

// limitsModel is limits.
type limitsModel struct {
	UnusedForDays types.Int64 `tfsdk:"unused_for_days"`
	WithinDays    types.Int64 `tfsdk:"within_days"`
}

// collection is a set in a data source and a list in a list block.
type collection interface{ Elements() []attr.Value }

// filtersModel is definition.filters in a configuration.
type filtersModel[C collection] struct {
	limitsModel
	Platforms    C            `tfsdk:"platforms"`
	Kinds        C            `tfsdk:"kinds"`
	Categories   C            `tfsdk:"categories"`
	Owners       C            `tfsdk:"owners"`
	Environments C            `tfsdk:"environments"`
	Accounts     C            `tfsdk:"accounts"`
	Labels       types.Map    `tfsdk:"labels"`
	Findings     C            `tfsdk:"findings"`
	Classes      C            `tfsdk:"classes"`
	NamePattern  types.String `tfsdk:"name_pattern"`
	MinimumScore types.Int64  `tfsdk:"minimum_score"`
	Sort         types.String `tfsdk:"sort"`
}

// listModel is the configuration of a data source that lists; what is computed is written past it.
type listModel struct {
	filtersModel[types.Set]
	Limit        types.Int64  `tfsdk:"limit"`
	AccessKeyIDs types.Bool   `tfsdk:"access_key_ids"`
	Identities   types.List   `tfsdk:"identities"`
	Summary      types.Object `tfsdk:"summary"`
	Gaps         types.List   `tfsdk:"gaps"`
	Complete     types.Bool   `tfsdk:"complete"`
}

// query is what a configuration asks for, with what is wrong in it. What is not known yet is left out.
func (d definition) query(ctx context.Context, config tfsdk.Config) (inventory.Query, diag.Diagnostics) {
	var m listModel
	diags := config.Get(ctx, &m)
	if diags.HasError() {
		return inventory.Query{}, diags
	}
	q := m.query(d)
	q.Limit = number(m.Limit)
	report(&diags, "governed_"+d.name, q.Problems())
	return q, diags
}

// query is what the filters ask for.
func (m filtersModel[C]) query(d definition) inventory.Query {
	q := inventory.Query{
		Platforms: known[governance.Platform](m.Platforms), Kinds: known[governance.Kind](m.Kinds), Categories: known[governance.Category](m.Categories),
		Owners: known[string](m.Owners), Environments: known[string](m.Environments), Accounts: known[string](m.Accounts), Findings: known[string](m.Findings),
		Classes: known[governance.Rule](m.Classes),
		Labels:  map[string]string{}, NamePattern: m.NamePattern.ValueString(), MinimumScore: d.minimumScore,
		Sort: d.sort, UnusedForDays: number(m.UnusedForDays), WithinDays: number(m.WithinDays),
	}
	for key, value := range m.Labels.Elements() {
		if text, ok := value.(types.String); ok {
			q.Labels[key] = text.ValueString()
		}
	}
	if score := number(m.MinimumScore); score != nil {
		q.MinimumScore = *score
	}
	if given(m.Sort) {
		q.Sort = inventory.Sort(m.Sort.ValueString())
	}
	return q
}

// report puts what is wrong in a query on its argument.
func report(diags *diag.Diagnostics, typeName string, problems []inventory.Problem) {
	for _, problem := range problems {
		diags.AddAttributeError(path.Root(problem.Argument), "Query cannot be answered", fmt.Sprintf("%s: %s: %s.\n\n%s", typeName, problem.Argument, problem.Message, problem.Remedy))
	}
}

// known are the elements of a collection that are known.
func known[T ~string](of collection) []T {
	var values []T
	for _, element := range of.Elements() {
		if text, ok := element.(types.String); ok && given(text) {
			values = append(values, T(text.ValueString()))
		}
	}
	return values
}

func given(value attr.Value) bool { return !value.IsNull() && !value.IsUnknown() }

// number is nil where there is none, or none yet.
func number(value types.Int64) *int {
	if !given(value) {
		return nil
	}
	n := int(value.ValueInt64())
	return &n
}

// configValues are the values of a configuration, to be completed.
func configValues(config tfsdk.Config) (map[string]tftypes.Value, error) {
	values := map[string]tftypes.Value{}
	err := config.Raw.As(&values)
	return maps.Clone(values), err // As gives the value's own map.
}
