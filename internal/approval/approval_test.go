package approval_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

const deploy = "aws:123456789012:role/ci/deploy"

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// claims are those of an approval that holds.
func claims() approval.Claims {
	return approval.Claims{
		Subject: deploy, Classes: []governance.Rule{governance.RulePrivilegeEscalation},
		Grants:   []approval.Grant{{Actions: []string{"iam:PutRolePolicy"}, Resources: []string{"arn:aws:iam::*:role/app-*"}}},
		Approver: "alice", Ticket: "SEC-1234", IssuedAt: now.Unix(), Expiry: now.AddDate(0, 0, 90).Unix(),
	}
}

// must takes the value of a call that does not fail.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func publicPEM(t testing.TB, key crypto.PublicKey) string {
	t.Helper()
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(key))(t)}))
}

// policy has the public keys of who may approve.
func policy(t testing.TB, elements ...string) governance.Policy {
	t.Helper()
	keys, errs := approval.ParseKeys(elements)
	if errs != nil {
		t.Fatal(errs)
	}
	return must(governance.NewPolicy(governance.PolicyDocument{ApprovalsDocument: governance.ApprovalsDocument{ApprovalKeys: elements, Keys: keys}}))(t)
}

var (
	edKey    = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	ecKey, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	rsaKey   = generateRSA(2048)
)

func generateRSA(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

// TestVerify signs with each algorithm and reads it back.
func TestVerify(t *testing.T) {
	t.Parallel()
	all := policy(t, publicPEM(t, edKey.Public()), publicPEM(t, ecKey.Public())+publicPEM(t, rsaKey.Public()))
	for name, key := range map[string]crypto.Signer{"EdDSA": edKey, "ES256": ecKey, "RS256": rsaKey} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := must(approval.Sign(claims(), key))(t)
			if header := decoded(t, token); !strings.Contains(header, `"alg":"`+name+`"`) || !strings.Contains(header, `"typ":"governed-approval+jwt"`) || !strings.Contains(header, `"kid":"`) {
				t.Errorf("the header is %s", header)
			}
			got, err := approval.Verify(token+"\n", deploy, all, now)
			if err != nil {
				t.Fatal(err)
			}
			if got.Approver != "alice" || got.Ticket != "SEC-1234" || len(got.Grants) != 1 || !got.Until.Equal(now.AddDate(0, 0, 90)) || got.Classes[0] != governance.RulePrivilegeEscalation {
				t.Errorf("%+v", got)
			}
			// Another tool need not name the key.
			if _, err := approval.Verify(sign(t, key, map[string]any{"typ": approval.Type}, claims()), deploy, all, now); err != nil {
				t.Error(err)
			}
		})
	}
}

// decoded is the header of a token.
func decoded(t testing.TB, token string) string {
	t.Helper()
	head, _, _ := strings.Cut(token, ".")
	return string(must(base64.RawURLEncoding.DecodeString(head))(t))
}

