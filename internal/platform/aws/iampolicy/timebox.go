package iampolicy

import (
	"fmt"
	"strings"
	"time"
)

// TimeBox limits every Allow statement to instants before end, the first at
// which access is over, with the condition DateLessThan aws:CurrentTime. Deny
// statements stay as they are. End is cut to the second.
//
// IAM ANDs different operators and different keys, so a limit of the
// statement's own under another spelling (DateLessThanEquals, aws:EpochTime,
// IfExists, ForAnyValue: and so on) simply goes on to apply beside the new one.
// Under the same operator and key the values would be ORed; there the earlier
// limit is kept and the later one is replaced. The operator and the key are
// compared without case, and spellings of them that differ only in case are
// merged into the earliest. The result is never looser than d.
//
// Boxing twice gives the earlier of the two ends: to extend a box, take the old
// one off with StripTimeBox first.
//
// It is an error when end is the zero time or outside the years 1 to 9999, or when a
// statement has a limit under that operator and key that cannot be read as a
// date: it could be earlier or later than end, so neither can be dropped.
func TimeBox(d Document, end time.Time) (Document, error) {
	if end = wholeSecond(end); end.Year() < 1 || end.Year() > 9999 || end.IsZero() {
		return Document{}, fmt.Errorf("the end of access %s cannot be written in a policy", end)
	}
	out := d.clone()
	for i := range out.Statements {
		s := &out.Statements[i]
		if s.Effect != Allow {
			continue
		}
		condition, err := boxCondition(s.Condition, end)
		if err != nil {
			return Document{}, fmt.Errorf("%s: %w", label(i, *s), err)
		}
		s.Condition = condition
	}
	return out, nil
}

func label(index int, s Statement) string {
	if s.SID == "" {
		return fmt.Sprintf("statement %d", index+1)
	}
	return fmt.Sprintf("statement %d (Sid %s)", index+1, quote(s.SID))
}

// boxCondition changes and returns c, which is the caller's own copy.
func boxCondition(c Condition, end time.Time) (Condition, error) {
	slots := boxSlots(c)
	limit := end
	for _, slot := range slots {
		values := c[slot.operator][slot.key]
		own, ok := latest(values, parseDate)
		if !ok {
			return nil, fmt.Errorf("cannot compare the limit %s %s %q with %s; write it as YYYY-MM-DDThh:mm:ssZ",
				slot.operator, slot.key, values, formatDate(end))
		}
		if own.Before(limit) {
			limit = own
		}
		if len(slots) == 1 && !own.After(end) {
			return c, nil
		}
	}
	target := boxSlot{operator: dateLessThan, key: currentTimeKey}
	for _, operator := range sortedKeys(c) {
		if equalFold(operator, dateLessThan) {
			target.operator = operator
			break
		}
	}
	for _, slot := range slots {
		c.remove(slot)
	}
	if c == nil {
		c = Condition{}
	}
	if c[target.operator] == nil {
		c[target.operator] = map[string][]string{}
	}
	c[target.operator][target.key] = []string{formatDate(limit)}
	return c, nil
}

// boxSlot is a place in a Condition where TimeBox puts its limit.
type boxSlot struct{ operator, key string }

// boxSlots returns where c has DateLessThan aws:CurrentTime, in order.
func boxSlots(c Condition) []boxSlot {
	var out []boxSlot
	for _, operator := range sortedKeys(c) {
		if !equalFold(operator, dateLessThan) {
			continue
		}
		for _, key := range sortedKeys(c[operator]) {
			if equalFold(key, currentTimeKey) {
				out = append(out, boxSlot{operator, key})
			}
		}
	}
	return out
}

func (c Condition) remove(slot boxSlot) {
	delete(c[slot.operator], slot.key)
	if len(c[slot.operator]) == 0 {
		delete(c, slot.operator)
	}
}

// StripTimeBox takes off what TimeBox(d0, end) added, so that an imported
// policy shows what its author wrote. Limits at other instants, and limits that
// are not written the way TimeBox writes them, stay.
//
// StripTimeBox(TimeBox(d, end), end) is equivalent to d when d had no limit on
// DateLessThan aws:CurrentTime of its own. A limit of its own that was later
// than end is gone, since TimeBox replaced it.
func StripTimeBox(d Document, end time.Time) Document {
	text := formatDate(end)
	out := d.clone()
	for i := range out.Statements {
		s := &out.Statements[i]
		if s.Effect != Allow {
			continue
		}
		for _, slot := range boxSlots(s.Condition) {
			if values := s.Condition[slot.operator][slot.key]; len(values) == 1 && values[0] == text {
				s.Condition.remove(slot)
			}
		}
		if len(s.Condition) == 0 {
			s.Condition = nil
		}
	}
	return out
}

// IsTimeBoxed tells whether it is certain that no Allow statement grants
// anything at or after end. It is true for a document without Allow statements.
//
// Every spelling counts that IAM documents for a limit in time: the Date
// operators on aws:CurrentTime and aws:EpochTime and the Numeric ones on
// aws:EpochTime, ForAnyValue: included. IfExists and ForAllValues: do not
// count, because they hold when the key is missing; nor do values that cannot
// be read. Deny statements are not taken into account.
func IsTimeBoxed(d Document, end time.Time) bool {
	for _, s := range d.Statements {
		if s.Effect == Allow && !endsBy(s.Condition, end) {
			return false
		}
	}
	return true
}

// endsBy tells whether the condition cannot hold at or after end.
func endsBy(c Condition, end time.Time) bool {
	// Spellings that differ in case are one place: their values count together,
	// which is the looser of the ways in which they could be read.
	merged := map[boxSlot][]string{}
	for operator, keys := range c {
		for key, values := range keys {
			slot := boxSlot{lower(operator), lower(key)}
			merged[slot] = append(merged[slot], values...)
			if len(values) == 0 {
				// How IAM reads an empty list is not documented: it proves nothing.
				merged[slot] = append(merged[slot], "")
			}
		}
	}
	for slot, values := range merged {
		base, q := splitOperator(slot.operator)
		if q.ifExists || q.forAllValues {
			continue
		}
		read := parseDate
		operator, isDate := strings.CutPrefix(base, "date")
		switch {
		case isDate && slot.key == lower(currentTimeKey),
			isDate && slot.key == lower(epochTimeKey):
		case strings.HasPrefix(base, "numeric") && slot.key == lower(epochTimeKey):
			operator = strings.TrimPrefix(base, "numeric")
			read = parseEpoch
		default:
			continue
		}
		last, ok := latest(values, read)
		switch {
		case !ok:
		case operator == "lessthan" && !last.After(end):
			return true
		case (operator == "lessthanequals" || operator == "equals") && last.Before(end):
			return true
		}
	}
	return false
}
