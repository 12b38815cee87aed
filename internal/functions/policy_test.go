package functions_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/functions"
)

// statements is a policy.
func statements(texts ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(texts, ",") + `]}`
}

// ask calls a function that looks at a policy, and writes down what it answers.
func ask(t *testing.T, f function.Function, policy string) (string, *function.FuncError) {
	t.Helper()
	var definition function.DefinitionResponse
	f.Definition(t.Context(), function.DefinitionRequest{}, &definition)
	result, err := definition.Definition.Return.NewResultData(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	resp := function.RunResponse{Result: result}
	f.Run(t.Context(), function.RunRequest{Arguments: function.NewArgumentsData([]attr.Value{types.StringValue(policy)})}, &resp)
	return resp.Result.Value().String(), resp.Error
}

// TestPolicyFunctions looks at policies through both functions.
func TestPolicyFunctions(t *testing.T) {
	t.Parallel()
	const export = `{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::exports/*"}`
	for name, of := range map[string]struct {
		policy           string
		findings, grants []string
	}{
		"narrow": {statements(export), []string{"[]"}, []string{
			`"actions":["s3:PutObject"],"conditioned":false,"except":[],"level":"Write","resources":["arn:aws:s3:::exports/*"],"services":["s3"],"whole":false`,
			`"actions":["s3:GetObject"],"conditioned":false,"except":[],"level":"Read"`,
		}},
		"administrator": {
			statements(export, `{"Effect":"Allow","Action":"*","Resource":"*"}`),
			[]string{`"class":"administrator"`, `"path":"",`, `"statements":[2]`, `"message":"`, `"remedy":"`},
			[]string{`"actions":["*"]`, `"services":[],"whole":true`},
		},
		"escalation": {
			statements(`{"Effect":"Allow","Action":"iam:CreatePolicyVersion","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`),
			[]string{`"class":"privilege_escalation","conditioned":true`, `"path":"iam:CreatePolicyVersion"`, `"actions":["iam:CreatePolicyVersion"]`},
			[]string{`"conditioned":true`, `"level":"Permissions management"`},
		},
		"a whole service": {statements(`{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`), []string{`"class":"service_wildcard"`, `"class":"resource_wildcard_write"`}, []string{`"actions":["sqs:*"]`, `"services":["sqs"],"whole":true`}},
		"unknown actions": {
			statements(export, `{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, `{"Effect":"Allow","NotAction":["iam:*","s3:GetObjcet"],"Resource":"arn:aws:s3:::exports/*"}`), []string{
				`"class":"unknown_action","conditioned":false,"message":"Statement 3, NotAction \"s3:GetObjcet\" is no action that is known, and so leaves nothing out of what is allowed; did you mean \"s3:GetObject\"?"`, `"actions":["s3:GetObjcet"]`, `"statements":[3]`,
			}, nil,
		},
		"denied": {statements(export, `{"Effect":"Deny","Action":"*","Resource":"*"}`), []string{"[]"}, []string{"[]"}},
		"except": {statements(`{"Effect":"Allow","Action":"s3:GetObject","NotResource":"arn:aws:s3:::secret/*"}`), []string{`"class":"data_exfiltration"`}, []string{`"except":["arn:aws:s3:::secret/*"]`, `"resources":["*"]`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for f, wants := range map[function.Function][]string{functions.NewPolicyFindings(): of.findings, functions.NewPolicyGrants(): of.grants} {
				got, err := ask(t, f, of.policy)
				if err != nil {
					t.Fatal(err)
				}
				for _, want := range wants {
					if !strings.Contains(got, want) && got != want {
						t.Errorf("%s is not in %s", want, got)
					}
				}
			}
		})
	}
	for policy, want := range map[string]string{
		"": "line 1, column 1", "{\n \"Version\": \"2012-10-17\",\n \"Statement\": [{\"Effect\": \"Permit\"}]}": "line 3, column",
		statements(`{"Effect":"Allow","Action":"s3:GetObject","Principal":"*"}`): "Principal",
	} {
		for _, f := range []function.Function{functions.NewPolicyFindings(), functions.NewPolicyGrants()} {
			_, err := ask(t, f, policy)
			if err == nil || *err.FunctionArgument != 0 || !strings.Contains(err.Text, want) || !strings.HasSuffix(err.Text, ": give an identity policy as JSON") {
				t.Errorf("%q: %v", policy, err)
			}
		}
	}
}

// TestSimPolicyFunctions asks through Terraform.
func TestSimPolicyFunctions(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(server), Steps: []resource.TestStep{{
		Config: acctest.ProviderConfig(server, "") + `
locals { policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], Resource = "*" }] }) }
output "findings" { value = [for finding in provider::governed::policy_findings(local.policy) : "${finding.class} ${finding.path}"] }
output "grants" { value = [for grant in provider::governed::policy_grants(local.policy) : "${grant.level}: ${join(", ", grant.actions)}"] }
`,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownOutputValue("findings", knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.StringExact("privilege_escalation iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction")})),
			statecheck.ExpectKnownOutputValue("grants", knownvalue.ListPartial(map[int]knownvalue.Check{0: knownvalue.NotNull()})),
		},
	}}})
}
