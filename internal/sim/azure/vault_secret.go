package azuresim

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// vaultRoutes are the operations on secrets (Key Vault REST reference, Secrets).
var vaultRoutes = []route{
	{pattern: "PUT /{vault}/secrets/{name}", handle: (*request).setSecret},
	{pattern: "GET /{vault}/secrets/{name}", handle: (*request).getSecret},
	{pattern: "GET /{vault}/secrets/{name}/{version}", handle: (*request).getSecret},
	{pattern: "PATCH /{vault}/secrets/{name}", handle: (*request).updateSecret},
	{pattern: "PATCH /{vault}/secrets/{name}/{version}", handle: (*request).updateSecret},
	{pattern: "DELETE /{vault}/secrets/{name}", handle: (*request).deleteSecret},
	{pattern: "GET /{vault}/secrets", handle: (*request).listSecrets},
	{pattern: "GET /{vault}/secrets/{name}/versions", handle: (*request).listSecretVersions},
	{pattern: "GET /{vault}/deletedsecrets", handle: (*request).listDeletedSecrets},
	{pattern: "GET /{vault}/deletedsecrets/{name}", handle: (*request).getDeletedSecret},
	{pattern: "POST /{vault}/deletedsecrets/{name}/recover", handle: (*request).recoverSecret},
	{pattern: "DELETE /{vault}/deletedsecrets/{name}", handle: (*request).purgeSecret},
}

// Limits of secrets (Key Vault, "About Azure Key Vault secrets" and REST
// reference).
const (
	maxSecretValue       = 25 * 1024
	maxSecretContentType = 255
	maxSecretTags        = 15
	maxSecretTag         = 256
)

// vaultSecret is a secret with all of its versions, the newest last.
type vaultSecret struct {
	vault    *vault
	name     string
	versions []*secretVersion
	deleted  time.Time // zero while it lives
	deleting int       // requests that still meet it being deleted
}

type secretVersion struct {
	id, value, contentType string
	enabled                bool
	notBefore, expires     time.Time
	created, updated       time.Time
	tags                   map[string]string
}

func (s *vaultSecret) latest() *secretVersion { return s.versions[len(s.versions)-1] }

// url is the secret's own address in Azure, which is its id.
func (s *vaultSecret) url(collection string) string {
	return "https://" + strings.ToLower(s.vault.resource.name) + ".vault.azure.net/" + collection + "/" + s.name
}

// answer is a version without its value.
func (v *secretVersion) answer(id, recoveryLevel string) object {
	attributes := object{"enabled": v.enabled, "created": v.created.Unix(), "updated": v.updated.Unix(), "recoveryLevel": recoveryLevel, "recoverableDays": int(vaultRetention.Hours() / 24)}
	if !v.notBefore.IsZero() {
		attributes["nbf"] = v.notBefore.Unix()
	}
	if !v.expires.IsZero() {
		attributes["exp"] = v.expires.Unix()
	}
	out := object{"id": id, "attributes": attributes}
	if v.contentType != "" {
		out["contentType"] = v.contentType
	}
	if v.tags != nil {
		out["tags"] = v.tags
	}
	return out
}

func (s *vaultSecret) versionAnswer(v *secretVersion) object {
	return v.answer(s.url("secrets")+"/"+v.id, s.vault.recoveryLevel())
}

func (s *vaultSecret) deletedAnswer(id string) object {
	out := s.latest().answer(id, s.vault.recoveryLevel())
	out["recoveryId"] = s.url("deletedsecrets")
	out["deletedDate"], out["scheduledPurgeDate"] = s.deleted.Unix(), s.deleted.Add(vaultRetention).Unix()
	return out
}

var secretName = regexp.MustCompile(`^[0-9A-Za-z-]{1,127}$`)

