package provider

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// server is the framework's, past which large results go, and which keeps nothing of the calls for each resource.
type server struct {
	frameworkServer
	// changing is tfkit.Data's.
	changing *atomic.Bool
}

// frameworkServer is all that Terraform may ask of the framework's server. What is not here, Terraform does not find.
type frameworkServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// NewServer makes the provider as Terraform talks to it.
func NewServer(version string, options ...Option) tfprotov6.ProviderServer {
	changing := new(atomic.Bool)
	tell := func(p *Provider) { p.changing = changing }
	framework := providerserver.NewProtocol6(New(version, append(slices.Clone(options), tell)...)())()
	whole, ok := framework.(frameworkServer)
	if !ok {
		return framework
	}
	return server{whole, changing}
}

// ReadDataSource puts into the result what the data source has encoded itself.
func (s server) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	large := tfkit.Preencoded{}
	defer clear(large) // An idle connection keeps the context of its last request.
	resp, err := s.frameworkServer.ReadDataSource(large.Within(ctx), req)
	if err != nil || resp.State == nil {
		return resp, err
	}
	resp.State.MsgPack, err = large.Into(resp.State.MsgPack)
	return resp, err
}

func (s server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return within(ctx, s.frameworkServer.ValidateResourceConfig, req)
}

func (s server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return within(ctx, s.frameworkServer.UpgradeResourceState, req)
}

func (s server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return within(ctx, s.frameworkServer.ReadResource, req)
}

func (s server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return within(ctx, s.frameworkServer.PlanResourceChange, req)
}

func (s server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	s.changing.Store(true)
	return within(ctx, s.frameworkServer.ApplyResourceChange, req)
}

func (s server) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	s.changing.Store(true)
	return s.frameworkServer.InvokeAction(ctx, req)
}
