package aws

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// AttributeServiceLinkedRole is the nested attribute that declares a service-linked role.
const AttributeServiceLinkedRole = "aws_service_linked_role"

// ServiceLinkedRoleSpec is what a service-linked role has besides its metadata. Its name is the service's to choose.
type ServiceLinkedRoleSpec struct {
	// Service is the service principal, such as backup.amazonaws.com.
	Service string
	// CustomSuffix tells several roles of one service apart; few services take one.
	CustomSuffix string
	Description  string
	// AdoptExisting lets Create take over a role that is there already and that nobody governs.
	AdoptExisting bool
}

// ServiceLinkedRoleState is a service-linked role as it is. Nothing hangs on it that is not the service's, and nothing
// but its deletion ends its access, so it is never disabled.
type ServiceLinkedRoleState struct {
	platform.Observed
	ARN         string
	UniqueID    string
	Service     string
	Description string
	// TrustPolicy is AWS's own and cannot be changed.
	TrustPolicy string
	ManagedBy   string
	// LastUsedAt and LastUsedRegion are empty while no use is known within IAM's tracking period of 400 days.
	LastUsedAt     time.Time
	LastUsedRegion string

	tags map[string]string
}

// ServiceLinkedRoles manages the service-linked roles of an account.
type ServiceLinkedRoles struct{ driver[RoleState] }

var _ platform.Driver[ServiceLinkedRoleSpec, ServiceLinkedRoleState] = (*ServiceLinkedRoles)(nil)

// ServiceLinkedRoles of the account.
func (a *Account) ServiceLinkedRoles() *ServiceLinkedRoles {
	s := &ServiceLinkedRoles{driver[RoleState]{account: a, kind: roleKind, recent: &a.newLinkedRoles}}
	s.readNamed = s.readOne
	return s
}

// serviceLinkedPath is where AWS keeps service-linked roles, each below the path of its service.
const serviceLinkedPath = "/aws-service-role/"

// IsServiceLinked tells whether an id is that of a service-linked role.
func IsServiceLinked(id governance.ID) bool {
	return id.Kind == governance.KindAWSRole && strings.HasPrefix(id.Path(), serviceLinkedPath)
}

// ServiceLinkedPath is the IAM path of the roles of a service.
func ServiceLinkedPath(service string) string { return serviceLinkedPath + service + "/" }

// serviceOf is the service of a role on such a path.
func serviceOf(id governance.ID) string {
	return strings.TrimSuffix(strings.TrimPrefix(id.Path(), serviceLinkedPath), "/")
}

// Predict is what Converge will return but for what AWS makes up: id, name, ARN, unique id and trust.
func (s *ServiceLinkedRoles) Predict(ctx context.Context, want platform.Desired[ServiceLinkedRoleSpec]) (ServiceLinkedRoleState, error) {
	if _, err := s.account.whoami(ctx); err != nil {
		return ServiceLinkedRoleState{}, err
	}
	return ServiceLinkedRoleState{
		Observed: platform.Observed{Metadata: want.Metadata},
		Service:  want.Spec.Service, Description: want.Spec.Description, ManagedBy: governance.ManagedBy,
		tags: s.account.tagging.tags(want.Metadata),
	}, nil
}

// Read takes the role from the account's snapshot where that costs less than asking for it alone.
func (s *ServiceLinkedRoles) Read(ctx context.Context, id governance.ID) (ServiceLinkedRoleState, error) {
	if err := s.mine(ctx, id); err != nil {
		return ServiceLinkedRoleState{}, err
	}
	role, found, err := s.account.snapshotRole(ctx, id, directReadCallsLinked)
	if err == nil && !found {
		role, err = s.readDirect(ctx, id)
	}
	return linkedState(role), err
}

// readOne asks for the role of a name. Its policies are the service's, and no concern of ours.
func (s *ServiceLinkedRoles) readOne(ctx context.Context, name string) (RoleState, error) {
	connection, err := s.account.connect(ctx)
	if err != nil {
		return RoleState{}, err
	}
	output, err := connection.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return RoleState{}, mapError("iam:GetRole", err)
	}
	role, err := roleState(output.Role)
	if err != nil {
		return RoleState{}, err
	}
	role.interpret(s.account.tagging, tagMap(output.Role.Tags))
	return role, nil
}

// linkedState is what counts of a role that a service has.
func linkedState(role RoleState) ServiceLinkedRoleState {
	role.Attachments, role.Disabled = nil, false
	state := ServiceLinkedRoleState{
		Observed: role.Observed, ARN: role.ARN, UniqueID: role.UniqueID, Description: role.Description, TrustPolicy: role.TrustPolicy,
		ManagedBy: role.ManagedBy, LastUsedAt: role.LastUsedAt, LastUsedRegion: role.LastUsedRegion, tags: maps.Clone(role.tags),
	}
	if role.ID.Resource != "" {
		state.Service = serviceOf(role.ID)
	}
	return state
}

