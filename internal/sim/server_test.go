package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func TestAuthentication(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.Account(sim.DefaultAccount).Administrator()
	try := func(c sim.Credentials) string {
		_, err := clientsWith(s, c).STS.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		return code(err)
	}
	if got := try(sim.Credentials{AccessKeyID: "AKIAUNKNOWN0000000", SecretAccessKey: "x"}); got != "InvalidClientTokenId" {
		t.Error(got)
	}
	if got := try(sim.Credentials{AccessKeyID: admin.AccessKeyID, SecretAccessKey: "wrong"}); got != "SignatureDoesNotMatch" {
		t.Error(got)
	}
	if got := try(sim.Credentials{AccessKeyID: admin.AccessKeyID, SecretAccessKey: admin.SecretAccessKey, SessionToken: "x"}); got != "InvalidClientTokenId" {
		t.Error(got)
	}
	// The simulator's clock may be anywhere.
	s.Clock().Set(time.Date(2040, time.January, 1, 0, 0, 0, 0, time.UTC))
	if got := try(admin); got != "" {
		t.Error(got)
	}
	if got := len(s.Calls()); got != 4 {
		t.Errorf("%d calls recorded", got)
	}
}

func TestAccountsAreApart(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	one, two := newClients(t, s), clientsWith(s, s.Account("210987654321").Administrator())
	mustCreateRole(t, one, "r", lambdaTrust)
	if arn := mustCreateRole(t, two, "r", lambdaTrust); arn != "arn:aws:iam::210987654321:role/r" {
		t.Error(arn)
	}
	_, err := one.IAM.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("r")})
	noError(t, err)
	if got := s.Account("210987654321").Roles(); len(got) != 1 {
		t.Errorf("roles %q", got)
	}
}

func post(t *testing.T, s *sim.Server, params url.Values) (int, string) {
	t.Helper()
	resp, err := http.PostForm(s.URL(), params)
	noError(t, err)
	defer func() { noError(t, resp.Body.Close()) }()
	body, err := io.ReadAll(resp.Body)
	noError(t, err)
	return resp.StatusCode, string(body)
}

func TestErrorsOnTheWire(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	status, body := post(t, s, url.Values{"Action": {"ListRoles"}, "Version": {"2010-05-08"}})
	if status != 403 || !strings.HasPrefix(body, `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>MissingAuthenticationToken</Code><Message>`) ||
		!strings.Contains(body, "<RequestId>") {
		t.Errorf("%d %s", status, body)
	}
	status, body = post(t, s, url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}})
	if status != 403 || !strings.Contains(body, "https://sts.amazonaws.com/doc/2011-06-15/") {
		t.Errorf("%d %s", status, body)
	}
	_, err := newClients(t, s).IAM.ListSAMLProviders(t.Context(), &iam.ListSAMLProvidersInput{})
	wantCode(t, err, "InvalidAction")
	if message(err) != "Could not find operation ListSAMLProviders for version 2010-05-08" {
		t.Error(message(err))
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	env := s.Env()
	if env["AWS_ENDPOINT_URL"] != s.URL() || env["AWS_ACCESS_KEY_ID"] == "" || env["AWS_EC2_METADATA_DISABLED"] != "true" {
		t.Errorf("environment %v", env)
	}
	if maps.Equal(env, s.Account("210987654321").Env()) {
		t.Error("two accounts have the same environment")
	}
}

func control(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	noError(t, err)
	resp, err := http.DefaultClient.Do(req)
	noError(t, err)
	defer func() { noError(t, resp.Body.Close()) }()
	text, err := io.ReadAll(resp.Body)
	noError(t, err)
	return resp.StatusCode, string(text)
}

