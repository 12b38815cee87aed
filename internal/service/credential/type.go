package credential

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
)

var (
	typePath  = path.Root("type")
	validPath = path.Root("valid_days")
)

// ends tells whether the cloud itself ends a credential of the type, as Entra ID does.
func ends(credentialType string) bool {
	return credentialType == platform.ClientSecret || credentialType == platform.Certificate
}

// checkType wants a type that the identity can have, and nothing that goes with another one. What is not known yet is left for
// the apply.
func (m *model) checkType(diags *diag.Diagnostics) {
	if m.Identity.IsUnknown() || m.Type.IsUnknown() {
		return
	}
	identity, problem := parseIdentity(m.Identity.ValueString())
	kind := m.Type.ValueString()
	entra := identity.Kind == governance.KindEntraApplication
	switch {
	case problem != "":
	case entra && m.Type.IsNull():
		diags.AddAttributeError(typePath, "Type of credential is missing",
			fmt.Sprintf("%s: an application of Entra ID can have client secrets and certificates. Write type = %q, whose private key is never sent, or type = %q.", title(m), platform.Certificate, platform.ClientSecret))
	case entra && !ends(kind):
		diags.AddAttributeError(typePath, "Identity has no credential of this type",
			fmt.Sprintf("%s: %s is what IAM users have. Write type = %q or type = %q for an application of Entra ID.", title(m), kind, platform.Certificate, platform.ClientSecret))
	case !entra && ends(kind):
		diags.AddAttributeError(typePath, "Identity has no credential of this type",
			fmt.Sprintf("%s: %s is what applications of Entra ID have. Leave type out for an IAM user.", title(m), kind))
	}
	if entra && !m.SESSMTPRegion.IsNull() {
		diags.AddAttributeError(path.Root("ses_smtp_region"), "Argument is for IAM users",
			title(m)+": a password for Amazon SES is made from an access key, which an application of Entra ID has none of. Leave ses_smtp_region out.")
	}
	if problem == "" && !entra && !m.ValidDays.IsNull() {
		diags.AddAttributeError(validPath, "Argument is for applications of Entra ID",
			title(m)+": an access key has no end of its own. Leave valid_days out; rotate_after_days says when it is replaced.")
	}
}

// fillIn takes what is written of the arguments that have defaults, and the defaults where nothing is.
func (r *Resource) fillIn(ctx context.Context, m *model, config tfsdk.Config, diags *diag.Diagnostics) {
	diags.Append(config.GetAttribute(ctx, typePath, &m.Type)...)
	diags.Append(config.GetAttribute(ctx, validPath, &m.ValidDays)...)
	diags.Append(config.GetAttribute(ctx, path.Root("rotate_after_days"), &m.RotateAfterDays)...)
	if !diags.HasError() {
		m.checkType(diags)
	}
	r.defaults(m)
}

// defaults fills in what is left out. While it is not known whether the cloud ends the credential, it waits.
func (r *Resource) defaults(m *model) {
	if m.Type.IsNull() {
		m.Type = types.StringValue(platform.AccessKey)
	}
	most := int32(r.data.Policy.CredentialMaxAgeDays()) //nolint:gosec // a policy has 36,500 days at most
	if m.ValidDays.IsNull() {
		switch {
		case m.Type.IsUnknown():
			m.ValidDays = types.Int32Unknown()
		case ends(m.Type.ValueString()):
			m.ValidDays = types.Int32Value(most)
		}
	}
	if !m.RotateAfterDays.IsNull() {
		return
	}
	switch {
	case m.ValidDays.IsUnknown():
		m.RotateAfterDays = types.Int32Unknown()
	case m.ValidDays.IsNull():
		m.RotateAfterDays = types.Int32Value(most)
	default:
		m.RotateAfterDays = types.Int32Value(int32(governance.DefaultRotation(int(m.ValidDays.ValueInt32())))) //nolint:gosec // less than valid_days
	}
}

// appSpec is the secret or certificate that the model asks for.
func (m *model) appSpec() azure.AppCredentialSpec {
	spec := azure.AppCredentialSpec{Type: m.Type.ValueString(), ValidDays: int(m.ValidDays.ValueInt32())}
	if expiry, err := governance.ParseExpiry(m.Expiry.ValueString()); err == nil {
		spec.Expires = expiry.End()
	}
	return spec
}

// wrongEnd says why the current credential ends at another time than it has to, where the cloud ends it and cannot change
// when; empty where it does not.
func (m *model) wrongEnd(prior *model) string {
	until, err := time.Parse(time.RFC3339, prior.ValidUntil.ValueString())
	made, madeErr := time.Parse(time.RFC3339, prior.CreatedAt.ValueString())
	expiry, expiryErr := governance.ParseExpiry(m.Expiry.ValueString())
	if err != nil || madeErr != nil || expiryErr != nil {
		return ""
	}
	life := expiry.End().Truncate(time.Second)
	latest := earlier(life, made.AddDate(0, 0, int(m.ValidDays.ValueInt32())))
	needed := earlier(life, made.AddDate(0, 0, int(m.RotateAfterDays.ValueInt32())).Add(m.overlap()))
	id := prior.CredentialID.ValueString()
	switch {
	case until.After(latest):
		return fmt.Sprintf("%s is valid until %s, which is after %s (expiry or valid_days), and Entra ID cannot change that", id, prior.ValidUntil.ValueString(), latest.UTC().Format(time.RFC3339))
	case until.Before(needed):
		return fmt.Sprintf("%s is valid until %s only, which is before %s (expiry, or the end of its overlap), and Entra ID cannot change that", id, prior.ValidUntil.ValueString(), needed.UTC().Format(time.RFC3339))
	}
	return ""
}

// plannedEnd tells who ends a credential that the cloud ends: an apply, while one from before a shorter expiry overlaps. What
// becomes of that one the apply finds out.
func (m *model) plannedEnd(prior *model) types.String {
	cloud := types.StringValue(string(governance.ExpiryByCloud))
	if prior == nil || m.PreviousCredentialID.IsNull() {
		return cloud
	}
	if m.PreviousCredentialID.Equal(prior.PreviousCredentialID) && m.Expiry.Equal(prior.Expiry) && !prior.ExpiryEnforcement.IsNull() {
		return prior.ExpiryEnforcement
	}
	expiry, err := governance.ParseExpiry(m.Expiry.ValueString())
	until, endless := time.Parse(time.RFC3339, prior.ValidUntil.ValueString())
	if err == nil && endless == nil && !until.After(expiry.End()) && prior.PreviousCredentialID.IsNull() {
		return cloud
	}
	return types.StringUnknown()
}

// outlives tells whether one of the credentials before the current one, which the cloud itself ends, ends only after the expiry.
func (m *model) outlives(previous []platform.Credential) bool {
	expiry, err := governance.ParseExpiry(m.Expiry.ValueString())
	return err == nil && slices.ContainsFunc(previous, func(one platform.Credential) bool { return ends(one.Type) && one.ExpiresAt.After(expiry.End()) })
}

func earlier(one, other time.Time) time.Time {
	if other.Before(one) {
		return other
	}
	return one
}
