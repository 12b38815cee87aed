package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// Credential is a long-lived secret of an identity, without the secret.
type Credential struct {
	// ID is the platform's own, such as AKIAIOSFODNN7EXAMPLE.
	ID string
	// Type is one of the credential types.
	Type      string
	CreatedAt time.Time
	// ExpiresAt is when the platform itself ends it; zero where it does not.
	ExpiresAt time.Time
	// Active tells that it authenticates.
	Active bool
	// Store is the reference of the store that keeps the secret, as it is noted on the identity; empty on a credential
	// that this provider did not make.
	Store string
	// Until is the end of its life as it is noted there, where the platform itself does not end it; zero where it is not noted.
	Until time.Time
}

// The types of credentials.
const (
	AccessKey    = "access_key"
	ClientSecret = "client_secret"
	Certificate  = "certificate"
)

// Issued is a credential that has just been made, with its secret. It writes and logs itself without it.
type Issued struct {
	Credential
	// Uncertain tells that an answer got lost, so that another one may have been made. With an error, one may have been
	// made all the same.
	Uncertain bool

	public map[string]string
	// secret is behind a function, so that nothing that prints, compares or encodes values can reach it.
	secret func() map[string]string
}

// NewIssued takes what a client needs to authenticate, by the name of the field in the stored document: what everybody may
// see, and what nobody may.
func NewIssued(credential Credential, public, secret map[string]string) Issued {
	secret = maps.Clone(secret)
	return Issued{Credential: credential, public: public, secret: func() map[string]string { return secret }}
}

// Content is what a store keeps of the credential: a JSON object of the fields, created_at and expires_at (RFC 3339, UTC). Its
// end is the platform's or, where that has none, the end of the credential's life.
func (i Issued) Content(life time.Time) (Content, error) {
	end := i.ExpiresAt
	if end.IsZero() {
		end = life
	}
	document := maps.Clone(i.public)
	maps.Copy(document, i.secret())
	document["created_at"] = i.CreatedAt.UTC().Format(time.RFC3339)
	document["expires_at"] = end.UTC().Format(time.RFC3339)
	text, err := json.Marshal(document)
	return Content{Credential: i.ID, Document: text, Expires: end}, err
}

// Redact replaces an error that repeats the secret, as it is or as JSON has it, as a store or what stands between may do.
func (i Issued) Redact(err error) error {
	for _, value := range i.secret() {
		if encoded, _ := json.Marshal(value); err != nil && (strings.Contains(err.Error(), value) || strings.Contains(err.Error(), strings.Trim(string(encoded), `"`))) {
			return errors.New("the answer repeats the secret, so it is not shown")
		}
	}
	return err
}

// Format writes the id alone, whatever the verb.
func (i Issued) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "credential %s", i.ID) }

// MarshalJSON writes the id alone.
func (i Issued) MarshalJSON() ([]byte, error) { return json.Marshal(i.ID) }

// Issuance is the note of a credential that is about to be made. It is on the identity until the secret is in its
// store, so that an interruption in between is found.
type Issuance struct {
	// Store is the reference of the store that is to keep the secret.
	Store string
	Since time.Time
	// Before are the ids of the credentials that were there.
	Before []string
	// Exact tells that whatever is not in Before was made under the note, and by nobody else.
	Exact bool
}

// issuanceTime is longer than it can take to make a credential, however often it is tried.
const issuanceTime = time.Hour

// Covers tells whether a credential can have been made under the note.
func (i Issuance) Covers(one Credential) bool {
	return one.Store == "" && !slices.Contains(i.Before, one.ID) && one.CreatedAt.Sub(i.Since).Abs() <= issuanceTime
}

// Holder is the identity whose credentials are governed, as they are.
type Holder struct {
	Metadata  governance.Metadata
	ManagedBy string
	// Credentials, the oldest first.
	Credentials []Credential
	// Gone are the ids and stores of credentials that are no more, but whose notes are still there.
	Gone []Credential
	// Slots is how many the platform allows, whatever they are.
	Slots int
	// Issuing is nil unless a credential is being made, or an interruption has left one behind.
	Issuing *Issuance
	// ConsoleAccess tells that a human can sign in as the identity.
	ConsoleAccess bool
	// Quarantined tells that the identity is in quarantine: until it is released, nothing of it becomes active or is made.
	Quarantined bool
}

