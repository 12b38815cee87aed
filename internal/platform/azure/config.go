// Package azure is the platforms Azure and Entra ID: managed identities through Azure Resource Manager, applications and
// service principals through Microsoft Graph, secrets in Key Vault. All of them go through the pipeline of azcore with a
// credential of azidentity.
package azure

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// Config says how to reach a tenant and a subscription. What is empty is left to azidentity's own chain of environment,
// workload identity, managed identity and command line tools.
type Config struct {
	// TenantID and SubscriptionID are GUIDs. Without a subscription there are no managed identities.
	TenantID, SubscriptionID string
	// Environment is one of Environments; empty is the first.
	Environment string
	// ClientID is the application that a CI system signs in as with OIDCTokenFile or, in GitHub Actions, with the token
	// that a workflow can ask for. Both are used only with UseOIDC.
	ClientID      string
	UseOIDC       bool
	OIDCTokenFile string
	// Endpoints replace those of the environment.
	Endpoints Endpoints
	// CustomCABundle is a file of certificates in PEM that are trusted besides those of the machine.
	CustomCABundle string
	// MaxRetries is how often a call is tried again after a throttling or a passing fault; 0 takes DefaultMaxRetries.
	MaxRetries   int
	IgnoreTags   platform.IgnoreTags
	MetadataKeys governance.MetadataKeys
	// Version of the provider, for the user agent.
	Version string

	// Transport carries all requests; nil is one that trusts CustomCABundle as well.
	Transport policy.Transporter
	// Through puts something before what carries all requests; nil puts nothing.
	Through func(platform.Transport) platform.Transport
	// NewKey makes the private keys of certificates; nil is NewKey.
	NewKey func() (*rsa.PrivateKey, error)
	// MaxBackoff is the longest wait between two tries of a call, whatever the service asks for; 0 waits as long as it
	// asks, up to ten minutes.
	MaxBackoff time.Duration
	// Wait sleeps between two looks at something that replicates; nil sleeps by the machine's clock.
	Wait func(context.Context, time.Duration) error
	// Clock is the machine's when nil.
	Clock governance.Clock
}

// Endpoints are base URLs; an empty one is that of the environment. KeyVault is the DNS suffix of vaults, or the base URL
// below which they are paths.
type Endpoints struct{ Authority, ResourceManager, Graph, KeyVault string }

// DefaultMaxRetries is generous because Azure throttles whole subscriptions, and Graph whole tenants.
const DefaultMaxRetries = 9

// longestWait is how long a Retry-After is obeyed. azcore does not try again where it exceeds this.
const longestWait = 10 * time.Minute

// environment is a cloud of Azure's ("National clouds" in the Microsoft Entra documentation, and "National cloud
// deployments" in that of Microsoft Graph).
type environment struct {
	cloud           cloud.Configuration
	graph, keyVault string
}

// Environments are the names of the clouds, the default first.
var Environments = []string{"public", "government", "china"}

var environments = map[string]environment{
	"public":     {cloud.AzurePublic, "https://graph.microsoft.com", "vault.azure.net"},
	"government": {cloud.AzureGovernment, "https://graph.microsoft.us", "vault.usgovcloudapi.net"},
	"china":      {cloud.AzureChina, "https://microsoftgraph.chinacloudapi.cn", "vault.azure.cn"},
}

// Tenant is one Entra tenant with a subscription in it, reached with one identity. Making it costs nothing; the first use
// connects.
type Tenant struct {
	config     Config
	wait       func(context.Context, time.Duration) error
	connection platform.Memo[connection]
	listing    platform.Memo[listed]
	entra      entra
	tagging    tagging
	identities identities
	roles      roleDocs
}

type connection struct {
	credential azcore.TokenCredential
	graph      *graph.Client
	// graphAudience is whom tokens for Microsoft Graph are for.
	graphAudience string
	// arm are the options of every client of Resource Manager.
	arm *arm.ClientOptions
	// keyVault is the DNS suffix of vaults or their base URL.
	keyVault string
}

