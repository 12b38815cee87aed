package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Bulk has the roles and users of an account as one bulk read found them, with everything that an import needs of them.
// What it is asked for costs no call.
type Bulk struct {
	account *Account
	all     *snapshot
	roles   map[string]listedRole
}

// Bulk reads the account. It is for those who want many identities: nothing is read one by one where a permission is
// missing, so that is an error.
func (a *Account) Bulk(ctx context.Context) (*Bulk, error) {
	b := &Bulk{account: a}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { b.all, err = a.readBulk(groupCtx, true); return err })
	group.Go(func() (err error) { b.roles, err = a.roleList(groupCtx); return err })
	return b, group.Wait()
}

// Role is ErrNotFound where the bulk read has no such role.
func (b *Bulk) Role(id governance.ID) (RoleState, error) {
	key := strings.ToLower(id.Name())
	listed, inList := b.roles[key]
	detail, err := b.all.roles[key].open()
	if err != nil {
		return RoleState{}, err
	}
	if detail == nil || !inList {
		return RoleState{}, absent(id)
	}
	state, err := b.account.detailState(*detail, listed)
	if err == nil && state.ID != id {
		err = absent(id)
	}
	return state, err
}

// ServiceLinkedRole is ErrNotFound where the bulk read has no such role.
func (b *Bulk) ServiceLinkedRole(id governance.ID) (ServiceLinkedRoleState, error) {
	role, err := b.Role(id)
	return linkedState(role), err
}

// BulkUser is a user of a bulk read.
type BulkUser struct {
	UserState
	// PasswordKnown and DevicesKnown tell whether ConsoleAccess and MFADevices could be read: the credential report can be
	// missing, and tells whether there are devices, but not which.
	PasswordKnown, DevicesKnown bool
}

// User is ErrNotFound where the bulk read has no such user. The credentials are those that the inventory lists.
func (b *Bulk) User(id governance.ID, credentials []governance.CredentialSummary) (BulkUser, error) {
	detail, err := b.all.userDetails[strings.ToLower(id.Name())].open()
	if err != nil {
		return BulkUser{}, err
	}
	if detail == nil {
		return BulkUser{}, absent(id)
	}
	state, err := userDetailState(detail)
	if err == nil && state.ID != id {
		err = absent(id)
	}
	if err != nil {
		return BulkUser{}, err
	}
	has := func(kind governance.CredentialKind) bool {
		return slices.ContainsFunc(credentials, func(c governance.CredentialSummary) bool { return c.Kind == kind && c.Active })
	}
	known := credentials != nil
	state.ConsoleAccess = has(governance.CredentialPassword)
	tags := tagMap(detail.Tags)
	state.records(b.account.tagging, tags)
	state.interpretEntity(b.account.tagging, tags)
	state.Disabled = state.DeactivatedKeys != nil && known && !has(governance.CredentialAccessKey)
	state.Attachments = state.attachments()
	return BulkUser{UserState: state, PasswordKnown: known, DevicesKnown: known && !has(governance.CredentialMFADevice)}, nil
}

func absent(id governance.ID) error {
	return fmt.Errorf("%s is not in the bulk read: %w", id, platform.ErrNotFound)
}
