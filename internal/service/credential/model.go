package credential

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/credential"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// model is the resource in plan and state.
type model struct {
	ID                   types.String `tfsdk:"id"`
	Identity             types.String `tfsdk:"identity"`
	Justification        types.String `tfsdk:"justification"`
	Expiry               types.String `tfsdk:"expiry"`
	RotateAfterDays      types.Int32  `tfsdk:"rotate_after_days"`
	OverlapHours         types.Int32  `tfsdk:"overlap_hours"`
	RotationTrigger      types.Map    `tfsdk:"rotation_trigger"`
	SESSMTPRegion        types.String `tfsdk:"ses_smtp_region"`
	Store                types.Object `tfsdk:"store"`
	CredentialID         types.String `tfsdk:"credential_id"`
	SecretReference      types.Object `tfsdk:"secret_reference"`
	CreatedAt            types.String `tfsdk:"created_at"`
	RotateAt             types.String `tfsdk:"rotate_at"`
	PreviousCredentialID types.String `tfsdk:"previous_credential_id"`
	PreviousExpiresAt    types.String `tfsdk:"previous_expires_at"`
	Status               types.String `tfsdk:"status"`
	ExpiryEnforcement    types.String `tfsdk:"expiry_enforcement"`
	OtherCredentialIDs   types.Set    `tfsdk:"other_credential_ids"`
}

type storeModel struct {
	SecretsManager *secretsManagerModel `tfsdk:"aws_secrets_manager"`
	Parameter      *parameterModel      `tfsdk:"aws_ssm_parameter"`
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

var referenceTypes = map[string]attr.Type{"arn": types.StringType, "version": types.StringType}

// storeTypes are the types of the argument store.
var storeTypes = governed.ObjectTypes(storeSchema())

// store reads the argument. What is not known yet is left out.
func (m *model) store(ctx context.Context) *storeModel {
	if m.Store.IsNull() || m.Store.IsUnknown() {
		return &storeModel{}
	}
	var store storeModel
	if diags := m.Store.As(ctx, &store, basetypes.ObjectAsOptions{UnhandledUnknownAsEmpty: true}); diags.HasError() {
		return &storeModel{}
	}
	return &store
}

// place is where a secret is: the store's kind and what it is told.
type place struct {
	kind string
	spec aws.StoreSpec
}

// place reads the store; known is false while its name or its account are not.
func (m *storeModel) place() (at place, known bool) {
	switch {
	case m.SecretsManager != nil:
		s := m.SecretsManager
		at = place{aws.StoreSecretsManager, aws.StoreSpec{
			Name: s.Name.ValueString(), RecoveryWindowDays: s.RecoveryWindowDays.ValueInt32(), AssumeRoleARN: s.AssumeRoleARN.ValueString(),
			StoreSettings: platform.StoreSettings{KeyID: s.KMSKeyID.ValueString(), ReplicaRegions: tfkit.Strings(s.ReplicaRegions), ResourcePolicy: s.ResourcePolicy.ValueString()},
		}}
		return at, !s.Name.IsUnknown() && !s.AssumeRoleARN.IsUnknown()
	case m.Parameter != nil:
		p := m.Parameter
		at = place{aws.StoreParameter, aws.StoreSpec{
			Name: p.Name.ValueString(), AssumeRoleARN: p.AssumeRoleARN.ValueString(),
			StoreSettings: platform.StoreSettings{KeyID: p.KeyID.ValueString(), Tier: p.Tier.ValueString()},
		}}
		return at, !p.Name.IsUnknown() && !p.AssumeRoleARN.IsUnknown()
	}
	return place{}, false
}

// id is the resource's id: the identity, the kind and name of the store, and the role that writes there, if any.
func (p place) id(identity string) string {
	id := identity + "#" + p.kind + ":" + p.spec.Name
	if role := p.spec.AssumeRoleARN; role != "" {
		id += "#" + role
	}
	return id
}

// parseID reads what place.id wrote.
func parseID(text string) (identity governance.ID, at place, problem string) {
	parts := strings.SplitN(text, "#", 3)
	if len(parts) < 2 {
		return identity, at, "it has no # between the identity and the store"
	}
	identity, err := governance.ParseID(parts[0])
	if err != nil {
		return identity, at, err.Error()
	}
	kind, name, found := strings.Cut(parts[1], ":")
	if !found || name == "" || !slices.Contains([]string{aws.StoreSecretsManager, aws.StoreParameter}, kind) {
		return identity, at, "what follows the # is not " + aws.StoreSecretsManager + " or " + aws.StoreParameter + ", a colon and a name"
	}
	at = place{kind: kind, spec: aws.StoreSpec{Name: name}}
	if len(parts) == 3 {
		at.spec.AssumeRoleARN = parts[2]
	}
	return identity, at, ""
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
	}
}

