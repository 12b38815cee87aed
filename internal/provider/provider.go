// Package provider is the provider itself: its schema, its configuration, and the list of everything it offers.
package provider

import (
	"context"
	"crypto/rsa"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/nhi-governance/terraform-provider-governed/internal/functions"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/awssession"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/azuretoken"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/credential"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/inventory"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/quarantine"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/revokesessions"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/serviceidentity"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/servicelinkedidentity"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/thirdpartyidentity"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// Address is where the registry has the provider.
const Address = "registry.terraform.io/nhi-governance/governed"

var (
	_ provider.ProviderWithActions            = (*Provider)(nil)
	_ provider.ProviderWithEphemeralResources = (*Provider)(nil)
	_ provider.ProviderWithFunctions          = (*Provider)(nil)
	_ provider.ProviderWithListResources      = (*Provider)(nil)
)

// Provider is terraform-provider-governed.
type Provider struct {
	version    string
	clock      governance.Clock
	maxBackoff time.Duration
	wait       func(context.Context, time.Duration) error
	through    func(platform.Transport) platform.Transport
	newKey     func() (*rsa.PrivateKey, error)
	preview    tfkit.Preview
	// changing is tfkit.Data's.
	changing *atomic.Bool
}

// Option changes how a provider sees the world, for tests.
type Option func(*Provider)

// WithClock replaces the machine's clock.
func WithClock(clock governance.Clock) Option { return func(p *Provider) { p.clock = clock } }

// WithoutWaiting lets retries and looks at what replicates follow each other at once.
func WithoutWaiting() Option {
	return func(p *Provider) {
		p.maxBackoff = time.Millisecond
		p.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}
}

// WithTransport puts something before what carries the requests to the clouds.
func WithTransport(through func(platform.Transport) platform.Transport) Option {
	return func(p *Provider) { p.through = through }
}

// WithKeys replaces how the private keys of certificates are made, which takes a tenth of a second for each.
func WithKeys(newKey func() (*rsa.PrivateKey, error)) Option {
	return func(p *Provider) { p.newKey = newKey }
}

// New makes the provider. Every call of the result is one independent instance.
func New(version string, options ...Option) func() provider.Provider {
	return func() provider.Provider {
		p := &Provider{version: version, clock: governance.SystemClock{}}
		for _, option := range options {
			option(p)
		}
		p.foresee()
		return p
	}
}

// Metadata names the provider.
func (p *Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = "governed", p.version
}

// Resources lists them in alphabetical order.
func (p *Provider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		credential.NewResource,
		quarantine.NewResource,
		serviceidentity.NewResource(&p.preview),
		servicelinkedidentity.NewResource(&p.preview),
		thirdpartyidentity.NewResource(&p.preview),
	}
}

// DataSources lists them in alphabetical order.
func (*Provider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		inventory.NewExpiringDataSource,
		inventory.NewHighRiskDataSource,
		inventory.NewIdentitiesDataSource,
		inventory.NewIdentityDataSource,
		inventory.NewStaleDataSource,
		inventory.NewUnownedDataSource,
	}
}

// Actions lists them in alphabetical order.
func (*Provider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{
		revokesessions.NewAction,
		credential.NewAction,
	}
}

// EphemeralResources lists them in alphabetical order.
func (*Provider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{
		awssession.NewEphemeralResource,
		azuretoken.NewEphemeralResource,
	}
}

// ListResources lists them in alphabetical order.
func (*Provider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		serviceidentity.NewListResource(),
		servicelinkedidentity.NewListResource(),
		thirdpartyidentity.NewListResource(),
	}
}

// Functions lists them in alphabetical order.
func (*Provider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		functions.NewExpiryAfter,
		functions.NewInventoryReport,
		functions.NewParseIdentityID,
		functions.NewPolicyFindings,
		functions.NewPolicyGrants,
	}
}
