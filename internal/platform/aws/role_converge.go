package aws

import (
	"cmp"
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

// Converge writes what differs, in the order of steps.
func (r *Roles) Converge(ctx context.Context, id governance.ID, desired platform.Desired[RoleSpec]) (RoleState, error) {
	if err := r.mine(ctx, id); err != nil {
		return RoleState{}, err
	}
	connection, err := r.account.connect(ctx)
	if err != nil {
		return RoleState{}, err
	}
	want, err := r.Predict(ctx, desired)
	if err != nil {
		return RoleState{}, err
	}
	if err := complete(want); err != nil {
		return RoleState{}, err
	}
	if want.ID != id {
		return RoleState{}, fmt.Errorf("%s cannot become %s: an IAM role keeps its name and path", id, want.ID)
	}
	have, fresh := r.account.recall(id.Name())
	if !fresh {
		if have, err = r.readDirect(ctx, id); err != nil {
			return RoleState{}, err
		}
	}
	r.account.wrote(id.Name())
	w := &roleWriter{ctx: ctx, account: r.account, iam: connection.iam, spec: desired.Spec, have: have, want: want, fresh: fresh}
	steps, err := w.steps()
	if err != nil {
		return RoleState{}, err
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return RoleState{}, err
		}
	}
	if have.InstanceProfileARN != "" && want.InstanceProfileARN != "" {
		want.InstanceProfileARN = have.InstanceProfileARN // one that was there before can be on another path
	}
	want.UniqueID, want.CreatedAt, want.LastUsedAt, want.OtherInstanceProfiles = have.UniqueID, have.CreatedAt, have.LastUsedAt, have.OtherInstanceProfiles
	want.Attachments = want.attachments()
	return want, nil
}

// steps are in an order in which access is never wider than before or after. A trust that closes goes first, one that
// opens last; a boundary is put on before anything is granted, and taken off after everything else is taken away.
// Between these, what grants comes before what takes away, so that a running workload never loses what it keeps; but
// where other principals or another boundary take over, or where old and new together do not fit the quotas, taking
// away comes first, so that the old ones never get what only the new ones may have. A step without a difference writes
// nothing.
func (w *roleWriter) steps() ([]func() error, error) {
	fits, err := w.oldAndNewFit()
	if err != nil {
		return nil, err
	}
	var steps []func() error
	if w.want.Disabled {
		steps = append(steps, w.writeTrust)
	}
	steps = append(steps, w.writeTags)
	if w.have.PermissionsBoundaryARN == "" {
		steps = append(steps, w.writeBoundary)
	}
	switch {
	case w.othersTakeOver():
		steps = append(steps, w.removePolicies, w.writeExpiryPolicy)
		if w.want.PermissionsBoundaryARN != "" {
			steps = append(steps, w.writeBoundary)
		}
		steps = append(steps, w.writeTrust, w.addPolicies)
	case !fits:
		steps = append(steps, w.removePolicies, w.writeExpiryPolicy, w.addPolicies)
	default:
		steps = append(steps, w.writeExpiryPolicy, w.addPolicies, w.removePolicies)
	}
	return append(steps, w.writeBoundary, w.writeSessionDuration, w.writeInstanceProfile, w.writeTrust), nil
}

// othersTakeOver tells whether the role passes to other principals or from one boundary to another.
func (w *roleWriter) othersTakeOver() bool {
	old, next := w.have.PermissionsBoundaryARN, w.want.PermissionsBoundaryARN
	return !iampolicy.Equivalent(w.have.AssumeRolePolicy, w.want.AssumeRolePolicy) || (old != "" && next != "" && old != next)
}

func (w *roleWriter) try(operation string, call func() error) error {
	return w.account.untilPropagated(w.ctx, operation, w.fresh, call)
}

