// Package credential is the resource governed_credential.
package credential

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/credential"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
	_ resource.ResourceWithIdentity       = (*Resource)(nil)
)

// Resource is governed_credential.
type Resource struct{ data *tfkit.Data }

// NewResource makes the resource for the provider's list.
func NewResource() resource.Resource { return &Resource{} }

// Metadata names the resource.
func (*Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_credential"
}

// Configure takes the provider's data.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	data, diags := tfkit.FromProvider(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.data = data
}

// title names a credential in messages.
func title(m *model) string {
	return fmt.Sprintf("governed_credential of %s", m.Identity.ValueString())
}

var identityPath, storePath = path.Root("identity"), path.Root("store")

// life opens the credential: its identity and its store.
func (r *Resource) life(ctx context.Context, identity governance.ID, at place, m *model) (credential.Life, error) {
	life := credential.Life{Identity: identity, ImportID: at.id(identity.String()), Clock: r.data.Clock}
	if identity.Kind == governance.KindEntraApplication {
		life.Issuer = r.data.Azure.AppCredentials(identity, m.appSpec())
	} else {
		life.Issuer = r.data.AWS.AccessKeys(identity, m.SESSMTPRegion.ValueString())
	}
	var err error
	switch at.kind {
	case azure.StoreKeyVault:
		life.Store, err = r.data.Azure.VaultSecret(ctx, at.vault)
	case aws.StoreParameter:
		life.Store, err = r.data.AWS.Parameter(ctx, at.spec)
	default:
		life.Store, err = r.data.AWS.Secret(ctx, at.spec)
	}
	return life, err
}

// require reports the platforms that the identity and the store need and that are not configured. An identity that is not
// known yet needs none.
func (r *Resource) require(identity governance.ID, at place) diag.Diagnostics {
	var diags diag.Diagnostics
	switch identity.Kind {
	case "":
	case governance.KindEntraApplication:
		diags.Append(r.data.RequireAzure(identityPath)...)
	default:
		diags.Append(r.data.RequireAWS(identityPath)...)
	}
	switch {
	case diags.HasError():
	case at.kind == azure.StoreKeyVault:
		diags.Append(r.data.RequireAzure(storePath)...)
	case at.kind != "":
		diags.Append(r.data.RequireAWS(storePath)...)
	}
	return diags
}

// open reads the model's identity and store, which are known by now. An interruption says nothing about the store: it is
// reported as the failure of what was to follow.
func (r *Resource) open(ctx context.Context, m *model, interrupted string, diags *diag.Diagnostics) (credential.Life, bool) {
	identity, problem := parseIdentity(m.Identity.ValueString())
	if problem != "" {
		diags.AddAttributeError(identityPath, "Identity has no such credentials", problem)
	}
	at, known := m.store().place()
	diags.Append(r.require(identity, at)...)
	if diags.HasError() || !known {
		return credential.Life{}, false
	}
	life, err := r.life(ctx, identity, at, m)
	switch {
	case errors.Is(err, context.Canceled):
		addError(diags, m, interrupted, err)
	case err != nil:
		tfkit.AddError(diags, storePath, "Secret store cannot be reached", title(m), err)
	}
	return life, err == nil
}

// parseIdentity reads the id of an identity that can have credentials.
func parseIdentity(text string) (id governance.ID, problem string) {
	id, err := governance.ParseID(text)
	switch {
	case err != nil:
		return id, err.Error() + "."
	case id.Kind != governance.KindAWSUser && id.Kind != governance.KindEntraApplication:
		return id, fmt.Sprintf("%s is an identity of the kind %s, which needs no long-lived credential: what uses it gets short-lived ones. Only an IAM user (aws:<account>:user/<path><name>) and an application of Entra ID (entra:<tenant>:application/<object id>) can have one.", text, id.Kind)
	}
	return id, ""
}

// want is the credential that the model asks for.
func (m *model) want() (credential.Want, error) {
	expiry, err := governance.ParseExpiry(m.Expiry.ValueString())
	return credential.Want{
		Marks: m.marks(), ARN: m.arn(), Expires: expiry.End(), Overlap: m.overlap(),
		Disabled: m.Status.ValueString() == string(governance.StatusExpired), Leaked: tfkit.Strings(m.LeakedIDs),
	}, err
}

// Create makes the credential. Nothing is left of one that does not reach its store, but in the state what it has ended because it has
// leaked: the next apply finds nothing of that, and has to know why.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m model
	resp.Diagnostics.Append(models.Get(ctx, req.Plan.Raw, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	result, ok := r.apply(ctx, &m, nil, func(*credential.Want) {}, &resp.Diagnostics)
	if !ok && result.Current.ID == "" {
		if len(result.Ended) == 0 {
			return
		}
		m.Status = types.StringValue(statusMissing)
	}
	m.applied(result)
	resp.Diagnostics.Append(models.Set(ctx, &resp.State.Raw, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: m.ID})...)
	resp.Diagnostics.Append(r.remember(ctx, resp.Private, governance.Use{}, false)...)
}

