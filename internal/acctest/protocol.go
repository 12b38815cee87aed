package acctest

import (
	"context"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// Protocol drives the provider as Terraform does, but in this process: in milliseconds, with the warnings that
// terraform-plugin-testing does not show, and with what only newer Terraforms send.
type Protocol struct {
	t          testing.TB
	server     tfprotov6.ProviderServer
	schemas    *tfprotov6.GetProviderSchemaResponse
	identities *tfprotov6.GetResourceIdentitySchemasResponse
	valid      bool
}

// NewProtocol makes a provider that is not configured yet. The simulator's clock is its clock.
func NewProtocol(t testing.TB, server *sim.Server) *Protocol {
	t.Helper()
	return newProtocol(t, server.Clock())
}

func newProtocol(t testing.TB, clock *sim.Clock) *Protocol {
	t.Helper()
	p := &Protocol{t: t, server: newServer(clock, provider.WithTransport(onWire), provider.WithKeys(oldKey))}
	known, err := schemas()
	p.must(err)
	p.schemas, p.identities = known.schemas, known.identities
	Diagnostics(p.schemas.Diagnostics).Want(t)
	Diagnostics(p.identities.Diagnostics).Want(t)
	return p
}

// schemas are those of every instance of the provider, which take milliseconds to build.
var schemas = sync.OnceValues(func() (known struct {
	schemas    *tfprotov6.GetProviderSchemaResponse
	identities *tfprotov6.GetResourceIdentitySchemasResponse
}, err error,
) {
	ctx, server := context.Background(), provider.NewServer("test") //nolint:forbidigo // they outlive the test that asks first
	if known.schemas, err = server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{}); err == nil {
		known.identities, err = server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	}
	return known, err
})

// WithoutValidation spares a provider the validation of what has been validated already by another one.
func (p *Protocol) WithoutValidation() *Protocol {
	p.valid = true
	return p
}

// NewConfiguredProtocol makes a provider that talks to the simulator, with further provider arguments.
func NewConfiguredProtocol(t testing.TB, server *sim.Server, further Values) *Protocol {
	t.Helper()
	p := NewProtocol(t, server)
	p.Configure(Values{"aws": AWSArgument(server.URL())}.With(further)).Want(t)
	return p
}

// AWSArgument is the provider's aws argument for a simulator.
func AWSArgument(url string) Values {
	return Values{"region": "eu-west-1", "endpoints": Values{"accessanalyzer": url, "config": url, "iam": url, "organizations": url, "secretsmanager": url, "ssm": url, "sts": url}}
}

// ValidateProvider validates a provider block, which Terraform does before anything else.
func (p *Protocol) ValidateProvider(config Values) Diagnostics {
	p.t.Helper()
	objectType := p.schemas.Provider.ValueType()
	validated, err := p.server.ValidateProviderConfig(p.t.Context(), &tfprotov6.ValidateProviderConfigRequest{Config: p.dynamic(objectType, encode(p.t, objectType, config))})
	p.must(err)
	return validated.Diagnostics
}

// Configure validates a provider block and configures the provider with it.
func (p *Protocol) Configure(config Values) Diagnostics {
	p.t.Helper()
	var diags Diagnostics
	if !p.valid {
		if diags = p.ValidateProvider(config); diags.Failed() {
			return diags
		}
	}
	objectType := p.schemas.Provider.ValueType()
	configured, err := p.server.ConfigureProvider(p.t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.12.0", Config: p.dynamic(objectType, encode(p.t, objectType, config))})
	p.must(err)
	return append(diags, configured.Diagnostics...)
}

// Stop interrupts what the provider is doing, as Ctrl-C does.
func (p *Protocol) Stop() {
	_, err := p.server.StopProvider(p.t.Context(), &tfprotov6.StopProviderRequest{})
	p.must(err)
}

// ValidateDataSource holds the configuration of a data source against its rules; nil is a block without arguments.
func (p *Protocol) ValidateDataSource(typeName string, config Values) Diagnostics {
	p.t.Helper()
	validated, err := p.server.ValidateDataResourceConfig(p.t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{TypeName: typeName, Config: p.dataSourceConfig(typeName, config)})
	p.must(err)
	return validated.Diagnostics
}

// ReadDataSource validates and reads a data source and returns its result.
func (p *Protocol) ReadDataSource(typeName string, config Values) (any, Diagnostics) {
	p.t.Helper()
	diags := p.ValidateDataSource(typeName, config)
	if diags.Failed() {
		return nil, diags
	}
	read, err := p.server.ReadDataSource(p.t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: typeName, Config: p.dataSourceConfig(typeName, config)})
	p.must(err)
	return decode(p.t, p.value(p.schemas.DataSourceSchemas[typeName].ValueType(), read.State)), append(diags, read.Diagnostics...)
}

