package governed

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// Converged takes over what every kind of identity has after an apply.
func Converged(m *tfkit.GovernanceModel, state platform.Observed) {
	m.ID = types.StringValue(state.ID.String())
	m.Category, m.ManagedBy = types.StringValue(string(state.Metadata.Category(state.ID.Kind))), types.StringValue(governance.ManagedBy)
	m.ExpiryEnforcement = types.StringValue(string(governance.ExpiryByCloud))
}

// statusUnfinished is the status of an identity that an interrupted apply has left, until the next one ends that.
const statusUnfinished = "unfinished"

// Observed takes over what every kind of identity has on the cloud: what it is, who has marked it as theirs, and whether the
// cloud ends its access at the expiry.
func Observed(m *tfkit.GovernanceModel, data *tfkit.Data, state platform.Observed, managedBy string, endsByItself bool) {
	Converged(m, state)
	m.Name, m.ManagedBy = types.StringValue(state.Name), Nullable(managedBy)
	m.SetMetadata(state.Metadata)
	now := data.Clock.Now()
	m.Status = m.ObservedStatus(data.Policy, now, state.Disabled)
	if state.Unfinished && m.StatusAt(data.Policy, now).ValueString() != string(governance.StatusExpired) {
		m.Status = types.StringValue(statusUnfinished)
	}
	if !endsByItself {
		m.ExpiryEnforcement = types.StringValue(string(governance.ExpiryByApply))
	}
}

// KnownOr is a value of a configuration, or its default while that is null or not known.
func KnownOr(value types.String, otherwise string) string {
	if value.IsNull() || value.IsUnknown() {
		return otherwise
	}
	return value.ValueString()
}

// NameAt is a name, or nothing while it or the path is not known.
func NameAt(name, path types.String) string {
	if path.IsUnknown() {
		return ""
	}
	return name.ValueString()
}

// FullyKnown tells whether no value has an unknown part.
func FullyKnown(ctx context.Context, values ...attr.Value) bool {
	return !slices.ContainsFunc(values, func(value attr.Value) bool { return !tfkit.FullyKnown(ctx, value) })
}

// AsError turns diagnostics of a conversion, which only a bug can cause, into an error.
func AsError[T any](value T, diags diag.Diagnostics) (T, error) {
	var errs []error
	for _, d := range diags.Errors() {
		errs = append(errs, fmt.Errorf("%s: %s", d.Summary(), d.Detail()))
	}
	return value, errors.Join(errs...)
}

// Nullable is a text, or null when it is empty.
func Nullable(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// PredictedPolicy keeps a policy's text as long as the predicted one says the same. Without a prediction it is unknown.
func PredictedPolicy(had types.String, predicted string) types.String {
	if predicted == "" {
		return types.StringUnknown()
	}
	return ObservedPolicy(had, predicted)
}

// ObservedPolicy keeps a policy's text as long as the one on the role says the same.
func ObservedPolicy(had types.String, observed string) types.String {
	if !had.IsUnknown() && iampolicy.Equivalent(had.ValueString(), observed) {
		return had
	}
	return Nullable(observed)
}

// PlannedPolicy keeps the text that a policy had as long as the configured one says the same, so that a plan shows no
// change of form: an import has the cloud's text, and what Terraform generates from it orders it anew.
func PlannedPolicy(had, configured types.String) types.String {
	if !had.IsNull() && !configured.IsNull() && !configured.IsUnknown() && iampolicy.Equivalent(had.ValueString(), configured.ValueString()) {
		return had
	}
	return configured
}

// PlannedPolicies does the same for policies by name. Terraform lets a plan keep all of a map, or nothing of it.
func PlannedPolicies(had, configured types.Map) types.Map {
	if had.IsNull() || configured.IsNull() || configured.IsUnknown() || len(had.Elements()) != len(configured.Elements()) {
		return configured
	}
	for name, policy := range configured.Elements() {
		text, known := policy.(types.String)
		before, ok := had.Elements()[name].(types.String)
		if !known || !ok || !PlannedPolicy(before, text).Equal(before) {
			return configured
		}
	}
	return had
}

// ObservedPolicies keeps the configured text of every policy that still says the same.
func ObservedPolicies(had types.Map, observed map[string]string) types.Map {
	if len(observed) == 0 && !had.IsNull() && len(had.Elements()) == 0 {
		return had
	}
	configured := StringMap(had)
	texts := make(map[string]string, len(observed))
	for name, document := range observed {
		texts[name] = document
		if text, ok := configured[name]; ok && iampolicy.Equivalent(text, document) {
			texts[name] = text
		}
	}
	return tfkit.NullableMap(texts)
}

// ObservedSet keeps an empty set empty instead of null.
func ObservedSet(had types.Set, observed []string) types.Set {
	if len(observed) == 0 && !had.IsNull() && len(had.Elements()) == 0 {
		return had
	}
	elements := make([]attr.Value, len(observed))
	for i, text := range observed {
		elements[i] = types.StringValue(text)
	}
	return tfkit.NullableSet(elements)
}

// ObservedMap keeps an empty map empty instead of null.
func ObservedMap(had types.Map, of attr.Type, elements map[string]attr.Value) (types.Map, error) {
	switch {
	case len(elements) > 0:
		return AsError(types.MapValue(of, elements))
	case !had.IsNull() && len(had.Elements()) == 0:
		return had, nil
	}
	return types.MapNull(of), nil
}

// ReadObject reads a known object into a pointer to a struct with a field of each attribute.
func ReadObject(object types.Object, model any) error {
	_, err := AsError(model, tfkit.ObjectInto(object, model))
	return err
}

// KnownObjects are the elements of a map of objects, but for those of which something is not known yet. T is a struct with a field
// of each attribute.
func KnownObjects[T any](ctx context.Context, of types.Map) (map[string]T, error) {
	known := map[string]T{}
	for key, element := range of.Elements() {
		object, ok := element.(types.Object)
		if !ok || !tfkit.FullyKnown(ctx, object) {
			continue
		}
		var model T
		if err := ReadObject(object, &model); err != nil {
			return known, err
		}
		known[key] = model
	}
	return known, nil
}

// ObjectTypes are the types of a nested attribute, which would cost much to derive from the schema again for every identity.
func ObjectTypes(attribute interface{ GetType() attr.Type }) map[string]attr.Type {
	if object, ok := attribute.GetType().(types.ObjectType); ok {
		return object.AttrTypes
	}
	return nil
}

// StringMap are the known entries.
func StringMap(m types.Map) map[string]string {
	texts := map[string]string{}
	for key, element := range m.Elements() {
		if text, ok := element.(types.String); ok && !text.IsUnknown() {
			texts[key] = text.ValueString()
		}
	}
	return texts
}
