package acctest

import (
	"maps"
	"math/big"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Values is an object as HCL writes it, of strings, numbers, booleans, lists and further Values. What is left out is
// null.
type Values map[string]any

// With is a copy with some values replaced.
func (v Values) With(further Values) Values {
	merged := Values{}
	maps.Copy(merged, v)
	maps.Copy(merged, further)
	return merged
}

// Unknown stands for a value that is not known before apply.
const Unknown = unknown("(known after apply)")

type unknown string

// encode gives a value the type that the schema asks for.
func encode(t testing.TB, want tftypes.Type, value any) tftypes.Value {
	t.Helper()
	switch value := value.(type) {
	case nil:
		return tftypes.NewValue(want, nil)
	case unknown:
		return tftypes.NewValue(want, tftypes.UnknownValue)
	case Values:
		if value == nil {
			return tftypes.NewValue(want, nil)
		}
		return tftypes.NewValue(want, encodeElements(t, want, value))
	case []string:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = item
		}
		return encode(t, want, items)
	case []any:
		items := make([]tftypes.Value, len(value))
		for i, item := range value {
			items[i] = encode(t, elementType(want), item)
		}
		return tftypes.NewValue(want, items)
	}
	return tftypes.NewValue(want, value)
}

func encodeElements(t testing.TB, want tftypes.Type, values Values) map[string]tftypes.Value {
	t.Helper()
	elements := map[string]tftypes.Value{}
	object, ok := want.(tftypes.Object)
	if !ok {
		for key, value := range values {
			elements[key] = encode(t, elementType(want), value)
		}
		return elements
	}
	for name, attribute := range object.AttributeTypes {
		elements[name] = encode(t, attribute, values[name])
	}
	for name := range values {
		if _, known := object.AttributeTypes[name]; !known {
			t.Fatalf("the schema has no attribute %q", name)
		}
	}
	return elements
}

func elementType(collection tftypes.Type) tftypes.Type {
	switch collection := collection.(type) {
	case tftypes.List:
		return collection.ElementType
	case tftypes.Set:
		return collection.ElementType
	case tftypes.Map:
		return collection.ElementType
	}
	return tftypes.DynamicPseudoType
}

// decode turns a value into nil, Unknown, strings, int64s, booleans, Values and slices.
func decode(t testing.TB, value tftypes.Value) any {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	switch {
	case value.IsNull():
		return nil
	case !value.IsKnown():
		return Unknown
	case value.Type().Is(tftypes.String):
		var text string
		must(value.As(&text))
		return text
	case value.Type().Is(tftypes.Bool):
		var flag bool
		must(value.As(&flag))
		return flag
	case value.Type().Is(tftypes.Number):
		number := new(big.Float)
		must(value.As(&number))
		integer, _ := number.Int64()
		return integer
	case value.Type().Is(tftypes.Object{}), value.Type().Is(tftypes.Map{}):
		elements, values := map[string]tftypes.Value{}, Values{}
		must(value.As(&elements))
		for name, element := range elements {
			values[name] = decode(t, element)
		}
		return values
	}
	var elements []tftypes.Value
	must(value.As(&elements))
	items := make([]any, len(elements))
	for i, element := range elements {
		items[i] = decode(t, element)
	}
	return items
}

func lookup(value any, steps []string) any {
	for _, step := range steps {
		values, ok := value.(Values)
		if !ok {
			return nil
		}
		value = values[step]
	}
	return value
}

// propose is the state that Terraform proposes: the configuration, and the prior state's values of what is computed.
func (r *Resource) propose(config tftypes.Value) tftypes.Value {
	return proposeObject(r.protocol.t, r.schema.Block.Attributes, config, r.state)
}

func proposeObject(t testing.TB, attributes []*tfprotov6.SchemaAttribute, config, prior tftypes.Value) tftypes.Value {
	t.Helper()
	if config.IsNull() || !config.IsKnown() {
		return config
	}
	values, had := map[string]tftypes.Value{}, map[string]tftypes.Value{}
	if err := config.As(&values); err != nil {
		t.Fatal(err)
	}
	values = maps.Clone(values) // As gives the value's own map.
	if !prior.IsNull() && prior.IsKnown() {
		if err := prior.As(&had); err != nil {
			t.Fatal(err)
		}
	}
	for _, attribute := range attributes {
		before, existed := had[attribute.Name]
		switch {
		case values[attribute.Name].IsNull() && attribute.Computed && existed:
			values[attribute.Name] = before
		case attribute.NestedType != nil && attribute.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeSingle:
			values[attribute.Name] = proposeObject(t, attribute.NestedType.Attributes, values[attribute.Name], before)
		}
	}
	return tftypes.NewValue(config.Type(), values)
}

// assertKept fails the test when a result differs from a plan where that was known, as Terraform would.
func assertKept(t testing.TB, planned, result tftypes.Value) {
	t.Helper()
	err := tftypes.Walk(planned, func(at *tftypes.AttributePath, value tftypes.Value) (bool, error) {
		if !value.IsKnown() {
			return false, nil
		}
		if !value.IsFullyKnown() {
			return true, nil
		}
		if now, _, err := tftypes.WalkAttributePath(result, at); err == nil {
			if found, ok := now.(tftypes.Value); ok && value.Equal(found) {
				return false, nil
			}
		}
		t.Errorf("%s was planned to be %s, and is not: Terraform would report an inconsistent result", at, value)
		return false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// WantSame fails the test unless a decoded value is what it should be.
func WantSame(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %#v, not %#v", what, got, want)
	}
}
