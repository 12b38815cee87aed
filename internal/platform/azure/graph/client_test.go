package graph

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

type token struct{}

func (token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "secret", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// answers are what a server says, one after the other; it is the last one that it says ever after.
type answers struct {
	t      *testing.T
	bodies []string
	calls  int
}

const server = "https://graph.example"

func (a *answers) Do(request *http.Request) (*http.Response, error) {
	if request.URL.Scheme+"://"+request.URL.Host != server || request.URL.User != nil {
		a.t.Errorf("the token goes to %s", request.URL)
	}
	body := a.bodies[min(a.calls, len(a.bodies)-1)]
	a.calls++
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
}

func clientOf(t *testing.T, bodies ...string) (*Client, *answers) {
	t.Helper()
	said := &answers{t: t, bodies: bodies}
	options := &policy.ClientOptions{Transport: said, Retry: policy.RetryOptions{MaxRetries: -1}}
	return New(token{}, server, server, "test", options), said
}

// FuzzList follows the pages of any answers: to an end, never to another server, and with all that they have or an error.
func FuzzList(f *testing.F) {
	f.Add(`{"value":[{"id":"a"}],"@odata.nextLink":"https://graph.example/v1.0/applications?$skiptoken=x"}`, `{"value":[{"id":"b"}]}`)
	f.Add(`{"value":[{"id":"a"}],"@odata.nextLink":"https://graph.example.evil/v1.0/applications"}`, `{}`)
	f.Add(`{"value":null,"@odata.nextLink":"https://graph.example/@evil/..//\u0000"}`, `null`)
	f.Add(`{"value":[],"@odata.nextLink":"https://graph.example/v1.0/loop"}`, `{"value":[],"@odata.nextLink":"https://graph.example/v1.0/loop"}`)
	f.Add(``, `[`)
	f.Fuzz(func(t *testing.T, first, second string) {
		client, said := clientOf(t, first, second, `{"value":[{"id":"last"}]}`)
		all, err := All[Application](context.Background(), client, Request{Path: "/applications"})
		if said.calls < 1 || said.calls > 3 {
			t.Errorf("%d calls for three pages", said.calls)
		}
		if err != nil && all != nil {
			t.Errorf("%v, and %d objects nevertheless", err, len(all))
		}
		var wrong *PageError
		if errors.As(err, &wrong) && (wrong.Path != "/applications" || wrong.Reason == "") {
			t.Errorf("%+v", wrong)
		}
		if err != nil {
			return
		}
		if said.calls == 3 && all[len(all)-1].ID != "last" {
			t.Errorf("the last page is lost: %+v", all)
		}
		objects := 0
		for _, body := range said.bodies[:said.calls] {
			var page struct{ Value []any }
			if err := json.Unmarshal([]byte(body), &page); err != nil && body != "" {
				t.Fatalf("%q is taken for a page: %v", body, err)
			}
			objects += len(page.Value)
		}
		if len(all) != objects {
			t.Errorf("%d objects of %d", len(all), objects)
		}
	})
}

// FuzzBatch holds the answers to a batch against its requests: each has one that Graph gave to it, or there is an error.
func FuzzBatch(f *testing.F) {
	f.Add(`{"responses":[{"id":"1","status":200,"body":{"id":"b"}},{"id":"0","status":404,"body":{"error":{"code":"Request_ResourceNotFound"}}}]}`)
	f.Add(`{"responses":[{"id":"1","status":429,"headers":{"Retry-After":"9"}},{"id":"0","status":200}]}`)
	f.Add(`{"responses":[{"id":"0","status":200},{"id":"0","status":200}]}`)
	f.Add(`{"responses":[{"id":"0","status":0},{"id":"+1","status":200}]}`)
	f.Add(`{"responses":[{"id":"0","status":429,"headers":{"Retry-After":"9223372036854775807"}},{"id":"1","status":429,"headers":{"Retry-After":"-5"}}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		client, said := clientOf(t, body, `{"responses":[]}`)
		pauses := 0
		found, err := client.Batch(context.Background(), []string{"/a", "/b"}, func(_ context.Context, pause time.Duration) error {
			if pauses++; pause < 0 || pause > longestPause {
				t.Errorf("it waits for %s", pause)
			}
			return nil
		})
		if said.calls > 2 || pauses > 1 {
			t.Errorf("%d calls and %d pauses", said.calls, pauses)
		}
		if err != nil {
			return
		}
		for i, answer := range found {
			if answer.Status < 100 || answer.Status > 599 || (answer.Code != "" && answer.Status < 300) {
				t.Errorf("the request %d is answered %+v by %s", i, answer, url.QueryEscape(body))
			}
		}
	})
}
