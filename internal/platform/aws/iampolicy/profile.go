package iampolicy

import (
	"regexp"
	"slices"
	"strings"
)

// trustActions are the actions that IAM accepts in a role's trust policy; any
// other gives MalformedPolicyDocument "AssumeRole policy may only specify STS
// AssumeRole actions". sts:AssumeRoot is not among them: its resource is a
// member account's root, never a role.
var trustActions = []string{
	"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity",
	"sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession",
}

// otherSTSActions are the STS actions that a wildcard in a trust policy must
// not cover, after the Service Authorization Reference for AWS STS.
var otherSTSActions = []string{
	"sts:DecodeAuthorizationMessage", "sts:GetAccessKeyInfo", "sts:GetCallerIdentity",
	"sts:GetDelegatedAccessToken", "sts:GetFederationToken", "sts:GetServiceBearerToken",
	"sts:GetSessionToken", "sts:GetWebIdentityToken",
}

var (
	identityAction = regexp.MustCompile(`^(\*|\*:\*|[A-Za-z0-9-]+:[A-Za-z0-9_*?-]+)$`)
	alphanumeric   = regexp.MustCompile(`^[A-Za-z0-9]*$`)
)

// ParseTrust is Parse with the rules for the trust policy of a role: every
// statement names a Principal or NotPrincipal, has no Resource, and its actions
// are those with which STS lets a role be assumed (or wildcards over these,
// such as sts:AssumeRole*). Statement ids are unique. NotAction is refused,
// since it would cover other actions. The error is a *SyntaxError.
func ParseTrust(text string) (Document, error) {
	return parseAs((*parsed).trustStatement, text)
}

func (p *parsed) trustStatement(n *node) error {
	if n.member("Principal") == nil && n.member("NotPrincipal") == nil {
		return p.fail(n.off, "a trust policy statement needs a Principal: who may assume the role")
	}
	for _, name := range []string{"Resource", "NotResource"} {
		if m := n.member(name); m != nil {
			return p.fail(m.keyOff, "a trust policy cannot have %s: the resource is the role itself", name)
		}
	}
	if m := n.member("NotAction"); m != nil {
		return p.fail(m.keyOff, "a trust policy cannot have NotAction; list the sts:AssumeRole actions in Action")
	}
	return p.each(n.member("Action"), func(v *node) error {
		if isTrustAction(v.text) {
			return nil
		}
		return p.fail(v.off, "a trust policy takes only STS AssumeRole actions, not %s%s",
			quote(v.text), suggestion(v.text, trustActions))
	})
}

// isTrustAction tells whether IAM accepts the action, or the action pattern, in
// a trust policy. Actions are compared without case.
func isTrustAction(pattern string) bool {
	if _, ok := cutPrefixFold(pattern, "sts:"); !ok {
		return false
	}
	covers := func(action string) bool { return globFold(pattern, action) }
	return slices.ContainsFunc(trustActions, covers) && !slices.ContainsFunc(otherSTSActions, covers)
}

// ParseIdentity is Parse with the rules for a policy attached to a user, group
// or role: no Principal, a Resource or NotResource in every statement, actions
// of the form service:Action or "*", resources that are ARNs or "*", and
// statement ids that are unique and alphanumeric. The error is a *SyntaxError.
func ParseIdentity(text string) (Document, error) {
	return parseAs((*parsed).identityStatement, text)
}

func (p *parsed) identityStatement(n *node) error {
	for _, name := range []string{"Principal", "NotPrincipal"} {
		if m := n.member(name); m != nil {
			return p.fail(m.keyOff, "an identity policy cannot have %s: it applies to what it is attached to", name)
		}
	}
	if n.member("Resource") == nil && n.member("NotResource") == nil {
		return p.fail(n.off, "the statement has neither Resource nor NotResource")
	}
	if m := n.member("Sid"); m != nil && !alphanumeric.MatchString(m.text) {
		return p.fail(m.off, "Sid may have only letters and digits, not %s", quote(m.text))
	}
	for _, name := range []string{"Action", "NotAction"} {
		err := p.each(n.member(name), func(v *node) error {
			if identityAction.MatchString(v.text) {
				return nil
			}
			return p.fail(v.off, `%s must be "*" or of the form service:Action, not %s`, name, quote(v.text))
		})
		if err != nil {
			return err
		}
	}
	for _, name := range []string{"Resource", "NotResource"} {
		err := p.each(n.member(name), func(v *node) error {
			if v.text == "*" || (strings.HasPrefix(v.text, "arn:") && strings.Count(v.text, ":") >= 5) {
				return nil
			}
			// A wildcard may stand for the rest of an ARN, colons included.
			if strings.HasPrefix(v.text, "arn:") && strings.Contains(v.text, "*") {
				return nil
			}
			return p.fail(v.off, `%s must be "*" or an ARN, not %s`, name, quote(v.text))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// parseAs parses a policy whose statements have unique ids and pass a check.
func parseAs(check func(*parsed, *node) error, text string) (Document, error) {
	d, p, err := parse(text)
	if err != nil {
		return Document{}, err
	}
	if err := p.uniqueSIDs(); err != nil {
		return Document{}, err
	}
	for i := range p.statements {
		if err := check(&p, &p.statements[i]); err != nil {
			return Document{}, err
		}
	}
	return d, nil
}

func (p *parsed) uniqueSIDs() error {
	seen := map[string]bool{}
	for i := range p.statements {
		m := p.statements[i].member("Sid")
		if m == nil || m.text == "" {
			continue
		}
		if seen[m.text] {
			return p.fail(m.off, "Sid %s is used twice in the policy", quote(m.text))
		}
		seen[m.text] = true
	}
	return nil
}

// each calls f for the string, or for every string of the list, until an error.
func (p *parsed) each(n *node, f func(*node) error) error {
	if n == nil {
		return nil
	}
	if n.kind != kindArray {
		return f(n)
	}
	for i := range n.children {
		if err := f(&n.children[i]); err != nil {
			return err
		}
	}
	return nil
}