func (p *Protocol) dataSourceConfig(typeName string, config Values) *tfprotov6.DynamicValue {
	p.t.Helper()
	objectType := p.schemas.DataSourceSchemas[typeName].ValueType()
	return p.dynamic(objectType, encode(p.t, objectType, Values{}.With(config)))
}

func (p *Protocol) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *Protocol) dynamic(objectType tftypes.Type, value tftypes.Value) *tfprotov6.DynamicValue {
	p.t.Helper()
	dynamic, err := tfprotov6.NewDynamicValue(objectType, value)
	p.must(err)
	return &dynamic
}

func (p *Protocol) value(objectType tftypes.Type, dynamic *tfprotov6.DynamicValue) tftypes.Value {
	p.t.Helper()
	if dynamic == nil {
		return tftypes.NewValue(objectType, nil)
	}
	value, err := dynamic.Unmarshal(objectType)
	p.must(err)
	return value
}

// Resource is one resource instance, with what Terraform keeps of it between the calls.
type Resource struct {
	protocol     *Protocol
	typeName     string
	schema       *tfprotov6.Schema
	objectType   tftypes.Type
	identityType tftypes.Type

	state    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData

	planned        tftypes.Value
	plannedPrivate []byte
	replace        bool
}

// Resource is an instance that does not exist yet.
func (p *Protocol) Resource(typeName string) *Resource {
	schema := p.schemas.ResourceSchemas[typeName]
	objectType := schema.ValueType()
	return &Resource{
		protocol: p, typeName: typeName, schema: schema, objectType: objectType,
		identityType: p.identities.IdentitySchemas[typeName].ValueType(), state: tftypes.NewValue(objectType, nil),
	}
}

// Under is the same instance in the hands of another run of Terraform, with a provider of its own.
func (r *Resource) Under(p *Protocol) *Resource {
	other := *r
	other.protocol = p
	return &other
}

// Validate holds a configuration against the resource's rules.
func (r *Resource) Validate(config Values) Diagnostics {
	p := r.protocol
	p.t.Helper()
	validated, err := p.server.ValidateResourceConfig(p.t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: r.typeName, Config: p.dynamic(r.objectType, encode(p.t, r.objectType, config)),
	})
	p.must(err)
	return validated.Diagnostics
}

// Plan validates and plans a configuration; nil plans the destruction.
func (r *Resource) Plan(config Values) Diagnostics {
	p := r.protocol
	p.t.Helper()
	value, proposed := tftypes.NewValue(r.objectType, nil), tftypes.NewValue(r.objectType, nil)
	var diags Diagnostics
	if config != nil {
		if !p.valid {
			if diags = r.Validate(config); diags.Failed() {
				return diags
			}
		}
		value = encode(p.t, r.objectType, config)
		proposed = r.propose(value)
	}
	planned, err := p.server.PlanResourceChange(p.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: r.typeName, Config: p.dynamic(r.objectType, value), ProposedNewState: p.dynamic(r.objectType, proposed),
		PriorState: p.dynamic(r.objectType, r.state), PriorPrivate: r.private, PriorIdentity: r.identity,
	})
	p.must(err)
	diags = append(diags, planned.Diagnostics...)
	if !diags.Failed() {
		r.planned, r.plannedPrivate, r.replace = p.value(r.objectType, planned.PlannedState), planned.PlannedPrivate, len(planned.RequiresReplace) > 0
	}
	return diags
}

// Apply plans and applies a configuration; nil destroys, and then only the apply's diagnostics come back, because every plan
// of a destruction warns of what goes.
func (r *Resource) Apply(config Values) Diagnostics {
	r.protocol.t.Helper()
	diags := r.Plan(config)
	if diags.Failed() {
		return diags
	}
	if config == nil {
		diags = nil
	}
	return append(diags, r.ApplyPlanned(config)...)
}

// ApplyPlanned applies what Plan has planned. Values that were not known then can be known in the configuration now. As
// Terraform does, it plans once more first; neither that plan nor the result may break what the first plan promised.
func (r *Resource) ApplyPlanned(config Values) Diagnostics {
	p := r.protocol
	p.t.Helper()
	first := r.planned
	if diags := r.Plan(config); diags.Failed() {
		return diags
	}
	assertKept(p.t, first, r.planned)
	return r.apply(config)
}

// ApplyOnce plans and applies a configuration, as Apply does, but without the second plan in between.
func (r *Resource) ApplyOnce(config Values) Diagnostics {
	r.protocol.t.Helper()
	diags := r.Plan(config)
	if diags.Failed() {
		return diags
	}
	return append(diags, r.apply(config)...)
}

