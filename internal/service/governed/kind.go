package governed

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// Model is a resource in plan and state: a struct that embeds tfkit.GovernanceModel and has the nested attributes of the
// resource's kinds.
type Model[M any] interface {
	*M
	// Common are the arguments and results that every governed resource has.
	Common() *tfkit.GovernanceModel
	// Metadata is what is known of the metadata, and which fields are not known yet.
	Metadata(context.Context) (governance.Metadata, map[governance.Field]bool)
}

// Kind is what a resource needs of one kind of identity: its nested attribute and what happens on its platform. Methods
// that take a model read its nested attribute and write the results into it.
type Kind[P any] interface {
	Attribute() string
	// Owns tells whether an identity that exists is of the kind.
	Owns(id governance.ID) bool
	Category() governance.Category
	Schema() schema.Attribute
	// Declared tells whether the model has the nested attribute; known is false while that is not known yet.
	Declared(m P) (declared, known bool)
	// Configured reports when the provider does not configure the platform.
	Configured(data *tfkit.Data) diag.Diagnostics
	// ParseImport reads the platform's own form of an id, such as an ARN.
	ParseImport(text string) (governance.ID, bool)

	// Validate finds what is wrong without asking the platform, before the provider is configured.
	Validate(ctx context.Context, m P) ([]governance.Violation, diag.Diagnostics)
	// Check finds what the platform would refuse.
	Check(ctx context.Context, data *tfkit.Data, m P, disabled bool) ([]governance.Violation, error)
	// Describe adds to a subject of which kind it is and in which account, as far as that is known.
	Describe(ctx context.Context, data *tfkit.Data, m P, subject *governance.Subject) error
	// Predict fills in the results that are known before apply, keeping those of the prior state that say the same; prior
	// is nil on create.
	Predict(ctx context.Context, data *tfkit.Data, m, prior P, disabled bool) error

	Create(ctx context.Context, data *tfkit.Data, m P, disabled bool) (governance.ID, error)
	// Converge returns what is attached to the identity when it succeeds, and what it may have attached when it fails.
	Converge(ctx context.Context, data *tfkit.Data, id governance.ID, m P, disabled bool) (attachments []string, err error)
	// Read returns what the user should know besides what the model shows.
	Read(ctx context.Context, data *tfkit.Data, id governance.ID, m P) (warnings []Warning, err error)
	// Bulk reads what is there once, so that many identities can be taken over from it without a call for each.
	Bulk(ctx context.Context, data *tfkit.Data) (BulkReader[P], error)
	// Retirement tells what Remove will take away, and what uses it.
	Retirement(ctx context.Context, data *tfkit.Data, id governance.ID) (platform.Retirement, error)
	Remove(ctx context.Context, data *tfkit.Data, id governance.ID) (removed []string, err error)
}

// Forecaster is a kind whose platform can have the identity before Terraform makes it.
type Forecaster[P any] interface {
	// Foresee finds, at plan, what a creation will meet.
	Foresee(ctx context.Context, data *tfkit.Data, m P) ([]governance.Violation, error)
}

// Trusting is a kind whose identities others can use without holding a credential.
type Trusting[P any] interface {
	// Trust is who could use the identity, as far as that is known.
	Trust(ctx context.Context, data *tfkit.Data, m P) (governance.Trust, error)
}

// Published is a kind whose identities are used by software of others, of which only the platform can tell whose it is, once
// the identity is there.
type Published[P any] interface {
	// Publisher is who has published the software of an identity that exists, as its state has it, and what is wrong with that
	// for m.
	Publisher(ctx context.Context, data *tfkit.Data, m, state P) (governance.Publisher, []governance.Violation, error)
	// Vet tells the same of an identity that was just made and has been given nothing yet.
	Vet(ctx context.Context, data *tfkit.Data, id governance.ID, m P) (governance.Publisher, []governance.Violation, error)
	// Discard removes such an identity without a trace.
	Discard(ctx context.Context, data *tfkit.Data, id governance.ID) error
}

// Owned is a kind whose platform has owners of its own.
type Owned[P any] interface {
	// Unowned leads to the argument that names them, where it is known to name nobody.
	Unowned(m P) []string
}

// Releaser is a kind of which some identities stay when their resource goes.
type Releaser[P any] interface {
	// Stays says why such an identity stays; nothing for one that is to be removed.
	Stays(ctx context.Context, id governance.ID, m P) (why string, err error)
	// Release lets go of such an identity.
	Release(ctx context.Context, data *tfkit.Data, id governance.ID) error
}

// Warning is what the user should know about an identity that exists.
type Warning struct {
	// Summary is the same for every identity.
	Summary, Detail string
}

func (d Definition[P]) kindNames() string {
	names := make([]string, len(d.Kinds))
	for i, k := range d.Kinds {
		names[i] = k.Attribute()
	}
	return strings.Join(names, ", ")
}

func (d Definition[P]) kindOf(id governance.ID) (Kind[P], bool) {
	for _, k := range d.Kinds {
		if k.Owns(id) {
			return k, true
		}
	}
	return nil, false
}

// declaredKind is the kind that the model declares; nil, without an error, while that is not known yet.
func (d Definition[P]) declaredKind(m P) (Kind[P], diag.Diagnostics) {
	var diags diag.Diagnostics
	var found []Kind[P]
	for _, k := range d.Kinds {
		declared, known := k.Declared(m)
		if !known {
			return nil, nil
		}
		if declared {
			found = append(found, k)
		}
	}
	switch len(found) {
	case 0:
		diags.AddError("No platform is declared", "An identity lives on exactly one platform. Write one of these arguments: "+d.kindNames()+".")
		return nil, diags
	case 1:
		return found[0], nil
	}
	for _, k := range found {
		diags.AddAttributeError(path.Root(k.Attribute()), "More than one platform is declared", "An identity lives on exactly one platform. Keep one of these arguments: "+d.kindNames()+".")
	}
	return nil, diags
}

// attributePath is the path of the kind's nested attribute.
func attributePath[P any](k Kind[P]) path.Path { return path.Root(k.Attribute()) }

func (d Definition[P]) typeName() string { return providerTypeName + "_" + d.Name }

// title names an identity in messages.
func (r *Resource[M, P]) title(m P) string {
	label := m.Common().Name.ValueString()
	if r.Label != nil {
		label = r.Label(m)
	}
	return fmt.Sprintf("%s %q", r.typeName(), label)
}