// Issuer makes and revokes the credentials of one identity. Every method can return the errors of this package.
type Issuer interface {
	// Lock keeps the other credentials of the identity waiting within this process.
	Lock(ctx context.Context) (unlock func(), err error)
	// Holder reads the identity; ErrNotFound when there is none.
	Holder(ctx context.Context) (Holder, error)
	// Announce notes on the identity what is about to be made.
	Announce(ctx context.Context, note Issuance) error
	// Withdraw removes the note.
	Withdraw(ctx context.Context) error
	// Issue makes a credential. An error can come with the news that it is Uncertain.
	Issue(ctx context.Context) (Issued, error)
	// Own notes on the identity which store keeps the secret of a credential, and until when its life lasts.
	Own(ctx context.Context, id, store string, until time.Time) error
	// Revoke ends a credential for good, and deletes it with its note. An absent one is no error.
	Revoke(ctx context.Context, id string) error
	// LastUse tells when a credential was last used, without naming it.
	LastUse(ctx context.Context, id string) (governance.Use, error)
	// Noun is what the platform calls a credential of a type, such as "access key".
	Noun(credentialType string) string
}

// Deactivator is an Issuer whose credentials can be deactivated. Those of any other end by being revoked, and one that has
// ended by itself stays ended.
type Deactivator interface {
	// SetActive lets a credential authenticate, or not.
	SetActive(ctx context.Context, id string, active bool) error
}

// Recaller is an Issuer that can tell of the identity what the same run has read of it already, for less than Holder takes. That is
// as good as a refresh of the identity, and not good enough for who changes it.
type Recaller interface {
	// Recall is Holder from what is known, as far as nothing speaks against it.
	Recall(ctx context.Context) (Holder, error)
}

// IssueChecker is an Issuer that can tell beforehand what the platform would refuse.
type IssueChecker interface {
	// CheckIssue finds it for a credential that would be issued now. An error is that of the question, not of the answer.
	CheckIssue(ctx context.Context) ([]governance.Violation, error)
}

// StoreSettings are how a store keeps a secret. Each store has some of them.
type StoreSettings struct {
	// KeyID is the key that encrypts; empty is the platform's own.
	KeyID string
	// Tier of a parameter.
	Tier           string
	ReplicaRegions []string
	// ResourcePolicy is JSON.
	ResourcePolicy string
	ContentType    string
}

// Marks are what a stored secret says of its credential, by field.
type Marks map[governance.Field]string

// Stored is what a store tells of a secret without giving it away.
type Stored struct {
	Exists bool
	// ARN, or what else names the object in the cloud.
	ARN string
	// Version is that of the current value.
	Version string
	// Current is the id of the credential whose secret is the current value; empty when it is none of this provider's.
	Current   string
	ManagedBy string
	Marks     Marks
	Settings  StoreSettings
	// FailedReplicas tell by region why there is no copy.
	FailedReplicas map[string]string
	// Scheduled is when a deletion that is under way will be over; zero when there is none.
	Scheduled time.Time
	// Purgeable tells that a deletion is under way that should have been final.
	Purgeable bool
	// Expires is the end that the store shows of the current value; zero where it shows none.
	Expires time.Time
}

// Content is what a store is to keep.
type Content struct {
	// Credential is the id of the credential whose secret it is.
	Credential string
	Document   []byte
	// Expires is when it stops to authenticate.
	Expires time.Time
}

// SecretStore keeps the secret of one credential. Every method can return the errors of this package.
type SecretStore interface {
	// Reference names the store and the secret, also before it exists.
	Reference() string
	// Object names the secret in messages, such as "the secret mailer/smtp of Secrets Manager in eu-west-1".
	Object() string
	// Recovery says how long a removed secret can be restored, such as ", which can be restored for 30 days"; empty where
	// it cannot.
	Recovery() string
	// Describe reads what is there.
	Describe(ctx context.Context) (Stored, error)
	// Await reads it again, for a while, until what was put there lately is the current value: a credential's id.
	Await(ctx context.Context, id string) (Stored, error)
	// Prepare does everything that can be done before there is a secret, so that a store that refuses is found before a
	// credential is made: it makes the object where the store has empty ones, calls off its deletion, and brings marks
	// and settings to what they are to be.
	Prepare(ctx context.Context, have Stored, marks Marks) (Stored, error)
	// Put makes a content the current value. Repeating it for the same credential is no error.
	Put(ctx context.Context, have Stored, marks Marks, content Content) (Stored, error)
	// Remove deletes the secret, after the recovery window where the store has one. An absent one is no error.
	Remove(ctx context.Context, have Stored) error
}