// sign makes a JWS with a header and a payload of one's own, as any tool could.
func sign(t testing.TB, key crypto.Signer, header map[string]any, payload any) string {
	t.Helper()
	algorithm := map[string]jose.SignatureAlgorithm{"ed25519.PublicKey": jose.EdDSA, "*ecdsa.PublicKey": jose.ES256, "*rsa.PublicKey": jose.RS256}[fmt.Sprintf("%T", key.Public())]
	if algorithm == jose.RS256 && header["alg"] == "PS256" {
		algorithm = jose.PS256
	}
	options := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{}}
	for name, value := range header {
		if name != "alg" {
			options.ExtraHeaders[jose.HeaderKey(name)] = value
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	text, ok := payload.(string)
	if !ok {
		text = string(must(json.Marshal(payload))(t))
	}
	signed, err := signer.Sign([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return must(signed.CompactSerialize())(t)
}

// raw puts a token together from texts, without a signature.
func raw(header, payload string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(payload)) + "."
}

func jsonOf(t testing.TB, value any) string {
	t.Helper()
	return string(must(json.Marshal(value))(t))
}

// TestVerifyRefuses has each way to fake an approval, or to get one wrong.
func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	public := publicPEM(t, edKey.Public())
	mine := policy(t, public)
	typed := map[string]any{"typ": approval.Type}
	good := must(approval.Sign(claims(), edKey))(t)
	parts := strings.Split(good, ".")
	changed := func(change func(*approval.Claims)) string {
		c := claims()
		change(&c)
		return sign(t, edKey, typed, c)
	}
	with := func(name string, value any) string {
		return sign(t, edKey, map[string]any{"typ": approval.Type, name: value}, claims())
	}
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	text := jsonOf(t, claims())
	hs256 := func(secret []byte) string {
		token := raw(`{"alg":"HS256","typ":"governed-approval+jwt"}`, text)
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(strings.TrimSuffix(token, ".")))
		return token + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	tampered := claims()
	tampered.Grants[0].Resources = []string{"*"}
	for name, c := range map[string]struct {
		token  string
		policy governance.Policy
		reason approval.Reason
		says   string
	}{
		"no keys":             {good, policy(t), approval.NoKeys, "the policy names nobody who may approve"},
		"empty":               {" ", mine, approval.Malformed, "it is malformed: a compact JWS has three parts"},
		"text":                {"approved by alice", mine, approval.Malformed, "three parts"},
		"five parts":          {"a.b.c.d.e", mine, approval.Malformed, "three parts"},
		"detached":            {parts[0] + ".." + parts[2], mine, approval.Signature, "its signature is wrong"},
		"no signature":        {parts[0] + "." + parts[1] + ".", mine, approval.Signature, "not by the key"},
		"padding":             {parts[0] + "=." + parts[1] + "." + parts[2], mine, approval.Malformed, "not base64url"},
		"line break":          {parts[0] + ".\n" + parts[1] + "." + parts[2], mine, approval.Malformed, "not base64url"},
		"JSON serialization":  {`{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`, mine, approval.Malformed, "three parts"},
		"huge":                {raw(`{"alg":"EdDSA","typ":"governed-approval+jwt"}`, strings.Repeat("x", 1<<20)), mine, approval.Malformed, "longer than 16 KiB"},
		"header no object":    {raw(`[]`, text), mine, approval.Malformed, "its header is not that of an approval: it is no JSON object"},
		"header not UTF-8":    {raw("{\"alg\":\"EdDSA\xff\"}", text), mine, approval.Malformed, "it is not UTF-8"},
		"two headers":         {raw(`{"alg":"EdDSA","typ":"governed-approval+jwt"}{}`, text), mine, approval.Malformed, "something follows"},
		"alg twice":           {raw(`{"alg":"none","alg":"EdDSA","typ":"governed-approval+jwt"}`, text), mine, approval.Malformed, `it has the member "alg" twice`},
		"alg twice, escaped":  {raw(`{"alg":"EdDSA","\u0061lg":"none","typ":"governed-approval+jwt"}`, text), mine, approval.Malformed, `it has the member "alg" twice`},
		"alg in another case": {raw(`{"Alg":"none","alg":"EdDSA","typ":"governed-approval+jwt"}`, text), mine, approval.Malformed, `it has the member "Alg", and can have alg, typ, kid only`},
		"alg no text":         {raw(`{"alg":null,"typ":"governed-approval+jwt"}`, text), mine, approval.Malformed, "in its header alg is not a text"},
		"own key":             {sign(t, stranger, map[string]any{"typ": approval.Type, "jwk": jose.JSONWebKey{Key: stranger.Public()}}, claims()), mine, approval.Malformed, `the member "jwk"`},
		"own certificate":     {with("x5c", []string{"MIIB"}), mine, approval.Malformed, `the member "x5c"`},
		"key elsewhere":       {with("jku", "https://attacker.example/keys"), mine, approval.Malformed, `the member "jku"`},
		"critical":            {with("crit", []string{"b64"}), mine, approval.Malformed, `the member "crit"`},
		"unencoded":           {with("b64", false), mine, approval.Malformed, `the member "b64"`},
		"ID token":            {sign(t, edKey, map[string]any{"typ": "JWT"}, claims()), mine, approval.WrongType, `it is signed as something else: its typ is "JWT", and that of an approval is "governed-approval+jwt"`},
		"no type":             {sign(t, edKey, nil, claims()), mine, approval.WrongType, `its typ is ""`},
		"type with escapes":   {raw(`{"alg":"EdDSA","typ":"`+`\u001b[2J\u202e`+strings.Repeat("x", 500)+`"}`, text), mine, approval.WrongType, `its typ is "\u001b[2J\u202exxx`},
		"none":                {raw(`{"alg":"none","typ":"governed-approval+jwt"}`, text), mine, approval.Algorithm, `its algorithm is "none", and an approval is signed with one of EdDSA, ES256 and RS256`},
		"None":                {raw(`{"alg":"None","typ":"governed-approval+jwt"}`, text), mine, approval.Algorithm, `its algorithm is "None"`},
		"no alg":              {raw(`{"typ":"governed-approval+jwt"}`, text), mine, approval.Algorithm, `its algorithm is ""`},
		"HMAC with PEM":       {hs256([]byte(public)), mine, approval.Algorithm, `its algorithm is "HS256"`},
		"HMAC with the bytes": {hs256(edKey[ed25519.SeedSize:]), mine, approval.Algorithm, `its algorithm is "HS256"`},
		"PS256":               {sign(t, rsaKey, map[string]any{"typ": approval.Type, "alg": "PS256"}, claims()), policy(t, publicPEM(t, rsaKey.Public())), approval.Algorithm, `its algorithm is "PS256"`},
		"key unknown":         {must(approval.Sign(claims(), stranger))(t), mine, approval.UnknownKey, "which the policy does not name; it names "},
		"key unknown, long":   {with("kid", strings.Repeat("k", 500)), mine, approval.UnknownKey, strings.Repeat("k", 64) + `…"`},
		"key of another kind": {sign(t, ecKey, typed, claims()), mine, approval.WrongKey, "it is signed with ES256, for which the key is not"},
		"somebody else's":     {sign(t, stranger, typed, claims()), mine, approval.Signature, "its signature is wrong: it was made by none of the policy's keys for EdDSA"},
		"named, not used":     {parts[0] + "." + parts[1] + "." + strings.Split(sign(t, stranger, typed, claims()), ".")[2], mine, approval.Signature, "it was made not by the key"},
		"tampered":            {parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(jsonOf(t, tampered))) + "." + parts[2], mine, approval.Signature, "its signature is wrong"},
		"other header":        {base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","typ":"governed-approval+jwt"}`)) + "." + parts[1] + "." + parts[2], mine, approval.Signature, "its signature is wrong"},
		"claims no object":    {sign(t, edKey, typed, `"all"`), mine, approval.Malformed, "its claims are not those of an approval: it is no JSON object"},
		"claims not UTF-8":    {sign(t, edKey, typed, "{\"sub\":\"\xff\"}"), mine, approval.Malformed, "it is not UTF-8"},
		"exp twice":           {sign(t, edKey, typed, strings.Replace(text, "{", `{"exp":1,`, 1)), mine, approval.Malformed, `it has the member "exp" twice`},
		"exp of another case": {sign(t, edKey, typed, strings.Replace(text, "{", `{"EXP":99999999999,`, 1)), mine, approval.Malformed, `it has the member "EXP"`},
		"further claim":       {sign(t, edKey, typed, strings.Replace(text, "{", `{"environment":"dev",`, 1)), mine, approval.Malformed, `it has the member "environment"`},
		"exp no number":       {sign(t, edKey, typed, strings.Replace(text, `"exp":`, `"exp":"x","nbf":`, 1)), mine, approval.Malformed, "exp is not a number of whole seconds"},
		"exp too large":       {changed(func(c *approval.Claims) { c.Expiry = 1 << 60 }), mine, approval.Malformed, "exp is missing or no time"},
		"no exp":              {changed(func(c *approval.Claims) { c.Expiry = 0 }), mine, approval.Malformed, "exp is missing or no time"},
		"no iat":              {changed(func(c *approval.Claims) { c.IssuedAt = 0 }), mine, approval.Malformed, "iat is missing or no time"},
		"no approver":         {changed(func(c *approval.Claims) { c.Approver = "" }), mine, approval.Malformed, "approver is missing"},
		"no ticket":           {changed(func(c *approval.Claims) { c.Ticket = "" }), mine, approval.Malformed, "ticket is missing"},
		"approver with bidi":  {changed(func(c *approval.Claims) { c.Approver = "ecila\u202e" }), mine, approval.Malformed, "approver is missing, longer than 256 bytes or not printable"},
		"allows nothing":      {changed(func(c *approval.Claims) { c.Classes, c.Grants = nil, nil }), mine, approval.Malformed, "neither classes nor grants"},
		"unknown class":       {changed(func(c *approval.Claims) { c.Classes[0] = "everything" }), mine, approval.Malformed, `classes has "everything"`},
		"classes null":        {sign(t, edKey, typed, strings.Replace(text, `["privilege_escalation"]`, "null", 1)), mine, approval.Malformed, "classes is not a list"},
		"class null":          {sign(t, edKey, typed, strings.Replace(text, `["privilege_escalation"]`, "[null]", 1)), mine, approval.Malformed, "classes is not a list"},
		"grant of half":       {changed(func(c *approval.Claims) { c.Grants[0].Resources = nil }), mine, approval.Malformed, "grants[0] needs actions and resources"},
		"grants no list":      {sign(t, edKey, typed, strings.Replace(text, `"grants":[`, `"grants":{},"jti":[`, 1)), mine, approval.Malformed, "is not a"},
		"grant of half a provider": {changed(func(c *approval.Claims) {
			c.Subject, c.Grants[0].Actions = "azure:/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deploy", []string{"*", "*/read", "Microsoft.Storage/*", "Sites.FullControl.All", "Micro*/write"}
		}), mine, approval.Malformed, `grants[0] has the action "Micro*/write", whose first part has a wildcard and more`},
		"grant of half a name": {changed(func(c *approval.Claims) { c.Grants[0].Actions = []string{"**", "s3:*", "iam?*"} }), mine, approval.Malformed, `grants[0] has the action "iam?*", which is neither * nor of the form service:name`},
		"grant with more":      {sign(t, edKey, typed, strings.Replace(text, `"actions":`, `"condition":{},"actions":`, 1)), mine, approval.Malformed, `grants[0]: it has the member "condition"`},
		"too many patterns": {changed(func(c *approval.Claims) {
			c.Grants[0].Actions = make([]string, 201)
			fill(c.Grants[0].Actions, "s3:Get*")
		}), mine, approval.Malformed, "patterns; it can have 200"},
		"no identity":     {changed(func(c *approval.Claims) { c.Subject = "deploy" }), mine, approval.Malformed, `sub is "deploy", which is no canonical id`},
		"other name":      {changed(func(c *approval.Claims) { c.Subject = "aws:123456789012:role/ci/other" }), mine, approval.Identity, "it is for aws:123456789012:role/ci/other, and this identity is " + deploy},
		"other path":      {changed(func(c *approval.Claims) { c.Subject = "aws:123456789012:role/deploy" }), mine, approval.Identity, "it is for aws:123456789012:role/deploy"},
		"other account":   {changed(func(c *approval.Claims) { c.Subject = "aws:999988887777:role/ci/deploy" }), mine, approval.Identity, "it is for aws:999988887777:role/ci/deploy"},
		"other kind":      {changed(func(c *approval.Claims) { c.Subject = "aws:123456789012:user/ci/deploy" }), mine, approval.Identity, "it is for aws:123456789012:user/ci/deploy"},
		"expired":         {changed(func(c *approval.Claims) { c.IssuedAt, c.Expiry = now.Unix()-86400, now.Unix() }), mine, approval.Expired, "it ended at 2026-11-22T12:00:00Z"},
		"from tomorrow":   {changed(func(c *approval.Claims) { c.NotBefore = now.Unix() + 86400 }), mine, approval.NotYetValid, "it holds from 2026-11-23T12:00:00Z on"},
		"issued tomorrow": {changed(func(c *approval.Claims) { c.IssuedAt += 86400 }), mine, approval.NotYetValid, "it holds from 2026-11-23T12:00:00Z on"},
		"for two years":   {changed(func(c *approval.Claims) { c.Expiry = now.AddDate(2, 0, 0).Unix() }), mine, approval.Lifetime, "it is to hold for 731 days, and the policy's approval_max_days is 365"},
		"backwards":       {changed(func(c *approval.Claims) { c.Expiry = c.IssuedAt - 1 }), mine, approval.Malformed, "exp is not after iat and nbf"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := approval.Verify(c.token, deploy, c.policy, now)
			var refused *approval.Error
			if !errors.As(err, &refused) {
				t.Fatalf("it is taken: %v", err)
			}
			if refused.Reason != c.reason || !strings.Contains(refused.Message, c.says) || refused.Remedy == "" || len(refused.Message) > 1000 {
				t.Errorf("%s: %s", refused.Reason, refused.Message)
			}
			for _, r := range refused.Message {
				if r < ' ' || r == '\u202e' {
					t.Errorf("%q", refused.Message)
				}
			}
		})
	}
	if _, err := approval.Verify(changed(func(c *approval.Claims) { c.IssuedAt += 60 }), deploy, mine, now); err != nil {
		t.Errorf("a clock that is a minute ahead: %s", err)
	}
}

