package governed

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// Source is another provider's resource whose objects can be moved to a kind of identity.
type Source struct {
	// Provider is its namespace and name, such as hashicorp/aws; any registry can serve it.
	Provider string
	// Type is the resource's, such as aws_iam_role.
	Type string
	// SchemaVersion is the one whose state is known.
	SchemaVersion int64
	// ID is the attribute that holds what an import takes, or what Parse reads.
	ID string
	// Parse reads the id where an import takes another form. The tenant can be Somewhere.
	Parse func(text string) (governance.ID, bool)
}

// servedBy tells whether a provider's address is that of the source. OpenTofu before 1.12.4 sends its name alone, such as aws.
func (s Source) servedBy(address string) bool {
	_, name, _ := strings.Cut(s.Provider, "/")
	return strings.HasSuffix(address, "/"+s.Provider) || address == name
}

// Somewhere stands for a tenant that a state does not tell. Terraform moves states before it configures any provider, so the refresh
// that follows puts the provider's own in its place.
const Somewhere = "00000000-0000-0000-0000-000000000000"

// Settler is a kind whose moved states can lie Somewhere.
type Settler interface {
	// Settle gives an id the provider's own tenant.
	Settle(data *tfkit.Data, id governance.ID) governance.ID
}

// Movable is a kind of identity that can take over objects from other providers' resources.
type Movable interface {
	Sources() []Source
}

// HashiCorpAWS is a resource of hashicorp/aws, which has an ARN.
func HashiCorpAWS(typeName string) Source {
	return Source{Provider: "hashicorp/aws", Type: typeName, ID: "arn"}
}

// MoveState takes over objects from other providers' resources. The id is all that is taken: the refresh that follows reads
// the rest from the cloud, and the configuration gives the metadata.
func (r *Resource[M, P]) MoveState(context.Context) []resource.StateMover {
	return []resource.StateMover{{StateMover: r.moveState}}
}

func (r *Resource[M, P]) moveState(ctx context.Context, req resource.MoveStateRequest, resp *resource.MoveStateResponse) {
	k, source, ok := r.sourceOf(req.SourceProviderAddress, req.SourceTypeName)
	if !ok {
		resp.Diagnostics.AddError("Resource cannot be moved", fmt.Sprintf("%s takes over %s, and no %s of %s. Import the object instead: replace the moved block with a removed block with "+
			"lifecycle { destroy = false } for the old resource, and an import block for the new one.", r.typeName(), r.sourceNames(), req.SourceTypeName, req.SourceProviderAddress))
		return
	}
	if req.SourceSchemaVersion != source.SchemaVersion {
		resp.Diagnostics.AddError("Source state is of an unknown version", fmt.Sprintf("The state of %s has schema version %d; %s knows version %d. Use a newer version of this provider, or import the object instead: "+
			"replace the moved block with a removed block with lifecycle { destroy = false } for the old resource, and an import block for the new one.", source.Type, req.SourceSchemaVersion, r.typeName(), source.SchemaVersion))
		return
	}
	var state map[string]json.RawMessage
	var text string
	if raw := req.SourceRawState; raw != nil && json.Unmarshal(raw.JSON, &state) == nil && state[source.ID] != nil {
		if err := json.Unmarshal(state[source.ID], &text); err != nil {
			text = string(state[source.ID])
		}
	}
	parse := k.ParseImport
	if source.Parse != nil {
		parse = source.Parse
	}
	id, ok := parse(text)
	if !ok || !k.Owns(id) {
		resp.Diagnostics.AddError("Source state has no usable id", fmt.Sprintf("%s is %q in the state of %s, which names no %s.", source.ID, text, source.Type, k.Attribute()))
		return
	}
	resp.Diagnostics.Append(resp.TargetState.SetAttribute(ctx, path.Root("id"), id.String())...)
	if resp.TargetIdentity != nil && id.Account != Somewhere { // An identity never changes once it is there.
		resp.Diagnostics.Append(resp.TargetIdentity.Set(ctx, identityModel{ID: types.StringValue(id.String())})...)
	}
}

// sourceOf finds a resource of another provider and the kind that takes over from it.
func (r *Resource[M, P]) sourceOf(provider, typeName string) (Kind[P], Source, bool) {
	for _, k := range r.Kinds {
		movable, ok := k.(Movable)
		if !ok {
			continue
		}
		for _, source := range movable.Sources() {
			if source.Type == typeName && source.servedBy(provider) {
				return k, source, true
			}
		}
	}
	return nil, Source{}, false
}

// sourceNames are the resources that can be moved, for messages.
func (r *Resource[M, P]) sourceNames() string {
	var names []string
	for _, k := range r.Kinds {
		if movable, ok := k.(Movable); ok {
			for _, source := range movable.Sources() {
				names = append(names, source.Type+" of "+source.Provider)
			}
		}
	}
	return strings.Join(names, ", ")
}
