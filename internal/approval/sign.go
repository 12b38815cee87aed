package approval

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// Sign makes the approval that claims describe, with a private key, and names the key in it.
func Sign(claims Claims, key crypto.Signer) (token string, err error) {
	if problem := claims.Problem(); problem != "" {
		return "", errors.New(problem)
	}
	id, reason := identify(key.Public())
	if reason != "" {
		return "", errors.New("the key cannot sign approvals: it is " + reason + "; " + whatFits)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithmOf(key.Public()), Key: key}, (&jose.SignerOptions{}).WithType(Type).WithHeader("kid", id))
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	if token, err = signed.CompactSerialize(); err == nil && len(token) > maxToken {
		return "", errors.New("what it allows takes more than the 16 KiB that an approval can have")
	}
	return token, err
}
