package credential

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// place is where a secret is: the store's kind and what it is told.
type place struct {
	kind string
	// spec is what the stores of AWS are told, and vault what Key Vault is.
	spec  aws.StoreSpec
	vault azure.VaultSpec
}

// place reads the store; known is false while its name or its account are not.
func (m *storeModel) place() (at place, known bool) {
	switch {
	case m.SecretsManager != nil:
		s := m.SecretsManager
		at = place{kind: aws.StoreSecretsManager, spec: aws.StoreSpec{
			Name: s.Name.ValueString(), RecoveryWindowDays: s.RecoveryWindowDays.ValueInt32(), AssumeRoleARN: s.AssumeRoleARN.ValueString(),
			StoreSettings: platform.StoreSettings{KeyID: s.KMSKeyID.ValueString(), ReplicaRegions: tfkit.Strings(s.ReplicaRegions), ResourcePolicy: s.ResourcePolicy.ValueString()},
		}}
		return at, !s.Name.IsUnknown() && !s.AssumeRoleARN.IsUnknown()
	case m.Parameter != nil:
		p := m.Parameter
		at = place{kind: aws.StoreParameter, spec: aws.StoreSpec{
			Name: p.Name.ValueString(), AssumeRoleARN: p.AssumeRoleARN.ValueString(),
			StoreSettings: platform.StoreSettings{KeyID: p.KeyID.ValueString(), Tier: p.Tier.ValueString()},
		}}
		return at, !p.Name.IsUnknown() && !p.AssumeRoleARN.IsUnknown()
	case m.KeyVault != nil:
		v := m.KeyVault
		at = place{kind: azure.StoreKeyVault, vault: azure.VaultSpec{
			URI: v.VaultURI.ValueString(), Name: v.Name.ValueString(), ContentType: v.ContentType.ValueString(), PurgeOnDestroy: v.PurgeOnDestroy.ValueBool(),
		}}
		return at, !v.VaultURI.IsUnknown() && !v.Name.IsUnknown()
	}
	return place{}, false
}

// name tells the secret from others of the store: in Key Vault with the host of the vault.
func (p place) name() string {
	if p.kind != azure.StoreKeyVault {
		return p.spec.Name
	}
	host, _ := azure.VaultHost(p.vault.URI)
	return host + "/" + p.vault.Name
}

// same tells whether it is the same secret, written by the same role.
func (p place) same(other place) bool {
	return p.kind == other.kind && p.name() == other.name() && p.spec.AssumeRoleARN == other.spec.AssumeRoleARN
}

// validate finds what the store would refuse.
func (p place) validate(marks platform.Marks) []governance.Violation {
	if p.kind == azure.StoreKeyVault {
		return azure.ValidateVault(p.vault, marks)
	}
	return aws.ValidateStore(p.kind, p.spec, marks)
}

// id is the resource's id: the identity, the kind and name of the store, and the role that writes there, if any.
func (p place) id(identity string) string {
	id := identity + "#" + p.kind + ":" + p.name()
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
	kind, name, _ := strings.Cut(parts[1], ":")
	host, secret, _ := strings.Cut(name, "/")
	switch {
	case kind == azure.StoreKeyVault && host != "" && secret != "":
		at = place{kind: kind, vault: azure.VaultSpec{URI: "https://" + host + "/", Name: secret}}
	case kind == azure.StoreKeyVault:
		return identity, at, "what follows " + azure.StoreKeyVault + ": is not the host of a vault, a slash and the name of a secret"
	case slices.Contains([]string{aws.StoreSecretsManager, aws.StoreParameter}, kind) && name != "":
		at = place{kind: kind, spec: aws.StoreSpec{Name: name}}
	default:
		return identity, at, "what follows the # is not " + aws.StoreSecretsManager + ", " + aws.StoreParameter + " or " + azure.StoreKeyVault + ", a colon and a name"
	}
	if len(parts) == 3 {
		at.spec.AssumeRoleARN = parts[2]
	}
	return identity, at, ""
}

// setSettings takes over how the store keeps the secret. What only a deletion needs is nowhere to be seen, and stays.
func (m *model) setSettings(ctx context.Context, at place, settings platform.StoreSettings) diag.Diagnostics {
	had := m.store()
	role := types.StringNull()
	if at.spec.AssumeRoleARN != "" {
		role = types.StringValue(at.spec.AssumeRoleARN)
	}
	switch at.kind {
	case azure.StoreKeyVault:
		if had.KeyVault == nil {
			had.KeyVault = &keyVaultModel{VaultURI: types.StringValue(at.vault.URI), Name: types.StringValue(at.vault.Name), PurgeOnDestroy: types.BoolValue(false)}
		}
		had.KeyVault.ContentType = types.StringValue(settings.ContentType)
	case aws.StoreParameter:
		if had.Parameter == nil {
			had.Parameter = &parameterModel{Name: types.StringValue(at.spec.Name), AssumeRoleARN: role}
		}
		p := had.Parameter
		p.Tier, p.KeyID = types.StringValue(settings.Tier), observedKey(p.KeyID, settings.KeyID)
	default:
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
