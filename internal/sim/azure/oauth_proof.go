package azuresim

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

func errWrongSecret(appID string) error {
	return aadsts(7000215, "invalid_client", "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "+
		"not the client secret ID, for a secret added to app '%s'.", appID)
}

// proof checks how a client authenticates, against the credentials of those who
// hold them, and returns the id of the key.
func (r *request) proof(appID string, holders []*entity) (string, error) {
	assertion := r.form.Get("client_assertion")
	switch {
	case assertion != "" && r.form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
		return "", aadsts(900144, "invalid_request", "The request body must contain the following parameter: 'client_assertion_type'.")
	case assertion != "":
		return r.proofByAssertion(appID, assertion, holders)
	case r.form.Get("client_secret") != "":
		return r.proofBySecret(appID, holders)
	}
	return "", aadsts(7000216, "invalid_client", "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.")
}

func (r *request) proofBySecret(appID string, holders []*entity) (string, error) {
	for _, e := range holders {
		for _, c := range e.props.objects("passwordCredentials") {
			key := c.str("keyId")
			if e.secrets[key] != r.form.Get("client_secret") {
				continue
			}
			if start, end := c.window(); r.now.Before(start) || !r.now.Before(end) {
				return "", aadsts(7000222, "invalid_client", "The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app: "+
					"https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.", appID)
			}
			return key, nil
		}
	}
	return "", errWrongSecret(appID)
}

// window is from when until when a credential holds.
func (o object) window() (start, end time.Time) {
	// Both were written by stamp.
	start, _ = time.Parse(time.RFC3339, o.str("startDateTime"))
	end, _ = time.Parse(time.RFC3339, o.str("endDateTime"))
	return start, end
}

// assertion is a JSON web token that a client authenticates with.
type assertion struct {
	text   string // what is signed
	header struct {
		Algorithm string `json:"alg"`
		SHA1      string `json:"x5t"`
		SHA256    string `json:"x5t#S256"`
	}
	claims struct {
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		Audience any    `json:"aud"`
		Expires  int64  `json:"exp"`
	}
	signature []byte
}

func parseAssertion(token string) (*assertion, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, false
	}
	a := &assertion{text: parts[0] + "." + parts[1]}
	var err error
	a.signature, err = base64.RawURLEncoding.DecodeString(parts[2])
	return a, err == nil && decodeSegment(parts[0], &a.header) && decodeSegment(parts[1], &a.claims)
}

// proofByAssertion takes an assertion that the application's own certificate
// signed, or a token of an issuer that one of its federated credentials names.
func (r *request) proofByAssertion(appID, token string, holders []*entity) (string, error) {
	a, ok := parseAssertion(token)
	switch {
	case !ok:
		return "", aadsts(50027, "invalid_request", "JWT token is invalid or malformed.")
	case strings.EqualFold(a.claims.Issuer, appID) || a.header.SHA1+a.header.SHA256 != "":
		return r.proofByCertificate(appID, a, holders)
	}
	return "", r.proofByFederation(a, holders)
}

// proofByCertificate goes by the certificate that is registered. The assertion's
// own times are those of its client, whose clock is the real one, and so are not
// held against the simulator's.
func (r *request) proofByCertificate(appID string, a *assertion, holders []*entity) (string, error) {
	refuse := func(reason string) (string, error) {
		return "", aadsts(700027, "invalid_client", "The certificate with identifier used to sign the client assertion is not registered on application. "+
			"[Reason - %s, Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '%s'.]", reason, appID)
	}
	if !slices.Contains(audienceOf(a), r.server.url()+"/"+r.tenant.id+"/oauth2/v2.0/token") {
		return "", aadsts(700023, "invalid_client", "Client assertion audience claim does not match Realm issuer.")
	}
	for _, e := range holders {
		for _, c := range e.props.objects("keyCredentials") {
			raw, _ := base64.StdEncoding.DecodeString(c.str("key"))
			cert, err := x509.ParseCertificate(raw)
			if err != nil || !a.namesCertificate(cert) {
				continue
			}
			if start, end := c.window(); r.now.Before(start) || !r.now.Before(end) {
				return refuse("The key used is expired.")
			}
			if !a.signedBy(cert) {
				return "", aadsts(700027, "invalid_client", "Client assertion failed signature validation. [Reason - The signature is not valid.]")
			}
			return c.str("keyId"), nil
		}
	}
	return refuse("The key was not found.")
}

func audienceOf(a *assertion) []string { return object{"aud": listOf(a.claims.Audience)}.texts("aud") }

// listOf reads one value, or a list of them.
func listOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// namesCertificate reports whether the header names a certificate by one of its
// thumbprints. Clients write them in either alphabet.
func (a *assertion) namesCertificate(cert *x509.Certificate) bool {
	sum := sha256.Sum256(cert.Raw)
	plain := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(a.header.SHA256), "=")
	return plain == base64.RawStdEncoding.EncodeToString(sum[:])
}

func (a *assertion) signedBy(cert *x509.Certificate) bool {
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	sum := sha256.Sum256([]byte(a.text))
	switch {
	case !ok:
		return false
	case a.header.Algorithm == "PS256":
		return rsa.VerifyPSS(key, crypto.SHA256, sum[:], a.signature, nil) == nil
	case a.header.Algorithm == "RS256":
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], a.signature) == nil
	}
	return false
}

// thumbprint is how Graph shows a certificate's identifier.
func thumbprint(raw []byte) string {
	sum := sha256.Sum256(raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}
