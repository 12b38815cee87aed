package aws

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// phase is how far a quarantine has come.
type phase string

const (
	phaseImposing  phase = "imposing"
	phaseComplete  phase = "quarantined"
	phaseReleasing phase = "releasing"
)

// denial is how everything is denied to an identity: the first of these for which there is room.
type denial string

const (
	denyInline  denial = "inline"
	denyManaged denial = "managed"
	// denyBoundary replaces the permissions boundary, which is recorded.
	denyBoundary denial = "boundary"
)

var denials = []denial{denyInline, denyManaged, denyBoundary}

// barrier is what has become of a role's trust policy.
type barrier string

const (
	trustClosed barrier = "closed"
	// trustWrapped is trustClosed where a single statement had to become a list.
	trustWrapped barrier = "wrapped"
	// trustFull and trustGhost are left open, for want of room or because the policy names who is gone.
	trustFull  barrier = "full"
	trustGhost barrier = "ghost"
)

var barriers = []barrier{trustClosed, trustWrapped, trustFull, trustGhost}

// shut tells whether the trust policy has a statement of the quarantine.
func (b barrier) shut() bool { return b == trustClosed || b == trustWrapped }

// credentialCode is what a record calls a kind of credential.
type credentialCode string

const (
	codeAccessKey   credentialCode = "key"
	codeSSHKey      credentialCode = "ssh"
	codeCertificate credentialCode = "cert"
	codeService     credentialCode = "service"
)

var heldCodes = []credentialCode{codeAccessKey, codeSSHKey, codeCertificate, codeService}

// held is a credential that was active when the quarantine began.
type held struct {
	code credentialCode
	id   string
}

func (h held) name() string {
	switch h.code {
	case codeSSHKey:
		return "SSH key " + h.id
	case codeCertificate:
		return "signing certificate " + h.id
	case codeService:
		return "service-specific credential " + h.id
	case codeAccessKey:
	}
	return keyPrefix + h.id
}

// quarantineRecord is what the tags of an identity say of its quarantine.
type quarantineRecord struct {
	governance.Quarantine
	phase phase
	deny  denial
	// boundary is what denyBoundary has replaced; empty for none.
	boundary string
	trust    barrier
	// digest stands for the trust policy without the statement of the quarantine.
	digest string
	held   []held
	// usedKnown tells whether the last use before the quarantine is known, and usedAt when that was: zero for never.
	usedKnown bool
	usedAt    time.Time
}

// neverUsed stands for the last use of what was never used.
const neverUsed = "never"

// encode writes the record as tags, by field.
func (r quarantineRecord) encode() map[governance.Field]string {
	main := []string{string(r.phase), r.Since.UTC().Format(time.RFC3339)}
	add := func(key, value string) {
		if value != "" {
			main = append(main, key+"="+value)
		}
	}
	add("deny", string(r.deny))
	add("trust", string(r.trust))
	add("digest", r.digest)
	switch {
	case r.usedKnown && r.usedAt.IsZero():
		add("used", neverUsed)
	case r.usedKnown:
		add("used", r.usedAt.UTC().Format(time.RFC3339))
	}
	add("release_after", encodeTag(r.ReleaseAfter))
	add("delete_after", encodeTag(r.DeleteAfter))
	tags := map[governance.Field]string{
		governance.RecordQuarantine: strings.Join(main, " "), governance.RecordQuarantineReason: encodeTag(r.Reason),
	}
	if r.Ticket != "" {
		tags[governance.RecordQuarantineTicket] = encodeTag(r.Ticket)
	}
	for i, part := range r.parts() {
		if i < len(changeRecords) { // tooLong finds what is more
			tags[changeRecords[i]] = part
		}
	}
	return tags
}

// changeRecords hold the changes, in this order.
var changeRecords = []governance.Field{governance.RecordQuarantineChanges, governance.RecordQuarantineChanges2, governance.RecordQuarantineChanges3}

// parts are the changes, in as many texts as one tag is too short for.
func (r quarantineRecord) parts() []string {
	var changes []string
	if r.deny == denyBoundary {
		changes = append(changes, boundaryCode+":"+cmp.Or(encodeTag(r.boundary), noBoundary))
	}
	for _, one := range r.held {
		changes = append(changes, string(one.code)+":"+one.id)
	}
	var parts []string
	for _, change := range changes {
		if last := len(parts) - 1; last >= 0 && tagLength(parts[last])+1+tagLength(change) <= maxTagValueLength {
			parts[last] += " " + change
		} else {
			parts = append(parts, change)
		}
	}
	return parts
}

const (
	boundaryCode = "boundary"
	// noBoundary stands for the boundary of an identity that had none.
	noBoundary = "none"
)