func readNumber(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// secret finds the secret of the path, for a caller that may do the action to
// it; it may be a deleted one. It is nil where there is none.
func (r *request) secret(action string) (*vault, *vaultSecret, error) {
	v, err := r.ofVault(action)
	if err != nil {
		return nil, nil, err
	}
	name := r.http.PathValue("name")
	if !secretName.MatchString(name) {
		return nil, nil, errParameter("The request URI contains an invalid name: %s", name)
	}
	s := v.secrets[strings.ToLower(name)]
	if s != nil && !s.deleted.IsZero() && !r.now.Before(s.deleted.Add(vaultRetention)) {
		delete(v.secrets, strings.ToLower(name))
		s = nil
	}
	return v, s, nil
}

func errConflict(inner, format string, args ...any) error {
	e := newError("Conflict", http.StatusConflict, format, args...)
	e.inner = inner
	return e
}

// busy refuses what cannot be done to a secret that is being deleted.
func (s *vaultSecret) busy() error {
	if s.deleting == 0 {
		return nil
	}
	s.deleting--
	return errConflict("ObjectIsBeingDeleted", "Secret %s is currently being deleted and cannot be re-created; retry later.", s.name)
}

// theSecret is secret for one that lives.
func (r *request) theSecret(action string) (*vaultSecret, error) {
	_, s, err := r.secret(action)
	if err == nil && (s == nil || !s.deleted.IsZero()) {
		err = newError("SecretNotFound", http.StatusNotFound, "A secret with (name/id) %s was not found in this key vault. If you recently deleted this secret you may be able to recover it "+
			"using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182", r.http.PathValue("name"))
	}
	return s, err
}

// setSecret makes a version of a secret.
func (r *request) setSecret() (*reply, error) {
	v, s, err := r.secret("setSecret/action")
	if err != nil {
		return nil, err
	}
	value, given := r.body["value"].(string)
	switch {
	case !given:
		return nil, errParameter("Parameter: value. Value cannot be null.")
	case len(value) > maxSecretValue:
		return nil, errParameter("The value of the secret exceeds the maximum length of %d bytes.", maxSecretValue)
	case s != nil && !s.deleted.IsZero():
		if err := s.busy(); err != nil {
			return nil, err
		}
		return nil, errConflict("ObjectIsDeletedButRecoverable", "Secret %s is currently in a deleted but recoverable state, and its name cannot be reused; "+
			"in this state, the secret can only be recovered or purged.", s.name)
	}
	version := &secretVersion{id: strings.ReplaceAll(r.server.newID("secret"), "-", ""), value: value, enabled: true, created: r.now, updated: r.now}
	if err := r.attributes(version); err != nil {
		return nil, err
	}
	if s == nil {
		s = &vaultSecret{vault: v, name: r.http.PathValue("name")}
		v.secrets[strings.ToLower(s.name)] = s
	}
	s.versions = append(s.versions, version)
	out := s.versionAnswer(version)
	out["value"] = value
	return answer(http.StatusOK, out)
}

// attributes reads what there is to say about a version, but for its value.
func (r *request) attributes(v *secretVersion) error {
	if text, given := r.body["contentType"].(string); given {
		v.contentType = text
	}
	given := r.body.object("attributes")
	if enabled, ok := given["enabled"].(bool); ok {
		v.enabled = enabled
	}
	for name, to := range map[string]*time.Time{"nbf": &v.notBefore, "exp": &v.expires} {
		if seconds, ok := given[name].(float64); ok {
			*to = time.Unix(int64(seconds), 0).UTC()
		}
	}
	if tags := r.body.object("tags"); tags != nil {
		v.tags = map[string]string{}
		for name := range tags {
			v.tags[name] = tags.str(name)
		}
	}
	switch {
	case len(v.contentType) > maxSecretContentType:
		return errParameter("The contentType exceeds the maximum length of %d characters.", maxSecretContentType)
	case len(v.tags) > maxSecretTags:
		return errParameter("The number of tags exceeds the maximum of %d.", maxSecretTags)
	case !v.notBefore.IsZero() && !v.expires.IsZero() && !v.expires.After(v.notBefore):
		return errParameter("The attribute exp has to be later than nbf.")
	}
	for name, value := range v.tags {
		if name == "" || len(name) > maxSecretTag || len(value) > maxSecretTag {
			return errParameter("The name or the value of the tag '%s' exceeds the maximum length of %d characters.", name, maxSecretTag)
		}
	}
	return nil
}

// secretVersion finds the version of the path; without one it is the latest.
func (r *request) secretVersion(s *vaultSecret) (*secretVersion, error) {
	id := r.http.PathValue("version")
	if id == "" {
		return s.latest(), nil
	}
	if i := slices.IndexFunc(s.versions, func(v *secretVersion) bool { return strings.EqualFold(v.id, id) }); i >= 0 {
		return s.versions[i], nil
	}
	return nil, newError("SecretNotFound", http.StatusNotFound, "A secret with (name/id) %s/%s was not found in this key vault.", s.name, id)
}

func (r *request) getSecret() (*reply, error) {
	s, err := r.theSecret("getSecret/action")
	if err != nil {
		return nil, err
	}
	v, err := r.secretVersion(s)
	if err != nil {
		return nil, err
	}
	if !v.enabled {
		e := newError("Forbidden", http.StatusForbidden, "Operation get is not allowed on a disabled secret.")
		e.inner = "SecretDisabled"
		return nil, e
	}
	out := s.versionAnswer(v)
	out["value"] = v.value
	return answer(http.StatusOK, out)
}

func (r *request) updateSecret() (*reply, error) {
	s, err := r.theSecret("update/action")
	if err != nil {
		return nil, err
	}
	v, err := r.secretVersion(s)
	if err != nil {
		return nil, err
	}
	changed := *v
	changed.updated = r.now
	if err := r.attributes(&changed); err != nil {
		return nil, err
	}
	*v = changed
	return answer(http.StatusOK, s.versionAnswer(v))
}

func (r *request) listSecrets() (*reply, error) {
	v, err := r.ofVault("readMetadata/action")
	if err != nil {
		return nil, err
	}
	var items []object
	for _, key := range slices.Sorted(maps.Keys(v.secrets)) {
		if s := v.secrets[key]; s.deleted.IsZero() {
			items = append(items, s.latest().answer(s.url("secrets"), v.recoveryLevel()))
		}
	}
	return r.vaultPage(items)
}

func (r *request) listSecretVersions() (*reply, error) {
	s, err := r.theSecret("readMetadata/action")
	if err != nil {
		return nil, err
	}
	var items []object
	for _, v := range s.versions {
		items = append(items, s.versionAnswer(v))
	}
	slices.SortFunc(items, func(a, b object) int { return strings.Compare(a.str("id"), b.str("id")) })
	return r.vaultPage(items)
}
