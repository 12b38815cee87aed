package sim

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
)

// Prefixes of IAM's unique ids (IAM user guide, "IAM identifiers").
const (
	prefixRole            = "AROA"
	prefixUser            = "AIDA"
	prefixPolicy          = "ANPA"
	prefixInstanceProfile = "AIPA"
	prefixAccessKey       = "AKIA"
	prefixSessionKey      = "ASIA"
	prefixGroup           = "AGPA"
	prefixPublicKey       = "APKA"
	prefixServiceKey      = "ACCA"
)

// derive returns n upper-case letters and digits from a seed.
func derive(seed string, n int) string {
	sum := sha256.Sum256([]byte(seed))
	return base32.StdEncoding.EncodeToString(sum[:])[:n]
}

// deriveSecret returns 40 characters, the length of a secret access key.
func deriveSecret(seed string) string {
	sum := sha256.Sum256([]byte("secret/" + seed))
	return base64.StdEncoding.EncodeToString(sum[:30])
}

// uniqueID makes the next unique id with a prefix: four letters and seventeen
// characters.
func (s *Server) uniqueID(prefix string) string {
	s.serial++
	return prefix + derive(fmt.Sprintf("%s/%d", prefix, s.serial), 17)
}

// requestID makes an id for one request in the form of a UUID.
func (s *Server) requestID() string {
	s.requests++
	return UUID(fmt.Sprintf("request/%d", s.requests))
}

// UUID makes a UUID from a seed, always the same of the same.
func UUID(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:32]
}

// suffixCharacters are those of the random end of a secret's ARN.
const suffixCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// deriveSuffix returns the six characters at the end of a secret's ARN.
func deriveSuffix(seed string) string {
	sum := sha256.Sum256([]byte("suffix/" + seed))
	out := make([]byte, 6)
	for i := range out {
		out[i] = suffixCharacters[int(sum[i])%len(suffixCharacters)]
	}
	return string(out)
}
