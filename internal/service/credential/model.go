package credential

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/credential"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// model is the resource in plan and state.
type model struct {
	ID                   types.String `tfsdk:"id"`
	Identity             types.String `tfsdk:"identity"`
	Type                 types.String `tfsdk:"type"`
	Justification        types.String `tfsdk:"justification"`
	Expiry               types.String `tfsdk:"expiry"`
	RotateAfterDays      types.Int32  `tfsdk:"rotate_after_days"`
	ValidDays            types.Int32  `tfsdk:"valid_days"`
	OverlapHours         types.Int32  `tfsdk:"overlap_hours"`
	RotationTrigger      types.Map    `tfsdk:"rotation_trigger"`
	LeakedIDs            types.Set    `tfsdk:"leaked_ids"`
	SESSMTPRegion        types.String `tfsdk:"ses_smtp_region"`
	Store                types.Object `tfsdk:"store"`
	CredentialID         types.String `tfsdk:"credential_id"`
	SecretReference      types.Object `tfsdk:"secret_reference"`
	CreatedAt            types.String `tfsdk:"created_at"`
	RotateAt             types.String `tfsdk:"rotate_at"`
	ValidUntil           types.String `tfsdk:"valid_until"`
	PreviousCredentialID types.String `tfsdk:"previous_credential_id"`
	PreviousExpiresAt    types.String `tfsdk:"previous_expires_at"`
	Status               types.String `tfsdk:"status"`
	ExpiryEnforcement    types.String `tfsdk:"expiry_enforcement"`
	OtherCredentialIDs   types.Set    `tfsdk:"other_credential_ids"`
	LeakedRevokedAt      types.Map    `tfsdk:"leaked_revoked_at"`
}

type storeModel struct {
	SecretsManager *secretsManagerModel `tfsdk:"aws_secrets_manager"`
	Parameter      *parameterModel      `tfsdk:"aws_ssm_parameter"`
	KeyVault       *keyVaultModel       `tfsdk:"azure_key_vault"`
}

type keyVaultModel struct {
	VaultURI       types.String `tfsdk:"vault_uri"`
	Name           types.String `tfsdk:"name"`
	ContentType    types.String `tfsdk:"content_type"`
	PurgeOnDestroy types.Bool   `tfsdk:"purge_on_destroy"`
}

type secretsManagerModel struct {
	Name               types.String `tfsdk:"name"`
	KMSKeyID           types.String `tfsdk:"kms_key_id"`
	RecoveryWindowDays types.Int32  `tfsdk:"recovery_window_days"`
	ReplicaRegions     types.Set    `tfsdk:"replica_regions"`
	ResourcePolicy     types.String `tfsdk:"resource_policy"`
	AssumeRoleARN      types.String `tfsdk:"assume_role_arn"`
}

type parameterModel struct {
	Name          types.String `tfsdk:"name"`
	Tier          types.String `tfsdk:"tier"`
	KeyID         types.String `tfsdk:"key_id"`
	AssumeRoleARN types.String `tfsdk:"assume_role_arn"`
}

// identityModel is the resource's identity.
type identityModel struct {
	ID types.String `tfsdk:"id"`
}

var referenceTypes = map[string]attr.Type{"arn": types.StringType, "uri": types.StringType, "version": types.StringType}

// storeTypes are the types of the argument store.
var storeTypes = governed.ObjectTypes(storeSchema())

// store reads the argument. What is not known yet is left out.
func (m *model) store() *storeModel {
	if m.Store.IsNull() || m.Store.IsUnknown() {
		return &storeModel{}
	}
	var store storeModel
	if diags := tfkit.ObjectInto(m.Store, &store); diags.HasError() {
		return &storeModel{}
	}
	return &store
}

// marks are what the stored secret says of the credential.
func (m *model) marks() platform.Marks {
	return platform.Marks{
		governance.FieldIdentity:        m.Identity.ValueString(),
		governance.FieldJustification:   m.Justification.ValueString(),
		governance.FieldExpiry:          m.Expiry.ValueString(),
		governance.FieldRotateAfterDays: strconv.Itoa(int(m.RotateAfterDays.ValueInt32())),
		governance.FieldOverlapHours:    strconv.Itoa(int(m.OverlapHours.ValueInt32())),
		governance.FieldSMTPRegion:      m.SESSMTPRegion.ValueString(),
		governance.FieldValidDays:       digits(m.ValidDays),
	}
}

// digits are those of a number; none for null.
func digits(value types.Int32) string {
	if value.IsNull() || value.IsUnknown() {
		return ""
	}
	return strconv.Itoa(int(value.ValueInt32()))
}

