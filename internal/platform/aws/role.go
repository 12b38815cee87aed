package aws

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// ExpiryPolicyName is the inline policy that ends an identity's live sessions at its expiry. No other policy can have
// that name.
const ExpiryPolicyName = "governed-expiry"

// RoleSpec is what an IAM role has besides its name and metadata.
type RoleSpec struct {
	// Path starts and ends with a slash.
	Path string
	// Trust holds presets; AssumeRolePolicy is JSON for what they cannot say. One of the two is given, neither while
	// the trust is not known yet. A GitHubActions preset without a provider ARN takes the account's own.
	Trust            []iampolicy.Preset
	AssumeRolePolicy string
	// InlinePolicies are JSON documents by name.
	InlinePolicies         map[string]string
	ManagedPolicyARNs      []string
	PermissionsBoundaryARN string
	// MaxSessionDuration is in seconds.
	MaxSessionDuration int32
	// InstanceProfile asks for an instance profile with the role's name and path.
	InstanceProfile bool
}

// RoleState is an IAM role as it is.
type RoleState struct {
	platform.Observed
	ARN      string
	UniqueID string
	// TrustPolicy is the document on the role, with its time limit.
	TrustPolicy string
	// ExpiryPolicy is the document of the policy called ExpiryPolicyName; empty when the role has none.
	ExpiryPolicy           string
	InlinePolicies         map[string]string
	ManagedPolicyARNs      []string
	PermissionsBoundaryARN string
	MaxSessionDuration     int32
	// InstanceProfileARN is that of the profile with the role's name; empty when there is none.
	InstanceProfileARN string
	// OtherInstanceProfiles are names of profiles that hold the role without being made with it.
	OtherInstanceProfiles []string
	// AssumeRolePolicy is TrustPolicy without what the expiry added to it.
	AssumeRolePolicy string
	// EndsByItself tells that trust and expiry policy both end the access at the expiry in the tags, or earlier.
	EndsByItself bool
	ManagedBy    string
	LastUsedAt   time.Time

	tags map[string]string
}

// Roles manages the IAM roles of an account.
type Roles struct{ account *Account }

var _ platform.Driver[RoleSpec, RoleState] = (*Roles)(nil)

// Roles of the account.
func (a *Account) Roles() *Roles { return &Roles{account: a} }

// Predict is what Converge will return but for the unique id. While the expiry or the trust is not known, it leaves
// out what depends on them.
func (r *Roles) Predict(ctx context.Context, want platform.Desired[RoleSpec]) (RoleState, error) {
	me, err := r.account.whoami(ctx)
	if err != nil {
		return RoleState{}, err
	}
	state := RoleState{
		Observed: platform.Observed{
			ID:       governance.ID{Kind: governance.KindAWSRole, Account: me.account, Resource: strings.TrimPrefix(want.Spec.Path, "/") + want.Name},
			Name:     want.Name,
			Metadata: want.Metadata,
			Disabled: want.Disabled,
		},
		ARN:                    me.iamARN("role" + want.Spec.Path + want.Name),
		InlinePolicies:         maps.Clone(want.Spec.InlinePolicies),
		ManagedPolicyARNs:      slices.Sorted(slices.Values(want.Spec.ManagedPolicyARNs)),
		PermissionsBoundaryARN: want.Spec.PermissionsBoundaryARN,
		MaxSessionDuration:     want.Spec.MaxSessionDuration,
		ManagedBy:              governance.ManagedBy,
		tags:                   r.account.tagging.tags(want.Metadata),
	}
	if want.Spec.InstanceProfile {
		state.InstanceProfileARN = me.iamARN("instance-profile" + want.Spec.Path + want.Name)
	}
	expiry, err := governance.ParseExpiry(want.Metadata.Expiry)
	if err != nil {
		state.Attachments = state.attachments()
		return state, nil //nolint:nilerr // the expiry is not known yet, or is the policy's to refuse
	}
	state.ExpiryPolicy, state.EndsByItself = iampolicy.ExpiryDeny(expiry.End()).JSON(), true
	if trust, known, err := want.Spec.trust(me); err != nil {
		return RoleState{}, err
	} else if known {
		state.AssumeRolePolicy = trust.JSON()
		boxed, err := boxedTrust(trust, expiry.End(), want.Disabled)
		if err != nil {
			return RoleState{}, err
		}
		state.TrustPolicy = boxed.JSON()
	}
	state.Attachments = state.attachments()
	return state, nil
}

