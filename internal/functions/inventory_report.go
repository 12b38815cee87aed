// Package functions holds the provider's functions.
package functions

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/inventory/report"
)

// inventoryReport is provider::governed::inventory_report.
type inventoryReport struct{}

// NewInventoryReport makes the function for the provider's list.
func NewInventoryReport() function.Function { return inventoryReport{} }

// Metadata names the function.
func (inventoryReport) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "inventory_report"
}

// Definition describes the function.
func (inventoryReport) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Write a report of identities",
		MarkdownDescription: "Writes the identities that a data source has listed, with their findings and remedies, as a report in one of five formats, the worst identities first:\n\n" +
			"- `html`: one self-contained page with totals, charts, and a table that sorts and filters, also without a network, on a phone and on paper\n" +
			"- `markdown`: GitHub Flavored Markdown, for a job summary or a comment\n" +
			"- `csv`: a row for every identity; lists are separated by semicolons\n" +
			"- `json`: all that is known, and the counts\n" +
			"- `sarif`: SARIF 2.1.0 with a result for every finding, for code scanning\n\n" +
			"What a data source could not read is in its `gaps`. Hand them over as well, so that a report that lacks something does not look complete: " +
			"`provider::governed::inventory_report(data.governed_identities.all.identities, \"html\", data.governed_identities.all.gaps)`. " +
			"The page and the Markdown begin with them, `json` has them as `gaps` and `complete`, and `sarif` as `toolExecutionNotifications`. " +
			"A `csv` has identities only and cannot show them: write one of the others beside it. Where the gaps are empty, the report says that everything was read; " +
			"without any it says neither, and `complete` is null.\n\n" +
			"The same identities and gaps are always the same report: it has no clock, so the ages on the page count up to the newest time in the data. " +
			"Names and tags can come from strangers. They are escaped in every format: a page runs no script but its own, spreadsheets compute nothing (what would begin a formula is led by an apostrophe), " +
			"and characters that cannot be seen or that turn the reading direction are shown, such as `⟨U+202E⟩`, or escaped, such as `\\u202e` in JSON.\n\n" +
			"A report has no secrets, but it tells a reader where an account is weak: keep it where only those see it who may.",
		Parameters: []function.Parameter{
			function.DynamicParameter{
				Name: "identities", AllowUnknownValues: true,
				MarkdownDescription: "What a data source returns as `identities`, or a part of it, or several of them joined with `concat`. Attributes that are missing count as not known; those that no data source has are left out.",
			},
			function.StringParameter{Name: "format", MarkdownDescription: "`html`, `markdown`, `csv`, `json` or `sarif`."},
		},
		VariadicParameter: function.ListParameter{
			Name: "gaps", ElementType: types.StringType, AllowUnknownValues: true,
			MarkdownDescription: "What the data sources of these identities return as `gaps`, a list from each. Gaps that are in several lists are told once.",
		},
		Return: function.StringReturn{},
	}
}

// Run writes the report. What is not known yet at plan, wherever it is in the identities or the gaps, makes the whole report
// unknown.
func (inventoryReport) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var list types.Dynamic
	var format string
	var gapLists []types.List
	if resp.Error = req.Arguments.Get(ctx, &list, &format, &gapLists); resp.Error != nil {
		return
	}
	formats := report.Formats()
	if !slices.Contains(formats, report.Format(format)) {
		names := make([]string, len(formats))
		for i, known := range formats {
			names[i] = string(known)
		}
		resp.Error = function.NewArgumentFuncError(1, fmt.Sprintf("%q is no format: use one of %s", format, strings.Join(names, ", ")))
		return
	}
	value, err := list.ToTerraformValue(ctx)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	if !value.IsFullyKnown() || slices.ContainsFunc(gapLists, hasUnknown) {
		resp.Error = resp.Result.Set(ctx, types.StringUnknown())
		return
	}
	identities, err := decode(value)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error()+": give what a data source returns as identities, such as data.governed_unowned_identities.all.identities")
		return
	}
	gaps, funcErr := joinGaps(gapLists)
	if funcErr != nil {
		resp.Error = funcErr
		return
	}
	text, err := report.Render(report.Inventory{Identities: identities, Gaps: gaps}, report.Format(format))
	if err != nil {
		resp.Error = function.NewFuncError("The report cannot be written: " + err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, text)
}

func hasUnknown(list types.List) bool {
	return list.IsUnknown() || slices.ContainsFunc(list.Elements(), attr.Value.IsUnknown)
}

// joinGaps is nil without a list. A gap that says nothing is refused: to leave it out could make a report look complete.
func joinGaps(lists []types.List) ([]string, *function.FuncError) {
	var gaps []string
	for i, list := range lists {
		if gaps == nil {
			gaps = []string{}
		}
		for at, element := range list.Elements() {
			gap, ok := element.(types.String)
			if !ok || strings.TrimSpace(gap.ValueString()) == "" {
				return nil, function.NewArgumentFuncError(int64(2+i), fmt.Sprintf("gaps[%d] says nothing: give what a data source returns as gaps, such as data.governed_identities.all.gaps", at))
			}
			gaps = append(gaps, gap.ValueString())
		}
	}
	return gaps, nil
}
