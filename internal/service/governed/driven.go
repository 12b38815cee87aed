package governed

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// Nested is the struct of a nested attribute: its fields are all that the schema has.
type Nested[P, Spec any] interface {
	// Spec is what the attribute asks for in the model m. What is not known yet is left out.
	Spec(ctx context.Context, m P) (Spec, error)
}

// Driven is what every kind has in common whose identities a platform.Driver manages. A kind embeds it, and has a method of its
// own, which can call the one of the same name here, for what is particular to it.
//
// M is the resource's model, P a pointer to it, N the kind's nested attribute; Spec and S are the driver's.
type Driven[M any, P Model[M], N Nested[P, Spec], Spec any, S platform.State] struct {
	Kind  governance.Kind
	Cloud Cloud
	// Name is the nested attribute's, Types are its types, and Object is where the model has it.
	Name   string
	Types  map[string]attr.Type
	Object func(P) *types.Object

	Driver func(*tfkit.Data) platform.Driver[Spec, S]
	// Rules find what is wrong without asking the platform.
	Rules func(platform.Desired[Spec]) []governance.Violation
}

// Get reads the nested attribute. It is all null where there is none, as while importing, and where there is no model, as before
// a creation.
func (k Driven[M, P, N, Spec, S]) Get(m P) (nested N, err error) {
	if m == nil || k.Object(m).IsNull() || k.Object(m).IsUnknown() {
		return nested, nil
	}
	err = ReadObject(*k.Object(m), &nested)
	return nested, err
}

// Set writes the nested attribute.
func (k Driven[M, P, N, Spec, S]) Set(m P, nested N) (err error) {
	*k.Object(m), err = AsError(tfkit.ObjectFrom(k.Types, nested))
	return err
}

// Wanted reads the nested attribute and the identity that it asks for.
func (k Driven[M, P, N, Spec, S]) Wanted(ctx context.Context, m P, disabled bool) (nested N, want platform.Desired[Spec], err error) {
	if nested, err = k.Get(m); err != nil {
		return nested, want, err
	}
	metadata, _ := m.Metadata(ctx)
	spec, err := nested.Spec(ctx, m)
	return nested, platform.Desired[Spec]{Name: m.Common().Name.ValueString(), Metadata: metadata, Disabled: disabled, Spec: spec}, err
}

// Foretell is where Predict begins: with the nested attribute as it was, and what Converge will return.
func (k Driven[M, P, N, Spec, S]) Foretell(ctx context.Context, data *tfkit.Data, want platform.Desired[Spec], prior P) (had N, state S, err error) {
	if state, err = k.Driver(data).Predict(ctx, want); err != nil {
		return had, state, err
	}
	had, err = k.Get(prior)
	return had, state, err
}

// Apply is where Converge begins: with what was to become of the identity, unless that cannot be told, and what it is then.
func (k Driven[M, P, N, Spec, S]) Apply(ctx context.Context, data *tfkit.Data, id governance.ID, want platform.Desired[Spec]) (intended, state S, err error) {
	driver := k.Driver(data)
	predicted, err := driver.Predict(ctx, want)
	if err != nil {
		return intended, state, err
	}
	state, err = driver.Converge(ctx, id, want)
	return predicted, state, err
}

func (k Driven[M, P, N, Spec, S]) Attribute() string { return k.Name }

func (k Driven[M, P, N, Spec, S]) Owns(id governance.ID) bool { return id.Kind == k.Kind }

func (k Driven[M, P, N, Spec, S]) Category() governance.Category { return k.Kind.Category() }

func (k Driven[M, P, N, Spec, S]) Declared(m P) (declared, known bool) {
	return !k.Object(m).IsNull(), !k.Object(m).IsUnknown()
}

func (k Driven[M, P, N, Spec, S]) Configured(data *tfkit.Data) diag.Diagnostics {
	return k.Cloud.require(data, path.Root(k.Name))
}

// ParseImport knows no form but the canonical one.
func (k Driven[M, P, N, Spec, S]) ParseImport(string) (governance.ID, bool) {
	return governance.ID{}, false
}

func (k Driven[M, P, N, Spec, S]) Validate(ctx context.Context, m P) ([]governance.Violation, diag.Diagnostics) {
	_, want, err := k.Wanted(ctx, m, false)
	if err != nil {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Configuration cannot be read", err.Error())}
	}
	return k.Rules(want), nil
}

func (k Driven[M, P, N, Spec, S]) Check(ctx context.Context, data *tfkit.Data, m P, disabled bool) ([]governance.Violation, error) {
	_, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return nil, err
	}
	return k.Driver(data).Check(ctx, want)
}

func (k Driven[M, P, N, Spec, S]) Describe(ctx context.Context, data *tfkit.Data, _ P, subject *governance.Subject) error {
	return k.Cloud.describe(ctx, data, k.Kind, subject)
}

func (k Driven[M, P, N, Spec, S]) Create(ctx context.Context, data *tfkit.Data, m P, disabled bool) (governance.ID, error) {
	_, want, err := k.Wanted(ctx, m, disabled)
	if err != nil {
		return governance.ID{}, err
	}
	return k.Driver(data).Create(ctx, want)
}

func (k Driven[M, P, N, Spec, S]) Retirement(ctx context.Context, data *tfkit.Data, id governance.ID) (platform.Retirement, error) {
	return k.Driver(data).Retirement(ctx, id)
}

func (k Driven[M, P, N, Spec, S]) Remove(ctx context.Context, data *tfkit.Data, id governance.ID) ([]string, error) {
	return k.Driver(data).Delete(ctx, id)
}
