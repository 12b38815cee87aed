package aws

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// roleWriter brings one role from what it is to what it is to be.
type roleWriter struct {
	entityWriter
	iam  *iamClient
	spec RoleSpec
	have RoleState
	want RoleState
}

// Converge writes what differs, in the order of steps. A quarantine of the role waits for it.
func (r *Roles) Converge(ctx context.Context, id governance.ID, desired platform.Desired[RoleSpec]) (RoleState, error) {
	if err := r.mine(ctx, id); err != nil {
		return RoleState{}, err
	}
	unlock, err := r.account.holders.Lock(ctx, id.String())
	if err != nil {
		return RoleState{}, err
	}
	defer unlock()
	connection, err := r.account.connect(ctx)
	if err != nil {
		return RoleState{}, err
	}
	want, err := r.Predict(ctx, desired)
	if err != nil {
		return RoleState{}, err
	}
	if err := takeable(want); err != nil {
		return RoleState{}, err
	}
	have, fresh, err := r.have(ctx, id, want)
	if err != nil {
		return RoleState{}, err
	}
	r.wrote(id.Name())
	w := &roleWriter{iam: connection.iam, spec: desired.Spec, have: have, want: want}
	w.entityWriter = entityWriter{
		ctx: ctx, account: r.account, kind: roleKind, api: roleCalls{connection.iam, want.Name},
		is: &w.have.EntityState, to: &w.want.EntityState, fresh: fresh,
	}
	steps, err := w.steps(course{
		gate: w.writeTrust, tags: w.writeTags, grant: w.addPolicies, revoke: w.removePolicies,
		othersTakeOver: !iampolicy.Equivalent(have.AssumeRolePolicy, want.AssumeRolePolicy),
		settings:       []func() error{w.writeSessionDuration, w.writeInstanceProfile},
	})
	if err != nil {
		return RoleState{}, err
	}
	if err := run(steps); err != nil {
		return RoleState{}, err
	}
	want.keep(have.EntityState)
	want.LastUsedRegion = have.LastUsedRegion
	if have.InstanceProfileARN != "" && want.InstanceProfileARN != "" {
		want.InstanceProfileARN = have.InstanceProfileARN // one that was there before can be on another path
	}
	want.OtherInstanceProfiles = have.OtherInstanceProfiles
	want.Attachments = want.attachments()
	return want, nil
}

// takeable refuses a role that could not be written as it is to be: one without an end, or that nobody could take.
func takeable(want RoleState) error {
	if want.TrustPolicy == "" && want.ExpiryPolicy != "" {
		return fmt.Errorf("the role %s has no trust policy to write", want.Name)
	}
	return roleKind.complete(want.EntityState)
}

// writeTags writes the instance profile's before the role's own, because the difference is read from the role: what
// fails half way is found again.
func (w *roleWriter) writeTags() error {
	if w.have.InstanceProfileARN == "" || w.want.InstanceProfileARN == "" || w.have.removingProfile {
		return w.entityWriter.writeTags()
	}
	set, remove := w.account.tagging.changes(w.have.tags, w.want.tags)
	return run([]func() error{
		// Removing comes first: a key may change only its letter case, and fifty is the limit.
		func() error { return w.untagProfile(remove) },
		func() error { return w.untag(remove) },
		func() error { return w.tagProfile(set) },
		func() error { return w.tag(set) },
	})
}

func (w *roleWriter) untagProfile(keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	return w.try("UntagInstanceProfile", func() error {
		_, err := w.iam.UntagInstanceProfile(w.ctx, &iam.UntagInstanceProfileInput{InstanceProfileName: &w.want.Name, TagKeys: keys})
		return err
	})
}

func (w *roleWriter) tagProfile(tags map[string]string) error {
	if len(tags) == 0 {
		return nil
	}
	return w.try("TagInstanceProfile", func() error {
		_, err := w.iam.TagInstanceProfile(w.ctx, &iam.TagInstanceProfileInput{InstanceProfileName: &w.want.Name, Tags: sdkTags(tags)})
		return err
	})
}

func (w *roleWriter) writeSessionDuration() error {
	if w.have.MaxSessionDuration == w.want.MaxSessionDuration {
		return nil
	}
	return w.try("Update*", func() error {
		_, err := w.iam.UpdateRole(w.ctx, &iam.UpdateRoleInput{RoleName: &w.want.Name, MaxSessionDuration: &w.want.MaxSessionDuration})
		return err
	})
}

// writeInstanceProfile makes the role's own instance profile, or takes it away. A removal is noted on the role first: once
// the role is out of it, nothing else tells whose it was.
func (w *roleWriter) writeInstanceProfile() error {
	record := w.account.tagging.keys.Key(governance.RecordRemoving)
	switch has, wants := w.have.InstanceProfileARN != "", w.want.InstanceProfileARN != ""; {
	case wants && (!has || w.have.removingProfile):
		if err := w.createInstanceProfile(); err != nil {
			return err
		}
	case has && !wants:
		var gone removal
		gone.noteProfile(w.ctx, roleCalls{w.iam, w.want.Name}, w.account.tagging, w.have)
		gone.do("", operationRemoveFromProfile, removeFromProfile(w.ctx, w.iam, w.want.Name, w.want.Name))
		gone.do("", operationDeleteProfile, deleteProfile(w.ctx, w.iam, w.want.Name))
		if gone.err != nil {
			return gone.err
		}
		w.have.removingProfile = true
	}
	if !w.have.removingProfile {
		return nil
	}
	return w.untag([]string{record})
}

func (w *roleWriter) writeTrust() error {
	if iampolicy.Equivalent(w.have.TrustPolicy, w.want.TrustPolicy) {
		return nil
	}
	document := w.want.TrustPolicy
	if w.have.blocked.shut {
		var err error
		if document, _, err = iampolicy.Shut(document); err != nil {
			return err
		}
	}
	err := w.try("UpdateAssume*Policy", func() error {
		_, err := w.iam.UpdateAssumeRolePolicy(w.ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &w.want.Name, PolicyDocument: &document})
		return err
	})
	if err == nil {
		w.have.TrustPolicy = w.want.TrustPolicy
	}
	return err
}
