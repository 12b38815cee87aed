package aws

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Read takes the role from the account's snapshot, or asks for it alone where that costs less, where this provider has
// just changed it, and where the snapshot does not have it.
func (r *Roles) Read(ctx context.Context, id governance.ID) (RoleState, error) {
	if err := r.mine(ctx, id); err != nil {
		return RoleState{}, err
	}
	state, found, err := r.account.snapshotRole(ctx, id)
	if err != nil || found {
		return state, err
	}
	return r.readDirect(ctx, id)
}

// mine refuses an id of another account, which these credentials cannot reach.
func (r *Roles) mine(ctx context.Context, id governance.ID) error {
	me, err := r.account.whoami(ctx)
	if err == nil && id.Account != me.account {
		err = &platform.ErrNotConfigured{
			Attribute: []string{"aws"}, Reason: fmt.Sprintf("%s is in account %s, but the provider's credentials belong to account %s (%s)", id, id.Account, me.account, me.arn),
			Remedy: "Use a provider configuration for that account, with a profile or assume_role.",
		}
	}
	return err
}

// readDirect asks for one role. One of the same name on another path is another identity.
func (r *Roles) readDirect(ctx context.Context, id governance.ID) (RoleState, error) {
	state, err := r.readNamed(ctx, id.Name())
	if err == nil && state.ID != id {
		return RoleState{}, fmt.Errorf("%s: the role of that name is %s: %w", id, state.ID, platform.ErrNotFound)
	}
	return state, err
}

// readNamed asks for the role of a name: four calls, and one for each inline policy.
func (r *Roles) readNamed(ctx context.Context, name string) (RoleState, error) {
	connection, err := r.account.connect(ctx)
	if err != nil {
		return RoleState{}, err
	}
	client := connection.iam
	output, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return RoleState{}, mapError("iam:GetRole", err)
	}
	state, err := roleState(output.Role)
	if err != nil {
		return RoleState{}, err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return readInlinePolicies(groupCtx, client, name, state.InlinePolicies) })
	group.Go(func() error {
		pages := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: &name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(groupCtx)
			if err != nil {
				return mapError("iam:ListAttachedRolePolicies", err)
			}
			for _, policy := range page.AttachedPolicies {
				state.ManagedPolicyARNs = append(state.ManagedPolicyARNs, awssdk.ToString(policy.PolicyArn))
			}
		}
		return nil
	})
	group.Go(func() error {
		pages := iam.NewListInstanceProfilesForRolePaginator(client, &iam.ListInstanceProfilesForRoleInput{RoleName: &name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(groupCtx)
			if err != nil {
				return mapError("iam:ListInstanceProfilesForRole", err)
			}
			state.addInstanceProfiles(page.InstanceProfiles)
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return RoleState{}, err
	}
	state.interpret(r.account.tagging, tagMap(output.Role.Tags))
	return state, nil
}

// inlineReads bounds how many policies of one role are asked for at a time.
const inlineReads = 4

func readInlinePolicies(ctx context.Context, client iamAPI, role string, documents map[string]string) error {
	var mutex sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(inlineReads)
	pages := iam.NewListRolePoliciesPaginator(client, &iam.ListRolePoliciesInput{RoleName: &role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return mapError("iam:ListRolePolicies", err)
		}
		for _, name := range page.PolicyNames {
			group.Go(func() error {
				output, err := client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
				if apiCode(err) == codeNoSuchEntity {
					return nil // Somebody has removed it since it was listed.
				}
				if err != nil {
					return mapError("iam:GetRolePolicy", err)
				}
				document, err := decodeDocument(output.PolicyDocument)
				mutex.Lock()
				defer mutex.Unlock()
				documents[name] = document
				return err
			})
		}
	}
	return group.Wait()
}

func roleState(role *types.Role) (RoleState, error) {
	state, err := newRoleState(role.Arn, role.RoleId, role.RoleName, role.Path, role.CreateDate, role.AssumeRolePolicyDocument, role.PermissionsBoundary, role.RoleLastUsed)
	state.MaxSessionDuration = awssdk.ToInt32(role.MaxSessionDuration)
	return state, err
}

func newRoleState(roleARN, uniqueID, name, path *string, created *time.Time, trust *string, boundary *types.AttachedPermissionsBoundary, lastUsed *types.RoleLastUsed) (RoleState, error) {
	parsed, err := arn.Parse(awssdk.ToString(roleARN))
	if err != nil {
		return RoleState{}, fmt.Errorf("IAM returned the role ARN %q: %w", awssdk.ToString(roleARN), err)
	}
	document, err := decodeDocument(trust)
	if err != nil {
		return RoleState{}, err
	}
	state := RoleState{
		Observed: platform.Observed{
			ID:        governance.ID{Kind: governance.KindAWSRole, Account: parsed.AccountID, Resource: awssdk.ToString(path)[1:] + awssdk.ToString(name)},
			Name:      awssdk.ToString(name),
			CreatedAt: awssdk.ToTime(created),
		},
		ARN:            awssdk.ToString(roleARN),
		UniqueID:       awssdk.ToString(uniqueID),
		TrustPolicy:    document,
		InlinePolicies: map[string]string{},
	}
	if boundary != nil {
		state.PermissionsBoundaryARN = awssdk.ToString(boundary.PermissionsBoundaryArn)
	}
	if lastUsed != nil {
		state.LastUsedAt = awssdk.ToTime(lastUsed.LastUsedDate)
	}
	return state, nil
}

func (s *RoleState) addInstanceProfiles(profiles []types.InstanceProfile) {
	for _, profile := range profiles {
		if awssdk.ToString(profile.InstanceProfileName) == s.Name {
			s.InstanceProfileARN = awssdk.ToString(profile.Arn)
		} else {
			s.OtherInstanceProfiles = append(s.OtherInstanceProfiles, awssdk.ToString(profile.InstanceProfileName))
		}
	}
}

// decodeDocument reads a policy document as IAM returns it: URL-encoded (RFC 3986).
func decodeDocument(document *string) (string, error) {
	text, err := url.PathUnescape(awssdk.ToString(document))
	if err != nil {
		return "", fmt.Errorf("IAM returned a policy document that is not URL-encoded: %w", err)
	}
	return text, nil
}
