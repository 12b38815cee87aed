package functions

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// parseIdentityID is provider::governed::parse_identity_id.
type parseIdentityID struct{}

// NewParseIdentityID makes the function for the provider's list.
func NewParseIdentityID() function.Function { return parseIdentityID{} }

// parsedID is what the function returns.
type parsedID struct {
	ID       string       `tfsdk:"id"`
	Platform string       `tfsdk:"platform"`
	Account  types.String `tfsdk:"account"`
	Kind     string       `tfsdk:"kind"`
	Path     types.String `tfsdk:"path"`
	Name     string       `tfsdk:"name"`
	Resource string       `tfsdk:"resource"`
}

// Metadata names the function.
func (parseIdentityID) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "parse_identity_id"
}

// Definition describes the function.
func (parseIdentityID) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Take the id of an identity apart",
		MarkdownDescription: "Takes apart a canonical id, which resources have as `id`, data sources as `id` and `import_id`, and import blocks take:\n\n" +
			"- `aws:<account>:role/<path><name>`, `aws:<account>:user/<path><name>`\n" +
			"- `azure:<ARM id of a user-assigned managed identity>`\n" +
			"- `entra:<tenant>:application/<object id>`, `entra:<tenant>:service_principal/<object id>`\n\n" +
			"or the ARN of an IAM role or user, in any partition. Whether there is such an identity is not asked. The result is an object with:\n\n" +
			"- `id`: the canonical id, also of an ARN. It has no partition, so no ARN can be made of it\n" +
			"- `platform`: `aws`, `azure` or `entra`\n" +
			"- `account`: the AWS account id, or the Entra tenant id; null on Azure, whose ARM id has the subscription\n" +
			"- `kind`: `aws_role`, `aws_user`, `azure_managed_identity`, `entra_application` or `entra_service_principal`\n" +
			"- `path`: the IAM path, with a slash at both ends, or `/` alone; null elsewhere\n" +
			"- `name`: the IAM name, the name of the managed identity, or the object id in Entra\n" +
			"- `resource`: path and name without the first slash, the ARM id, or the object id",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "id", MarkdownDescription: "A canonical id, or the ARN of an IAM role or user."},
		},
		Return: function.ObjectReturn{AttributeTypes: map[string]attr.Type{
			"id": types.StringType, "platform": types.StringType, "account": types.StringType, "kind": types.StringType,
			"path": types.StringType, "name": types.StringType, "resource": types.StringType,
		}},
	}
}

// Run takes the id apart.
func (parseIdentityID) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var text string
	if resp.Error = req.Arguments.Get(ctx, &text); resp.Error != nil {
		return
	}
	id, err := readID(text)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error())
		return
	}
	parsed := parsedID{
		ID: id.String(), Platform: string(id.Kind.Platform()), Kind: string(id.Kind), Name: id.Name(), Resource: id.Resource,
		Account: types.StringNull(), Path: types.StringNull(),
	}
	if id.Account != "" {
		parsed.Account = types.StringValue(id.Account)
	}
	if id.Kind.Platform() == governance.PlatformAWS {
		parsed.Path = types.StringValue(id.Path())
	}
	resp.Error = resp.Result.Set(ctx, parsed)
}

// readID reads an ARN or a canonical id. The error says what forms there are.
func readID(text string) (governance.ID, error) {
	if !strings.HasPrefix(text, "arn:") {
		return governance.ParseID(text)
	}
	id, ok := governance.ParseARN(text)
	if !ok {
		return governance.ID{}, fmt.Errorf("%q is not the ARN of an IAM role or user, such as arn:aws:iam::123456789012:role/ci/jenkins; the other forms are %s", text, governance.IDForms)
	}
	return id, nil
}
