package governed

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// publisher adds to a subject who has published the software of an identity that exists, and finds what is wrong with that.
func publisher[M any, P Model[M]](ctx context.Context, data *tfkit.Data, k Kind[P], m, state P, judged *governance.Subject) (found []governance.Violation, err error) {
	published, ok := k.(Published[P])
	if !ok || state == nil {
		return nil, nil
	}
	judged.Publisher, found, err = published.Publisher(ctx, data, m, state)
	return found, err
}

// vet judges what only an identity that was made can show, before it is given anything. One that is refused is removed again,
// and stays in the state only where that fails.
func (r *Resource[M, P]) vet(ctx context.Context, k Kind[P], id governance.ID, m P, judged governance.Subject, state *tfsdk.State, diags *diag.Diagnostics) (good bool) {
	published, ok := k.(Published[P])
	if !ok {
		return true
	}
	publisher, found, err := published.Vet(ctx, r.data, id, m)
	if err != nil {
		tfkit.AddError(diags, attributePath(k), "Identity was created but not completed", r.title(m), err, "It can do nothing yet. It is saved, and the next apply replaces it.")
		return false
	}
	judged.Publisher = publisher
	tfkit.AddViolations(diags, r.title(m), append(r.data.Policy.EvaluatePublisher(judged, r.data.Clock.Now()), found...))
	if !diags.HasError() {
		return true
	}
	if err := published.Discard(ctx, r.data, id); err != nil {
		tfkit.AddError(diags, attributePath(k), "Refused identity cannot be removed", r.title(m), err, "It can do nothing. It is saved, and the next apply removes it.")
		return false
	}
	state.RemoveResource(ctx)
	return false
}
