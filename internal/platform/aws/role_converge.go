package aws

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// roleWriter brings one role from what it is to what it is to be.
type roleWriter struct {
	ctx     context.Context //nolint:containedctx // lives as long as one call of Converge
	account *Account
	iam     iamAPI
	spec    RoleSpec
	have    RoleState
	want    RoleState
	// fresh says that the role has just been made, so that replicas may not know it yet.
	fresh bool
}

// Converge writes what differs: first what records and limits access, then what grants it, last what takes away, so
// that a running workload never loses what it keeps.
func (r *Roles) Converge(ctx context.Context, id governance.ID, desired platform.Desired[RoleSpec]) (RoleState, error) {
	if err := r.mine(ctx, id); err != nil {
		return RoleState{}, err
	}
	connection, err := r.account.connect(ctx)
	if err != nil {
		return RoleState{}, err
	}
	have, fresh := r.account.recall(id.Name())
	if !fresh {
		if have, err = r.readDirect(ctx, id.Name()); err != nil {
			return RoleState{}, err
		}
	}
	want, err := r.Predict(ctx, desired)
	if err != nil {
		return RoleState{}, err
	}
	r.account.wrote(id.Name())
	w := &roleWriter{ctx: ctx, account: r.account, iam: connection.iam, spec: desired.Spec, have: have, want: want, fresh: fresh}
	steps := []func() error{w.writeTags, w.writeBoundary, w.writeExpiryPolicy, w.writePolicies, w.writeSessionDuration, w.writeInstanceProfile, w.writeTrust}
	if want.Disabled {
		steps = slices.Insert(steps[:len(steps)-1], 0, w.writeTrust)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return RoleState{}, err
		}
	}
	want.UniqueID, want.CreatedAt, want.LastUsedAt, want.OtherInstanceProfiles = have.UniqueID, have.CreatedAt, have.LastUsedAt, have.OtherInstanceProfiles
	want.Attachments = want.attachments()
	return want, nil
}

func (w *roleWriter) try(operation string, call func() error) error {
	return w.account.untilPropagated(w.ctx, operation, w.fresh, call)
}

func (w *roleWriter) writeTags() error {
	set, remove := w.account.tagging.changes(w.have.tags, w.want.tags)
	name := &w.want.Name
	profile := w.have.InstanceProfileARN != "" && w.want.InstanceProfileARN != ""
	// Removing comes first: a key may change only its letter case, and fifty is the limit.
	if len(remove) > 0 {
		err := w.try("iam:UntagRole", func() error {
			_, err := w.iam.UntagRole(w.ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: remove})
			return err
		})
		if err == nil && profile {
			err = w.try("iam:UntagInstanceProfile", func() error {
				_, err := w.iam.UntagInstanceProfile(w.ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: name, TagKeys: remove})
				return err
			})
		}
		if err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	err := w.try("iam:TagRole", func() error {
		_, err := w.iam.TagRole(w.ctx, &iam.TagRoleInput{RoleName: name, Tags: sdkTags(set)})
		return err
	})
	if err == nil && profile {
		err = w.try("iam:TagInstanceProfile", func() error {
			_, err := w.iam.TagInstanceProfile(w.ctx, &iam.TagInstanceProfileInput{InstanceProfileName: name, Tags: sdkTags(set)})
			return err
		})
	}
	return err
}

func (w *roleWriter) writeBoundary() error {
	boundary := w.want.PermissionsBoundaryARN
	switch boundary {
	case w.have.PermissionsBoundaryARN:
		return nil
	case "":
		return w.try("iam:DeleteRolePermissionsBoundary", func() error {
			_, err := w.iam.DeleteRolePermissionsBoundary(w.ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &w.want.Name})
			return err
		})
	}
	return w.try("iam:PutRolePermissionsBoundary", func() error {
		_, err := w.iam.PutRolePermissionsBoundary(w.ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: &w.want.Name, PermissionsBoundary: &boundary})
		return err
	})
}

func (w *roleWriter) writeExpiryPolicy() error {
	if iampolicy.Equivalent(w.have.ExpiryPolicy, w.want.ExpiryPolicy) {
		return nil
	}
	return w.putPolicy(ExpiryPolicyName, w.want.ExpiryPolicy)
}

