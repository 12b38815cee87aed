package sim

import (
	"maps"
	"slices"
)

// defaultQuotas are the quotas of a new account as GetAccountSummary gives
// them (IAM quotas, default values).
func defaultQuotas() map[string]int {
	return map[string]int{
		"RolesQuota":                      1000,
		"UsersQuota":                      5000,
		"GroupsQuota":                     300,
		"PoliciesQuota":                   1500,
		"InstanceProfilesQuota":           1000,
		"ServerCertificatesQuota":         20,
		"AssumeRolePolicySizeQuota":       2048,
		"RolePolicySizeQuota":             10240,
		"UserPolicySizeQuota":             2048,
		"GroupPolicySizeQuota":            5120,
		"PolicySizeQuota":                 6144,
		"PolicyVersionsInUseQuota":        10000,
		"VersionsPerPolicyQuota":          5,
		"AttachedPoliciesPerRoleQuota":    10,
		"AttachedPoliciesPerUserQuota":    10,
		"AttachedPoliciesPerGroupQuota":   10,
		"GroupsPerUserQuota":              10,
		"AccessKeysPerUserQuota":          2,
		"SigningCertificatesPerUserQuota": 2,
	}
}

func getAccountSummary(r *request) ([]node, error) {
	a := r.account
	inUse := 0
	for _, count := range a.attachments {
		if count > 0 {
			inUse++
		}
	}
	// The root user's MFA device counts as well.
	devices, enabled := 1, 1
	for _, u := range a.users.all() {
		enabled += len(u.mfa)
		for _, m := range u.mfa {
			if a.devices.get(m.serial) == nil {
				devices++
			}
		}
	}
	devices += a.devices.len()
	values := maps.Clone(a.quotas)
	maps.Copy(values, map[string]int{
		"Roles":                             a.roles.len(),
		"Users":                             a.users.len(),
		"Groups":                            a.groups.len(),
		"Policies":                          a.policies.len(),
		"PolicyVersionsInUse":               inUse,
		"InstanceProfiles":                  a.profiles.len(),
		"Providers":                         a.providers.len(),
		"ServerCertificates":                0,
		"MFADevices":                        devices,
		"MFADevicesInUse":                   enabled,
		"AccountMFAEnabled":                 1,
		"AccountAccessKeysPresent":          0,
		"AccountPasswordPresent":            1,
		"AccountSigningCertificatesPresent": 0,
		"GlobalEndpointTokenVersion":        2,
	})
	var entries []node
	for _, key := range slices.Sorted(maps.Keys(values)) {
		entries = append(entries, el("entry", text("key", key), number("value", values[key])))
	}
	return []node{el("SummaryMap", entries...)}, nil
}
