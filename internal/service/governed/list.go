package governed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	lists "github.com/nhi-governance/terraform-provider-governed/internal/service/inventory"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	_ list.ListResourceWithConfigure      = (*ListResource[plain, *plain])(nil)
	_ list.ListResourceWithValidateConfig = (*ListResource[plain, *plain])(nil)
)

// ListResource finds the identities that a resource could take over.
type ListResource[M any, P Model[M]] struct {
	Definition[P]
	scope  lists.Scope
	data   *tfkit.Data
	models tfkit.Models
}

// NewListResource makes the list resource of a definition, whose kinds are of these kinds, for the provider's list.
func NewListResource[M any, P Model[M]](definition Definition[P], kinds ...governance.Kind) func() list.ListResource {
	scope := lists.Scope{TypeName: definition.typeName(), Kinds: kinds, Takes: func(identity *governance.Identity) bool {
		k, ok := definition.kindOf(identity.ID)
		return ok && k.Category() == identity.Category
	}}
	for _, k := range definition.Kinds {
		if !slices.Contains(scope.Categories, k.Category()) {
			scope.Categories = append(scope.Categories, k.Category())
		}
	}
	return func() list.ListResource {
		return &ListResource[M, P]{Definition: definition, scope: scope, models: modelsOf[M](definition)}
	}
}

// Metadata names the list resource as the managed one.
func (l *ListResource[M, P]) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = l.typeName()
}

// Configure takes the provider's data.
func (l *ListResource[M, P]) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	data, diags := tfkit.FromProvider(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	l.data = data
}

// ListResourceConfigSchema is that of the config block.
func (l *ListResource[M, P]) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = l.scope.ListSchema()
}

// ValidateListResourceConfig refuses what cannot be asked.
func (l *ListResource[M, P]) ValidateListResourceConfig(ctx context.Context, req list.ValidateConfigRequest, resp *list.ValidateConfigResponse) {
	resp.Diagnostics.Append(l.scope.Validate(ctx, req.Config)...)
}

// BulkReader fills a model with what an import would read of a listed identity, without a call for it alone. ErrNotFound says that the
// identity has gone since it was listed; warnings are what of it is not known.
type BulkReader[P any] func(ctx context.Context, identity *governance.Identity, m P) ([]Warning, error)

// List returns the identities that fit, up to the limit. Warnings come first, because Terraform stops reading at the limit.
func (l *ListResource[M, P]) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var read bulk[P]
	var diags diag.Diagnostics
	if req.IncludeResource { // First, because the same read will do for the list.
		read, diags = l.openBulk(ctx, req)
	}
	var found []governance.Identity
	if !diags.HasError() {
		var more diag.Diagnostics
		found, more = l.scope.Find(ctx, l.data, req.Config)
		diags.Append(more...)
	}
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	if most := int(req.Limit); len(found) > most {
		diags.AddWarning("More identities fit", fmt.Sprintf("%s: %d identities fit, and limit, which is 100 where the list block does not say otherwise, leaves %d out. Raise it, or narrow the filters.", l.typeName(), len(found), len(found)-most))
	}
	stream.Results = func(push func(list.ListResult) bool) {
		if len(diags) > 0 && !push(list.ListResult{Diagnostics: diags}) {
			return
		}
		for i, pushed := 0, int64(0); i < len(found) && pushed < req.Limit; i++ {
			result := l.result(ctx, req, &found[i], read)
			if !push(result) {
				return
			}
			if result.Identity != nil {
				pushed++
			}
		}
	}
}

// bulk is what the results with resources need besides the list.
type bulk[P any] struct {
	// kinds are by their attribute.
	kinds map[string]BulkReader[P]
	blank tftypes.Value
}

// openBulk reads it, once for all results.
func (l *ListResource[M, P]) openBulk(ctx context.Context, req list.ListRequest) (bulk[P], diag.Diagnostics) {
	opened := bulk[P]{kinds: map[string]BulkReader[P]{}, blank: blank(ctx, req)}
	for _, k := range l.Kinds {
		if l.data == nil || k.Configured(l.data).HasError() {
			continue // None of its identities can be in a list either, and the list says so.
		}
		var diags diag.Diagnostics
		reader, err := k.Bulk(ctx, l.data)
		if err != nil {
			tfkit.AddError(&diags, attributePath(k), "Identities cannot be read", l.typeName(), err)
			return opened, diags
		}
		opened.kinds[k.Attribute()] = reader
	}
	return opened, nil
}

// result is one identity. One that has gone meanwhile is a warning alone, and one that cannot be read an error.
func (l *ListResource[M, P]) result(ctx context.Context, req list.ListRequest, identity *governance.Identity, read bulk[P]) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = displayName(identity)
	result.Diagnostics.Append(result.Identity.Set(ctx, identityModel{ID: types.StringValue(identity.ID.String())})...)
	if !req.IncludeResource {
		return result
	}
	k, _ := l.kindOf(identity.ID)
	m := P(new(M))
	result.Resource.Raw = read.blank
	result.Diagnostics.Append(l.models.Get(ctx, result.Resource.Raw, m)...)
	warnings, err := read.kinds[k.Attribute()](ctx, identity, m)
	if errors.Is(err, platform.ErrNotFound) {
		var diags diag.Diagnostics
		diags.AddWarning("Identity has gone", fmt.Sprintf("%s: %s is not there any more, so it is left out.", l.typeName(), identity.ID))
		return list.ListResult{Diagnostics: diags}
	}
	if err != nil {
		tfkit.AddError(&result.Diagnostics, attributePath(k), "Identity cannot be read", identity.ID.String(), err)
		return result
	}
	for _, warning := range warnings {
		result.Diagnostics.AddAttributeWarning(attributePath(k), warning.Summary, identity.ID.String()+": "+warning.Detail)
	}
	result.Diagnostics.Append(l.models.Set(ctx, &result.Resource.Raw, m)...)
	return result
}

// blank is a resource of which nothing is known yet, as one that is imported.
func blank(ctx context.Context, req list.ListRequest) tftypes.Value {
	object, _ := req.ResourceSchema.Type().TerraformType(ctx).(tftypes.Object)
	values := make(map[string]tftypes.Value, len(object.AttributeTypes))
	for name, attribute := range object.AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
	}
	return tftypes.NewValue(object, values)
}

// mostCodes is how many findings a display name has.
const mostCodes = 3

// displayName says what an identity is and what is worst about it.
func displayName(identity *governance.Identity) string {
	findings := slices.Clone(identity.Findings)
	weight := func(finding governance.Finding) int { return inventory.RiskScore([]governance.Finding{finding}) }
	slices.SortStableFunc(findings, func(a, b governance.Finding) int { return cmp.Compare(weight(b), weight(a)) })
	parts := []string{string(identity.ID.Kind)}
	for _, finding := range findings[:min(mostCodes, len(findings))] {
		parts = append(parts, finding.Code)
	}
	text := strings.Join(parts, ", ")
	if more := len(findings) - mostCodes; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if len(findings) > 0 {
		text += fmt.Sprintf(": score %d", identity.RiskScore)
	}
	return fmt.Sprintf("%s (%s)", identity.Name, text)
}
