package aws

import (
	"context"
	"errors"
	"strings"
	"sync"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// bulkPage is the most that GetAccountAuthorizationDetails and ListRoles return at a time.
const bulkPage = 1000

// What asking for one role alone costs: a role of the account's own with one inline policy besides the expiry's, and one
// of a service, which has none.
const (
	directReadCalls       = 6
	directReadCallsLinked = 1
)

// roleReads decides between one bulk read and many direct ones.
type roleReads struct {
	mutex sync.Mutex
	// spent counts the calls that direct reads have cost so far.
	spent int
	// refused is set when the caller may not read in bulk.
	refused bool
	// written are the roles that this provider has changed since, by lower-case name; the snapshot may be older.
	written map[string]bool
}

// wrote keeps the snapshot from being used for the role from now on.
func (a *Account) wrote(name string) {
	a.roles.mutex.Lock()
	defer a.roles.mutex.Unlock()
	if a.roles.written == nil {
		a.roles.written = map[string]bool{}
	}
	a.roles.written[strings.ToLower(name)] = true
}

// snapshotRole is the role from the bulk read, where that is the cheaper way to have it. found is false when it is
// not, and when the snapshot does not have the role, which a direct read has to confirm. directCalls is what that costs.
func (a *Account) snapshotRole(ctx context.Context, id governance.ID, directCalls int) (state RoleState, found bool, err error) {
	bulk, err := a.bulkIsCheaper(ctx, id.Name(), directCalls)
	if err != nil || !bulk {
		return RoleState{}, false, err
	}
	var all *snapshot
	var list map[string]listedRole
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { all, err = a.readBulk(groupCtx, false); return err })
	group.Go(func() (err error) { list, err = a.roleList(groupCtx); return err })
	err = group.Wait()
	if forbidden := (*platform.ErrForbidden)(nil); errors.As(err, &forbidden) {
		tflog.Warn(ctx, "The roles of the account are read one by one, because the caller may not read them in bulk", map[string]any{"missing_permission": forbidden.Permission})
		a.roles.mutex.Lock()
		a.roles.refused = true
		a.roles.mutex.Unlock()
		return RoleState{}, false, nil
	}
	if err != nil {
		return RoleState{}, false, err
	}
	key := strings.ToLower(id.Name())
	detail, inDetails := all.roles[key]
	if !inDetails && all.has(id) {
		// One that nobody governs yet, as in an import.
		if all, err = a.readBulk(ctx, true); err != nil {
			return RoleState{}, false, err
		}
		detail, inDetails = all.roles[key]
	}
	listed, inList := list[key]
	if !inDetails || !inList {
		return RoleState{}, false, nil
	}
	state, err = a.detailState(*detail, listed)
	if err != nil || state.ID != id {
		return RoleState{}, false, err
	}
	return state, true, nil
}

// bulkIsCheaper compares what direct reads have cost so far, this one included, with what one bulk read costs. That is
// never worse than twice the best that could have been done with knowledge of how many roles will be asked for.
func (a *Account) bulkIsCheaper(ctx context.Context, name string, directCalls int) (bool, error) {
	a.roles.mutex.Lock()
	excluded := a.roles.refused || a.roles.written[strings.ToLower(name)]
	a.roles.mutex.Unlock()
	if excluded {
		return false, nil
	}
	quotas, err := a.accountSummary(ctx)
	if err != nil {
		return false, err
	}
	// The details and the list, in pages.
	roles := int(quotas[summaryRoles])
	others := int(quotas[summaryUsers] + quotas[summaryGroups] + quotas[summaryPolicies])
	bulkCalls := (roles+others)/bulkPage + 1 + roles/bulkPage + 1
	a.roles.mutex.Lock()
	defer a.roles.mutex.Unlock()
	if a.roles.spent+directCalls > bulkCalls {
		return true, nil
	}
	a.roles.spent += directCalls
	return false, nil
}

// detailState is everything about a role: its details, and what they lack.
func (a *Account) detailState(detail types.RoleDetail, listed listedRole) (RoleState, error) {
	state, err := newRoleState(detail.Arn, detail.RoleId, detail.RoleName, detail.Path, detail.CreateDate, detail.AssumeRolePolicyDocument, detail.PermissionsBoundary, detail.RoleLastUsed)
	if err != nil {
		return RoleState{}, err
	}
	if err := state.addPolicies(detail.RolePolicyList, detail.AttachedManagedPolicies); err != nil {
		return RoleState{}, err
	}
	state.MaxSessionDuration, state.Description = listed.maxSessionDuration, listed.description
	state.addInstanceProfiles(detail.InstanceProfileList)
	state.interpret(a.tagging, tagMap(detail.Tags))
	return state, nil
}

// addPolicies takes over the policies that the details of an entity have.
func (s *EntityState) addPolicies(inline []types.PolicyDetail, attached []types.AttachedPolicy) (err error) {
	for _, policy := range inline {
		if s.InlinePolicies[awssdk.ToString(policy.PolicyName)], err = decodeDocument(policy.PolicyDocument); err != nil {
			return err
		}
	}
	for _, policy := range attached {
		s.ManagedPolicyARNs = append(s.ManagedPolicyARNs, awssdk.ToString(policy.PolicyArn))
	}
	return nil
}

// listedRole is what the details lack.
type listedRole struct {
	// maxSessionDuration is in seconds.
	maxSessionDuration int32
	description        string
}

// roleList reads what the details lack, by lower-case name.
func (a *Account) roleList(ctx context.Context) (map[string]listedRole, error) {
	return a.listed.get(ctx, func() (map[string]listedRole, error) {
		connection, err := a.connect(ctx)
		if err != nil {
			return nil, err
		}
		roles := map[string]listedRole{}
		pages := iam.NewListRolesPaginator(connection.iam, &iam.ListRolesInput{MaxItems: awssdk.Int32(bulkPage)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, mapError("iam:ListRoles", err)
			}
			for _, role := range page.Roles {
				roles[strings.ToLower(awssdk.ToString(role.RoleName))] = listedRole{awssdk.ToInt32(role.MaxSessionDuration), awssdk.ToString(role.Description)}
			}
		}
		return roles, nil
	})
}
