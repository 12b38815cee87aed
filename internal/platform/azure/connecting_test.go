package azure_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// TestSimUnreachable gives up an endpoint that cannot be reached long before the tries of a throttling are over, and tries one that
// was given up just once more.
func TestSimUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := listener.Addr().String()
	listener.Close()
	stranger := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(stranger.Close)
	untrusted := strings.TrimPrefix(stranger.URL, "https://")
	refused := ": dial tcp " + silent + ": connect: connection refused. "
	for name, of := range map[string]struct {
		change func(*azure.Config)
		waited time.Duration
		want   string
	}{
		"graph": {
			func(c *azure.Config) { c.Endpoints.Graph = "https://" + silent + "/graph" }, 15 * time.Second,
			"Microsoft Graph cannot be reached at " + silent + refused + "Correct azure.endpoints.graph, or check the network and the proxy (HTTPS_PROXY) on the way to it.",
		},
		"authority": {
			func(c *azure.Config) { c.Endpoints.Authority = "https://" + silent }, 15 * time.Second,
			"The authority of Entra ID cannot be reached at " + silent + refused + "Correct azure.endpoints.authority, or check the network and the proxy (HTTPS_PROXY) on the way to it.",
		},
		"not trusted": {
			func(c *azure.Config) { c.Endpoints.Graph = stranger.URL }, 0,
			"Microsoft Graph cannot be reached at " + untrusted + ": tls: failed to verify certificate: x509: certificate signed by unknown authority. " +
				"If it is the right one, name a file with the certificate of its authority, or of the proxy's, in azure.custom_ca_bundle. Otherwise correct azure.endpoints.graph.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var waited atomic.Int64
			config := openEstate(t).config()
			of.change(&config)
			config.MaxRetries = 1000
			config.Wait = func(ctx context.Context, d time.Duration) error {
				waited.Add(int64(d))
				return ctx.Err()
			}
			driver := azure.NewTenant(config).Applications()
			for range 2 {
				_, err := driver.Read(t.Context(), governance.ID{Kind: governance.KindEntraApplication, Account: azuresim.DefaultTenant, Resource: "1b4e28ba-2fa1-11d2-883f-0016d3cca427"})
				var configured *platform.ErrNotConfigured
				if !errors.As(err, &configured) || configured.Error() != of.want {
					t.Errorf("the error is %v", err)
				}
			}
			if got := time.Duration(waited.Load()); got != of.waited {
				t.Errorf("it waits for %s", got)
			}
		})
	}
}
