package aws

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Keys of GetAccountSummary's map, from the API reference.
const (
	summaryRoles         = "Roles"
	summaryUsers         = "Users"
	summaryGroups        = "Groups"
	summaryPolicies      = "Policies"
	quotaTrustPolicySize = "AssumeRolePolicySizeQuota"
	quotaRolePolicySize  = "RolePolicySizeQuota"
	quotaUserPolicySize  = "UserPolicySizeQuota"
	quotaAttachedPerRole = "AttachedPoliciesPerRoleQuota"
	quotaAttachedPerUser = "AttachedPoliciesPerUserQuota"
	quotaGroupsPerUser   = "GroupsPerUserQuota"
)

// defaultQuotas are IAM's own, from "IAM and AWS STS quotas".
var defaultQuotas = map[string]int32{
	quotaTrustPolicySize: 2048,
	quotaRolePolicySize:  10240,
	quotaUserPolicySize:  2048,
	quotaAttachedPerRole: 10,
	quotaAttachedPerUser: 10,
	quotaGroupsPerUser:   10,
}

// accountSummary is the account's counts and quotas. A caller who may not read it gets IAM's default quotas.
func (a *Account) accountSummary(ctx context.Context) (map[string]int32, error) {
	return a.summary.Get(ctx, func() (map[string]int32, error) {
		connection, err := a.connect(ctx)
		if err != nil {
			return nil, err
		}
		quotas := maps.Clone(defaultQuotas)
		output, err := connection.iam.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
		err = mapError("iam:GetAccountSummary", err)
		if forbidden := (*platform.ErrForbidden)(nil); errors.As(err, &forbidden) {
			tflog.Warn(ctx, "The quotas of the account are taken to be IAM's defaults, because the caller may not read them", map[string]any{"missing_permission": forbidden.Permission})
			return quotas, nil
		}
		if err != nil {
			return nil, err
		}
		maps.Copy(quotas, output.SummaryMap)
		return quotas, nil
	})
}

// measure is a size that a quota bounds.
type measure struct {
	quota string
	size  int
	// blame reports how far the size is beyond the account's quota.
	blame func(over, quota int)
}

// beyondQuota are the quotas that the sizes exceed. The account is asked only where IAM's defaults do not settle it.
func (a *Account) beyondQuota(ctx context.Context, measures []measure) ([]string, error) {
	if !slices.ContainsFunc(measures, func(m measure) bool { return m.size > int(defaultQuotas[m.quota]) }) {
		return nil, nil
	}
	quotas, err := a.accountSummary(ctx)
	if err != nil {
		return nil, err
	}
	var beyond []string
	for _, m := range measures {
		if quota := int(quotas[m.quota]); m.size > quota {
			beyond = append(beyond, m.quota)
			if m.blame != nil {
				m.blame(m.size-quota, quota)
			}
		}
	}
	return beyond, nil
}
