// Package awssession is the ephemeral resource governed_aws_session.
package awssession

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure      = (*EphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithValidateConfig = (*EphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithClose          = (*EphemeralResource)(nil)
)

// EphemeralResource is governed_aws_session.
type EphemeralResource struct{ data *tfkit.Data }

// NewEphemeralResource makes the ephemeral resource for the provider's list.
func NewEphemeralResource() ephemeral.EphemeralResource { return &EphemeralResource{} }

// Metadata names the ephemeral resource.
func (*EphemeralResource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_aws_session"
}

// Configure takes the provider's data.
func (r *EphemeralResource) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	data, diags := tfkit.FromProvider(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.data = data
}

var identityPath = path.Root("identity")

// ValidateConfig refuses what names no role.
func (*EphemeralResource) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var identity types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, identityPath, &identity)...)
	if resp.Diagnostics.HasError() || identity.IsUnknown() {
		return
	}
	if _, problem := parseRole(identity.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(identityPath, "Identity is no role", problem)
	}
}

// roleForms are what identity takes.
const roleForms = "the id of a role (aws:<account>:role/<path><name>) or its ARN"

// parseRole reads the canonical id or the ARN of a role.
func parseRole(text string) (id governance.ID, problem string) {
	id, ok := governance.ParseARN(text)
	if !ok {
		var err error
		if id, err = governance.ParseID(text); err != nil {
			return id, tfkit.MalformedID(err, roleForms)
		}
	}
	if id.Kind != governance.KindAWSRole {
		return id, fmt.Sprintf("%s is an identity of the kind %s, of which AWS gives no sessions. Write %s.", text, id.Kind, roleForms)
	}
	return id, ""
}

// title names a session in messages.
func title(id governance.ID) string { return "governed_aws_session of " + id.String() }

// closing is what Close has to know. It has no secret.
type closing struct {
	Identity string    `json:"identity"`
	UniqueID string    `json:"unique_id"`
	Name     string    `json:"name"`
	Ending   string    `json:"ending"`
	Ends     time.Time `json:"ends"`
}

const closingKey = "session"

// Open gives a session of the role, within what the role's governance allows.
func (r *EphemeralResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	resp.Diagnostics.Append(r.data.RequireAWS(identityPath)...)
	if resp.Diagnostics.HasError() {
		return
	}
	id, problem := parseRole(m.Identity.ValueString())
	if problem != "" {
		resp.Diagnostics.AddAttributeError(identityPath, "Identity is no role", problem)
		return
	}
	noted, diags := r.open(ctx, &m, id)
	if diags.HasError() && r.data.ChangePending(id.String()) {
		// The plan makes of the role what it should be, and the apply opens the session after that.
		m.unknown()
		noted, diags = nil, nil
	}
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
	if noted != nil {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, closingKey, noted)...)
	}
}

// open gives the session, and what Close has to know of it.
func (r *EphemeralResource) open(ctx context.Context, m *model, id governance.ID) (noted []byte, diags diag.Diagnostics) {
	role, ok := r.role(ctx, id, &diags)
	if !ok {
		return nil, diags
	}
	request := m.request(ctx, &diags)
	request.Duration = r.duration(m, role, &diags)
	if diags.HasError() {
		return nil, diags
	}
	ending := m.name(&request, role)
	session, err := r.data.AWS.OpenSession(ctx, role, request)
	var forbidden *platform.ErrForbidden
	if errors.As(err, &forbidden) {
		why := append(r.data.AWS.ExplainRefusal(ctx, role, request), "AWS said: "+forbidden.Detail)
		diags.AddAttributeError(identityPath, "Role cannot be assumed", fmt.Sprintf("%s: the provider's credentials lack the permission %s on the role, in its trust policy or in their own policies.\n\n", title(id), forbidden.Permission)+strings.Join(why, "\n\n"))
		return nil, diags
	}
	if err != nil {
		tfkit.AddError(&diags, identityPath, "Session cannot be opened", title(id), err)
		return nil, diags
	}
	m.opened(request, session)
	if ending == "" {
		return nil, diags
	}
	noted, err = json.Marshal(closing{Identity: id.String(), UniqueID: role.UniqueID, Name: request.Name, Ending: ending, Ends: session.Expires})
	if err != nil {
		diags.AddError("Session cannot be noted", title(id)+": "+err.Error())
	}
	return noted, diags
}

