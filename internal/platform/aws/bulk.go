package aws

import (
	"context"
	"sort"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// snapshot is an account as one bulk read has found it. Documents are kept only of the identities that resources ask
// for, so that the size of an account matters little; a full one has all of them.
type snapshot struct {
	// identities are the roles and users in the order of their ids, without what a credential report tells.
	identities []governance.Identity
	// users are those of them that are users.
	users []snapshotUser
	// roles and userDetails are, by lower-case name, those that some tool has marked as governed, and those in quarantine; all
	// of them in a full snapshot.
	roles       map[string]packed[types.RoleDetail]
	userDetails map[string]packed[types.UserDetail]
	full        bool
	// writes are those that were over when it was begun.
	writes int64
	// unread counts policies that could not be read, unrecorded those policies and groups of identities that AWS Config
	// should have, and untold those of AWS's own policies whose documents have not come.
	unread, unrecorded, untold, calls int
}

// snapshotUser is what joins a user with its credentials.
type snapshotUser struct {
	id, arn string
	// stores are where the secrets of its access keys are, by key id.
	stores map[string]string
	// quarantine is nil where there is none.
	quarantine *quarantineRecord
}

// has looks at nothing but ids: the listing completes the identities while others ask for theirs.
func (s *snapshot) has(id governance.ID) bool {
	wanted := id.String()
	i := sort.Search(len(s.identities), func(i int) bool { return s.identities[i].ImportID >= wanted })
	return i < len(s.identities) && s.identities[i].ImportID == wanted
}

// named finds an identity by a name in any letter case, as IAM compares them.
func (s *snapshot) named(kind governance.Kind, name string) (*governance.Identity, bool) {
	for i := range s.identities {
		if identity := &s.identities[i]; identity.ID.Kind == kind && strings.EqualFold(identity.Name, name) {
			return identity, true
		}
	}
	return nil, false
}

// bulkFilter are the entities that the bulk read asks for: groups for what users inherit, policies for what they allow. Of
// AWS's own policies it has those that are in use.
var bulkFilter = []types.EntityType{
	types.EntityTypeRole, types.EntityTypeUser, types.EntityTypeGroup, types.EntityTypeLocalManagedPolicy, types.EntityTypeAWSManagedPolicy,
}

// readBulk reads the account once for all who ask. With full it has the documents of every role and user. What this
// provider has written since may be missing: see bulkReads.written.
func (a *Account) readBulk(ctx context.Context, full bool) (*snapshot, error) {
	return a.readBulkUnless(ctx, full, func(s *snapshot) bool { return s.full || !full })
}

// readBulkNow reads it again where this provider has written something since.
func (a *Account) readBulkNow(ctx context.Context) (*snapshot, error) {
	return a.readBulkUnless(ctx, false, func(s *snapshot) bool { return s.writes == a.writes.Load() })
}

func (a *Account) readBulkUnless(ctx context.Context, full bool, good func(*snapshot) bool) (*snapshot, error) {
	return a.bulk.GetIf(ctx, good, func() (*snapshot, error) {
		writes := a.writes.Load()
		connection, err := a.connect(ctx)
		if err != nil {
			return nil, err
		}
		read := newBulkReader(a, full)
		pages := iam.NewGetAccountAuthorizationDetailsPaginator(connection.iam, &iam.GetAccountAuthorizationDetailsInput{
			Filter: bulkFilter, MaxItems: awssdk.Int32(bulkPage),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, mapError("iam:GetAccountAuthorizationDetails", err)
			}
			if err := read.page(page); err != nil {
				return nil, err
			}
		}
		done := read.finish()
		done.writes = writes
		tflog.Info(ctx, "Read the roles and users of the account in bulk", map[string]any{"identities": len(done.identities), "calls": done.calls})
		return done, nil
	})
}
