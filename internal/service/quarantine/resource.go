// Package quarantine is the resource governed_quarantine.
package quarantine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
	_ resource.ResourceWithIdentity       = (*Resource)(nil)
)

// Resource is governed_quarantine.
type Resource struct{ data *tfkit.Data }

// NewResource makes the resource for the provider's list.
func NewResource() resource.Resource { return &Resource{} }

// Metadata names the resource.
func (*Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_quarantine"
}

// Configure takes the provider's data.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	data, diags := tfkit.FromProvider(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.data = data
}

var identityPath = path.Root("identity")

// parseIdentity reads the id of an identity that can be quarantined.
func parseIdentity(text string, diags *diag.Diagnostics) (id governance.ID, ok bool) {
	id, err := governance.ParseID(text)
	switch {
	case err != nil:
		diags.AddAttributeError(identityPath, "Identity id is malformed", tfkit.Sentence(err.Error()))
	default:
		return id, true
	}
	return id, false
}

// open finds the platform of the model's identity.
func (r *Resource) open(m *model, diags *diag.Diagnostics) (platform.Quarantines, governance.ID, bool) {
	id, ok := parseIdentity(m.Identity.ValueString(), diags)
	if !ok {
		return nil, id, false
	}
	if id.Kind.Platform() == governance.PlatformAWS {
		if diags.Append(r.data.RequireAWS(identityPath)...); diags.HasError() {
			return nil, id, false
		}
		return r.data.AWS.Quarantines(), id, true
	}
	if diags.Append(r.data.RequireAzure(identityPath)...); diags.HasError() {
		return nil, id, false
	}
	return r.data.Azure.Quarantines(), id, true
}

// Create judges the order once more and carries it out. What fails leaves no state but a record on the identity, with which
// the next apply goes on: a state would be tainted, and Terraform would release the identity to quarantine it again.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m model
	resp.Diagnostics.Append(models.Get(ctx, req.Plan.Raw, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	quarantines, id, ok := r.open(&m, &resp.Diagnostics)
	if !ok {
		return
	}
	if !r.data.ClaimQuarantine(id.String()) {
		resp.Diagnostics.AddAttributeError(identityPath, "Identity is quarantined twice", twice(&m, "in the same run"))
		return
	}
	defer func() {
		if resp.Diagnostics.HasError() {
			r.data.LetGoOfQuarantine(id.String())
		}
	}()
	r.judge(&m, nil, id, false, &resp.Diagnostics)
	r.foresee(ctx, quarantines, id, &m, nil, false, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	seen, err := quarantines.Impose(ctx, id, m.order())
	if err != nil {
		// The last answer can have got lost.
		if back, readErr := quarantines.Read(ctx, id); readErr == nil && back.Complete && back.Quarantine.QuarantineOrder == m.order() {
			seen, err = back, nil
		}
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, identityPath, "Identity cannot be quarantined", m.title(), err,
			"What has been done by now is recorded on the identity, and the next apply goes on from there. To give up instead, import the quarantine and remove it.")
		return
	}
	m.ID = types.StringValue(id.String())
	m.observe(seen)
	r.save(ctx, &m, seen.Held, &resp.State, resp.Private, resp.Identity, &resp.Diagnostics)
}

// Read takes over what is recorded on the identity, and how it is.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(models.Get(ctx, req.State.Raw, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.Identity = m.ID
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: m.ID})...)
	if m.is(statusDeleted) {
		return
	}
	quarantines, id, ok := r.open(&m, &resp.Diagnostics)
	if !ok {
		return
	}
	imported := m.Status.IsNull()
	seen, err := quarantines.Read(ctx, id)
	switch {
	case errors.Is(err, platform.ErrNotFound) && imported:
		resp.State.RemoveResource(ctx)
		return
	case errors.Is(err, platform.ErrNotFound):
		m.gone()
	case err != nil:
		tfkit.AddError(&resp.Diagnostics, identityPath, "Quarantine cannot be read", m.title(), err)
		return
	case imported && seen.Quarantine == nil:
		resp.Diagnostics.AddAttributeError(identityPath, "Identity is not in quarantine", fmt.Sprintf("%s: nothing on the identity records a quarantine that could be imported.", m.title()))
		return
	case !imported && m.UniqueID.ValueString() != seen.UniqueID:
		resp.Diagnostics.AddAttributeWarning(identityPath, "Another identity has the name",
			fmt.Sprintf("%s: the identity that was quarantined (%s) is gone, and another one has its name (%s). That one is not touched. Remove this resource, and quarantine the other by a new one if it should be.", m.title(), m.UniqueID.ValueString(), seen.UniqueID))
		m.gone()
	default:
		m.observe(seen)
	}
	if _, known := recall[[]string](ctx, req.Private, heldKey, &resp.Diagnostics); !known {
		resp.Diagnostics.Append(remember(ctx, resp.Private, heldKey, seen.Held)...)
	}
	resp.Diagnostics.Append(remember(ctx, resp.Private, overKey, m.order().Over(r.data.Clock.Now()))...)
	resp.Diagnostics.Append(models.Set(ctx, &resp.State.Raw, &m)...)
}