// role reads the role, which has to be governed and open.
func (r *EphemeralResource) role(ctx context.Context, id governance.ID, diags *diag.Diagnostics) (aws.SessionRole, bool) {
	role, err := r.data.AWS.SessionRole(ctx, id)
	switch {
	case errors.Is(err, platform.ErrNotFound):
		diags.AddAttributeError(identityPath, "Role does not exist",
			fmt.Sprintf("%s: %s\n\nWhere the same configuration makes it, refer to the id of its governed_service_identity, so that Terraform makes it first.", title(id), tfkit.Absent(id, err)))
	case err != nil:
		tfkit.AddError(diags, identityPath, "Role cannot be read", title(id), err)
	case role.ManagedBy != governance.ManagedBy || role.Metadata.Owner == "" || role.Metadata.Purpose == "":
		diags.AddAttributeError(identityPath, "Role is not governed",
			fmt.Sprintf("%s: the role has no owner, purpose and expiry of this provider, so nobody would answer for the session, and nothing would bound it.\n\nBring it under governance first:\n\n  import {\n    to = governed_service_identity.example\n    id = %q\n  }\n\nterraform plan -generate-config-out=role.tf writes the resource.", title(id), id))
	case role.Quarantine != nil:
		diags.AddAttributeError(identityPath, "Role is in quarantine",
			fmt.Sprintf("%s: the role is in quarantine %s. Nobody can assume it until that is released: remove its governed_quarantine, if it is needed after all.", title(id), role.Quarantine))
	case role.Disabled && !expired(role, r.data.Clock.Now()):
		diags.AddAttributeError(identityPath, "Role is closed",
			fmt.Sprintf("%s: this provider has closed the trust of the role, because it had expired. It has a later expiry by now: apply the resource that governs it, which opens it again.", title(id)))
	default:
		return role, true
	}
	return role, false
}

func expired(role aws.SessionRole, now time.Time) bool {
	expiry, err := governance.ParseExpiry(role.Metadata.Expiry)
	return err == nil && expiry.PassedAt(now)
}

// duration is how long the session may be.
func (r *EphemeralResource) duration(m *model, role aws.SessionRole, diags *diag.Diagnostics) time.Duration {
	expiry, err := governance.ParseExpiry(role.Metadata.Expiry)
	if err != nil {
		diags.AddAttributeError(identityPath, "Role has no expiry",
			fmt.Sprintf("%s: the expiry in the metadata of the role cannot be read: %s.\n\nApply the resource that governs it, which writes it anew.", title(role.ID), err))
		return 0
	}
	bounds := governance.SessionBounds{
		Asked: time.Duration(m.DurationSeconds.ValueInt32()) * time.Second, RoleMaximum: time.Duration(role.MaxSessionDuration) * time.Second,
		Chained: role.Chained && m.WebIdentity.IsNull(), Expiry: expiry, Now: r.data.Clock.Now(),
	}
	duration, cut, refusal := bounds.Duration()
	durationPath := path.Root("duration_seconds")
	switch {
	case refusal != nil && expiry.End().Sub(bounds.Now) < governance.MinSession:
		diags.AddAttributeError(identityPath, "Role expires too soon for a session", fmt.Sprintf("%s: %s.\n\n%s", title(role.ID), refusal.Reason, refusal.Remedy))
	case refusal != nil:
		diags.AddAttributeError(durationPath, "Session would be too long", fmt.Sprintf("%s: %s.\n\n%s", title(role.ID), refusal.Reason, refusal.Remedy))
	case cut:
		diags.AddAttributeWarning(durationPath, "Session is cut down to the expiry of its role",
			fmt.Sprintf("%s: the role expires at %s, so the session lasts %d seconds and not %d. Renew the role if its work goes on.", title(role.ID), expiry.End().Format(time.RFC3339), int(duration.Seconds()), int(bounds.Wanted().Seconds())))
	}
	return duration
}

// Close ends the session where that was asked for.
func (r *EphemeralResource) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	noted, diags := req.Private.GetKey(ctx, closingKey)
	resp.Diagnostics.Append(diags...)
	if noted == nil || resp.Diagnostics.HasError() {
		return
	}
	var session closing
	err := json.Unmarshal(noted, &session)
	if err != nil {
		resp.Diagnostics.AddError("Session cannot be closed", "What was noted of it cannot be read: "+err.Error())
		return
	}
	id, problem := parseRole(session.Identity)
	if problem != "" {
		resp.Diagnostics.AddError("Session cannot be closed", problem)
		return
	}
	err = r.data.AWS.CloseSession(ctx, aws.ClosedSession{Role: id, UniqueID: session.UniqueID, Name: session.Name, Ending: session.Ending, Ends: session.Ends})
	if err != nil && !errors.Is(err, platform.ErrNotFound) { // The session of a role that is gone can do nothing.
		tfkit.AddError(&resp.Diagnostics, path.Empty(), "Session is not revoked", title(id), err,
			fmt.Sprintf("The session %s therefore goes on until %s. governed_revoke_sessions ends all sessions of the role at once.", session.Name, session.Ends.UTC().Format(time.RFC3339)))
	}
}
