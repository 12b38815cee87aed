package credential

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int32validator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/credential"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	_ action.ActionWithConfigure      = (*Action)(nil)
	_ action.ActionWithValidateConfig = (*Action)(nil)
)

// Action is governed_rotate_credential. It does what the resource does when a rotation is due.
type Action struct{ resource Resource }

// NewAction makes the action for the provider's list.
func NewAction() action.Action { return &Action{} }

// Metadata names the action.
func (*Action) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_rotate_credential"
}

// Schema of the action.
func (*Action) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Rotates a `governed_credential` now (Terraform 1.14 or newer): a new credential is made and its secret becomes the current value in the store, as in a rotation that is due. " +
			"The resource takes it over at its next refresh, without a change to apply. Below Terraform 1.14, change `rotation_trigger` in that resource.",
		Attributes: map[string]schema.Attribute{
			"credential": schema.StringAttribute{Required: true, MarkdownDescription: "Id of the credential, such as `governed_credential.mailer.id`."},
			"overlap_hours": schema.Int32Attribute{
				Optional: true, Validators: []validator.Int32{int32validator.OneOf(0)},
				MarkdownDescription: "`0` revokes the credential that is current at once, for one that has leaked. Left out, it stays valid for the `overlap_hours` of the resource.",
			},
		},
	}
}

// Configure takes the provider's data.
func (a *Action) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	data, diags := tfkit.FromProvider(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	a.resource.data = data
}

type actionModel struct {
	Credential   types.String `tfsdk:"credential"`
	OverlapHours types.Int32  `tfsdk:"overlap_hours"`
}

var credentialPath = path.Root("credential")

// ValidateConfig refuses what is no credential.
func (*Action) ValidateConfig(ctx context.Context, req action.ValidateConfigRequest, resp *action.ValidateConfigResponse) {
	var asked actionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &asked)...)
	if !resp.Diagnostics.HasError() && !asked.Credential.IsUnknown() {
		locate(asked.Credential.ValueString(), &resp.Diagnostics)
	}
}

// locate reads the id of a credential.
func locate(text string, diags *diag.Diagnostics) (identity governance.ID, at place) {
	identity, at, problem := parseID(text)
	if problem == "" {
		_, problem = parseIdentity(identity.String())
	}
	if problem != "" {
		diags.AddAttributeError(credentialPath, "Credential id is malformed",
			fmt.Sprintf("%q is not the id of a credential: %s. It is that of the identity, then # and the store with the name of the secret, such as aws:123456789012:user/mailer#aws_secrets_manager:mailer/smtp.", text, problem))
	}
	return identity, at
}

// Invoke rotates the credential.
func (a *Action) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var asked actionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &asked)...)
	if resp.Diagnostics.HasError() {
		return
	}
	say := func(text string, args ...any) {
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf(text, args...)})
	}
	found := a.find(ctx, asked.Credential.ValueString(), &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	m, old := found.model, found.state.Current.ID
	say("Making a new %s for %s, whose secret goes into %s; the current one is %s", found.life.Issuer.Noun(m.Type.ValueString()), found.life.Identity, found.life.Store.Object(), old)
	for _, one := range found.state.Previous {
		say("%s, which was current before, is revoked where its place is needed", one.ID)
	}
	prior := *m
	var diags diag.Diagnostics
	result, ok := a.resource.apply(ctx, m, &prior, func(want *credential.Want) {
		want.New = true
		if !asked.OverlapHours.IsNull() {
			want.Overlap = 0
		}
	}, &diags)
	resp.Diagnostics.Append(here(diags)...)
	if !ok {
		return
	}
	say("%s is current: clients get its secret from %s from now on", result.Current.ID, found.life.Store.Object())
	switch {
	case result.Current.ID == old:
		say("It was made by a rotation that was interrupted, which is finished now")
	case result.Previous == nil:
		say("%s is revoked", old)
	}
	if result.Previous == nil {
		return
	}
	say("%s stays valid until %s; the first apply after that revokes it, unless it is still in use", result.Previous.ID, result.Current.CreatedAt.Add(m.overlap()).UTC().Format(time.RFC3339))
}

// here puts diagnostics of the resource on the only argument that the action has for them.
func here(diags diag.Diagnostics) (moved diag.Diagnostics) {
	for _, one := range diags {
		if one.Severity() == diag.SeverityError {
			moved.AddAttributeError(credentialPath, one.Summary(), one.Detail())
		} else {
			moved.AddAttributeWarning(credentialPath, one.Summary(), one.Detail())
		}
	}
	return moved
}

// found is a credential that can be rotated.
type found struct {
	model *model
	life  credential.Life
	state credential.State
}

// find reads a credential as an import would, and refuses one that is not to be rotated.
func (a *Action) find(ctx context.Context, id string, diags *diag.Diagnostics) found {
	identity, at := locate(id, diags)
	if !diags.HasError() {
		diags.Append(here(a.resource.require(identity, at))...)
	}
	if diags.HasError() {
		return found{}
	}
	m := &model{ID: types.StringValue(id), Identity: types.StringValue(identity.String()), Store: types.ObjectNull(storeTypes)}
	life, err := a.resource.life(ctx, identity, at, m)
	var state credential.State
	if err == nil {
		state, err = life.Observe(ctx)
	}
	if err != nil {
		tfkit.AddError(diags, credentialPath, "Credential cannot be read", title(m), err)
		return found{}
	}
	if state.Absent || state.Current == nil || !life.Owns(state.Stored) {
		diags.AddAttributeError(credentialPath, "Credential does not exist",
			fmt.Sprintf("%s: %s holds no credential of this identity that a governed_credential has made. Check the id; terraform state show prints it.", title(m), life.Store.Object()))
		return found{}
	}
	diags.Append(m.observed(ctx, at, state)...)
	m.Status = a.resource.observedStatus(m, state)
	switch {
	case a.resource.statusAt(m).ValueString() == string(governance.StatusExpired):
		diags.AddAttributeError(credentialPath, "Credential has expired",
			fmt.Sprintf("%s: its life ended at %s, so there is nothing to rotate. Renew it by a later expiry in its governed_credential, if it is still needed.", title(m), m.Expiry.ValueString()))
	case m.Status.ValueString() == statusMissing:
		diags.AddAttributeError(credentialPath, "Credential does not exist",
			fmt.Sprintf("%s: %s is being deleted. The next apply of its governed_credential mends that.", title(m), life.Store.Object()))
	default:
		var blocked diag.Diagnostics
		a.resource.checkIssue(ctx, life, m, state, false, &blocked)
		diags.Append(here(blocked)...)
	}
	return found{m, life, state}
}
