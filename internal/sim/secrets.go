package sim

import (
	"encoding/base64"
	"slices"
	"sync"
)

// sensitive stands in recorded calls for a value that is a secret.
const sensitive = "(sensitive)"

// SecretRegister keeps the secrets that one simulator handed out or took, in
// order and once. The zero value has none. It is safe for concurrent use.
type SecretRegister struct {
	mu   sync.Mutex
	seen map[string]bool
	list []string
}

// Add notes a secret; an empty one is none.
func (r *SecretRegister) Add(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if secret == "" || r.seen[secret] {
		return
	}
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[secret] = true
	r.list = append(r.list, secret)
}

// All returns the secrets.
func (r *SecretRegister) All() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

// remember notes a secret that an API handed out or took.
func (s *Server) remember(secret string) { s.secrets.Add(secret) }

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
func (s *Server) Secrets() []string { return s.secrets.All() }
