package aws

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// QuarantinePolicyName is the inline policy that denies everything to what is in quarantine. No other policy can have that
// name.
const QuarantinePolicyName = "governed-quarantine"

// denyAllPolicy is AWS's own policy that denies everything, as the end of its ARN in every partition.
const denyAllPolicy = ":iam::aws:policy/AWSDenyAll"

// blocked is what of a quarantine is on an entity, whatever its record says.
type blocked struct {
	record *quarantineRecord
	// unreadable is why there is a record that makes no sense.
	unreadable error
	// inline is the document of the policy called QuarantinePolicyName; empty when there is none.
	inline string
	// attached is the ARN of the managed policy that denies everything, where the quarantine has attached it.
	attached string
	// bounded tells that the permissions boundary is the quarantine's.
	bounded bool
	// shut tells that the trust policy has a statement of the quarantine.
	shut bool
}

// setBlocked takes what a quarantine has put on the entity out of its other fields, so that it is nobody's drift.
func (s *EntityState) setBlocked(tagging tagging) {
	b := &s.blocked
	b.inline = s.InlinePolicies[QuarantinePolicyName]
	delete(s.InlinePolicies, QuarantinePolicyName)
	if b.record, b.unreadable = tagging.quarantine(s.tags); b.record == nil {
		return
	}
	s.Quarantine = &b.record.Quarantine
	switch b.record.deny {
	case denyManaged:
		if i := slices.IndexFunc(s.ManagedPolicyARNs, isDenyAll); i >= 0 {
			b.attached = s.ManagedPolicyARNs[i]
			s.ManagedPolicyARNs = slices.Delete(s.ManagedPolicyARNs, i, i+1)
		}
	case denyBoundary:
		if b.bounded = isDenyAll(s.PermissionsBoundaryARN); b.bounded {
			s.PermissionsBoundaryARN = b.record.boundary
		}
	case denyInline:
	}
}

func isDenyAll(policy string) bool { return strings.HasSuffix(policy, denyAllPolicy) }

// Quarantines keeps IAM roles and users of an account from being used.
type Quarantines struct{ account *Account }

var _ platform.Quarantines = (*Quarantines)(nil)

// Quarantines of the account.
func (a *Account) Quarantines() *Quarantines { return &Quarantines{account: a} }

// patient is an identity with what a quarantine changes of it.
type patient struct {
	EntityState
	kind entityKind
	api  entityAPI
	iam  *iamClient
	// trust is the trust policy of a role without the statement of the quarantine, and wholeTrust with it.
	trust, wholeTrust string
	// console and expired are those of a user: it has a password, and an expiry has made its access keys inactive.
	console, expired bool
	// switches are the credentials of a user, and unlisted are those that could not be listed.
	switches []credentialSwitch
	unlisted error
}

// read reads an identity, as it is at this moment where that matters.
func (q *Quarantines) read(ctx context.Context, id governance.ID, now bool) (patient, error) {
	connection, err := q.account.connect(ctx)
	if err != nil {
		return patient{}, err
	}
	if id.Kind == governance.KindAWSRole {
		roles := q.account.Roles()
		if err := roles.mine(ctx, id); err != nil {
			return patient{}, err
		}
		read := roles.Read
		if now {
			read = roles.readDirect
		}
		role, err := read(ctx, id)
		p := patient{
			EntityState: role.EntityState, kind: roleKind, api: roleCalls{connection.iam, id.Name()}, iam: connection.iam,
			trust: role.TrustPolicy, wholeTrust: role.wholeTrust,
		}
		return p, errors.Join(err, role.unreadableRecord(id))
	}
	users := q.account.Users()
	if err := users.mine(ctx, id); err != nil {
		return patient{}, err
	}
	read := users.Read
	if now {
		read = users.readDirect
	}
	user, err := read(ctx, id)
	if err = errors.Join(err, user.unreadableRecord(id)); err != nil {
		return patient{}, err
	}
	calls := userCalls{connection.iam, id.Name()}
	p := patient{EntityState: user.EntityState, kind: userKind, api: calls, iam: connection.iam, console: user.ConsoleAccess, expired: user.DeactivatedKeys != nil}
	p.switches, p.unlisted, err = calls.switches(ctx)
	return p, err
}

// unreadableRecord refuses to guess what somebody has written over a record.
func (s EntityState) unreadableRecord(id governance.ID) error {
	if s.blocked.unreadable == nil {
		return nil
	}
	return &platform.ErrConflict{Detail: fmt.Sprintf("The record of the quarantine of %s cannot be read: %s", id, s.blocked.unreadable)}
}

// Read takes the identity from the account's snapshot where that is cheaper. Of a user it asks for the credentials: four
// calls.
func (q *Quarantines) Read(ctx context.Context, id governance.ID) (platform.Quarantined, error) {
	p, err := q.read(ctx, id, false)
	if err != nil {
		return platform.Quarantined{}, err
	}
	return p.observed(), nil
}

