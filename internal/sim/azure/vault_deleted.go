package azuresim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// deleteSecret puts a secret among the deleted. Under a replication lag it takes
// as many requests until it is there.
func (r *request) deleteSecret() (*reply, error) {
	s, err := r.theSecret("delete")
	if err != nil {
		return nil, err
	}
	s.deleted, s.deleting = r.now, r.server.lag
	return answer(http.StatusOK, s.deletedAnswer(s.url("secrets")+"/"+s.latest().id))
}

// theDeleted finds a deleted secret.
func (r *request) theDeleted(action string) (*vault, *vaultSecret, error) {
	v, s, err := r.secret(action)
	if err == nil && (s == nil || s.deleted.IsZero()) {
		err = newError("SecretNotFound", http.StatusNotFound, "Deleted Secret not found: %s", r.http.PathValue("name"))
	}
	return v, s, err
}

func (r *request) getDeletedSecret() (*reply, error) {
	_, s, err := r.theDeleted("readMetadata/action")
	if err != nil {
		return nil, err
	}
	if s.busy() != nil {
		return nil, newError("SecretNotFound", http.StatusNotFound, "Deleted Secret not found: %s", s.name)
	}
	return answer(http.StatusOK, s.deletedAnswer(s.url("secrets")+"/"+s.latest().id))
}

func (r *request) listDeletedSecrets() (*reply, error) {
	v, err := r.ofVault("readMetadata/action")
	if err != nil {
		return nil, err
	}
	var items []object
	for _, key := range slices.Sorted(maps.Keys(v.secrets)) {
		if s := v.secrets[key]; !s.deleted.IsZero() && s.deleting == 0 && r.now.Before(s.deleted.Add(vaultRetention)) {
			items = append(items, s.deletedAnswer(s.url("secrets")))
		}
	}
	return r.vaultPage(items)
}

func (r *request) recoverSecret() (*reply, error) {
	_, s, err := r.theDeleted("recover/action")
	if err == nil {
		err = s.busy()
	}
	if err != nil {
		return nil, err
	}
	s.deleted = time.Time{}
	return answer(http.StatusOK, s.versionAnswer(s.latest()))
}

func (r *request) purgeSecret() (*reply, error) {
	v, s, err := r.theDeleted("purge/action")
	if err == nil {
		err = s.busy()
	}
	if err != nil {
		return nil, err
	}
	if v.protected {
		e := newError("Forbidden", http.StatusForbidden, "Operation \"purge\" is not enabled for this vault. Key Vault service doesn't support its disablement once enabled.")
		e.inner = "ForbiddenByPolicy"
		return nil, e
	}
	delete(v.secrets, strings.ToLower(s.name))
	return &reply{status: http.StatusNoContent}, nil
}

// SecretView is a snapshot of a version of a secret in a vault.
type SecretView struct {
	Version, Value, ContentType string
	Enabled                     bool
	// Expires is zero for one that has no end.
	Expires time.Time
	Tags    map[string]string
}

// VaultSecret returns the versions of a secret that lives, the newest last, or
// nil where there is none.
func (s *Server) VaultSecret(vault, name string) []SecretView {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.vault(vault)
	if v == nil || v.secrets[strings.ToLower(name)] == nil || !v.secrets[strings.ToLower(name)].deleted.IsZero() {
		return nil
	}
	var out []SecretView
	for _, one := range v.secrets[strings.ToLower(name)].versions {
		out = append(out, SecretView{one.id, one.value, one.contentType, one.enabled, one.expires, maps.Clone(one.tags)})
	}
	return out
}
