// Package federation is who may sign in as an identity of Entra ID without a secret, with a token of another issuer: presets
// that cannot be written unsafely, and the federated identity credentials that they make. Pure.
package federation

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/workload"
)

// Credential is what a federated identity credential compares with a token, exactly and with letter case: there are no
// wildcards.
type Credential struct{ Issuer, Subject, Audience string }

// Preset is a common workload that can be let in.
type Preset interface {
	// Credential is what lets the workload in, with what is wrong in the preset. A preset without an audience of its own
	// gets the given one.
	Credential(audience string) (Credential, []Problem)
}

// Problem is what is wrong with one attribute of a preset. Field is empty where it is the preset as a whole; Reason is a
// clause, and Fix a sentence.
type Problem struct{ Field, Reason, Fix string }

// Limits of federated identity credentials, from "Important considerations and restrictions for federated identity
// credentials". Lengths are in characters.
const (
	MaxCredentials = 20
	maxText        = 600
	githubIssuer   = "https://" + workload.GitHubIssuer
)

// GitHubActions lets workflows of one GitHub repository in. The subject is the default one of GitHub's "OpenID Connect
// reference"; what has another is an OIDC.
type GitHubActions struct {
	// Repository is owner/name or, with immutable subject claims, owner@<owner id>/name@<repository id>.
	Repository string
	// Exactly one of these says which workflow runs.
	Branch, Environment, Tag string
	PullRequest              bool
}

// KubernetesServiceAccount lets the pods of one service account of a cluster in.
type KubernetesServiceAccount struct {
	// Issuer is the cluster's OpenID Connect issuer, exactly as its tokens have it.
	Issuer          string
	Namespace, Name string
}

// OIDC lets one subject of any issuer in.
type OIDC struct{ Issuer, Subject, Audience string }

// problems gathers what is wrong with one preset.
type problems []Problem

func (p *problems) add(field, fix, reason string, args ...any) {
	*p = append(*p, Problem{Field: field, Reason: fmt.Sprintf(reason, args...), Fix: fix})
}

// plain reports what would not be compared as it was meant, and tells whether a value is good.
func (p *problems) plain(field, value, fix string) bool {
	switch {
	case value == "":
		p.add(field, fix, "the value is empty")
	case strings.ContainsAny(value, "*?") && field != "issuer":
		p.add(field, fix, "Entra ID takes the wildcard in %q as it is written, so no token would ever fit", value)
	case strings.TrimSpace(value) != value:
		p.add(field, fix, "the value %q has white space around it", value)
	case strings.ContainsFunc(value, unicode.IsControl):
		p.add(field, fix, "the value %q has a control character", value)
	default:
		return true
	}
	return false
}

// Credential implements Preset.
func (g GitHubActions) Credential(audience string) (Credential, []Problem) {
	var found problems
	const fix = "Give one repository as owner/name, or as owner@<id>/name@<id> if its subject claims are immutable."
	if found.plain("repository", g.Repository, fix) {
		switch ok, halfImmutable := workload.IsRepository(g.Repository); {
		case !ok:
			found.add("repository", fix, "%q is not the name of a repository", g.Repository)
		case halfImmutable:
			found.add("repository", fix, "%q has an id on only one of owner and repository", g.Repository)
		}
	}
	credential := Credential{Issuer: githubIssuer, Subject: "repo:" + g.Repository + ":" + g.workflow(&found), Audience: audience}
	found.long("", credential.Subject)
	return credential, found
}

// workflow is the part of the subject that follows the repository.
func (g GitHubActions) workflow(found *problems) string {
	var set, subjects []string
	if g.Branch != "" {
		found.ref("branch", g.Branch)
		set, subjects = append(set, "branch"), append(subjects, "ref:refs/heads/"+g.Branch)
	}
	if g.Environment != "" {
		const fix = "Give the name of one deployment environment."
		if found.plain("environment", g.Environment, fix) && !workload.IsEnvironment(g.Environment) {
			found.add("environment", fix, "the name has more than %d characters", workload.MaxEnvironment)
		}
		// GitHub writes a colon inside a value as %3A, since : separates them.
		set, subjects = append(set, "environment"), append(subjects, "environment:"+strings.ReplaceAll(g.Environment, ":", "%3A"))
	}
	if g.Tag != "" {
		found.ref("tag", g.Tag)
		set, subjects = append(set, "tag"), append(subjects, "ref:refs/tags/"+g.Tag)
	}
	if g.PullRequest {
		set, subjects = append(set, "pull_request"), append(subjects, "pull_request")
	}
	switch len(set) {
	case 1:
		return subjects[0]
	case 0:
		found.add("", "Set exactly one of branch, environment, tag and pull_request.", "nothing says which workflows of the repository may sign in")
	default:
		found.add(set[1], "Set exactly one of branch, environment, tag and pull_request, and write a further credential for more.",
			"a workflow run has one subject, but %s are set", strings.Join(set, " and "))
	}
	return ""
}