// Update changes the order, repairs the quarantine, or deletes the identity when its time has come.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, prior model
	resp.Diagnostics.Append(models.Get(ctx, req.Plan.Raw, &m)...)
	resp.Diagnostics.Append(models.Get(ctx, req.State.Raw, &prior)...)
	heldBefore, _ := recall[[]string](ctx, req.Private, heldKey, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	quarantines, id, ok := r.open(&m, &resp.Diagnostics)
	if !ok {
		return
	}
	if m.is(statusDeleted) {
		if !prior.is(statusDeleted) {
			r.delete(ctx, quarantines, id, &m, &resp.Diagnostics)
		}
		if !resp.Diagnostics.HasError() {
			r.save(ctx, &m, heldBefore, &resp.State, resp.Private, resp.Identity, &resp.Diagnostics)
		}
		return
	}
	r.judge(&m, &prior, id, false, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	before, err := quarantines.Read(ctx, id)
	var seen platform.Quarantined
	if err == nil {
		seen, err = quarantines.Impose(ctx, id, m.order())
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, identityPath, "Quarantine cannot be updated", m.title(), err)
		return
	}
	planned := m
	m.observe(seen)
	m.keep(planned)
	// What the record named before and this state had not made inactive stays somebody else's.
	r.save(ctx, &m, union(heldBefore, governed.Without(seen.Held, before.Held)), &resp.State, resp.Private, resp.Identity, &resp.Diagnostics)
}

// delete retires the identity, unless another one has its name by now, or nothing keeps it in quarantine any more.
func (r *Resource) delete(ctx context.Context, quarantines platform.Quarantines, id governance.ID, m *model, diags *diag.Diagnostics) {
	seen, err := quarantines.Read(ctx, id)
	if errors.Is(err, platform.ErrNotFound) || (err == nil && seen.UniqueID != m.UniqueID.ValueString()) {
		return
	}
	if err == nil && seen.Quarantine == nil {
		diags.AddAttributeError(identityPath, "Plan is out of date", fmt.Sprintf("%s: the plan was to delete the identity, but nothing on it records the quarantine any more. Plan again.", m.title()))
		return
	}
	if err == nil {
		_, err = quarantines.Delete(ctx, id)
	}
	if err != nil {
		tfkit.AddError(diags, identityPath, "Identity cannot be deleted", m.title(), err)
	}
}

// save puts the resource into the parts of a response that keep it.
func (r *Resource) save(ctx context.Context, m *model, heldNames []string, state *tfsdk.State, private privateState, identity *tfsdk.ResourceIdentity, diags *diag.Diagnostics) {
	diags.Append(models.Set(ctx, &state.Raw, m)...)
	diags.Append(identity.Set(ctx, identityModel{ID: m.ID})...)
	diags.Append(remember(ctx, private, heldKey, heldNames)...)
	diags.Append(remember(ctx, private, overKey, m.order().Over(r.data.Clock.Now()))...)
}

// Delete releases the identity, unless it is too early. What is gone needs nothing.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m model
	resp.Diagnostics.Append(models.Get(ctx, req.State.Raw, &m)...)
	heldBefore, _ := recall[[]string](ctx, req.Private, heldKey, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || m.is(statusDeleted) {
		return
	}
	r.data.LetGoOfQuarantine(m.ID.ValueString())
	quarantines, id, ok := r.open(&m, &resp.Diagnostics)
	if !ok || !r.releasable(&m, &resp.Diagnostics) {
		return
	}
	kept, err := quarantines.Release(ctx, id, heldBefore)
	if len(kept) > 0 {
		resp.Diagnostics.AddAttributeWarning(identityPath, "Not everything was put back: "+m.ID.ValueString(),
			fmt.Sprintf("%s: this has changed since the quarantine began, and was not undone:\n\n  - %s", m.title(), strings.Join(kept, "\n  - ")))
	}
	if err != nil {
		tfkit.AddError(&resp.Diagnostics, identityPath, "Identity cannot be released", m.title(), err, "It is still in quarantine, as far as it has not been put back, and the next apply goes on from there.")
	}
}

// ImportState takes the canonical id of the identity, an ARN, or a resource identity.
func (*Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	text := req.ID
	if text == "" && req.Identity != nil {
		var identity identityModel
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
		text = identity.ID.ValueString()
	}
	id, isRole := aws.ParseRoleARN(text)
	if !isRole {
		id, _ = aws.ParseUserARN(text)
	}
	if id.Kind == "" {
		var ok bool
		if id, ok = parseIdentity(text, &resp.Diagnostics); !ok {
			return
		}
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id.String())...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: types.StringValue(id.String())})...)
}