// tooLong names what of the record its tags cannot hold; empty when they can.
func (r quarantineRecord) tooLong() string {
	for _, text := range []struct{ name, value string }{{"reason", r.Reason}, {"ticket", r.Ticket}} {
		if length := tagLength(encodeTag(text.value)); length > maxTagValueLength {
			return fmt.Sprintf("%s takes %d characters in its tag, %d more than IAM's limit of %d", text.name, length, length-maxTagValueLength, maxTagValueLength)
		}
	}
	if parts := r.parts(); len(parts) > len(changeRecords) || slices.ContainsFunc(parts, func(part string) bool { return tagLength(part) > maxTagValueLength }) {
		return fmt.Sprintf("%d credentials and the permissions boundary are more than the %d tags can hold that record what a release puts back", len(r.held), len(changeRecords))
	}
	return ""
}

var errRecord = errors.New("it is not what a quarantine has written")

// quarantine reads the record in the tags of an identity; nil where there is none.
func (t tagging) quarantine(tags map[string]string) (*quarantineRecord, error) {
	values := map[governance.Field]string{}
	for key, value := range tags {
		if field, known := t.keys.Field(key); known && slices.Contains(governance.QuarantineRecords, field) {
			values[field] = value
		}
	}
	main, found := values[governance.RecordQuarantine]
	if !found {
		return nil, nil
	}
	r, err := parseQuarantine(main)
	r.Reason, r.Ticket = decodeTag(values[governance.RecordQuarantineReason]), decodeTag(values[governance.RecordQuarantineTicket])
	boundaries := 0
	for _, field := range changeRecords {
		for _, change := range strings.Fields(values[field]) {
			code, value, _ := strings.Cut(change, ":")
			switch {
			case value == "":
				err = errRecord
			case code == boundaryCode:
				if boundaries++; value != noBoundary {
					r.boundary = decodeTag(value)
				}
			case slices.Contains(heldCodes, credentialCode(code)):
				r.held = append(r.held, held{credentialCode(code), value})
			default:
				err = errRecord
			}
		}
	}
	switch {
	case r.deny != denyBoundary:
		r.boundary = "" // left by an interruption
	case boundaries != 1: // a release would leave the identity without its own
		err = errRecord
	}
	if err != nil {
		err = fmt.Errorf("the tag %s is %q: %w", t.keys.Key(governance.RecordQuarantine), main, err)
	}
	return &r, err
}

func parseQuarantine(text string) (r quarantineRecord, err error) {
	words := strings.Fields(text)
	if len(words) < 2 {
		return r, errRecord
	}
	r.phase = phase(words[0])
	var ok bool
	if r.Since, ok = platform.ParseInstant(words[1]); !ok || !slices.Contains([]phase{phaseImposing, phaseComplete, phaseReleasing}, r.phase) {
		return r, errRecord
	}
	for _, word := range words[2:] {
		switch key, value, _ := strings.Cut(word, "="); key {
		case "deny":
			if r.deny = denial(value); !slices.Contains(denials, r.deny) {
				return r, errRecord
			}
		case "trust":
			if r.trust = barrier(value); !slices.Contains(barriers, r.trust) {
				return r, errRecord
			}
		case "digest":
			r.digest = value
		case "used":
			r.usedKnown = true
			if value == neverUsed {
				continue
			}
			if r.usedAt, ok = platform.ParseInstant(value); !ok {
				return r, errRecord
			}
		case "release_after":
			r.ReleaseAfter = decodeTag(value)
		case "delete_after":
			r.DeleteAfter = decodeTag(value)
		default:
			return r, errRecord
		}
	}
	return r, nil
}

// readable is the record in the tags of an identity; nil where there is none that makes sense.
func (t tagging) readable(tags map[string]string) *quarantineRecord {
	if r, err := t.quarantine(tags); err == nil {
		return r
	}
	return nil
}

// tell adds a quarantine to an identity of an inventory, with the last use before it: what has been tried since was refused,
// and of a user without an active credential IAM tells no use.
func (r *quarantineRecord) tell(identity *governance.Identity) {
	if r == nil {
		return
	}
	identity.Quarantine = &r.Quarantine
	if !r.usedKnown {
		return
	}
	if identity.LastUsedKnown = true; !identity.LastUsedAt.Equal(r.usedAt) {
		identity.LastUsedAt, identity.LastUsedService, identity.LastUsedRegion = r.usedAt, "", ""
	}
	if tracked := identity.TrackedSince; !tracked.IsZero() && tracked.After(r.Since.Add(-roleTracking)) {
		identity.TrackedSince = r.Since.Add(-roleTracking)
	}
}
