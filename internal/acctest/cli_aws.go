package acctest

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

// hashicorpAWS stands in for the provider hashicorp/aws, which Terraform wants to see as long as a state has resources of
// it. It calls no cloud, and keeps what the state says.
type hashicorpAWS struct{}

const hashicorpAWSAddress = "registry.terraform.io/hashicorp/aws"

func (hashicorpAWS) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "aws"
}

func (hashicorpAWS) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (hashicorpAWS) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}

func (hashicorpAWS) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (hashicorpAWS) Resources(context.Context) []func() resource.Resource {
	var resources []func() resource.Resource
	for _, name := range []string{"aws_iam_role", "aws_iam_role_policy", "aws_iam_role_policy_attachment", "aws_iam_instance_profile", "aws_iam_user", "aws_iam_service_linked_role"} {
		resources = append(resources, func() resource.Resource { return foreignResource(name) })
	}
	return resources
}

// foreignResource is a resource of hashicorpAWS, by its name. Its attributes are those that the tests' states have.
type foreignResource string

func (r foreignResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = string(r)
}

func (foreignResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema.Attributes = map[string]schema.Attribute{}
	for _, name := range []string{"id", "arn", "name", "role", "policy", "policy_arn"} {
		resp.Schema.Attributes[name] = schema.StringAttribute{Optional: true, Computed: true}
	}
}

func (foreignResource) Create(_ context.Context, _ resource.CreateRequest, resp *resource.CreateResponse) {
	resp.Diagnostics.AddError("The stand-in makes nothing", "")
}

func (foreignResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (foreignResource) Update(_ context.Context, _ resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.Diagnostics.AddError("The stand-in changes nothing", "")
}

func (foreignResource) Delete(_ context.Context, _ resource.DeleteRequest, resp *resource.DeleteResponse) {
	resp.Diagnostics.AddError("The stand-in deletes nothing", "")
}
