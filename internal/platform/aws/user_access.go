package aws

import (
	"context"
	"errors"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

func isActive(key types.AccessKeyMetadata) bool { return key.Status == types.StatusTypeActive }

func keyIDs(keys []types.AccessKeyMetadata) []string {
	ids := make([]string, len(keys))
	for i, key := range keys {
		ids[i] = awssdk.ToString(key.AccessKeyId)
	}
	return ids
}

func activeIDs(keys []types.AccessKeyMetadata) []string {
	return keyIDs(slices.DeleteFunc(slices.Clone(keys), func(key types.AccessKeyMetadata) bool { return !isActive(key) }))
}

// deactivate makes keys inactive, of which it notes on the user which ones were active before: first, so that an
// interruption cannot make it forget one.
func (c userCalls) deactivate(ctx context.Context, tagging tagging, noted []string, keys []types.AccessKeyMetadata) (record []string, err error) {
	active := activeIDs(keys)
	record = slices.DeleteFunc(slices.Clone(noted), func(id string) bool { return !slices.Contains(keyIDs(keys), id) })
	record = slices.Sorted(slices.Values(append(record, missingFrom(active, record)...)))
	if record == nil {
		record = []string{}
	}
	if noted == nil || len(missingFrom(active, noted)) > 0 {
		if err := c.note(ctx, tagging, governance.RecordDeactivated, recordOfKeys(record)); err != nil {
			return nil, err
		}
	}
	for _, id := range active {
		if err := ignoreNotFound(mapError("iam:UpdateAccessKey", c.setKey(ctx, id, types.StatusTypeInactive))); err != nil {
			return nil, err
		}
	}
	return record, nil
}

func recordOfKeys(ids []string) string {
	if len(ids) == 0 {
		return noKeys
	}
	return strings.Join(ids, " ")
}

// note writes a record.
func (c userCalls) note(ctx context.Context, tagging tagging, field governance.Field, value string) error {
	return mapError("iam:TagUser", c.tag(ctx, []types.Tag{{Key: awssdk.String(tagging.keys.Key(field)), Value: &value}}))
}

// deactivateKeys disables the user. A fresh one has no keys.
func (w *userWriter) deactivateKeys() (record []string, err error) {
	if w.fresh {
		return []string{}, w.tag(map[string]string{w.account.tagging.keys.Key(governance.RecordDeactivated): noKeys})
	}
	keys, err := w.calls.keys(w.ctx)
	if err != nil {
		return nil, err
	}
	w.want.JustDeactivated = activeIDs(keys)
	record, err = w.calls.deactivate(w.ctx, w.account.tagging, w.have.DeactivatedKeys, keys)
	if !isFull(err) {
		return record, err
	}
	// Others have taken the room that is kept for the record: their tags go first.
	if err := w.writeTags(); err != nil {
		return nil, err
	}
	return w.calls.deactivate(w.ctx, w.account.tagging, w.have.DeactivatedKeys, keys)
}

// activateKeys enables the user: only keys that this provider has deactivated become active. The record goes last.
func (w *userWriter) activateKeys() error {
	keys, err := w.calls.keys(w.ctx)
	if err != nil {
		return err
	}
	for _, key := range keys {
		id := awssdk.ToString(key.AccessKeyId)
		// What has a resource of its own is that one's to activate: it can be over although the user is renewed.
		if isActive(key) || !slices.Contains(w.have.DeactivatedKeys, id) || !slices.Contains(w.reactivate, id) || storeOfNote(w.have.tags[id]) != "" {
			continue
		}
		if err := ignoreNotFound(mapError("iam:UpdateAccessKey", w.calls.setKey(w.ctx, id, types.StatusTypeActive))); err != nil {
			return err
		}
	}
	return w.untag([]string{w.account.tagging.keys.Key(governance.RecordDeactivated)})
}

func (r *removal) keys(ctx context.Context, c userCalls, keys []types.AccessKeyMetadata) {
	for _, id := range keyIDs(keys) {
		r.do(keyPrefix+id, "iam:DeleteAccessKey", func() error {
			_, err := c.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &c.name, AccessKeyId: &id})
			return err
		})
	}
}

func (r *removal) password(ctx context.Context, c userCalls) {
	r.do(consolePassword, "iam:DeleteLoginProfile", func() error {
		_, err := c.iam.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: &c.name})
		return err
	})
}

// devices takes MFA devices off the user. A virtual one is an object of its own, which can be deleted only when it is
// nobody's, and then nothing tells whose it was: so it is noted on the user first.
func (r *removal) devices(ctx context.Context, c userCalls, tagging tagging, user UserState) {
	for _, serial := range user.MFADevices {
		virtual, ours := isVirtual(serial, user.ID.Account), true
		if value := encodeTag(serial); r.err == nil && virtual && serial != user.removing && tagLength(value) <= maxTagValueLength {
			// A user that has no room for the record loses the device all the same.
			if err := c.note(ctx, tagging, governance.RecordRemoving, value); !isFull(err) {
				r.err = err
			}
		}
		name := devicePrefix + serial
		deactivate := func() error {
			_, err := c.iam.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: &c.name, SerialNumber: &serial})
			ours = apiCode(err) != codeNoSuchEntity
			return err
		}
		if !virtual {
			r.do(name, "iam:DeactivateMFADevice", deactivate)
			continue
		}
		r.do("", "iam:DeactivateMFADevice", deactivate)
		r.do(name, "iam:DeleteVirtualMFADevice", func() error {
			_, err := c.iam.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
			if !ours && apiCode(err) == codeDeleteConflict {
				return nil // Another user has taken the device since.
			}
			return err
		})
	}
}

// isVirtual tells a virtual device of the account from hardware, which has a serial number, and from a security key.
func isVirtual(serial, account string) bool {
	parsed, err := arn.Parse(serial)
	return err == nil && parsed.AccountID == account && strings.HasPrefix(parsed.Resource, "mfa/")
}

func (r *removal) groups(ctx context.Context, c userCalls, groups []string) {
	for _, group := range groups {
		r.do(groupPrefix+group, "iam:RemoveUserFromGroup", func() error {
			_, err := c.iam.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{UserName: &c.name, GroupName: &group})
			return err
		})
	}
}

// isFull tells that the user has as many tags as IAM allows.
func isFull(err error) bool {
	var invalid *platform.ErrInvalid
	return errors.As(err, &invalid) && invalid.Code == codeLimitExceeded
}
