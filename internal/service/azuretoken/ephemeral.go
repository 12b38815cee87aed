// Package azuretoken is the ephemeral resource governed_azure_token.
package azuretoken

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	_ ephemeral.EphemeralResourceWithConfigure      = (*EphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithValidateConfig = (*EphemeralResource)(nil)
)

// EphemeralResource is governed_azure_token.
type EphemeralResource struct{ data *tfkit.Data }

// NewEphemeralResource makes the ephemeral resource for the provider's list.
func NewEphemeralResource() ephemeral.EphemeralResource { return &EphemeralResource{} }

// Metadata names the ephemeral resource.
func (*EphemeralResource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_azure_token"
}

// Configure takes the provider's data.
func (r *EphemeralResource) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	data, diags := tfkit.FromProvider(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	r.data = data
}

var identityPath, webIdentityPath = path.Root("identity"), path.Root("web_identity")

// ValidateConfig refuses what has no tokens.
func (*EphemeralResource) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var identity types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, identityPath, &identity)...)
	if resp.Diagnostics.HasError() || identity.IsUnknown() {
		return
	}
	parse(identity.ValueString(), &resp.Diagnostics)
}

// identityForms are what identity takes.
const identityForms = "the id of an application (entra:<tenant>:application/<object id>) or of a managed identity (azure:<ARM id>)"

// parse reads the id of an identity that Entra ID gives tokens to.
func parse(text string, diags *diag.Diagnostics) governance.ID {
	id, err := governance.ParseID(text)
	switch {
	case err != nil:
		diags.AddAttributeError(identityPath, "Identity has no tokens", tfkit.MalformedID(err, identityForms))
	case id.Kind == governance.KindEntraServicePrincipal:
		diags.AddAttributeError(identityPath, "Identity has no tokens",
			fmt.Sprintf("%s is the service principal of a third party, which alone signs in as it. Write %s.", id, identityForms))
	case id.Kind.Platform() == governance.PlatformAWS:
		diags.AddAttributeError(identityPath, "Identity has no tokens",
			fmt.Sprintf("%s is an identity of AWS, of which Entra ID gives no tokens. Write %s. Of a role of AWS, governed_aws_session gives a session.", id, identityForms))
	}
	return id
}

func title(id governance.ID) string { return "governed_azure_token of " + id.String() }

// Open signs in as the identity, within what its governance allows.
func (r *EphemeralResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	resp.Diagnostics.Append(r.data.RequireAzure(identityPath)...)
	if resp.Diagnostics.HasError() {
		return
	}
	id := parse(m.Identity.ValueString(), &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	diags := r.open(ctx, &m, id)
	if diags.HasError() && r.data.ChangePending(id.String()) {
		// The plan makes of the identity what it should be, and the apply signs in after that.
		m.ClientID, m.Token, m.ExpiresAt = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
		diags = nil
	}
	resp.Diagnostics.Append(diags...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
	}
}

func (r *EphemeralResource) open(ctx context.Context, m *model, id governance.ID) (diags diag.Diagnostics) {
	holder, expiry := r.holder(ctx, id, &diags)
	assertion := m.assertion(ctx, &diags)
	if diags.HasError() {
		return diags
	}
	token, err := r.data.Azure.Token(ctx, holder.ClientID, m.Scope.ValueString(), assertion)
	if err != nil {
		tfkit.AddError(&diags, webIdentityPath, "Token cannot be got", title(id), err)
		return diags
	}
	if token.Expires.After(expiry.End()) {
		detail := fmt.Sprintf("%s: the identity expires at %s, and the token is valid until %s: Entra ID decides how long it lasts, and nobody can revoke it.", title(id), expiry.End().Format(time.RFC3339), token.Expires.Format(time.RFC3339))
		at := path.Root("allow_outliving")
		if !m.AllowOutliving.ValueBool() {
			diags.AddAttributeError(at, "Token would outlive the identity", detail+"\n\nIt is not handed out. Renew the identity if its work goes on, or write allow_outliving = true to take it all the same.")
			return diags
		}
		diags.AddAttributeWarning(at, "Token outlives the identity", detail)
	}
	m.ClientID, m.Token = types.StringValue(holder.ClientID), types.StringValue(token.Text)
	m.ExpiresAt = types.StringValue(token.Expires.Format(time.RFC3339))
	return diags
}

// holder reads the identity, which has to be governed and in the midst of its life.
func (r *EphemeralResource) holder(ctx context.Context, id governance.ID, diags *diag.Diagnostics) (azure.TokenHolder, governance.Expiry) {
	holder, err := r.data.Azure.TokenHolder(ctx, id)
	expiry, unreadable := governance.ParseExpiry(holder.Metadata.Expiry)
	switch {
	case errors.Is(err, platform.ErrNotFound):
		diags.AddAttributeError(identityPath, "Identity does not exist",
			fmt.Sprintf("%s: %s\n\nWhere the same configuration makes it, refer to the id of its governed_service_identity, so that Terraform makes it first.", title(id), tfkit.Absent(id, err)))
	case err != nil:
		tfkit.AddError(diags, identityPath, "Identity cannot be read", title(id), err)
	case holder.ManagedBy != governance.ManagedBy || holder.Metadata.Owner == "" || unreadable != nil:
		diags.AddAttributeError(identityPath, "Identity is not governed",
			fmt.Sprintf("%s: it has no owner, purpose and expiry of this provider, so nobody would answer for the token.\n\nBring it under governance first:\n\n  import {\n    to = governed_service_identity.example\n    id = %q\n  }\n\nterraform plan -generate-config-out=identity.tf writes the resource.", title(id), id))
	case expiry.PassedAt(r.data.Clock.Now()):
		diags.AddAttributeError(identityPath, "Identity has expired",
			fmt.Sprintf("%s: the identity expired at %s. Renew it by a later expiry in the resource that governs it, if it is still needed.", title(id), expiry.End().Format(time.RFC3339)))
	case holder.Quarantine != nil:
		diags.AddAttributeError(identityPath, "Identity is in quarantine",
			fmt.Sprintf("%s: the identity is in quarantine %s. Nobody can sign in as it until that is released: remove its governed_quarantine, if it is needed after all.", title(id), holder.Quarantine))
	case holder.Blocked:
		diags.AddAttributeError(identityPath, "Sign-in is blocked",
			fmt.Sprintf("%s: the sign-in of the identity is blocked. Apply the resource that governs it: that opens it again where an expiry has closed it, and says how where somebody has.", title(id)))
	}
	return holder, expiry
}

// assertion is the token that the configuration gives; empty where it leaves that to the CI system.
func (m *model) assertion(ctx context.Context, diags *diag.Diagnostics) string {
	if m.WebIdentity.IsNull() {
		return ""
	}
	var identity webIdentityModel
	diags.Append(m.WebIdentity.As(ctx, &identity, objectOptions)...)
	file := identity.TokenFile.ValueString()
	if file == "" {
		return identity.Token.ValueString()
	}
	text, err := os.ReadFile(file) //nolint:gosec // the configuration names it
	token := strings.TrimSpace(string(text))
	switch at := webIdentityPath.AtName("token_file"); {
	case err != nil:
		diags.AddAttributeError(at, "Token cannot be read", err.Error()+". Name a file with the token of an OpenID Connect issuer.")
	case token == "":
		diags.AddAttributeError(at, "Token file is empty", file+" has no token. Name a file with the token of an OpenID Connect issuer.")
	}
	return token
}
