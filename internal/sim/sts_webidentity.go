package sim

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WebIdentityToken makes a token as an OpenID Connect provider would sign one,
// for AssumeRoleWithWebIdentity. The simulator does not check its signature,
// which is not a real one. The issuer is a URL such as
// "https://token.actions.githubusercontent.com".
func WebIdentityToken(issuer, aud, sub string, expires time.Time) string {
	return webIdentityToken(map[string]any{
		"iss": issuer, "aud": aud, "sub": sub,
		"iat": expires.Add(-time.Hour).Unix(), "exp": expires.Unix(),
	})
}

func webIdentityToken(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic("sim: the claims cannot be written as JSON: " + err.Error())
	}
	enc := base64.RawURLEncoding
	return enc.EncodeToString([]byte(`{"alg":"RS256","kid":"sim","typ":"JWT"}`)) + "." +
		enc.EncodeToString(payload) + "." + enc.EncodeToString([]byte("not a real signature"))
}

// claims are the parts of a token's payload that STS reads.
type claims struct {
	issuer   string
	audience []string
	subject  string
	expires  time.Time
	amr      []string
	all      map[string]any
}

// githubClaims are the claims of GitHub's tokens, besides aud and sub, that are
// condition keys (IAM user guide, "Available keys for AWS OIDC federation").
var githubClaims = []string{
	"actor", "actor_id", "enterprise_id", "environment", "job_workflow_ref", "ref", "repository", "repository_id", "workflow",
}

var errToken = errors.New("the token is not a JSON web token")

func parseToken(token string) (*claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errToken
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, errToken
	}
	c := &claims{all: map[string]any{}}
	if err := json.Unmarshal(payload, &c.all); err != nil {
		return nil, errToken
	}
	exp, okExp := c.all["exp"].(float64)
	iss, okIss := c.all["iss"].(string)
	sub, okSub := c.all["sub"].(string)
	c.audience, c.amr = stringsOf(c.all["aud"]), stringsOf(c.all["amr"])
	if !okExp || !okIss || !okSub || len(c.audience) == 0 {
		return nil, errToken
	}
	c.issuer, c.subject, c.expires = iss, sub, time.Unix(int64(exp), 0)
	return c, nil
}

// stringsOf reads a string or a list of strings.
func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, i := range v {
			if s, ok := i.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// addClaims sets the provider's condition keys, <issuer>:aud and so on.
func (c evalContext) addClaims(host string, t *claims) {
	c.set(host+":sub", t.subject)
	// With an authorised party, that is the audience (IAM user guide, "Available
	// keys for AWS OIDC federation").
	if azp, ok := t.all["azp"].(string); ok {
		c.set(host+":aud", azp)
		c.set(host+":oaud", t.audience...)
	} else {
		c.set(host+":aud", t.audience...)
	}
	if len(t.amr) > 0 {
		c.set(host+":amr", t.amr...)
	}
	if host != githubIssuer {
		return
	}
	for _, name := range githubClaims {
		if v, ok := t.all[name].(string); ok {
			c.set(host+":"+name, v)
		}
	}
}

func errInvalidIdentityToken(format string, args ...any) error {
	return newError("InvalidIdentityToken", http.StatusBadRequest, format, args...)
}

func assumeRoleWithWebIdentity(r *request) ([]node, error) {
	arn, name, seconds := r.sessionRequest()
	raw := r.required("WebIdentityToken", rule{min: 4, max: 20000})
	if err := r.checked(); err != nil {
		return nil, err
	}
	refused := errAccessDenied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
	token, err := parseToken(raw)
	if err != nil {
		return nil, errInvalidIdentityToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	target := r.server.roleByARN(arn)
	if target == nil {
		return nil, refused
	}
	a := target.account
	host := providerHost(token.issuer)
	provider := a.providers.get("arn:aws:iam::" + a.id + ":oidc-provider/" + host)
	if provider == nil || !strings.HasPrefix(token.issuer, "https://") {
		return nil, errInvalidIdentityToken("No OpenIDConnect provider found in your account for %s", token.issuer)
	}
	if !r.now.Before(token.expires) {
		return nil, newError("ExpiredTokenException", http.StatusBadRequest,
			"Token expired: current date/time %s must be before the expiration date/time %s",
			strconv.FormatInt(r.now.Unix(), 10), strconv.FormatInt(token.expires.Unix(), 10))
	}
	if !slices.ContainsFunc(token.audience, func(aud string) bool { return slices.Contains(provider.clientIDs, aud) }) {
		return nil, errInvalidIdentityToken("Incorrect token audience")
	}
	ctx := r.context()
	ctx.addClaims(host, token)
	ctx.set("sts:RoleSessionName", name)
	ctx.set("aws:FederatedProvider", provider.arn())
	ctx.addResource(a, access{resource: arn, tags: target.tags})
	who := assumer{provider: provider.arn()}
	if kind, denied := target.trust.trusts(who, "sts:AssumeRoleWithWebIdentity", ctx); denied || kind == grantNone {
		return nil, refused
	}
	if err := checkDuration(target, seconds); err != nil {
		return nil, err
	}
	policies, err := r.sessionPolicies(a)
	if err != nil {
		return nil, err
	}
	s := newSession(target, name, r.now, seconds)
	s.policies, s.provider = policies, provider.arn()
	r.caller = principal{account: a, arn: s.arn(), id: target.id}
	out := s.nodes(r.server.grant(s))
	return append(out,
		text("SubjectFromWebIdentityToken", token.subject),
		text("Audience", token.audience[0]),
		text("Provider", provider.arn()),
	), nil
}