// subject is what the policy judges.
func (m *model) subject() governance.CredentialSubject {
	return governance.CredentialSubject{
		Justification: m.Justification.ValueString(), Expiry: m.Expiry.ValueString(),
		RotateAfterDays: int(m.RotateAfterDays.ValueInt32()), OverlapHours: int(m.OverlapHours.ValueInt32()),
		Type: m.Type.ValueString(), ValidDays: int(m.ValidDays.ValueInt32()),
		Unknown: map[string]bool{
			"justification": m.Justification.IsUnknown(), "expiry": m.Expiry.IsUnknown(),
			// Null is a default that is not filled in yet.
			"rotate_after_days": m.RotateAfterDays.IsUnknown() || m.RotateAfterDays.IsNull(),
			"overlap_hours":     m.OverlapHours.IsUnknown() || m.OverlapHours.IsNull(),
			"valid_days":        m.ValidDays.IsUnknown(),
		},
	}
}

func (m *model) overlap() time.Duration {
	return time.Duration(m.OverlapHours.ValueInt32()) * time.Hour
}

// applied takes over what an apply has done.
func (m *model) applied(result credential.Result) {
	m.setCurrent(&result.Current)
	m.setPrevious(result.Previous)
	if result.Previous != nil && m.outlives([]platform.Credential{*result.Previous}) {
		m.ExpiryEnforcement = types.StringValue(string(governance.ExpiryByApply))
	}
	m.setReference(result.Stored)
}

// setCurrent takes over the current credential; nil when there is none.
func (m *model) setCurrent(current *platform.Credential) {
	m.CredentialID, m.CreatedAt, m.RotateAt, m.ValidUntil = types.StringNull(), types.StringNull(), types.StringNull(), types.StringNull()
	if current == nil || current.ID == "" {
		return
	}
	if !current.ExpiresAt.IsZero() {
		m.ValidUntil = timestamp(current.ExpiresAt)
	}
	m.CredentialID, m.CreatedAt = types.StringValue(current.ID), timestamp(current.CreatedAt)
	m.RotateAt = timestamp(current.CreatedAt.AddDate(0, 0, int(m.RotateAfterDays.ValueInt32())))
}

// setPrevious takes over the credential before it, which is valid for the overlap from the making of the current one on.
func (m *model) setPrevious(previous *platform.Credential) {
	m.PreviousCredentialID, m.PreviousExpiresAt = types.StringNull(), types.StringNull()
	if previous == nil {
		return
	}
	m.PreviousCredentialID = types.StringValue(previous.ID)
	if since, err := time.Parse(time.RFC3339, m.CreatedAt.ValueString()); err == nil {
		m.PreviousExpiresAt = timestamp(since.Add(m.overlap()))
	}
}

func (m *model) setReference(stored platform.Stored) {
	m.SecretReference = types.ObjectNull(referenceTypes)
	if stored.Exists {
		m.SecretReference = reference(stored.ARN, types.StringValue(stored.Version))
	}
}

// reference says where a secret is. What Key Vault has is named by a URI, and everything else by an ARN.
func reference(object string, version types.String) types.Object {
	values := map[string]attr.Value{"arn": types.StringNull(), "uri": types.StringNull(), "version": version}
	if strings.HasPrefix(object, "https://") {
		values["uri"] = types.StringValue(object)
	} else {
		values["arn"] = types.StringValue(object)
	}
	return types.ObjectValueMust(referenceTypes, values)
}

// arn, or the URI, is the secret as it is known from before.
func (m *model) arn() string {
	for _, name := range []string{"arn", "uri"} {
		if text, ok := m.SecretReference.Attributes()[name].(types.String); ok && text.ValueString() != "" {
			return text.ValueString()
		}
	}
	return ""
}

// observed takes over what identity and store have.
func (m *model) observed(ctx context.Context, at place, state credential.State) diag.Diagnostics {
	var diags diag.Diagnostics
	if state.Stored.Exists {
		m.setMarks(state.Stored.Marks)
		diags = m.setSettings(ctx, at, state.Stored.Settings)
	}
	m.setCurrent(state.Current)
	if state.Current != nil {
		m.Type = types.StringValue(state.Current.Type)
	}
	var previous *platform.Credential
	if n := len(state.Previous); n > 0 {
		previous = &state.Previous[n-1]
	}
	m.setPrevious(previous)
	m.setReference(state.Stored)
	others := make([]attr.Value, len(state.Others))
	for i, other := range state.Others {
		others[i] = types.StringValue(other.ID)
	}
	m.OtherCredentialIDs = tfkit.NullableSet(others)
	return diags
}

func (m *model) setMarks(marks platform.Marks) {
	m.Justification = tfkit.Observed(m.Justification, marks[governance.FieldJustification])
	m.Expiry = tfkit.Observed(m.Expiry, marks[governance.FieldExpiry])
	m.SESSMTPRegion = tfkit.Observed(m.SESSMTPRegion, marks[governance.FieldSMTPRegion])
	m.RotateAfterDays, m.OverlapHours = number(marks[governance.FieldRotateAfterDays]), number(marks[governance.FieldOverlapHours])
	m.ValidDays = number(marks[governance.FieldValidDays])
}

func number(text string) types.Int32 {
	value, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return types.Int32Null()
	}
	return types.Int32Value(int32(value))
}

func timestamp(at time.Time) types.String { return types.StringValue(at.UTC().Format(time.RFC3339)) }
