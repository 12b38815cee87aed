// Package governed is what the resources of governed identities have in common: how an identity is judged, planned, made,
// saved, changed, imported and retired. A resource is a Definition with its model and its kinds.
package governed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	_ resource.ResourceWithConfigure      = (*Resource[plain, *plain])(nil)
	_ resource.ResourceWithValidateConfig = (*Resource[plain, *plain])(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource[plain, *plain])(nil)
	_ resource.ResourceWithImportState    = (*Resource[plain, *plain])(nil)
	_ resource.ResourceWithIdentity       = (*Resource[plain, *plain])(nil)
	_ resource.ResourceWithMoveState      = (*Resource[plain, *plain])(nil)
)

// plain is the least that a model can be.
type plain struct{ tfkit.GovernanceModel }

const providerTypeName = "governed"

// Definition is what is particular to one resource.
type Definition[P any] struct {
	// Name is the resource's without that of the provider, such as service_identity.
	Name string
	// Description is Markdown, for the documentation.
	Description string
	// Attributes are further arguments besides those that every governed resource has and those of the kinds.
	Attributes map[string]schema.Attribute
	// Kinds are all that the resource can declare.
	Kinds []Kind[P]
	// Label is what messages call an identity whose name the platform chooses; nil where the user does.
	Label func(P) string
	// ImportForms says what an import takes besides canonical ids, such as "an ARN of a role".
	ImportForms string
}

// Resource is the resource that a definition makes of a model.
type Resource[M any, P Model[M]] struct {
	Definition[P]
	data    *tfkit.Data
	preview *tfkit.Preview
	models  tfkit.Models
}

// NewResource makes the resource for the provider's list.
func NewResource[M any, P Model[M]](definition Definition[P], preview *tfkit.Preview) func() resource.Resource {
	return func() resource.Resource {
		return &Resource[M, P]{Definition: definition, preview: preview, models: modelsOf[M](definition)}
	}
}

// Metadata names the resource.
func (r *Resource[M, P]) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.typeName()
}

// Configure takes the provider's data.
func (r *Resource[M, P]) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	data, diags := tfkit.FromProvider(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.data = data
}

// Create makes the identity and saves it before anything else is done to it, so that nothing is orphaned when the rest
// fails.
func (r *Resource[M, P]) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	m := P(new(M))
	resp.Diagnostics.Append(r.load(ctx, req.Plan.Raw, m)...)
	k, judged, disabled := r.prepare(ctx, m, existing[P]{}, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	id, err := k.Create(ctx, r.data, m, disabled)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Identity cannot be created", r.title(m), err, r.wayOut(err)...)
		return
	}
	common := m.Common()
	common.ID = types.StringValue(id.String())
	resp.Diagnostics.Append(r.save(ctx, &resp.State.Raw, m)...)
	resp.Diagnostics.Append(tfkit.NullUnknown(&resp.State)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: common.ID})...)
	resp.Diagnostics.Append(r.rememberOver(ctx, resp.Private, common)...)
	resp.Diagnostics.Append(rememberAccepted(ctx, resp.Private, common, governance.PassedTrust{})...)
	resp.Diagnostics.Append(writeNotes(ctx, resp.Private, m)...)
	if !r.vet(ctx, k, id, m, judged, &resp.State, &resp.Diagnostics) {
		return // The policy has not let its trust pass, also where the user has it completed instead of replaced.
	}
	resp.Diagnostics.Append(rememberAccepted(ctx, resp.Private, common, judged.PassedTrust())...)
	attachments, err := k.Converge(ctx, r.data, id, m, disabled)
	resp.Diagnostics.Append(remember(ctx, resp.Private, attachmentsKey, attachments)...)
	resp.Diagnostics.Append(writeNotes(ctx, resp.Private, m)...)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Identity was created but not completed", r.title(m), err,
			"It exists and is saved, but Terraform replaces what it could not complete. To have the next apply complete it instead, run terraform untaint on it first.")
		return
	}
	r.data.Changed(id.String())
	resp.Diagnostics.Append(r.save(ctx, &resp.State.Raw, m)...)
}

