package azuresim_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const armScope = "https://management.core.windows.net//.default"

// armOptions make the clients of Resource Manager reach the simulator. Only what
// a test asks for is tried again.
func armOptions(s *azuresim.Server) *arm.ClientOptions {
	opts := options(s)
	opts.Retry.MaxRetries = -1
	opts.Cloud.Services = map[cloud.ServiceName]cloud.ServiceConfiguration{
		cloud.ResourceManager: {Endpoint: s.ResourceManagerURL(), Audience: "https://management.core.windows.net/"},
	}
	return &arm.ClientOptions{ClientOptions: opts}
}

// estate is a server with a resource group, and who calls.
type estate struct {
	t            *testing.T
	server       *azuresim.Server
	tenant       *azuresim.Tenant
	subscription *azuresim.Subscription
	group        string // the id of the resource group "rg"
	caller       azuresim.Credentials
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	s := newServer(t)
	tenant := defaultTenant(s)
	sub := tenant.Subscription(azuresim.DefaultSubscription)
	return &estate{t, s, tenant, sub, sub.AddResourceGroup("rg", "westeurope"), tenant.Administrator()}
}

func (e *estate) token(scope string) string {
	e.t.Helper()
	token, err := secretCredential(e.t, e.server, e.caller).GetToken(e.t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
	noError(e.t, err)
	return token.Token
}

// call is a request to Resource Manager without any client library.
func (e *estate) call(method, path string, in any) (int, http.Header, body) {
	e.t.Helper()
	return e.callAs(e.token(armScope), method, e.server.ResourceManagerURL()+path, in)
}

func (e *estate) callAs(token, method, url string, in any) (int, http.Header, body) {
	e.t.Helper()
	var raw []byte
	if in != nil {
		var err error
		raw, err = json.Marshal(in)
		noError(e.t, err)
	}
	req, err := http.NewRequestWithContext(e.t.Context(), method, url, bytes.NewReader(raw))
	noError(e.t, err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := e.server.Client().Do(req)
	noError(e.t, err)
	defer func() { noError(e.t, resp.Body.Close()) }()
	return resp.StatusCode, resp.Header, readBody(e.t, resp.Body)
}

// refused is call for a request that fails with a status and a code, and
// returns the message.
func (e *estate) refused(status int, code, method, path string, in any) string {
	e.t.Helper()
	got, _, out := e.call(method, path, in)
	failed, _ := out["error"].(body)
	if got != status || failed["code"] != code {
		e.t.Errorf("%s %s: %d %v, want %d %s", method, path, got, out, status, code)
	}
	message, _ := failed["message"].(string)
	return message
}

// as is the same estate for another caller.
func (e *estate) as(c azuresim.Credentials) *estate {
	other := *e
	other.caller = c
	return &other
}

// in is what a JSON object has at a path; nil where there is no such object.
func in(o body, path ...string) body {
	for _, name := range path {
		o, _ = o[name].(body)
	}
	return o
}
