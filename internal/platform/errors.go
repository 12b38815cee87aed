package platform

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// ErrNotFound says that the identity does not exist.
var ErrNotFound = errors.New("not found")

// ErrElsewhere is an ErrNotFound of an identity of AWS whose name another one has, under another path or in other letters.
type ErrElsewhere struct{ Wanted, Found governance.ID }

func (e *ErrElsewhere) Error() string {
	return fmt.Sprintf("there is no %s, but there is %s", e.Wanted, e.Found)
}
func (e *ErrElsewhere) Unwrap() error { return ErrNotFound }

// ErrForbidden says that the caller may not do what the provider tried.
type ErrForbidden struct {
	// Permission is the missing one as the platform writes it, such as iam:CreateRole.
	Permission string
	// Detail is the platform's own message.
	Detail string
	Err    error
}

func (e *ErrForbidden) Error() string {
	return fmt.Sprintf("the caller lacks the permission %s: %s", e.Permission, e.Detail)
}
func (e *ErrForbidden) Unwrap() error { return e.Err }

// ErrConflict says that something stands in the way.
type ErrConflict struct {
	// Blockers name what does, such as "instance profile web".
	Blockers []string
	Detail   string
	Err      error
}

func (e *ErrConflict) Error() string {
	if len(e.Blockers) == 0 {
		return e.Detail
	}
	return fmt.Sprintf("%s (in the way: %s)", e.Detail, strings.Join(e.Blockers, ", "))
}
func (e *ErrConflict) Unwrap() error { return e.Err }

// ErrAlreadyExists says that the name is taken.
type ErrAlreadyExists struct {
	// ID is the canonical id of what has the name, where it is known.
	ID string
	// Object says what it is, such as "the IAM role invoice-export".
	Object string
	Err    error
}

func (e *ErrAlreadyExists) Error() string { return e.Object + " exists already" }
func (e *ErrAlreadyExists) Unwrap() error { return e.Err }

// ErrThrottled says that the platform still refused after all retries because of the rate of requests.
type ErrThrottled struct {
	Operation string
	Err       error
}

func (e *ErrThrottled) Error() string {
	return fmt.Sprintf("%s was throttled, also after all retries", e.Operation)
}
func (e *ErrThrottled) Unwrap() error { return e.Err }

// ErrInvalid says that the platform refused the content of a request.
type ErrInvalid struct {
	Operation string
	// Code is the platform's own, such as MalformedPolicyDocument.
	Code   string
	Detail string
	// Attribute leads to the argument at fault, and Remedy says what to write; empty where the platform does not tell.
	Attribute []string
	Remedy    string
	Err       error
}

func (e *ErrInvalid) Error() string {
	return fmt.Sprintf("%s was refused with %s: %s", e.Operation, e.Code, e.Detail)
}
func (e *ErrInvalid) Unwrap() error { return e.Err }

// ErrNotConfigured says that the platform cannot be reached as the provider is configured.
type ErrNotConfigured struct {
	// Attribute leads to the provider's argument that has to change.
	Attribute []string
	Reason    string
	Remedy    string
	Err       error
}

func (e *ErrNotConfigured) Error() string { return e.Reason + ". " + e.Remedy }
func (e *ErrNotConfigured) Unwrap() error { return e.Err }

// ErrNotPropagated says that what was just made was still not visible everywhere when the time for waiting was over.
type ErrNotPropagated struct {
	Operation string
	Waited    time.Duration
	Detail    string
	Err       error
}

func (e *ErrNotPropagated) Error() string {
	return fmt.Sprintf("%s still failed after %s of waiting for replication: %s", e.Operation, e.Waited, e.Detail)
}
func (e *ErrNotPropagated) Unwrap() error { return e.Err }
