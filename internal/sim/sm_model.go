package sim

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Staging labels that Secrets Manager itself moves.
const (
	stageCurrent  = "AWSCURRENT"
	stagePrevious = "AWSPREVIOUS"
)

// secret is a secret of Secrets Manager in its primary region, or a replica,
// which is the primary under an ARN of its own.
type secret struct {
	account     *Account
	region      string
	name        string
	suffix      string // the random end of the ARN
	description string
	kmsKey      string
	tags        []tag
	versions    []secretVersion // in order of their making
	policy      *trustPolicy    // resource policy, or nil
	replicas    []replica
	primary     *secret // of a replica
	created     time.Time
	changed     time.Time
	accessed    time.Time // day of the last GetSecretValue
	deletion    time.Time // when a scheduled deletion ends; zero is none
}

// secretVersion is one value of a secret. It is replaced, never changed, but
// for its stages and dates.
type secretVersion struct {
	id       string
	text     *string
	binary   []byte
	stages   []string
	created  time.Time
	accessed time.Time
}

// replica is a region that a secret is replicated to. It failed when another
// secret of the name was in the way.
type replica struct {
	region, kmsKey string
	failed         bool
}

func (s *secret) arn() string { return s.account.secretPrefix(s.region) + s.name + "-" + s.suffix }

// secretPrefix is what the ARNs of all secrets of a region begin with.
func (a *Account) secretPrefix(region string) string {
	return "arn:aws:secretsmanager:" + region + ":" + a.id + ":secret:"
}

// suffixLength is that of the random end of an ARN with its hyphen.
const suffixLength = 7

// source is where the data of a secret are: for a replica, at its primary.
func (s *secret) source() *secret {
	if s.primary != nil {
		return s.primary
	}
	return s
}

func (s *secret) changing(r *request) {
	s.account.secretsOf(s.region).touch(s.name, r.server.lag, cloneSecret)
}

func cloneSecret(s *secret) *secret {
	c := *s
	c.tags = slices.Clone(s.tags)
	c.replicas = slices.Clone(s.replicas)
	c.versions = slices.Clone(s.versions)
	for i := range c.versions {
		c.versions[i].stages = slices.Clone(c.versions[i].stages)
	}
	return &c
}

func (a *Account) secretsOf(region string) *collection[secret] {
	if a.secrets[region] == nil {
		a.secrets[region] = newCollection[secret]()
	}
	return a.secrets[region]
}

func errSecret(code, format string, args ...any) error {
	return newError(code, http.StatusBadRequest, format, args...)
}

