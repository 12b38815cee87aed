package aws

import (
	"context"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Read takes the role from the account's snapshot, or asks for it alone where that costs less, where this provider has
// just changed it, and where the snapshot does not have it.
func (r *Roles) Read(ctx context.Context, id governance.ID) (RoleState, error) {
	if err := r.mine(ctx, id); err != nil {
		return RoleState{}, err
	}
	state, found, err := r.account.snapshotRole(ctx, id, directReadCalls)
	if err != nil || found {
		return state, err
	}
	return r.readDirect(ctx, id)
}

// readOne asks for the role of a name: four calls, and one for each inline policy.
func (r *Roles) readOne(ctx context.Context, name string) (RoleState, error) {
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
	state.readPolicies(groupCtx, group, roleKind, roleCalls{client, name})
	group.Go(func() error {
		profiles, err := collect(groupCtx, iam.NewListInstanceProfilesForRolePaginator(client, &iam.ListInstanceProfilesForRoleInput{RoleName: &name}),
			func(page *iam.ListInstanceProfilesForRoleOutput) []types.InstanceProfile {
				return page.InstanceProfiles
			})
		state.addInstanceProfiles(profiles)
		return mapError("iam:ListInstanceProfilesForRole", err)
	})
	if err := group.Wait(); err != nil {
		return RoleState{}, halfSeen(err)
	}
	state.interpret(r.account.tagging, tagMap(output.Role.Tags))
	return state, nil
}

func roleState(role *types.Role) (RoleState, error) {
	state, err := newRoleState(role.Arn, role.RoleId, role.RoleName, role.Path, role.CreateDate, role.AssumeRolePolicyDocument, role.PermissionsBoundary, role.RoleLastUsed)
	state.MaxSessionDuration, state.Description = awssdk.ToInt32(role.MaxSessionDuration), awssdk.ToString(role.Description)
	return state, err
}

func newRoleState(roleARN, uniqueID, name, path *string, created *time.Time, trust *string, boundary *types.AttachedPermissionsBoundary, lastUsed *types.RoleLastUsed) (RoleState, error) {
	entity, err := newEntityState(roleKind, roleARN, uniqueID, name, path, created, boundary)
	if err != nil {
		return RoleState{}, err
	}
	document, err := decodeDocument(trust)
	if err != nil {
		return RoleState{}, err
	}
	state := RoleState{EntityState: entity, TrustPolicy: document}
	if lastUsed != nil {
		state.LastUsedAt, state.LastUsedRegion = awssdk.ToTime(lastUsed.LastUsedDate), awssdk.ToString(lastUsed.Region)
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
