package provider

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

var (
	// aggregatorPattern is that of the API reference, SelectAggregateResourceConfig.
	aggregatorPattern = regexp.MustCompile(`^[\w-]{1,256}$`)
	accountPattern    = regexp.MustCompile(`^[0-9]{12}$`)
	roleNamePattern   = regexp.MustCompile(`^[\w+=,.@-]+(/[\w+=,.@-]+)*$`)
	roleARNPattern    = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.`)
	endpointPattern   = regexp.MustCompile(`^https?://[^/]`)
	regionPattern     = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
	tagKeyPattern     = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

type providerModel struct {
	AWS          types.Object `tfsdk:"aws"`
	Azure        types.Object `tfsdk:"azure"`
	Policy       types.Object `tfsdk:"policy"`
	PolicyFile   types.String `tfsdk:"policy_file"`
	MetadataKeys types.Map    `tfsdk:"metadata_keys"`
}

type awsModel struct {
	Region            types.String     `tfsdk:"region"`
	Profile           types.String     `tfsdk:"profile"`
	AssumeRole        *assumeRoleModel `tfsdk:"assume_role"`
	Session           *sessionModel    `tfsdk:"session"`
	Endpoints         *endpointsModel  `tfsdk:"endpoints"`
	AllowedAccountIDs []string         `tfsdk:"allowed_account_ids"`
	MaxRetries        types.Int32      `tfsdk:"max_retries"`
	IgnoreTags        *ignoreTagsModel `tfsdk:"ignore_tags"`
	Inventory         *inventoryModel  `tfsdk:"inventory"`
}

type assumeRoleModel struct {
	RoleARN     types.String `tfsdk:"role_arn"`
	SessionName types.String `tfsdk:"session_name"`
	ExternalID  types.String `tfsdk:"external_id"`
}

type sessionModel struct {
	AccessKeyID     types.String `tfsdk:"access_key_id"`
	SecretAccessKey types.String `tfsdk:"secret_access_key"`
	SessionToken    types.String `tfsdk:"session_token"`
}

type endpointsModel struct {
	AccessAnalyzer types.String `tfsdk:"accessanalyzer"`
	Config         types.String `tfsdk:"config"`
	IAM            types.String `tfsdk:"iam"`
	Organizations  types.String `tfsdk:"organizations"`
	SecretsManager types.String `tfsdk:"secretsmanager"`
	SSM            types.String `tfsdk:"ssm"`
	STS            types.String `tfsdk:"sts"`
}

type ignoreTagsModel struct {
	Keys        []string `tfsdk:"keys"`
	KeyPrefixes []string `tfsdk:"key_prefixes"`
}

func (m *ignoreTagsModel) value() platform.IgnoreTags {
	if m == nil {
		return platform.IgnoreTags{}
	}
	return platform.IgnoreTags{Keys: m.Keys, KeyPrefixes: m.KeyPrefixes}
}

// ValidateConfig finds what is wrong in the provider block, and keeps its policy for the validation of the resources.
func (p *Provider) ValidateConfig(ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse) {
	var m providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if tfkit.FullyKnown(ctx, m.MetadataKeys) {
		_, diags := metadataKeys(ctx, m.MetadataKeys)
		resp.Diagnostics.Append(diags...)
	}
	p.preview.Store(nil)
	if !tfkit.FullyKnown(ctx, m.Policy) || m.PolicyFile.IsUnknown() {
		return
	}
	policy, diags := effectivePolicy(ctx, m, nil)
	resp.Diagnostics.Append(diags...)
	if !diags.HasError() {
		p.preview.Store(&tfkit.Data{Clock: p.clock, Policy: policy})
	}
}

// foresee keeps the policy that holds without a provider block, which Terraform does not validate where it is empty.
func (p *Provider) foresee() {
	policy, diags := effectivePolicy(context.Background(), providerModel{}, nil) //nolint:forbidigo // reads at most a local file
	if !diags.HasError() {
		p.preview.Store(&tfkit.Data{Clock: p.clock, Policy: policy})
	}
}

// Configure reads the provider block and the policies. It calls no cloud: that happens when something is first needed.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var m providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	data := &tfkit.Data{Clock: p.clock, Changing: p.changing}
	var diags diag.Diagnostics
	data.Policy, diags = effectivePolicy(ctx, m, func(group string) ([]governance.Owner, error) { return readOwners(data, group) })
	resp.Diagnostics.Append(diags...)
	keys, diags := metadataKeys(ctx, m.MetadataKeys)
	resp.Diagnostics.Append(diags...)
	switch {
	case m.AWS.IsNull():
	case !tfkit.FullyKnown(ctx, m.AWS):
		data.AWSUnknown = true
	default:
		config, diags := p.awsConfig(ctx, m.AWS)
		resp.Diagnostics.Append(diags...)
		config.MetadataKeys = keys
		data.AWS = aws.NewAccount(config)
	}
	switch {
	case m.Azure.IsNull():
	case !tfkit.FullyKnown(ctx, m.Azure):
		data.AzureUnknown = true
	default:
		config, diags := p.azureConfig(ctx, m.Azure)
		resp.Diagnostics.Append(diags...)
		config.MetadataKeys = keys
		data.Azure = azure.NewTenant(config)
	}
	if !resp.Diagnostics.HasError() {
		resp.ResourceData, resp.DataSourceData, resp.ListResourceData = data, data, data
		resp.EphemeralResourceData, resp.ActionData = data, data
	}
}

