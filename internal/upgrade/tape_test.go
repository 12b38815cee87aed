package upgrade

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// call is one recorded request that changes a cloud. What a release has left there is what its calls make of it once more,
// whatever the provider of today would do.
type call struct {
	At     time.Time         `json:"at"`
	Cloud  string            `json:"cloud"`
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Header map[string]string `json:"header"`
	Body   string            `json:"body"`
}

// keptHeaders are those that say what a request is, and not from whom and when.
var keptHeaders = []string{"Content-Type", "If-Match", "If-None-Match", "Prefer", "X-Amz-Target"}

// tape records the calls that pass it on their way to a simulator.
type tape struct {
	clock   *sim.Clock
	secrets []func() []string

	mu    sync.Mutex
	calls []call
}

// before puts the tape before a simulator.
func (r *tape) before(t *testing.T, cloud, base string, transport http.RoundTripper, start func(http.Handler) *httptest.Server) *httptest.Server {
	t.Helper()
	target, err := url.Parse(base)
	must(t, err)
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(on *httputil.ProxyRequest) {
		on.SetURL(target)
		on.Out.Host = on.In.Host // It is signed.
	}}
	server := start(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Error(err)
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
		r.keep(cloud, request, string(body))
		proxy.ServeHTTP(w, request)
	}))
	t.Cleanup(server.Close)
	return server
}

// reads are requests that change nothing, though they are no GET.
var reads = regexp.MustCompile(`(^|\.)(Get|List|Describe|Generate)|/\$batch$|/getByIds$|/providers/Microsoft\.ResourceGraph/`)

func (r *tape) keep(cloud string, request *http.Request, body string) {
	form, _ := url.ParseQuery(body)
	if request.Method == http.MethodGet || reads.MatchString(form.Get("Action")+request.Header.Get("X-Amz-Target")+request.URL.Path) {
		return
	}
	header := map[string]string{}
	for _, name := range keptHeaders {
		if value := request.Header.Get(name); value != "" {
			header[name] = value
		}
	}
	if cloud == awsCloud {
		header[scopeHeader] = scope.FindStringSubmatch(request.Header.Get("Authorization"))[1]
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call{r.clock.Now().UTC(), cloud, request.Method, request.URL.RequestURI(), header, r.redact(body)})
}

var privateKey = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----.*-----END [A-Z ]*PRIVATE KEY-----(\\+n)?`)

// redact leaves out the secrets, which no state depends on. The shortest go first, because a document of a store is one too.
func (r *tape) redact(body string) string {
	var secrets []string
	for _, some := range r.secrets {
		secrets = append(secrets, some()...)
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(a) - len(b) })
	for _, secret := range secrets {
		body = strings.ReplaceAll(body, secret, "(secret)")
		body = strings.ReplaceAll(body, url.QueryEscape(secret), "(secret)")
	}
	return privateKey.ReplaceAllString(body, "(secret)")
}

const (
	awsCloud, azureCloud = "aws", "azure"
	// scopeHeader has the region and the service that an AWS request was signed for.
	scopeHeader = "Scope"
)

var scope = regexp.MustCompile(`Credential=[^/]+/[^/]+/([^/]+/[^/]+)/aws4_request`)

// play makes recorded calls once more, at their times.
func (w *world) play(t *testing.T, calls []call) {
	t.Helper()
	for _, one := range calls {
		w.aws.Clock().Set(one.At)
		base, client := w.aws.URL(), http.DefaultClient
		if one.Cloud == azureCloud {
			base, client = w.azure.URL(), w.azure.Client()
		}
		request, err := http.NewRequestWithContext(t.Context(), one.Method, base+one.Path, strings.NewReader(one.Body))
		must(t, err)
		for name, value := range one.Header {
			if name != scopeHeader {
				request.Header.Set(name, value)
			}
		}
		if one.Cloud == azureCloud {
			request.Header.Set("Authorization", "Bearer "+w.token(t, one.Path))
		} else {
			w.sign(t, request, one)
		}
		answer, err := client.Do(request)
		must(t, err)
		text, err := io.ReadAll(answer.Body)
		must(t, err)
		must(t, answer.Body.Close())
		if answer.StatusCode >= http.StatusBadRequest {
			t.Fatalf("%s %s %s answers %s: %s", one.Method, one.Path, one.Body, answer.Status, text)
		}
	}
}

func (w *world) sign(t *testing.T, request *http.Request, one call) {
	t.Helper()
	key := w.aws.Account(sim.DefaultAccount).Administrator()
	region, service, _ := strings.Cut(one.Header[scopeHeader], "/")
	sum := sha256.Sum256([]byte(one.Body))
	must(t, v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey}, request, hex.EncodeToString(sum[:]), service, region, one.At))
}

// token is one of the tenant's administrator for the service that has a path.
func (w *world) token(t *testing.T, path string) string {
	t.Helper()
	audience := "https://management.core.windows.net/.default"
	switch base := w.azure.URL() + path; {
	case strings.HasPrefix(base, w.azure.GraphURL()):
		audience = "https://graph.microsoft.com/.default"
	case strings.HasPrefix(base, w.azure.KeyVaultURL()):
		audience = "https://vault.azure.net/.default"
	}
	env := w.azure.Env()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {env["AZURE_CLIENT_ID"]}, "client_secret": {env["AZURE_CLIENT_SECRET"]}, "scope": {audience}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.azure.URL()+"/"+env["AZURE_TENANT_ID"]+"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	must(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := w.azure.Client().Do(request)
	must(t, err)
	defer answer.Body.Close()
	var made struct {
		Token string `json:"access_token"`
	}
	must(t, json.NewDecoder(answer.Body).Decode(&made))
	return made.Token
}
