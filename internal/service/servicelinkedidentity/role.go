package servicelinkedidentity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/service/governed"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// awsServiceLinkedRoleKind is the nested attribute aws_service_linked_role. It is never disabled: AWS lets nobody but the
// service change its trust and its permissions.
type awsServiceLinkedRoleKind struct{ roleDriven }

type roleDriven = governed.Driven[model, *model, roleModel, aws.ServiceLinkedRoleSpec, aws.ServiceLinkedRoleState]

var awsServiceLinkedRole = awsServiceLinkedRoleKind{roleDriven{
	Kind: governance.KindAWSRole, Cloud: governed.AWS,
	Name: aws.AttributeServiceLinkedRole, Types: roleTypes, Object: func(m *model) *types.Object { return &m.Role },
	Driver: func(data *tfkit.Data) platform.Driver[aws.ServiceLinkedRoleSpec, aws.ServiceLinkedRoleState] {
		return data.AWS.ServiceLinkedRoles()
	},
	Rules: aws.ValidateServiceLinkedRole,
}}

var (
	_ governed.Forecaster[*model] = awsServiceLinkedRole
	_ governed.Releaser[*model]   = awsServiceLinkedRole
)

func (awsServiceLinkedRoleKind) Owns(id governance.ID) bool { return aws.IsServiceLinked(id) }

func (awsServiceLinkedRoleKind) Category() governance.Category {
	return governance.CategoryProviderManaged
}

// Sources are resources that manage the same objects without governing them.
func (awsServiceLinkedRoleKind) Sources() []governed.Source {
	return []governed.Source{governed.HashiCorpAWS("aws_iam_service_linked_role")}
}

func (awsServiceLinkedRoleKind) ParseImport(text string) (governance.ID, bool) {
	return aws.ParseRoleARN(text)
}

// Trust is the service, and nobody else.
func (k awsServiceLinkedRoleKind) Trust(_ context.Context, _ *tfkit.Data, m *model) (governance.Trust, error) {
	role, err := k.Get(m)
	if err != nil || role.ServiceName.IsUnknown() {
		return governance.Trust{}, err
	}
	return governance.Trust{Known: true, Clauses: []governance.TrustClause{{
		Attribute: []string{aws.AttributeServiceLinkedRole, "aws_service_name"},
		Trustees:  []governance.Trustee{{Kind: governance.TrusteeService, Name: role.ServiceName.ValueString()}},
	}}}, nil
}

func (k awsServiceLinkedRoleKind) Foresee(ctx context.Context, data *tfkit.Data, m *model) ([]governance.Violation, error) {
	role, want, err := k.Wanted(ctx, m, false)
	if err != nil || role.ServiceName.IsUnknown() || role.CustomSuffix.IsUnknown() {
		return nil, err
	}
	state, presence, err := data.AWS.ServiceLinkedRoles().Existing(ctx, want.Spec)
	var forbidden *platform.ErrForbidden
	switch {
	case errors.As(err, &forbidden):
		return []governance.Violation{existing(governance.EnforceWarn, "whether the role exists already cannot be told, because the provider's credentials lack the permission "+forbidden.Permission,
			"Allow it to them, to see at plan whether a role is made or adopted.")}, nil
	case err != nil || presence == aws.Absent:
		return nil, err
	case state.ManagedBy == governance.ManagedBy && data.PlansRemoval(state.ID.String()):
		return nil, nil // It is replaced. Where another resource has it, making it is refused.
	}
	found := adoption(state, want.Spec.AdoptExisting || role.AdoptExisting.IsUnknown(), data.AWS.ServiceLinkedRoles().OtherTags(state, want.Metadata.Labels))
	if presence == aws.Possible {
		found.Enforcement = governance.EnforceWarn
		found.Message = "AWS may find the role to be there: " + found.Message
	}
	return []governance.Violation{found}, nil
}

