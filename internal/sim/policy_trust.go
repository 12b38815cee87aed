package sim

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// trustPolicy is a role's trust policy, or a secret's policy, as it is stored: the text, and the
// unique ids of the users and roles that it names.
type trustPolicy struct {
	text string
	doc  *document
}

// trustActions are the only actions of a trust policy.
var trustActions = []string{
	"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity",
	"sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext",
}

// githubIssuer is the issuer of GitHub Actions, shared by all of its
// customers.
const githubIssuer = "token.actions.githubusercontent.com"

var (
	federatedProvider = regexp.MustCompile(`^arn:aws:iam::[0-9]{12}:(oidc-provider|saml-provider)/\S+$`)
	federatedDomain   = []string{"cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com"}
)

func (d *document) checkTrust() error {
	for _, s := range d.statements {
		switch {
		case s.resources != nil:
			return errMalformedPolicy("Has prohibited field Resource")
		case s.notResources != nil:
			return errMalformedPolicy("Has prohibited field NotResource")
		case s.notActions != nil:
			return errMalformedPolicy("Has prohibited field NotAction")
		case s.principals == nil && s.notPrincipals == nil:
			return errMalformedPolicy("Missing required field Principal")
		case s.principals != nil && s.notPrincipals != nil:
			return errMalformedPolicy("Syntax errors in policy.")
		case s.notPrincipals != nil && s.allow:
			return errMalformedPolicy("Allow with NotPrincipal is not allowed.")
		case len(s.actions) == 0:
			return errMalformedPolicy("Missing required field Action")
		}
		for _, a := range s.actions {
			if !trustAction(a) {
				return errMalformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
		set := cmp.Or(s.principals, s.notPrincipals)
		if err := set.check(); err != nil {
			return err
		}
		if err := s.checkSharedProvider(set); err != nil {
			return err
		}
	}
	return nil
}

func trustAction(pattern string) bool {
	if !strings.HasPrefix(strings.ToLower(pattern), "sts:") {
		return false
	}
	return slices.ContainsFunc(trustActions, func(a string) bool { return matchAction(pattern, a) })
}

// check checks the forms of service and federated principals.
func (p *principalSet) check() error {
	for _, s := range p.services {
		if !serviceName.MatchString(s) {
			return errMalformedPolicy(`Invalid principal in policy: "SERVICE":"%s"`, s)
		}
	}
	for _, f := range p.federated {
		if !federatedProvider.MatchString(f) && !slices.Contains(federatedDomain, f) {
			return errMalformedPolicy("Federated principals must be valid domain names or SAML metadata ARNs")
		}
	}
	return nil
}

// checkSharedProvider refuses to trust every tenant of a shared identity
// provider: an Allow for GitHub's needs a condition on the token's subject
// (IAM user guide, "Identity-provider controls for shared OIDC providers"),
// and one that a plain wildcard or, with IfExists, a missing subject meets is
// none.
func (s *statement) checkSharedProvider(set *principalSet) error {
	shared := slices.ContainsFunc(set.federated, func(f string) bool { return strings.HasSuffix(f, ":oidc-provider/"+githubIssuer) })
	if !s.allow || !shared {
		return nil
	}
	for _, c := range s.conditions {
		restricts := slices.Contains([]string{"StringEquals", "StringEqualsIgnoreCase", "StringLike"}, c.operator)
		if !strings.EqualFold(c.key, githubIssuer+":sub") || !restricts || c.ifExists {
			continue
		}
		if len(c.values) > 0 && !slices.ContainsFunc(c.values, func(v string) bool { return strings.Trim(v, "*?") == "" }) {
			return nil
		}
	}
	return errMalformedPolicy("Missing required condition key %s:sub in the trust policy for the shared identity provider %s.", githubIssuer, githubIssuer)
}

var (
	awsPrincipalARN = regexp.MustCompile(`^arn:aws:(iam|sts)::([0-9]{12}):(root|(user|role|assumed-role|federated-user)/(\S+))$`)
	uniqueIDPattern = regexp.MustCompile(`^(AROA|AIDA)[A-Z0-9]{17}$`)
)

// resolvePrincipals looks up every user and role that the policy names and
// rewrites the text as IAM stores it: an account id becomes its root ARN, a
// unique id becomes the ARN. A principal of a known account that does not exist
// is refused.
func (s *Server) resolvePrincipals(text string, d *document) (*trustPolicy, error) {
	type edit struct {
		start, end int
		text       string
	}
	var edits []edit
	for _, p := range d.awsPrincipals() {
		canonical, err := s.resolvePrincipal(p)
		if err != nil {
			return nil, err
		}
		if canonical != p.text || text[p.start:p.end] != `"`+canonical+`"` {
			edits = append(edits, edit{p.start, p.end, `"` + canonical + `"`})
			p.text = canonical
		}
	}
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(b.start, a.start) })
	for _, e := range edits {
		text = text[:e.start] + e.text + text[e.end:]
	}
	if len(edits) > 0 {
		// The places in the text have moved; the new text is as valid as the old.
		moved, err := parsePolicy(d.kind, text)
		if err != nil {
			return nil, err
		}
		old := d.awsPrincipals()
		for i, p := range moved.awsPrincipals() {
			p.id = old[i].id
		}
		d = moved
	}
	return &trustPolicy{text: text, doc: d}, nil
}

