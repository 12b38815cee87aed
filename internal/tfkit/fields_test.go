package tfkit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var shelf = schema.Schema{Attributes: map[string]schema.Attribute{
	"name":  schema.StringAttribute{Required: true},
	"size":  schema.Int32Attribute{Optional: true},
	"tags":  schema.MapAttribute{ElementType: types.StringType, Optional: true},
	"words": schema.SetAttribute{ElementType: types.StringType, Optional: true},
	"box": schema.SingleNestedAttribute{Optional: true, Attributes: map[string]schema.Attribute{
		"open": schema.BoolAttribute{Optional: true},
		"lid":  schema.SingleNestedAttribute{Optional: true, Attributes: map[string]schema.Attribute{"colour": schema.StringAttribute{Optional: true}}},
	}},
}}

type named struct {
	Name types.String `tfsdk:"name"`
}

type shelfModel struct {
	named
	Size  types.Int32  `tfsdk:"size"`
	Tags  types.Map    `tfsdk:"tags"`
	Words types.Set    `tfsdk:"words"`
	Box   types.Object `tfsdk:"box"`
}

type boxModel struct {
	Open types.Bool   `tfsdk:"open"`
	Lid  types.Object `tfsdk:"lid"`
}

type deepBoxModel struct {
	Open types.Bool `tfsdk:"open"`
	Lid  *lidModel  `tfsdk:"lid"`
}

type lidModel struct {
	Colour types.String `tfsdk:"colour"`
}

// shelfValue is a value of the schema with some attributes set and the others null.
func shelfValue(t *testing.T, set map[string]tftypes.Value) tftypes.Value {
	t.Helper()
	object, _ := shelf.Type().TerraformType(t.Context()).(tftypes.Object)
	values := map[string]tftypes.Value{}
	for name, of := range object.AttributeTypes {
		values[name] = tftypes.NewValue(of, nil)
	}
	for name, value := range set {
		values[name] = value
	}
	return tftypes.NewValue(object, values)
}

func boxValue(t *testing.T, open, lid any) tftypes.Value {
	t.Helper()
	object, _ := shelf.Attributes["box"].GetType().TerraformType(t.Context()).(tftypes.Object)
	return tftypes.NewValue(object, map[string]tftypes.Value{"open": tftypes.NewValue(tftypes.Bool, open), "lid": tftypes.NewValue(object.AttributeTypes["lid"], lid)})
}

func TestLayoutDoesWhatTheFrameworkDoes(t *testing.T) {
	t.Parallel()
	layout, diags := tfkit.NewLayout(t.Context(), shelf)
	if diags.HasError() {
		t.Fatal(diags)
	}
	for name, set := range map[string]map[string]tftypes.Value{
		"all null": nil,
		"some":     {"name": tftypes.NewValue(tftypes.String, "north"), "size": tftypes.NewValue(tftypes.Number, 7)},
		"collections": {
			"tags":  tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, map[string]tftypes.Value{"a": tftypes.NewValue(tftypes.String, "b")}),
			"words": tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, []tftypes.Value{}),
		},
		"unknown": {
			"name": tftypes.NewValue(tftypes.String, tftypes.UnknownValue), "tags": tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, tftypes.UnknownValue),
			"box": boxValue(t, tftypes.UnknownValue, nil),
		},
		"nested": {"box": boxValue(t, true, map[string]tftypes.Value{"colour": tftypes.NewValue(tftypes.String, "red")})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := shelfValue(t, set)
			var got, want shelfModel
			state := tfsdk.State{Schema: shelf, Raw: raw}
			if diags := append(layout.Get(t.Context(), raw, &got), state.Get(t.Context(), &want)...); len(diags) > 0 {
				t.Fatal(diags)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(shelfModel{}, named{})); diff != "" {
				t.Errorf("Get (-framework +layout):\n%s", diff)
			}
			written, diags := layout.Value(t.Context(), &got)
			if len(diags) > 0 || !written.Equal(raw) {
				t.Errorf("Value = %s, want %s; %v", written, raw, diags)
			}
		})
	}
}

func TestLayoutWritesFieldsThatNobodyHasSetAsNull(t *testing.T) {
	t.Parallel()
	layout, _ := tfkit.NewLayout(t.Context(), shelf)
	got, diags := layout.Value(t.Context(), &shelfModel{})
	if len(diags) > 0 || !got.Equal(shelfValue(t, nil)) {
		t.Errorf("Value = %s, %v", got, diags)
	}
}

func TestObjectsDoWhatTheFrameworkDoes(t *testing.T) {
	t.Parallel()
	of := shelf.Attributes["box"].GetType().(types.ObjectType).AttrTypes //nolint:forcetypeassert // it is one
	lidOf := of["lid"].(types.ObjectType).AttrTypes                      //nolint:forcetypeassert // it is one
	lid := types.ObjectValueMust(lidOf, map[string]attr.Value{"colour": types.StringValue("red")})
	for name, object := range map[string]types.Object{
		"full": types.ObjectValueMust(of, map[string]attr.Value{"open": types.BoolValue(true), "lid": lid}),
		"null": types.ObjectValueMust(of, map[string]attr.Value{"open": types.BoolNull(), "lid": types.ObjectNull(lidOf)}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var flat, wantFlat boxModel
			var deep, wantDeep deepBoxModel
			diags := append(tfkit.ObjectInto(object, &flat), object.As(t.Context(), &wantFlat, basetypes.ObjectAsOptions{})...)
			diags = append(diags, tfkit.ObjectInto(object, &deep)...)
			diags = append(diags, object.As(t.Context(), &wantDeep, basetypes.ObjectAsOptions{})...)
			if diff := cmp.Diff(wantFlat, flat) + cmp.Diff(wantDeep, deep); diff != "" || len(diags) > 0 {
				t.Errorf("ObjectInto (-framework +ours):\n%s%v", diff, diags)
			}
			back, diags := tfkit.ObjectFrom(of, flat)
			if len(diags) > 0 || !back.Equal(object) {
				t.Errorf("ObjectFrom = %s, want %s; %v", back, object, diags)
			}
		})
	}
	if got, diags := tfkit.ObjectFrom(of, boxModel{}); len(diags) > 0 || got.IsNull() {
		t.Errorf("ObjectFrom of fields that nobody has set = %s, %v", got, diags)
	}
}

func TestModelsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	of := map[string]attr.Type{"open": types.StringType, "lid": types.StringType}
	var box boxModel
	for name, object := range map[string]types.Object{
		"another type": types.ObjectValueMust(of, map[string]attr.Value{"open": types.StringValue("yes"), "lid": types.StringNull()}),
		"no attribute": types.ObjectValueMust(map[string]attr.Type{}, map[string]attr.Value{}),
		"null":         types.ObjectNull(of),
		"unknown":      types.ObjectUnknown(of),
	} {
		if diags := tfkit.ObjectInto(object, &box); !diags.HasError() {
			t.Errorf("%s: no error", name)
		}
	}
}
