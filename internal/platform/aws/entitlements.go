package aws

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
	iamgrants "github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/grants"
)

// Holding is what decides what an identity may do, as far as it is known.
type Holding struct {
	// Name and Path are the identity's, which can be allowed to change itself. Name is empty while it is not known.
	Name, Path string
	// InlinePolicies are JSON documents by name. The one that enforces the expiry is not among them: what counts is what
	// the identity may do while it is not expired.
	InlinePolicies            map[string]string
	ManagedPolicyARNs, Groups []string
	PermissionsBoundaryARN    string
	// BoundaryUnknown says that there may be a boundary, and PoliciesUnknown that there may be more policies or groups.
	BoundaryUnknown, PoliciesUnknown bool
}

// Entitlements judges what an identity may do, and what it gains over what it had; had is nil for a new one. A policy that
// is not there yet, or that the caller may not read, is not judged.
func (d driver[S]) Entitlements(ctx context.Context, now Holding, had *Holding, asked governance.Inquiry) (governance.Entitlements, error) {
	unchanged := had != nil && now.same(*had)
	if unchanged && !asked.Granted && !asked.Unseen {
		return governance.Entitlements{Unchanged: true}, nil
	}
	unknown := d.unknownActions(now, had)
	// A boundary that is not known can take away whatever the policies grant.
	if now.BoundaryUnknown {
		return governance.Entitlements{Unchanged: unchanged, Tentative: true, Unknown: unknown}, nil
	}
	me, err := d.account.whoami(ctx)
	if err != nil {
		return governance.Entitlements{}, err
	}
	holder := holder{account: d.account, kind: d.kind, final: asked.Final, origins: map[iamgrants.Source]origin{}}
	if now.Name != "" {
		holder.identity.ARN = me.iamARN(d.kind.word() + now.Path + now.Name)
	}
	if err := holder.read(ctx, now); err != nil {
		return governance.Entitlements{}, err
	}
	set := iamgrants.New(holder.identity, d.account.config.Clock.Now())
	found := governance.Entitlements{
		Unchanged: unchanged, Unjudged: holder.unjudged, Unknown: unknown, Tentative: holder.toCome || now.PoliciesUnknown || now.Name == "",
	}
	if now.Name != "" {
		found.Identity = governance.ID{Kind: d.kind.kind, Account: me.account, Resource: strings.TrimPrefix(now.Path, "/") + now.Name}.String()
	}
	if !holder.boundaryToCome {
		dangers := iamgrants.Classify(set)
		if asked.Granted && !now.PoliciesUnknown && len(holder.unjudged) == 0 {
			found.Granted = granted(set, dangers)
		}
		if !unchanged || asked.Unseen {
			found.Dangers, found.Narrows = holder.dangers(dangers), unchanged
		}
	}
	if had == nil || unchanged {
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

// mostActions is how many actions a grant names; of more, there are several grants.
const mostActions = 100

// granted is all that an identity may do.
func granted(set *iamgrants.Set, dangers []iamgrants.Danger) *governance.Granted {
	all := &governance.Granted{}
	for _, danger := range dangers {
		if class := governance.Rule(danger.Class); !slices.Contains(all.Classes, class) {
			all.Classes = append(all.Classes, class)
		}
	}
	for _, gain := range iamgrants.Gains(&iamgrants.Set{}, set) {
		grant := governance.GrantedActions{Services: gain.Services, Whole: gain.Whole, Resources: gain.Resources, Except: gain.Except, Conditioned: gain.Conditioned}
		if gain.Level != 0 {
			grant.Level = gain.Level.String()
		}
		for actions := range slices.Chunk(gain.Patterns(), mostActions) {
			part := grant
			part.Actions = actions
			if len(gain.Services) > 1 { // each of them is whole, and so has one pattern
				part.Services, gain.Services = gain.Services[:len(actions)], gain.Services[len(actions):]
			}
			all.Grants = append(all.Grants, part)
		}
	}
	return all
}

// unknownActions looks through the inline policies that are new or changed.
func (d driver[S]) unknownActions(now Holding, had *Holding) (found []governance.UnknownActions) {
	for _, name := range slices.Sorted(maps.Keys(now.InlinePolicies)) {
		text := now.InlinePolicies[name]
		if had != nil && iampolicy.Equivalent(text, had.InlinePolicies[name]) {
			continue
		}
		document, err := iampolicy.ParseIdentity(text)
		if err != nil {
			continue // It is reported where documents are checked.
		}
		unknown := governance.UnknownActions{Attribute: d.kind.in("inline_policies", name), Policy: name, Since: actions.Source().Updated}
		for _, action := range iampolicy.UnknownActions(document) {
			unknown.Places = append(unknown.Places, action.String())
		}
		if len(unknown.Places) > 0 {
			found = append(found, unknown)
		}
	}
	return found
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
	return !h.BoundaryUnknown && !h.PoliciesUnknown && h.PermissionsBoundaryARN == other.PermissionsBoundaryARN &&
		slices.Equal(set(h.ManagedPolicyARNs), set(other.ManagedPolicyARNs)) && slices.Equal(set(h.Groups), set(other.Groups)) &&
		maps.EqualFunc(h.InlinePolicies, other.InlinePolicies, iampolicy.Equivalent)
}
