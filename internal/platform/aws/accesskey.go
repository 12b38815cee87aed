package aws

import (
	"cmp"
	"context"
	"regexp"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// accessKeySlots is how many access keys a user can have ("IAM and AWS STS quotas"); AWS does not raise it.
const accessKeySlots = 2

// AccessKeys issues and revokes the access keys of one IAM user.
type AccessKeys struct {
	account *Account
	id      governance.ID
	// smtpRegion is the region of Amazon SES for which an SMTP password is wanted; empty for none.
	smtpRegion string
}

var (
	_ platform.Issuer      = (*AccessKeys)(nil)
	_ platform.Deactivator = (*AccessKeys)(nil)
	_ platform.Recaller    = (*AccessKeys)(nil)
)

// AccessKeys of a user of the account. With a region, what is issued has a password for the SMTP interface of Amazon SES
// there.
func (a *Account) AccessKeys(id governance.ID, smtpRegion string) *AccessKeys {
	return &AccessKeys{account: a, id: id, smtpRegion: smtpRegion}
}

func (k *AccessKeys) calls(ctx context.Context) (userCalls, error) {
	if err := k.account.Users().mine(ctx, k.id); err != nil {
		return userCalls{}, err
	}
	connection, err := k.account.connect(ctx)
	return userCalls{connection.iam, k.id.Name()}, err
}

// changing are the calls of something that changes the user: from now on the snapshot is not used for it.
func (k *AccessKeys) changing(ctx context.Context) (userCalls, error) {
	calls, err := k.calls(ctx)
	if err == nil {
		k.account.wrote(k.id.Kind, k.id.Name())
	}
	return calls, err
}

// Lock keeps the user's other credentials waiting.
func (k *AccessKeys) Lock(ctx context.Context) (unlock func(), err error) {
	return k.account.holders.Lock(ctx, k.id.String())
}

// Announce notes what is about to be made in a tag of the user.
func (k *AccessKeys) Announce(ctx context.Context, note platform.Issuance) error {
	calls, err := k.changing(ctx)
	if err != nil {
		return err
	}
	text := formatIssuance(note)
	err = calls.note(ctx, k.account.tagging, governance.RecordIssuing, text)
	if err == nil {
		k.account.keyChanges.tag(k.now(), k.id.String(), k.account.tagging.keys.Key(governance.RecordIssuing), &text)
	}
	return err
}

func (k *AccessKeys) now() time.Time { return k.account.config.Clock.Now() }

// Withdraw removes that tag.
func (k *AccessKeys) Withdraw(ctx context.Context) error {
	return k.untag(ctx, k.account.tagging.keys.Key(governance.RecordIssuing))
}

func (k *AccessKeys) untag(ctx context.Context, key string) error {
	calls, err := k.changing(ctx)
	if err != nil {
		return err
	}
	err = ignoreNotFound(mapError("iam:UntagUser", calls.untag(ctx, []string{key})))
	if err == nil {
		k.account.keyChanges.tag(k.now(), k.id.String(), key, nil)
	}
	return err
}

// Issue makes an access key.
func (k *AccessKeys) Issue(ctx context.Context) (platform.Issued, error) {
	calls, err := k.changing(ctx)
	if err != nil {
		return platform.Issued{}, err
	}
	var tries attempts
	var made *types.AccessKey
	answered := true
	err = k.account.untilPropagated(ctx, "iam:CreateAccessKey", k.account.isFresh(k.id), func() error {
		output, err := calls.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &calls.name}, tries.watch)
		if err == nil {
			made = output.AccessKey
		}
		answered = err == nil || apiCode(err) != ""
		return err
	})
	uncertain := tries.uncertain.Load() || !answered
	if uncertain {
		// What was made shows only when IAM's replicas agree.
		if waitErr := k.account.wait(ctx, propagationLongest); waitErr != nil && err == nil {
			err = waitErr
		}
	}
	if err != nil {
		return platform.Issued{Uncertain: uncertain}, err
	}
	secret := map[string]string{"secret_access_key": awssdk.ToString(made.SecretAccessKey)}
	if k.smtpRegion != "" {
		secret["ses_smtp_password"] = smtpPassword(awssdk.ToString(made.SecretAccessKey), k.smtpRegion)
	}
	issued := platform.NewIssued(
		platform.Credential{ID: awssdk.ToString(made.AccessKeyId), Type: platform.AccessKey, CreatedAt: awssdk.ToTime(made.CreateDate), Active: true},
		map[string]string{"access_key_id": awssdk.ToString(made.AccessKeyId)}, secret)
	issued.Uncertain = uncertain
	k.account.keyChanges.key(k.now(), k.id.String(), issued.ID, &types.AccessKeyMetadata{AccessKeyId: made.AccessKeyId, CreateDate: made.CreateDate, Status: types.StatusTypeActive})
	return issued, nil
}