// observed tells how the identity is.
func (p *patient) observed() platform.Quarantined {
	seen := platform.Quarantined{UniqueID: p.UniqueID, ManagedBy: p.ManagedBy}
	r := p.blocked.record
	if r == nil {
		return seen
	}
	seen.Quarantine, seen.Complete = &r.Quarantine, r.phase == phaseComplete
	for _, one := range r.held {
		seen.Held = append(seen.Held, one.name())
	}
	seen.Changes, seen.Instead, seen.Drift = p.changes(), p.instead(), p.drift()
	return seen
}

// changes say what was changed.
func (p *patient) changes() []string {
	r := p.blocked.record
	var texts []string
	switch r.deny {
	case denyInline:
		texts = append(texts, "the inline policy "+QuarantinePolicyName+" denies everything")
	case denyManaged:
		texts = append(texts, "the managed policy AWSDenyAll denies everything")
	case denyBoundary:
		before := "where none was"
		if r.boundary != "" {
			before = "in place of " + r.boundary
		}
		texts = append(texts, "the permissions boundary AWSDenyAll, "+before+", denies everything")
	}
	if r.trust.shut() {
		texts = append(texts, "the statement "+iampolicy.QuarantineSID+" in the trust policy lets nobody in")
	}
	for _, one := range r.held {
		texts = append(texts, one.name()+" is inactive")
	}
	return texts
}

// instead says what could not be changed, and what was done instead.
func (p *patient) instead() []string {
	r := p.blocked.record
	var texts []string
	switch r.deny {
	case denyManaged:
		texts = append(texts, "the inline policies have no room for "+QuarantinePolicyName+": the managed policy AWSDenyAll is attached instead")
	case denyBoundary:
		texts = append(texts, "neither the inline policies have room for "+QuarantinePolicyName+" nor can another managed policy be attached: AWSDenyAll is the permissions boundary instead")
	case denyInline:
	}
	const open = ": it stays open, and everything is denied to the sessions that it lets start"
	switch r.trust {
	case trustFull:
		texts = append(texts, "the trust policy has no room for the statement "+iampolicy.QuarantineSID+open)
	case trustGhost:
		texts = append(texts, "the trust policy names principals that are gone, so IAM takes no other version of it"+open)
	case trustClosed, trustWrapped:
	}
	if p.console {
		texts = append(texts, "the console password stays, because IAM could not give it back: everything is denied to who signs in")
	}
	if p.unlisted != nil {
		texts = append(texts, fmt.Sprintf("some credentials could not be listed (%s): they stay as they are, and everything is denied to them", strings.Join(gaps(p.unlisted), "; ")))
	}
	return texts
}

// denies tells whether the record's way of denying everything is in effect.
func (p *patient) denies() bool {
	switch p.blocked.record.deny {
	case denyInline:
		return iampolicy.Equivalent(p.blocked.inline, iampolicy.QuarantineDeny().JSON())
	case denyManaged:
		return p.blocked.attached != ""
	case denyBoundary:
		return p.blocked.bounded
	}
	return false
}

// drift says what is not any more as the quarantine has left it.
func (p *patient) drift() []string {
	r := p.blocked.record
	var texts []string
	if !p.denies() {
		texts = append(texts, "nothing denies everything to it any more")
	}
	switch {
	case r.trust.shut() && !iampolicy.IsShut(p.wholeTrust):
		texts = append(texts, "the trust policy lets somebody in")
	case r.digest != "" && r.digest != digestOf(p.trust):
		texts = append(texts, "the trust policy has been changed")
	}
	for _, one := range p.switches {
		if one.active {
			texts = append(texts, one.name()+" is active")
		}
	}
	for _, one := range r.held {
		if p.lacks(one) {
			texts = append(texts, one.name()+" is gone")
		}
	}
	return texts
}

// find is a credential of the user; nil when it has none such.
func (p *patient) find(one held) *credentialSwitch {
	for i := range p.switches {
		if p.switches[i].held == one {
			return &p.switches[i]
		}
	}
	return nil
}

// lacks tells whether a credential is gone, which nobody knows of what could not be listed.
func (p *patient) lacks(one held) bool {
	return p.find(one) == nil && (one.code == codeAccessKey || p.unlisted == nil)
}

// digestOf stands for what a policy says, however it is written.
func digestOf(text string) string {
	if d, err := iampolicy.Parse(text); err == nil {
		text = d.JSON()
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// Retirement is that of the driver.
func (q *Quarantines) Retirement(ctx context.Context, id governance.ID) (platform.Retirement, error) {
	if id.Kind == governance.KindAWSRole {
		return q.account.Roles().Retirement(ctx, id)
	}
	return q.account.Users().Retirement(ctx, id)
}

// Delete is that of the driver.
func (q *Quarantines) Delete(ctx context.Context, id governance.ID) ([]string, error) {
	if id.Kind == governance.KindAWSRole {
		return q.account.Roles().Delete(ctx, id)
	}
	return q.account.Users().Delete(ctx, id)
}
