package sim_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func secureString(name, value string) *ssm.PutParameterInput {
	return &ssm.PutParameterInput{Name: &name, Value: &value, Type: types.ParameterTypeSecureString}
}

func TestParameterLifecycle(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	name := aws.String("/nhi/robot")
	in := secureString("/nhi/robot", "one")
	in.Tags = []types.Tag{{Key: aws.String("nhi:owner"), Value: aws.String("payments")}}
	made, err := c.SSM.PutParameter(ctx, in)
	noError(t, err)
	if made.Version != 1 || made.Tier != types.ParameterTierStandard {
		t.Errorf("made %+v", made)
	}
	_, err = c.SSM.PutParameter(ctx, secureString("/nhi/robot", "two"))
	wantCode(t, err, "ParameterAlreadyExists")
	over := secureString("/nhi/robot", "two")
	over.Overwrite = aws.Bool(true)
	two, err := c.SSM.PutParameter(ctx, over)
	noError(t, err)
	if two.Version != 2 {
		t.Errorf("version %d", two.Version)
	}
	over.Tags = in.Tags
	_, err = c.SSM.PutParameter(ctx, over)
	wantCode(t, err, "ValidationException")
	_, err = c.SSM.LabelParameterVersion(ctx, &ssm.LabelParameterVersionInput{Name: name, ParameterVersion: aws.Int64(1), Labels: []string{"old", "9bad"}})
	noError(t, err)
	for text, want := range map[string]string{
		"/nhi/robot": "two", "/nhi/robot:1": "one", "/nhi/robot:old": "one", "arn:aws:ssm:eu-west-1:123456789012:parameter/nhi/robot": "two",
	} {
		got, err := c.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: &text, WithDecryption: aws.Bool(true)})
		noError(t, err)
		if *got.Parameter.Value != want || *got.Parameter.ARN != "arn:aws:ssm:eu-west-1:123456789012:parameter/nhi/robot" {
			t.Errorf("%s: %+v", text, got.Parameter)
		}
	}
	hidden, err := c.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: name})
	noError(t, err)
	if strings.Contains(*hidden.Parameter.Value, "two") {
		t.Error("the value came without decryption")
	}
	_, err = c.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/nhi/robot:7")})
	wantCode(t, err, "ParameterVersionNotFound")
	several, err := c.SSM.GetParameters(ctx, &ssm.GetParametersInput{Names: []string{"/nhi/robot", "/none"}})
	noError(t, err)
	if len(several.Parameters) != 1 || !cmp.Equal(several.InvalidParameters, []string{"/none"}) {
		t.Errorf("parameters %+v", several)
	}
	history, err := c.SSM.GetParameterHistory(ctx, &ssm.GetParameterHistoryInput{Name: name, WithDecryption: aws.Bool(true)})
	noError(t, err)
	if h := history.Parameters; len(h) != 2 || *h[0].Value != "one" || h[0].Labels[0] != "old" || *h[1].KeyId != "alias/aws/ssm" {
		t.Errorf("history %+v", h)
	}
	resource := types.ResourceTypeForTaggingParameter
	_, err = c.SSM.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{ResourceType: resource, ResourceId: name, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	noError(t, err)
	_, err = c.SSM.RemoveTagsFromResource(ctx, &ssm.RemoveTagsFromResourceInput{ResourceType: resource, ResourceId: name, TagKeys: []string{"nhi:owner"}})
	noError(t, err)
	tags, err := c.SSM.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceType: resource, ResourceId: name})
	noError(t, err)
	if len(tags.TagList) != 1 || *tags.TagList[0].Key != "a" {
		t.Errorf("tags %+v", tags.TagList)
	}
	list, err := c.SSM.DescribeParameters(ctx, &ssm.DescribeParametersInput{ParameterFilters: []types.ParameterStringFilter{
		{Key: aws.String("Path"), Values: []string{"/nhi"}}, {Key: aws.String("tag:a"), Values: []string{"b"}},
	}})
	noError(t, err)
	if len(list.Parameters) != 1 || list.Parameters[0].Version != 2 {
		t.Errorf("described %+v", list.Parameters)
	}
	if v, _ := s.Account(sim.DefaultAccount).Parameter(region, "/nhi/robot"); v.Value != "two" || v.Version != 2 || v.Tags["a"] != "b" {
		t.Errorf("view %+v", v)
	}
	_, err = c.SSM.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: name})
	noError(t, err)
	_, err = c.SSM.DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: name})
	wantCode(t, err, "ParameterNotFound")
}

func TestParameterRefusals(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	s.Account(sim.DefaultAccount).PutParameter(sim.Parameter{Name: "text", Type: "String", Value: "v"})
	with := func(name, value string, change func(*ssm.PutParameterInput)) *ssm.PutParameterInput {
		in := secureString(name, value)
		if change != nil {
			change(in)
		}
		return in
	}
	for name, tt := range map[string]struct {
		in   *ssm.PutParameterInput
		code string
	}{
		"aws":            {with("/aws/x", "v", nil), "AccessDeniedException"},
		"ssm":            {with("ssm-x", "v", nil), "ValidationException"},
		"not qualified":  {with("a/b", "v", nil), "ValidationException"},
		"characters":     {with("/a b", "v", nil), "ValidationException"},
		"levels":         {with(strings.Repeat("/a", 16), "v", nil), "HierarchyLevelLimitExceededException"},
		"no type":        {with("/a", "v", func(in *ssm.PutParameterInput) { in.Type = "" }), "ValidationException"},
		"empty":          {with("/a", "", nil), "ValidationException"},
		"standard value": {with("/a", strings.Repeat("s", 4097), nil), "ValidationException"},
		"advanced value": {with("/a", strings.Repeat("s", 8193), func(in *ssm.PutParameterInput) { in.Tier = types.ParameterTierAdvanced }), "ValidationException"},
		"tag value": {with("/a", "v", func(in *ssm.PutParameterInput) {
			in.Tags = []types.Tag{{Key: aws.String("a"), Value: aws.String("b, c")}}
		}), "ValidationException"},
		"change of type": {with("text", "v", func(in *ssm.PutParameterInput) { in.Overwrite = aws.Bool(true) }), "HierarchyTypeMismatchException"},
		"pattern":        {with("/a", "v", func(in *ssm.PutParameterInput) { in.AllowedPattern = aws.String("^x$") }), "ParameterPatternMismatchException"},
	} {
		_, err := c.SSM.PutParameter(t.Context(), tt.in)
		if code(err) != tt.code || strings.Contains(message(err), "sssss") {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	_, err := c.SSM.PutParameter(t.Context(), with("/large", strings.Repeat("s", 5000), func(in *ssm.PutParameterInput) { in.Tier = types.ParameterTierIntelligentTiering }))
	noError(t, err)
	_, err = c.SSM.PutParameter(t.Context(), with("/large", "v", func(in *ssm.PutParameterInput) { in.Tier, in.Overwrite = types.ParameterTierStandard, aws.Bool(true) }))
	wantCode(t, err, "ValidationException")
}
