package awssession

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
)

// model is the ephemeral resource in configuration and result.
type model struct {
	Identity        types.String `tfsdk:"identity"`
	DurationSeconds types.Int32  `tfsdk:"duration_seconds"`
	SessionName     types.String `tfsdk:"session_name"`
	SourceIdentity  types.String `tfsdk:"source_identity"`
	ExternalID      types.String `tfsdk:"external_id"`
	Policy          types.String `tfsdk:"policy"`
	PolicyARNs      types.List   `tfsdk:"policy_arns"`
	Tags            types.Map    `tfsdk:"tags"`
	WebIdentity     types.Object `tfsdk:"web_identity"`
	RevokeOnClose   types.Bool   `tfsdk:"revoke_on_close"`

	ARN             types.String `tfsdk:"arn"`
	AccessKeyID     types.String `tfsdk:"access_key_id"`
	SecretAccessKey types.String `tfsdk:"secret_access_key"`
	SessionToken    types.String `tfsdk:"session_token"`
	ExpiresAt       types.String `tfsdk:"expires_at"`
}

type webIdentityModel struct {
	Token     types.String `tfsdk:"token"`
	TokenFile types.String `tfsdk:"token_file"`
}

// request reads what does not depend on the role.
func (m *model) request(ctx context.Context, diags *diag.Diagnostics) aws.SessionRequest {
	request := aws.SessionRequest{
		Name: m.SessionName.ValueString(), SourceIdentity: m.SourceIdentity.ValueString(), ExternalID: m.ExternalID.ValueString(), Policy: m.Policy.ValueString(),
	}
	diags.Append(m.PolicyARNs.ElementsAs(ctx, &request.PolicyARNs, true)...)
	diags.Append(m.Tags.ElementsAs(ctx, &request.Tags, true)...)
	if m.WebIdentity.IsNull() {
		return request
	}
	var identity webIdentityModel
	diags.Append(m.WebIdentity.As(ctx, &identity, basetypes.ObjectAsOptions{})...)
	request.WebIdentityToken = identity.Token.ValueString()
	if file := identity.TokenFile.ValueString(); file != "" {
		at := path.Root("web_identity").AtName("token_file")
		text, err := os.ReadFile(file) //nolint:gosec // the configuration names it
		request.WebIdentityToken = strings.TrimSpace(string(text))
		switch {
		case err != nil:
			diags.AddAttributeError(at, "Token cannot be read", err.Error()+". Name a file with the token of an OpenID Connect provider.")
		case request.WebIdentityToken == "":
			diags.AddAttributeError(at, "Token file is empty", file+" has no token. Name a file with the token of an OpenID Connect provider.")
		}
	}
	return request
}

const endingBytes = 4

// name fills in what the audit trail is to have. With revoke_on_close it returns the ending that makes the name unique.
func (m *model) name(request *aws.SessionRequest, role aws.SessionRole) (ending string) {
	if m.RevokeOnClose.ValueBool() {
		random := make([]byte, endingBytes)
		_, _ = rand.Read(random) // never fails
		ending = hex.EncodeToString(random)
	}
	if request.Name == "" {
		request.Name = governance.SessionName(role.Metadata.Owner, role.Metadata.Purpose, ending)
	} else if ending != "" {
		request.Name = governance.EndSessionName(request.Name, ending)
	}
	if request.SourceIdentity == "" && role.TakesSourceIdentity && !role.Chained && request.WebIdentityToken == "" {
		request.SourceIdentity = governance.SourceIdentity(role.Metadata.Owner)
	}
	return ending
}

// opened takes over what AWS has given.
func (m *model) opened(request aws.SessionRequest, session aws.Session) {
	m.SessionName, m.SourceIdentity = types.StringValue(request.Name), types.StringNull()
	if request.SourceIdentity != "" {
		m.SourceIdentity = types.StringValue(request.SourceIdentity)
	}
	m.ARN, m.AccessKeyID = types.StringValue(session.ARN), types.StringValue(session.AccessKeyID)
	m.SecretAccessKey, m.SessionToken = types.StringValue(session.SecretAccessKey), types.StringValue(session.SessionToken)
	m.ExpiresAt = types.StringValue(session.Expires.UTC().Format(time.RFC3339))
}

// unknown leaves everything open that only a session has.
func (m *model) unknown() {
	for _, value := range []*types.String{&m.ARN, &m.AccessKeyID, &m.SecretAccessKey, &m.SessionToken, &m.ExpiresAt} {
		*value = types.StringUnknown()
	}
	for _, value := range []*types.String{&m.SessionName, &m.SourceIdentity} {
		if value.IsNull() {
			*value = types.StringUnknown()
		}
	}
}
