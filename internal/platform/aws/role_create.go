package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
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
	// Once the request is out, its outcome must be known, or the role would be nobody's.
	sending := context.WithoutCancel(ctx)
	var tries attempts
	var output *iam.CreateRoleOutput
	err = r.account.untilPropagated(sending, "iam:CreateRole", false, func() (err error) {
		output, err = connection.iam.CreateRole(sending, input, tries.watch)
		return err
	})
	if apiCode(err) == codeEntityAlreadyExists {
		return r.adopt(sending, predicted, tries.uncertain.Load(), err)
	}
	if errors.Is(err, platform.ErrNotFound) {
		return governance.ID{}, &platform.ErrInvalid{Operation: "iam:CreateRole", Code: codeNoSuchEntity, Detail: err.Error(), Err: err}
	}
	if err != nil {
		return governance.ID{}, err
	}
	created, err := roleState(output.Role)
	if err != nil {
		return governance.ID{}, err
	}
	created.TrustPolicy, created.PermissionsBoundaryARN = predicted.TrustPolicy, want.Spec.PermissionsBoundaryARN
	created.MaxSessionDuration = want.Spec.MaxSessionDuration
	created.interpret(r.account.tagging, predicted.tags)
	r.account.remember(created)
	return created.ID, nil
}

// adopt decides whether the role that is in the way was made by an earlier try of the same call, whose answer got lost.
func (r *Roles) adopt(ctx context.Context, predicted RoleState, uncertain bool, cause error) (governance.ID, error) {
	taken := &platform.ErrAlreadyExists{Object: "The IAM role " + predicted.Name, ID: predicted.ID.String(), Err: cause}
	existing, err := r.readDirect(ctx, predicted.Name)
	if err != nil {
		return governance.ID{}, taken
	}
	taken.ID = existing.ID.String()
	if uncertain && existing.ID == predicted.ID && len(existing.Attachments) == 0 && maps.Equal(existing.tags, predicted.tags) &&
		iampolicy.Equivalent(existing.TrustPolicy, predicted.TrustPolicy) {
		r.account.remember(existing)
		return existing.ID, nil
	}
	return governance.ID{}, taken
}

// remember keeps what a new role is, so that Converge need not ask.
func (a *Account) remember(created RoleState) {
	a.wrote(created.Name)
	a.roles.mutex.Lock()
	defer a.roles.mutex.Unlock()
	if a.roles.created == nil {
		a.roles.created = map[string]RoleState{}
	}
	a.roles.created[created.Name] = created
}

// recall is what remember kept; it is used once.
func (a *Account) recall(name string) (RoleState, bool) {
	a.roles.mutex.Lock()
	defer a.roles.mutex.Unlock()
	created, ok := a.roles.created[name]
	delete(a.roles.created, name)
	return created, ok
}

// createInstanceProfile makes the role's own instance profile and puts the role into it, also where an earlier try
// came only half of the way.
func (w *roleWriter) createInstanceProfile() error {
	name := &w.want.Name
	err := w.try("iam:CreateInstanceProfile", func() error {
		_, err := w.iam.CreateInstanceProfile(w.ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name, Path: &w.spec.Path, Tags: sdkTags(w.want.tags)})
		return err
	})
	if apiCode(err) == codeEntityAlreadyExists {
		err = w.checkExistingProfile(err)
	}
	if err != nil {
		return err
	}
	// The profile can be too fresh to be seen, like the role.
	return w.account.untilPropagated(w.ctx, "iam:AddRoleToInstanceProfile", true, func() error {
		_, err := w.iam.AddRoleToInstanceProfile(w.ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: name})
		return err
	})
}

func (w *roleWriter) checkExistingProfile(cause error) error {
	output, err := w.iam.GetInstanceProfile(w.ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &w.want.Name})
	if err != nil {
		return mapError("iam:GetInstanceProfile", err)
	}
	if _, managedBy := w.account.tagging.metadata(tagMap(output.InstanceProfile.Tags)); managedBy != governance.ManagedBy {
		return &platform.ErrAlreadyExists{Object: fmt.Sprintf("The instance profile %s, which is not from this provider,", w.want.Name), Err: cause}
	}
	for _, role := range output.InstanceProfile.Roles {
		return &platform.ErrConflict{
			Detail:   fmt.Sprintf("The instance profile %s holds another role already", w.want.Name),
			Blockers: []string{"role " + awssdk.ToString(role.RoleName)}, Err: cause,
		}
	}
	return nil
}
