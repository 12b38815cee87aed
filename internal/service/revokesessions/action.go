// Package revokesessions is the action governed_revoke_sessions.
package revokesessions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	_ action.ActionWithConfigure      = (*Action)(nil)
	_ action.ActionWithValidateConfig = (*Action)(nil)
)

// Action is governed_revoke_sessions.
type Action struct{ data *tfkit.Data }

// NewAction makes the action for the provider's list.
func NewAction() action.Action { return &Action{} }

// Metadata names the action.
func (*Action) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_revoke_sessions"
}

// Schema of the action.
func (*Action) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Ends all sessions of an IAM role or user that AWS has issued so far, whoever made the identity (Terraform 1.14 or newer): an inline policy `governed-revoked-sessions` denies them everything. " +
			"Sessions that are taken anew work, so that what is in use recovers by itself. The policy is no drift of the resource that governs the identity, stays, and goes with the identity. " +
			"Below Terraform 1.14, write `sessions_valid_after` in that resource.\n\n" +
			"Long-lived access keys are no sessions: rotate them with `governed_rotate_credential`. Tokens of Entra ID cannot be revoked; they end by themselves, within 24 hours at most.",
		Attributes: map[string]schema.Attribute{
			"identity": schema.StringAttribute{Required: true, MarkdownDescription: "Canonical id or ARN of the role or user, such as `governed_service_identity.export.id`."},
			"issued_before": schema.StringAttribute{
				Optional: true, Validators: []validator.String{tfkit.Instant{}},
				MarkdownDescription: "Time (RFC 3339) at which the sessions became suspect; those issued later go on. Defaults to the time of the invocation.",
			},
		},
	}
}

// Configure takes the provider's data.
func (a *Action) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	data, diags := tfkit.FromProvider(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	a.data = data
}

type model struct {
	Identity     types.String `tfsdk:"identity"`
	IssuedBefore types.String `tfsdk:"issued_before"`
}

var identityPath = path.Root("identity")

// ValidateConfig refuses what has no sessions that could be revoked.
func (*Action) ValidateConfig(ctx context.Context, req action.ValidateConfigRequest, resp *action.ValidateConfigResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || m.Identity.IsUnknown() {
		return
	}
	if _, problem := parse(m.Identity.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(identityPath, "Sessions cannot be revoked", problem)
	}
}

// parse reads the id or the ARN of an identity whose sessions can be revoked.
func parse(text string) (id governance.ID, problem string) {
	id, ok := governance.ParseARN(text)
	if !ok {
		var err error
		if id, err = governance.ParseID(text); err != nil {
			return id, tfkit.MalformedID(err, "the id of a role (aws:<account>:role/<path><name>) or of a user (aws:<account>:user/<path><name>), or its ARN")
		}
	}
	switch {
	case id.Kind.Platform() != governance.PlatformAWS:
		return id, fmt.Sprintf("%s is of Entra ID, whose tokens nobody can revoke: those that it has given to an application or a managed identity are valid until they end, after 60 to 90 minutes by default and 24 hours at most. "+
			"What ends access is to keep it from getting new ones: quarantine the identity, or let its expiry pass.", id)
	case aws.IsServiceLinked(id):
		return id, fmt.Sprintf("%s is a service-linked role, on which AWS lets nobody put a policy. Its service is what can be stopped.", id)
	}
	return id, ""
}

// Invoke denies the sessions.
func (a *Action) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	resp.Diagnostics.Append(a.data.RequireAWS(identityPath)...)
	if resp.Diagnostics.HasError() {
		return
	}
	id, problem := parse(m.Identity.ValueString())
	if problem != "" {
		resp.Diagnostics.AddAttributeError(identityPath, "Sessions cannot be revoked", problem)
		return
	}
	title := "governed_revoke_sessions of " + id.String()
	// Whole seconds are what AWS compares: those of this very second are to go as well.
	now := a.data.Clock.Now().UTC().Truncate(time.Second).Add(time.Second)
	before := now
	if text := m.IssuedBefore.ValueString(); text != "" {
		before, _ = time.Parse(time.RFC3339, text)
		before = before.UTC().Truncate(time.Second)
	}
	if before.After(now) {
		resp.Diagnostics.AddAttributeError(path.Root("issued_before"), "Time is still to come",
			fmt.Sprintf("%s: issued_before is %s, and until then every session would be denied everything, new ones too. Write the time at which the sessions became suspect, or leave it out.", title, m.IssuedBefore.ValueString()))
		return
	}
	self, err := a.data.AWS.IsCaller(ctx, id)
	if err == nil && self && id.Kind == governance.KindAWSRole {
		resp.Diagnostics.AddAttributeError(identityPath, "Sessions cannot be revoked",
			fmt.Sprintf("%s: Terraform itself runs as a session of this role, and could not go on. Revoke it with other credentials.", title))
		return
	}
	if err == nil {
		denying := fmt.Sprintf("Denying everything to the sessions of %s that were issued before %s", id, before.Format(time.RFC3339))
		before, err = a.data.AWS.RevokeSessions(ctx, id, before, func() {
			resp.SendProgress(action.InvokeProgressEvent{Message: denying})
		})
	}
	switch {
	case errors.Is(err, platform.ErrNotFound):
		resp.Diagnostics.AddAttributeError(identityPath, "Identity does not exist", fmt.Sprintf("%s: %s", title, tfkit.Absent(id, err)))
	case err != nil:
		tfkit.AddError(&resp.Diagnostics, identityPath, "Sessions cannot be revoked", title, err)
	default:
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("Sessions issued before %s may do nothing any more, as soon as all of AWS knows it, which takes seconds; sessions that are taken from now on work", before.Format(time.RFC3339))})
	}
	if err == nil && id.Kind == governance.KindAWSUser {
		resp.SendProgress(action.InvokeProgressEvent{Message: "The access keys of the user are no sessions, and go on"})
	}
}
