package quarantine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
)

// model is the resource in plan and state.
type model struct {
	ID           types.String `tfsdk:"id"`
	Identity     types.String `tfsdk:"identity"`
	Reason       types.String `tfsdk:"reason"`
	Ticket       types.String `tfsdk:"ticket"`
	ReleaseAfter types.String `tfsdk:"release_after"`
	DeleteAfter  types.String `tfsdk:"delete_after"`
	Status       types.String `tfsdk:"status"`
	Since        types.String `tfsdk:"since"`
	Changes      types.List   `tfsdk:"changes"`
	Instead      types.List   `tfsdk:"instead"`
	Drift        types.List   `tfsdk:"drift"`
	UniqueID     types.String `tfsdk:"unique_id"`
}

// identityModel is the resource's identity.
type identityModel struct {
	ID types.String `tfsdk:"id"`
}

// The states of a quarantine.
const (
	statusQuarantined = "quarantined"
	statusIncomplete  = "incomplete"
	statusReleased    = "released"
	statusDeleted     = "deleted"
)

func (m *model) is(status string) bool { return m.Status.ValueString() == status }

// title names a quarantine in messages.
func (m *model) title() string {
	return fmt.Sprintf("governed_quarantine of %s", m.Identity.ValueString())
}

// order is what the model asks for. What is not known yet is empty.
func (m *model) order() governance.QuarantineOrder {
	return governance.QuarantineOrder{
		Reason: m.Reason.ValueString(), Ticket: m.Ticket.ValueString(),
		ReleaseAfter: m.ReleaseAfter.ValueString(), DeleteAfter: m.DeleteAfter.ValueString(),
	}
}

// subject is what a policy judges; prior is nil on create.
func (m *model) subject(prior *model) governance.QuarantineSubject {
	subject := governance.QuarantineSubject{QuarantineOrder: m.order(), Unknown: map[string]bool{}}
	for attribute, value := range map[string]types.String{"reason": m.Reason, "ticket": m.Ticket, "release_after": m.ReleaseAfter, "delete_after": m.DeleteAfter} {
		subject.Unknown[attribute] = value.IsUnknown()
	}
	if prior != nil {
		order := prior.order()
		subject.Prior = &order
	}
	return subject
}

// observe takes over what the identity is.
func (m *model) observe(seen platform.Quarantined) {
	m.UniqueID, m.Drift = types.StringValue(seen.UniqueID), texts(seen.Drift)
	if seen.Quarantine == nil {
		m.Status, m.Drift = types.StringValue(statusReleased), texts([]string{"nothing on the identity records the quarantine any more"})
		return
	}
	order := seen.Quarantine.QuarantineOrder
	m.Reason, m.Ticket = types.StringValue(order.Reason), governed.Nullable(order.Ticket)
	m.ReleaseAfter, m.DeleteAfter = governed.Nullable(order.ReleaseAfter), governed.Nullable(order.DeleteAfter)
	m.Since = types.StringValue(seen.Quarantine.Since.UTC().Format(time.RFC3339))
	m.Changes, m.Instead = texts(seen.Changes), texts(seen.Instead)
	m.Status = types.StringValue(statusQuarantined)
	if !seen.Complete || len(seen.Drift) > 0 {
		m.Status = types.StringValue(statusIncomplete)
	}
}

// keep takes what a plan has promised: what has changed meanwhile, or could not be read, is the next refresh's to show.
func (m *model) keep(planned model) {
	for now, then := range map[*types.List]types.List{&m.Changes: planned.Changes, &m.Instead: planned.Instead, &m.Drift: planned.Drift} {
		if !then.IsUnknown() {
			*now = then
		}
	}
	if !planned.Status.IsUnknown() {
		m.Status = planned.Status
	}
}

// gone makes of the model one whose identity is no more.
func (m *model) gone() {
	m.Status, m.Changes, m.Instead, m.Drift = types.StringValue(statusDeleted), texts(nil), texts(nil), texts(nil)
}

// texts is a list that is never null.
func texts(values []string) types.List {
	elements := make([]attr.Value, len(values))
	for i, value := range values {
		elements[i] = types.StringValue(value)
	}
	return types.ListValueMust(types.StringType, elements)
}

func stringsOf(list types.List) []string {
	var values []string
	for _, element := range list.Elements() {
		if value, ok := element.(types.String); ok {
			values = append(values, value.ValueString())
		}
	}
	return values
}

type privateState interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// Keys of the private state.
const (
	// heldKey has the names of the credentials that this state has made inactive, or has found in the record when it was
	// imported: a release makes no other active.
	heldKey = "held"
	// overKey tells whether the last refresh saw delete_after passed, so that a plan is the same however long it takes to
	// its apply.
	overKey = "over"
)

func remember[T any](ctx context.Context, private privateState, key string, value T) diag.Diagnostics {
	encoded, err := json.Marshal(value)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Private state cannot be written", fmt.Sprintf("%s: %s", key, err))}
	}
	return private.SetKey(ctx, key, encoded)
}

// recall is what was remembered; known is false when nothing was.
func recall[T any](ctx context.Context, private privateState, key string, diags *diag.Diagnostics) (value T, known bool) {
	encoded, found := private.GetKey(ctx, key)
	diags.Append(found...)
	if encoded == nil {
		return value, false
	}
	if err := json.Unmarshal(encoded, &value); err != nil {
		diags.AddError("Private state cannot be read", fmt.Sprintf("%s: %s", key, err))
	}
	return value, true
}

// union is one list with what another has besides.
func union(one, other []string) []string {
	return slices.Concat(one, governed.Without(other, one))
}
