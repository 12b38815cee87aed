package aws

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// roleTracking is how far back IAM knows of a role's use (API reference, RoleLastUsed).
const roleTracking = 400 * 24 * time.Hour

// digest stands for a document, so that each is parsed once and none is kept.
type digest [sha256.Size]byte

// bulkReader makes a snapshot of pages. Entities can come more than once; the last time counts.
type bulkReader struct {
	account *Account
	full    bool
	now     time.Time
	// recorded tells that the pages are AWS Config's, which knows no last use.
	recorded     bool
	trackedSince time.Time
	calls        int
	unread       map[digest]bool

	// texts are strings of which there need only be one each.
	texts     map[string]string
	trusts    map[digest][]governance.Trustee
	documents map[digest]*readPolicy // nil where one cannot be read

	roles       map[string]packed[types.RoleDetail]
	userDetails map[string]packed[types.UserDetail]
	identities  map[string]*governance.Identity
	users       map[string]snapshotUser
	arns        map[string]string      // of identities, by id
	policies    map[string]policies    // of identities, by id
	groups      map[string]policies    // by name
	managed     map[string]*readPolicy // by ARN
}

func newBulkReader(a *Account, full bool) *bulkReader {
	now := a.config.Clock.Now().UTC()
	return &bulkReader{
		account: a, full: full, now: now, trackedSince: now.Add(-roleTracking).Truncate(time.Second), unread: map[digest]bool{},
		texts: map[string]string{}, trusts: map[digest][]governance.Trustee{}, documents: map[digest]*readPolicy{},
		roles: map[string]packed[types.RoleDetail]{}, userDetails: map[string]packed[types.UserDetail]{},
		identities: map[string]*governance.Identity{}, users: map[string]snapshotUser{},
		arns: map[string]string{}, policies: map[string]policies{}, groups: map[string]policies{}, managed: map[string]*readPolicy{},
	}
}

func (r *bulkReader) page(page *iam.GetAccountAuthorizationDetailsOutput) error {
	r.calls++
	for i := range page.RoleDetailList {
		if err := r.role(page.RoleDetailList[i]); err != nil {
			return err
		}
	}
	for i := range page.UserDetailList {
		if err := r.user(page.UserDetailList[i]); err != nil {
			return err
		}
	}
	for _, group := range page.GroupDetailList {
		r.groups[awssdk.ToString(group.GroupName)] = r.policiesOf(group.GroupPolicyList, group.AttachedManagedPolicies, nil, nil)
	}
	for _, policy := range page.Policies {
		for _, version := range policy.PolicyVersionList {
			if version.IsDefaultVersion {
				r.managed[r.text(awssdk.ToString(policy.Arn))] = r.policyOf(version.Document)
			}
		}
	}
	return nil
}

// text is one string for all that are equal.
func (r *bulkReader) text(text string) string {
	if known, ok := r.texts[text]; ok {
		return known
	}
	text = strings.Clone(text) // It can be a part of a page.
	r.texts[text] = text
	return text
}

func (r *bulkReader) allTexts(texts []string) []string {
	if texts == nil {
		return nil
	}
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = r.text(text)
	}
	return all
}

func (r *bulkReader) role(detail types.RoleDetail) error {
	tags := tagMap(detail.Tags)
	identity, err := r.identity(roleKind, detail.Arn, detail.RoleName, detail.Path, detail.CreateDate, tags)
	if err != nil {
		return err
	}
	if !r.recorded {
		identity.LastUsedKnown, identity.TrackedSince = true, r.trackedSince
	}
	if used := detail.RoleLastUsed; used != nil {
		identity.LastUsedAt, identity.LastUsedRegion = awssdk.ToTime(used.LastUsedDate).UTC(), r.text(awssdk.ToString(used.Region))
	}
	r.account.tagging.readable(tags).tell(identity)
	identity.Trust = r.trustees(detail.AssumeRolePolicyDocument, identity.ID.Account)
	r.identities[identity.ImportID] = identity
	r.arns[identity.ImportID] = awssdk.ToString(detail.Arn)
	r.policies[identity.ImportID] = r.policiesOf(detail.RolePolicyList, detail.AttachedManagedPolicies, nil, detail.PermissionsBoundary)
	if r.full || identity.ManagedBy != "" || identity.Quarantine != nil {
		r.roles[strings.ToLower(identity.Name)], err = pack(detail)
	}
	return err
}

