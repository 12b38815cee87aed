package azuresim_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

func TestRealClients(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	out := newGraph(t, s).do("GET", "/organization", nil)
	if got := values(out)[0]["id"]; got != azuresim.DefaultTenant {
		t.Error(got)
	}
	calls := s.Calls()
	last := calls[len(calls)-1]
	if last.Service != "graph" || last.Action != "GET /organization" || last.Status != 200 || last.Account != azuresim.DefaultTenant ||
		last.Principal != defaultTenant(s).Administrator().ObjectID || last.Permissions[0].Action != "Organization.Read.All" {
		t.Errorf("call %+v", last)
	}
	if s.CountCalls("oauth:POST /{tenant}/oauth2/v2.0/token") != 1 {
		t.Errorf("calls %+v", calls)
	}
}

// A token is for one audience, and for a time on the simulator's clock.
func TestAccessTokens(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := func(scope string) string {
		got, err := secretCredential(t, s, defaultTenant(s).Administrator()).GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
		noError(t, err)
		return got.Token
	}
	at := s.GraphURL() + "/v1.0/organization"
	good := token(graphScope)
	for _, tt := range []struct {
		name, token, message string
		status               int
	}{
		{"good", good, "", 200},
		{"by its address here", token(s.GraphURL() + "/.default"), "", 200},
		{"none", "", "Access token is empty.", 401},
		{"another's", good[:len(good)-2], "Access token validation failure. Invalid signature.", 401},
		{"no token", "x", "Access token validation failure. Invalid signature.", 401},
	} {
		status, header, out := get(t, s, at, tt.token)
		if status != tt.status {
			t.Errorf("%s: %d %v", tt.name, status, out)
		}
		if e := inner(out, "error"); e != nil && (e["message"] != tt.message || e["code"] != "InvalidAuthenticationToken" || header.Get("WWW-Authenticate") == "") {
			t.Errorf("%s: %v %v", tt.name, e, header)
		}
	}
	s.Clock().Advance(time.Hour)
	if status, _, out := get(t, s, at, good); status != 401 || inner(out, "error")["message"] != "Lifetime validation failed, the token is expired." {
		t.Errorf("%d %v", status, out)
	}
	if len(s.Secrets()) == 0 || s.Secrets()[0] == "" {
		t.Error("tokens are no secrets")
	}
}

// A client whose own clock says that its token is good gets another one.
func TestMovedClock(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	g.do("GET", "/organization", nil)
	s.Clock().Advance(24 * 365 * time.Hour)
	g.do("GET", "/organization", nil)
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	tenant := defaultTenant(s)
	none := graphAs(t, s, tenant.AddCaller("none"))
	if got := none.refused(403, "Authorization_RequestDenied", "GET", "/organization", nil); got != "Insufficient privileges to complete the operation." {
		t.Error(got)
	}
	calls := s.Calls()
	if p := calls[len(calls)-1].Permissions; len(p) != 1 || p[0].Action != "Organization.Read.All" || p[0].Allowed {
		t.Errorf("permissions %+v", p)
	}
	graphAs(t, s, tenant.AddCaller("reader", "Directory.Read.All")).do("GET", "/organization", nil)
	tenant.DenyPermissions("Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All")
	newGraph(t, s).refused(403, "Authorization_RequestDenied", "GET", "/organization", nil)
	tenant.DenyPermissions()
	newGraph(t, s).do("GET", "/organization", nil)
}

func TestUnknownPath(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	if got := g.refused(400, "BadRequest", "GET", "/widgets/1", nil); got != "Resource not found for the segment 'widgets'." {
		t.Error(got)
	}
	if got := g.refused(405, "Request_BadRequest", "PUT", "/applications/1", body{}); got != "Specified HTTP method is not allowed for the request target." {
		t.Error(got)
	}
}

