package tfkit_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

func TestTypedSchemaIsTheSame(t *testing.T) {
	t.Parallel()
	typed := schema.Schema{Attributes: tfkit.Typed(shelf.Attributes)}
	if diags := typed.ValidateImplementation(t.Context()); diags.HasError() {
		t.Error(diags)
	}
	if !typed.Type().Equal(shelf.Type()) {
		t.Errorf("the type is %s, not %s", typed.Type(), shelf.Type())
	}
	for _, at := range []path.Path{path.Root("name"), path.Root("box"), path.Root("box").AtName("open"), path.Root("box").AtName("lid"), path.Root("box").AtName("lid").AtName("colour")} {
		got, diags := typed.AttributeAtPath(t.Context(), at)
		want, wantDiags := shelf.AttributeAtPath(t.Context(), at)
		if diags.HasError() || wantDiags.HasError() {
			t.Fatalf("%s: %v %v", at, diags, wantDiags)
		}
		if !got.GetType().Equal(want.GetType()) || got.IsOptional() != want.IsOptional() || got.IsRequired() != want.IsRequired() {
			t.Errorf("%s: %s is not %s", at, got.GetType(), want.GetType())
		}
	}
	if _, diags := typed.AttributeAtPath(t.Context(), path.Root("box").AtName("hinge")); !diags.HasError() {
		t.Error("an attribute that the schema does not have was found")
	}
}

func TestTypedLeavesWhatItIsGiven(t *testing.T) {
	t.Parallel()
	given := map[string]schema.Attribute{"box": schema.SingleNestedAttribute{Attributes: map[string]schema.Attribute{
		"lid": schema.SingleNestedAttribute{Optional: true, Attributes: map[string]schema.Attribute{"colour": schema.StringAttribute{Optional: true}}},
	}}}
	tfkit.Typed(given)
	box, _ := given["box"].(schema.SingleNestedAttribute)
	if _, ok := box.Attributes["lid"].(schema.SingleNestedAttribute); !ok {
		t.Errorf("the nested attribute has become a %T", box.Attributes["lid"])
	}
}