// subject is what the policy judges.
func (m *model) subject() governance.CredentialSubject {
	return governance.CredentialSubject{
		Justification: m.Justification.ValueString(), Expiry: m.Expiry.ValueString(),
		RotateAfterDays: int(m.RotateAfterDays.ValueInt32()), OverlapHours: int(m.OverlapHours.ValueInt32()),
		Unknown: map[string]bool{
			"justification": m.Justification.IsUnknown(), "expiry": m.Expiry.IsUnknown(),
			// Null is a default that is not filled in yet.
			"rotate_after_days": m.RotateAfterDays.IsUnknown() || m.RotateAfterDays.IsNull(),
			"overlap_hours":     m.OverlapHours.IsUnknown() || m.OverlapHours.IsNull(),
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
	m.setReference(result.Stored)
}

// setCurrent takes over the current credential; nil when there is none.
func (m *model) setCurrent(current *platform.Credential) {
	m.CredentialID, m.CreatedAt, m.RotateAt = types.StringNull(), types.StringNull(), types.StringNull()
	if current == nil || current.ID == "" {
		return
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
		m.SecretReference = types.ObjectValueMust(referenceTypes, map[string]attr.Value{"arn": types.StringValue(stored.ARN), "version": types.StringValue(stored.Version)})
	}
}

// arn is the secret as it is known from before.
func (m *model) arn() string {
	if arn, ok := m.SecretReference.Attributes()["arn"].(types.String); ok {
		return arn.ValueString()
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
}

func number(text string) types.Int32 {
	value, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return types.Int32Null()
	}
	return types.Int32Value(int32(value))
}

// setSettings takes over how the store keeps the secret. What only a deletion needs is nowhere to be seen, and stays.
func (m *model) setSettings(ctx context.Context, at place, settings platform.StoreSettings) diag.Diagnostics {
	had := m.store(ctx)
	role := types.StringNull()
	if at.spec.AssumeRoleARN != "" {
		role = types.StringValue(at.spec.AssumeRoleARN)
	}
	if at.kind == aws.StoreParameter {
		if had.Parameter == nil {
			had.Parameter = &parameterModel{Name: types.StringValue(at.spec.Name), AssumeRoleARN: role}
		}
		p := had.Parameter
		p.Tier, p.KeyID = types.StringValue(settings.Tier), observedKey(p.KeyID, settings.KeyID)
	} else {
		if had.SecretsManager == nil {
			had.SecretsManager = &secretsManagerModel{Name: types.StringValue(at.spec.Name), AssumeRoleARN: role, RecoveryWindowDays: types.Int32Value(defaultRecoveryDays)}
		}
		s := had.SecretsManager
		s.KMSKeyID = observedKey(s.KMSKeyID, settings.KeyID)
		if !aws.SamePolicy(s.ResourcePolicy.ValueString(), settings.ResourcePolicy) {
			s.ResourcePolicy = tfkit.Observed(s.ResourcePolicy, settings.ResourcePolicy)
		}
		regions := make([]attr.Value, len(settings.ReplicaRegions))
		for i, region := range settings.ReplicaRegions {
			regions[i] = types.StringValue(region)
		}
		s.ReplicaRegions = tfkit.NullableSet(regions)
	}
	object, diags := types.ObjectValueFrom(ctx, storeTypes, had)
	m.Store = object
	return diags
}

// observedKey keeps a key as it was written while the store shows the same.
func observedKey(had types.String, shown string) types.String {
	if aws.SameKey(had.ValueString(), shown) {
		return had
	}
	return tfkit.Observed(had, shown)
}

func timestamp(at time.Time) types.String { return types.StringValue(at.UTC().Format(time.RFC3339)) }
