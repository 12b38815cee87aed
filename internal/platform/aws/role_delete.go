package aws

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// deleteRounds is how often a retirement starts again because somebody attached something meanwhile.
const deleteRounds = 3

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
	r.account.wrote(id.Name())
	r.account.recall(id.Name())
	for round := 1; ; round++ {
		role, err := r.readDirect(ctx, id)
		if errors.Is(err, platform.ErrNotFound) {
			return removed, nil
		}
		if err != nil {
			return removed, err
		}
		names, err := retire(ctx, connection.iam, r.account.tagging, role)
		removed = append(removed, names...)
		var conflict *platform.ErrConflict
		if errors.As(err, &conflict) && apiCode(err) == codeDeleteConflict {
			if round < deleteRounds {
				continue
			}
			if role, readErr := r.readDirect(ctx, id); readErr == nil {
				conflict.Blockers = role.Attachments
			}
		}
		return removed, err
	}
}

func retire(ctx context.Context, client iamAPI, tagging tagging, role RoleState) (removed []string, err error) {
	// Nothing but the denial stays in the trust policy, so that it fits whatever the role trusted.
	closed := iampolicy.Close(iampolicy.Document{Version: iampolicy.Version2012}).JSON()
	if !iampolicy.Equivalent(role.TrustPolicy, closed) {
		_, err := client.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &role.Name, PolicyDocument: &closed})
		if err := ignoreNotFound(mapError("iam:UpdateAssumeRolePolicy", err)); err != nil {
			return nil, err
		}
	}
	denied, err := denyAll(ctx, client, role)
	if err != nil {
		return nil, err
	}
	for _, profile := range role.OtherInstanceProfiles {
		if err := removeFromProfile(ctx, client, profile, role.Name); err != nil {
			return removed, err
		}
		removed = append(removed, "instance profile "+profile)
	}
	if own, err := ownProfile(ctx, client, tagging, role); err != nil {
		return removed, err
	} else if own {
		if err := removeFromProfile(ctx, client, role.Name, role.Name); err != nil {
			return removed, err
		}
		if err := deleteProfile(ctx, client, role.Name); err != nil {
			return removed, err
		}
		removed = append(removed, "instance profile "+role.Name)
	}
	for _, policy := range role.ManagedPolicyARNs {
		if err := detach(ctx, client, role.Name, policy); err != nil {
			return removed, err
		}
		removed = append(removed, "managed policy "+policy)
	}
	for _, policy := range slices.Sorted(maps.Keys(role.InlinePolicies)) {
		if err := deleteInline(ctx, client, role.Name, policy); err != nil {
			return removed, err
		}
		removed = append(removed, "inline policy "+policy)
	}
	if denied || role.ExpiryPolicy != "" {
		if err := deleteInline(ctx, client, role.Name, ExpiryPolicyName); err != nil {
			return removed, err
		}
	}
	if role.ExpiryPolicy != "" {
		removed = append(removed, "inline policy "+ExpiryPolicyName)
	}
	_, err = client.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &role.Name})
	return removed, ignoreNotFound(mapError("iam:DeleteRole", err))
}

// denyAll ends what live sessions may do before any policy goes, so that no order of removal widens it for a moment: a
// role could otherwise lose its denials first. It is an expiry in the far past. Without room for it, the order has to do.
func denyAll(ctx context.Context, client iamAPI, role RoleState) (denied bool, err error) {
	name, document := ExpiryPolicyName, iampolicy.ExpiryDeny(time.Unix(0, 0)).JSON()
	if iampolicy.Equivalent(role.ExpiryPolicy, document) {
		return true, nil
	}
	_, err = client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role.Name, PolicyName: &name, PolicyDocument: &document})
	if apiCode(err) == codeLimitExceeded {
		return false, nil
	}
	return err == nil, ignoreNotFound(mapError("iam:PutRolePolicy", err))
}

// ownProfile tells whether there is an instance profile that goes with the role. One that the role is not in is what an
// interrupted apply has left behind, if it has this provider's mark.
func ownProfile(ctx context.Context, client iamAPI, tagging tagging, role RoleState) (bool, error) {
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

func detach(ctx context.Context, client iamAPI, role, policy string) error {
	_, err := client.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: &policy})
	return ignoreNotFound(mapError("iam:DetachRolePolicy", err))
}

func deleteInline(ctx context.Context, client iamAPI, role, policy string) error {
	_, err := client.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: &policy})
	return ignoreNotFound(mapError("iam:DeleteRolePolicy", err))
}

func removeFromProfile(ctx context.Context, client iamAPI, profile, role string) error {
	_, err := client.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &profile, RoleName: &role})
	return ignoreNotFound(mapError("iam:RemoveRoleFromInstanceProfile", err))
}

func deleteProfile(ctx context.Context, client iamAPI, profile string) error {
	_, err := client.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: &profile})
	return ignoreNotFound(mapError("iam:DeleteInstanceProfile", err))
}

// ignoreNotFound takes what is gone for what should go.
func ignoreNotFound(err error) error {
	if errors.Is(err, platform.ErrNotFound) {
		return nil
	}
	return err
}
