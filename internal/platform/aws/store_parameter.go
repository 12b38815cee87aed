package aws

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// parameterClient is what this package uses of Parameter Store. Nothing of it reads a parameter's value.
type parameterClient struct {
	describeParameters
	PutParameter           parameterCall[ssm.PutParameterInput, ssm.PutParameterOutput]
	DeleteParameter        parameterCall[ssm.DeleteParameterInput, ssm.DeleteParameterOutput]
	ListTagsForResource    parameterCall[ssm.ListTagsForResourceInput, ssm.ListTagsForResourceOutput]
	AddTagsToResource      parameterCall[ssm.AddTagsToResourceInput, ssm.AddTagsToResourceOutput]
	RemoveTagsFromResource parameterCall[ssm.RemoveTagsFromResourceInput, ssm.RemoveTagsFromResourceOutput]
}

type parameterCall[In, Out any] = call[In, Out, ssm.Options]

type describeParameters parameterCall[ssm.DescribeParametersInput, ssm.DescribeParametersOutput]

func (do describeParameters) DescribeParameters(ctx context.Context, in *ssm.DescribeParametersInput, options ...func(*ssm.Options)) (*ssm.DescribeParametersOutput, error) {
	return do(ctx, in, options...)
}

func newParameterClient(client *ssm.Client) *parameterClient {
	return &parameterClient{
		describeParameters:     client.DescribeParameters,
		PutParameter:           client.PutParameter,
		DeleteParameter:        client.DeleteParameter,
		ListTagsForResource:    client.ListTagsForResource,
		AddTagsToResource:      client.AddTagsToResource,
		RemoveTagsFromResource: client.RemoveTagsFromResource,
	}
}

// Parameter keeps a credential in Parameter Store, as a SecureString.
type Parameter struct {
	vault
	client *parameterClient
}

var _ platform.SecretStore = (*Parameter)(nil)

// credentialDescription reads the id of the credential out of a description. A description changes together with the value.
var credentialDescription = regexp.MustCompile(`^Credential (\S+) of \S+\. Managed by ` + governance.ManagedBy + `\.$`)

func description(id string, marks platform.Marks) string {
	return "Credential " + id + " of " + marks[governance.FieldIdentity] + ". Managed by " + governance.ManagedBy + "."
}

// Describe asks for the parameter, and then for its tags.
func (p *Parameter) Describe(ctx context.Context) (platform.Stored, error) {
	pages := ssm.NewDescribeParametersPaginator(p.client, &ssm.DescribeParametersInput{
		ParameterFilters: []types.ParameterStringFilter{{Key: awssdk.String("Name"), Option: awssdk.String("Equals"), Values: []string{p.spec.Name}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return platform.Stored{}, mapError("ssm:DescribeParameters", err)
		}
		for _, parameter := range page.Parameters {
			return p.stored(ctx, parameter)
		}
	}
	return platform.Stored{}, nil
}

func (p *Parameter) stored(ctx context.Context, parameter types.ParameterMetadata) (platform.Stored, error) {
	stored := platform.Stored{
		Exists: true, ARN: awssdk.ToString(parameter.ARN), Version: strconv.FormatInt(parameter.Version, 10),
		Settings: platform.StoreSettings{KeyID: otherKey(awssdk.ToString(parameter.KeyId)), Tier: string(parameter.Tier)},
	}
	if stored.ARN == "" { // Some endpoints leave it out.
		stored.ARN = p.arn()
	}
	if match := credentialDescription.FindStringSubmatch(awssdk.ToString(parameter.Description)); match != nil {
		stored.Current = match[1]
	}
	output, err := p.client.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: &p.spec.Name})
	if err = mapError("ssm:ListTagsForResource", err); errors.Is(err, platform.ErrNotFound) {
		return platform.Stored{}, nil // Somebody has removed it since it was listed.
	} else if err != nil {
		return platform.Stored{}, err
	}
	tags := map[string]string{}
	for _, tag := range output.TagList {
		tags[awssdk.ToString(tag.Key)] = awssdk.ToString(tag.Value)
	}
	p.read(&stored, tags)
	return stored, nil
}

// defaultParameterKey is the key that Parameter Store takes by itself.
const defaultParameterKey = "alias/aws/ssm"

func (p *Parameter) arn() string {
	return arn.ARN{Partition: p.partition, Service: "ssm", Region: p.region, AccountID: p.owner, Resource: "parameter/" + strings.TrimPrefix(p.spec.Name, "/")}.String()
}

// Await asks again while it is another's.
func (p *Parameter) Await(ctx context.Context, id string) (platform.Stored, error) {
	return p.await(ctx, id, p.Describe)
}

// Prepare changes the tags of a parameter that is there. There are no empty parameters, and key and tier change only
// together with the value.
func (p *Parameter) Prepare(ctx context.Context, have platform.Stored, marks platform.Marks) (platform.Stored, error) {
	if !have.Exists {
		return have, nil
	}
	set, remove := p.changes(p.tagsOf(have), marks)
	if len(remove) > 0 {
		_, err := p.client.RemoveTagsFromResource(ctx, &ssm.RemoveTagsFromResourceInput{ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: &p.spec.Name, TagKeys: remove})
		if err != nil {
			return have, mapError("ssm:RemoveTagsFromResource", err)
		}
	}
	if len(set) > 0 {
		_, err := p.client.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: &p.spec.Name, Tags: parameterTags(set)})
		if err != nil {
			return have, mapError("ssm:AddTagsToResource", err)
		}
	}
	have.ManagedBy, have.Marks = governance.ManagedBy, marks
	return have, nil
}

func parameterTags(tags map[string]string) []types.Tag {
	list := make([]types.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: awssdk.String(key), Value: awssdk.String(tags[key])})
	}
	return list
}

// Put makes the document the parameter's current version. A new parameter gets its tags in the same call, which does not
// overwrite one that somebody else has made meanwhile.
func (p *Parameter) Put(ctx context.Context, have platform.Stored, marks platform.Marks, content platform.Content) (platform.Stored, error) {
	input := &ssm.PutParameterInput{
		Name: &p.spec.Name, Type: types.ParameterTypeSecureString, Value: awssdk.String(string(content.Document)),
		Description: awssdk.String(description(content.Credential, marks)), Tier: types.ParameterTier(p.spec.Tier),
		KeyId: awssdk.String(defaultParameterKey),
	}
	if p.spec.KeyID != "" {
		input.KeyId = &p.spec.KeyID
	}
	if have.Exists {
		input.Overwrite = awssdk.Bool(true)
	} else {
		input.Tags = parameterTags(p.tags(marks))
	}
	output, err := p.client.PutParameter(ctx, input)
	if err != nil {
		if apiCode(err) == codeParameterExists {
			return have, p.taken(err)
		}
		return have, mapError("ssm:PutParameter", err)
	}
	return platform.Stored{
		Exists: true, ARN: p.arn(), Version: strconv.FormatInt(output.Version, 10), Current: content.Credential,
		ManagedBy: governance.ManagedBy, Marks: marks, Settings: p.spec.StoreSettings,
	}, nil
}

// Recovery is not possible.
func (*Parameter) Recovery() string { return "" }

// Remove deletes the parameter, which cannot be restored.
func (p *Parameter) Remove(ctx context.Context, _ platform.Stored) error {
	_, err := p.client.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: &p.spec.Name})
	return mapError("ssm:DeleteParameter", err)
}
