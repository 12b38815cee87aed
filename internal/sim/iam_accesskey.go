package sim

import (
	"slices"
	"time"
)

var keyIDRule = rule{16, 128, wordPattern, `[\w]+`, ""}

func errNoSuchKey(id string) error {
	return errNoSuchEntity("The Access Key with id %s cannot be found.", id)
}

// newKey makes an access key for the user and lets the server know it.
func (u *user) newKey(now time.Time) Credentials {
	s := u.account.server
	s.serial++
	seed := indexed("access-key", s.serial)
	c := Credentials{AccessKeyID: prefixAccessKey + derive(seed, 16), SecretAccessKey: deriveSecret(seed)}
	s.keys[c.AccessKeyID] = &credential{Credentials: c, account: u.account, user: u}
	s.remember(c.SecretAccessKey)
	u.keys = append(slices.Clone(u.keys), accessKey{
		id: c.AccessKeyID, status: statusActive, created: now, rotated: now, useLag: s.lag,
	})
	return c
}

func createAccessKey(r *request) ([]node, error) {
	u, err := r.writableSelf()
	if err != nil {
		return nil, err
	}
	if quota := r.account.quotas["AccessKeysPerUserQuota"]; len(u.keys) >= quota {
		return nil, errLimitExceeded("Cannot exceed quota for AccessKeysPerUser: %d", quota)
	}
	u.changing()
	c := u.newKey(r.now)
	return []node{el("AccessKey",
		text("UserName", u.name),
		text("AccessKeyId", c.AccessKeyID),
		text("Status", statusActive),
		text("SecretAccessKey", c.SecretAccessKey),
		date("CreateDate", r.now),
	)}, nil
}

// status reads the Status of an update. Expired is IAM's to set.
func (r *request) status() (string, error) {
	s := r.required("Status", rule{0, 64, nil, "", ""})
	switch {
	case !r.has("Status"), s == statusActive, s == statusInactive:
	case s == statusExpired:
		return "", errInvalidInput("The status of a credential cannot be set to Expired.")
	default:
		r.problem(s, "Status", "Member must satisfy enum value set: [Active, Inactive, Expired]")
	}
	return s, r.checked()
}

func updateAccessKey(r *request) ([]node, error) {
	id := r.required("AccessKeyId", keyIDRule)
	status, err := r.status()
	if err != nil {
		return nil, err
	}
	u, err := r.writableSelf()
	if err != nil {
		return nil, err
	}
	if u.key(id) == nil {
		return nil, errNoSuchKey(id)
	}
	u.changing()
	u.keys = slices.Clone(u.keys)
	key := u.key(id)
	if key.status != status {
		key.status, key.rotated = status, r.now
	}
	return nil, nil
}

func deleteAccessKey(r *request) ([]node, error) {
	id := r.required("AccessKeyId", keyIDRule)
	u, err := r.writableSelf()
	if err != nil {
		return nil, err
	}
	if u.key(id) == nil {
		return nil, errNoSuchKey(id)
	}
	u.changing()
	u.dropKey(id)
	return nil, nil
}

func (u *user) dropKey(id string) {
	u.keys = slices.DeleteFunc(slices.Clone(u.keys), func(k accessKey) bool { return k.id == id })
	delete(u.account.server.keys, id)
}

func listAccessKeys(r *request) ([]node, error) {
	u, err := r.readableSelf()
	if err != nil {
		return nil, err
	}
	return pagedMembers(r, "AccessKeyMetadata", u.keys, func(k accessKey) node {
		return el("member",
			text("UserName", u.name),
			text("AccessKeyId", k.id),
			text("Status", k.status),
			date("CreateDate", k.created),
		)
	})
}

// getAccessKeyLastUsed of a key that was never used gives N/A for service and
// region and no date (IAM API reference, AccessKeyLastUsed).
func getAccessKeyLastUsed(r *request) ([]node, error) {
	id := r.required("AccessKeyId", keyIDRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	u := r.account.ownerOfKey(id)
	if u == nil {
		return nil, errNoSuchKey(id)
	}
	used := el("AccessKeyLastUsed", text("ServiceName", "N/A"), text("Region", "N/A"))
	if last := u.key(id).used; last != nil {
		used = el("AccessKeyLastUsed", date("LastUsedDate", last.at), text("ServiceName", last.service), text("Region", last.region))
	}
	return []node{text("UserName", u.name), used}, nil
}

// ownerOfKey returns the account's user with a key, or nil.
func (a *Account) ownerOfKey(id string) *user {
	if c := a.server.keys[id]; c != nil && c.account == a && c.user != nil && c.userSession == nil {
		return c.user
	}
	return nil
}

// authenticates reports whether a key of the user may sign a request now. A key
// made under a lag is not known everywhere yet.
func (u *user) authenticates(id string) bool {
	k := u.key(id)
	if k == nil || k.status != statusActive {
		return false
	}
	if k.useLag > 0 {
		k.useLag--
		return false
	}
	return true
}

// recordKeyUse notes that a user's key signed the request, whether the request
// then succeeds or not. IAM is one global service, whose region is us-east-1
// (IAM API reference, AccessKeyLastUsed).
func (r *request) recordKeyUse(id string) {
	if r.caller.user == nil {
		return
	}
	region := r.region
	if r.service == "iam" {
		region = "us-east-1"
	}
	if k := r.caller.user.key(id); k != nil {
		k.used = &lastUse{at: r.now, region: region, service: r.service}
	}
}
