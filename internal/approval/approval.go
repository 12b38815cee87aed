// Package approval reads, verifies and makes approvals: compact JWS that a policy's approval keys have signed, each for
// one identity. It has no clock, reads no file and calls nobody.
package approval

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Type is the typ of the header. No other token that a key signs has it, so none can pass for an approval.
const Type = "governed-approval+jwt"

// algorithms are the ones that can be signed with. None of them has a secret that the verifier knows.
var algorithms = []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256, jose.RS256}

const algorithmNames = "EdDSA, ES256 and RS256"

// maxToken in bytes is far more than the grants of one identity take.
const maxToken = 16 << 10

// skew is how far the clock of who signs may be ahead.
const skew = 5 * time.Minute

// Reason says which of the things is wrong that can be.
type Reason string

// The reasons, in the order in which they are looked for.
const (
	NoKeys      Reason = "no_keys"
	Malformed   Reason = "malformed"
	WrongType   Reason = "type"
	Algorithm   Reason = "algorithm"
	UnknownKey  Reason = "unknown_key"
	WrongKey    Reason = "wrong_key"
	Signature   Reason = "signature"
	Identity    Reason = "identity"
	NotYetValid Reason = "not_yet_valid"
	Lifetime    Reason = "lifetime"
	Expired     Reason = "expired"
)

// Error says why a token is no approval. Its texts have nothing of an unverified token but short, printable parts.
type Error struct {
	Reason Reason
	// Message is a clause, and Remedy a sentence.
	Message, Remedy string
}

func (e *Error) Error() string { return e.Message }

func failure(reason Reason, remedy, format string, args ...any) *Error {
	return &Error{Reason: reason, Message: fmt.Sprintf(format, args...), Remedy: remedy}
}

const signAnew = "Have it signed anew, by terraform-provider-governed approve or as the guide \"Approvals\" describes it."

// Verify reads an approval of an identity, by its canonical id, under a policy. The error is an *Error.
func Verify(token, identity string, policy governance.Policy, now time.Time) (governance.Approval, error) {
	switch {
	case policy.ApprovalKeysOverruled():
		return governance.Approval{}, failure(NoKeys, "Have the owner of the policies give all of them the same key, or take approval_keys out of those that need not name any. Where GOVERNED_POLICY_FILE is set, its policy has to name the key.",
			"the policies have no approval key in common, and one that not all of them name does not count")
	case len(policy.ApprovalKeys()) == 0:
		return governance.Approval{}, failure(NoKeys, "Write the public keys of those who may approve into the policy's approval_keys.",
			"the policy names nobody who may approve")
	}
	payload, err := open(strings.TrimSpace(token), policy.ApprovalKeys())
	if err != nil {
		return governance.Approval{}, err
	}
	claims, reason := parseClaims(payload)
	if reason != "" {
		return governance.Approval{}, malformed("its claims are not those of an approval: " + reason)
	}
	if err := claims.check(identity, policy.ApprovalMaxDays(), now); err != nil {
		return governance.Approval{}, err
	}
	return claims.approval(), nil
}

func malformed(reason string) *Error {
	return failure(Malformed, signAnew, "it is malformed: %s", reason)
}

// open verifies a token and returns its payload.
func open(token string, keys []governance.ApprovalKey) ([]byte, error) {
	header, reason := parseHeader(token)
	if reason != "" {
		return nil, malformed(reason)
	}
	switch {
	case header.typ != Type:
		return nil, failure(WrongType, signAnew, "it is signed as something else: its typ is %s, and that of an approval is %q", quote(header.typ), Type)
	case !slices.Contains(algorithms, header.alg):
		return nil, failure(Algorithm, "Have it signed with one of them.", "its algorithm is %s, and an approval is signed with one of %s", quote(string(header.alg)), algorithmNames)
	}
	fitting := func(key governance.ApprovalKey) bool { return algorithmOf(key.Public) == header.alg }
	candidates := keys
	if header.kid != "" {
		candidates = slices.DeleteFunc(slices.Clone(keys), func(key governance.ApprovalKey) bool { return key.ID != header.kid && key.Name != header.kid })
		if len(candidates) == 0 {
			return nil, failure(UnknownKey, "Have it signed with a key that the policy names, or have the key added to approval_keys.",
				"it is signed with the key %s, which the policy does not name; it names %s", quote(header.kid), describe(keys))
		}
	}
	candidates = slices.DeleteFunc(slices.Clone(candidates), func(key governance.ApprovalKey) bool { return !fitting(key) })
	if len(candidates) == 0 {
		return nil, failure(WrongKey, "Have it signed with a key that the policy names, and with that key's algorithm.",
			"it is signed with %s, for which the key is not: the policy names %s", header.alg, describe(keys))
	}
	parsed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, malformed(governance.Printable(err.Error()))
	}
	for _, key := range candidates {
		if payload, err := parsed.Verify(key.Public); err == nil {
			return payload, nil
		}
	}
	whose := "by none of the policy's keys for " + string(header.alg)
	if header.kid != "" {
		whose = "not by the key " + quote(header.kid) + " that it names"
	}
	return nil, failure(Signature, "Copy the token whole and unchanged. If it is, it was changed after it was signed, or somebody else has signed it: have it signed anew.",
		"its signature is wrong: it was made %s", whose)
}

// algorithmOf is the one algorithm that a public key is for; empty for none.
func algorithmOf(key any) jose.SignatureAlgorithm {
	switch key.(type) {
	case ed25519.PublicKey:
		return jose.EdDSA
	case *ecdsa.PublicKey:
		return jose.ES256
	case *rsa.PublicKey:
		return jose.RS256
	}
	return ""
}

// mostKeys is how many keys a message names.
const mostKeys = 5

func describe(keys []governance.ApprovalKey) string {
	var names []string
	for _, key := range keys[:min(len(keys), mostKeys)] {
		name := key.ID
		if key.Name != "" {
			name = quote(key.Name)
		}
		names = append(names, fmt.Sprintf("%s (%s)", name, algorithmOf(key.Public)))
	}
	if more := len(keys) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

// mostShown is how many characters of an unverified text a message shows.
const mostShown = 64

// quote shows a text of which nobody knows whose it is.
func quote(text string) string {
	runes := []rune(text)
	if len(runes) > mostShown {
		runes = append(runes[:mostShown], '…')
	}
	return `"` + governance.Printable(string(runes)) + `"`
}
