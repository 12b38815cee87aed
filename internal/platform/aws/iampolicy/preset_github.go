package iampolicy

import (
	"errors"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/workload"
)

// GitHubActions lets workflows of one GitHub repository assume the role.
//
// The subject is the default one of GitHub's "OpenID Connect reference". A
// repository whose subject claim has been customised does not match; write its
// trust policy by hand. Names are compared with case, as GitHub writes them.
type GitHubActions struct {
	// ProviderARN is the ARN of the IAM OIDC provider for
	// token.actions.githubusercontent.com.
	ProviderARN string
	// Repository is owner/name. A repository with immutable subject claims, as
	// those created or renamed on github.com since 15 July 2026 have, is
	// owner@<owner id>/name@<repository id>.
	Repository string
	// Exactly one of Branch, Environment, Tag and PullRequest says which
	// workflow runs. Branch and Tag may have the wildcard *, but not in front.
	// GitHub gives a job with an environment the environment's subject, whatever
	// its branch; and a pull request's subject does not name its branch.
	Branch, Environment, Tag string
	PullRequest              bool
}

const (
	githubIssuer = workload.GitHubIssuer
	stsAudience  = "sts.amazonaws.com"
)

// Statements implements Preset.
func (p GitHubActions) Statements() ([]Statement, error) {
	c := &checker{preset: "GitHubActions"}
	if issuer := c.issuer("provider_arn", p.ProviderARN, githubIssuer); issuer != "" && issuer != githubIssuer {
		c.add("provider_arn", oidcARNFix+githubIssuer+".", "The provider of %s is not GitHub Actions.", quote(p.ProviderARN))
	}
	p.checkRepository(c)
	subject := "repo:" + p.Repository + ":" + p.subject(c)
	if len(c.problems) > 0 {
		return nil, errors.Join(c.problems...)
	}
	condition := Condition{"StringEquals": {githubIssuer + ":aud": {stsAudience}}}
	if strings.Contains(subject, "*") {
		condition["StringLike"] = map[string][]string{githubIssuer + ":sub": {subject}}
	} else {
		condition["StringEquals"][githubIssuer+":sub"] = []string{subject}
	}
	return webIdentity(c.preset, p.ProviderARN, condition), nil
}

func (p GitHubActions) checkRepository(c *checker) {
	const fix = "Give one repository as owner/name, or as owner@<id>/name@<id> if its subject claims are immutable."
	if !c.literal("repository", p.Repository, fix) {
		return
	}
	ok, halfImmutable := workload.IsRepository(p.Repository)
	switch {
	case !ok:
		c.add("repository", fix, "The value %s is not the name of a repository.", quote(p.Repository))
	case halfImmutable:
		c.add("repository", fix, "The value %s has an id on only one of owner and repository.", quote(p.Repository))
	}
}

// subject returns the part of the subject that follows the repository.
func (p GitHubActions) subject(c *checker) string {
	var set, subjects []string
	if p.Branch != "" {
		p.checkRef(c, "branch", p.Branch)
		set, subjects = append(set, "branch"), append(subjects, "ref:refs/heads/"+p.Branch)
	}
	if p.Environment != "" {
		p.checkEnvironment(c)
		// GitHub writes a colon inside a value as %3A, since : separates them.
		set, subjects = append(set, "environment"), append(subjects, "environment:"+strings.ReplaceAll(p.Environment, ":", "%3A"))
	}
	if p.Tag != "" {
		p.checkRef(c, "tag", p.Tag)
		set, subjects = append(set, "tag"), append(subjects, "ref:refs/tags/"+p.Tag)
	}
	if p.PullRequest {
		set, subjects = append(set, "pull_request"), append(subjects, "pull_request")
	}
	switch len(set) {
	case 1:
		return subjects[0]
	case 0:
		c.add("", "Set exactly one of branch, environment, tag and pull_request.",
			"Without a branch, environment, tag or pull_request every workflow of the repository could assume the role.")
	default:
		c.add(set[1], "Set exactly one of branch, environment, tag and pull_request, and write a trust policy by hand for more.",
			"A workflow run has one subject, but %s are set.", strings.Join(set, " and "))
	}
	return ""
}

func (p GitHubActions) checkRef(c *checker, field, ref string) {
	fix := "Give a " + field + " name such as release/*, with * anywhere but in front."
	switch {
	case strings.HasPrefix(ref, "refs/"):
		c.add(field, "Leave out refs/heads/ or refs/tags/.", "The value %s must be the bare name.", quote(ref))
	case strings.HasPrefix(ref, "*"):
		c.add(field, fix, "The wildcard in front of %s would match any %s that somebody can push.", quote(ref), field)
	case !workload.IsRef(ref):
		c.add(field, fix, "The value %s cannot be the name of a git %s.", quote(ref), field)
	default:
		c.plain(field, ref, fix)
	}
}

func (p GitHubActions) checkEnvironment(c *checker) {
	const fix = "Give the name of one deployment environment."
	if !c.literal("environment", p.Environment, fix) {
		return
	}
	if !workload.IsEnvironment(p.Environment) {
		c.add("environment", fix, "The name has more than %d characters.", workload.MaxEnvironment)
	}
}