// OtherTags are the tags, by key, that an apply with these labels takes off the role.
func (s *ServiceLinkedRoles) OtherTags(state ServiceLinkedRoleState, labels map[string]string) []string {
	_, remove := s.account.tagging.changes(state.tags, labels)
	return slices.DeleteFunc(remove, func(key string) bool { _, ours := s.account.tagging.keys.Field(key); return ours })
}

// Limits of CreateServiceLinkedRole, from the API reference.
const (
	maxServiceNameLength  = 128
	maxSuffixLength       = 64
	maxDescriptionLength  = 1000
	legalInServiceExample = "Write the service principal, such as backup.amazonaws.com, as the service's documentation spells it."
)

var descriptionPattern = regexp.MustCompile(`^[\t\n\r\x20-\x7e\x{a1}-\x{ff}]*$`)

// ValidateServiceLinkedRole finds what can be found without asking AWS and without knowing how the account is configured.
func ValidateServiceLinkedRole(want platform.Desired[ServiceLinkedRoleSpec]) []governance.Violation {
	return offline().validateServiceLinkedRole(want)
}

// Check finds what IAM would refuse. Whether a service has such a role, and takes a suffix, only AWS knows.
func (s *ServiceLinkedRoles) Check(_ context.Context, want platform.Desired[ServiceLinkedRoleSpec]) ([]governance.Violation, error) {
	return s.account.validateServiceLinkedRole(want), nil
}

func (a *Account) validateServiceLinkedRole(want platform.Desired[ServiceLinkedRoleSpec]) []governance.Violation {
	found, spec := violations{}, want.Spec
	in := func(name string) []string { return []string{AttributeServiceLinkedRole, name} }
	a.tagging.check(&found, want.Metadata, 0)
	switch length := len(spec.Service); {
	case spec.Service == "":
	case !iampolicy.IsServicePrincipal(spec.Service):
		found.add(in("aws_service_name"), legalInServiceExample, "%q is not a service principal; these are in lower case and end in .amazonaws.com", spec.Service)
	case length > maxServiceNameLength:
		found.add(in("aws_service_name"), legalInServiceExample, "the service name has %d characters, %d more than IAM's limit of %d", length, length-maxServiceNameLength, maxServiceNameLength)
	}
	if spec.CustomSuffix != "" {
		found.name(in("custom_suffix"), spec.CustomSuffix, maxSuffixLength)
	}
	if length := len([]rune(spec.Description)); length > maxDescriptionLength {
		found.add(in("description"), "Shorten it.", "the description has %d characters, %d more than IAM's limit of %d", length, length-maxDescriptionLength, maxDescriptionLength)
	}
	if !descriptionPattern.MatchString(spec.Description) {
		found.add(in("description"), "Use the characters of Latin-1 only, without control characters; purpose takes any.", "the description has a character that IAM does not take in one")
	}
	return found
}

// Converge writes the tags and the description, which are all that can be written. Access stays what AWS makes it.
func (s *ServiceLinkedRoles) Converge(ctx context.Context, id governance.ID, desired platform.Desired[ServiceLinkedRoleSpec]) (ServiceLinkedRoleState, error) {
	if err := s.mine(ctx, id); err != nil {
		return ServiceLinkedRoleState{}, err
	}
	connection, err := s.account.connect(ctx)
	if err != nil {
		return ServiceLinkedRoleState{}, err
	}
	want, err := s.Predict(ctx, desired)
	if err != nil {
		return ServiceLinkedRoleState{}, err
	}
	if err := ends(desired); err != nil {
		return ServiceLinkedRoleState{}, err
	}
	if id.Path() != ServiceLinkedPath(want.Service) {
		return ServiceLinkedRoleState{}, fmt.Errorf("%s cannot become a role of %s: a service-linked role keeps its service", id, want.Service)
	}
	role, fresh := s.recent.recall(id.Name())
	if !fresh {
		if role, err = s.readDirect(ctx, id); err != nil {
			return ServiceLinkedRoleState{}, err
		}
	}
	have := linkedState(role)
	s.wrote(id.Name())
	w := &entityWriter{
		ctx: ctx, account: s.account, kind: roleKind, api: roleCalls{connection.iam, id.Name()},
		is: &EntityState{tags: have.tags}, to: &EntityState{tags: want.tags}, fresh: fresh,
	}
	if err := w.writeTags(); err != nil {
		return ServiceLinkedRoleState{}, err
	}
	if have.Description != want.Description {
		err := w.try("Update*", func() error {
			_, err := connection.iam.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: awssdk.String(id.Name()), Description: &want.Description})
			return err
		})
		if err != nil {
			return ServiceLinkedRoleState{}, err
		}
	}
	have.Metadata, have.Description, have.ManagedBy, have.tags = want.Metadata, want.Description, want.ManagedBy, want.tags
	return have, nil
}

// ends refuses a role without an expiry: nobody would ever be asked whether it is still needed.
func ends(want platform.Desired[ServiceLinkedRoleSpec]) error {
	if _, err := governance.ParseExpiry(want.Metadata.Expiry); err != nil {
		return fmt.Errorf("the service-linked role of %s: %w", want.Spec.Service, err)
	}
	return nil
}
