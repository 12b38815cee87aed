package graph

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Attempts are the tries of one call.
type Attempts struct{ uncertain atomic.Bool }

// Uncertain tells that a try ended without an answer, or with a server's fault, so that it may have had its effect.
func (a *Attempts) Uncertain() bool { return a.uncertain.Load() }

type attemptsKey struct{}

// Watched makes a context whose calls are noted.
func Watched(ctx context.Context) (context.Context, *Attempts) {
	attempts := &Attempts{}
	return context.WithValue(ctx, attemptsKey{}, attempts), attempts
}

// Watcher notes how each try of a watched call ends. Clients of other services can have it among their policies as well.
type Watcher struct{}

// Do is azcore's.
func (Watcher) Do(request *policy.Request) (*http.Response, error) {
	response, err := request.Next()
	if attempts, ok := request.Raw().Context().Value(attemptsKey{}).(*Attempts); ok && (err != nil || response.StatusCode >= http.StatusInternalServerError) {
		attempts.uncertain.Store(true)
	}
	return response, err
}