// NewTenant does no I/O and cannot fail; a wrong configuration shows at the first use as a *platform.ErrNotConfigured.
func NewTenant(config Config) *Tenant {
	if config.Clock == nil {
		config.Clock = governance.SystemClock{}
	}
	if config.Wait == nil {
		config.Wait = sleep
	}
	if config.NewKey == nil {
		config.NewKey = NewKey
	}
	if config.Environment == "" {
		config.Environment = Environments[0]
	}
	return &Tenant{config: config, wait: config.Wait, tagging: tagging{keys: config.MetadataKeys, ignore: config.IgnoreTags}}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// ID is the tenant's.
func (t *Tenant) ID() string { return strings.ToLower(t.config.TenantID) }

// SubscriptionID is the subscription in which managed identities are made.
func (t *Tenant) SubscriptionID() string { return strings.ToLower(t.config.SubscriptionID) }

func (t *Tenant) connect(ctx context.Context) (connection, error) {
	return t.connection.Get(ctx, func() (connection, error) {
		if t.config.TenantID == "" {
			return connection{}, &platform.ErrNotConfigured{
				Attribute: []string{"azure", "tenant_id"}, Reason: "No tenant is configured",
				Remedy: `Write azure = { tenant_id = "…" } in the provider block, or set AZURE_TENANT_ID or ARM_TENANT_ID.`,
			}
		}
		where, known := environments[t.config.Environment]
		if !known {
			return connection{}, &platform.ErrNotConfigured{
				Attribute: []string{"azure", "environment"}, Reason: fmt.Sprintf("%q is no environment of Azure's", t.config.Environment),
				Remedy: "Write one of these: " + strings.Join(Environments, ", ") + ".",
			}
		}
		options, err := t.options(where.cloud)
		if err != nil {
			return connection{}, err
		}
		// The audience of a token is the cloud's own, wherever the service is reached.
		audience := where.graph
		if own := t.config.Endpoints.Graph; own != "" {
			where.graph = own
		}
		if own := t.config.Endpoints.KeyVault; own != "" {
			where.keyVault = own
		}
		connecting := t.connecting(options.Cloud, where.graph, where.keyVault)
		options.PerRetryPolicies = []policy.Policy{connecting}
		credential, err := t.credential(options)
		if err != nil {
			return connection{}, err
		}
		manager := *options
		manager.PerRetryPolicies = []policy.Policy{graph.Watcher{}, connecting}
		return connection{
			credential: credential, graphAudience: audience,
			graph:    graph.New(credential, where.graph, audience, t.config.Version, options),
			arm:      &arm.ClientOptions{ClientOptions: manager, DisableRPRegistration: true},
			keyVault: where.keyVault,
		}, nil
	})
}

// options of every client of the tenant.
func (t *Tenant) options(where cloud.Configuration) (*policy.ClientOptions, error) {
	transport, err := t.transport()
	if err != nil {
		return nil, err
	}
	if through := t.config.Through; through != nil {
		if transport == nil {
			transport = http.DefaultClient
		}
		transport = through(transport)
	}
	services := map[cloud.ServiceName]cloud.ServiceConfiguration{}
	for name, service := range where.Services {
		services[name] = service
	}
	if own := t.config.Endpoints.ResourceManager; own != "" {
		services[cloud.ResourceManager] = cloud.ServiceConfiguration{Endpoint: own, Audience: services[cloud.ResourceManager].Audience}
	}
	where.Services = services
	if own := t.config.Endpoints.Authority; own != "" {
		where.ActiveDirectoryAuthorityHost = own
	}
	retry := policy.RetryOptions{MaxRetries: DefaultMaxRetries, MaxRetryDelay: longestWait}
	if t.config.MaxRetries > 0 {
		retry.MaxRetries = int32(min(t.config.MaxRetries, 1000))
	}
	if t.config.MaxBackoff > 0 {
		retry.RetryDelay = t.config.MaxBackoff
	}
	return &policy.ClientOptions{
		Cloud: where, Retry: retry, Transport: transport,
		Telemetry: policy.TelemetryOptions{ApplicationID: "terraform-governed/" + t.config.Version},
	}, nil
}

// transport is the configured one, or azcore's own unless a certificate authority is to be trusted that the machine does not know.
func (t *Tenant) transport() (policy.Transporter, error) {
	file := t.config.CustomCABundle
	if t.config.Transport != nil || file == "" {
		return t.config.Transport, nil
	}
	unusable := func(reason string, err error) error {
		return &platform.ErrNotConfigured{
			Attribute: []string{"azure", "custom_ca_bundle"}, Err: err, Reason: fmt.Sprintf("The certificates in %s cannot be used: %s", file, reason),
			Remedy: "Name a file with one or more certificates in PEM.",
		}
	}
	text, err := os.ReadFile(file) //nolint:gosec // the configuration names it
	if err != nil {
		return nil, unusable(err.Error(), err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, unusable("it has none in PEM", nil)
	}
	transport, _ := http.DefaultTransport.(*http.Transport)
	transport = transport.Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport}, nil
}
