package acctest

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// What is the same for every configuration has no secret.

func (w witness) GetMetadata(ctx context.Context, req *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	return w.of.GetMetadata(ctx, req)
}

func (w witness) GetProviderSchema(ctx context.Context, req *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return w.of.GetProviderSchema(ctx, req)
}

func (w witness) GetResourceIdentitySchemas(ctx context.Context, req *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return w.of.GetResourceIdentitySchemas(ctx, req)
}

func (w witness) GetFunctions(ctx context.Context, req *tfprotov6.GetFunctionsRequest) (*tfprotov6.GetFunctionsResponse, error) {
	return w.of.GetFunctions(ctx, req)
}

func (w witness) ValidateProviderConfig(ctx context.Context, req *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return witnessed(ctx, w, w.of.ValidateProviderConfig, req)
}

func (w witness) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return witnessed(ctx, w, w.of.ConfigureProvider, req)
}

func (w witness) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return witnessed(ctx, w, w.of.StopProvider, req)
}

func (w witness) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return witnessed(ctx, w, w.of.ValidateResourceConfig, req)
}

func (w witness) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return witnessed(ctx, w, w.of.UpgradeResourceState, req)
}

func (w witness) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return witnessed(ctx, w, w.of.ReadResource, req)
}

func (w witness) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return witnessed(ctx, w, w.of.PlanResourceChange, req)
}

func (w witness) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return witnessed(ctx, w, w.of.ApplyResourceChange, req)
}

func (w witness) ImportResourceState(ctx context.Context, req *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return witnessed(ctx, w, w.of.ImportResourceState, req)
}

func (w witness) MoveResourceState(ctx context.Context, req *tfprotov6.MoveResourceStateRequest) (*tfprotov6.MoveResourceStateResponse, error) {
	return witnessed(ctx, w, w.of.MoveResourceState, req)
}

func (w witness) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return witnessed(ctx, w, w.of.UpgradeResourceIdentity, req)
}

func (w witness) GenerateResourceConfig(ctx context.Context, req *tfprotov6.GenerateResourceConfigRequest) (*tfprotov6.GenerateResourceConfigResponse, error) {
	return witnessed(ctx, w, w.of.GenerateResourceConfig, req)
}

func (w witness) ValidateDataResourceConfig(ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return witnessed(ctx, w, w.of.ValidateDataResourceConfig, req)
}

func (w witness) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return witnessed(ctx, w, w.of.ReadDataSource, req)
}

func (w witness) CallFunction(ctx context.Context, req *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return witnessed(ctx, w, w.of.CallFunction, req)
}

func (w witness) ValidateEphemeralResourceConfig(ctx context.Context, req *tfprotov6.ValidateEphemeralResourceConfigRequest) (*tfprotov6.ValidateEphemeralResourceConfigResponse, error) {
	return witnessed(ctx, w, w.of.ValidateEphemeralResourceConfig, req)
}

func (w witness) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return witnessed(ctx, w, w.of.OpenEphemeralResource, req)
}

func (w witness) RenewEphemeralResource(ctx context.Context, req *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	return witnessed(ctx, w, w.of.RenewEphemeralResource, req)
}

func (w witness) CloseEphemeralResource(ctx context.Context, req *tfprotov6.CloseEphemeralResourceRequest) (*tfprotov6.CloseEphemeralResourceResponse, error) {
	return witnessed(ctx, w, w.of.CloseEphemeralResource, req)
}

func (w witness) ValidateListResourceConfig(ctx context.Context, req *tfprotov6.ValidateListResourceConfigRequest) (*tfprotov6.ValidateListResourceConfigResponse, error) {
	return witnessed(ctx, w, w.of.ValidateListResourceConfig, req)
}

func (w witness) ValidateActionConfig(ctx context.Context, req *tfprotov6.ValidateActionConfigRequest) (*tfprotov6.ValidateActionConfigResponse, error) {
	return witnessed(ctx, w, w.of.ValidateActionConfig, req)
}

func (w witness) PlanAction(ctx context.Context, req *tfprotov6.PlanActionRequest) (*tfprotov6.PlanActionResponse, error) {
	return witnessed(ctx, w, w.of.PlanAction, req)
}

// ListResource notes each result as it comes.
func (w witness) ListResource(ctx context.Context, req *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	stream, err := witnessed(ctx, w, w.of.ListResource, req)
	if err != nil {
		return stream, err
	}
	results := stream.Results
	stream.Results = func(yield func(tfprotov6.ListResourceResult) bool) {
		for one := range results {
			w.note(subject(req), one)
			if !yield(one) {
				return
			}
		}
	}
	return stream, nil
}

// InvokeAction notes each event as it comes.
func (w witness) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	stream, err := witnessed(ctx, w, w.of.InvokeAction, req)
	if err != nil {
		return stream, err
	}
	events := stream.Events
	stream.Events = func(yield func(tfprotov6.InvokeActionEvent) bool) {
		for one := range events {
			w.note(subject(req), one)
			if !yield(one) {
				return
			}
		}
	}
	return stream, nil
}