func errNoSuchSecret() error {
	return errSecret("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

func errParameter(format string, args ...any) error {
	return errSecret("InvalidParameterException", format, args...)
}

func errRequest(format string, args ...any) error {
	return errSecret("InvalidRequestException", format, args...)
}

// secretByID returns the secret that a SecretId means, or nil: a name, an ARN,
// or an ARN without its random end.
func (a *Account) secretByID(id, region string) *secret {
	secrets := a.secretsOf(region)
	if s := secrets.get(id); s != nil {
		return s
	}
	rest, ok := strings.CutPrefix(id, a.secretPrefix(region))
	if !ok {
		return nil
	}
	if s := secrets.get(rest); s != nil {
		return s
	}
	if i := strings.LastIndexByte(rest, '-'); i > 0 {
		if s := secrets.get(rest[:i]); s != nil && s.suffix == rest[i+1:] {
			return s
		}
	}
	return nil
}

var (
	secretIDRule    = rule{1, 2048, nil, "", ""}
	secretDescRule  = rule{0, 2048, nil, "", ""}
	secretKMSRule   = rule{0, 2048, nil, "", ""}
	secretTokenRule = rule{32, 64, nil, "", ""}
	stageRule       = rule{1, 256, nil, "", ""}
	versionRule     = rule{32, 64, nil, "", ""}
)

// purge removes secrets whose scheduled deletion has come.
func (a *Account) purge(now time.Time) {
	for _, secrets := range a.secrets {
		for _, s := range secrets.all() {
			if !s.deletion.IsZero() && !now.Before(s.deletion) {
				secrets.remove(s.name, 0)
			}
		}
	}
}

// changedSecret returns the secret that SecretId names, for a change: not a
// replica, and not on its way out.
func (r *request) changedSecret() (*secret, error) {
	id := r.needText("SecretId", secretIDRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	s := r.account.secretByID(id, r.region)
	switch {
	case s == nil:
		return nil, errNoSuchSecret()
	case s.primary != nil:
		return nil, errParameter("Operation not permitted on a replica secret. Call must be made in primary secret's region.")
	case !s.deletion.IsZero():
		return nil, errMarkedDeleted()
	}
	return s, nil
}

func errMarkedDeleted() error {
	return errRequest("You can't perform this operation on the secret because it was marked for deletion.")
}

// seenSecret returns what a read of the secret that SecretId names sees.
func (r *request) seenSecret() (*secret, error) {
	id := r.needText("SecretId", secretIDRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	name := id
	if s := r.account.secretByID(id, r.region); s != nil {
		name = s.name
	} else if rest, ok := strings.CutPrefix(id, r.account.secretPrefix(r.region)); ok && len(rest) > suffixLength {
		// One that is deleted may still be seen.
		name = rest[:len(rest)-suffixLength]
	}
	s := r.account.secretsOf(r.region).read(name)
	if s == nil || strings.HasPrefix(id, "arn:") && !strings.HasPrefix(s.arn(), id) {
		return nil, errNoSuchSecret()
	}
	return s, nil
}

// value is the secret value of a request.
type value struct {
	text   *string
	binary []byte
}

func (v value) given() bool { return v.text != nil || v.binary != nil }

func (v value) same(o secretVersion) bool {
	if (v.text == nil) != (o.text == nil) || !bytes.Equal(v.binary, o.binary) {
		return false
	}
	return v.text == nil || *v.text == *o.text
}

// maxSecret is the size of a value in bytes (service model).
const maxSecret = 65536

// secretValue reads SecretString or SecretBinary.
func (r *request) secretValue() (value, error) {
	var v value
	if r.input.has("SecretString") && r.input.has("SecretBinary") {
		return v, errParameter("You can't specify both a binary secret value and a string secret value in the same secret.")
	}
	if r.input.has("SecretString") {
		s := r.input.str("SecretString")
		v.text = &s
		r.sized("secretString", len(s))
	}
	if r.input.has("SecretBinary") {
		raw, err := base64.StdEncoding.DecodeString(r.input.str("SecretBinary"))
		if err != nil {
			return v, newError("SerializationException", http.StatusBadRequest, "SecretBinary is not base64.")
		}
		v.binary = raw
		r.sized("secretBinary", len(raw))
	}
	return v, r.checked()
}

// sized notes a value that is too short or too long without showing it.
func (r *request) sized(name string, n int) {
	switch {
	case n < 1:
		r.problems = append(r.problems, "Value at '"+name+"' failed to satisfy constraint: Member must have length greater than or equal to 1")
	case n > maxSecret:
		r.problems = append(r.problems, "Value at '"+name+"' failed to satisfy constraint: Member must have length less than or equal to 65536")
	}
}

// versionByID returns a version of the secret, or nil.
func (s *secret) versionByID(id string) *secretVersion {
	for i := range s.versions {
		if s.versions[i].id == id {
			return &s.versions[i]
		}
	}
	return nil
}

// staged returns the version with a label, or nil.
func (s *secret) staged(stage string) *secretVersion {
	for i := range s.versions {
		if slices.Contains(s.versions[i].stages, stage) {
			return &s.versions[i]
		}
	}
	return nil
}

// label puts a label on one version, from whichever had it. The version that
// loses AWSCURRENT gets AWSPREVIOUS.
func (s *secret) label(v *secretVersion, stage string) {
	old := s.staged(stage)
	if old == v {
		return
	}
	if old != nil {
		old.stages = without(old.stages, stage)
	}
	v.stages = append(slices.Clone(v.stages), stage)
	if stage == stageCurrent && old != nil {
		s.label(old, stagePrevious)
		v.stages = without(v.stages, stagePrevious)
	}
}

func without(items []string, item string) []string {
	return slices.DeleteFunc(slices.Clone(items), func(s string) bool { return s == item })
}

// stages returns the labels by version, of the versions that have any.
func (s *secret) stages() map[string][]string {
	out := map[string][]string{}
	for _, v := range s.versions {
		if len(v.stages) > 0 {
			out[v.id] = slices.Clone(v.stages)
		}
	}
	return out
}
