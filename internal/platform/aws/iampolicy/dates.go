package iampolicy

import (
	"strconv"
	"strings"
	"time"
)

const (
	currentTimeKey = "aws:CurrentTime"
	epochTimeKey   = "aws:EpochTime"
	dateLessThan   = "DateLessThan"

	// dateLayout is the form in which this package writes instants.
	dateLayout = "2006-01-02T15:04:05Z"
)

// dateLayouts are the forms of the W3C profile of ISO 8601 that IAM documents
// for date conditions. A time of day needs a zone there.
var dateLayouts = []string{
	"2006-01-02T15:04:05Z07:00", // also reads fractions of a second
	"2006-01-02T15:04Z07:00",
	"2006-01-02",
	"2006-01",
}

func formatDate(t time.Time) string {
	return wholeSecond(t).Format(dateLayout)
}

// wholeSecond cuts to the second: IAM compares dates down to the second, and
// an earlier end is never looser.
func wholeSecond(t time.Time) time.Time {
	return t.UTC().Truncate(time.Second)
}

// parseDate reads a value as IAM's Date operators do: ISO 8601 or seconds since
// the epoch. Values that can be read in two ways (2026 is a year and a second,
// thirteen digits are mostly milliseconds) are not read at all, so that nobody
// relies on a guess.
func parseDate(value string) (time.Time, bool) {
	if seconds, ok := parseEpoch(value); ok && len(value) != 4 {
		return seconds, true
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// parseEpoch reads whole seconds since the epoch, of at most eleven digits.
func parseEpoch(value string) (time.Time, bool) {
	if value == "" || len(value) > 11 || strings.Trim(value, "0123456789") != "" {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}

// latest returns the last of the instants. IAM ORs the values of one key, so
// that is the one that bounds a "less than". It is not ok when there is no
// value or one cannot be read.
func latest(values []string, read func(string) (time.Time, bool)) (last time.Time, ok bool) {
	for i, value := range values {
		t, ok := read(value)
		if !ok {
			return time.Time{}, false
		}
		if i == 0 || t.After(last) {
			last = t
		}
	}
	return last, len(values) > 0
}
