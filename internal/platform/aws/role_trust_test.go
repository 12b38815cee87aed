package aws_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// TestSimTrust has every clause of a trust on the argument that declares it, for the one call that says whose account it
// is.
func TestSimTrust(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	driver := aws.NewAccount(e.config()).Roles()
	provider := "arn:aws:iam::123456789012:oidc-provider/"
	statement := func(principal string) string {
		return `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":` + principal + `}`
	}
	document := func(statements ...string) aws.RoleSpec {
		return aws.RoleSpec{AssumeRolePolicy: `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`}
	}
	party := iampolicy.ThirdParty{AccountIDs: []string{"999988887777"}, ExternalID: "0f8fad5b-d9cb-469f-a165-70867728950e"}
	narrow := party
	narrow.PrincipalARNs = []string{"arn:aws:iam::999988887777:role/collector"}
	everybody, lambda := statement(`"*"`), statement(`{"Service":"lambda.amazonaws.com"}`)
	for name, c := range map[string]struct {
		spec aws.RoleSpec
		want []string // attribute, trustees, and whether they are refused
	}{
		"presets": {aws.RoleSpec{Trust: []iampolicy.Preset{
			iampolicy.AWSServices{Services: []string{"lambda.amazonaws.com", ec2}},
			iampolicy.GitHubActions{Repository: "acme/shop", Branch: "main"},
			iampolicy.EKSServiceAccount{OIDCProviderARN: provider + "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF", Namespace: "shop", Name: "api"},
			iampolicy.EKSPodIdentity{ClusterARN: "arn:aws:eks:eu-west-1:123456789012:cluster/shop", Namespace: "shop", ServiceAccount: "api"},
			iampolicy.OIDC{ProviderARN: provider + "gitlab.example", Subjects: []string{"a"}, Audiences: []string{"b"}},
		}}, []string{
			"aws_role.trust.aws_services lambda.amazonaws.com ec2.amazonaws.com false", "aws_role.trust.github_actions token.actions.githubusercontent.com false",
			"aws_role.trust.eks_service_account oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF false", "aws_role.trust.eks_pod_identity pods.eks.amazonaws.com false", "aws_role.trust.oidc gitlab.example false",
		}},
		"third party":              {aws.RoleSpec{Trust: []iampolicy.Preset{party}}, []string{"third_party.account_ids 999988887777 false"}},
		"third party's principals": {aws.RoleSpec{Trust: []iampolicy.Preset{narrow}}, []string{"aws_role.principal_arns arn:aws:iam::999988887777:role/collector false"}},
		"document":                 {document(everybody, lambda), []string{"aws_role.assume_role_policy * true", "aws_role.assume_role_policy lambda.amazonaws.com false"}},
		"document that denies":     {document(everybody, lambda, strings.Replace(everybody, "Allow", "Deny", 1)), nil},
		"malformed document":       {aws.RoleSpec{AssumeRolePolicy: "{"}, nil},
		"malformed preset":         {aws.RoleSpec{Trust: []iampolicy.Preset{iampolicy.AWSServices{Services: []string{"lambda"}}}}, nil},
		"not known yet":            {aws.RoleSpec{}, nil},
	} {
		trust, err := driver.Trust(t.Context(), c.spec)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, clause := range trust.Clauses {
			text := strings.Join(clause.Attribute, ".")
			for _, trustee := range clause.Trustees {
				text += " " + trustee.Name
			}
			got = append(got, fmt.Sprint(text, " ", clause.Refused))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: the trust is %q", name, got)
		}
	}
	if got := e.sim.CountCalls(""); got != 1 {
		t.Errorf("it took %d calls", got)
	}
}