// Update brings the credential to what the plan says: rotated, renewed, disabled, or without the one before it.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m, prior model
	resp.Diagnostics.Append(models.Get(ctx, req.Plan.Raw, &m)...)
	resp.Diagnostics.Append(models.Get(ctx, req.State.Raw, &prior)...)
	if resp.Diagnostics.HasError() {
		return
	}
	rotate := m.CredentialID.IsUnknown()
	endOverlap := !prior.PreviousCredentialID.IsNull() && m.PreviousCredentialID.IsNull()
	m.SecretReference = prior.SecretReference
	result, ok := r.apply(ctx, &m, &prior, func(want *credential.Want) { want.New, want.EndOverlap = rotate, endOverlap }, &resp.Diagnostics)
	if !ok && result.Current.ID == "" {
		if len(result.Ended) > 0 { // The next apply finds nothing left of them, and has to know why.
			prior.LeakedRevokedAt = m.LeakedRevokedAt
			resp.Diagnostics.Append(models.Set(ctx, &resp.State.Raw, &prior)...)
		}
		return
	}
	m.applied(result)
	resp.Diagnostics.Append(models.Set(ctx, &resp.State.Raw, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: m.ID})...)
	resp.Diagnostics.Append(r.remember(ctx, resp.Private, governance.Use{}, false)...)
}

// apply judges the credential once more, now that everything is known, and makes it what it is to be.
func (r *Resource) apply(ctx context.Context, m, prior *model, adjust func(*credential.Want), diags *diag.Diagnostics) (credential.Result, bool) {
	if m.checkType(diags); diags.HasError() {
		return credential.Result{}, false
	}
	life, ok := r.open(ctx, m, "Credential cannot be applied", diags)
	if !ok {
		return credential.Result{}, false
	}
	if m.Status.IsUnknown() {
		m.Status = r.statusAt(m)
	}
	want, err := m.want()
	if err != nil {
		diags.AddAttributeError(path.Root("expiry"), "Expiry is not a time", err.Error())
		return credential.Result{}, false
	}
	adjust(&want)
	var state credential.State
	result, err := life.Apply(ctx, want, func(observed credential.State) bool {
		state = observed
		if state.Absent {
			diags.AddAttributeError(identityPath, "Identity does not exist",
				fmt.Sprintf("%s: there is no %s. Declare it with governed_service_identity, and refer to its id here so that Terraform makes it first.", title(m), m.Identity.ValueString()))
		} else {
			r.judge(m, prior, &state, false, diags)
		}
		return !diags.HasError()
	})
	if err != nil {
		addError(diags, m, "Credential cannot be applied", err)
	}
	at, _ := m.store().place()
	m.ID = types.StringValue(at.id(m.Identity.ValueString()))
	m.ExpiryEnforcement = enforcement(m, r.identityExpiry(m, &state))
	m.recordLeaks(r.revokedBefore(m, prior), result.Ended, r.data.Clock.Now())
	if m.OtherCredentialIDs.IsUnknown() {
		var others []string
		for _, other := range state.Others {
			others = append(others, other.ID)
		}
		m.OtherCredentialIDs = m.notLeaked(others)
	}
	return result, !diags.HasError()
}

// addError reports an error on the argument that it is about.
func addError(diags *diag.Diagnostics, m *model, summary string, err error) {
	at := identityPath
	var exists *platform.ErrAlreadyExists
	var store *credential.StoreError
	if errors.As(err, &exists) || errors.As(err, &store) {
		at = storePath
	}
	if exists != nil && exists.ID != "" {
		diags.AddAttributeError(at, summary, fmt.Sprintf("%s: %s, and holds a credential of the identity already.\n\nBring that under this configuration with an import block, or choose another name:\n\n  import {\n    to = governed_credential.example\n    id = %q\n  }", title(m), exists, exists.ID))
		return
	}
	if exists != nil {
		tfkit.AddError(diags, at, summary, title(m), err, "Choose another name.")
		return
	}
	var left *credential.RevocationError
	if errors.As(err, &left) {
		tfkit.AddError(diags, at, summary, title(m), err, fmt.Sprintf("The credential %s was made for it and could not be revoked either (%s), so it is still valid, and nobody has its secret. The next apply revokes it.", left.ID, left.Revocation))
		return
	}
	tfkit.AddError(diags, at, summary, title(m), err)
}

