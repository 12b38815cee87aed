package azuresim

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// federatedCredential lets tokens of another issuer authenticate.
type federatedCredential struct {
	id, name, issuer, subject, description string
	audiences                              []string
}

// WebIdentityToken makes a token as an OpenID Connect provider would sign one,
// to authenticate an application or managed identity that trusts it. The
// simulator does not check its signature, which is not a real one. The issuer is
// a URL such as "https://token.actions.githubusercontent.com".
func WebIdentityToken(issuer, audience, subject string, expires time.Time) string {
	// Texts and numbers can be written.
	payload, _ := json.Marshal(object{"iss": issuer, "aud": audience, "sub": subject, "exp": expires.Unix(), "iat": expires.Add(-time.Hour).Unix()})
	enc := base64.RawURLEncoding
	return enc.EncodeToString([]byte(`{"alg":"RS256","kid":"sim","typ":"JWT"}`)) + "." + enc.EncodeToString(payload) + "." + enc.EncodeToString([]byte("not a real signature"))
}

// proofByFederation compares a token with the federated credentials, which Entra
// ID does with regard to case.
func (r *request) proofByFederation(a *assertion, holders []*entity) error {
	var trusted []*federatedCredential
	for _, e := range holders {
		trusted = append(trusted, e.federated...)
	}
	if len(trusted) == 0 {
		return aadsts(70025, "invalid_client", "The client '%s'(%s) has no configured federated identity credentials.",
			holders[0].str("appId"), holders[0].str("displayName"))
	}
	const hint = " Please note that the matching is done using a case-sensitive comparison. " +
		"Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
	trusted = slices.DeleteFunc(trusted, func(f *federatedCredential) bool { return f.issuer != a.claims.Issuer })
	if len(trusted) == 0 {
		return aadsts(700211, "invalid_client", "No matching federated identity record found for presented assertion issuer '%s'."+hint, a.claims.Issuer)
	}
	nearly := slices.ContainsFunc(trusted, func(f *federatedCredential) bool { return strings.EqualFold(f.subject, a.claims.Subject) })
	trusted = slices.DeleteFunc(trusted, func(f *federatedCredential) bool { return f.subject != a.claims.Subject })
	if len(trusted) == 0 && nearly {
		return aadsts(7002138, "invalid_client", "No matching federated identity record found for presented assertion subject '%s'. "+
			"The subject matches with case-insensitive comparison, but not with case-sensitive comparison."+hint, a.claims.Subject)
	}
	if len(trusted) == 0 {
		return aadsts(700213, "invalid_client", "No matching federated identity record found for presented assertion subject '%s'."+hint, a.claims.Subject)
	}
	audiences := audienceOf(a)
	trusted = slices.DeleteFunc(trusted, func(f *federatedCredential) bool {
		return !slices.ContainsFunc(f.audiences, func(one string) bool { return slices.Contains(audiences, one) })
	})
	if len(trusted) == 0 {
		return aadsts(700212, "invalid_client", "No matching federated identity record found for presented assertion audience '%s'."+hint, a.claims.Audience)
	}
	if r.now.Unix() >= a.claims.Expires {
		return aadsts(700024, "invalid_client", "Client assertion is not within its valid time range. Current time: %s, expiry time of assertion %s.",
			r.now.Format(time.RFC3339), time.Unix(a.claims.Expires, 0).UTC().Format(time.RFC3339))
	}
	return nil
}