// adoption says what becomes of a role that is there already. Some of its tags would go.
func adoption(state aws.ServiceLinkedRoleState, adopt bool, otherTags []string) governance.Violation {
	toImport := fmt.Sprintf("import it:\n\n  import {\n    to = governed_service_linked_identity.example\n    id = %q\n  }", state.ID)
	since := fmt.Sprintf("the role %s exists already, since %s", state.Name, state.CreatedAt.UTC().Format(time.RFC3339))
	switch {
	case state.ManagedBy != "":
		return existing(governance.EnforceError, fmt.Sprintf("%s, and is marked as governed by %s", since, state.ManagedBy),
			"Find the resource that governs it. Once no other state has it, "+toImport)
	case !adopt:
		return existing(governance.EnforceError, since+", and adopt_existing is false", "Either write adopt_existing = true, or "+toImport)
	}
	consequence := since + ": applying adopts it and writes the metadata to its tags. When this resource goes, the role stays"
	if len(otherTags) > 0 {
		consequence += ". These tags of it are removed: " + strings.Join(otherTags, ", ")
	}
	return existing(governance.EnforceWarn, consequence, "To have Terraform own the role, its removal included, "+toImport)
}

func existing(enforcement governance.Enforcement, message, remedy string) governance.Violation {
	return governance.Violation{
		Rule: governance.RuleExisting, Enforcement: enforcement, Attribute: []string{aws.AttributeServiceLinkedRole, "aws_service_name"}, Message: message, Remedy: remedy,
	}
}

func (k awsServiceLinkedRoleKind) Predict(_ context.Context, _ *tfkit.Data, m, prior *model, _ bool) error {
	role, err := k.Get(m)
	if err != nil {
		return err
	}
	m.ExpiryEnforcement = types.StringValue(string(governance.ExpiryByNobody))
	had, err := k.Get(prior)
	if err != nil {
		return err
	}
	if prior == nil || !role.ServiceName.Equal(had.ServiceName) || otherSuffix(prior.Name, had.CustomSuffix, role.CustomSuffix) {
		unknown := types.StringUnknown()
		m.ID, m.Name, role.Adopted = unknown, unknown, types.BoolUnknown()
		role.ARN, role.UniqueID, role.TrustPolicy, role.LastUsedAt, role.LastUsedRegion = unknown, unknown, unknown, unknown, unknown
		role.Path = unknown
		if !role.ServiceName.IsUnknown() {
			role.Path = types.StringValue(aws.ServiceLinkedPath(role.ServiceName.ValueString()))
		}
		return k.Set(m, role)
	}
	m.ID, m.Name, role.Adopted, role.Path = prior.ID, prior.Name, had.Adopted, orUnknown(had.Path)
	role.ARN, role.UniqueID, role.TrustPolicy = orUnknown(had.ARN), orUnknown(had.UniqueID), orUnknown(had.TrustPolicy)
	role.LastUsedAt, role.LastUsedRegion = had.LastUsedAt, had.LastUsedRegion
	return k.Set(m, role)
}

// orUnknown is what an interrupted creation has not come to know yet.
func orUnknown(had types.String) types.String {
	if had.IsNull() {
		return types.StringUnknown()
	}
	return had
}

// Create notes whether the role is adopted, which decides what becomes of it when the resource goes.
func (k awsServiceLinkedRoleKind) Create(ctx context.Context, data *tfkit.Data, m *model, _ bool) (governance.ID, error) {
	role, want, err := k.Wanted(ctx, m, false)
	if err != nil {
		return governance.ID{}, err
	}
	id, adopted, err := data.AWS.ServiceLinkedRoles().Obtain(ctx, want)
	if err != nil {
		return governance.ID{}, err
	}
	role.Adopted = types.BoolValue(adopted)
	m.Name = types.StringValue(id.Name())
	return id, k.Set(m, role)
}

func (k awsServiceLinkedRoleKind) Converge(ctx context.Context, data *tfkit.Data, id governance.ID, m *model, _ bool) (attachments []string, err error) {
	role, want, err := k.Wanted(ctx, m, false)
	if err != nil {
		return nil, err
	}
	state, err := data.AWS.ServiceLinkedRoles().Converge(ctx, id, want)
	if err != nil {
		return nil, err
	}
	m.observe(state)
	// What the plan has promised stays, also where the role has been used meanwhile: the next refresh tells.
	if role.LastUsedAt.IsUnknown() {
		role.observeUse(state)
	}
	role.observe(state)
	return nil, k.Set(m, role)
}

