package acctest

import (
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Recorded is what a state file has of a resource instance.
type Recorded struct {
	Type            string                     `json:"type"`
	SchemaVersion   int64                      `json:"schema_version"`
	IdentityVersion int64                      `json:"identity_schema_version"`
	Attributes      json.RawMessage            `json:"attributes"`
	Identity        json.RawMessage            `json:"identity"`
	Private         map[string]json.RawMessage `json:"private"`
}

// Record is what Terraform writes into the state file.
func (r *Resource) Record() Recorded {
	p := r.protocol
	p.t.Helper()
	recorded := Recorded{Type: r.typeName, SchemaVersion: r.schema.Version, IdentityVersion: p.identities.IdentitySchemas[r.typeName].Version, Private: map[string]json.RawMessage{}}
	var err error
	recorded.Attributes, err = json.Marshal(r.State())
	p.must(err)
	recorded.Identity, err = json.Marshal(r.Identity())
	p.must(err)
	values := map[string][]byte{}
	p.must(json.Unmarshal(r.private, &values))
	for key, value := range values {
		recorded.Private[key] = value
	}
	return recorded
}

// Restore takes what a state file has, from whatever release of the provider.
func (p *Protocol) Restore(recorded Recorded) (*Resource, Diagnostics) {
	p.t.Helper()
	r := p.Resource(recorded.Type)
	upgraded, err := p.server.UpgradeResourceState(p.t.Context(), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: recorded.Type, Version: recorded.SchemaVersion, RawState: &tfprotov6.RawState{JSON: recorded.Attributes},
	})
	p.must(err)
	diags := Diagnostics(upgraded.Diagnostics)
	if diags.Failed() {
		return r, diags
	}
	identity, more := r.restoreIdentity(recorded)
	if diags = append(diags, more...); diags.Failed() {
		return r, diags
	}
	values := map[string][]byte{}
	for key, value := range recorded.Private {
		values[key] = value
	}
	r.state, r.identity = p.value(r.objectType, upgraded.UpgradedState), identity
	r.private, err = json.Marshal(values)
	p.must(err)
	return r, diags
}

// restoreIdentity has an identity upgraded only where its version is another one, as Terraform does.
func (r *Resource) restoreIdentity(recorded Recorded) (*tfprotov6.ResourceIdentityData, Diagnostics) {
	p := r.protocol
	p.t.Helper()
	raw := &tfprotov6.RawState{JSON: recorded.Identity}
	if recorded.IdentityVersion == p.identities.IdentitySchemas[r.typeName].Version {
		value, err := raw.Unmarshal(r.identityType)
		p.must(err)
		return &tfprotov6.ResourceIdentityData{IdentityData: p.dynamic(r.identityType, value)}, nil
	}
	upgraded, err := p.server.UpgradeResourceIdentity(p.t.Context(), &tfprotov6.UpgradeResourceIdentityRequest{
		TypeName: r.typeName, Version: recorded.IdentityVersion, RawIdentity: raw,
	})
	p.must(err)
	return upgraded.UpgradedIdentity, upgraded.Diagnostics
}