// Own notes the store and the end in a tag that has the key's id for a key, where the console keeps and shows a key's description.
func (k *AccessKeys) Own(ctx context.Context, id, store string, until time.Time) error {
	calls, err := k.changing(ctx)
	if err != nil {
		return err
	}
	note := noteOfKey(store, until)
	err = mapError("iam:TagUser", calls.tag(ctx, []types.Tag{{Key: &id, Value: &note}}))
	if err == nil {
		k.account.keyChanges.tag(k.now(), k.id.String(), id, &note)
	}
	return err
}

// SetActive makes a key active or inactive.
func (k *AccessKeys) SetActive(ctx context.Context, id string, active bool) error {
	calls, err := k.changing(ctx)
	if err != nil {
		return err
	}
	status := types.StatusTypeInactive
	if active {
		status = types.StatusTypeActive
	}
	return mapError("iam:UpdateAccessKey", calls.setKey(ctx, id, status))
}

// Revoke makes a key inactive, deletes it, and then its note.
func (k *AccessKeys) Revoke(ctx context.Context, id string) error {
	if err := ignoreNotFound(k.SetActive(ctx, id, false)); err != nil {
		return err
	}
	calls, err := k.changing(ctx)
	if err != nil {
		return err
	}
	_, err = calls.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &calls.name, AccessKeyId: &id})
	if err := ignoreNotFound(mapError("iam:DeleteAccessKey", err)); err != nil {
		return err
	}
	k.account.keyChanges.key(k.now(), k.id.String(), id, nil)
	return k.untag(ctx, id)
}

// LastUse asks IAM, which keeps it for as long as the key exists.
func (k *AccessKeys) LastUse(ctx context.Context, id string) (governance.Use, error) {
	calls, err := k.calls(ctx)
	if err != nil {
		return governance.Use{}, err
	}
	use, err := calls.keyUse(ctx, id)
	return use, ignoreNotFound(err) // A key that was just made is not known to all of IAM.
}

// Noun is IAM's.
func (*AccessKeys) Noun(string) string { return strings.TrimSpace(keyPrefix) }

// keyNotePattern is an access key's id. A tag of that name describes the key (IAM User Guide, "Manage access keys").
var keyNotePattern = regexp.MustCompile(`^AKIA[A-Z0-9]{12,}$`)

func isKeyNote(tagKey string) bool { return keyNotePattern.MatchString(tagKey) }

// keyNote is the description of a key: until when it is to work, and where its secret is.
var keyNote = regexp.MustCompile(`^Governed(?: until (\S+))?\. The secret is in (.*)$`)

func noteOfKey(store string, until time.Time) string {
	end := ""
	if !until.IsZero() {
		end = " until " + until.UTC().Format(time.RFC3339)
	}
	return "Governed" + end + ". The secret is in " + encodeTag(store)
}

// storeOfNote is the reference in a key's description; empty when the description is not this provider's.
func storeOfNote(note string) string {
	parts := keyNote.FindStringSubmatch(note)
	if parts == nil {
		return ""
	}
	return cmp.Or(decodeTag(parts[2]), "an unknown store")
}

// endOfNote is the end in a key's description; the zero time where it has none.
func endOfNote(note string) (end time.Time) {
	if parts := keyNote.FindStringSubmatch(note); parts != nil && parts[1] != "" {
		end, _ = time.Parse(time.RFC3339, parts[1]) // what cannot be read is none
	}
	return end
}

// formatIssuance writes a note as a tag: the time, the store, the keys that were there.
func formatIssuance(note platform.Issuance) string {
	return strings.Join(append([]string{note.Since.UTC().Format(time.RFC3339), encodeTag(note.Store)}, note.Before...), " ")
}

func parseIssuance(text string) (note platform.Issuance, ok bool) {
	parts := strings.Fields(text)
	if len(parts) < 2 {
		return note, false
	}
	since, err := time.Parse(time.RFC3339, parts[0])
	return platform.Issuance{Since: since, Store: decodeTag(parts[1]), Before: parts[2:]}, err == nil
}
