package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Create makes the user with its tags and boundary in one call. It has no permissions and no credentials.
func (u *Users) Create(ctx context.Context, want platform.Desired[UserSpec]) (governance.ID, error) {
	predicted, err := u.Predict(ctx, want)
	if err != nil {
		return governance.ID{}, err
	}
	connection, err := u.account.connect(ctx)
	if err != nil {
		return governance.ID{}, err
	}
	if err := ctx.Err(); err != nil {
		return governance.ID{}, err
	}
	if err := userKind.complete(predicted.EntityState); err != nil {
		return governance.ID{}, err
	}
	u.wrote(want.Name)
	input := &iam.CreateUserInput{UserName: &want.Name, Path: &want.Spec.Path, Tags: sdkTags(predicted.tags)}
	if want.Spec.PermissionsBoundaryARN != "" {
		input.PermissionsBoundary = &want.Spec.PermissionsBoundaryARN
	}
	return u.create(ctx, predicted, func(ctx context.Context, tries *attempts) (UserState, error) {
		output, err := connection.iam.CreateUser(ctx, input, tries.watch)
		if err != nil {
			return UserState{}, err
		}
		created, err := userState(output.User)
		created.PermissionsBoundaryARN = want.Spec.PermissionsBoundaryARN
		created.interpretEntity(u.account.tagging, predicted.tags)
		return created, err
	})
}

// userWriter brings one user from what it is to what it is to be.
type userWriter struct {
	entityWriter
	calls userCalls
	have  UserState
	want  UserState
	// reactivate are the keys that may become active.
	reactivate []string
	// passed says that the keys are as they are to be.
	passed bool
}

// Converge writes what differs, in the order of steps. Credentials and a quarantine of the user wait for it. When it fails, it still returns JustDeactivated.
func (u *Users) Converge(ctx context.Context, id governance.ID, desired platform.Desired[UserSpec]) (UserState, error) {
	if err := u.mine(ctx, id); err != nil {
		return UserState{}, err
	}
	unlock, err := u.account.holders.Lock(ctx, id.String())
	if err != nil {
		return UserState{}, err
	}
	defer unlock()
	connection, err := u.account.connect(ctx)
	if err != nil {
		return UserState{}, err
	}
	want, err := u.Predict(ctx, desired)
	if err != nil {
		return UserState{}, err
	}
	if err := userKind.complete(want.EntityState); err != nil {
		return UserState{}, err
	}
	have, fresh, err := u.have(ctx, id, want)
	if err != nil {
		return UserState{}, err
	}
	if have.Quarantine != nil && !want.Disabled && len(have.DeactivatedKeys) > 0 {
		return UserState{}, &platform.ErrConflict{Detail: userKind.object(want.Name) + " has expired and is in quarantine. Release it before it is renewed: a renewal makes its access keys active"}
	}
	u.wrote(id.Name())
	w := &userWriter{calls: userCalls{connection.iam, want.Name}, have: have, want: want, reactivate: desired.Spec.Reactivate}
	w.entityWriter = entityWriter{
		ctx: ctx, account: u.account, kind: userKind, api: w.calls,
		is: &w.have.EntityState, to: &w.want.EntityState, fresh: fresh,
	}
	steps, err := w.steps(course{
		gate: w.writeKeys, evict: []func() error{w.removePassword, w.removeDevices}, tags: w.writeTags,
		grant: w.grant, revoke: w.revoke,
		sizes: []measure{{quota: quotaGroupsPerUser, size: len(want.Groups) + len(missingFrom(have.Groups, want.Groups))}},
	})
	if err != nil {
		return UserState{}, err
	}
	if err := run(steps); err != nil {
		return UserState{JustDeactivated: w.want.JustDeactivated}, err
	}
	w.want.keep(have.EntityState)
	return w.want, nil
}

// writeKeys is the gate of a user: what is done by an access key alone. Only a user that is being disabled or enabled
// is asked for its keys.
func (w *userWriter) writeKeys() error {
	if w.passed {
		return nil
	}
	var err error
	switch {
	case w.want.Disabled:
		w.want.DeactivatedKeys, err = w.deactivateKeys()
	case w.have.DeactivatedKeys != nil:
		err = w.activateKeys()
	}
	w.passed = err == nil
	return err
}

func (w *userWriter) removePassword() error {
	if !w.have.ConsoleAccess {
		return nil
	}
	var gone removal
	gone.password(w.ctx, w.calls)
	return gone.err
}

func (w *userWriter) removeDevices() error {
	var gone removal
	gone.devices(w.ctx, w.calls, w.account.tagging, w.have)
	if gone.err == nil && (len(w.have.MFADevices) > 0 || w.have.removalNoted) {
		gone.err = w.untag([]string{w.account.tagging.keys.Key(governance.RecordRemoving)})
	}
	return gone.err
}

// grant joins groups between what denies and what allows: a group can do both, and nothing tells which.
func (w *userWriter) grant() error {
	return run([]func() error{w.addDenials, w.joinGroups, w.addAllowances})
}

func (w *userWriter) joinGroups() error {
	for _, group := range missingFrom(w.want.Groups, w.have.Groups) {
		err := w.try("Add*ToGroup", func() error {
			_, err := w.calls.iam.AddUserToGroup(w.ctx, &iam.AddUserToGroupInput{UserName: &w.want.Name, GroupName: &group})
			return err
		})
		if err != nil {
			return missingReference("iam:AddUserToGroup", err)
		}
	}
	return nil
}

// revoke is the other way round.
func (w *userWriter) revoke() error {
	return run([]func() error{w.removeAllowances, w.leaveGroups, w.removeDenials})
}

func (w *userWriter) leaveGroups() error {
	var gone removal
	gone.groups(w.ctx, w.calls, missingFrom(w.have.Groups, w.want.Groups))
	return gone.err
}