// ownersTimeout is how long the directory of owners may take, which a policy asks for in the middle of a plan.
const ownersTimeout = 2 * time.Minute

// readOwners reads them from the tenant that the provider block names.
func readOwners(data *tfkit.Data, group string) ([]governance.Owner, error) {
	if data.Azure == nil {
		return nil, errors.New("the provider block has no azure, which says in which tenant it is")
	}
	ctx, cancel := context.WithTimeout(context.Background(), ownersTimeout) //nolint:forbidigo // a policy has no context
	defer cancel()
	return data.Azure.Owners(ctx, group)
}

func (p *Provider) awsConfig(ctx context.Context, object types.Object) (aws.Config, diag.Diagnostics) {
	var m awsModel
	diags := object.As(ctx, &m, basetypes.ObjectAsOptions{})
	config := aws.Config{
		Region:            m.Region.ValueString(),
		Profile:           m.Profile.ValueString(),
		AllowedAccountIDs: m.AllowedAccountIDs,
		MaxRetries:        int(m.MaxRetries.ValueInt32()),
		Version:           p.version,
		Through:           p.through,
		MaxBackoff:        p.maxBackoff,
		Wait:              p.wait,
		Clock:             p.clock,
	}
	if role := m.AssumeRole; role != nil {
		config.AssumeRole = aws.AssumeRole{RoleARN: role.RoleARN.ValueString(), SessionName: role.SessionName.ValueString(), ExternalID: role.ExternalID.ValueString()}
	}
	if session := m.Session; session != nil {
		config.Session = aws.SessionCredentials{AccessKeyID: session.AccessKeyID.ValueString(), SecretAccessKey: session.SecretAccessKey.ValueString(), SessionToken: session.SessionToken.ValueString()}
	}
	if endpoints := m.Endpoints; endpoints != nil {
		config.Endpoints = map[string]string{
			"accessanalyzer": endpoints.AccessAnalyzer.ValueString(), "config": endpoints.Config.ValueString(), "iam": endpoints.IAM.ValueString(),
			"organizations": endpoints.Organizations.ValueString(), "secretsmanager": endpoints.SecretsManager.ValueString(),
			"ssm": endpoints.SSM.ValueString(), "sts": endpoints.STS.ValueString(),
		}
	}
	config.IgnoreTags = m.IgnoreTags.value()
	if m.Inventory != nil {
		diags.Append(m.Inventory.configure(ctx, &config)...)
	}
	return config, diags
}

func metadataKeys(ctx context.Context, value types.Map) (governance.MetadataKeys, diag.Diagnostics) {
	var diags diag.Diagnostics
	if !tfkit.FullyKnown(ctx, value) {
		diags.AddAttributeError(path.Root("metadata_keys"), "Metadata keys are not known yet", "They decide where metadata is read from, so they have to be constants or variables.")
		return governance.MetadataKeys{}, diags
	}
	renamed := map[governance.Field]string{}
	var texts map[string]string
	diags.Append(value.ElementsAs(ctx, &texts, false)...)
	for field, key := range texts {
		renamed[governance.Field(field)] = key
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			diags.AddAttributeError(path.Root("metadata_keys").AtMapKey(field), "Metadata key is reserved", "The key "+key+" starts with aws:, which AWS keeps for itself. Choose another one.")
		}
	}
	keys := governance.NewMetadataKeys(renamed)
	seen := map[string]governance.Field{}
	for _, field := range governance.MetadataKeyFields {
		key := strings.ToLower(keys.Key(field))
		if other, twice := seen[key]; twice {
			diags.AddAttributeError(path.Root("metadata_keys"), "Metadata keys are not unique", "The fields "+string(other)+" and "+string(field)+" would share the tag "+keys.Key(field)+". IAM ignores the case of tag keys. Give each its own.")
		}
		seen[key] = field
	}
	return keys, diags
}
