package aws

import (
	"cmp"
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

const operationCreateLinked = "iam:CreateServiceLinkedRole"

// noTemplate is in the AccessDenied with which IAM answers for a service that has no such role. There is no code of its
// own for that.
const noTemplate = "Cannot find Service Linked Role template"

// Create makes the role, or adopts the one that is there. IAM takes no tags with it: Converge writes them.
func (s *ServiceLinkedRoles) Create(ctx context.Context, want platform.Desired[ServiceLinkedRoleSpec]) (governance.ID, error) {
	id, _, err := s.Obtain(ctx, want)
	return id, err
}

// Obtain is Create, and tells whether the role was there before.
func (s *ServiceLinkedRoles) Obtain(ctx context.Context, want platform.Desired[ServiceLinkedRoleSpec]) (id governance.ID, adopted bool, err error) {
	if _, err := s.account.whoami(ctx); err != nil {
		return governance.ID{}, false, err
	}
	if err := ends(want); err != nil {
		return governance.ID{}, false, err
	}
	connection, err := s.account.connect(ctx)
	if err != nil {
		return governance.ID{}, false, err
	}
	before, unlisted := s.namesOf(ctx, want.Spec.Service)
	if err := ctx.Err(); err != nil {
		return governance.ID{}, false, err
	}
	input := &iam.CreateServiceLinkedRoleInput{AWSServiceName: &want.Spec.Service}
	if want.Spec.CustomSuffix != "" {
		input.CustomSuffix = &want.Spec.CustomSuffix
	}
	if want.Spec.Description != "" {
		input.Description = &want.Spec.Description
	}
	// Once the request is out, its outcome must be known, or the role would be nobody's.
	sending := context.WithoutCancel(ctx)
	var tries attempts
	var output *iam.CreateServiceLinkedRoleOutput
	err = s.account.untilPropagated(ctx, operationCreateLinked, false, func() (err error) {
		output, err = connection.iam.CreateServiceLinkedRole(sending, input, tries.watch)
		return err
	})
	if err != nil {
		return s.taken(sending, want.Spec, attempt{before: before, unlisted: unlisted, uncertain: tries.uncertain.Load(), err: err})
	}
	made, err := roleState(output.Role)
	if err != nil {
		return governance.ID{}, false, err
	}
	made.Description = want.Spec.Description
	s.recent.remember(made.Name, made)
	s.wrote(made.Name)
	return made.ID, false, nil
}

// attempt is a creation that has failed.
type attempt struct {
	// before are the names of the service's roles from before; unlisted says why there are none.
	before   []string
	unlisted error
	// uncertain says that a try may have had its effect.
	uncertain bool
	err       error
}

// taken decides what a failed creation has met: a role from before, which it adopts where it may, one that an earlier
// try of its own has made, or none.
func (s *ServiceLinkedRoles) taken(ctx context.Context, spec ServiceLinkedRoleSpec, failed attempt) (id governance.ID, adopted bool, err error) {
	refused := refusal(failed.err)
	if code := apiCode(failed.err); code != codeInvalidInput && code != codeEntityAlreadyExists && !failed.uncertain {
		return governance.ID{}, false, refused
	}
	names, err := s.namesOf(ctx, spec.Service)
	if err != nil {
		return governance.ID{}, false, errors.Join(refused, err)
	}
	// IAM has no code for a taken name. What it says names the role, wherever it says so.
	said := strings.Fields(strings.ToLower(failed.err.Error()))
	named := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(said, strings.ToLower(name)) })
	ours := missingFrom(names, failed.before)
	if len(named) == 0 && failed.uncertain && failed.unlisted == nil && len(ours) == 1 {
		named = ours
	}
	if len(named) != 1 {
		return governance.ID{}, false, refused
	}
	role, err := s.readOne(ctx, named[0])
	if err != nil {
		return governance.ID{}, false, errors.Join(refused, err)
	}
	fromBefore := !failed.uncertain || failed.unlisted != nil || !slices.Contains(ours, role.Name)
	if role.ManagedBy != "" || (fromBefore && !spec.AdoptExisting) {
		return governance.ID{}, false, &platform.ErrAlreadyExists{Object: linkedObject(role), ID: role.ID.String(), Err: failed.err}
	}
	s.recent.remember(role.Name, role)
	s.wrote(role.Name)
	return role.ID, fromBefore, nil
}

func linkedObject(role RoleState) string {
	if role.ManagedBy != "" {
		return fmt.Sprintf("The service-linked role %s, which %s governs already,", role.Name, role.ManagedBy)
	}
	return "The service-linked role " + role.Name
}

// refusal tells a service without such roles from a caller without the permission.
func refusal(err error) error {
	var forbidden *platform.ErrForbidden
	if errors.As(err, &forbidden) && strings.Contains(forbidden.Detail, noTemplate) {
		return &platform.ErrInvalid{Operation: operationCreateLinked, Code: apiCode(err), Detail: forbidden.Detail, Err: forbidden.Err}
	}
	return err
}

// namesOf lists the names of a service's roles, the shortest first.
func (s *ServiceLinkedRoles) namesOf(ctx context.Context, service string) ([]string, error) {
	connection, err := s.account.connect(ctx)
	if err != nil {
		return nil, err
	}
	path := ServiceLinkedPath(service)
	roles, err := collect(ctx, iam.NewListRolesPaginator(connection.iam, &iam.ListRolesInput{PathPrefix: &path}), func(page *iam.ListRolesOutput) []types.Role { return page.Roles })
	if err != nil {
		return nil, mapError("iam:ListRoles", err)
	}
	names := make([]string, 0, len(roles))
	for _, role := range roles {
		names = append(names, awssdk.ToString(role.RoleName))
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return names, nil
}

// Presence tells what is known before a creation of whether the role is there.
type Presence int

// What can be known. AWS alone makes the names: without a custom suffix, one with an underscore can be that of the role
// that is wanted, such as AWSServiceRoleForApplicationAutoScaling_DynamoDBTable, or another one's with a suffix.
const (
	Absent Presence = iota
	Possible
	Present
)

// Existing looks for the role that a creation would find.
func (s *ServiceLinkedRoles) Existing(ctx context.Context, spec ServiceLinkedRoleSpec) (ServiceLinkedRoleState, Presence, error) {
	names, err := s.namesOf(ctx, spec.Service)
	if err != nil {
		return ServiceLinkedRoleState{}, Absent, err
	}
	name, presence := candidate(names, spec.CustomSuffix)
	if presence == Absent {
		return ServiceLinkedRoleState{}, Absent, nil
	}
	role, err := s.readOne(ctx, name)
	if errors.Is(err, platform.ErrNotFound) {
		return ServiceLinkedRoleState{}, Absent, nil
	}
	return linkedState(role), presence, err
}

// candidate is the name, of those of one service with the shortest first, that goes with a custom suffix.
func candidate(names []string, suffix string) (string, Presence) {
	for _, name := range names {
		switch {
		case suffix != "" && strings.HasSuffix(strings.ToLower(name), "_"+strings.ToLower(suffix)):
			return name, Present
		case suffix != "":
		case strings.Contains(name, "_"):
			return name, Possible
		default:
			return name, Present
		}
	}
	return "", Absent
}
