package serviceidentity

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// kind is what the resource needs of one kind of identity: its nested attribute and what happens on its platform.
// Methods that take a model read its nested attribute and write the results into it.
type kind interface {
	attribute() string
	id() governance.Kind
	schema() schema.Attribute
	// declared tells whether the model has the nested attribute; known is false while that is not known yet.
	declared(m *model) (declared, known bool)
	// configured reports when the provider does not configure the platform.
	configured(data *tfkit.Data) diag.Diagnostics
	// parseImport reads the platform's own form of an id, such as an ARN.
	parseImport(text string) (governance.ID, bool)

	// validate finds what is wrong without asking the platform; data is nil before the provider is configured.
	validate(ctx context.Context, data *tfkit.Data, m *model) ([]governance.Violation, diag.Diagnostics)
	// check finds what the platform would refuse.
	check(ctx context.Context, data *tfkit.Data, m *model, disabled bool) ([]governance.Violation, error)
	// predict fills in the results that are known before apply, keeping those of the prior state that say the same.
	predict(ctx context.Context, data *tfkit.Data, m, prior *model, disabled bool) error

	create(ctx context.Context, data *tfkit.Data, m *model, disabled bool) (governance.ID, error)
	// converge returns what is attached to the identity when it succeeds, and what it may have attached when it fails.
	converge(ctx context.Context, data *tfkit.Data, id governance.ID, m *model, disabled bool) (attachments []string, err error)
	// read returns what the user should know besides what the model shows.
	read(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) (warnings []warning, err error)
	remove(ctx context.Context, data *tfkit.Data, id governance.ID) (removed []string, err error)
}

// warning is what the user should know about an identity that exists.
type warning struct {
	// summary is the same for every identity.
	summary, detail string
}

// kinds are all that the resource can declare.
var kinds = []kind{awsRole{}, awsUser{}}

func kindNames() string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.attribute()
	}
	return strings.Join(names, ", ")
}

func kindOf(id governance.ID) (kind, bool) {
	for _, k := range kinds {
		if k.id() == id.Kind {
			return k, true
		}
	}
	return nil, false
}

// declaredKind is the kind that the model declares; nil, without an error, while that is not known yet.
func declaredKind(m *model) (kind, diag.Diagnostics) {
	var diags diag.Diagnostics
	var found []kind
	for _, k := range kinds {
		declared, known := k.declared(m)
		if !known {
			return nil, nil
		}
		if declared {
			found = append(found, k)
		}
	}
	switch len(found) {
	case 0:
		diags.AddError("No platform is declared", "An identity lives on exactly one platform. Write one of these arguments: "+kindNames()+".")
		return nil, diags
	case 1:
		return found[0], nil
	}
	for _, k := range found {
		diags.AddAttributeError(path.Root(k.attribute()), "More than one platform is declared", "An identity lives on exactly one platform. Keep one of these arguments: "+kindNames()+".")
	}
	return nil, diags
}

// attributePath is the path of the kind's nested attribute.
func attributePath(k kind) path.Path { return path.Root(k.attribute()) }