func (k awsServiceLinkedRoleKind) Read(ctx context.Context, data *tfkit.Data, id governance.ID, m *model) ([]governed.Warning, error) {
	state, err := data.AWS.ServiceLinkedRoles().Read(ctx, id)
	if err != nil {
		return nil, err
	}
	return nil, k.observe(data, m, state)
}

func (k awsServiceLinkedRoleKind) Bulk(ctx context.Context, data *tfkit.Data) (governed.BulkReader[*model], error) {
	bulk, err := data.AWS.Bulk(ctx)
	return func(_ context.Context, identity *governance.Identity, m *model) ([]governed.Warning, error) {
		state, err := bulk.ServiceLinkedRole(identity.ID)
		if err != nil {
			return nil, err
		}
		return nil, k.observe(data, m, state)
	}, err
}

// observe takes over what the role is.
func (k awsServiceLinkedRoleKind) observe(data *tfkit.Data, m *model, state aws.ServiceLinkedRoleState) error {
	role, err := k.Get(m)
	if err != nil {
		return err
	}
	if m.Role.IsNull() {
		role.AdoptExisting, role.Adopted = types.BoolValue(true), types.BoolValue(false)
	}
	m.observe(state)
	m.ManagedBy = governed.Nullable(state.ManagedBy)
	m.SetMetadata(state.Metadata)
	now := data.Clock.Now()
	over := m.StatusAt(data.Policy, now).ValueString() == string(governance.StatusExpired)
	m.Status = m.ObservedStatus(data.Policy, now, over)
	role.ServiceName = types.StringValue(state.Service)
	role.Description = tfkit.Observed(role.Description, state.Description)
	role.observe(state)
	role.observeUse(state)
	return k.Set(m, role)
}

// observe takes over what every such role has.
func (m *model) observe(state aws.ServiceLinkedRoleState) {
	m.ID, m.Name = types.StringValue(state.ID.String()), types.StringValue(state.Name)
	m.Category, m.ManagedBy = types.StringValue(string(governance.CategoryProviderManaged)), types.StringValue(governance.ManagedBy)
	m.ExpiryEnforcement = types.StringValue(string(governance.ExpiryByNobody))
}

// observe takes over what is only on the role.
func (r *roleModel) observe(state aws.ServiceLinkedRoleState) {
	r.Path, r.ARN, r.UniqueID = types.StringValue(state.ID.Path()), types.StringValue(state.ARN), types.StringValue(state.UniqueID)
	r.TrustPolicy = governed.ObservedPolicy(r.TrustPolicy, state.TrustPolicy)
}

func (r *roleModel) observeUse(state aws.ServiceLinkedRoleState) {
	r.LastUsedAt, r.LastUsedRegion = types.StringNull(), governed.Nullable(state.LastUsedRegion)
	if !state.LastUsedAt.IsZero() {
		r.LastUsedAt = types.StringValue(state.LastUsedAt.UTC().Format(time.RFC3339))
	}
}

// Stays keeps a role that was there before the resource.
func (k awsServiceLinkedRoleKind) Stays(_ context.Context, id governance.ID, m *model) (why string, err error) {
	role, err := k.Get(m)
	if err != nil || !role.Adopted.ValueBool() {
		return "", err
	}
	return fmt.Sprintf("the role %s was there before this resource, so it stays, without the metadata and the labels in its tags. "+
		"To delete it, run aws iam delete-service-linked-role --role-name %[1]s; AWS refuses that while anything uses it.", id.Name()), nil
}

func (awsServiceLinkedRoleKind) Release(ctx context.Context, data *tfkit.Data, id governance.ID) error {
	return data.AWS.ServiceLinkedRoles().Release(ctx, id)
}
