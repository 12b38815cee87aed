package tfkit

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

// Typed are attributes whose nested objects know their types. The framework asks for the type of a nested object several
// times for each value in it, in every call, and SingleNestedAttribute makes it anew each time.
func Typed(attributes map[string]schema.Attribute) map[string]schema.Attribute {
	typed := make(map[string]schema.Attribute, len(attributes))
	for name, attribute := range attributes {
		if nested, ok := attribute.(schema.SingleNestedAttribute); ok {
			nested.Attributes = Typed(nested.Attributes)
			attribute = typedObject{nested, nested.GetType()}
		}
		typed[name] = attribute
	}
	return typed
}

// typedObject is a nested object with its type.
type typedObject struct {
	schema.SingleNestedAttribute
	of attr.Type
}

// GetType is the type of the object.
func (a typedObject) GetType() attr.Type { return a.of }
