package aws

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// ExpiryPolicyName is the inline policy that ends an identity's access at its expiry. No other policy can have that
// name.
const ExpiryPolicyName = "governed-expiry"

// entitySpec is what the specs of roles and users have in common.
type entitySpec struct {
	Path                   string
	InlinePolicies         map[string]string
	ManagedPolicyARNs      []string
	PermissionsBoundaryARN string
	SessionsValidAfter     time.Time
}

// asEntity is the part of a desired identity that roles and users have in common.
func asEntity[S interface{ entity() entitySpec }](want platform.Desired[S]) platform.Desired[entitySpec] {
	return platform.Desired[entitySpec]{Name: want.Name, Metadata: want.Metadata, Disabled: want.Disabled, Spec: want.Spec.entity()}
}

// EntityState is what IAM roles and IAM users have in common, as it is.
type EntityState struct {
	platform.Observed
	ARN      string
	UniqueID string
	// ExpiryPolicy is the document of the policy called ExpiryPolicyName; empty when there is none.
	ExpiryPolicy string
	// SessionsPolicy is the document of the policy called SessionsPolicyName; empty when there is none.
	SessionsPolicy         string
	InlinePolicies         map[string]string
	ManagedPolicyARNs      []string
	PermissionsBoundaryARN string
	// EndsByItself tells that the cloud ends the access at the expiry in the tags, or earlier.
	EndsByItself bool
	ManagedBy    string
	LastUsedAt   time.Time
	// Quarantine is what the tags say of one; nil where there is none. What it has put on the entity is in no other field.
	Quarantine *governance.Quarantine

	tags map[string]string
	// sessionDenials are the names of inline policies that deny closed and revoked sessions.
	sessionDenials []string
	blocked        blocked
}

func (s EntityState) base() EntityState { return s }

// entityState is the state of a role or of a user.
type entityState interface {
	platform.State
	base() EntityState
}

// entityKind is how IAM calls the same things for roles and for users.
type entityKind struct {
	kind governance.Kind
	// noun is in the names of operations, and noun in lower case in ARNs.
	noun string
	// inlineQuota and attachedQuota are keys of the account summary.
	inlineQuota, attachedQuota string
	// mostAttached is how many managed policies AWS allows an account on request.
	mostAttached int
}

var (
	roleKind = entityKind{governance.KindAWSRole, "Role", quotaRolePolicySize, quotaAttachedPerRole, 25}
	userKind = entityKind{governance.KindAWSUser, "User", quotaUserPolicySize, quotaAttachedPerUser, 20}
)

// operation is an IAM action in whose name the kind stands for the asterisk, such as Tag*.
func (k entityKind) operation(pattern string) string {
	return "iam:" + strings.Replace(pattern, "*", k.noun, 1)
}

// object names an entity in messages.
func (k entityKind) object(name string) string { return "The IAM " + k.word() + " " + name }

func (k entityKind) word() string { return strings.ToLower(k.noun) }

// in is an attribute below the kind's nested one.
func (k entityKind) in(path ...string) []string { return append([]string{string(k.kind)}, path...) }

// parseARN reads the ARN of an entity of the kind as its canonical id; ok is false when it is not one.
func (k entityKind) parseARN(text string) (id governance.ID, ok bool) {
	parsed, err := arn.Parse(text)
	if err != nil || parsed.Service != "iam" {
		return governance.ID{}, false
	}
	resource, ofKind := strings.CutPrefix(parsed.Resource, k.word()+"/")
	id, err = governance.ParseID("aws:" + parsed.AccountID + ":" + k.word() + "/" + resource)
	return id, ofKind && err == nil
}

// entityAPI are the calls that IAM has once for roles and once for users, on one of them.
type entityAPI interface {
	tag(context.Context, []types.Tag) error
	untag(ctx context.Context, keys []string) error
	inlinePolicyNames(context.Context) ([]string, error)
	inlinePolicy(ctx context.Context, name string) (*string, error)
	putInlinePolicy(ctx context.Context, name, document string) error
	deleteInlinePolicy(ctx context.Context, name string) error
	attachedPolicies(context.Context) ([]types.AttachedPolicy, error)
	attachPolicy(ctx context.Context, policy string) error
	detachPolicy(ctx context.Context, policy string) error
	putBoundary(ctx context.Context, policy string) error
	deleteBoundary(context.Context) error
}

// predictEntity is what an entity will be but for its unique id. While the expiry is not known, it has no expiry policy.
func (a *Account) predictEntity(me caller, kind entityKind, want platform.Desired[entitySpec]) EntityState {
	state := EntityState{
		Observed: platform.Observed{
			ID:       governance.ID{Kind: kind.kind, Account: me.account, Resource: strings.TrimPrefix(want.Spec.Path, "/") + want.Name},
			Name:     want.Name,
			Metadata: want.Metadata,
			Disabled: want.Disabled,
		},
		ARN:                    me.iamARN(kind.word() + want.Spec.Path + want.Name),
		InlinePolicies:         maps.Clone(want.Spec.InlinePolicies),
		ManagedPolicyARNs:      slices.Sorted(slices.Values(want.Spec.ManagedPolicyARNs)),
		PermissionsBoundaryARN: want.Spec.PermissionsBoundaryARN,
		ManagedBy:              governance.ManagedBy,
		tags:                   a.tagging.tags(want.Metadata),
	}
	if expiry, err := governance.ParseExpiry(want.Metadata.Expiry); err == nil {
		state.ExpiryPolicy, state.EndsByItself = iampolicy.ExpiryDeny(expiry.End()).JSON(), true
	}
	state.SessionsPolicy = sessionsPolicy(want.Spec.SessionsValidAfter)
	return state
}

// keep takes over what the cloud has made up.
func (s *EntityState) keep(have EntityState) {
	s.UniqueID, s.CreatedAt, s.LastUsedAt = have.UniqueID, have.CreatedAt, have.LastUsedAt
	s.sessionDenials = have.sessionDenials
}

// policyAttachments name the policies that go with the entity when it is deleted.
func (s EntityState) policyAttachments() []string {
	var names []string
	for name := range s.InlinePolicies {
		names = append(names, "inline policy "+name)
	}
	if s.ExpiryPolicy != "" {
		names = append(names, "inline policy "+ExpiryPolicyName)
	}
	if s.SessionsPolicy != "" {
		names = append(names, "inline policy "+SessionsPolicyName)
	}
	for _, policy := range s.ManagedPolicyARNs {
		names = append(names, "managed policy "+policy)
	}
	return names
}

// interpretEntity fills in what follows from the documents and tags as they were read.
func (s *EntityState) interpretEntity(tagging tagging, tags map[string]string) {
	s.tags = tags
	s.Metadata, s.ManagedBy = tagging.metadata(tags)
	s.ExpiryPolicy = s.InlinePolicies[ExpiryPolicyName]
	delete(s.InlinePolicies, ExpiryPolicyName)
	s.takeSessionDenials()
	s.setBlocked(tagging)
	if expiry, err := governance.ParseExpiry(s.Metadata.Expiry); err == nil {
		denied, ok := iampolicy.ParseExpiryDeny(s.ExpiryPolicy)
		s.EndsByItself = ok && !denied.After(expiry.End())
	}
	slices.Sort(s.ManagedPolicyARNs)
}
