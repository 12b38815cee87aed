package aws

import (
	"context"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/middleware"
)

// readVerbs begin the names of IAM's operations that change no identity.
var readVerbs = []string{"Get", "List", "Generate"}

// countWrites counts the calls of IAM that may have changed something, once they are over: what was read before may be older
// than what somebody asks about now.
func (a *Account) countWrites(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("CountWrites",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleInitialize(ctx, in)
			if awsmiddleware.GetServiceID(ctx) == iam.ServiceID && isWrite(awsmiddleware.GetOperationName(ctx)) {
				a.writes.Add(1)
			}
			return out, metadata, err
		}), middleware.After)
}

func isWrite(operation string) bool {
	for _, verb := range readVerbs {
		if strings.HasPrefix(operation, verb) {
			return false
		}
	}
	return true
}
