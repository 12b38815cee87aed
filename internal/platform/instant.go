package platform

import "time"

// ParseInstant reads an instant as the provider's own records have it: RFC 3339, in UTC and whole seconds. ok is false for every
// other form, which the provider has not written.
func ParseInstant(text string) (at time.Time, ok bool) {
	at, err := time.Parse(time.RFC3339, text)
	return at, err == nil && at.UTC().Format(time.RFC3339) == text
}
