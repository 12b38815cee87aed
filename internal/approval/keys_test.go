package approval_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func jwk(t testing.TB, key any, kid string) string {
	t.Helper()
	return string(must(jose.JSONWebKey{Key: key, KeyID: kid}.MarshalJSON())(t))
}

// TestParseKeys reads keys in each form, each once, by their thumbprints.
func TestParseKeys(t *testing.T) {
	t.Parallel()
	ed, ec, rsa := edKey.Public(), ecKey.Public(), rsaKey.Public()
	keys, errs := approval.ParseKeys([]string{
		"# the security team's, since 2026\n" + publicPEM(t, ed) + publicPEM(t, ec),
		"\ufeff" + jwk(t, rsa, "2026-a"),
		`{"keys":[` + jwk(t, ec, "") + "," + jwk(t, ed, "2026-b") + "]}",
		block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey.PublicKey)),
	})
	if errs != nil {
		t.Fatal(errs)
	}
	var got []string
	for _, key := range keys {
		got = append(got, key.Name)
		thumbprint := must((&jose.JSONWebKey{Key: key.Public}).Thumbprint(crypto.SHA256))(t)
		if key.ID != base64.RawURLEncoding.EncodeToString(thumbprint) {
			t.Errorf("%+v", key)
		}
	}
	if strings.Join(got, ",") != ",,2026-a,2026-b," {
		t.Errorf("%q", got)
	}
	// RFC 7638 has an example.
	const example = `{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`
	keys, errs = approval.ParseKeys([]string{example})
	if errs != nil || keys[0].ID != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" || keys[0].Name != "2011-04-29" {
		t.Errorf("%+v, %v", keys, errs)
	}
}

// TestParseKeysRefuses names the element and what it is, and shows nothing of it.
func TestParseKeysRefuses(t *testing.T) {
	t.Parallel()
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	x25519, _ := ecdh.X25519().GenerateKey(rand.Reader)
	pkcs8 := func(key any) []byte { return must(x509.MarshalPKCS8PrivateKey(key))(t) }
	public := publicPEM(t, edKey.Public())
	cert := must(x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: rsaKey.N}, &x509.Certificate{}, edKey.Public(), edKey))(t)
	edJWK := jwk(t, edKey.Public(), "")
	for name, c := range map[string]struct{ element, says string }{
		"empty":                 {" \n", "it is empty"},
		"path":                  {"keys/security.pem", "it is neither PEM nor JSON; it has to be a public key in PEM, a JWK or a JWK set. A path is read by file()"},
		"huge":                  {strings.Repeat("x", 1<<17), "it has 131072 bytes; a key has 65536 at most"},
		"private, PKCS#8":       {block("PRIVATE KEY", pkcs8(edKey)), "it is a private key; it has to be the public key. openssl pkey -in key.pem -pubout writes it. What has been in a configuration or a state is no secret any more: make a new key"},
		"private, SEC 1":        {block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(ecKey))(t)), "it is a private key"},
		"private, PKCS#1":       {block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), "it is a private key"},
		"private, encrypted":    {block("ENCRYPTED PRIVATE KEY", []byte("x")), "it is a private key"},
		"private, OpenSSH":      {block("OPENSSH PRIVATE KEY", []byte("x")), "it is a private key"},
		"private beside public": {public + block("PRIVATE KEY", pkcs8(edKey)), "it is a private key"},
		"private JWK":           {jwk(t, edKey, ""), `it is a private key (it has the member "d")`},
		"private RSA JWK":       {jwk(t, rsaKey, ""), `it is a private key (it has the member "d")`},
		"private in a set":      {`{"keys":[` + edJWK + "," + jwk(t, ecKey, "") + "]}", `keys[1] of its JWK set: it is a private key`},
		"secret":                {`{"kty":"oct","k":"c2VjcmV0LXNlY3JldA"}`, "it is a secret that is shared"},
		"secret in disguise":    {`{"kty":"EC","k":"c2VjcmV0LXNlY3JldA"}`, "it is a secret that is shared"},
		"certificate":           {block("CERTIFICATE", cert), "it is a certificate; an approval key is trusted by itself, without a chain and an end. openssl x509"},
		"JWK with certificate":  {strings.Replace(edJWK, "{", `{"x5c":[],`, 1), "it has the member x5c, a certificate"},
		"OpenSSH":               {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI alice", "it is a public key in the format of OpenSSH; ssh-keygen -e -m PKCS8"},
		"other PEM":             {block("CERTIFICATE REQUEST", []byte("x")), "it is PEM of another kind"},
		"not DER":               {block("PUBLIC KEY", []byte("c2VjcmV0")), "it says that it is a public key, and cannot be read as one"},
		"cut off":               {public[:len(public)-10], "it is not PEM throughout, or is cut off"},
		"followed by something": {public + "c2VjcmV0", "it is not PEM throughout, or is cut off"},
		"RSA of 1024 bits":      {publicPEM(t, generateRSA(1024).Public()), "it is an RSA key of 1024 bits, which is not between 2048 and 8192; approvals are signed with Ed25519"},
		"curve":                 {publicPEM(t, p384.Public()), "it is an ECDSA key on the curve P-384"},
		"curve of a JWK":        {jwk(t, p384.Public(), ""), "it is an ECDSA key on the curve P-384"},
		"X25519":                {publicPEM(t, x25519.Public()), "it is a key of a kind that cannot be used"},
		"JWK of X25519":         {`{"kty":"OKP","crv":"X25519","x":"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo"}`, "it is no JWK of a public key, or of an unsupported kind"},
		"JWK that encrypts":     {strings.Replace(edJWK, "{", `{"use":"enc",`, 1), `its use is "enc"`},
		"JWK of another alg":    {strings.Replace(jwk(t, rsaKey.Public(), ""), "{", `{"alg":"PS256",`, 1), `its alg is "PS256"; approvals are signed by such a key with RS256`},
		"JWK with HMAC":         {strings.Replace(edJWK, "{", `{"alg":"HS256",`, 1), `its alg is "HS256"`},
		"JWK off the curve":     {`{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"}`, "it is no JWK of a public key"},
		"kid of controls":       {strings.Replace(edJWK, "{", `{"kid":"\u001b[2J",`, 1), "its kid is too long or not printable"},
		"no key":                {"{}", "it is no JWK of a public key"},
		"no keys":               {`{"keys":[]}`, "it is a JWK set whose keys are no list"},
		"kty twice":             {strings.Replace(edJWK, "{", `{"kty":"oct",`, 1), `it is no JWK and no JWK set: it has the member "kty" twice`},
		"no JSON":               {"{hunter2", "it is no JWK and no JWK set: it is no JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, errs := approval.ParseKeys([]string{public, c.element})
			if len(errs) != 1 || errs[0].Index != 1 || !strings.Contains(errs[0].Error(), "approval_keys[1]: "+c.says) && !strings.Contains(errs[0].Reason, c.says) {
				t.Fatalf("%v", errs)
			}
			for _, secret := range []string{"hunter2", "c2VjcmV0", base64.RawURLEncoding.EncodeToString(edKey.Seed()), "AAAAC3"} {
				if strings.Contains(errs[0].Error(), secret) && !strings.Contains(c.says, secret) {
					t.Errorf("it shows %s: %s", secret, errs[0])
				}
			}
		})
	}
	var many []string
	for range 51 {
		key, _, _ := ed25519.GenerateKey(rand.Reader)
		many = append(many, publicPEM(t, key))
	}
	if _, errs := approval.ParseKeys(many); len(errs) != 1 || errs[0].Error() != "approval_keys[50]: there are 51 keys, and can be 50" {
		t.Errorf("%v", errs)
	}
}

