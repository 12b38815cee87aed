package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Error codes of AWS services that decide what to do, from the API references.
const (
	codeNoSuchEntity           = "NoSuchEntity"
	codeEntityAlreadyExists    = "EntityAlreadyExists"
	codeDeleteConflict         = "DeleteConflict"
	codeConcurrentModification = "ConcurrentModification"
	codeLimitExceeded          = "LimitExceeded"
	codeMalformedPolicy        = "MalformedPolicyDocument"
	codeInvalidInput           = "InvalidInput"
	codeInvalidParameter       = "InvalidParameterValue"
	codeUnmodifiable           = "EntityTemporarilyUnmodifiable"
	codeResourceExists         = "ResourceExistsException"
	codeParameterExists        = "ParameterAlreadyExists"
)

var (
	notFoundCodes = []string{codeNoSuchEntity, "ResourceNotFoundException", "ParameterNotFound", "InvalidResourceId", "NoSuchConfigurationAggregatorException"}
	deniedCodes   = []string{"AccessDenied", "AccessDeniedException"}
	invalidCodes  = []string{
		codeMalformedPolicy, codeLimitExceeded, "ValidationError", codeInvalidInput, "PolicyNotAttachable", "UnmodifiableEntity",
		"InvalidParameterException", "InvalidRequestException", "LimitExceededException", "MalformedPolicyDocumentException",
		"PublicPolicyException", "EncryptionFailure", "DecryptionFailure", "PreconditionNotMetException",
		"ValidationException", "InvalidKeyId", "ParameterLimitExceeded", "ParameterMaxVersionLimitExceeded",
		"HierarchyTypeMismatchException", "TooManyTagsError",
	}
	credentialCodes = []string{"InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "IncompleteSignature", "MissingAuthenticationToken"}
)

// apiCode is the error code that AWS answered with; empty when it gave no answer.
func apiCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// notFoundError is a platform.ErrNotFound with what AWS said.
type notFoundError struct{ operation, detail string }

func (e *notFoundError) Error() string { return e.operation + ": " + e.detail }
func (e *notFoundError) Unwrap() error { return platform.ErrNotFound }

// mapError turns an SDK error into an error of the platform package. The operation is the IAM action that was tried,
// such as iam:CreateRole; its name is also that of the permission.
func mapError(operation string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var configured *platform.ErrNotConfigured
	if errors.As(err, &configured) {
		return configured
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return &platform.ErrNotConfigured{
			Attribute: []string{"aws", "region"}, Err: err,
			Reason: fmt.Sprintf("The endpoint %s of %s does not exist", dns.Name, service(operation)),
			Remedy: "Check aws.region (or AWS_REGION) and aws.endpoints.",
		}
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Errorf("%s: %w", operation, err)
	}
	code, detail := api.ErrorCode(), api.ErrorMessage()
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	switch {
	case slices.Contains(notFoundCodes, code):
		return &notFoundError{operation: operation, detail: detail}
	case slices.Contains(deniedCodes, code):
		return &platform.ErrForbidden{Permission: deniedPermission(operation, detail), Detail: detail, Err: err}
	case throttled:
		return &platform.ErrThrottled{Operation: operation, Err: err}
	case code == codeDeleteConflict, code == codeConcurrentModification, code == codeUnmodifiable, code == "TooManyUpdates":
		return &platform.ErrConflict{Detail: fmt.Sprintf("%s: %s", operation, detail), Err: err}
	case slices.Contains(invalidCodes, code):
		return &platform.ErrInvalid{Operation: operation, Code: code, Detail: detail, Err: err}
	case slices.Contains(credentialCodes, code):
		return &platform.ErrNotConfigured{
			Attribute: []string{"aws"}, Err: err,
			Reason: fmt.Sprintf("AWS refused the credentials with %s: %s", code, strings.TrimSuffix(detail, ".")),
			Remedy: "Renew or replace them: the provider takes them from the AWS SDK's chain (AWS_ACCESS_KEY_ID, AWS_PROFILE, SSO, web identity, instance or container role).",
		}
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// notAuthorized is how AWS words a refusal ("Troubleshoot access denied error messages" in the IAM User Guide).
var notAuthorized = regexp.MustCompile(`not authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)`)

// deniedPermission is the permission that was missing, which need not be the one of the operation: adding a role to an
// instance profile takes iam:PassRole, making one with tags iam:TagRole.
func deniedPermission(operation, detail string) string {
	if match := notAuthorized.FindStringSubmatch(detail); match != nil {
		return match[1]
	}
	return operation
}

func service(operation string) string {
	name, _, _ := strings.Cut(operation, ":")
	return strings.ToUpper(name)
}
