package acctest

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Query is a list block, as terraform query has it.
type Query struct {
	// Config is the block config; nil is none.
	Config Values
	// Limit is how many results are taken; 0 is Terraform's default of 100.
	Limit int64
	// IncludeResource asks for the resources, which Terraform also does to generate configuration.
	IncludeResource bool
}

// Listed is a result of a list block.
type Listed struct {
	DisplayName        string
	Identity, Resource any
}

// ValidateList holds a list block against the list resource's rules.
func (p *Protocol) ValidateList(typeName string, config Values) Diagnostics {
	p.t.Helper()
	//nolint:forcetypeassert // the framework's server does
	validated, err := p.server.(tfprotov6.ListResourceServer).ValidateListResourceConfig(p.t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: typeName, Config: p.listConfig(typeName, config)})
	p.must(err)
	return validated.Diagnostics
}

// List validates a list block and reads its results as Terraform does: it stops at the limit and at the first error, and
// refuses what has neither an identity nor a warning.
func (p *Protocol) List(typeName string, query Query) (results []Listed, diags Diagnostics) {
	p.t.Helper()
	if diags = p.ValidateList(typeName, query.Config); diags.Failed() {
		return nil, diags
	}
	if query.Limit == 0 {
		query.Limit = 100
	}
	//nolint:forcetypeassert // the framework's server does
	stream, err := p.server.(tfprotov6.ListResourceServer).ListResource(p.t.Context(), &tfprotov6.ListResourceRequest{
		TypeName: typeName, Config: p.listConfig(typeName, query.Config), IncludeResource: query.IncludeResource, Limit: query.Limit,
	})
	p.must(err)
	for event := range stream.Results {
		diags = append(diags, event.Diagnostics...)
		if diags.Failed() {
			return nil, diags
		}
		if event.Identity == nil {
			if len(event.Diagnostics) == 0 {
				p.t.Error("a result has no identity")
			}
			continue
		}
		one := Listed{DisplayName: event.DisplayName, Identity: decode(p.t, p.value(p.identities.IdentitySchemas[typeName].ValueType(), event.Identity.IdentityData))}
		if event.Resource != nil {
			one.Resource = decode(p.t, p.value(p.schemas.ResourceSchemas[typeName].ValueType(), event.Resource))
		}
		if results = append(results, one); int64(len(results)) >= query.Limit {
			break
		}
	}
	return results, diags
}

func (p *Protocol) listConfig(typeName string, config Values) *tfprotov6.DynamicValue {
	p.t.Helper()
	objectType := p.schemas.ListResourceSchemas[typeName].ValueType()
	return p.dynamic(objectType, encode(p.t, objectType, Values{}.With(config)))
}

// Value is a value of a result's resource: nil when it is null.
func (l Listed) Value(steps ...string) any { return lookup(l.Resource, steps) }
