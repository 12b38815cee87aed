package iampolicy

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	githubARN = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
	eksID     = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"
	eksARN    = "arn:aws:iam::111122223333:oidc-provider/" + eksID
	cluster   = "arn:aws:eks:eu-west-1:111122223333:cluster/prod"
)

func github(change func(*GitHubActions)) GitHubActions {
	p := GitHubActions{ProviderARN: githubARN, Repository: "octo-org/octo.repo"}
	change(&p)
	return p
}

func TestPresets(t *testing.T) {
	t.Parallel()
	const githubHead = `{"Sid":"GitHubActions","Effect":"Allow","Principal":{"Federated":"` + githubARN + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":`
	exact := func(sub string) string {
		return githubHead + `{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub":"` + sub + `"}}}`
	}
	like := func(sub string) string {
		return githubHead + `{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},"StringLike":{"token.actions.githubusercontent.com:sub":"` + sub + `"}}}`
	}
	const pods = `{"Sid":"EKSPodIdentity","Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]`
	for _, c := range []struct {
		name   string
		preset Preset
		want   string
	}{
		{
			"services",
			AWSServices{Services: []string{"lambda.amazonaws.com"}},
			`{"Sid":"Services","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`,
		},
		{
			"services with sources",
			AWSServices{
				Services:       []string{"ec2.amazonaws.com.cn", "s3.eu-west-1.amazonaws.com", "ec2.amazonaws.com.cn"},
				SourceAccounts: []string{"111122223333", "444455556666"},
				SourceARNs:     []string{"arn:aws:s3:::bucket", "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:*"},
			},
			`{"Sid":"Services","Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com.cn","s3.eu-west-1.amazonaws.com"]},"Action":"sts:AssumeRole",` +
				`"Condition":{"ArnLike":{"aws:SourceArn":["arn:aws:s3:::bucket","arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:*"]},` +
				`"StringEquals":{"aws:SourceAccount":["111122223333","444455556666"]}}}`,
		},
		{"branch", github(func(p *GitHubActions) { p.Branch = "main" }), exact("repo:octo-org/octo.repo:ref:refs/heads/main")},
		{"branch pattern", github(func(p *GitHubActions) { p.Branch = "release/*" }), like("repo:octo-org/octo.repo:ref:refs/heads/release/*")},
		{"tag", github(func(p *GitHubActions) { p.Tag = "v1.0" }), exact("repo:octo-org/octo.repo:ref:refs/tags/v1.0")},
		{"tag pattern", github(func(p *GitHubActions) { p.Tag = "v*" }), like("repo:octo-org/octo.repo:ref:refs/tags/v*")},
		{"environment", github(func(p *GitHubActions) { p.Environment = "eastus:prod a" }), exact("repo:octo-org/octo.repo:environment:eastus%3Aprod a")},
		{"pull request", github(func(p *GitHubActions) { p.PullRequest = true }), exact("repo:octo-org/octo.repo:pull_request")},
		{
			"immutable subject", github(func(p *GitHubActions) { p.Repository, p.Branch = "octocat@123456/my-repo@456789", "main" }),
			exact("repo:octocat@123456/my-repo@456789:ref:refs/heads/main"),
		},
		{
			"service account",
			EKSServiceAccount{OIDCProviderARN: eksARN, Namespace: "billing", Name: "invoice.export"},
			`{"Sid":"EKSServiceAccount","Effect":"Allow","Principal":{"Federated":"` + eksARN + `"},"Action":"sts:AssumeRoleWithWebIdentity",` +
				`"Condition":{"StringEquals":{"` + eksID + `:aud":"sts.amazonaws.com","` + eksID + `:sub":"system:serviceaccount:billing:invoice.export"}}}`,
		},
		{"any pod", EKSPodIdentity{}, pods + `}`},
		{"pods of a cluster", EKSPodIdentity{ClusterARN: cluster}, pods + `,"Condition":{"StringEquals":{"aws:RequestTag/eks-cluster-arn":"` + cluster + `"}}}`},
		{
			"pods of a service account",
			EKSPodIdentity{ClusterARN: cluster, Namespace: "billing", ServiceAccount: "export"},
			pods + `,"Condition":{"StringEquals":{"aws:RequestTag/eks-cluster-arn":"` + cluster +
				`","aws:RequestTag/kubernetes-namespace":"billing","aws:RequestTag/kubernetes-service-account":"export"}}}`,
		},
		{
			"oidc",
			OIDC{
				ProviderARN: "arn:aws:iam::111122223333:oidc-provider/gitlab.com/a-b",
				Subjects:    []string{"project_path:a/b:ref_type:branch:ref:main", "x"}, Audiences: []string{"https://gitlab.com", "https://gitlab.com"},
			},
			`{"Sid":"OIDC","Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/gitlab.com/a-b"},"Action":"sts:AssumeRoleWithWebIdentity",` +
				`"Condition":{"StringEquals":{"gitlab.com/a-b:aud":"https://gitlab.com","gitlab.com/a-b:sub":["project_path:a/b:ref_type:branch:ref:main","x"]}}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, err := Trust(c.preset)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := d.JSON(), `{"Version":"2012-10-17","Statement":[`+c.want+`]}`; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			parsed, err := ParseTrust(d.JSON())
			if diff := cmp.Diff(d, parsed); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestPresetRefusals(t *testing.T) {
	t.Parallel()
	services := func(values ...string) AWSServices { return AWSServices{Services: values} }
	arns := func(values ...string) AWSServices {
		return AWSServices{Services: []string{"lambda.amazonaws.com"}, SourceARNs: values}
	}
	repository := func(value string) GitHubActions {
		return github(func(p *GitHubActions) { p.Repository, p.Branch = value, "main" })
	}
	branch := func(value string) GitHubActions { return github(func(p *GitHubActions) { p.Branch = value }) }
	tag := func(value string) GitHubActions { return github(func(p *GitHubActions) { p.Tag = value }) }
	environment := func(value string) GitHubActions {
		return github(func(p *GitHubActions) { p.Environment = value })
	}
	provider := func(value string) GitHubActions {
		return github(func(p *GitHubActions) { p.ProviderARN, p.Branch = value, "main" })
	}
	account := func(namespace, name string) EKSServiceAccount {
		return EKSServiceAccount{OIDCProviderARN: eksARN, Namespace: namespace, Name: name}
	}
	oidc := func(subject, audience string) OIDC {
		return OIDC{ProviderARN: eksARN, Subjects: []string{subject}, Audiences: []string{audience}}
	}
	for _, c := range []struct {
		preset Preset
		want   string // the fields, in order
	}{
		{services(), "services"},
		{services("*"), "services"},
		{services("lambda"), "services"},
		{services("lambda.amazonaws.com", ""), "services"},
		{services("*.amazonaws.com"), "services"},
		{services("amazonaws.com"), "services"},
		{services("lambda.amazonaws.com.evil.example"), "services"},
		{services("lambda.evilamazonaws.com"), "services"},
		{services("Lambda.amazonaws.com"), "services"},
		{services("lambda..amazonaws.com"), "services"},
		{services(" lambda.amazonaws.com"), "services"},
		{services("lambda.amazonaws.com\n"), "services"},
		{services("arn:aws:iam::111122223333:root", "111122223333"), "services services"},
		{services("pods.eks.amazonaws.com"), "services"},
		{AWSServices{Services: []string{"x"}, SourceAccounts: []string{"1", "*"}, SourceARNs: []string{"y"}}, "services source_accounts source_accounts source_arns"},
		{arns("*"), "source_arns"},
		{arns(""), "source_arns"},
		{arns("arn:aws:lambda:*:111122223333:function:x"), "source_arns"},
		{arns("arn:aws:lambda:eu-west-1:*:function:x"), "source_arns"},
		{arns("arn:aws:lambda:eu-west-1:11112222333?:function:x"), "source_arns"},
		{arns("arn:*:lambda:eu-west-1:111122223333:function:x"), "source_arns"},
		{arns("arn:aws:*:eu-west-1:111122223333:function:x"), "source_arns"},
		{arns("arn:aws:lambda:eu-west-1:111122223333:"), "source_arns"},
		{arns("arn:aws:lambda:eu-west-1:111122223333:${aws:username}"), "source_arns"},
		{arns("arn:aws:s3:::bucket"), "source_arns"},

		{provider("https://token.actions.githubusercontent.com"), "provider_arn"},
		{provider(""), "provider_arn"},
		{provider("arn:aws:iam::111122223333:oidc-provider/*"), "provider_arn"},
		{provider("arn:aws:iam::*:oidc-provider/token.actions.githubusercontent.com"), "provider_arn"},
		{provider(eksARN), "provider_arn"},
		{provider(githubARN + ".evil.example"), "provider_arn"},
		{provider("arn:aws:iam::111122223333:oidc-provider/evil.example/token.actions.githubusercontent.com"), "provider_arn"},
		{repository(""), "repository"},
		{repository("octo-org"), "repository"},
		{repository("octo-org/*"), "repository"},
		{repository("octo-*/repo"), "repository"},
		{repository("*/*"), "repository"},
		{repository("octo-org/repo/x"), "repository"},
		{repository("octo-org/.."), "repository"},
		{repository("https://github.com/octo-org/repo"), "repository"},
		{repository("octo-org/repo:ref"), "repository"},
		{repository("octo-org@1/repo"), "repository"},
		{repository("octo-org/repo@1"), "repository"},
		{repository("-org/repo"), "repository"},
		{repository("org/${aws:username}"), "repository"},
		{github(func(*GitHubActions) {}), ""},
		{github(func(p *GitHubActions) { p.Branch, p.Tag = "a", "b" }), "tag"},
		{github(func(p *GitHubActions) { p.Environment, p.PullRequest = "a", true }), "pull_request"},
		{branch("*"), "branch"},
		{branch("*/main"), "branch"},
		{branch("refs/heads/main"), "branch"},
		{branch("a b"), "branch"},
		{branch("a?"), "branch"},
		{branch("a:b"), "branch"},
		{branch("a..b"), "branch"},
		{branch("a//b"), "branch"},
		{branch("/a"), "branch"},
		{branch("a/"), "branch"},
		{branch(".a"), "branch"},
		{branch("a.lock"), "branch"},
		{branch("a@{b"), "branch"},
		{branch("a\\b"), "branch"},
		{branch("${*}"), "branch"},
		{branch("a${aws:username}"), "branch"},
		{branch("a\n"), "branch"},
		{tag("*"), "tag"},
		{tag("refs/tags/v1"), "tag"},
		{environment("*"), "environment"},
		{environment("prod-?"), "environment"},
		{environment("prod "), "environment"},
		{environment("${aws:username}"), "environment"},
		{environment("a\tb"), "environment"},
		{environment(strings.Repeat("a", 256)), "environment"},
		{environment("生产"), "environment"},
		{GitHubActions{Branch: "*"}, "provider_arn repository branch"},

		{EKSServiceAccount{}, "oidc_provider_arn namespace name"},
		{EKSServiceAccount{OIDCProviderARN: githubARN, Namespace: "a", Name: "b"}, "oidc_provider_arn"},
		{EKSServiceAccount{OIDCProviderARN: "https://" + eksID, Namespace: "a", Name: "b"}, "oidc_provider_arn"},
		{account("*", "*"), "namespace name"},
		{account("a.b", "c"), "namespace"},
		{account("a", "b:c"), "name"},
		{account("a", "B"), "name"},
		{account("a", "b_"), "name"},
		{account("-a", "b"), "namespace"},
		{account(strings.Repeat("a", 64), strings.Repeat("a", 254)), "namespace name"},

		{EKSPodIdentity{ClusterARN: "prod"}, "cluster_arn"},
		{EKSPodIdentity{ClusterARN: "arn:aws:eks:eu-west-1:111122223333:cluster/*"}, "cluster_arn"},
		{EKSPodIdentity{Namespace: "*"}, "namespace"},
		{EKSPodIdentity{ServiceAccount: "export"}, "namespace"},
		{EKSPodIdentity{Namespace: "a", ServiceAccount: "*"}, "service_account"},

		{OIDC{}, "provider_arn subjects audiences"},
		{oidc("*", "sts.amazonaws.com"), "subjects"},
		{oidc("system:serviceaccount:a:*", "x"), "subjects"},
		{oidc("a?", "b?"), "subjects audiences"},
		{oidc("${saml:sub}", ""), "subjects audiences"},
		{OIDC{ProviderARN: "arn:aws:iam::111122223333:saml-provider/x", Subjects: []string{"a"}, Audiences: []string{"b"}}, "provider_arn"},
	} {
		t.Run(fmt.Sprintf("%+v", c.preset), func(t *testing.T) {
			t.Parallel()
			statements, err := c.preset.Statements()
			var fields []string
			for _, problem := range PresetErrors(err) {
				fields = append(fields, problem.Field)
				if problem.Reason == "" || problem.Fix == "" || problem.Preset == "" || !strings.Contains(err.Error(), problem.Error()) {
					t.Errorf("incomplete: %+v", problem)
				}
			}
			if err == nil || statements != nil || strings.Join(fields, " ") != c.want {
				t.Errorf("got fields %q, want %q, from: %v", fields, c.want, err)
			}
		})
	}
}

func TestTrust(t *testing.T) {
	t.Parallel()
	d, err := Trust(
		github(func(p *GitHubActions) { p.Branch = "main" }),
		AWSServices{Services: []string{"lambda.amazonaws.com"}},
		github(func(p *GitHubActions) { p.Tag = "v*" }),
		github(func(p *GitHubActions) { p.Environment = "prod" }),
	)
	if err != nil {
		t.Fatal(err)
	}
	var sids []string
	for _, s := range d.Statements {
		sids = append(sids, s.SID)
	}
	if diff := cmp.Diff([]string{"GitHubActions", "Services", "GitHubActions2", "GitHubActions3"}, sids); diff != "" {
		t.Error(diff)
	}
	if _, err := ParseTrust(d.JSON()); err != nil {
		t.Error(err)
	}
}

func TestTrustErrors(t *testing.T) {
	t.Parallel()
	if _, err := Trust(); err == nil || PresetErrors(err) != nil {
		t.Errorf("no preset: %v", err)
	}
	d, err := Trust(nil, OIDC{}, AWSServices{})
	if got := PresetErrors(fmt.Errorf("trust: %w", err)); len(got) != 4 || got[0].Preset != "OIDC" || got[3].Preset != "Services" {
		t.Errorf("got %v", err)
	}
	if len(d.Statements) != 0 {
		t.Error("a document came with the error")
	}
	var first *PresetError
	if !errors.As(err, &first) || first.Field != "provider_arn" || !strings.HasPrefix(first.Error(), "OIDC.provider_arn: ") {
		t.Errorf("got %v", first)
	}
	whole := &PresetError{Preset: "GitHubActions", Reason: "A.", Fix: "B."}
	if got, want := whole.Error(), "GitHubActions: A. B."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