func (w *roleWriter) putPolicy(name, document string) error {
	return w.try("iam:PutRolePolicy", func() error {
		_, err := w.iam.PutRolePolicy(w.ctx, &iam.PutRolePolicyInput{RoleName: &w.want.Name, PolicyName: &name, PolicyDocument: &document})
		return err
	})
}

// writePolicies grants before it takes away, but where old and new together would not fit the quotas.
func (w *roleWriter) writePolicies() error {
	fits, err := w.oldAndNewFit()
	if err != nil {
		return err
	}
	steps := []func() error{w.addPolicies, w.removePolicies}
	if !fits {
		slices.Reverse(steps)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// oldAndNewFit asks for the account's quotas only when IAM's defaults do not settle it.
func (w *roleWriter) oldAndNewFit() (bool, error) {
	together := maps.Clone(w.have.InlinePolicies)
	maps.Copy(together, w.want.InlinePolicies)
	inline := inlineSize(together) + iampolicy.Size(w.want.ExpiryPolicy)
	attached := len(w.want.ManagedPolicyARNs) + len(missingFrom(w.have.ManagedPolicyARNs, w.want.ManagedPolicyARNs))
	if inline <= defaultRolePolicySize && attached <= defaultAttachedPolicies {
		return true, nil
	}
	quotas, err := w.account.accountSummary(w.ctx)
	if err != nil {
		return false, err
	}
	return inline <= int(quotas[quotaRolePolicySize]) && attached <= int(quotas[quotaAttachedPerRole]), nil
}

func (w *roleWriter) addPolicies() error {
	for _, name := range slices.Sorted(maps.Keys(w.want.InlinePolicies)) {
		document := w.want.InlinePolicies[name]
		if iampolicy.Equivalent(w.have.InlinePolicies[name], document) {
			continue
		}
		if err := w.putPolicy(name, document); err != nil {
			return err
		}
	}
	for _, policy := range missingFrom(w.want.ManagedPolicyARNs, w.have.ManagedPolicyARNs) {
		err := w.try("iam:AttachRolePolicy", func() error {
			_, err := w.iam.AttachRolePolicy(w.ctx, &iam.AttachRolePolicyInput{RoleName: &w.want.Name, PolicyArn: &policy})
			return err
		})
		if err != nil {
			return fmt.Errorf("attach %s: %w", policy, err)
		}
	}
	return nil
}

func (w *roleWriter) removePolicies() error {
	for _, name := range missingFrom(slices.Sorted(maps.Keys(w.have.InlinePolicies)), slices.Collect(maps.Keys(w.want.InlinePolicies))) {
		if err := deleteInline(w.ctx, w.iam, w.want.Name, name); err != nil {
			return err
		}
	}
	for _, policy := range missingFrom(w.have.ManagedPolicyARNs, w.want.ManagedPolicyARNs) {
		if err := detach(w.ctx, w.iam, w.want.Name, policy); err != nil {
			return err
		}
	}
	return nil
}

// missingFrom are the items that are not among the others, in their order.
func missingFrom(items, others []string) []string {
	return slices.DeleteFunc(slices.Clone(items), func(item string) bool { return slices.Contains(others, item) })
}

func (w *roleWriter) writeSessionDuration() error {
	if w.have.MaxSessionDuration == w.want.MaxSessionDuration {
		return nil
	}
	return w.try("iam:UpdateRole", func() error {
		_, err := w.iam.UpdateRole(w.ctx, &iam.UpdateRoleInput{RoleName: &w.want.Name, MaxSessionDuration: &w.want.MaxSessionDuration})
		return err
	})
}

func (w *roleWriter) writeInstanceProfile() error {
	switch {
	case w.want.InstanceProfileARN != "" && w.have.InstanceProfileARN == "":
		return w.createInstanceProfile()
	case w.want.InstanceProfileARN == "" && w.have.InstanceProfileARN != "":
		if err := removeFromProfile(w.ctx, w.iam, w.want.Name, w.want.Name); err != nil {
			return err
		}
		return deleteProfile(w.ctx, w.iam, w.want.Name)
	}
	return nil
}

func (w *roleWriter) writeTrust() error {
	if iampolicy.Equivalent(w.have.TrustPolicy, w.want.TrustPolicy) {
		return nil
	}
	return w.try("iam:UpdateAssumeRolePolicy", func() error {
		_, err := w.iam.UpdateAssumeRolePolicy(w.ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &w.want.Name, PolicyDocument: &w.want.TrustPolicy})
		return err
	})
}
