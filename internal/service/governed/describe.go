package governed

import (
	"cmp"
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// existing is an identity that is there before an apply; nothing where there is none.
type existing[P any] struct {
	// state is as the last refresh found it.
	state P
	// accepted is what the policy has let pass of it.
	accepted *accepted
}

// unseen tells whether it was there before any policy has judged it.
func (e existing[P]) unseen() bool { return e.accepted != nil && e.accepted.none }

// subject is what a policy judges of a model, without what only the platform knows; prior is the existing identity, nil on
// create.
func subject[M any, P Model[M]](ctx context.Context, m P, category governance.Category, prior *accepted) governance.Subject {
	metadata, unknown := m.Metadata(ctx)
	name := m.Common().Name
	unknown[governance.FieldName] = name.IsUnknown() || name.IsNull() // null is what the platform will choose
	for _, field := range []governance.Field{governance.FieldKind, governance.FieldAccount, governance.FieldTrust} {
		unknown[field] = true
	}
	subject := governance.Subject{Name: name.ValueString(), Category: category, Metadata: metadata, Unknown: unknown}
	if prior != nil {
		had, _ := prior.Metadata(ctx)
		subject.Prior, subject.PriorTrust = &had, prior.trust
	}
	return subject
}

// describe adds what the platform knows, as far as it can be had, and what the identity was before.
func describe[M any, P Model[M]](ctx context.Context, data *tfkit.Data, k Kind[P], m, state P, judged *governance.Subject) error {
	misplaced := place(ctx, data, k, m, judged)
	operate(ctx, k, state, judged)
	judged.Unknown[governance.FieldTrust] = false
	trusting, ok := k.(Trusting[P])
	if !ok {
		return misplaced
	}
	trust, err := trusting.Trust(ctx, data, m)
	judged.Trust, judged.Unknown[governance.FieldTrust] = trust, !trust.Known
	return cmp.Or(misplaced, err)
}

// place adds what the identity is and where. It costs a call, which a policy without rules of its own spares.
func place[P any](ctx context.Context, data *tfkit.Data, k Kind[P], m P, judged *governance.Subject) error {
	if !data.Policy.HasRules() {
		return nil
	}
	return k.Describe(ctx, data, m, judged)
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
		old.Account = id.Home()
	}
	planned.Old = &old
}

// Cloud is what the kinds of one cloud have in common.
type Cloud struct {
	// require reports on the nested attribute when the provider does not configure the cloud.
	require func(data *tfkit.Data, attribute path.Path) diag.Diagnostics
	// describe tells of an identity which kind it is and in which account, which it leaves out before the provider is configured.
	describe func(ctx context.Context, data *tfkit.Data, kind governance.Kind, subject *governance.Subject) error
}

// AWS has accounts, Azure has tenants.
var (
	AWS   = Cloud{(*tfkit.Data).RequireAWS, describeAWS}
	Azure = Cloud{(*tfkit.Data).RequireAzure, describeTenant}
)

func describeAWS(ctx context.Context, data *tfkit.Data, kind governance.Kind, subject *governance.Subject) (err error) {
	subject.Kind, subject.Unknown[governance.FieldKind] = kind, false
	if data.AWS == nil {
		return nil
	}
	subject.Account, err = data.AWS.ID(ctx)
	subject.Unknown[governance.FieldAccount] = err != nil
	return err
}

func describeTenant(_ context.Context, data *tfkit.Data, kind governance.Kind, subject *governance.Subject) error {
	tenant := ""
	if data.Azure != nil {
		tenant = data.Azure.ID()
	}
	DescribeAzure(kind, tenant, subject)
	return nil
}

// DescribeAzure tells of an identity on Azure which kind it is and in which subscription or tenant; that is empty while it is
// not known.
func DescribeAzure(kind governance.Kind, account string, subject *governance.Subject) {
	subject.Kind, subject.Unknown[governance.FieldKind] = kind, false
	subject.Account, subject.Unknown[governance.FieldAccount] = strings.ToLower(account), account == ""
}
