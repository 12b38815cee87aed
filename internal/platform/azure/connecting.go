package azure

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// endpoint is a service of the cloud, and where it is reached.
type endpoint struct {
	// setting is its name in azure.endpoints.
	setting, name, address string
	// own tells that the address is that of the configuration.
	own bool
}

// has tells whether a request goes to the endpoint. The address of vaults can be a DNS suffix.
func (e endpoint) has(request *http.Request) bool {
	if base := strings.TrimSuffix(e.address, "/"); strings.HasPrefix(base, "https://") {
		return strings.HasPrefix(request.URL.String()+"/", base+"/")
	}
	return strings.HasSuffix(request.URL.Hostname(), "."+e.address)
}

// connecting tries a call again where there is no connection, and ends it when platform.Reconnect says so: azcore would take as many
// tries as for a throttling, which is minutes. An endpoint that has been given up is tried just once, until it answers.
type connecting struct {
	// endpoints in the order in which they are compared with a request.
	endpoints []endpoint
	wait      func(context.Context, time.Duration) error
	givenUp   sync.Map // of hosts
}

// connecting is for the services of the cloud. A base URL can lie below another one, so the longest are compared first.
func (t *Tenant) connecting(where cloud.Configuration, graph, keyVault string) *connecting {
	own := t.config.Endpoints
	endpoints := []endpoint{
		{"authority", "The authority of Entra ID", where.ActiveDirectoryAuthorityHost, own.Authority != ""},
		{"resource_manager", "Azure Resource Manager", where.Services[cloud.ResourceManager].Endpoint, own.ResourceManager != ""},
		{"graph", "Microsoft Graph", graph, own.Graph != ""},
		{"key_vault", "Key Vault", keyVault, own.KeyVault != ""},
	}
	slices.SortStableFunc(endpoints, func(a, b endpoint) int { return len(b.address) - len(a.address) })
	return &connecting{endpoints: endpoints, wait: t.wait}
}

// Do is azcore's.
func (c *connecting) Do(request *policy.Request) (*http.Response, error) {
	ctx, raw := request.Raw().Context(), request.Raw()
	for tries := 1; ; tries++ {
		response, err := request.Clone(ctx).Next()
		if err == nil {
			c.givenUp.Delete(raw.URL.Host)
			return response, nil
		}
		i := slices.IndexFunc(c.endpoints, func(e endpoint) bool { return e.has(raw) })
		if i < 0 || ctx.Err() != nil || !platform.Unconnected(err) {
			return response, err
		}
		pause, again := platform.Reconnect(err, tries)
		if _, before := c.givenUp.Load(raw.URL.Host); before || !again {
			c.givenUp.Store(raw.URL.Host, true)
			final := c.endpoints[i].unreachable(raw.URL.Host, err)
			if cause, ok := ctx.Value(unreachableKey{}).(*atomic.Pointer[finalError]); ok {
				cause.Store(final)
			}
			return nil, final
		}
		if err := c.wait(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// unreachable is why an endpoint is given up.
func (e endpoint) unreachable(host string, err error) *finalError {
	why := platform.ErrNotConfigured{
		Attribute: []string{"azure", "endpoints", e.setting}, Err: err,
		Reason: fmt.Sprintf("%s cannot be reached at %s: %s", e.name, host, platform.WhyUnconnected(err)),
		Remedy: "Check the network, the proxy (HTTPS_PROXY) and azure.environment; azure.endpoints." + e.setting + " names another endpoint.",
	}
	switch {
	case platform.Untrusted(err):
		why.Remedy = "If it is the right one, name a file with the certificate of its authority, or of the proxy's, in azure.custom_ca_bundle. Otherwise correct azure.endpoints." + e.setting + "."
	case e.own:
		why.Remedy = "Correct azure.endpoints." + e.setting + ", or check the network and the proxy (HTTPS_PROXY) on the way to it."
	}
	return &finalError{why}
}

type unreachableKey struct{}

// findingUnreachable makes a context in which the cause is kept of a call that finds no connection: azidentity hands on no more of it
// than a text.
func findingUnreachable(ctx context.Context) (context.Context, *atomic.Pointer[finalError]) {
	cause := &atomic.Pointer[finalError]{}
	return context.WithValue(ctx, unreachableKey{}, cause), cause
}
