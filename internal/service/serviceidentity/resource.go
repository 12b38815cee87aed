// Package serviceidentity is the resource governed_service_identity.
package serviceidentity

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
	_ resource.ResourceWithIdentity       = (*Resource)(nil)
)

// Resource is governed_service_identity.
type Resource struct {
	data    *tfkit.Data
	preview *tfkit.Preview
}

// NewResource makes the resource for the provider's list.
func NewResource(preview *tfkit.Preview) func() resource.Resource {
	return func() resource.Resource { return &Resource{preview: preview} }
}

// Metadata names the resource.
func (*Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_service_identity"
}

// Configure takes the provider's data.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	data, diags := tfkit.FromProvider(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.data = data
}

// title names an identity in messages.
func title(m *model) string { return fmt.Sprintf("governed_service_identity %q", m.Name.ValueString()) }

// Create makes the identity and saves it before anything else is done to it, so that nothing is orphaned when the rest
// fails.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	k, disabled := r.prepare(ctx, &m, nil, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	id, err := k.create(ctx, r.data, &m, disabled)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Identity cannot be created", title(&m), err)
		return
	}
	m.ID = types.StringValue(id.String())
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(tfkit.NullUnknown(&resp.State)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: m.ID})...)
	resp.Diagnostics.Append(r.rememberOver(ctx, resp.Private, &m)...)
	resp.Diagnostics.Append(rememberExpiry(ctx, resp.Private, &m)...)
	attachments, err := k.converge(ctx, r.data, id, &m, disabled)
	resp.Diagnostics.Append(remember(ctx, resp.Private, attachmentsKey, attachments)...)
	resp.Diagnostics.Append(remember(ctx, resp.Private, deactivatedKey, m.deactivated)...)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Identity was created but not completed", title(&m), err,
			"It exists and is saved, but Terraform replaces what it could not complete. To have the next apply complete it instead, run terraform untaint on it first.")
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Read takes over what the cloud has.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	k, id := r.locate(&m, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: m.ID})...)
	m.deactivated = recall(ctx, req.Private, deactivatedKey, &resp.Diagnostics)
	warnings, err := k.read(ctx, r.data, id, &m)
	if errors.Is(err, platform.ErrNotFound) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Identity cannot be read", m.ID.ValueString(), err)
		return
	}
	resp.Diagnostics.Append(r.rememberOver(ctx, resp.Private, &m)...)
	for _, warning := range warnings {
		resp.Diagnostics.AddAttributeWarning(attributePath(k), warning.summary, title(&m)+": "+warning.detail)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Update makes the identity what the plan says.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, prior model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	k, disabled := r.prepare(ctx, &m, r.approved(ctx, &prior, req.Private, &resp.Diagnostics), &resp.Diagnostics)
	_, id := r.locate(&prior, &resp.Diagnostics)
	m.deactivated = recall(ctx, req.Private, deactivatedKey, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.rememberOver(ctx, resp.Private, &m)...)
	resp.Diagnostics.Append(rememberExpiry(ctx, resp.Private, &m)...)
	attachments, err := k.converge(ctx, r.data, id, &m, disabled)
	resp.Diagnostics.Append(remember(ctx, resp.Private, attachmentsKey, attachments)...)
	resp.Diagnostics.Append(remember(ctx, resp.Private, deactivatedKey, m.deactivated)...)
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Identity cannot be updated", title(&m), err)
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: m.ID})...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Delete retires the identity. It works whatever its state, its expiry and the policy.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m model
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	k, id := r.locate(&m, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	removed, err := k.remove(ctx, r.data, id)
	ours := recall(ctx, req.Private, attachmentsKey, &resp.Diagnostics)
	if foreign := without(removed, ours); len(foreign) > 0 {
		resp.Diagnostics.AddAttributeWarning(attributePath(k), "Attachments made outside Terraform were removed",
			fmt.Sprintf("%s could not be deleted while they were there: %s.", title(&m), strings.Join(foreign, ", ")))
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, attributePath(k), "Identity cannot be deleted", title(&m), err)
	}
}

// locate finds the platform and the id of an identity that exists.
func (r *Resource) locate(m *model, diags *diag.Diagnostics) (kind, governance.ID) {
	if diags.HasError() {
		return nil, governance.ID{}
	}
	id, err := governance.ParseID(m.ID.ValueString())
	if err != nil {
		diags.AddAttributeError(path.Root("id"), "Identity id is malformed", err.Error())
		return nil, governance.ID{}
	}
	k, ok := kindOf(id)
	if !ok {
		diags.AddAttributeError(path.Root("id"), "Identity is of another kind", fmt.Sprintf("%s is no identity that governed_service_identity can declare; it declares: %s.", id, kindNames()))
		return nil, governance.ID{}
	}
	diags.Append(k.configured(r.data)...)
	return k, id
}

// prepare judges a planned identity once more, now that everything is known, before any call that changes something.
func (r *Resource) prepare(ctx context.Context, m *model, prior *tfkit.GovernanceModel, diags *diag.Diagnostics) (k kind, disabled bool) {
	if diags.HasError() {
		return nil, false
	}
	k, kindDiags := declaredKind(m)
	diags.Append(kindDiags...)
	if k == nil || diags.HasError() {
		return nil, false
	}
	diags.Append(k.configured(r.data)...)
	if diags.HasError() {
		return nil, false
	}
	status := m.StatusAt(r.data.Policy, r.data.Clock.Now())
	disabled = status.ValueString() == string(governance.StatusExpired)
	r.judge(ctx, k, m, prior, disabled, false, diags)
	if planned := m.Status.ValueString(); !m.Status.IsUnknown() && disabled != (planned == string(governance.StatusExpired)) {
		diags.AddAttributeError(path.Root("expiry"), "Plan is out of date", fmt.Sprintf("%s: the plan expected the identity to be %s, but its expiry %s has passed since. Plan again.", title(m), planned, m.Expiry.ValueString()))
	}
	if m.Status.IsUnknown() {
		m.Status = status
	}
	return k, disabled
}

// judge reports what the policy and the platform say against an identity. Warnings have been seen at plan already when
// it is judged again at apply.
func (r *Resource) judge(ctx context.Context, k kind, m *model, prior *tfkit.GovernanceModel, disabled, warn bool, diags *diag.Diagnostics) {
	found := m.Judge(ctx, r.data, k.id().Category(), prior, r.data.Clock.Now())
	checked, err := k.check(ctx, r.data, m, disabled)
	if err != nil {
		tfkit.AddError(diags, attributePath(k), "Platform cannot be reached", title(m), err)
	}
	for _, violation := range append(found, checked...) {
		if warn || violation.Enforcement == governance.EnforceError {
			tfkit.AddViolations(diags, title(m), []governance.Violation{violation})
		}
	}
}