// TestKeysOfSeveralPolicies takes only what all policies agree on.
func TestKeysOfSeveralPolicies(t *testing.T) {
	t.Parallel()
	document := func(elements ...string) governance.PolicyDocument {
		keys, _ := approval.ParseKeys(elements)
		if elements == nil {
			elements = []string{}
		}
		return governance.PolicyDocument{ApprovalsDocument: governance.ApprovalsDocument{ApprovalKeys: elements, Keys: keys}}
	}
	ed, ec := publicPEM(t, edKey.Public()), publicPEM(t, ecKey.Public())
	days := 30
	short := governance.PolicyDocument{ApprovalsDocument: governance.ApprovalsDocument{ApprovalMaxDays: &days}}
	for name, c := range map[string]struct {
		documents []governance.PolicyDocument
		keys      int
		overruled bool
		days      int
	}{
		"none":                             {nil, 0, false, 365},
		"one":                              {[]governance.PolicyDocument{document(ed, ec)}, 2, false, 365},
		"one that is silent":               {[]governance.PolicyDocument{document(ed), short}, 1, false, 30},
		"two that agree on one":            {[]governance.PolicyDocument{document(ed, ec), document(ec)}, 1, false, 365},
		"the same in another form":         {[]governance.PolicyDocument{document(ed), document(jwk(t, edKey.Public(), "x"))}, 1, false, 365},
		"two that do not":                  {[]governance.PolicyDocument{document(ed), document(ec)}, 0, true, 365},
		"one that wants none":              {[]governance.PolicyDocument{document(ed), document()}, 0, true, 365},
		"the last word, which has none":    {[]governance.PolicyDocument{document(ed), short.Complete()}, 0, true, 30},
		"the last word alone":              {[]governance.PolicyDocument{{}, document(ed).Complete()}, 1, false, 365},
		"the last word is silent on days":  {[]governance.PolicyDocument{short, governance.PolicyDocument{}.Complete()}, 0, false, 30},
		"the last word cannot be extended": {[]governance.PolicyDocument{document(ed, ec), document(ed).Complete()}, 1, false, 365},
	} {
		p, err := governance.NewPolicy(c.documents...)
		if err != nil || len(p.ApprovalKeys()) != c.keys || p.ApprovalKeysOverruled() != c.overruled || p.ApprovalMaxDays() != c.days {
			t.Errorf("%s: %d keys, %t, %d days, %v", name, len(p.ApprovalKeys()), p.ApprovalKeysOverruled(), p.ApprovalMaxDays(), err)
		}
		if c.overruled {
			if _, err := approval.Verify("x", deploy, p, now); err == nil || !strings.Contains(err.Error(), "no approval key in common") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	tooLong := 0
	if _, err := governance.NewPolicy(governance.PolicyDocument{ApprovalsDocument: governance.ApprovalsDocument{ApprovalMaxDays: &tooLong}}); err == nil || !strings.Contains(err.Error(), "approval_max_days: 0 is not a number of days from 1 to 36500") {
		t.Error(err)
	}
}
