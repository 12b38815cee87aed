package functions

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// expiryAfter is provider::governed::expiry_after.
type expiryAfter struct{}

// NewExpiryAfter makes the function for the provider's list.
func NewExpiryAfter() function.Function { return expiryAfter{} }

// Metadata names the function.
func (expiryAfter) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "expiry_after"
}

// Definition describes the function.
func (expiryAfter) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Write the expiry some days after a date or time",
		MarkdownDescription: "Returns the date, as `expiry` takes it, of the day that lies `days` days after that of `timestamp`, both in UTC. " +
			"An expiry holds to the end of its day, so access lasts for at least `days` days of 24 hours from `timestamp` on, and for at most one day more. " +
			"Days are those of the calendar, leap days included: 365 days after `2028-02-29` is `2029-02-28`. " +
			"Counted from today, as many days as the policy's `max_lifetime_days` are just allowed.\n\n" +
			"**Start from what stands still.** The function has no clock: the same arguments are always the same date. " +
			"With `plantimestamp()` the expiry would be renewed by every plan, a day further on every day, and never come; " +
			"with `timestamp()` it would not even be known before the apply. Use one of:\n\n" +
			"- a date in the configuration, `provider::governed::expiry_after(\"2026-11-22\", 90)`. A renewal is a change of that date, which somebody reviews;\n" +
			"- the moment of the first plan, kept in the state by a `terraform_data` with `ignore_changes` (below). " +
			"Its `input` is known at plan, so the policy judges the expiry there. A renewal is `terraform apply -replace=terraform_data.granted`;\n" +
			"- the `rfc3339` of a `time_static` of the provider hashicorp/time. It is known only after the first apply, which is when the policy judges it.",
		Parameters: []function.Parameter{
			function.StringParameter{
				Name:                "timestamp",
				MarkdownDescription: "The beginning: a date such as `2026-11-22`, or an RFC 3339 time such as `2026-11-22T08:00:00Z`. A time with another offset counts as the day that it is in UTC.",
			},
			// Of a number that is not whole, the framework's Int64Parameter says that the provider's developer should be told.
			function.NumberParameter{Name: "days", MarkdownDescription: "How many days later: a whole number from 0, the same day, to 36500."},
		},
		Return: function.StringReturn{},
	}
}

// Run adds the days.
func (expiryAfter) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var timestamp string
	var days *big.Float
	if resp.Error = req.Arguments.Get(ctx, &timestamp, &days); resp.Error != nil {
		return
	}
	start, err := time.Parse(time.RFC3339, timestamp)
	if err != nil {
		start, err = time.Parse(time.DateOnly, timestamp)
	}
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, fmt.Sprintf(`%q is neither a date such as "2026-11-22" nor an RFC 3339 time such as "2026-11-22T08:00:00Z"`, timestamp))
		return
	}
	whole, accuracy := days.Int64()
	if accuracy != big.Exact {
		resp.Error = function.NewArgumentFuncError(1, days.Text('g', 10)+" is no number of days: write a whole one, such as 90")
		return
	}
	date, err := governance.ExpiryAfter(start, whole)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(1, err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, date)
}
