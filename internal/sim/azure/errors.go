package azuresim

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// apiError is an error answer of a service, which words it in its own form.
type apiError struct {
	code    string // "Request_ResourceNotFound"; of the token endpoint "invalid_client"
	number  int    // of the token endpoint, the number after AADSTS
	inner   string // of Key Vault, the code that says more
	status  int
	message string
	header  http.Header
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func newError(code string, status int, format string, args ...any) *apiError {
	return &apiError{code: code, status: status, message: fmt.Sprintf(format, args...)}
}

// droppedCode is what the call record says of a dropped connection.
const droppedCode = "ConnectionDropped"

// faultError is the error answer of a fault, or nil for a dropped connection.
func faultError(f *sim.Fault, denied string) *apiError {
	e := plainFault(f, denied)
	if e != nil && f.RetryAfter > 0 {
		e.header = http.Header{"Retry-After": {strconv.Itoa(f.RetryAfter)}}
	}
	return e
}

func plainFault(f *sim.Fault, denied string) *apiError {
	switch f.Kind {
	case sim.FaultThrottling:
		return errThrottled(f.Message, f.RetryAfter)
	case sim.FaultInternal:
		return newError("InternalServerError", http.StatusInternalServerError, "%s", cmp.Or(f.Message, "An internal server error occurred."))
	case sim.FaultUnavailable:
		return newError("ServiceUnavailable", http.StatusServiceUnavailable, "%s", cmp.Or(f.Message, "The service is temporarily unavailable."))
	case sim.FaultAccessDenied:
		return newError(denied, http.StatusForbidden, "%s", cmp.Or(f.Message, "Insufficient privileges to complete the operation."))
	case sim.FaultError:
		return newError(cmp.Or(f.Code, "BadRequest"), cmp.Or(f.Status, http.StatusBadRequest), "%s", cmp.Or(f.Message, "An injected error."))
	}
	return nil
}

// errorObject is the form that Graph, Resource Manager and Key Vault give
// errors, but for what each adds.
func errorObject(e *apiError) object {
	return object{"error": object{"code": e.code, "message": e.message}}
}
