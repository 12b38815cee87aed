package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Codes of Resource Manager, Microsoft Graph and Key Vault that decide what to do, from their references.
const (
	codeNoBackingApplication = "NoBackingApplicationObject"
	codePrincipalNotFound    = "PrincipalNotFound"
	codeRoleAssignmentExists = "RoleAssignmentExists"
	codeNoRole               = "RoleDefinitionDoesNotExist"
	// codeConcurrentWrites is a conflict of two writes of federated credentials on one managed identity.
	codeConcurrentWrites = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
	// codeNoLicense says that the tenant has none for Privileged Identity Management.
	codeNoLicense = "AadPremiumLicenseRequired"
	// codeSubjectNotFound is what Privileged Identity Management says where role assignments say PrincipalNotFound.
	codeSubjectNotFound = "SubjectNotFound"
	// codeNotEntitled is its 400 for what others answer with 403.
	codeNotEntitled = "InsufficientPermissions"
	// codePolicyRules says that the settings of the role in Privileged Identity Management do not allow the request.
	codePolicyRules = "RoleAssignmentRequestPolicyValidationFailed"
	// codeTooShort says that a role has not been active for five minutes.
	codeTooShort = "ActiveDurationTooShort"
	// codeDisallowed is Azure Policy's 403, which no permission would change.
	codeDisallowed = "RequestDisallowedByPolicy"
	// Codes of what a request refers to and is not there.
	codeNoResourceGroup = "ResourceGroupNotFound"
	codeNoSubscription  = "SubscriptionNotFound"
	codeNoResource      = "ResourceNotFound"
	codeNoParent        = "ParentResourceNotFound"
	codeNoGroup         = "NotFound"
	codeNoLocation      = "LocationNotAvailableForResourceType"
)

// operation is a call to one of the services: what it does, and what the caller needs for it.
type operation struct {
	// name is what messages call it, such as "POST /applications".
	name string
	// permission is the Azure action or the Microsoft Graph permission, such as Application.ReadWrite.OwnedBy.
	permission string
}

// notFoundError is a platform.ErrNotFound with what the service said.
type notFoundError struct {
	operation, detail string
	err               error
}

func (e *notFoundError) Error() string   { return e.operation + ": " + e.detail }
func (e *notFoundError) Unwrap() []error { return []error{platform.ErrNotFound, e.err} }

// code is the error code that a service answered with; empty when it gave no answer.
func code(err error) string {
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return answer.ErrorCode
	}
	return ""
}

// mapError turns an error of the SDK into one of the platform package.
func mapError(of operation, err error) error {
	var configured *platform.ErrNotConfigured
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &configured) {
		return err
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return &platform.ErrNotConfigured{
			Attribute: []string{"azure", "endpoints"}, Err: err, Reason: fmt.Sprintf("The endpoint %s does not exist", dns.Name),
			Remedy: "Check azure.environment and azure.endpoints.",
		}
	}
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		return fmt.Errorf("%s: %w", of.name, err)
	}
	detail := said(answer)
	switch answer.ErrorCode {
	case codeNotEntitled:
		return &platform.ErrForbidden{Permission: of.permission, Detail: detail, Err: err}
	case codeDisallowed:
		return &platform.ErrInvalid{Operation: of.name, Code: answer.ErrorCode, Detail: detail, Err: err}
	}
	switch answer.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		return &notFoundError{operation: of.name, detail: detail, err: err}
	case http.StatusForbidden:
		return &platform.ErrForbidden{Permission: of.permission, Detail: detail, Err: err}
	case http.StatusTooManyRequests:
		return &platform.ErrThrottled{Operation: of.name, Err: err}
	case http.StatusConflict, http.StatusPreconditionFailed:
		return &platform.ErrConflict{Detail: fmt.Sprintf("%s: %s", of.name, detail), Err: err}
	case http.StatusUnauthorized:
		return &platform.ErrNotConfigured{
			Attribute: []string{"azure"}, Err: err, Reason: fmt.Sprintf("The token was refused with %s: %s", answer.ErrorCode, detail),
			Remedy: "Check that azure.tenant_id is the tenant of the subscription, and azure.environment the cloud of both.",
		}
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusMethodNotAllowed:
		return &platform.ErrInvalid{Operation: of.name, Code: answer.ErrorCode, Detail: detail, Err: err}
	}
	return fmt.Errorf("%s: %w", of.name, err)
}

// said is the service's own message.
func said(answer *azcore.ResponseError) string {
	if answer.RawResponse != nil {
		body, err := runtime.Payload(answer.RawResponse)
		if errors.Is(err, io.EOF) || err != nil {
			return answer.ErrorCode
		}
		var parsed struct {
			Error struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if json.Unmarshal(body, &parsed) == nil && parsed.Error.Message != "" {
			return firstLine(parsed.Error.Message)
		}
	}
	return answer.ErrorCode
}

// statusOf is the HTTP status that a service answered with; 0 when it gave no answer.
func statusOf(err error) int {
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return answer.StatusCode
	}
	return 0
}

// ignoreNotFound takes what is gone for what should go.
func ignoreNotFound(err error) error {
	if errors.Is(err, platform.ErrNotFound) {
		return nil
	}
	return err
}

// detailOf is the service's own message in an error.
func detailOf(err error) string {
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return said(answer)
	}
	return err.Error()
}
