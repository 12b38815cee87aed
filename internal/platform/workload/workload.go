// Package workload is what names of workloads outside a cloud can look like, for every cloud that lets them in: GitHub
// repositories and git refs, Kubernetes namespaces and service accounts.
package workload

import (
	"regexp"
	"unicode/utf8"
)

// GitHubIssuer is the host of GitHub's OpenID Connect issuer.
const GitHubIssuer = "token.actions.githubusercontent.com"

// MaxEnvironment is how many characters the name of a deployment environment on GitHub has at most.
const MaxEnvironment = 255

const maxServiceAccount = 253

var (
	repository = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(@[0-9]+)?/([A-Za-z0-9._-]+)(@[0-9]+)?$`)
	// The characters that git refuses in a ref, after git-check-ref-format, but for *.
	badRefCharacter = regexp.MustCompile(`[\x00-\x20\x7f~^:?\[\\]|\.\.|@\{|//`)
	badRefComponent = regexp.MustCompile(`(^|/)\.|\.lock(/|$)|^/|[/.]$`)
	dnsLabel        = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	dnsSubdomain    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
)

// IsRepository tells whether a text is owner/name. A repository with immutable subject claims is
// owner@<owner id>/name@<repository id>; halfImmutable tells that one of the two ids is missing.
func IsRepository(text string) (ok, halfImmutable bool) {
	match := repository.FindStringSubmatch(text)
	if match == nil || match[2] == "." || match[2] == ".." {
		return false, false
	}
	return true, (match[1] == "") != (match[3] == "")
}

// IsRef tells whether a text can be the name of a git branch or tag, or a pattern of such names with *.
func IsRef(text string) bool {
	return !badRefCharacter.MatchString(text) && !badRefComponent.MatchString(text)
}

// IsEnvironment tells whether a text is short enough for the name of a deployment environment on GitHub.
func IsEnvironment(text string) bool { return utf8.RuneCountInString(text) <= MaxEnvironment }

// IsNamespace tells whether a text is the name of a Kubernetes namespace.
func IsNamespace(text string) bool { return dnsLabel.MatchString(text) }

// IsServiceAccount tells whether a text is the name of a Kubernetes service account.
func IsServiceAccount(text string) bool {
	return len(text) <= maxServiceAccount && dnsSubdomain.MatchString(text)
}
