package aws

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	iamgrants "github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/grants"
)

// Holding is what decides what an identity may do, as far as it is known.
type Holding struct {
	// InlinePolicies are JSON documents by name. The one that enforces the expiry is not among them: what counts is what
	// the identity may do while it is not expired.
	InlinePolicies            map[string]string
	ManagedPolicyARNs, Groups []string
	PermissionsBoundaryARN    string
	// BoundaryUnknown says that there may be a boundary, and Partial that there may be more of the rest.
	BoundaryUnknown, Partial bool
}

// Entitlements judges what an identity may do, and what it gains over what it had; had is nil for a new one. The name is
// empty while it, or the path, is not known. Nothing is asked and nothing found where both say the same. A policy that is not there yet, or that the caller may not read, is not
// judged; at the latest before the identity is written, which final says, it has to be there.
func (d driver[S]) Entitlements(ctx context.Context, name, path string, now Holding, had *Holding, final bool) (governance.Entitlements, error) {
	// A boundary that is not known can take away whatever the policies grant.
	if had != nil && now.same(*had) {
		return governance.Entitlements{Kept: true}, nil
	}
	if now.BoundaryUnknown {
		return governance.Entitlements{Tentative: true}, nil
	}
	me, err := d.account.whoami(ctx)
	if err != nil {
		return governance.Entitlements{}, err
	}
	holder := holder{account: d.account, kind: d.kind, final: final, origins: map[iamgrants.Source]origin{}}
	if name != "" {
		holder.identity.ARN = me.iamARN(d.kind.word() + path + name)
	}
	if err := holder.read(ctx, now); err != nil {
		return governance.Entitlements{}, err
	}
	set := iamgrants.New(holder.identity, d.account.config.Clock.Now())
	found := governance.Entitlements{Unjudged: holder.unjudged, Tentative: holder.toCome || now.Partial || name == ""}
	if name != "" {
		found.Identity = governance.ID{Kind: d.kind.kind, Account: me.account, Resource: strings.TrimPrefix(path, "/") + name}.String()
	}
	if !holder.boundaryToCome {
		found.Dangers = holder.dangers(iamgrants.Classify(set))
	}
	if had == nil {
		return found, nil
	}
	before := holder
	before.final, before.identity.Policies, before.identity.Boundary = false, nil, nil
	before.unjudged, before.origins = nil, map[iamgrants.Source]origin{}
	if err := before.read(ctx, *had); err != nil {
		return governance.Entitlements{}, err
	}
	for _, gain := range iamgrants.Gains(iamgrants.New(before.identity, d.account.config.Clock.Now()), set) {
		found.Gains = append(found.Gains, governance.Gain{Level: gain.Level.String(), Text: strings.TrimPrefix(gain.String(), "gains ")})
	}
	oldBoundaryKnown := had.PermissionsBoundaryARN == now.PermissionsBoundaryARN || had.PermissionsBoundaryARN == "" || before.identity.Boundary != nil
	found.Narrows = len(found.Gains) == 0 && oldBoundaryKnown && len(missingFrom(unread(holder), unread(before))) == 0
	return found, nil
}

// unread names what an identity holds that was not read.
func unread(h holder) (what []string) {
	for _, unjudged := range h.unjudged {
		what = append(what, unjudged.What...)
	}
	return what
}

// same tells whether two holdings are certain to allow the same.
func (h Holding) same(other Holding) bool {
	set := func(texts []string) []string { return slices.Compact(slices.Sorted(slices.Values(texts))) }
	return !h.BoundaryUnknown && !h.Partial && h.PermissionsBoundaryARN == other.PermissionsBoundaryARN &&
		slices.Equal(set(h.ManagedPolicyARNs), set(other.ManagedPolicyARNs)) && slices.Equal(set(h.Groups), set(other.Groups)) &&
		maps.EqualFunc(h.InlinePolicies, other.InlinePolicies, iampolicy.Equivalent)
}
