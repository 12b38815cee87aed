package aws

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// Delete closes the trust, so that no new session starts, and denies everything to live ones; takes the role out of
// instance profiles and deletes its own; removes its policies; and deletes the role last.
func (r *Roles) Delete(ctx context.Context, id governance.ID) (removed []string, err error) {
	if err := r.mine(ctx, id); err != nil {
		return nil, err
	}
	connection, err := r.account.connect(ctx)
	if err != nil {
		return nil, err
	}
	r.wrote(id.Name())
	return r.retire(ctx, id, func(role RoleState) ([]string, error) {
		return retireRole(ctx, connection.iam, r.account.tagging, role)
	})
}

func retireRole(ctx context.Context, client *iamClient, tagging tagging, role RoleState) (removed []string, err error) {
	var gone removal
	calls := roleCalls{client, role.Name}
	// Nothing but the denial stays in the trust policy, so that it fits whatever the role trusted.
	closed := iampolicy.Close(iampolicy.Document{Version: iampolicy.Version2012}).JSON()
	if !iampolicy.Equivalent(role.TrustPolicy, closed) {
		gone.do("", "iam:UpdateAssumeRolePolicy", func() error {
			_, err := client.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &role.Name, PolicyDocument: &closed})
			return err
		})
	}
	gone.denyAll(ctx, roleKind, calls, role.EntityState)
	for _, profile := range role.OtherInstanceProfiles {
		gone.do("instance profile "+profile, operationRemoveFromProfile, removeFromProfile(ctx, client, profile, role.Name))
	}
	if gone.err != nil {
		return gone.removed, gone.err
	}
	if own, err := ownProfile(ctx, client, tagging, role); err != nil {
		return gone.removed, err
	} else if own {
		if role.ManagedBy != governance.ManagedBy {
			gone.noteProfile(ctx, calls, tagging, role) // The profile has no mark by which it could be found again.
		}
		gone.do("", operationRemoveFromProfile, removeFromProfile(ctx, client, role.Name, role.Name))
		gone.do("instance profile "+role.Name, operationDeleteProfile, deleteProfile(ctx, client, role.Name))
	}
	gone.allPolicies(ctx, roleKind, calls, role.EntityState)
	if gone.err != nil {
		return gone.removed, gone.err
	}
	_, err = client.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &role.Name})
	return gone.removed, mapError("iam:DeleteRole", err)
}

// ownProfile tells whether there is an instance profile that goes with the role. One that the role is not in is what an
// interrupted apply has left behind, if it has this provider's mark.
func ownProfile(ctx context.Context, client *iamClient, tagging tagging, role RoleState) (bool, error) {
	if role.InstanceProfileARN != "" {
		return true, nil
	}
	output, err := client.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &role.Name})
	err = mapError("iam:GetInstanceProfile", err)
	var forbidden *platform.ErrForbidden
	switch {
	case errors.As(err, &forbidden):
		tflog.Warn(ctx, "Nobody looked for an instance profile that an interrupted apply may have left behind", map[string]any{"role": role.Name, "missing_permission": forbidden.Permission})
		return false, nil
	case err != nil:
		return false, ignoreNotFound(err)
	}
	_, managedBy := tagging.metadata(tagMap(output.InstanceProfile.Tags))
	return managedBy == governance.ManagedBy && len(output.InstanceProfile.Roles) == 0, nil
}

// ownInstanceProfile is the record of a role whose own instance profile is being removed.
const ownInstanceProfile = "instance-profile"

// noteProfile notes on the role that its own instance profile is to go. A role that has no room for that loses it all the same.
func (r *removal) noteProfile(ctx context.Context, calls roleCalls, tagging tagging, role RoleState) {
	if r.err != nil || role.removingProfile {
		return
	}
	err := mapError("iam:TagRole", calls.tag(ctx, sdkTags(map[string]string{tagging.keys.Key(governance.RecordRemoving): ownInstanceProfile})))
	if !isFull(err) {
		r.err = err
	}
}

const (
	operationRemoveFromProfile = "iam:RemoveRoleFromInstanceProfile"
	operationDeleteProfile     = "iam:DeleteInstanceProfile"
)

func removeFromProfile(ctx context.Context, client *iamClient, profile, role string) func() error {
	return func() error {
		_, err := client.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &profile, RoleName: &role})
		return err
	}
}

func deleteProfile(ctx context.Context, client *iamClient, profile string) func() error {
	return func() error {
		_, err := client.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: &profile})
		return err
	}
}
