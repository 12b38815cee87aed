package sim

import (
	"fmt"
	"net/http"
)

// apiError is an error answer of a service: the wire code, the HTTP status
// that the service model gives it, and the message.
type apiError struct {
	code     string
	status   int
	message  string
	verbatim bool // the code and status are to be given as they are
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func newError(code string, status int, format string, args ...any) *apiError {
	return &apiError{code: code, status: status, message: fmt.Sprintf(format, args...)}
}

func errNoSuchEntity(format string, args ...any) error {
	return newError("NoSuchEntity", http.StatusNotFound, format, args...)
}

func errAlreadyExists(format string, args ...any) error {
	return newError("EntityAlreadyExists", http.StatusConflict, format, args...)
}

func errDeleteConflict(format string, args ...any) error {
	return newError("DeleteConflict", http.StatusConflict, format, args...)
}

func errLimitExceeded(format string, args ...any) error {
	return newError("LimitExceeded", http.StatusConflict, format, args...)
}

func errMalformedPolicy(format string, args ...any) error {
	return newError("MalformedPolicyDocument", http.StatusBadRequest, format, args...)
}

func errInvalidInput(format string, args ...any) error {
	return newError("InvalidInput", http.StatusBadRequest, format, args...)
}

func errValidation(format string, args ...any) error {
	return newError("ValidationError", http.StatusBadRequest, format, args...)
}

func errAccessDenied(format string, args ...any) error {
	return newError("AccessDenied", http.StatusForbidden, format, args...)
}

// errUnmodifiable refuses a change to a role that only AWS may change.
func errUnmodifiable(name string) error {
	return newError("UnmodifiableEntity", http.StatusBadRequest,
		"Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", name)
}

func errNoSuchRole(name string) error {
	return errNoSuchEntity("The role with name %s cannot be found.", name)
}

func errInvalidToken() *apiError {
	return newError("InvalidClientTokenId", http.StatusForbidden,
		"The security token included in the request is invalid.")
}

// Error is the typed form of an API error, returned by the helpers that act
// inside the process instead of over HTTP, such as
// [Account.AssumeRoleAsService].
type Error struct {
	// Code is the wire code, for instance "AccessDenied".
	Code string
	// Status is the HTTP status that the service would answer with.
	Status int
	// Message is the service's text.
	Message string
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// ErrorCode returns Code, as the SDKs' API errors do.
func (e *Error) ErrorCode() string { return e.Code }