// Read takes over what the cloud has.
func (r *Resource[M, P]) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	m := P(new(M))
	resp.Diagnostics.Append(r.load(ctx, req.State.Raw, m)...)
	common := m.Common()
	k, id := r.locate(common, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	r.data.InState(common.ID.ValueString())
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: common.ID})...)
	readNotes(ctx, req.Private, m, &resp.Diagnostics)
	warnings, err := k.Read(ctx, r.data, id, m)
	resp.Diagnostics.Append(writeNotes(ctx, resp.Private, m)...)
	if errors.Is(err, platform.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Identity cannot be read", common.ID.ValueString(), err)
		return
	}
	resp.Diagnostics.Append(r.rememberOver(ctx, resp.Private, common)...)
	for _, warning := range warnings {
		resp.Diagnostics.AddAttributeWarning(attributePath(k), warning.Summary, r.title(m)+": "+warning.Detail)
	}
	resp.Diagnostics.Append(r.save(ctx, &resp.State.Raw, m)...)
}

// Update makes the identity what the plan says.
func (r *Resource[M, P]) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	m, prior := P(new(M)), P(new(M))
	resp.Diagnostics.Append(r.load(ctx, req.Plan.Raw, m)...)
	resp.Diagnostics.Append(r.load(ctx, req.State.Raw, prior)...)
	had := existing[P]{prior, r.accepted(ctx, prior.Common(), req.Private, &resp.Diagnostics)}
	k, judged, disabled := r.prepare(ctx, m, had, &resp.Diagnostics)
	_, id := r.locate(prior.Common(), &resp.Diagnostics)
	readNotes(ctx, req.Private, m, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	common := m.Common()
	attachments, err := k.Converge(ctx, r.data, id, m, disabled)
	resp.Diagnostics.Append(remember(ctx, resp.Private, attachmentsKey, attachments)...)
	resp.Diagnostics.Append(writeNotes(ctx, resp.Private, m)...)
	if err != nil {
		// What was let pass before stays so: the next plan may well go back to it.
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Identity cannot be updated", r.title(m), err)
		return
	}
	resp.Diagnostics.Append(r.rememberOver(ctx, resp.Private, common)...)
	resp.Diagnostics.Append(rememberAccepted(ctx, resp.Private, common, judged.PassedTrust())...)
	r.data.Changed(id.String())
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: common.ID})...)
	resp.Diagnostics.Append(r.save(ctx, &resp.State.Raw, m)...)
}

// Delete retires the identity. It works whatever its state, its expiry and the policy.
func (r *Resource[M, P]) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	m := P(new(M))
	resp.Diagnostics.Append(r.load(ctx, req.State.Raw, m)...)
	common := m.Common()
	k, id := r.locate(common, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if why := r.stays(ctx, k, id, m, &resp.Diagnostics); why != "" {
		if err := k.(Releaser[P]).Release(ctx, r.data, id); err != nil { //nolint:forcetypeassert // only a Releaser's stay
			tfkit.AddError(&resp.Diagnostics, attributePath(k), "Identity cannot be released", r.title(m), err)
		}
		return
	}
	if resp.Diagnostics.HasError() {
		return
	}
	removed, err := k.Remove(ctx, r.data, id)
	ours := recall(ctx, req.Private, attachmentsKey, &resp.Diagnostics)
	if foreign := Without(removed, ours); len(foreign) > 0 {
		resp.Diagnostics.AddAttributeWarning(attributePath(k), "Attachments made outside Terraform were removed",
			fmt.Sprintf("%s could not be deleted while they were there: %s.", r.title(m), strings.Join(foreign, ", ")))
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Identity cannot be deleted", r.title(m), err)
	}
}

// locate finds the platform and the id of an identity that exists.
func (r *Resource[M, P]) locate(common *tfkit.GovernanceModel, diags *diag.Diagnostics) (Kind[P], governance.ID) {
	if diags.HasError() {
		return nil, governance.ID{}
	}
	id, err := governance.ParseID(common.ID.ValueString())
	if err != nil {
		diags.AddAttributeError(path.Root("id"), "Identity id is malformed", err.Error())
		return nil, governance.ID{}
	}
	k, ok := r.kindOf(id)
	if !ok {
		diags.AddAttributeError(path.Root("id"), "Identity is of another kind", fmt.Sprintf("%s is no identity that %s can declare; it declares: %s.", id, r.typeName(), r.kindNames()))
		return nil, governance.ID{}
	}
	diags.Append(k.Configured(r.data)...)
	if settler, ok := k.(Settler); ok && id.Account == Somewhere && !diags.HasError() {
		id = settler.Settle(r.data, id)
		common.ID = types.StringValue(id.String())
	}
	return k, id
}