// Each kind of fault once: what the caller sees after azcore's retries.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault  sim.Fault
		status int
		code   string
		calls  int
	}{
		"throttling":    {sim.Fault{Kind: sim.FaultThrottling}, 200, "", 2},
		"internal":      {sim.Fault{Kind: sim.FaultInternal}, 200, "", 2},
		"unavailable":   {sim.Fault{Kind: sim.FaultUnavailable}, 200, "", 2},
		"access denied": {sim.Fault{Kind: sim.FaultAccessDenied}, 403, "Authorization_RequestDenied", 1},
		"custom":        {sim.Fault{Kind: sim.FaultError, Code: "Request_Conflict", Status: 409}, 409, "Request_Conflict", 1},
		"drop before":   {sim.Fault{Kind: sim.FaultDropBefore}, 200, "", 2},
		"drop after":    {sim.Fault{Kind: sim.FaultDropAfter}, 200, "", 2},
		"every one":     {sim.Fault{Kind: sim.FaultThrottling, Times: 9}, 429, "TooManyRequests", 4},
		"another":       {sim.Fault{Kind: sim.FaultInternal, Action: "GET /users"}, 200, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			tt.fault.Service, tt.fault.Nth = "graph", 1
			s.InjectFault(tt.fault)
			status, _, err := newGraph(t, s).try("GET", "/organization", nil)
			if status != tt.status || errorCode(err) != tt.code {
				t.Errorf("%d %v", status, err)
			}
			if got := s.CountCalls("graph:get /organization"); got != tt.calls {
				t.Errorf("%d calls, want %d", got, tt.calls)
			}
			s.ClearFaults()
			newGraph(t, s).do("GET", "/organization", nil)
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	g := newGraph(t, s)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			at := fmt.Sprintf("/applications(uniqueName='u%d')", i%2)
			_, _, err := g.try("PATCH", at, body{"displayName": "same"}, "Prefer", "create-if-missing")
			if err != nil {
				t.Error(err)
			}
			out, _, err := g.try("POST", "/$batch", body{"requests": []body{{"id": "1", "method": "GET", "url": "/applications"}}})
			if err != nil || out != 200 {
				t.Error(out, err)
			}
			s.Clock().Advance(time.Second)
			defaultTenant(s).Applications()
			s.Calls()
		})
	}
	wg.Wait()
	if got := defaultTenant(s).Applications(); len(got) != 2 {
		t.Errorf("applications %q", got)
	}
}

func TestStartTwiceAndAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if err := s.Start(); err == nil {
		t.Error("a second Start succeeded")
	}
	newGraph(t, s).do("POST", "/applications", body{"displayName": "kept"})
	s.Close()
	s.Close()
	if s.URL() != "" {
		t.Error("a closed server has a URL")
	}
	noError(t, s.Start())
	if got, _ := newGraph(t, s).all("/applications"); len(got) != 1 {
		t.Error(got)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.SetBudget("graph", 2, 1, 7)
	token, err := secretCredential(t, s, defaultTenant(s).Administrator()).GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}})
	noError(t, err)
	var got []int
	for range 6 {
		status, header, _ := get(t, s, s.GraphURL()+"/v1.0/organization", token.Token)
		got = append(got, status)
		if status == 429 && header.Get("Retry-After") != "7" {
			t.Errorf("Retry-After %q", header.Get("Retry-After"))
		}
	}
	for i, want := range []int{200, 200, 429, 200, 200, 429} {
		if got[i] != want {
			t.Fatalf("statuses %v", got)
		}
	}
	s.SetBudget("graph", 0, 0, 0)
	s.InjectFault(sim.Fault{Service: "graph", Nth: 1, Kind: sim.FaultUnavailable, RetryAfter: 3})
	if status, header, _ := get(t, s, s.GraphURL()+"/v1.0/organization", token.Token); status != 503 || header.Get("Retry-After") != "3" {
		t.Errorf("%d %v", status, header)
	}
}

// One clock moves both clouds, and the control endpoints are those of AWS.
func TestSharedClock(t *testing.T) {
	t.Parallel()
	aws := sim.New(sim.WithClock(clockStart))
	s, err := azuresim.New(azuresim.WithSharedClock(aws.Clock()))
	noError(t, err)
	noError(t, s.Start())
	t.Cleanup(s.Close)
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL()+"/_sim/clock", strings.NewReader(`{"advance":"1h"}`))
	noError(t, err)
	resp, err := s.Client().Do(req)
	noError(t, err)
	noError(t, resp.Body.Close())
	if now := aws.Clock().Now(); !now.Equal(clockStart.Add(time.Hour)) {
		t.Error(now)
	}
}

// lines is a writer that hands on what was written.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func TestRun(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out, done, ca := make(lines, 1), make(chan error, 1), filepath.Join(t.TempDir(), "ca.pem")
	clock := sim.NewClock(clockStart, true)
	go func() { done <- azuresim.Run(ctx, out, "127.0.0.1:0", ca, 13, clock) }()
	text := <-out
	pem, err := os.ReadFile(ca)
	noError(t, err)
	if !bytes.HasPrefix(pem, []byte("-----BEGIN CERTIFICATE-----")) || !strings.Contains(text, "export SSL_CERT_FILE="+ca) || !strings.Contains(text, "export AZURE_AUTHORITY_HOST=https://127.0.0.1:") {
		t.Errorf("%s\n%s", pem, text)
	}
	stop()
	noError(t, <-done)
	if err := azuresim.Run(t.Context(), out, "nowhere:-1", ca, 0, clock); err == nil {
		t.Error("a bad address was accepted")
	}
	if err := azuresim.Run(t.Context(), out, "127.0.0.1:0", filepath.Join(ca, "no"), 0, clock); err == nil {
		t.Error("a bad file was accepted")
	}
}
