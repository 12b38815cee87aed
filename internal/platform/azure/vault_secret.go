package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// vaultVersion is a version of a secret, without its value.
type vaultVersion struct {
	id               string
	created, expires time.Time
	enabled          bool
	contentType      string
	tags             map[string]string
	// number counts the versions that this provider has made, and credential is whose secret it holds.
	number     int
	credential string
}

// versionNote is what a version says of itself: Key Vault tells times in seconds, so they alone do not say which is the
// newest.
func versionNote(number int, credential string) string {
	return fmt.Sprintf("%d %s", number, credential)
}

func (s *VaultSecret) version(id azsecrets.ID, contentType *string, attributes *azsecrets.SecretAttributes, tags map[string]*string) vaultVersion {
	v := vaultVersion{id: id.Version(), tags: map[string]string{}, enabled: true, contentType: valueOf(contentType)}
	for name, value := range tags {
		v.tags[name] = valueOf(value)
	}
	if a := attributes; a != nil {
		v.created, v.expires, v.enabled = timeOf(a.Created), timeOf(a.Expires), a.Enabled == nil || *a.Enabled
		s.learn(a)
	}
	number, credential, _ := strings.Cut(v.tags[s.key(governance.RecordCredential)], " ")
	if n, err := strconv.Atoi(number); err == nil {
		v.number, v.credential = n, credential
	}
	return v
}

// learn takes in how the vault deals with what is deleted.
func (s *VaultSecret) learn(attributes *azsecrets.SecretAttributes) {
	if attributes.RecoveryLevel == nil {
		return
	}
	switch level, days := *attributes.RecoveryLevel, attributes.RecoverableDays; {
	case days == nil || *days == 0:
	case !purgeable(level):
		s.retention = fmt.Sprintf(", which the vault keeps for %d days because it is protected against purging", *days)
	case !s.spec.PurgeOnDestroy:
		s.retention = fmt.Sprintf(", which can be recovered for %d days", *days)
	}
}

// purgeable tells whether a recovery level lets anybody delete for good ("DeletionRecoveryLevel").
func purgeable(level string) bool { return strings.Contains(level, "Purgeable") }

func timeOf(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.UTC()
}

func (s *VaultSecret) key(field governance.Field) string {
	return s.tenant.config.MetadataKeys.Key(field)
}

// latest is the newest version; one without an id where there is no secret.
func (s *VaultSecret) latest(ctx context.Context) (newest vaultVersion, err error) {
	for pages := s.client.NewListSecretPropertiesVersionsPager(s.spec.Name, nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err = s.failed(opListVersions, err); errors.Is(err, platform.ErrNotFound) {
			return vaultVersion{}, nil
		} else if err != nil {
			return vaultVersion{}, err
		}
		for _, one := range page.Value {
			if one == nil || one.ID == nil {
				continue
			}
			if v := s.version(*one.ID, one.ContentType, one.Attributes, one.Tags); newest.id == "" || cmp.Or(v.created.Compare(newest.created), cmp.Compare(v.number, newest.number)) > 0 {
				newest = v
			}
		}
	}
	return newest, nil
}

// Describe lists the versions, which shows all but values, and where there are none looks among the deleted secrets.
func (s *VaultSecret) Describe(ctx context.Context) (platform.Stored, error) {
	newest, err := s.latest(ctx)
	if err != nil || newest.id != "" {
		return s.stored(newest), err
	}
	deleted, err := s.client.GetDeletedSecret(ctx, s.spec.Name, nil)
	if err = s.failed(opGetDeleted, err); err != nil || deleted.ID == nil {
		return platform.Stored{}, ignoreNotFound(err)
	}
	stored := s.stored(s.version(*deleted.ID, deleted.ContentType, deleted.Attributes, deleted.Tags))
	stored.Scheduled = timeOf(deleted.ScheduledPurgeDate)
	stored.Purgeable = s.spec.PurgeOnDestroy && s.mayPurge(deleted.Attributes) && stored.ManagedBy == governance.ManagedBy
	return stored, nil
}

func (s *VaultSecret) mayPurge(attributes *azsecrets.SecretAttributes) bool {
	return attributes == nil || attributes.RecoveryLevel == nil || purgeable(*attributes.RecoveryLevel)
}

// stored is what a version tells. One that is disabled gives nothing out.
func (s *VaultSecret) stored(v vaultVersion) platform.Stored {
	if v.id == "" {
		return platform.Stored{}
	}
	stored := platform.Stored{
		Exists: true, ARN: s.id(), Version: v.id, Expires: v.expires, Marks: platform.Marks{},
		ManagedBy: v.tags[s.tenant.config.MetadataKeys.ManagedByKey()], Settings: platform.StoreSettings{ContentType: v.contentType},
	}
	if v.enabled {
		stored.Current = v.credential
	}
	for _, field := range markFields {
		if value, ok := v.tags[s.key(field)]; ok {
			stored.Marks[field] = value
		}
	}
	return stored
}

// markFields are what a stored secret says of its credential.
var markFields = append([]governance.Field{governance.FieldExpiry}, governance.CredentialFields...)

// tags are those of others together with the marks and the note of the version.
func (s *VaultSecret) tags(have map[string]string, marks platform.Marks, note string) map[string]*string {
	tags := map[string]*string{}
	for name, value := range have {
		tags[name] = &value
	}
	for _, field := range markFields {
		delete(tags, s.key(field))
		if value := marks[field]; value != "" {
			tags[s.key(field)] = &value
		}
	}
	mark := governance.ManagedBy
	tags[s.tenant.config.MetadataKeys.ManagedByKey()], tags[s.key(governance.RecordCredential)] = &mark, &note
	return tags
}