func (p *problems) ref(field, ref string) {
	fix := "Give the name of one " + field + ", such as " + map[string]string{"branch": "main", "tag": "v1.2.3"}[field] + "."
	switch {
	case !p.plain(field, ref, fix):
	case strings.HasPrefix(ref, "refs/"):
		p.add(field, "Leave out refs/heads/ or refs/tags/.", "%q is not the bare name", ref)
	case !workload.IsRef(ref):
		p.add(field, fix, "%q cannot be the name of a git %s", ref, field)
	}
}

// Credential implements Preset.
func (k KubernetesServiceAccount) Credential(audience string) (Credential, []Problem) {
	var found problems
	found.issuer(k.Issuer, "such as https://westeurope.oic.prod-aks.azure.com/<tenant>/<id>/ (az aks show --query oidcIssuerProfile.issuerUrl prints it)")
	const namespaceFix = "Give a namespace such as billing: at most 63 lower-case letters, digits and hyphens."
	if found.plain("namespace", k.Namespace, namespaceFix) && !workload.IsNamespace(k.Namespace) {
		found.add("namespace", namespaceFix, "%q is not the name of a Kubernetes namespace", k.Namespace)
	}
	const nameFix = "Give a service account such as invoice-export: at most 253 lower-case letters, digits, hyphens and dots."
	if found.plain("name", k.Name, nameFix) && !workload.IsServiceAccount(k.Name) {
		found.add("name", nameFix, "%q is not the name of a Kubernetes service account", k.Name)
	}
	return Credential{Issuer: k.Issuer, Subject: serviceAccount + k.Namespace + ":" + k.Name, Audience: audience}, found
}

const serviceAccount = "system:serviceaccount:"

// Credential implements Preset.
func (o OIDC) Credential(audience string) (Credential, []Problem) {
	var found problems
	found.issuer(o.Issuer, "such as https://gitlab.example")
	const subjectFix = "Give the exact value of the sub claim of the workload."
	if found.plain("subject", o.Subject, subjectFix) {
		found.long("subject", o.Subject)
	}
	if o.Audience != "" {
		audience = o.Audience
		if found.plain("audience", o.Audience, "Give the exact value of the aud claim, or leave it out for the one that Entra ID recommends.") {
			found.long("audience", o.Audience)
		}
	}
	return Credential{Issuer: o.Issuer, Subject: o.Subject, Audience: audience}, found
}

func (p *problems) issuer(text, example string) {
	fix := "Give the issuer exactly as the iss claim has it, " + example + "."
	if !p.plain("issuer", text, fix) {
		return
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme != "https" || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" || strings.ContainsAny(text, "*? ") {
		p.add("issuer", fix, "%q is not an https URL without a query", text)
		return
	}
	p.long("issuer", text)
}

func (p *problems) long(field, text string) {
	if length := utf8.RuneCountInString(text); length > maxText {
		p.add(field, "Shorten it.", "it has %d characters, %d more than Entra ID's limit of %d", length, length-maxText, maxText)
	}
}

// Of is the preset that says the same as a credential. One without an audience of its own has the given one.
func Of(credential Credential, audience string) Preset {
	presets := []Preset{}
	if rest, ok := strings.CutPrefix(credential.Subject, serviceAccount); ok {
		namespace, name, _ := strings.Cut(rest, ":")
		presets = append(presets, KubernetesServiceAccount{Issuer: credential.Issuer, Namespace: namespace, Name: name})
	}
	if rest, ok := strings.CutPrefix(credential.Subject, "repo:"); ok && credential.Issuer == githubIssuer {
		repository, workflow, _ := strings.Cut(rest, ":")
		presets = append(presets, ofWorkflow(repository, workflow))
	}
	for _, preset := range presets {
		if made, found := preset.Credential(audience); len(found) == 0 && made == credential {
			return preset
		}
	}
	if credential.Audience == audience {
		credential.Audience = ""
	}
	return OIDC(credential)
}

func ofWorkflow(repository, workflow string) GitHubActions {
	preset := GitHubActions{Repository: repository, PullRequest: workflow == "pull_request"}
	if branch, ok := strings.CutPrefix(workflow, "ref:refs/heads/"); ok {
		preset.Branch = branch
	}
	if tag, ok := strings.CutPrefix(workflow, "ref:refs/tags/"); ok {
		preset.Tag = tag
	}
	if environment, ok := strings.CutPrefix(workflow, "environment:"); ok {
		preset.Environment = strings.ReplaceAll(environment, "%3A", ":")
	}
	return preset
}
