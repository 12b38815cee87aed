package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Create makes the role with its trust, tags and boundary in one call. It has no permissions yet.
func (r *Roles) Create(ctx context.Context, want platform.Desired[RoleSpec]) (governance.ID, error) {
	predicted, err := r.Predict(ctx, want)
	if err != nil {
		return governance.ID{}, err
	}
	connection, err := r.account.connect(ctx)
	if err != nil {
		return governance.ID{}, err
	}
	if err := ctx.Err(); err != nil {
		return governance.ID{}, err
	}
	if err := takeable(predicted); err != nil {
		return governance.ID{}, err
	}
	r.wrote(want.Name)
	input := &iam.CreateRoleInput{
		RoleName:                 &want.Name,
		Path:                     &want.Spec.Path,
		AssumeRolePolicyDocument: &predicted.TrustPolicy,
		MaxSessionDuration:       &want.Spec.MaxSessionDuration,
		Tags:                     sdkTags(predicted.tags),
	}
	if want.Spec.PermissionsBoundaryARN != "" {
		input.PermissionsBoundary = &want.Spec.PermissionsBoundaryARN
	}
	return r.create(ctx, predicted, func(ctx context.Context, tries *attempts) (RoleState, error) {
		output, err := connection.iam.CreateRole(ctx, input, tries.watch)
		if err != nil {
			return RoleState{}, err
		}
		created, err := roleState(output.Role)
		if err != nil {
			return RoleState{}, err
		}
		created.TrustPolicy, created.PermissionsBoundaryARN = predicted.TrustPolicy, want.Spec.PermissionsBoundaryARN
		created.MaxSessionDuration = want.Spec.MaxSessionDuration
		created.interpret(r.account.tagging, predicted.tags)
		return created, nil
	})
}

// findNamed also looks among all roles, where the caller may read them in bulk.
func (r *Roles) findNamed(ctx context.Context, name string) (RoleState, error) {
	existing, err := r.readOne(ctx, name)
	if !errors.Is(err, platform.ErrNotFound) {
		return existing, err
	}
	all, bulkErr := r.account.readBulk(ctx, false)
	if bulkErr != nil {
		return RoleState{}, err
	}
	role, openErr := all.roles[strings.ToLower(name)].open()
	if openErr != nil {
		return RoleState{}, openErr
	}
	if role != nil {
		return r.account.detailState(*role, listedRole{})
	}
	if other, ok := all.named(roleKind.kind, name); ok {
		return RoleState{EntityState: EntityState{Observed: platform.Observed{ID: other.ID, Name: other.Name}, ManagedBy: other.ManagedBy}}, nil
	}
	return RoleState{}, err
}

// createInstanceProfile makes the role's own instance profile and puts the role into it, also where an earlier try
// came only half of the way.
func (w *roleWriter) createInstanceProfile() error {
	name := &w.want.Name
	err := w.try("CreateInstanceProfile", func() error {
		_, err := w.iam.CreateInstanceProfile(w.ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name, Path: &w.spec.Path, Tags: sdkTags(w.want.tags)})
		return err
	})
	if apiCode(err) == codeEntityAlreadyExists {
		err = w.adoptProfile(err)
	}
	if err != nil {
		return err
	}
	// The profile can be too fresh to be seen, like the role.
	err = w.account.untilPropagated(w.ctx, "iam:AddRoleToInstanceProfile", true, func() error {
		_, err := w.iam.AddRoleToInstanceProfile(w.ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: name})
		return err
	})
	// A try whose answer got lost has filled the one place there is.
	if apiCode(err) == codeLimitExceeded && w.inProfile() {
		return nil
	}
	return err
}

// adoptProfile takes over the instance profile that is in the way, if an interrupted apply has left it behind.
func (w *roleWriter) adoptProfile(cause error) error {
	output, err := w.iam.GetInstanceProfile(w.ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &w.want.Name})
	if err != nil {
		return mapError("iam:GetInstanceProfile", err)
	}
	tags := tagMap(output.InstanceProfile.Tags)
	if _, managedBy := w.account.tagging.metadata(tags); managedBy != governance.ManagedBy {
		return &platform.ErrAlreadyExists{Object: fmt.Sprintf("The instance profile %s, which is not from this provider,", w.want.Name), Err: cause}
	}
	for _, role := range output.InstanceProfile.Roles {
		return &platform.ErrConflict{
			Detail:   fmt.Sprintf("The instance profile %s holds another role already", w.want.Name),
			Blockers: []string{"role " + awssdk.ToString(role.RoleName)}, Err: cause,
		}
	}
	set, remove := w.account.tagging.changes(tags, w.want.tags)
	if err := w.untagProfile(remove); err != nil {
		return err
	}
	return w.tagProfile(set)
}

// inProfile tells whether the role is in its own instance profile.
func (w *roleWriter) inProfile() bool {
	output, err := w.iam.GetInstanceProfile(w.ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &w.want.Name})
	return err == nil && slices.ContainsFunc(output.InstanceProfile.Roles, func(role types.Role) bool { return awssdk.ToString(role.RoleName) == w.want.Name })
}