// Await asks again while it is another's.
func (s *VaultSecret) Await(ctx context.Context, id string) (platform.Stored, error) {
	for pause := propagationFirst; ; pause *= 2 {
		stored, err := s.Describe(ctx)
		if err != nil || stored.Current == id || pause > propagationLongest {
			return stored, err
		}
		if err := s.tenant.wait(ctx, pause); err != nil {
			return stored, err
		}
	}
}

// Prepare recovers a secret that is deleted, and brings tags, content type and end to what they are to be. There are no empty
// secrets.
func (s *VaultSecret) Prepare(ctx context.Context, have platform.Stored, marks platform.Marks) (platform.Stored, error) {
	if !have.Exists {
		return have, nil
	}
	if !have.Scheduled.IsZero() {
		if err := s.recover(ctx); err != nil {
			return have, err
		}
	}
	newest, err := s.latest(ctx)
	if err != nil || newest.id == "" {
		return s.stored(newest), err
	}
	wanted := s.tags(newest.tags, marks, newest.tags[s.key(governance.RecordCredential)])
	expires := renewedEnd(newest.expires, newest.tags[s.key(governance.FieldExpiry)], marks[governance.FieldExpiry])
	if maps.EqualFunc(wanted, newest.tags, func(a *string, b string) bool { return *a == b }) && newest.contentType == s.spec.ContentType && expires.Equal(newest.expires) {
		return s.stored(newest), nil
	}
	parameters := azsecrets.UpdateSecretPropertiesParameters{ContentType: &s.spec.ContentType, Tags: wanted}
	if !expires.IsZero() {
		parameters.SecretAttributes = &azsecrets.SecretAttributes{Expires: &expires}
	}
	if _, err = s.client.UpdateSecretProperties(ctx, s.spec.Name, newest.id, parameters, nil); err != nil {
		return have, s.failed(opUpdateSecret, err)
	}
	newest.tags, newest.contentType, newest.expires = map[string]string{}, s.spec.ContentType, expires
	for name, value := range wanted {
		newest.tags[name] = *value
	}
	return s.stored(newest), nil
}

// renewedEnd lets an end that was that of the credential's life follow it.
func renewedEnd(end time.Time, before, now string) time.Time {
	was, errBefore := governance.ParseExpiry(before)
	is, errNow := governance.ParseExpiry(now)
	if errBefore == nil && errNow == nil && end.Equal(was.End()) {
		return is.End()
	}
	return end
}

// recover calls off the deletion, and waits until the secret is there again.
func (s *VaultSecret) recover(ctx context.Context) error {
	err := s.untilDeleted(ctx, opRecoverSecret, func() error { _, err := s.client.RecoverDeletedSecret(ctx, s.spec.Name, nil); return err })
	for pause := propagationFirst; err == nil && pause <= propagationLongest; pause *= 2 {
		newest, readErr := s.latest(ctx)
		if readErr != nil || newest.id != "" {
			return readErr
		}
		err = s.tenant.wait(ctx, pause)
	}
	return ignoreNotFound(err)
}

// untilDeleted repeats a call on a deleted secret while its deletion is still under way.
func (s *VaultSecret) untilDeleted(ctx context.Context, of operation, call func() error) error {
	for pause := propagationFirst; ; pause *= 2 {
		err := s.failed(of, call())
		var conflict *platform.ErrConflict
		if (!errors.As(err, &conflict) && !errors.Is(err, platform.ErrNotFound)) || pause > propagationLongest {
			return err
		}
		if err := s.tenant.wait(ctx, pause); err != nil {
			return err
		}
	}
}

// Put makes the document a new version, with the tags that others have put on the one before.
func (s *VaultSecret) Put(ctx context.Context, have platform.Stored, marks platform.Marks, content platform.Content) (platform.Stored, error) {
	var before vaultVersion
	if have.Exists {
		var err error
		if before, err = s.latest(ctx); err != nil {
			return have, err
		}
	}
	value, expires := string(content.Document), content.Expires.UTC()
	made := vaultVersion{
		number: before.number + 1, credential: content.Credential, enabled: true, contentType: s.spec.ContentType, expires: expires.Truncate(time.Second),
	}
	tags := s.tags(before.tags, marks, versionNote(made.number, made.credential))
	answer, err := s.client.SetSecret(ctx, s.spec.Name, azsecrets.SetSecretParameters{
		Value: &value, ContentType: &s.spec.ContentType, Tags: tags, SecretAttributes: &azsecrets.SecretAttributes{Expires: &expires},
	}, nil)
	if err == nil && answer.ID == nil {
		err = errors.New(opSetSecret.name + " answered without a version")
	}
	if err != nil {
		return have, s.failed(opSetSecret, err)
	}
	made.id, made.tags = answer.ID.Version(), map[string]string{}
	for name, value := range tags {
		made.tags[name] = *value
	}
	return s.stored(made), nil
}

// Remove deletes the secret, and for good where that is wanted and the vault lets anybody do it.
func (s *VaultSecret) Remove(ctx context.Context, have platform.Stored) error {
	purge := have.Purgeable
	if have.Scheduled.IsZero() {
		deleted, err := s.client.DeleteSecret(ctx, s.spec.Name, nil)
		if err != nil {
			return s.failed(opDeleteSecret, err)
		}
		purge = s.spec.PurgeOnDestroy && s.mayPurge(deleted.Attributes)
	}
	if !purge {
		return nil
	}
	return ignoreNotFound(s.untilDeleted(ctx, opPurgeSecret, func() error {
		_, err := s.client.PurgeDeletedSecret(ctx, s.spec.Name, nil)
		return err
	}))
}
