package sim

import (
	"regexp"
	"slices"
	"strings"
)

const (
	maxSecretTags   = 50
	maxSecretStages = 20
)

var (
	secretName     = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]{1,512}$`)
	regionName     = regexp.MustCompile(`^([a-z]+-)+\d+$`)
	secretTagKey   = rule{1, 128, nil, "", ""}
	secretTagValue = rule{0, 256, nil, "", ""}
)

func createSecret(r *request) (object, error) {
	name := r.needText("Name", rule{1, 512, nil, "", ""})
	token := r.mayText("ClientRequestToken", secretTokenRule)
	description := r.mayText("Description", secretDescRule)
	key := r.mayText("KmsKeyId", secretKMSRule)
	v, err := r.secretValue()
	if err != nil {
		return nil, err
	}
	if !secretName.MatchString(name) {
		return nil, errValidation("Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!")
	}
	tags, err := r.secretTags(nil)
	if err != nil {
		return nil, err
	}
	replicas, err := r.replicaRegions()
	if err != nil {
		return nil, err
	}
	if v.given() && token == "" {
		return nil, errParameter("You must provide a ClientRequestToken value. We recommend a UUID-type value.")
	}
	secrets := r.account.secretsOf(r.region)
	if old := secrets.get(name); old != nil {
		return r.createAgain(old, token, v)
	}
	s := &secret{
		account: r.account, region: r.region, name: name, suffix: r.suffix, description: description, kmsKey: key,
		tags: tags, created: r.now, changed: r.now,
	}
	secrets.put(name, s, r.server.lag)
	out := object{"ARN": s.arn(), "Name": name}
	if v.given() {
		s.add(r, token, v, nil)
		out["VersionId"] = token
	}
	if len(replicas) > 0 {
		if err := r.replicate(s, replicas); err != nil {
			return nil, err
		}
		out["ReplicationStatus"] = s.replication()
	}
	return out, nil
}

// createAgain answers a CreateSecret of a name that exists: a retry with the
// same token and value succeeds (Secrets Manager API reference, CreateSecret,
// ClientRequestToken).
func (r *request) createAgain(old *secret, token string, v value) (object, error) {
	if !old.deletion.IsZero() {
		return nil, errRequest("You can't create this secret because a secret with this name is already scheduled for deletion.")
	}
	if have := old.versionByID(token); v.given() && have != nil && v.same(*have) {
		return object{"ARN": old.arn(), "Name": old.name, "VersionId": token}, nil
	}
	return nil, errSecret("ResourceExistsException", "The operation failed because the secret %s already exists.", old.name)
}

// add makes a version with a value and gives it labels, AWSCURRENT when none
// are given or it is the first.
func (s *secret) add(r *request, id string, v value, stages []string) {
	if len(stages) == 0 {
		stages = []string{stageCurrent}
	} else if s.staged(stageCurrent) == nil && !slices.Contains(stages, stageCurrent) {
		stages = append([]string{stageCurrent}, stages...)
	}
	s.versions = append(slices.Clone(s.versions), secretVersion{id: id, text: v.text, binary: v.binary, created: r.now})
	made := &s.versions[len(s.versions)-1]
	for _, stage := range stages {
		s.label(made, stage)
	}
	s.changed = r.now
}

func describeSecret(r *request) (object, error) {
	s, err := r.seenSecret()
	if err != nil {
		return nil, err
	}
	out := s.describe()
	if stages := s.source().stages(); len(stages) > 0 {
		out["VersionIdsToStages"] = stages
	}
	if status := s.source().replication(); len(status) > 0 {
		out["ReplicationStatus"] = status
	}
	return out, nil
}

// describe writes what DescribeSecret and ListSecrets have in common.
func (s *secret) describe() object {
	from := s.source()
	out := object{"ARN": s.arn(), "Name": s.name, "RotationEnabled": false, "Tags": tagObjects(from.tags)}
	out.text("Description", from.description)
	out.text("KmsKeyId", s.kmsKey)
	out.time("CreatedDate", from.created)
	out.time("LastChangedDate", from.changed)
	out.time("LastAccessedDate", s.accessed)
	out.time("DeletedDate", s.deletion)
	if len(from.replicas) > 0 {
		out["PrimaryRegion"] = from.region
	}
	return out
}

// secretTags adds Tags to those that are there. The service does not narrow the
// characters (Secrets Manager API reference, TagResource).
func (r *request) secretTags(have []tag) ([]tag, error) {
	return r.addTags(have, tagLimits{
		key: secretTagKey, value: secretTagValue, reserved: errParameter("Tag keys beginning with aws: are reserved for system use."),
		most: maxSecretTags, tooMany: errParameter("A secret can have at most %d tags.", maxSecretTags),
	})
}

// tagLimits are what a JSON service takes as tags, and how it refuses others.
type tagLimits struct {
	key, value        rule
	most              int
	reserved, tooMany error
}

// addTags reads Tags and adds them to those that are there. Keys are case
// sensitive.
func (r *request) addTags(have []tag, limits tagLimits) ([]tag, error) {
	out := slices.Clone(have)
	for _, t := range r.input.tags("Tags") {
		r.constrain(t.key, "Tags.member.key", limits.key)
		r.constrain(t.value, "Tags.member.value", limits.value)
		if strings.HasPrefix(strings.ToLower(t.key), "aws:") {
			return nil, limits.reserved
		}
		if i := slices.IndexFunc(out, func(o tag) bool { return o.key == t.key }); i >= 0 {
			out[i] = t
			continue
		}
		out = append(out, t)
	}
	if err := r.checked(); err != nil {
		return nil, err
	}
	if len(out) > limits.most {
		return nil, limits.tooMany
	}
	return out, nil
}

func tagSecret(r *request) (object, error) {
	s, err := r.changedSecret()
	if err != nil {
		return nil, err
	}
	if !r.input.has("Tags") {
		return nil, errValidation("1 validation error detected: Value null at 'tags' failed to satisfy constraint: Member must not be null")
	}
	tags, err := r.secretTags(s.tags)
	if err != nil {
		return nil, err
	}
	s.changing(r)
	s.tags = tags
	return object{}, nil
}

func untagSecret(r *request) (object, error) {
	s, err := r.changedSecret()
	if err != nil {
		return nil, err
	}
	keys := r.input.list("TagKeys")
	s.changing(r)
	s.tags = slices.DeleteFunc(slices.Clone(s.tags), func(t tag) bool { return slices.Contains(keys, t.key) })
	return object{}, nil
}

// updateSecret changes the description and the key, and adds a version when
// there is a value.
func updateSecret(r *request) (object, error) {
	token := r.mayText("ClientRequestToken", secretTokenRule)
	description := r.mayText("Description", secretDescRule)
	key := r.mayText("KmsKeyId", secretKMSRule)
	v, err := r.secretValue()
	if err != nil {
		return nil, err
	}
	s, err := r.changedSecret()
	if err != nil {
		return nil, err
	}
	out := object{"ARN": s.arn(), "Name": s.name}
	if v.given() {
		repeated, err := s.repeated(token, v)
		if err != nil {
			return nil, err
		}
		out["VersionId"] = token
		if !repeated {
			s.changing(r)
			s.add(r, token, v, nil)
		}
	}
	s.changing(r)
	if r.input.has("Description") {
		s.description = description
	}
	if r.input.has("KmsKeyId") {
		s.kmsKey = key
	}
	s.changed = r.now
	return out, nil
}

// repeated reports whether a request with a value was made before: the same
// token with the same value is a retry, with another value an error.
func (s *secret) repeated(token string, v value) (bool, error) {
	if token == "" {
		return false, errParameter("You must provide a ClientRequestToken value. We recommend a UUID-type value.")
	}
	have := s.versionByID(token)
	switch {
	case have == nil:
		return false, nil
	case !v.same(*have):
		return false, errSecret("ResourceExistsException", "You can't use ClientRequestToken %s because that value is already in use for a version of secret %s.", token, s.arn())
	}
	return true, nil
}