func fill(texts []string, with string) {
	for i := range texts {
		texts[i] = with
	}
}

// TestSignRefuses signs nothing that would not be taken.
func TestSignRefuses(t *testing.T) {
	t.Parallel()
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	none := claims()
	none.Approver = ""
	long := claims()
	for i := range 100 {
		long.Grants = append(long.Grants, approval.Grant{Actions: []string{"s3:*"}, Resources: []string{strings.Repeat("x", 200+i)}})
	}
	for name, c := range map[string]struct {
		claims approval.Claims
		key    crypto.Signer
		says   string
	}{
		"claims": {none, edKey, "approver is missing"},
		"curve":  {claims(), p384, "the key cannot sign approvals: it is an ECDSA key on the curve P-384"},
		"small":  {claims(), generateRSA(1024), "an RSA key of 1024 bits"},
		"many":   {long, edKey, "patterns; it can have 200"},
	} {
		if _, err := approval.Sign(c.claims, c.key); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	long.Grants = long.Grants[:90]
	if _, err := approval.Sign(long, edKey); err == nil || !strings.Contains(err.Error(), "takes more than the 16 KiB") {
		t.Errorf("%v", err)
	}
}

// FuzzVerify wants no panic, and nothing that passes but what was signed.
func FuzzVerify(f *testing.F) {
	keys, _ := approval.ParseKeys([]string{publicPEM(f, edKey.Public()), publicPEM(f, ecKey.Public())})
	known, _ := governance.NewPolicy(governance.PolicyDocument{ApprovalsDocument: governance.ApprovalsDocument{ApprovalKeys: []string{"two"}, Keys: keys}})
	good, _ := approval.Sign(claims(), edKey)
	f.Add(good)
	f.Add("a.b.c")
	f.Add(raw(`{"alg":"none","typ":"governed-approval+jwt"}`, `{}`))
	f.Fuzz(func(t *testing.T, token string) {
		got, err := approval.Verify(token, deploy, known, now)
		var wrong *approval.Error
		switch {
		case err == nil && (got.Approver != "alice" || got.Ticket != "SEC-1234" || !got.Until.Equal(now.AddDate(0, 0, 90))):
			t.Errorf("%q is taken: %+v", token, got)
		case err != nil && (!errors.As(err, &wrong) || wrong.Reason == "" || wrong.Message == "" || wrong.Remedy == "" || len(got.Classes)+len(got.Grants) > 0):
			t.Errorf("%q: %+v, %#v", token, got, err)
		}
	})
}

// FuzzClaims signs any payload with the right key: what passes is for this identity, holds now and no longer than the policy
// allows, and says the same when it is signed anew.
func FuzzClaims(f *testing.F) {
	keys, _ := approval.ParseKeys([]string{publicPEM(f, edKey.Public())})
	known, _ := governance.NewPolicy(governance.PolicyDocument{ApprovalsDocument: governance.ApprovalsDocument{ApprovalKeys: []string{"one"}, Keys: keys}})
	whole, _ := json.Marshal(claims())
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: edKey}, (&jose.SignerOptions{}).WithType(approval.Type))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(whole))
	f.Add(strings.Replace(string(whole), `"sub"`, `"Sub"`, 1))
	f.Add(strings.Replace(string(whole), `"approver":"alice"`, `"approver":"alice","approver":"mallory"`, 1))
	f.Add(strings.Replace(string(whole), `"exp":`, `"nbf":null,"exp":1e`, 1))
	f.Fuzz(func(t *testing.T, payload string) {
		signed, err := signer.Sign([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		token, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		got, err := approval.Verify(token, deploy, known, now)
		if err != nil {
			var wrong *approval.Error
			if !errors.As(err, &wrong) || wrong.Reason == approval.Signature || wrong.Remedy == "" {
				t.Errorf("%s: %#v", payload, err)
			}
			return
		}
		if !got.Until.After(now) || got.Until.Sub(got.IssuedAt) > time.Duration(known.ApprovalMaxDays())*24*time.Hour || got.IssuedAt.After(now.Add(5*time.Minute)) {
			t.Errorf("%s is taken, from %s to %s", payload, got.IssuedAt, got.Until)
		}
		if got.Approver == "" || got.Ticket == "" || len(got.Classes)+len(got.Grants) == 0 || !strings.Contains(payload, `"sub"`) {
			t.Errorf("%s is taken: %+v", payload, got)
		}
		anew := approval.Claims{Subject: deploy, Classes: got.Classes, Approver: got.Approver, Ticket: got.Ticket, IssuedAt: got.IssuedAt.Unix(), Expiry: got.Until.Unix()}
		for _, grant := range got.Grants {
			anew.Grants = append(anew.Grants, approval.Grant(grant))
		}
		token, err = approval.Sign(anew, edKey)
		if err != nil {
			t.Fatalf("%s cannot be signed anew: %v", payload, err)
		}
		if again, err := approval.Verify(token, deploy, known, now); err != nil || fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", got) {
			t.Errorf("%+v signed anew is %+v, %v", got, again, err)
		}
	})
}