func (d *document) awsPrincipals() []*awsPrincipal {
	var out []*awsPrincipal
	for _, s := range d.statements {
		for _, set := range []*principalSet{s.principals, s.notPrincipals} {
			if set != nil {
				out = append(out, set.aws...)
			}
		}
	}
	return out
}

func (s *Server) resolvePrincipal(p *awsPrincipal) (string, error) {
	invalid := errMalformedPolicy(`Invalid principal in policy: "AWS":"%s"`, p.text)
	switch {
	case p.text == "*":
		return p.text, nil
	case accountIDPattern.MatchString(p.text):
		return "arn:aws:iam::" + p.text + ":root", nil
	case uniqueIDPattern.MatchString(p.text):
		arn := s.arnOfID(p.text)
		if arn == "" {
			return "", invalid
		}
		p.id = p.text
		return arn, nil
	}
	m := awsPrincipalARN.FindStringSubmatch(p.text)
	if m == nil || strings.ContainsAny(p.text, "*?\"\\") {
		return "", invalid
	}
	service, account, kind, name := m[1], s.accounts[m[2]], m[4], m[5]
	if (service == "sts") != (kind == "assumed-role" || kind == "federated-user") {
		return "", invalid
	}
	if account == nil || kind == "" || kind == "federated-user" {
		return p.text, nil
	}
	if kind == "assumed-role" {
		// arn:aws:sts::<account>:assumed-role/<role>/<session>
		role, session, _ := strings.Cut(name, "/")
		if account.role(role) == nil || session == "" {
			return "", invalid
		}
		return p.text, nil
	}
	if p.text == account.adminARN() {
		p.id = account.adminID()
		return p.text, nil
	}
	if kind == "user" {
		u := account.user(lastPart(name))
		if u == nil || u.arn() != p.text {
			return "", invalid
		}
		if u.principalLag > 0 {
			u.principalLag--
			return "", invalid
		}
		p.id = u.id
		return p.text, nil
	}
	r := account.role(lastPart(name))
	if r == nil || r.arn() != p.text {
		return "", invalid
	}
	if r.principalLag > 0 {
		r.principalLag--
		return "", invalid
	}
	p.id = r.id
	return p.text, nil
}

func lastPart(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// arnOfID finds the user or role with a unique id, or "".
func (s *Server) arnOfID(id string) string {
	for _, a := range s.accounts {
		if arn, ok := a.arnsByID[id]; ok {
			return arn
		}
	}
	return ""
}

// render returns the policy's text as it reads today: a user or role that is
// gone shows as its unique id, one that was renamed with its new ARN (IAM user
// guide, "IAM identifiers: Unique identifiers" and "Rename an IAM user").
func (t *trustPolicy) render(s *Server) string {
	out := t.text
	principals := t.doc.awsPrincipals()
	slices.SortFunc(principals, func(a, b *awsPrincipal) int { return cmp.Compare(b.start, a.start) })
	for _, p := range principals {
		if p.id == "" {
			continue
		}
		if now := cmp.Or(s.arnOfID(p.id), p.id); now != p.text {
			out = out[:p.start] + `"` + now + `"` + out[p.end:]
		}
	}
	return out
}