func TestControlEndpoints(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	at := s.URL() + "/_sim/"
	for _, tt := range []struct {
		method, path, body string
		status             int
		contains           string
	}{
		{"GET", "healthz", "", 200, "ok"},
		{"GET", "clock", "", 200, "2026-03-01T12:00:00Z"},
		{"POST", "clock", `{"advance":"24h"}`, 200, "2026-03-02T12:00:00Z"},
		{"POST", "clock", `{"set":"2027-01-01T00:00:00+01:00"}`, 200, "2026-12-31T23:00:00Z"},
		{"POST", "clock", `{"set":"tomorrow"}`, 400, "tomorrow"},
		{"POST", "clock", `{"advance":"1 day"}`, 400, "1 day"},
		{"POST", "clock", `{}`, 400, "either"},
		{"POST", "clock", `{"forward":"1h"}`, 400, "forward"},
		{"POST", "faults", `{"action":"CreateRole","nth":1,"kind":"access_denied"}`, 201, "1"},
		{"POST", "faults", `[{"kind":"nonsense"}]`, 400, "nonsense"},
		{"POST", "faults", `{"kind":"error","status":200}`, 400, "200"},
		{"GET", "nothing", "", 404, "no control endpoint"},
	} {
		status, body := control(t, tt.method, at+tt.path, tt.body)
		if status != tt.status || !strings.Contains(body, tt.contains) {
			t.Errorf("%s %s %s: %d %s", tt.method, tt.path, tt.body, status, body)
		}
	}
	_, err := createRole(t.Context(), c, "r", lambdaTrust)
	wantCode(t, err, "AccessDenied")
	_, body := control(t, "GET", at+"calls", "")
	var calls []sim.Call
	noError(t, json.Unmarshal([]byte(body), &calls))
	if len(calls) != 1 || calls[0].Action != "CreateRole" || calls[0].Status != 403 {
		t.Errorf("calls %s", body)
	}
	for _, what := range []string{"calls", "faults"} {
		if status, _ := control(t, "DELETE", at+what, ""); status != 204 {
			t.Errorf("DELETE %s: %d", what, status)
		}
	}
	if s.CountCalls("") != 0 {
		t.Error("calls remain")
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	still := sim.New(sim.WithClock(clockStart)).Clock()
	if !still.Now().Equal(clockStart) || !still.Advance(time.Hour).Equal(clockStart.Add(time.Hour)) {
		t.Error("a standing clock does not stand")
	}
	still.Advance(-2 * time.Hour)
	if !still.Now().Equal(clockStart.Add(-time.Hour)) {
		t.Error("a clock does not go back")
	}
	running := sim.New(sim.WithClock(clockStart), sim.WithRunningClock()).Clock()
	first := running.Now()
	if !running.Now().After(first) {
		t.Error("a running clock does not run")
	}
	running.Set(clockStart.AddDate(1, 0, 0))
	if now := running.Now(); now.Before(clockStart.AddDate(1, 0, 0)) || now.After(clockStart.AddDate(1, 0, 1)) {
		t.Errorf("a set clock shows %s", now)
	}
}

func TestStartTwiceAndAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if err := s.Start(); err == nil {
		t.Error("a second Start succeeded")
	}
	mustCreateRole(t, newClients(t, s), "kept", lambdaTrust)
	s.Close()
	s.Close()
	if s.URL() != "" {
		t.Error("a closed server has a URL")
	}
	noError(t, s.Start())
	_, err := newClients(t, s).IAM.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("kept")})
	noError(t, err)
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := createRole(t.Context(), c, "same", lambdaTrust); err != nil && code(err) != "EntityAlreadyExists" {
				t.Error(err)
			}
			s.Clock().Advance(time.Second)
			s.Account(sim.DefaultAccount).Roles()
			s.Calls()
		})
	}
	wg.Wait()
	if got := s.CountCalls("iam:createrole"); got != 8 {
		t.Errorf("%d calls", got)
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
	out, done := make(lines, 1), make(chan error, 1)
	clock, err := sim.RunningClock("2030-01-01T00:00:00Z")
	noError(t, err)
	go func() { done <- sim.Run(ctx, out, "127.0.0.1:0", 12, clock) }()
	text := <-out
	_, rest, found := strings.Cut(text, "export AWS_ENDPOINT_URL=")
	endpoint, _, _ := strings.Cut(rest, "\n")
	if !found || !strings.Contains(text, "_sim/clock") {
		t.Fatal(text)
	}
	if status, body := control(t, "GET", endpoint+"/_sim/clock", ""); status != 200 || !strings.Contains(body, "2030-01-01T00:00") {
		t.Errorf("%d %s", status, body)
	}
	stop()
	noError(t, <-done)
	var b bytes.Buffer
	if _, err := sim.RunningClock("noon"); err == nil {
		t.Error("a bad clock was accepted")
	}
	if err := sim.Run(t.Context(), &b, "nowhere:-1", 0, clock); err == nil {
		t.Error("a bad address was accepted")
	}
}