// writeTags writes the instance profile's before the role's own, because the difference is read from the role: what
// fails half way is found again.
func (w *roleWriter) writeTags() error {
	set, remove := w.account.tagging.changes(w.have.tags, w.want.tags)
	var steps []func() error
	profile := w.have.InstanceProfileARN != "" && w.want.InstanceProfileARN != ""
	// Removing comes first: a key may change only its letter case, and fifty is the limit.
	if profile {
		steps = append(steps, func() error { return w.untagProfile(remove) })
	}
	steps = append(steps, func() error { return w.untagRole(remove) })
	if profile {
		steps = append(steps, func() error { return w.tagProfile(set) })
	}
	steps = append(steps, func() error { return w.tagRole(set) })
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (w *roleWriter) untagRole(keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	return w.try("iam:UntagRole", func() error {
		_, err := w.iam.UntagRole(w.ctx, &iam.UntagRoleInput{RoleName: &w.want.Name, TagKeys: keys})
		return err
	})
}

func (w *roleWriter) tagRole(tags map[string]string) error {
	if len(tags) == 0 {
		return nil
	}
	return w.try("iam:TagRole", func() error {
		_, err := w.iam.TagRole(w.ctx, &iam.TagRoleInput{RoleName: &w.want.Name, Tags: sdkTags(tags)})
		return err
	})
}

func (w *roleWriter) untagProfile(keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	return w.try("iam:UntagInstanceProfile", func() error {
		_, err := w.iam.UntagInstanceProfile(w.ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: &w.want.Name, TagKeys: keys})
		return err
	})
}

func (w *roleWriter) tagProfile(tags map[string]string) error {
	if len(tags) == 0 {
		return nil
	}
	return w.try("iam:TagInstanceProfile", func() error {
		_, err := w.iam.TagInstanceProfile(w.ctx, &iam.TagInstanceProfileInput{InstanceProfileName: &w.want.Name, Tags: sdkTags(tags)})
		return err
	})
}

func (w *roleWriter) writeBoundary() error {
	boundary := w.want.PermissionsBoundaryARN
	if boundary == w.have.PermissionsBoundaryARN {
		return nil
	}
	var err error
	if boundary == "" {
		// A try whose answer got lost has taken it off.
		err = ignoreNotFound(w.try("iam:DeleteRolePermissionsBoundary", func() error {
			_, err := w.iam.DeleteRolePermissionsBoundary(w.ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &w.want.Name})
			return err
		}))
	} else {
		err = missingReference("iam:PutRolePermissionsBoundary", w.try("iam:PutRolePermissionsBoundary", func() error {
			_, err := w.iam.PutRolePermissionsBoundary(w.ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: &w.want.Name, PermissionsBoundary: &boundary})
			return err
		}))
	}
	if err == nil {
		w.have.PermissionsBoundaryARN = boundary
	}
	return err
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
	// What shrinks makes room for what grows.
	growth := func(name string) int {
		return iampolicy.Size(w.want.InlinePolicies[name]) - iampolicy.Size(w.have.InlinePolicies[name])
	}
	names := slices.Sorted(maps.Keys(w.want.InlinePolicies))
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(growth(a), growth(b)) })
	for _, name := range names {
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
			return fmt.Errorf("attach %s: %w", policy, missingReference("iam:AttachRolePolicy", err))
		}
	}
	return nil
}

// removePolicies takes what denies last, so that nothing is allowed on the way that was not allowed before.
func (w *roleWriter) removePolicies() error {
	var allows, denies []string
	for _, name := range missingFrom(slices.Sorted(maps.Keys(w.have.InlinePolicies)), slices.Collect(maps.Keys(w.want.InlinePolicies))) {
		if hasDeny(w.have.InlinePolicies[name]) {
			denies = append(denies, name)
		} else {
			allows = append(allows, name)
		}
	}
	for _, name := range allows {
		if err := deleteInline(w.ctx, w.iam, w.want.Name, name); err != nil {
			return err
		}
	}
	for _, policy := range missingFrom(w.have.ManagedPolicyARNs, w.want.ManagedPolicyARNs) {
		if err := detach(w.ctx, w.iam, w.want.Name, policy); err != nil {
			return err
		}
	}
	for _, name := range denies {
		if err := deleteInline(w.ctx, w.iam, w.want.Name, name); err != nil {
			return err
		}
	}
	return nil
}

func hasDeny(document string) bool {
	parsed, err := iampolicy.Parse(document)
	return err != nil || slices.ContainsFunc(parsed.Statements, func(s iampolicy.Statement) bool { return s.Effect == iampolicy.Deny })
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
	err := w.try("iam:UpdateAssumeRolePolicy", func() error {
		_, err := w.iam.UpdateAssumeRolePolicy(w.ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &w.want.Name, PolicyDocument: &w.want.TrustPolicy})
		return err
	})
	if err == nil {
		w.have.TrustPolicy = w.want.TrustPolicy
	}
	return err
}
