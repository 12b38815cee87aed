package acctest

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// leaky is a provider that has a secret in everything that it answers.
type leaky struct {
	wholeServer
	secret string
}

func (l leaky) value() *tfprotov6.DynamicValue {
	return &tfprotov6.DynamicValue{MsgPack: []byte("\xa8" + l.secret)}
}

func (l leaky) ReadResource(context.Context, *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return &tfprotov6.ReadResourceResponse{
		NewState: l.value(), Private: []byte("private " + l.secret),
		NewIdentity: &tfprotov6.ResourceIdentityData{IdentityData: &tfprotov6.DynamicValue{MsgPack: []byte("identity " + l.secret)}},
	}, nil
}

func (l leaky) PlanResourceChange(context.Context, *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: l.value(), PlannedPrivate: []byte("planned " + l.secret)}, nil
}

func (l leaky) ReadDataSource(context.Context, *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return &tfprotov6.ReadDataSourceResponse{Diagnostics: []*tfprotov6.Diagnostic{{
		Summary: "summary " + l.secret, Detail: "detail " + l.secret,
		Attribute: tftypes.NewAttributePath().WithAttributeName("labels").WithElementKeyString(l.secret),
	}}}, nil
}

func (l leaky) CallFunction(ctx context.Context, _ *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	tflog.Trace(ctx, "logged", map[string]any{"key": l.secret})
	return &tfprotov6.CallFunctionResponse{Result: l.value()}, nil
}

func (l leaky) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	panic("the state is " + l.secret)
}

func (l leaky) ListResource(context.Context, *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	return &tfprotov6.ListResourceServerStream{Results: func(yield func(tfprotov6.ListResourceResult) bool) {
		yield(tfprotov6.ListResourceResult{DisplayName: l.secret})
	}}, nil
}

func (l leaky) InvokeAction(context.Context, *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	return &tfprotov6.InvokeActionServerStream{Events: func(yield func(tfprotov6.InvokeActionEvent) bool) {
		yield(tfprotov6.InvokeActionEvent{Type: tfprotov6.ProgressInvokeActionEventType{Message: l.secret}})
	}}, nil
}

func (l leaky) OpenEphemeralResource(context.Context, *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return &tfprotov6.OpenEphemeralResourceResponse{Result: l.value(), Private: []byte("opened " + l.secret)}, nil
}

func (l leaky) ValidateProviderConfig(context.Context, *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: l.value()}, nil
}

// TestLeakFoundInEveryAnswer plants a secret in every kind of answer, and wants it found there and nowhere else.
func TestLeakFoundInEveryAnswer(t *testing.T) {
	t.Parallel()
	ask := func(_ any, err error) {
		if err != nil {
			t.Error(err)
		}
	}
	for name, one := range map[string]struct {
		call func(context.Context, witness)
		want []string
	}{
		"read": {
			func(ctx context.Context, w witness) {
				ask(w.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: "thing"}))
			},
			[]string{"ReadResource of thing: NewState.MsgPack", "ReadResource of thing: Private", "ReadResource of thing: NewIdentity.IdentityData.MsgPack"},
		},
		"plan": {
			func(ctx context.Context, w witness) {
				ask(w.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{TypeName: "thing"}))
			},
			[]string{"PlanResourceChange of thing: PlannedState.MsgPack", "PlanResourceChange of thing: PlannedPrivate"},
		},
		"diagnostics": {
			func(ctx context.Context, w witness) {
				ask(w.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: "source"}))
			},
			[]string{"ReadDataSource of source: Diagnostics[0].Summary", "ReadDataSource of source: Diagnostics[0].Detail", "ReadDataSource of source: Diagnostics[0].Attribute"},
		},
		"log": {
			func(ctx context.Context, w witness) {
				ask(w.CallFunction(ctx, &tfprotov6.CallFunctionRequest{Name: "report"}))
			},
			[]string{"CallFunction of report: Result.MsgPack", "the provider's log at the level TRACE"},
		},
		"list": {
			func(ctx context.Context, w witness) {
				stream, err := w.ListResource(ctx, &tfprotov6.ListResourceRequest{TypeName: "thing"})
				ask(stream, err)
				stream.Results(func(tfprotov6.ListResourceResult) bool { return true })
			},
			[]string{"ListResource of thing: DisplayName"},
		},
		"action": {
			func(ctx context.Context, w witness) {
				stream, err := w.InvokeAction(ctx, &tfprotov6.InvokeActionRequest{ActionType: "rotate"})
				ask(stream, err)
				stream.Events(func(tfprotov6.InvokeActionEvent) bool { return true })
			},
			[]string{"InvokeAction of rotate: Type.Message"},
		},
		"ephemeral": {
			func(ctx context.Context, w witness) {
				opened, err := w.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{TypeName: "session"})
				ask(opened, err)
				if opened.Result == nil {
					t.Error("the result has got lost")
				}
			},
			[]string{"OpenEphemeralResource of session: Private"},
		},
		"provider block": {
			func(ctx context.Context, w witness) {
				ask(w.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{}))
			},
			nil,
		},
		"panic": {
			func(ctx context.Context, w witness) {
				defer func() {
					if cause := recover(); cause == nil {
						t.Error("the panic has got lost")
					}
				}()
				ask(w.StopProvider(ctx, &tfprotov6.StopProviderRequest{}))
			},
			[]string{"the panic of StopProvider"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test, h := newPlanted(t, hard)
			one.call(t.Context(), witness{leaky{secret: hard}, h})
			wantFound(t, test.finish(), one.want)
		})
	}
}

// wantFound wants a secret found in every place, and in no other.
func wantFound(t *testing.T, said, places []string) {
	t.Helper()
	left := said
	for _, place := range places {
		var others []string
		for _, line := range left {
			if !strings.HasSuffix(line, " in "+place) {
				others = append(others, line)
			}
		}
		if len(others) == len(left) {
			t.Errorf("nothing was found in %s", place)
		}
		left = others
	}
	if len(left) > 0 {
		t.Errorf("the hunt says\n%s", strings.Join(left, "\n"))
	}
}

// TestLeakFoundInEveryFile plants a secret in each file that Terraform may leave.
func TestLeakFoundInEveryFile(t *testing.T) {
	t.Parallel()
	test, h := newPlanted(t, hard)
	folder := filepath.Join(t.TempDir(), "module")
	var names []string
	for _, name := range []string{
		"terraform.tfstate", "terraform.tfstate.backup", "crash.log", "terraform.log", "reports/index.html", "generated.tf", "plan.json", ".terraform/environment",
	} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700))
		must(t, os.WriteFile(filepath.Join(folder, name), []byte(name+": "+hard), 0o600))
		names = append(names, "module/"+name)
	}
	var archive bytes.Buffer
	plan := zip.NewWriter(&archive)
	for _, name := range []string{"tfplan", "tfstate", "tfstate-prev"} {
		file, err := plan.Create(name)
		must(t, err)
		_, err = file.Write([]byte(name + hard))
		must(t, err)
		names = append(names, "module/plan/"+name)
	}
	must(t, plan.Close())
	must(t, os.WriteFile(filepath.Join(folder, "plan"), archive.Bytes(), 0o600))
	h.Read(folder)
	h.PlanCheck("first").CheckPlan(t.Context(), plancheck.CheckPlanRequest{Plan: &tfjson.Plan{Variables: map[string]*tfjson.PlanVariable{"a": {Value: hard}}}}, &plancheck.CheckPlanResponse{})
	wantFound(t, test.finish(), append(names, "plan JSON of first"))
}
