package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

// server is the framework's, past which large results go.
type server struct{ frameworkServer }

// frameworkServer is all that Terraform may ask of the framework's server. What is not here, Terraform does not find.
type frameworkServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// NewServer makes the provider as Terraform talks to it.
func NewServer(version string, options ...Option) tfprotov6.ProviderServer {
	framework := providerserver.NewProtocol6(New(version, options...)())()
	whole, ok := framework.(frameworkServer)
	if !ok {
		return framework
	}
	return server{whole}
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
