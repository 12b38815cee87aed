package azure

import (
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

// door is what the sign-in of an identity was when its quarantine began.
type door string

const (
	doorOpen    door = "open"
	doorBlocked door = "blocked"
	// doorNone is that of an application without a service principal, as which nobody can sign in.
	doorNone door = "none"
)

var doors = []door{doorOpen, doorBlocked, doorNone}

// noClient is what a record says where nothing could use the identity.
const noClient = "none"

// quarantineRecord is what the tags of an identity say of its quarantine.
type quarantineRecord struct {
	governance.Quarantine
	phase phase
	door  door
	// usedAt is the last use before the quarantine; the zero time where that is not known.
	usedAt time.Time
	// unused says that nothing could use a managed identity when its quarantine began.
	unused bool
	// taken is what a managed identity had.
	taken []taken
}

// encode writes the record as plain texts, by field.
func (r quarantineRecord) encode() map[governance.Field]string {
	main := []string{string(r.phase), r.Since.UTC().Format(time.RFC3339)}
	add := func(key, value string) {
		if value != "" {
			main = append(main, key+"="+value)
		}
	}
	add("sign_in", string(r.door))
	if !r.usedAt.IsZero() {
		add("used", r.usedAt.UTC().Format(time.RFC3339))
	}
	if r.unused {
		add("client", noClient)
	}
	add("release_after", r.ReleaseAfter)
	add("delete_after", r.DeleteAfter)
	texts := map[governance.Field]string{governance.RecordQuarantine: strings.Join(main, " "), governance.RecordQuarantineReason: r.Reason}
	if r.Ticket != "" {
		texts[governance.RecordQuarantineTicket] = r.Ticket
	}
	return texts
}

var errRecord = errors.New("it is not what a quarantine has written")

// decodeQuarantine reads a record back; nil where there is none.
func decodeQuarantine(text func(governance.Field) string) (*quarantineRecord, error) {
	main := text(governance.RecordQuarantine)
	if main == "" {
		return nil, nil
	}
	r, err := parseQuarantine(main)
	r.Reason, r.Ticket = text(governance.RecordQuarantineReason), text(governance.RecordQuarantineTicket)
	if err != nil {
		err = fmt.Errorf("the tag %s is %q: %w", governance.RecordQuarantine, main, err)
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
		case "sign_in":
			if r.door = door(value); !slices.Contains(doors, r.door) {
				return r, errRecord
			}
		case "used":
			if r.usedAt, ok = platform.ParseInstant(value); !ok {
				return r, errRecord
			}
		case "client":
			if r.unused = value == noClient; !r.unused {
				return r, errRecord
			}
		case "release_after":
			r.ReleaseAfter = value
		case "delete_after":
			r.DeleteAfter = value
		default:
			return r, errRecord
		}
	}
	return r, nil
}

// tell adds a quarantine to an identity of an inventory, with the last use before it: what has been tried since was refused.
func (r *quarantineRecord) tell(identity *governance.Identity) {
	if r == nil {
		return
	}
	identity.Quarantine = &r.Quarantine
	if !r.usedAt.IsZero() {
		identity.LastUsedAt, identity.LastUsedKnown = r.usedAt, true
	}
}

// order is that of a record; nil where there is none.
func (r *quarantineRecord) order() *governance.Quarantine {
	if r == nil {
		return nil
	}
	return &r.Quarantine
}

// ofQuarantine tells whether a tag is part of the record of a quarantine.
func (t graphTagging) ofQuarantine(tag string) bool {
	return slices.ContainsFunc(governance.QuarantineRecords, func(field governance.Field) bool {
		rest, ours := strings.CutPrefix(tag, graphKey(t.keys.Key(field)))
		return ours && (strings.HasPrefix(rest, "=") || isPart(rest))
	})
}

// quarantine reads the record in the tags of an application; nil where there is none.
func (t graphTagging) quarantine(tags []string) (*quarantineRecord, error) {
	return decodeQuarantine(func(field governance.Field) string { return decodeGraphTag(joinedParts(t.keys.Key(field), tags)) })
}

// readable is the record where it makes sense.
func (t graphTagging) readable(tags []string) *quarantineRecord {
	if r, err := t.quarantine(tags); err == nil {
		return r
	}
	return nil
}

// recorded are the tags with a record, or without any for nil.
func (t graphTagging) recorded(tags []string, r *quarantineRecord) []string {
	tags = slices.DeleteFunc(slices.Clone(tags), t.ofQuarantine)
	if r == nil {
		return tags
	}
	texts := r.encode()
	for _, field := range governance.QuarantineRecords {
		tags = append(tags, tagParts(t.keys.Key(field), encodeGraphTag(texts[field]))...)
	}
	return tags
}

// checkQuarantine finds a text of an order that tags could not hold.
func (t graphTagging) checkQuarantine(found *findings, order governance.QuarantineOrder) {
	for _, one := range []struct {
		argument string
		field    governance.Field
		value    string
	}{{"reason", governance.RecordQuarantineReason, order.Reason}, {"ticket", governance.RecordQuarantineTicket, order.Ticket}} {
		if parts := tagParts(t.keys.Key(one.field), encodeGraphTag(one.value)); len(parts) > mostTagParts {
			found.add([]string{one.argument}, "Shorten it, and keep the full story in the ticket.",
				"%s takes %d characters as it is stored, which are %d tags; at most %d are used for one text", one.argument, graphLength(encodeGraphTag(one.value)), len(parts), mostTagParts)
		}
	}
}

// renewable refuses to renew what has expired and is in quarantine: a renewal opens the sign-in.
func renewable(id governance.ID, there *governance.Quarantine, records graphRecords, disabled bool) error {
	if there == nil || disabled || records.Deactivated != deactivatedSignIn {
		return nil
	}
	return &platform.ErrConflict{Detail: id.String() + " has expired and is in quarantine. Release it before it is renewed: a renewal opens its sign-in"}
}
