package aws

import (
	"context"
	"fmt"
	"reflect"

	"github.com/aws/smithy-go/middleware"
)

// repeatedPageError says that a list would go on for ever. The SDK's paginators can stop there, but then what is only a part
// of the list would look like the whole.
type repeatedPageError struct{ token string }

func (e *repeatedPageError) Error() string {
	return fmt.Sprintf("AWS has answered with the page token that it was asked with, %q, so the list would not end; try again", e.token)
}

// pageTokens are the fields that lead to the next page, of requests as of answers.
var pageTokens = []string{"Marker", "NextToken"}

// refuseRepeatedPages makes a call fail whose answer leads back to itself.
func refuseRepeatedPages(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("RefuseRepeatedPages",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleInitialize(ctx, in)
			if err != nil {
				return out, metadata, err
			}
			for _, field := range pageTokens {
				if token := textField(in.Parameters, field); token != "" && token == textField(out.Result, field) {
					return middleware.InitializeOutput{}, metadata, &repeatedPageError{token}
				}
			}
			return out, metadata, nil
		}), middleware.After)
}

// textField is the text that a pointer to a struct has in a field of *string; empty where there is none.
func textField(of any, name string) string {
	value := reflect.Indirect(reflect.ValueOf(of))
	if value.Kind() != reflect.Struct {
		return ""
	}
	field := value.FieldByName(name)
	if !field.IsValid() {
		return ""
	}
	text, ok := field.Interface().(*string)
	if !ok || text == nil {
		return ""
	}
	return *text
}
