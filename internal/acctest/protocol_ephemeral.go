package acctest

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Ephemeral is an open ephemeral resource, with what Terraform keeps of it until it closes.
type Ephemeral struct {
	protocol *Protocol
	typeName string
	private  []byte
	result   any
}

// Open validates and opens an ephemeral resource.
func (p *Protocol) Open(typeName string, config Values) (*Ephemeral, Diagnostics) {
	p.t.Helper()
	objectType := p.schemas.EphemeralResourceSchemas[typeName].ValueType()
	value := p.dynamic(objectType, encode(p.t, objectType, Values{}.With(config)))
	validated, err := p.server.ValidateEphemeralResourceConfig(p.t.Context(), &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: typeName, Config: value})
	p.must(err)
	diags := Diagnostics(validated.Diagnostics)
	if diags.Failed() {
		return nil, diags
	}
	opened, err := p.server.OpenEphemeralResource(p.t.Context(), &tfprotov6.OpenEphemeralResourceRequest{TypeName: typeName, Config: value})
	p.must(err)
	if diags = append(diags, opened.Diagnostics...); diags.Failed() {
		return nil, diags
	}
	result, err := opened.Result.Unmarshal(objectType) // It may be secret: Terraform keeps it nowhere.
	p.must(err)
	return &Ephemeral{p, typeName, opened.Private, decode(p.t, result)}, diags
}

// Value is a value of the result: nil when it is null.
func (e *Ephemeral) Value(steps ...string) any { return lookup(e.result, steps) }

// Text is a value of the result that is a text.
func (e *Ephemeral) Text(name string) string {
	text, _ := e.Value(name).(string)
	return text
}

// Private is what Terraform keeps of it, which must have no secret.
func (e *Ephemeral) Private() string { return string(e.private) }

// Close ends it, as Terraform does when nothing needs it any longer.
func (e *Ephemeral) Close() Diagnostics {
	p := e.protocol
	p.t.Helper()
	closed, err := p.server.CloseEphemeralResource(p.t.Context(), &tfprotov6.CloseEphemeralResourceRequest{TypeName: e.typeName, Private: e.private})
	p.must(err)
	return closed.Diagnostics
}
