package acctest

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Invoke validates, plans and invokes an action, and returns what it said on the way.
func (p *Protocol) Invoke(actionType string, config Values) (progress []string, diags Diagnostics) {
	p.t.Helper()
	return p.InvokeUntil(p.t.Context(), actionType, config, func(string) {})
}

// InvokeUntil does so in a context, and hands on each message as it comes.
func (p *Protocol) InvokeUntil(ctx context.Context, actionType string, config Values, each func(message string)) (progress []string, diags Diagnostics) {
	p.t.Helper()
	server, ok := p.server.(tfprotov6.ActionServer)
	if !ok {
		p.t.Fatal("the provider has no actions")
	}
	objectType := p.schemas.ActionSchemas[actionType].Schema.ValueType()
	value := p.dynamic(objectType, encode(p.t, objectType, Values{}.With(config)))
	validated, err := server.ValidateActionConfig(ctx, &tfprotov6.ValidateActionConfigRequest{ActionType: actionType, Config: value})
	p.must(err)
	if diags = validated.Diagnostics; diags.Failed() {
		return nil, diags
	}
	planned, err := server.PlanAction(ctx, &tfprotov6.PlanActionRequest{ActionType: actionType, Config: value})
	p.must(err)
	if diags = append(diags, planned.Diagnostics...); diags.Failed() {
		return nil, diags
	}
	invoked, err := server.InvokeAction(ctx, &tfprotov6.InvokeActionRequest{ActionType: actionType, Config: value})
	p.must(err)
	for event := range invoked.Events {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			progress = append(progress, event.Message)
			each(event.Message)
		case tfprotov6.CompletedInvokeActionEventType:
			diags = append(diags, event.Diagnostics...)
		}
	}
	return progress, diags
}
