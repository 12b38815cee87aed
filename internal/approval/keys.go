package approval

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// KeyError says what is wrong with one element of approval_keys. It has nothing of the element in it, which may be a
// secret.
type KeyError struct {
	// Index counts the elements from 0.
	Index  int
	Reason string
}

func (e *KeyError) Error() string { return fmt.Sprintf("approval_keys[%d]: %s", e.Index, e.Reason) }

// Bounds on keys.
const (
	maxKeyText = 64 << 10
	maxKeys    = 50
	minRSABits = 2048
	maxRSABits = 8192
)

// What can be done about an element that is no public key.
const (
	howPublic   = "it has to be the public key. openssl pkey -in key.pem -pubout writes it. What has been in a configuration or a state is no secret any more: make a new key"
	howFromCert = "an approval key is trusted by itself, without a chain and an end. openssl x509 -in certificate.pem -noout -pubkey writes the certificate's public key"
	howFromSSH  = "ssh-keygen -e -m PKCS8 -f key.pub writes an RSA or ECDSA key as PEM; an Ed25519 key is best made by openssl genpkey -algorithm ed25519"
	whatFits    = "approvals are signed with Ed25519, ECDSA on P-256, or RSA of 2048 bits or more"
)

// ParseKeys reads the elements of approval_keys, of which each is one or several public keys in PEM, a JWK or a JWK set.
// The same key given twice is one. Every element that is not is a *KeyError.
func ParseKeys(elements []string) (keys []governance.ApprovalKey, errs []*KeyError) {
	seen := map[string]bool{}
	for i, element := range elements {
		found, reason := parseElement(element)
		if reason != "" {
			errs = append(errs, &KeyError{i, reason})
		}
		for _, key := range found {
			if id := key.ID + " " + key.Name; !seen[id] {
				seen[id] = true
				keys = append(keys, key)
			}
		}
	}
	if len(keys) > maxKeys {
		errs = append(errs, &KeyError{len(elements) - 1, fmt.Sprintf("there are %d keys, and can be %d", len(keys), maxKeys)})
	}
	return keys, errs
}

func parseElement(text string) (keys []governance.ApprovalKey, reason string) {
	switch text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")); {
	case text == "":
		return nil, "it is empty; it has to be a public key in PEM, a JWK or a JWK set"
	case len(text) > maxKeyText:
		return nil, fmt.Sprintf("it has %d bytes; a key has %d at most", len(text), maxKeyText)
	case strings.HasPrefix(text, "{"):
		return parseJWKs([]byte(text))
	case strings.HasPrefix(text, "ssh-"), strings.HasPrefix(text, "ecdsa-sha2-"), strings.HasPrefix(text, "---- BEGIN SSH2"):
		return nil, "it is a public key in the format of OpenSSH; " + howFromSSH
	case !strings.Contains(text, "-----BEGIN "):
		return nil, "it is neither PEM nor JSON; it has to be a public key in PEM, a JWK or a JWK set. A path is read by file()"
	}
	for rest := []byte(text); ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			if len(keys) == 0 || strings.TrimSpace(string(rest)) != "" {
				return nil, "it is not PEM throughout, or is cut off"
			}
			return keys, ""
		}
		public, reason := parseBlock(block)
		if reason != "" {
			return nil, reason
		}
		id, reason := identify(public)
		if reason != "" {
			return nil, "it is " + reason + "; " + whatFits
		}
		keys = append(keys, governance.ApprovalKey{ID: id, Public: public})
	}
}

func parseBlock(block *pem.Block) (public crypto.PublicKey, reason string) {
	var err error
	switch {
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return nil, "it is a private key; " + howPublic
	case block.Type == "CERTIFICATE":
		return nil, "it is a certificate; " + howFromCert
	case block.Type == "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	case block.Type == "RSA PUBLIC KEY":
		public, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		return nil, "it is PEM of another kind than PUBLIC KEY"
	}
	if err != nil {
		return nil, "it says that it is a public key, and cannot be read as one; " + whatFits
	}
	return public, ""
}

// parseJWKs reads a key or a set of them.
func parseJWKs(text []byte) (keys []governance.ApprovalKey, reason string) {
	members, reason := object(text)
	if reason != "" {
		return nil, "it is no JWK and no JWK set: " + reason
	}
	if members["keys"] == nil {
		key, reason := parseJWK(text)
		return []governance.ApprovalKey{key}, reason
	}
	var set []json.RawMessage
	if err := json.Unmarshal(members["keys"], &set); err != nil || len(set) == 0 {
		return nil, "it is a JWK set whose keys are no list with something in it"
	}
	for i, one := range set {
		key, reason := parseJWK(one)
		if reason != "" {
			return nil, fmt.Sprintf("keys[%d] of its JWK set: %s", i, reason)
		}
		keys = append(keys, key)
	}
	return keys, ""
}

func parseJWK(text []byte) (key governance.ApprovalKey, reason string) {
	members, reason := object(text)
	if reason != "" {
		return key, "it is no JWK: " + reason
	}
	if string(members["kty"]) == `"oct"` || members["k"] != nil {
		return key, "it is a secret that is shared, with which whoever verifies could sign as well; " + whatFits
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "priv"} {
		if members[private] != nil {
			return key, `it is a private key (it has the member "` + private + `"); ` + howPublic
		}
	}
	for _, certificate := range []string{"x5c", "x5u"} {
		if members[certificate] != nil {
			return key, "it has the member " + certificate + ", a certificate; " + howFromCert
		}
	}
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON(text); err != nil || !jwk.Valid() {
		return key, "it is no JWK of a public key, or of an unsupported kind; " + whatFits
	}
	id, reason := identify(jwk.Key)
	algorithm := algorithmOf(jwk.Key)
	switch {
	case reason != "":
		return key, "it is " + reason + "; " + whatFits
	case jwk.Use != "" && jwk.Use != "sig":
		return key, "its use is " + quote(jwk.Use) + "; a key that signs has sig, or none"
	case jwk.Algorithm != "" && jwk.Algorithm != string(algorithm):
		return key, fmt.Sprintf("its alg is %s; approvals are signed by such a key with %s", quote(jwk.Algorithm), algorithm)
	case !printable(jwk.KeyID) || len(jwk.KeyID) > maxText:
		return key, "its kid is too long or not printable"
	}
	return governance.ApprovalKey{ID: id, Name: jwk.KeyID, Public: jwk.Key}, ""
}

// identify gives the thumbprint of a public key, or says what the key is that cannot be used.
func identify(public crypto.PublicKey) (thumbprint, reason string) {
	switch key := public.(type) {
	case ed25519.PublicKey:
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return "", "an ECDSA key on the curve " + key.Curve.Params().Name
		}
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return "", fmt.Sprintf("an RSA key of %d bits, which is not between %d and %d", bits, minRSABits, maxRSABits)
		}
		if key.E < 3 || key.E%2 == 0 {
			return "", fmt.Sprintf("an RSA key with the exponent %d", key.E)
		}
	default:
		return "", "a key of a kind that cannot be used"
	}
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return "", "a key without a thumbprint"
	}
	return base64.RawURLEncoding.EncodeToString(sum), ""
}

// KeyName names a public key in messages, by its algorithm and its thumbprint. The error says why it is of no use.
func KeyName(public crypto.PublicKey) (string, error) {
	id, reason := identify(public)
	if reason != "" {
		return "", errors.New("the key cannot sign approvals: it is " + reason + "; " + whatFits)
	}
	return fmt.Sprintf("%s %s", algorithmOf(public), id), nil
}