// ApplyStale applies what Plan has planned as it is, for what changes after Terraform's own second plan.
func (r *Resource) ApplyStale(config Values) Diagnostics {
	r.protocol.t.Helper()
	return r.apply(config)
}

func (r *Resource) apply(config Values) Diagnostics {
	p := r.protocol
	p.t.Helper()
	if r.replace && r.Exists() {
		p.t.Fatal("the plan replaces the resource: destroy it first")
	}
	value := tftypes.NewValue(r.objectType, nil)
	if config != nil {
		value = encode(p.t, r.objectType, config)
	}
	applied, err := p.server.ApplyResourceChange(p.t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: r.typeName, Config: p.dynamic(r.objectType, value), PlannedState: p.dynamic(r.objectType, r.planned),
		PriorState: p.dynamic(r.objectType, r.state), PlannedPrivate: r.plannedPrivate, PlannedIdentity: r.identity,
	})
	p.must(err)
	r.state, r.private = p.value(r.objectType, applied.NewState), applied.Private
	if applied.NewIdentity != nil {
		r.identity = applied.NewIdentity
	}
	if diags := Diagnostics(applied.Diagnostics); diags.Failed() {
		return diags
	}
	assertKept(p.t, r.planned, r.state)
	return applied.Diagnostics
}

// Refresh reads the resource again. It is gone from the state when it is gone from the cloud.
func (r *Resource) Refresh() Diagnostics {
	p := r.protocol
	p.t.Helper()
	read, err := p.server.ReadResource(p.t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: r.typeName, CurrentState: p.dynamic(r.objectType, r.state), Private: r.private, CurrentIdentity: r.identity,
	})
	p.must(err)
	if diags := Diagnostics(read.Diagnostics); diags.Failed() {
		return diags
	}
	r.state, r.private, r.identity = p.value(r.objectType, read.NewState), read.Private, read.NewIdentity
	return read.Diagnostics
}

// Import takes the object with an id, or with an identity when the id is empty, and reads it.
func (r *Resource) Import(id string, identity Values) Diagnostics {
	p := r.protocol
	p.t.Helper()
	request := &tfprotov6.ImportResourceStateRequest{TypeName: r.typeName, ID: id}
	if identity != nil {
		request.Identity = &tfprotov6.ResourceIdentityData{IdentityData: p.dynamic(r.identityType, encode(p.t, r.identityType, identity))}
	}
	imported, err := p.server.ImportResourceState(p.t.Context(), request)
	p.must(err)
	if diags := Diagnostics(imported.Diagnostics); diags.Failed() {
		return diags
	}
	one := imported.ImportedResources[0]
	r.state, r.private, r.identity = p.value(r.objectType, one.State), one.Private, one.Identity
	return append(Diagnostics(imported.Diagnostics), r.Refresh()...)
}

// Move takes over an object from another provider's resource, whose state is JSON, and reads it.
func (r *Resource) Move(provider, typeName string, version int64, state string) Diagnostics {
	p := r.protocol
	p.t.Helper()
	moved, err := p.server.MoveResourceState(p.t.Context(), &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: provider, SourceTypeName: typeName, SourceSchemaVersion: version,
		SourceState: &tfprotov6.RawState{JSON: []byte(state)}, TargetTypeName: r.typeName,
	})
	p.must(err)
	if diags := Diagnostics(moved.Diagnostics); diags.Failed() {
		return diags
	}
	r.state, r.private, r.identity = p.value(r.objectType, moved.TargetState), moved.TargetPrivate, moved.TargetIdentity
	return append(Diagnostics(moved.Diagnostics), r.Refresh()...)
}

// Exists tells whether the state has the resource.
func (r *Resource) Exists() bool { return !r.state.IsNull() }

// Changes tells whether the last plan changes anything.
func (r *Resource) Changes() bool { return !r.planned.Equal(r.state) }

// Replaces tells whether the last plan replaces the resource.
func (r *Resource) Replaces() bool { return r.replace }

// State is a value of the state: nil when it is null.
func (r *Resource) State(steps ...string) any { return lookup(decode(r.protocol.t, r.state), steps) }

// Planned is a value of the last plan: Unknown when it is not known before apply.
func (r *Resource) Planned(steps ...string) any {
	return lookup(decode(r.protocol.t, r.planned), steps)
}

// Identity is the resource identity that the provider returned.
func (r *Resource) Identity() any {
	if r.identity == nil {
		return nil
	}
	return decode(r.protocol.t, r.protocol.value(r.identityType, r.identity.IdentityData))
}