func (r *bulkReader) user(detail types.UserDetail) error {
	tags := tagMap(detail.Tags)
	identity, err := r.identity(userKind, detail.Arn, detail.UserName, detail.Path, detail.CreateDate, tags)
	if err != nil {
		return err
	}
	stores := map[string]string{}
	for key, note := range tags {
		if store := storeOfNote(note); isKeyNote(key) && store != "" {
			stores[key] = store
		}
	}
	r.identities[identity.ImportID] = identity
	quarantine := r.account.tagging.readable(tags)
	quarantine.tell(identity)
	r.users[identity.ImportID] = snapshotUser{id: identity.ImportID, arn: awssdk.ToString(detail.Arn), stores: stores, quarantine: quarantine}
	r.arns[identity.ImportID] = awssdk.ToString(detail.Arn)
	r.policies[identity.ImportID] = r.policiesOf(detail.UserPolicyList, detail.AttachedManagedPolicies, detail.GroupList, detail.PermissionsBoundary)
	if r.full || identity.ManagedBy != "" || identity.Quarantine != nil {
		r.userDetails[strings.ToLower(identity.Name)], err = pack(detail)
	}
	return err
}

func (r *bulkReader) identity(kind entityKind, entityARN, name, path *string, created *time.Time, tags map[string]string) (*governance.Identity, error) {
	state, err := newEntityState(kind, entityARN, nil, name, path, created, nil)
	if err != nil {
		return nil, err
	}
	id := state.ID
	id.Account = r.text(id.Account)
	importID := id.String()
	// The resource is the end of the id, and the name the end of the resource: they share its bytes.
	id.Resource = importID[len(importID)-len(id.Resource):]
	identity := &governance.Identity{ID: id, Name: importID[len(importID)-len(state.Name):], ImportID: importID, CreatedAt: state.CreatedAt.UTC()}
	identity.Metadata, identity.ManagedBy = r.account.tagging.metadata(tags)
	for _, field := range []governance.Field{governance.FieldOwner, governance.FieldEnvironment, governance.FieldExpiry, governance.FieldBusinessOwner, governance.FieldTechnicalOwner} {
		identity.Metadata.Set(field, r.text(identity.Metadata.Text(field)))
	}
	if labels := identity.Metadata.Labels; labels != nil {
		shared := make(map[string]string, len(labels))
		for key, value := range labels {
			shared[r.text(key)] = r.text(value)
		}
		identity.Metadata.Labels = shared
	}
	identity.ManagedBy = r.text(identity.ManagedBy)
	return identity, nil
}

// trustees are shared by all roles with the same document.
func (r *bulkReader) trustees(encoded *string, account string) []governance.Trustee {
	key := sha256.Sum256([]byte(awssdk.ToString(encoded)))
	if known, ok := r.trusts[key]; ok {
		return known
	}
	trustees := []governance.Trustee{{Kind: governance.TrusteeUnknown, Name: "a trust policy that cannot be read"}}
	if document, err := parseEncoded(encoded); err == nil {
		trustees = iampolicy.Trustees(document, account)
	}
	trustees = slices.Clip(trustees)
	for i := range trustees { // What is cut out of the document must not keep all of it.
		t := &trustees[i]
		t.Name, t.Account, t.Organization = r.text(t.Name), r.text(t.Account), r.text(t.Organization)
		t.Subjects, t.Audiences = r.allTexts(t.Subjects), r.allTexts(t.Audiences)
	}
	r.trusts[key] = trustees
	return trustees
}

func parseEncoded(encoded *string) (iampolicy.Document, error) {
	text, err := decodeDocument(encoded)
	if err != nil {
		return iampolicy.Document{}, err
	}
	return iampolicy.Parse(text)
}

func (r *bulkReader) finish() *snapshot {
	done := &snapshot{identities: make([]governance.Identity, 0, len(r.identities)), roles: r.roles, userDetails: r.userDetails, full: r.full, unread: len(r.unread), calls: r.calls}
	if r.recorded {
		done.unrecorded = r.unrecorded()
	}
	done.untold = r.addKnown()
	judge := newPrivilegeJudge(r.now, r.groups, r.managed)
	for id, identity := range r.identities {
		identity.Privileges = judge.judge(r.arns[id], r.policies[id])
		done.identities = append(done.identities, *identity)
	}
	for _, user := range r.users {
		done.users = append(done.users, user)
	}
	slices.SortFunc(done.identities, func(a, b governance.Identity) int { return cmp.Compare(a.ImportID, b.ImportID) })
	slices.SortFunc(done.users, func(a, b snapshotUser) int { return cmp.Compare(a.id, b.id) })
	return done
}
