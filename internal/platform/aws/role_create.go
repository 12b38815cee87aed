package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

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
	if err := complete(predicted); err != nil {
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
	err = r.account.untilPropagated(ctx, "iam:CreateRole", false, func() (err error) {
		output, err = connection.iam.CreateRole(sending, input, tries.watch)
		return err
	})
	if apiCode(err) == codeEntityAlreadyExists {
		return r.adopt(sending, predicted, tries.uncertain.Load(), err)
	}
	if err != nil {
		if tries.uncertain.Load() {
			return r.adopt(sending, predicted, true, err)
		}
		return governance.ID{}, missingReference("iam:CreateRole", err)
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

// complete refuses a role that could not be written as it is to be: one without an end, or that nobody could take.
func complete(want RoleState) error {
	switch {
	case want.ExpiryPolicy == "":
		return fmt.Errorf("the role %s: %w", want.Name, &governance.InvalidExpiryError{Text: want.Metadata.Expiry})
	case want.TrustPolicy == "":
		return fmt.Errorf("the role %s has no trust policy to write", want.Name)
	}
	return nil
}

// missingReference tells the absence of what a request refers to, such as a policy, from that of the identity.
func missingReference(operation string, err error) error {
	if errors.Is(err, platform.ErrNotFound) {
		return &platform.ErrInvalid{Operation: operation, Code: codeNoSuchEntity, Detail: err.Error()}
	}
	return err
}

// adopt decides whether there is a role that was made by an earlier try of the same call, whose answer got lost.
func (r *Roles) adopt(ctx context.Context, predicted RoleState, uncertain bool, cause error) (governance.ID, error) {
	if apiCode(cause) == codeEntityAlreadyExists {
		cause = &platform.ErrAlreadyExists{Object: "The IAM role " + predicted.Name, ID: predicted.ID.String(), Err: cause}
	}
	existing, err := r.named(ctx, predicted.Name)
	if err != nil {
		return governance.ID{}, cause
	}
	var taken *platform.ErrAlreadyExists
	if errors.As(cause, &taken) {
		taken.Object, taken.ID = "The IAM role "+existing.Name, existing.ID.String()
	}
	if uncertain && existing.ID == predicted.ID && len(existing.Attachments) == 0 && maps.Equal(existing.tags, predicted.tags) &&
		iampolicy.Equivalent(existing.TrustPolicy, predicted.TrustPolicy) {
		r.account.remember(existing)
		return existing.ID, nil
	}
	return governance.ID{}, cause
}

// named finds the role that has the name, also where its letter case differs: IAM takes that for the same name, and
// still finds a role by its own spelling only.
func (r *Roles) named(ctx context.Context, name string) (RoleState, error) {
	existing, err := r.readNamed(ctx, name)
	if !errors.Is(err, platform.ErrNotFound) {
		return existing, err
	}
	details, bulkErr := r.account.roleDetails(ctx)
	if other, ok := details[strings.ToLower(name)]; ok && bulkErr == nil {
		return other.clone(), nil
	}
	return RoleState{}, err
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