// prepare judges a planned identity once more, now that everything is known, before any call that changes something.
func (r *Resource[M, P]) prepare(ctx context.Context, m P, had existing[P], diags *diag.Diagnostics) (k Kind[P], judged governance.Subject, disabled bool) {
	if diags.HasError() {
		return nil, judged, false
	}
	k, kindDiags := r.declaredKind(m)
	diags.Append(kindDiags...)
	if k == nil || diags.HasError() {
		return nil, judged, false
	}
	diags.Append(k.Configured(r.data)...)
	if diags.HasError() {
		return nil, judged, false
	}
	common := m.Common()
	status := common.StatusAt(r.data.Policy, r.data.Clock.Now())
	disabled = status.ValueString() == string(governance.StatusExpired)
	judged = r.judge(ctx, k, m, had, disabled, false, diags)
	if !diags.HasError() && r.judgeEntitlements(ctx, k, m, had, judged, false, diags) {
		r.judgeKept(m, had.state, disabled, false, diags)
	}
	if planned := common.Status.ValueString(); !common.Status.IsUnknown() && disabled != (planned == string(governance.StatusExpired)) {
		diags.AddAttributeError(path.Root("expiry"), "Plan is out of date", fmt.Sprintf("%s: the plan expected the identity to be %s, but its expiry %s has passed since. Plan again.", r.title(m), planned, common.Expiry.ValueString()))
	}
	if common.Status.IsUnknown() {
		common.Status = status
	}
	return k, judged, disabled
}

// judge reports what the policy and the platform say against an identity, and returns what was judged.
func (r *Resource[M, P]) judge(ctx context.Context, k Kind[P], m P, had existing[P], disabled, planning bool, diags *diag.Diagnostics) governance.Subject {
	title := r.title(m)
	judged := subject(ctx, m, k.Category(), had.accepted)
	judged.Final = !planning
	undescribed := describe(ctx, r.data, k, m, had.state, &judged)
	if owned, ok := k.(Owned[P]); ok {
		judged.Unowned = owned.Unowned(m)
	}
	misplaced, unpublished := publisher(ctx, r.data, k, m, had.state, &judged)
	found := r.data.Policy.Evaluate(judged, r.data.Clock.Now())
	checked, err := k.Check(ctx, r.data, m, disabled)
	checked = append(checked, misplaced...)
	if err = cmp.Or(err, undescribed, unpublished); err != nil {
		tfkit.AddError(diags, attributePath(k), "Platform cannot be reached", title, err)
	}
	r.report(title, append(removable(found, judged), checked...), planning, diags)
	return judged
}

// removable adds to the policy's own rules, which have no mercy on what exists already, how it can be removed all the same.
func removable(found []governance.Violation, judged governance.Subject) []governance.Violation {
	for i, violation := range found {
		if violation.Rule.IsCustom() && violation.Enforcement == governance.EnforceError && judged.Operation == governance.OperationUpdate {
			found[i].Remedy += "\n" + howToRemove
		}
	}
	return found
}

// report adds violations. Warnings have been seen at plan already when it is judged again at apply, but for those of custom
// rules, which may have waited for what is known only now.
func (r *Resource[M, P]) report(title string, found []governance.Violation, planning bool, diags *diag.Diagnostics) {
	for _, violation := range found {
		if planning || violation.Enforcement == governance.EnforceError || violation.Rule.IsCustom() {
			tfkit.AddViolations(diags, title, []governance.Violation{violation})
		}
	}
}

// wayOut says how to go on where the name is taken.
func (r *Resource[M, P]) wayOut(err error) []string {
	var exists *platform.ErrAlreadyExists
	if !errors.As(err, &exists) {
		return nil
	}
	advice := "Choose another name, or bring it under governance with an import block"
	if id, err := governance.ParseID(exists.ID); err == nil && id.Kind == governance.KindEntraServicePrincipal {
		advice = "An application has one service principal in a tenant. Bring it under governance with an import block"
	}
	if r.Label != nil {
		advice = "Bring it here with an import block, once nothing else governs it"
	}
	return []string{fmt.Sprintf("%s:\n\n  import {\n    to = %s.example\n    id = %q\n  }", advice, r.typeName(), exists.ID)}
}
