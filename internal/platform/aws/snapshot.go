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

// What asking for one identity alone costs beyond what is asked of it anyway: of a role of the account's own and of a user,
// each with one inline policy besides the expiry's, and of a role of a service, which has none.
const (
	directReadCalls       = 6
	directReadCallsLinked = 1
	directReadCallsUser   = 6
)

// bulkReads decides between one bulk read and many direct ones. Roles and users share it, because one bulk read has both.
type bulkReads struct {
	mutex sync.Mutex
	// spent counts the calls that direct reads have cost so far.
	spent int
	// refused are the kinds that the caller may not read in bulk.
	refused map[governance.Kind]bool
	// written are the identities that this provider has changed since; the snapshot may be older.
	written map[kindName]bool
}

// kindName is an identity of the account, with its name in lower case.
type kindName struct {
	kind governance.Kind
	name string
}

func newKindName(kind governance.Kind, name string) kindName {
	return kindName{kind, strings.ToLower(name)}
}

// wrote keeps the snapshot from being used for the identity from now on.
func (a *Account) wrote(kind governance.Kind, name string) {
	a.reads.mutex.Lock()
	defer a.reads.mutex.Unlock()
	if a.reads.written == nil {
		a.reads.written = map[kindName]bool{}
	}
	a.reads.written[newKindName(kind, name)] = true
}

// hasWritten tells whether this provider has changed an identity, so that the snapshot may be older.
func (a *Account) hasWritten(id governance.ID) bool {
	a.reads.mutex.Lock()
	defer a.reads.mutex.Unlock()
	return a.reads.written[newKindName(id.Kind, id.Name())]
}

// refuses tells whether an error is that the caller may not read in bulk, and has the kind read directly from now on.
func (a *Account) refuses(ctx context.Context, kind governance.Kind, err error) bool {
	forbidden := (*platform.ErrForbidden)(nil)
	if !errors.As(err, &forbidden) {
		return false
	}
	tflog.Warn(ctx, "The identities of the account are read one by one, because the caller may not read them in bulk", map[string]any{"kind": string(kind), "missing_permission": forbidden.Permission})
	a.reads.mutex.Lock()
	defer a.reads.mutex.Unlock()
	if a.reads.refused == nil {
		a.reads.refused = map[governance.Kind]bool{}
	}
	a.reads.refused[kind] = true
	return true
}

// bulkIsCheaper compares what direct reads have cost so far, this one included, with what one bulk read costs. That is
// never worse than twice the best that could have been done with knowledge of how many identities will be asked for.
func (a *Account) bulkIsCheaper(ctx context.Context, kind governance.Kind, name string, directCalls int) (bool, error) {
	a.reads.mutex.Lock()
	excluded := a.reads.refused[kind] || a.reads.written[newKindName(kind, name)]
	a.reads.mutex.Unlock()
	if excluded {
		return false, nil
	}
	quotas, err := a.accountSummary(ctx)
	if err != nil {
		return false, err
	}
	// The details in pages, and for a role the list.
	roles := int(quotas[summaryRoles])
	others := int(quotas[summaryUsers] + quotas[summaryGroups] + quotas[summaryPolicies])
	bulkCalls := (roles+others)/bulkPage + 1
	if kind == governance.KindAWSRole {
		bulkCalls += roles/bulkPage + 1
	}
	a.reads.mutex.Lock()
	defer a.reads.mutex.Unlock()
	if a.reads.spent+directCalls > bulkCalls {
		return true, nil
	}
	a.reads.spent += directCalls
	return false, nil
}

// inBulk is what the bulk read tells of an identity; nil when it does not know it, which a direct read has to confirm.
func inBulk[T any](ctx context.Context, a *Account, id governance.ID, details func(*snapshot) map[string]packed[T]) (*T, error) {
	all, err := a.readBulk(ctx, false)
	if err != nil {
		return nil, err
	}
	key := strings.ToLower(id.Name())
	detail := details(all)[key]
	if detail == nil && all.has(id) {
		// One that nobody governs yet, as in an import.
		if all, err = a.readBulk(ctx, true); err != nil {
			return nil, err
		}
		detail = details(all)[key]
	}
	return detail.open()
}

// snapshotRole is the role from the bulk read, where that is the cheaper way to have it. found is false when it is
// not, and when the snapshot does not have the role. directCalls is what a direct read costs.
func (a *Account) snapshotRole(ctx context.Context, id governance.ID, directCalls int) (state RoleState, found bool, err error) {
	bulk, err := a.bulkIsCheaper(ctx, id.Kind, id.Name(), directCalls)
	if err != nil || !bulk {
		return RoleState{}, false, err
	}
	var detail *types.RoleDetail
	var list map[string]listedRole
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		detail, err = inBulk(groupCtx, a, id, func(s *snapshot) map[string]packed[types.RoleDetail] { return s.roles })
		return err
	})
	group.Go(func() (err error) { list, err = a.roleList(groupCtx); return err })
	err = group.Wait()
	if a.refuses(ctx, id.Kind, err) {
		return RoleState{}, false, nil
	}
	listed, inList := list[strings.ToLower(id.Name())]
	if err != nil || detail == nil || !inList {
		return RoleState{}, false, err
	}
	state, err = a.detailState(*detail, listed)
	if err != nil || state.ID != id {
		return RoleState{}, false, err
	}
	return state, true, nil
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
	return a.listed.Get(ctx, func() (map[string]listedRole, error) {
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