// Read takes over what identity and store have. The credential is gone when both are.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(models.Get(ctx, req.State.Raw, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	identity, at, problem := parseID(m.ID.ValueString())
	if problem != "" {
		resp.Diagnostics.AddAttributeError(path.Root("id"), "Credential id is malformed", fmt.Sprintf("%q is not the id of a credential: %s.", m.ID.ValueString(), problem))
		return
	}
	m.Identity = types.StringValue(identity.String())
	if declared, known := m.store().place(); known {
		at = declared
	}
	resp.Diagnostics.Append(r.require(identity, at)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: m.ID})...)
	r.data.NoteRevoked(m.ID.ValueString(), m.LeakedRevokedAt)
	life, err := r.life(ctx, identity, at, &m)
	key := refreshedKey(life, &m)
	var state credential.State
	if err == nil {
		state, err = life.Observe(ctx)
	}
	if err != nil {
		addError(&resp.Diagnostics, &m, "Credential cannot be read", err)
		return
	}
	imported := m.SecretReference.IsNull() && m.LeakedRevokedAt.IsNull()
	if !state.Stored.Exists && (state.Absent || (imported && len(state.Previous) == 0)) {
		resp.State.RemoveResource(ctx)
		return
	}
	resp.Diagnostics.Append(m.observed(ctx, at, state)...)
	m.Status = r.observedStatus(&m, state)
	m.ExpiryEnforcement = enforcement(&m, state.Holder.Metadata.Expiry)
	if m.outlives(state.Previous) {
		m.ExpiryEnforcement = types.StringValue(string(governance.ExpiryByApply))
	}
	var use governance.Use
	if !m.PreviousCredentialID.IsNull() {
		if use, err = life.Issuer.LastUse(ctx, m.PreviousCredentialID.ValueString()); err != nil {
			addError(&resp.Diagnostics, &m, "Last use of the previous credential cannot be read", err)
			return
		}
	}
	r.data.InState(m.arn())
	r.data.KeepRefreshed(key, state)
	r.warn(ctx, life, &m, state, &resp.Diagnostics)
	resp.Diagnostics.Append(models.Set(ctx, &resp.State.Raw, &m)...)
	resp.Diagnostics.Append(r.remember(ctx, resp.Private, use, state.Interrupted)...)
}

// warn tells what the state alone does not.
func (r *Resource) warn(ctx context.Context, life credential.Life, m *model, state credential.State, diags *diag.Diagnostics) {
	for _, other := range state.Others {
		use, err := life.Issuer.LastUse(ctx, other.ID)
		if err != nil {
			addError(diags, m, "Last use of a credential cannot be read", err)
			return
		}
		diags.AddAttributeWarning(identityPath, "Identity has a credential that nobody governs",
			fmt.Sprintf("%s: %s was made outside Terraform on %s; last use: %s. Its secret is not in a store that this provider knows. It is not touched: move its clients to the governed one and delete it.",
				title(m), other.ID, other.CreatedAt.UTC().Format("2006-01-02"), use))
	}
	for _, region := range slices.Sorted(maps.Keys(state.Stored.FailedReplicas)) {
		diags.AddAttributeWarning(storePath, "Secret has no copy in a region",
			fmt.Sprintf("%s: %s was not copied to %s: %s Remove what is in the way; the next apply tries again.",
				title(m), life.Store.Object(), region, governance.Printable(state.Stored.FailedReplicas[region])))
	}
	for _, orphan := range state.Orphans {
		diags.AddAttributeWarning(identityPath, "Interrupted apply left a credential behind",
			fmt.Sprintf("%s: %s was made at %s, and its secret never reached the store, so nobody has it. The next apply revokes it.",
				title(m), orphan.ID, orphan.CreatedAt.UTC().Format("2006-01-02T15:04:05Z")))
	}
}

// Delete revokes the credential and those before it, and then removes the secret.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m model
	resp.Diagnostics.Append(models.Get(ctx, req.State.Raw, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.data.NoteRevoked(m.ID.ValueString(), m.LeakedRevokedAt)
	life, ok := r.open(ctx, &m, "Credential cannot be retired", &resp.Diagnostics)
	if !ok {
		return
	}
	if _, err := life.Retire(ctx, m.arn()); err != nil {
		addError(&resp.Diagnostics, &m, "Credential cannot be retired", err)
	}
}

// ImportState takes the resource's id, as text or as identity.
func (*Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	text := req.ID
	if text == "" && req.Identity != nil {
		var identity identityModel
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
		text = identity.ID.ValueString()
	}
	identity, at, problem := parseID(text)
	if problem == "" {
		_, problem = parseIdentity(identity.String())
	}
	if problem != "" {
		resp.Diagnostics.AddAttributeError(path.Root("id"), "Import id is malformed",
			fmt.Sprintf("%q is not the id of a credential: %s. It is that of the identity, then # and the store with the name of the secret, such as aws:123456789012:user/mailer#aws_secrets_manager:mailer/smtp.", text, problem))
		return
	}
	id := types.StringValue(at.id(identity.String()))
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{ID: id})...)
}
