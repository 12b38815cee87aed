package tfkit

import (
	"context"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Metadata is what is known of the metadata, and which fields are not known yet.
func (m *GovernanceModel) Metadata(ctx context.Context) (governance.Metadata, map[governance.Field]bool) {
	var metadata governance.Metadata
	unknown := map[governance.Field]bool{}
	for field, value := range m.texts() {
		metadata.Set(field, value.ValueString())
		unknown[field] = value.IsUnknown()
	}
	unknown[governance.FieldSystems] = !FullyKnown(ctx, m.Systems)
	for _, system := range m.Systems.Elements() {
		if text, ok := system.(types.String); ok && !text.IsUnknown() {
			metadata.Systems = append(metadata.Systems, text.ValueString())
		}
	}
	slices.Sort(metadata.Systems)
	unknown[governance.FieldLabels] = !FullyKnown(ctx, m.Labels)
	for key, label := range m.Labels.Elements() {
		if text, ok := label.(types.String); ok && !text.IsUnknown() {
			if metadata.Labels == nil {
				metadata.Labels = map[string]string{}
			}
			metadata.Labels[key] = text.ValueString()
		}
	}
	return metadata, unknown
}

// Observed is a text as the cloud has it. What is absent there is null, but an empty text stays empty.
func Observed(had types.String, text string) types.String {
	if text == "" && (had.IsNull() || had.ValueString() != "") {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// SetMetadata takes over what the cloud has. What is absent there is null, but what was written as empty stays so.
func (m *GovernanceModel) SetMetadata(metadata governance.Metadata) {
	for field, value := range m.texts() {
		*value = Observed(*value, metadata.Text(field))
	}
	systems := make([]attr.Value, len(metadata.Systems))
	for i, system := range metadata.Systems {
		systems[i] = types.StringValue(system)
	}
	if len(systems) > 0 || m.Systems.IsNull() || len(m.Systems.Elements()) > 0 {
		m.Systems = NullableSet(systems)
	}
	if len(metadata.Labels) > 0 || m.Labels.IsNull() || len(m.Labels.Elements()) > 0 {
		m.Labels = NullableMap(metadata.Labels)
	}
}

// NullableSet is a set of strings, or null when it is empty.
func NullableSet(elements []attr.Value) types.Set {
	if len(elements) == 0 {
		return types.SetNull(types.StringType)
	}
	return types.SetValueMust(types.StringType, elements)
}

// Strings are the known elements of a set, sorted by the framework.
func Strings(set types.Set) []string {
	var texts []string
	for _, element := range set.Elements() {
		if text, ok := element.(types.String); ok && !text.IsUnknown() {
			texts = append(texts, text.ValueString())
		}
	}
	return texts
}

// NullableMap is a map of strings, or null when it is empty.
func NullableMap(entries map[string]string) types.Map {
	if len(entries) == 0 {
		return types.MapNull(types.StringType)
	}
	elements := make(map[string]attr.Value, len(entries))
	for key, value := range entries {
		elements[key] = types.StringValue(value)
	}
	return types.MapValueMust(types.StringType, elements)
}

// StatusAt is the status at an instant; unknown while the expiry is.
func (m *GovernanceModel) StatusAt(policy governance.Policy, now time.Time) types.String {
	expiry, err := governance.ParseExpiry(m.Expiry.ValueString())
	if m.Expiry.IsUnknown() || err != nil {
		return types.StringUnknown()
	}
	return types.StringValue(string(expiry.StatusAt(now, policy.WarnBeforeDays())))
}

// KeepsExpiry tells whether the expiry is at the same instant as before, as far as that is known.
func (m *GovernanceModel) KeepsExpiry(prior *GovernanceModel) bool {
	now, err := governance.ParseExpiry(m.Expiry.ValueString())
	before, priorErr := governance.ParseExpiry(prior.Expiry.ValueString())
	return err == nil && priorErr == nil && now.End().Equal(before.End())
}

// ObservedStatus is the status of an identity as it was read: one whose time is over is expired only when it has been
// disabled too, so that a plan shows the step that is still to come.
func (m *GovernanceModel) ObservedStatus(policy governance.Policy, now time.Time, disabled bool) types.String {
	if disabled {
		return types.StringValue(string(governance.StatusExpired))
	}
	switch status := m.StatusAt(policy, now); status.ValueString() {
	case string(governance.StatusExpired):
		return types.StringValue(string(governance.StatusExpiring))
	case "":
		return types.StringNull()
	default:
		return status
	}
}
