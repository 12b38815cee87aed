package azuresim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// clockStart is where the clock of most tests stands.
var clockStart = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

const graphScope = "https://graph.microsoft.com/.default"

// newServer starts a simulator for one test.
func newServer(t *testing.T) *azuresim.Server {
	t.Helper()
	s, err := azuresim.New(azuresim.WithClock(clockStart))
	noError(t, err)
	noError(t, s.Start())
	t.Cleanup(s.Close)
	return s
}

// defaultTenant is that of most tests.
func defaultTenant(s *azuresim.Server) *azuresim.Tenant { return s.Tenant(azuresim.DefaultTenant) }

// options make the real clients reach the simulator, with quick retries.
func options(s *azuresim.Server) policy.ClientOptions {
	return policy.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: s.AuthorityHost()},
		Transport: s.Client(),
		Retry:     policy.RetryOptions{RetryDelay: time.Millisecond, MaxRetryDelay: 2 * time.Millisecond},
	}
}

// secretCredential is azidentity's own.
func secretCredential(t *testing.T, s *azuresim.Server, c azuresim.Credentials) azcore.TokenCredential {
	t.Helper()
	cred, err := azidentity.NewClientSecretCredential(c.TenantID, c.ClientID, c.ClientSecret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: options(s), DisableInstanceDiscovery: true,
	})
	noError(t, err)
	return cred
}

// graph is a client of Graph as one caller: a pipeline of azcore, as the
// provider has it.
type graph struct {
	t        *testing.T
	server   *azuresim.Server
	pipeline runtime.Pipeline
}

func newGraph(t *testing.T, s *azuresim.Server) *graph {
	t.Helper()
	return graphAs(t, s, defaultTenant(s).Administrator())
}

func graphAs(t *testing.T, s *azuresim.Server, c azuresim.Credentials) *graph {
	t.Helper()
	opts := options(s)
	return &graph{t, s, runtime.NewPipeline("test", "v0", runtime.PipelineOptions{
		PerRetry: []policy.Policy{runtime.NewBearerTokenPolicy(secretCredential(t, s, c), []string{graphScope}, nil)},
	}, &opts)}
}

// body is a JSON object.
type body = map[string]any

// try sends one request to a path below v1.0, or one that starts with "https:"
// or "/beta", and reads the answer.
func (g *graph) try(method, path string, in any, headers ...string) (int, body, error) {
	g.t.Helper()
	url := g.server.GraphURL() + "/v1.0" + path
	if len(path) > 6 && path[:6] == "https:" {
		url = path
	} else if len(path) > 5 && path[:5] == "/beta" {
		url = g.server.GraphURL() + path
	}
	req, err := runtime.NewRequest(g.t.Context(), method, url)
	noError(g.t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Raw().Header.Set(headers[i], headers[i+1])
	}
	if in != nil {
		noError(g.t, runtime.MarshalAsJSON(req, in))
	}
	resp, err := g.pipeline.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { noError(g.t, resp.Body.Close()) }()
	if resp.StatusCode >= 300 {
		return resp.StatusCode, nil, runtime.NewResponseError(resp)
	}
	return resp.StatusCode, readBody(g.t, resp.Body), nil
}

// do is try for a request that succeeds.
func (g *graph) do(method, path string, in any, headers ...string) body {
	g.t.Helper()
	_, out, err := g.try(method, path, in, headers...)
	noError(g.t, err)
	return out
}

// refused is try for a request that fails with a status and a code, and returns
// the message.
func (g *graph) refused(status int, code, method, path string, in any, headers ...string) string {
	g.t.Helper()
	got, _, err := g.try(method, path, in, headers...)
	if got != status || errorCode(err) != code {
		g.t.Errorf("%s %s: %d %v, want %d %s", method, path, got, err, status, code)
	}
	return errorMessage(err)
}

func readBody(t *testing.T, from io.Reader) body {
	t.Helper()
	raw, err := io.ReadAll(from)
	noError(t, err)
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	var out body
	noError(t, json.Unmarshal(raw, &out))
	return out
}

// errorCode is the wire code of an error, or "".
func errorCode(err error) string {
	var re *azcore.ResponseError
	if errors.As(err, &re) {
		return re.ErrorCode
	}
	return ""
}

func errorMessage(err error) string {
	var re *azcore.ResponseError
	if !errors.As(err, &re) {
		return ""
	}
	raw, _ := io.ReadAll(re.RawResponse.Body)
	var out struct {
		Error struct{ Message string }
	}
	_ = json.Unmarshal(raw, &out)
	return out.Error.Message
}

// text is a member of a JSON object that is a text.
func text(o body, name string) string {
	s, _ := o[name].(string)
	return s
}

// inner is a member that is an object, or nil.
func inner(o body, name string) body {
	m, _ := o[name].(body)
	return m
}

// items is a member that is a list of objects.
func items(o body, name string) []body {
	list, _ := o[name].([]any)
	var out []body
	for _, i := range list {
		m, _ := i.(body)
		out = append(out, m)
	}
	return out
}

// values are the items of a list.
func values(o body) []body { return items(o, "value") }

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get is a request without any client library.
func get(t *testing.T, s *azuresim.Server, url, token string) (int, http.Header, body) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	noError(t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := s.Client().Do(req)
	noError(t, err)
	defer func() { noError(t, resp.Body.Close()) }()
	return resp.StatusCode, resp.Header, readBody(t, resp.Body)
}
