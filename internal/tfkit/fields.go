package tfkit

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Layout reads models out of values and writes them back, as Get and Set of the framework do. That derives the types of all
// attributes from the schema and compiles an expression for each field every time, which for a resource with nested
// attributes takes longer than to judge it.
type Layout struct {
	types     map[string]attr.Type
	nulls     map[string]attr.Value
	terraform tftypes.Object
	rawNulls  map[string]tftypes.Value
}

// NewLayout is that of a schema.
func NewLayout(ctx context.Context, of interface{ Type() attr.Type }) (*Layout, diag.Diagnostics) {
	schema, ok := of.Type().(types.ObjectType)
	if !ok {
		return nil, unreadable(path.Empty(), fmt.Errorf("%T is no object", of.Type()))
	}
	layout := &Layout{
		types: schema.AttrTypes, nulls: map[string]attr.Value{},
		terraform: tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}, rawNulls: map[string]tftypes.Value{},
	}
	for name, of := range schema.AttrTypes {
		raw := of.TerraformType(ctx)
		layout.terraform.AttributeTypes[name], layout.rawNulls[name] = raw, tftypes.NewValue(raw, nil)
		null, err := of.ValueFromTerraform(ctx, layout.rawNulls[name])
		if err != nil {
			return nil, unreadable(path.Root(name), err)
		}
		layout.nulls[name] = null
	}
	return layout, nil
}

// Get reads a model, a pointer to a struct with a field of each attribute.
func (l *Layout) Get(ctx context.Context, raw tftypes.Value, model any) diag.Diagnostics {
	var values map[string]tftypes.Value
	if err := raw.As(&values); err != nil {
		return unreadable(path.Empty(), err)
	}
	target := reflect.ValueOf(model).Elem()
	for _, field := range fieldsOf(target.Type()) {
		value := l.nulls[field.name]
		if given := values[field.name]; !given.IsNull() {
			var err error
			if value, err = l.types[field.name].ValueFromTerraform(ctx, given); err != nil {
				return unreadable(path.Root(field.name), err)
			}
		}
		if err := assign(target.FieldByIndex(field.index), value); err != nil {
			return unreadable(path.Root(field.name), err)
		}
	}
	return nil
}

// Value is a model as a value.
func (l *Layout) Value(ctx context.Context, model any) (tftypes.Value, diag.Diagnostics) {
	source := reflect.ValueOf(model).Elem()
	fields := fieldsOf(source.Type())
	values := make(map[string]tftypes.Value, len(fields))
	for _, field := range fields {
		value, ok := source.FieldByIndex(field.index).Interface().(attr.Value)
		if !ok {
			return tftypes.Value{}, unreadable(path.Root(field.name), fmt.Errorf("%T is no value", source.FieldByIndex(field.index).Interface()))
		}
		if value.IsNull() {
			values[field.name] = l.rawNulls[field.name]
			continue
		}
		var err error
		if values[field.name], err = value.ToTerraformValue(ctx); err != nil {
			return tftypes.Value{}, unreadable(path.Root(field.name), err)
		}
	}
	if err := tftypes.ValidateValue(l.terraform, values); err != nil {
		return tftypes.Value{}, unreadable(path.Empty(), err)
	}
	return tftypes.NewValue(l.terraform, values), nil
}

// ObjectInto reads a known object into a pointer to a struct with a field of each attribute, as its method As does. A nested
// object can be a value, or a pointer to such a struct, which is nil where it is null.
func ObjectInto(object types.Object, model any) diag.Diagnostics {
	if err := assignFields(reflect.ValueOf(model).Elem(), object); err != nil {
		return unreadable(path.Empty(), err)
	}
	return nil
}

// ObjectFrom is the opposite of ObjectInto, for structs of values alone.
func ObjectFrom(of map[string]attr.Type, model any) (types.Object, diag.Diagnostics) {
	source := reflect.Indirect(reflect.ValueOf(model))
	fields := fieldsOf(source.Type())
	values := make(map[string]attr.Value, len(fields))
	for _, field := range fields {
		value, ok := source.FieldByIndex(field.index).Interface().(attr.Value)
		if !ok {
			return types.ObjectNull(of), unreadable(path.Root(field.name), fmt.Errorf("%T is no value", source.FieldByIndex(field.index).Interface()))
		}
		if value.IsNull() {
			value = nullOf(of[field.name], value)
		}
		values[field.name] = value
	}
	return types.ObjectValue(of, values)
}

// nullOf is a null with the types that a field which nobody has set lacks.
func nullOf(of attr.Type, value attr.Value) attr.Value {
	switch of := of.(type) {
	case types.ObjectType:
		return types.ObjectNull(of.AttrTypes)
	case types.MapType:
		return types.MapNull(of.ElemType)
	case types.SetType:
		return types.SetNull(of.ElemType)
	case types.ListType:
		return types.ListNull(of.ElemType)
	}
	return value
}

func assignFields(target reflect.Value, object types.Object) error {
	if object.IsNull() || object.IsUnknown() {
		return fmt.Errorf("%s has no attributes", object)
	}
	values := object.Attributes()
	for _, field := range fieldsOf(target.Type()) {
		value, ok := values[field.name]
		if !ok {
			return fmt.Errorf("there is no attribute %s", field.name)
		}
		if err := assign(target.FieldByIndex(field.index), value); err != nil {
			return fmt.Errorf("attribute %s: %w", field.name, err)
		}
	}
	return nil
}

func assign(target reflect.Value, value attr.Value) error {
	given := reflect.ValueOf(value)
	if given.Type().AssignableTo(target.Type()) {
		target.Set(given)
		return nil
	}
	object, ok := value.(types.Object)
	if !ok || target.Kind() != reflect.Pointer || target.Type().Elem().Kind() != reflect.Struct {
		return fmt.Errorf("%T does not fit into %s", value, target.Type())
	}
	if object.IsNull() {
		target.SetZero()
		return nil
	}
	nested := reflect.New(target.Type().Elem())
	target.Set(nested)
	return assignFields(nested.Elem(), object)
}

// unreadable is what only a mistake in a model or a schema can cause.
func unreadable(at path.Path, err error) diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(at, "Values cannot be converted", err.Error()+". Please report this.")}
}

// field is one that is an attribute.
type field struct {
	name  string
	index []int
}

// fieldsByType has the fields of every type of struct that was seen.
var fieldsByType sync.Map

// fieldsOf are the fields with a tag tfsdk, embedded ones included.
func fieldsOf(of reflect.Type) []field {
	if known, ok := fieldsByType.Load(of); ok {
		return known.([]field) //nolint:forcetypeassert // only these are stored
	}
	var fields []field
	for _, candidate := range reflect.VisibleFields(of) {
		if name := candidate.Tag.Get("tfsdk"); name != "" && name != "-" {
			fields = append(fields, field{name, candidate.Index})
		}
	}
	fieldsByType.Store(of, fields)
	return fields
}
