package aws

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// RoleSpec is what an IAM role has besides its name and metadata.
type RoleSpec struct {
	// Path starts and ends with a slash.
	Path string
	// Trust holds presets; AssumeRolePolicy is JSON for what they cannot say. One of the two is given, neither while
	// the trust is not known yet. A GitHubActions preset without a provider ARN takes the account's own, and a ThirdParty
	// preset the account's partition.
	Trust            []iampolicy.Preset
	AssumeRolePolicy string
	// InlinePolicies are JSON documents by name.
	InlinePolicies         map[string]string
	ManagedPolicyARNs      []string
	PermissionsBoundaryARN string
	// MaxSessionDuration is in seconds.
	MaxSessionDuration int32
	// SessionsValidAfter ends all sessions that were issued before; zero ends none.
	SessionsValidAfter time.Time
	// InstanceProfile asks for an instance profile with the role's name and path.
	InstanceProfile bool
}

func (s RoleSpec) entity() entitySpec {
	return entitySpec{Path: s.Path, InlinePolicies: s.InlinePolicies, ManagedPolicyARNs: s.ManagedPolicyARNs, PermissionsBoundaryARN: s.PermissionsBoundaryARN, SessionsValidAfter: s.SessionsValidAfter}
}

// RoleState is an IAM role as it is.
type RoleState struct {
	EntityState
	// TrustPolicy is the document on the role, with its time limit.
	TrustPolicy        string
	MaxSessionDuration int32
	// InstanceProfileARN is that of the profile with the role's name; empty when there is none.
	InstanceProfileARN string
	// OtherInstanceProfiles are names of profiles that hold the role without being made with it.
	OtherInstanceProfiles []string
	// AssumeRolePolicy is TrustPolicy without what the expiry added to it.
	AssumeRolePolicy string
	Description      string
	// LastUsedRegion is where the role was last used, and LastUsedAt when: IAM knows of the last 400 days.
	LastUsedRegion string

	// wholeTrust is the document on the role with what a quarantine has added.
	wholeTrust string
	// removingProfile tells of a record on the role: its own instance profile was to go, and may be there without the role.
	removingProfile bool
}

// Roles manages the IAM roles of an account.
type Roles struct{ driver[RoleState] }

var _ platform.Driver[RoleSpec, RoleState] = (*Roles)(nil)

// Roles of the account.
func (a *Account) Roles() *Roles {
	r := &Roles{driver[RoleState]{account: a, kind: roleKind, recent: &a.newRoles}}
	r.readNamed, r.named = r.readOne, r.findNamed
	r.alike = func(existing, predicted RoleState) bool {
		return iampolicy.Equivalent(existing.TrustPolicy, predicted.TrustPolicy)
	}
	return r
}

// Predict is what Converge will return but for the unique id. While the expiry or the trust is not known, it leaves
// out what depends on them.
func (r *Roles) Predict(ctx context.Context, want platform.Desired[RoleSpec]) (RoleState, error) {
	me, err := r.account.whoami(ctx)
	if err != nil {
		return RoleState{}, err
	}
	state := RoleState{EntityState: r.account.predictEntity(me, roleKind, asEntity(want)), MaxSessionDuration: want.Spec.MaxSessionDuration}
	if want.Spec.InstanceProfile {
		state.InstanceProfileARN = me.iamARN("instance-profile" + want.Spec.Path + want.Name)
	}
	expiry, err := governance.ParseExpiry(want.Metadata.Expiry)
	if err != nil {
		state.Attachments = state.attachments()
		return state, nil //nolint:nilerr // the expiry is not known yet, or is the policy's to refuse
	}
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
		document, err = iampolicy.Trust(inAccount(s.Trust, me)...)
	default:
		return iampolicy.Document{}, false, nil
	}
	return document, true, err
}

// githubProvider is GitHub's OIDC issuer, as IAM names its provider.
const githubProvider = "token.actions.githubusercontent.com"

// inAccount fills in what presets take from the account.
func inAccount(presets []iampolicy.Preset, me caller) []iampolicy.Preset {
	presets = slices.Clone(presets)
	for i, preset := range presets {
		switch preset := preset.(type) {
		case iampolicy.GitHubActions:
			if preset.ProviderARN == "" {
				preset.ProviderARN = me.iamARN("oidc-provider/" + githubProvider)
			}
			presets[i] = preset
		case iampolicy.ThirdParty:
			preset.Partition, preset.Guesses = me.partition, append(slices.Clone(preset.Guesses), me.account)
			presets[i] = preset
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
	names := s.policyAttachments()
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
	s.interpretEntity(tagging, tags)
	if s.removingProfile = tags[tagging.keys.Key(governance.RecordRemoving)] == ownInstanceProfile; s.removingProfile && s.InstanceProfileARN == "" {
		s.InstanceProfileARN = strings.Replace(s.ARN, ":role/", ":instance-profile/", 1)
	}
	s.wholeTrust = s.TrustPolicy
	s.TrustPolicy, s.blocked.shut = iampolicy.Unshut(s.TrustPolicy, false)
	s.AssumeRolePolicy = s.TrustPolicy
	if trust, err := iampolicy.Parse(s.TrustPolicy); err == nil {
		s.Disabled = iampolicy.IsClosed(trust)
		trust = iampolicy.Reopen(trust)
		if expiry, err := governance.ParseExpiry(s.Metadata.Expiry); err == nil {
			s.EndsByItself = s.EndsByItself && iampolicy.IsTimeBoxed(trust, expiry.End())
			trust = iampolicy.StripTimeBox(trust, expiry.End())
		}
		if text := trust.JSON(); !iampolicy.Equivalent(text, s.TrustPolicy) {
			s.AssumeRolePolicy = text
		}
	}
	slices.Sort(s.OtherInstanceProfiles)
	s.Attachments = s.attachments()
}

// ParseRoleARN reads the ARN of a role as its canonical id; ok is false when it is not one.
func ParseRoleARN(text string) (id governance.ID, ok bool) { return roleKind.parseARN(text) }
