package aws

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/transport/http"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// propagationTimeout is how long to wait for IAM's replicas to agree on what was just made. IAM gives no bound; two
// minutes is what other tools have found to be enough.
const (
	propagationTimeout  = 2 * time.Minute
	propagationFirst    = 500 * time.Millisecond
	propagationLongest  = 10 * time.Second
	invalidPrincipal    = "Invalid principal in policy"
	invalidProfile      = "Invalid IAM Instance Profile name"
	httpServerErrorFrom = 500
)

// untilPropagated repeats a call while it fails only because something just made is not visible everywhere yet: a
// principal in a trust policy, another change under way and, when the object itself is fresh, the object.
func (a *Account) untilPropagated(ctx context.Context, operation string, fresh bool, call func() error) error {
	var waited time.Duration
	pause := propagationFirst
	for {
		err := call()
		if err == nil || !propagates(err, fresh) {
			return mapError(operation, err)
		}
		if waited >= propagationTimeout {
			return &platform.ErrNotPropagated{Operation: operation, Waited: waited, Detail: err.Error(), Err: err}
		}
		if err := a.wait(ctx, pause); err != nil {
			return err
		}
		waited += pause
		pause = min(2*pause, propagationLongest)
	}
}

func propagates(err error, fresh bool) bool {
	switch apiCode(err) {
	case codeConcurrentModification:
		return true
	case codeNoSuchEntity:
		return fresh
	case codeMalformedPolicy:
		// IAM has no code of its own for a principal that is not visible yet. Nobody makes service principals.
		return strings.Contains(err.Error(), invalidPrincipal) && !strings.Contains(err.Error(), `"SERVICE"`)
	case codeInvalidParameter:
		return fresh && strings.Contains(err.Error(), invalidProfile)
	}
	return false
}

// attempts watches the tries of one call, to know whether one that seemed to fail may have had its effect.
type attempts struct{ uncertain atomic.Bool }

// watch is an option of a call.
func (t *attempts) watch(o *iam.Options) { o.Interceptors.AddAfterAttempt(t) }

// AfterAttempt notes a try that ended without an answer, or with a server's fault.
func (t *attempts) AfterAttempt(_ context.Context, in *http.InterceptorContext) error {
	if in.Response == nil || in.Response.StatusCode >= httpServerErrorFrom {
		t.uncertain.Store(true)
	}
	return nil
}
