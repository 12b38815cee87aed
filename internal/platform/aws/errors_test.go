package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

func answer(code, message string) error {
	return &smithy.OperationError{ServiceID: "IAM", OperationName: "CreateRole", Err: &smithy.GenericAPIError{Code: code, Message: message}}
}

func TestMapError(t *testing.T) {
	t.Parallel()
	if mapError("iam:GetRole", nil) != nil {
		t.Error("nil is an error")
	}
	for _, err := range []error{context.Canceled, context.DeadlineExceeded} {
		if got := mapError("iam:GetRole", fmt.Errorf("sending: %w", err)); !errors.Is(got, err) {
			t.Errorf("%v became %v", err, got)
		}
	}
	if got := mapError("iam:GetRole", answer("NoSuchEntity", "no role x")); !errors.Is(got, platform.ErrNotFound) || !strings.Contains(got.Error(), "no role x") {
		t.Errorf("NoSuchEntity became %v", got)
	}
	for code, matches := range map[string]func(error) bool{
		"AccessDenied":            is[*platform.ErrForbidden],
		"AccessDeniedException":   is[*platform.ErrForbidden],
		"Throttling":              is[*platform.ErrThrottled],
		"ThrottlingException":     is[*platform.ErrThrottled],
		"RequestLimitExceeded":    is[*platform.ErrThrottled],
		"DeleteConflict":          is[*platform.ErrConflict],
		"ConcurrentModification":  is[*platform.ErrConflict],
		"MalformedPolicyDocument": is[*platform.ErrInvalid],
		"LimitExceeded":           is[*platform.ErrInvalid],
		"ValidationError":         is[*platform.ErrInvalid],
		"UnmodifiableEntity":      is[*platform.ErrInvalid],
		"InvalidClientTokenId":    is[*platform.ErrNotConfigured],
		"ExpiredToken":            is[*platform.ErrNotConfigured],
		"SignatureDoesNotMatch":   is[*platform.ErrNotConfigured],
		"ServiceFailure":          func(err error) bool { return strings.HasPrefix(err.Error(), "iam:CreateRole: ") },
	} {
		got := mapError("iam:CreateRole", answer(code, "because"))
		if !matches(got) || apiCode(got) != code {
			t.Errorf("%s became %T %v", code, got, got)
		}
		if !strings.Contains(got.Error(), "because") && !is[*platform.ErrThrottled](got) {
			t.Errorf("%s lost its message: %v", code, got)
		}
	}
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

func TestMissingPermission(t *testing.T) {
	t.Parallel()
	for detail, permission := range map[string]string{
		"User: arn:aws:iam::1:user/a is not authorized to perform: iam:PassRole on resource: b":                                     "iam:PassRole",
		"User: arn is not authorized to perform: iam:TagRole on resource: role x with an explicit deny in an identity-based policy": "iam:TagRole",
		"Access denied": "iam:CreateRole",
	} {
		var forbidden *platform.ErrForbidden
		if err := mapError("iam:CreateRole", answer("AccessDenied", detail)); !errors.As(err, &forbidden) || forbidden.Permission != permission || forbidden.Detail != detail {
			t.Errorf("%q gave %+v", detail, forbidden)
		}
	}
}

func TestUnknownEndpoint(t *testing.T) {
	t.Parallel()
	cause := &smithy.OperationError{ServiceID: "STS", OperationName: "GetCallerIdentity", Err: &url.Error{
		Op: "Post", URL: "https://sts.eu-nowhere-1.amazonaws.com/", Err: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "sts.eu-nowhere-1.amazonaws.com", IsNotFound: true}},
	}}
	var configured *platform.ErrNotConfigured
	if err := mapError("sts:GetCallerIdentity", cause); !errors.As(err, &configured) {
		t.Fatalf("got %v", err)
	}
	if !slices.Equal(configured.Attribute, []string{"aws", "region"}) || !strings.Contains(configured.Reason, "sts.eu-nowhere-1.amazonaws.com of STS") {
		t.Errorf("got %+v", configured)
	}
	if err := mapError("sts:GetCallerIdentity", &net.DNSError{Err: "server misbehaving", IsTemporary: true}); is[*platform.ErrNotConfigured](err) {
		t.Errorf("a passing fault of the resolver became %v", err)
	}
}
