package federation_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
)

const (
	audience = "api://AzureADTokenExchange"
	github   = "https://token.actions.githubusercontent.com"
	cluster  = "https://westeurope.oic.prod-aks.azure.com/t/c/"
)

func TestCredentials(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		preset federation.Preset
		want   federation.Credential
	}{
		{federation.GitHubActions{Repository: "acme/app", Branch: "main"}, federation.Credential{github, "repo:acme/app:ref:refs/heads/main", audience}},
		{federation.GitHubActions{Repository: "acme/app", Branch: "release/1"}, federation.Credential{github, "repo:acme/app:ref:refs/heads/release/1", audience}},
		{federation.GitHubActions{Repository: "acme@1/app@2", Tag: "v1"}, federation.Credential{github, "repo:acme@1/app@2:ref:refs/tags/v1", audience}},
		{federation.GitHubActions{Repository: "acme/app", Environment: "a:b"}, federation.Credential{github, "repo:acme/app:environment:a%3Ab", audience}},
		{federation.GitHubActions{Repository: "acme/app", PullRequest: true}, federation.Credential{github, "repo:acme/app:pull_request", audience}},
		{federation.KubernetesServiceAccount{Issuer: cluster, Namespace: "billing", Name: "export"}, federation.Credential{cluster, "system:serviceaccount:billing:export", audience}},
		{federation.OIDC{Issuer: "https://gitlab.example", Subject: "project_path:a/b:ref_type:branch:ref:main"}, federation.Credential{"https://gitlab.example", "project_path:a/b:ref_type:branch:ref:main", audience}},
		{federation.OIDC{Issuer: "https://gitlab.example", Subject: "x", Audience: "me"}, federation.Credential{"https://gitlab.example", "x", "me"}},
	} {
		t.Run(of.want.Subject, func(t *testing.T) {
			t.Parallel()
			got, problems := of.preset.Credential(audience)
			if got != of.want || len(problems) > 0 {
				t.Errorf("%+v makes %+v with %v", of.preset, got, problems)
			}
			if back := federation.Of(got, audience); back != of.preset {
				t.Errorf("%+v is read back as %+v", of.preset, back)
			}
		})
	}
}

// TestOthers reads what no preset makes as it is.
func TestOthers(t *testing.T) {
	t.Parallel()
	for _, credential := range []federation.Credential{
		{github, "repo:acme/app:ref:refs/heads/main", "other"},
		{github, "repo:acme/*:ref:refs/heads/main", audience},
		{github, "repo:acme/app:job_workflow_ref:x", audience},
		{"http://plain", "system:serviceaccount:a:b", audience},
		{cluster, "system:serviceaccount:A:b", audience},
	} {
		back := federation.Of(credential, audience)
		if made, _ := back.Credential(audience); made != credential {
			t.Errorf("%+v is read as %+v, which makes %+v", credential, back, made)
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	branch := func(name string) federation.Preset {
		return federation.GitHubActions{Repository: "acme/app", Branch: name}
	}
	repository := func(name string) federation.Preset { return federation.GitHubActions{Repository: name, Branch: "main"} }
	issuer := func(text string) federation.Preset { return federation.OIDC{Issuer: text, Subject: "x"} }
	for _, of := range []struct {
		preset       federation.Preset
		field, wrong string
	}{
		{repository("acme"), "repository", "not the name of a repository"},
		{repository("acme/.."), "repository", "not the name of a repository"},
		{repository("acme/*"), "repository", "wildcard"},
		{repository("acme@1/app"), "repository", "on only one of owner and repository"},
		{repository(""), "repository", "empty"},
		{branch("release/*"), "branch", "wildcard"},
		{branch("refs/heads/main"), "branch", "not the bare name"},
		{branch("a..b"), "branch", "cannot be the name of a git branch"},
		{branch(" main"), "branch", "white space"},
		{federation.GitHubActions{Repository: "acme/app"}, "", "nothing says which workflows"},
		{federation.GitHubActions{Repository: "acme/app", Branch: "a", Tag: "b"}, "tag", "branch and tag are set"},
		{federation.GitHubActions{Repository: "acme/app", Environment: strings.Repeat("e", 256)}, "environment", "more than 255"},
		{federation.KubernetesServiceAccount{Issuer: cluster, Namespace: "A", Name: "b"}, "namespace", "Kubernetes namespace"},
		{federation.KubernetesServiceAccount{Issuer: cluster, Namespace: "a", Name: "B"}, "name", "Kubernetes service account"},
		{federation.KubernetesServiceAccount{Issuer: "oidc", Namespace: "a", Name: "b"}, "issuer", "not an https URL"},
		{issuer("http://x"), "issuer", "not an https URL"},
		{issuer("https://x?y"), "issuer", "not an https URL"},
		{issuer("https://*.x"), "issuer", "not an https URL"},
		{issuer("https://" + strings.Repeat("x", 600)), "issuer", "8 more than Entra ID's limit of 600"},
		{federation.OIDC{Issuer: "https://x", Subject: "*"}, "subject", "wildcard"},
		{federation.OIDC{Issuer: "https://x", Subject: "a\tb"}, "subject", "control character"},
		{federation.OIDC{Issuer: "https://x", Subject: "a", Audience: "b "}, "audience", "white space"},
	} {
		t.Run(of.wrong, func(t *testing.T) {
			t.Parallel()
			_, problems := of.preset.Credential(audience)
			if len(problems) != 1 || problems[0].Field != of.field || !strings.Contains(problems[0].Reason, of.wrong) || problems[0].Fix == "" {
				t.Errorf("%+v: %+v", of.preset, problems)
			}
		})
	}
}

func TestTogether(t *testing.T) {
	t.Parallel()
	many := map[string]federation.Credential{}
	for i := range 21 {
		many[fmt.Sprintf("n%02d", i)] = federation.Credential{Issuer: "https://x", Subject: fmt.Sprint(i)}
	}
	for name, of := range map[string]struct {
		credentials map[string]federation.Credential
		want        []string
	}{
		"fine":  {map[string]federation.Credential{"one": {"https://x", "a", ""}, "two": {"https://x", "b", ""}, "new": {}, "not-known": {}}, nil},
		"many":  {many, []string{": there are 21 federated credentials, 1 more"}},
		"twice": {map[string]federation.Credential{"one": {"https://x", "a", "1"}, "two": {"https://x", "a", "2"}}, []string{`two: "one" and "two" let the same subject "a" of https://x in`}},
		"names": {map[string]federation.Credential{"a": {}, strings.Repeat("b", 121): {}, "c d e": {}, "-dd": {}}, []string{`-dd: the name "-dd" has a character`, `a: the name "a" has 1 characters`, "has 121 characters", `c d e: the name "c d e" has a character`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := federation.Together(of.credentials)
			if len(found) != len(of.want) {
				t.Fatalf("found %+v", found)
			}
			for i, want := range of.want {
				if got := found[i].Name + ": " + found[i].Reason; !strings.Contains(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
}
