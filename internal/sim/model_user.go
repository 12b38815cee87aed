package sim

import (
	"slices"
	"strings"
	"time"
)

// Status of an access key, SSH key, certificate or service-specific credential
// (service model, statusType).
const (
	statusActive   = "Active"
	statusInactive = "Inactive"
	statusExpired  = "Expired"
)

// user is an IAM user with everything on it. What it has several of is held by
// value, so that a copy of the user is a picture of its past.
type user struct {
	account *Account
	name    string
	path    string
	id      string // unique id, AIDA…
	tags    []tag
	created time.Time
	grants

	groups       []*group // in order of joining
	keys         []accessKey
	login        *loginProfile // replaced, never changed
	mfa          []mfaUse
	sshKeys      []sshKey
	certificates []certificate
	credentials  []serviceCredential
	passwordUsed time.Time // last sign-in to the console; zero is never

	// Tries that still fail as if the user had not reached every replica.
	principalLag int
}

func (u *user) arn() string { return "arn:aws:iam::" + u.account.id + ":user" + u.path + u.name }

// changing is called before a user is changed.
func (u *user) changing() {
	u.account.users.touch(strings.ToLower(u.name), u.account.server.lag, cloneUser)
}

func cloneUser(u *user) *user {
	c := *u
	c.tags = slices.Clone(u.tags)
	c.grants = u.copyGrants()
	c.groups = slices.Clone(u.groups)
	c.keys = slices.Clone(u.keys)
	c.mfa = slices.Clone(u.mfa)
	c.sshKeys = slices.Clone(u.sshKeys)
	c.certificates = slices.Clone(u.certificates)
	c.credentials = slices.Clone(u.credentials)
	return &c
}

// policies returns the documents of the user's identity-based policies, those
// of its groups included.
func (u *user) policies() []*document {
	docs := u.documents(u.account)
	for _, g := range u.groups {
		docs = append(docs, g.documents(u.account)...)
	}
	return docs
}

// group is an IAM group.
type group struct {
	account *Account
	name    string
	path    string
	id      string // unique id, AGPA…
	created time.Time
	members []*user // in order of joining
	grants
}

func (g *group) arn() string { return "arn:aws:iam::" + g.account.id + ":group" + g.path + g.name }

// changing is called before a group is changed.
func (g *group) changing() {
	g.account.groups.touch(strings.ToLower(g.name), g.account.server.lag, cloneGroup)
}

func cloneGroup(g *group) *group {
	c := *g
	c.grants = g.copyGrants()
	c.members = slices.Clone(g.members)
	return &c
}

// accessKey is an access key of a user. Its secret is with the server's
// credentials, for IAM never gives it a second time.
type accessKey struct {
	id      string // AKIA…
	status  string
	created time.Time
	rotated time.Time // created, or its status last changed
	used    *lastUse

	// Requests that still fail as if the key had not reached every replica.
	useLag int
}

// key returns a key of the user by its id, or nil.
func (u *user) key(id string) *accessKey {
	for i := range u.keys {
		if u.keys[i].id == id {
			return &u.keys[i]
		}
	}
	return nil
}

// loginProfile is a password for the console. The password itself is not kept.
type loginProfile struct {
	created       time.Time
	changed       time.Time
	resetRequired bool
}

// mfaUse is an MFA device that is enabled for a user.
type mfaUse struct {
	serial  string // ARN of a virtual device, or the number of a hardware device
	enabled time.Time
}

// virtualMFA is a virtual MFA device of an account.
type virtualMFA struct {
	serial string // ARN
	tags   []tag
	owner  *user // nil when it is not enabled
	since  time.Time
}

type sshKey struct {
	id          string // APKA…
	body        string
	fingerprint string
	status      string
	uploaded    time.Time
}

type certificate struct {
	id       string
	body     string
	status   string
	uploaded time.Time
}

// serviceCredential is a service-specific credential: a user name and password
// for one service, or an API key.
type serviceCredential struct {
	id       string // ACCA…
	service  string // for instance "codecommit.amazonaws.com"
	userName string
	apiKey   bool
	status   string
	created  time.Time
	expires  time.Time // zero when it does not expire
}

// statusAt is the credential's status, which ends with its time.
func (c serviceCredential) statusAt(now time.Time) string {
	if !c.expires.IsZero() && !now.Before(c.expires) {
		return statusExpired
	}
	return c.status
}
