package sim

import (
	"encoding/base64"
	"slices"
)

// sensitive stands in recorded calls for a value that is a secret.
const sensitive = "(sensitive)"

// remember notes a secret that an API handed out or took.
func (s *Server) remember(secret string) {
	if secret == "" || s.secretSeen[secret] {
		return
	}
	s.secretSeen[secret] = true
	s.secretList = append(s.secretList, secret)
}

// rememberSecrets notes the secrets that a request brings, whatever becomes of
// it.
func (r *request) rememberSecrets() {
	s := r.server
	s.remember(r.str("Password"))
	s.remember(r.input.str("SecretString"))
	if text := r.input.str("SecretBinary"); text != "" {
		s.remember(text)
		if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
			s.remember(string(raw))
		}
	}
	if r.input.str("Type") == typeSecure {
		s.remember(r.input.str("Value"))
	}
}

// Secrets returns every secret that an API of the simulator handed out or
// took, or that was seeded, in order and once: secret access keys, session
// tokens, values of secrets (binary ones as they are and in base64), values of
// SecureString parameters, passwords of login profiles and service-specific
// credentials, seeds of MFA devices, random passwords. A test looks for them
// where they must not be. Not among them are the administrators' keys, which no
// API gives.
func (s *Server) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.secretList)
}
