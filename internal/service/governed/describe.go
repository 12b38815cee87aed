package governed

import (
	"context"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// existing is an identity that is there before an apply; nothing where there is none.
type existing[P any] struct {
	// state is as the last refresh found it.
	state P
	// approved is the same with the expiry and the owners that the policy has let pass.
	approved *tfkit.GovernanceModel
}

// subject is what a policy judges of a model.
func subject[M any, P Model[M]](ctx context.Context, m P, category governance.Category, prior *tfkit.GovernanceModel) governance.Subject {
	metadata, unknown := m.Metadata(ctx)
	name := m.Common().Name
	unknown[governance.FieldName] = name.IsUnknown() || name.IsNull() // null is what the platform will choose
	for _, field := range []governance.Field{governance.FieldKind, governance.FieldAccount, governance.FieldTrust} {
		unknown[field] = true
	}
	subject := governance.Subject{Name: name.ValueString(), Category: category, Metadata: metadata, Unknown: unknown}
	if prior != nil {
		had, _ := prior.Metadata(ctx)
		subject.Prior = &had
	}
	return subject
}

// describe adds what only custom rules judge. It costs a call, which a policy without such rules spares.
func describe[M any, P Model[M]](ctx context.Context, data *tfkit.Data, k Kind[P], m P, subject *governance.Subject) error {
	if !data.Policy.HasRules() {
		return nil
	}
	return k.Describe(ctx, data, m, subject)
}

// operate adds what happens to the identity, and what it was before.
func operate[M any, P Model[M]](ctx context.Context, k Kind[P], state P, planned *governance.Subject) {
	planned.Operation = governance.OperationCreate
	if state == nil {
		return
	}
	planned.Operation = governance.OperationUpdate
	old := subject(ctx, state, k.Category(), nil)
	old.Kind = planned.Kind
	if id, err := governance.ParseID(state.Common().ID.ValueString()); err == nil {
		old.Account = id.Account
	}
	planned.Old = &old
}

// DescribeAWS tells of an identity on AWS which kind it is and in which account. Before the provider is configured it leaves
// the account out.
func DescribeAWS(ctx context.Context, data *tfkit.Data, kind governance.Kind, subject *governance.Subject) (err error) {
	subject.Kind, subject.Unknown[governance.FieldKind] = kind, false
	if data.AWS == nil {
		return nil
	}
	subject.Account, err = data.AWS.ID(ctx)
	subject.Unknown[governance.FieldAccount] = err != nil
	return err
}

// DescribeAWSRole tells of a role, besides, who will be able to use it. Its time limit does not count: it says when.
func DescribeAWSRole(ctx context.Context, data *tfkit.Data, spec aws.RoleSpec, subject *governance.Subject) error {
	if err := DescribeAWS(ctx, data, governance.KindAWSRole, subject); err != nil || data.AWS == nil {
		return err
	}
	trustees, known, err := data.AWS.Roles().Trustees(ctx, spec)
	subject.Trust, subject.Unknown[governance.FieldTrust] = trustees, !known
	return err
}
