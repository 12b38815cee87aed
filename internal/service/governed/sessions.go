package governed

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// SessionsValidAfterAttribute is the argument sessions_valid_after of a role or a user.
func SessionsValidAfterAttribute(noun, remains string) schema.Attribute {
	return schema.StringAttribute{
		Optional: true, Validators: []validator.String{tfkit.Instant{}},
		MarkdownDescription: fmt.Sprintf("Time (RFC 3339) from before which no session of the %s is valid: an inline policy `governed-sessions` denies everything to those that AWS issued earlier, and sessions that are taken anew work. %s"+
			"Removing the argument removes the denial, which has no use once the longest session has ended by itself. With Terraform 1.14 the action `governed_revoke_sessions` does the same at once; what it has denied is no drift and stays.", noun, remains),
	}
}

// SessionsValidAfter is the instant that an argument names; zero while there is none, or none that is known.
func SessionsValidAfter(value types.String) time.Time {
	instant, _ := time.Parse(time.RFC3339, value.ValueString())
	return instant.UTC().Truncate(time.Second)
}

// ObservedSessions is the argument as the identity has it, in the words of the configuration where they say the same.
func ObservedSessions(had types.String, observed time.Time) types.String {
	switch {
	case observed.IsZero():
		return types.StringNull()
	case SessionsValidAfter(had).Equal(observed):
		return had
	}
	return types.StringValue(observed.UTC().Format(time.RFC3339))
}
