package platform

import (
	"slices"
	"strings"
)

// IgnoreTags are tags that some other tool writes on everything.
type IgnoreTags struct {
	Keys        []string
	KeyPrefixes []string
}

// Matches compares as the clouds do, ignoring case.
func (i IgnoreTags) Matches(key string) bool {
	key = strings.ToLower(key)
	return slices.ContainsFunc(i.Keys, func(ignored string) bool { return strings.ToLower(ignored) == key }) ||
		slices.ContainsFunc(i.KeyPrefixes, func(prefix string) bool { return strings.HasPrefix(key, strings.ToLower(prefix)) })
}
