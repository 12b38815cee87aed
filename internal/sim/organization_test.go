package sim_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func organizationsClient(s *sim.Server, account string) *organizations.Client {
	c := s.Account(account).Administrator()
	return organizations.New(organizations.Options{Region: region, BaseEndpoint: aws.String(s.URL()), Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, "")})
}

func configClient(s *sim.Server) *configservice.Client {
	c := s.Account(sim.DefaultAccount).Administrator()
	return configservice.New(configservice.Options{Region: region, BaseEndpoint: aws.String(s.URL()), Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, "")})
}

func TestListAccounts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const member, delegate = "200000000001", "200000000002"
	members := map[string]string{member: "SUSPENDED", delegate: ""}
	for i := range 40 {
		members[fmt.Sprintf("3000000000%02d", i)] = "ACTIVE"
	}
	s.Account("400000000000")
	s.PutOrganization(sim.Organization{Delegated: []string{delegate}, Members: members})
	for _, caller := range []string{sim.DefaultAccount, delegate} {
		states, pages := map[string]string{}, 0
		for p := organizations.NewListAccountsPaginator(organizationsClient(s, caller), &organizations.ListAccountsInput{}); p.HasMorePages(); pages++ {
			page, err := p.NextPage(t.Context())
			noError(t, err)
			for _, a := range page.Accounts {
				states[*a.Id] = string(a.State)
			}
		}
		if pages != 3 || len(states) != 43 || states[member] != "SUSPENDED" || states[sim.DefaultAccount] != "ACTIVE" {
			t.Errorf("%s got %v on %d pages", caller, states, pages)
		}
	}
	for account, code := range map[string]string{member: "AccessDeniedException", "400000000000": "AWSOrganizationsNotInUseException"} {
		_, err := organizationsClient(s, account).ListAccounts(t.Context(), &organizations.ListAccountsInput{})
		wantCode(t, err, code)
	}
	_, err := organizationsClient(s, delegate).ListAccounts(t.Context(), &organizations.ListAccountsInput{NextToken: aws.String("x")})
	wantCode(t, err, "InvalidInputException")
	_, err = organizationsClient(s, delegate).ListAccounts(t.Context(), &organizations.ListAccountsInput{MaxResults: aws.Int32(21)})
	wantCode(t, err, "ValidationException")
	s.DenyActions(sim.DefaultAccount, "organizations:*")
	_, err = organizationsClient(s, sim.DefaultAccount).ListAccounts(t.Context(), &organizations.ListAccountsInput{})
	wantCode(t, err, "AccessDeniedException")
	// An organization that is made anew has none but its members.
	s.PutOrganization(sim.Organization{})
	_, err = organizationsClient(s, delegate).ListAccounts(t.Context(), &organizations.ListAccountsInput{})
	wantCode(t, err, "AWSOrganizationsNotInUseException")
}

func TestSelectAggregateResourceConfig(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const member = "200000000001"
	for i := range 30 {
		s.Account(member).PutRole(sim.Role{Name: fmt.Sprintf("role-%02d", i), Tags: map[string]string{"Team": "web"}})
	}
	s.Account(sim.DefaultAccount).PutAggregator(sim.Aggregator{Name: "all", Accounts: []string{member}})
	client := configClient(s)
	ask := func(name, expression string) *configservice.SelectAggregateResourceConfigInput {
		return &configservice.SelectAggregateResourceConfigInput{ConfigurationAggregatorName: &name, Expression: &expression}
	}
	const query = "SELECT accountId, arn, tags WHERE resourceType = 'AWS::IAM::Role'"
	var found []string
	pages := 0
	for p := configservice.NewSelectAggregateResourceConfigPaginator(client, ask("all", query+" AND configurationItemStatus IN ('OK', 'ResourceDiscovered')")); p.HasMorePages(); pages++ {
		page, err := p.NextPage(t.Context())
		noError(t, err)
		found = append(found, page.Results...)
	}
	var first map[string]any
	if len(found) != 30 || pages != 2 {
		t.Fatalf("%d results on %d pages", len(found), pages)
	}
	noError(t, json.Unmarshal([]byte(found[0]), &first))
	if got := fmt.Sprint(first); got != "map[accountId:200000000001 arn:arn:aws:iam::200000000001:role/role-00 tags:[map[key:Team tag:Team=web value:web]]]" {
		t.Errorf("got %s", got)
	}
	if out, err := client.SelectAggregateResourceConfig(t.Context(), ask("all", query+" AND configurationItemStatus IN ('ResourceDeleted')")); err != nil || len(out.Results) > 0 {
		t.Errorf("got %v, %v", out, err)
	}
	for expression, code := range map[string]string{
		"SELECT * WHERE resourceType = 'AWS::IAM::Role'":                  "InvalidExpressionException",
		"SELECT arn FROM resources WHERE resourceType = 'AWS::IAM::Role'": "InvalidExpressionException",
		"SELECT arn": "InvalidExpressionException",
		query + "\n": "InvalidExpressionException",
		"SELECT owner WHERE resourceType = 'AWS::IAM::Role'":                    "InvalidExpressionException",
		"SELECT arn WHERE resourceType = 'AWS::IAM::Role' AND accountId <> '1'": "InvalidExpressionException",
		"": "ValidationException",
	} {
		_, err := client.SelectAggregateResourceConfig(t.Context(), ask("all", expression))
		wantCode(t, err, code)
	}
	_, err := client.SelectAggregateResourceConfig(t.Context(), ask("none", query))
	wantCode(t, err, "NoSuchConfigurationAggregatorException")
	tooMany, odd := ask("all", query), ask("all", query)
	tooMany.Limit, odd.NextToken = 101, aws.String("x")
	_, err = client.SelectAggregateResourceConfig(t.Context(), tooMany)
	wantCode(t, err, "ValidationException")
	_, err = client.SelectAggregateResourceConfig(t.Context(), odd)
	wantCode(t, err, "InvalidNextTokenException")
	s.DenyActions(sim.DefaultAccount, "config:*")
	_, err = client.SelectAggregateResourceConfig(t.Context(), ask("all", query))
	wantCode(t, err, "AccessDeniedException")
}