// trust is the document that the spec asks for, without a time limit.
func (s RoleSpec) trust(me caller) (document iampolicy.Document, known bool, err error) {
	switch {
	case s.AssumeRolePolicy != "":
		document, err = iampolicy.ParseTrust(s.AssumeRolePolicy)
	case len(s.Trust) > 0:
		document, err = iampolicy.Trust(withAccountProvider(s.Trust, me)...)
	default:
		return iampolicy.Document{}, false, nil
	}
	return document, true, err
}

// githubProvider is GitHub's OIDC issuer, as IAM names its provider.
const githubProvider = "token.actions.githubusercontent.com"

func withAccountProvider(presets []iampolicy.Preset, me caller) []iampolicy.Preset {
	presets = slices.Clone(presets)
	for i, preset := range presets {
		if github, ok := preset.(iampolicy.GitHubActions); ok && github.ProviderARN == "" {
			github.ProviderARN = me.iamARN("oidc-provider/" + githubProvider)
			presets[i] = github
		}
	}
	return presets
}

// boxedTrust adds the end of the access to a trust policy, and closes it when the identity is disabled.
func boxedTrust(trust iampolicy.Document, end time.Time, disabled bool) (iampolicy.Document, error) {
	boxed, err := iampolicy.TimeBox(trust, end)
	if err != nil {
		return iampolicy.Document{}, err
	}
	if disabled {
		boxed = iampolicy.Close(boxed)
	}
	return boxed, nil
}

// attachments name what goes with the role when it is deleted.
func (s RoleState) attachments() []string {
	var names []string
	for name := range s.InlinePolicies {
		names = append(names, "inline policy "+name)
	}
	if s.ExpiryPolicy != "" {
		names = append(names, "inline policy "+ExpiryPolicyName)
	}
	for _, policy := range s.ManagedPolicyARNs {
		names = append(names, "managed policy "+policy)
	}
	if s.InstanceProfileARN != "" {
		names = append(names, "instance profile "+s.Name)
	}
	for _, profile := range s.OtherInstanceProfiles {
		names = append(names, "instance profile "+profile)
	}
	slices.Sort(names)
	return names
}

// interpret fills in what follows from the documents and tags as they were read.
func (s *RoleState) interpret(tagging tagging, tags map[string]string) {
	s.tags = tags
	s.Metadata, s.ManagedBy = tagging.metadata(tags)
	s.ExpiryPolicy = s.InlinePolicies[ExpiryPolicyName]
	delete(s.InlinePolicies, ExpiryPolicyName)
	s.AssumeRolePolicy = s.TrustPolicy
	if trust, err := iampolicy.Parse(s.TrustPolicy); err == nil {
		s.Disabled = iampolicy.IsClosed(trust)
		trust = iampolicy.Reopen(trust)
		if expiry, err := governance.ParseExpiry(s.Metadata.Expiry); err == nil {
			denied, ok := iampolicy.ParseExpiryDeny(s.ExpiryPolicy)
			s.EndsByItself = ok && !denied.After(expiry.End()) && iampolicy.IsTimeBoxed(trust, expiry.End())
			trust = iampolicy.StripTimeBox(trust, expiry.End())
		}
		if text := trust.JSON(); !iampolicy.Equivalent(text, s.TrustPolicy) {
			s.AssumeRolePolicy = text
		}
	}
	slices.Sort(s.ManagedPolicyARNs)
	slices.Sort(s.OtherInstanceProfiles)
	s.Attachments = s.attachments()
}

// clone keeps a caller from changing what others share.
func (s RoleState) clone() RoleState {
	s.InlinePolicies = maps.Clone(s.InlinePolicies)
	s.ManagedPolicyARNs = slices.Clone(s.ManagedPolicyARNs)
	s.OtherInstanceProfiles = slices.Clone(s.OtherInstanceProfiles)
	s.Attachments = slices.Clone(s.Attachments)
	s.Metadata.Systems = slices.Clone(s.Metadata.Systems)
	s.Metadata.Labels = maps.Clone(s.Metadata.Labels)
	return s
}

// ParseRoleARN reads the ARN of a role as its canonical id; ok is false when it is not one.
func ParseRoleARN(text string) (id governance.ID, ok bool) {
	parsed, err := arn.Parse(text)
	if err != nil || parsed.Service != "iam" {
		return governance.ID{}, false
	}
	resource, isRole := strings.CutPrefix(parsed.Resource, "role/")
	id, err = governance.ParseID("aws:" + parsed.AccountID + ":role/" + resource)
	return id, isRole && err == nil
}
