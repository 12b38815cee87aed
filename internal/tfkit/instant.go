package tfkit

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// Instant wants an RFC 3339 time.
type Instant struct{}

// Description is what a value has to be.
func (Instant) Description(context.Context) string {
	return "must be an RFC 3339 time with a zone, such as 2027-03-31T18:00:00Z"
}

// MarkdownDescription is Description.
func (v Instant) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString reports what is no time.
func (v Instant) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := time.Parse(time.RFC3339, req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Time is malformed", fmt.Sprintf("%s %s.", req.ConfigValue, v.Description(ctx)))
	}
}
