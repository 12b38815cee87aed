package iampolicy

import (
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// lower maps A to Z to lower case. The functions of package strings fold more
// than IAM does: they take U+017F for an s and the Kelvin sign for a k, and a
// condition key that only looks like aws:CurrentTime is another key.
func lower(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return 'A' <= r && r <= 'Z' }) < 0 {
		return text
	}
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// equalFold compares without ASCII case.
func equalFold(a, b string) bool {
	return len(a) == len(b) && (a == b || lower(a) == lower(b))
}

// cutPrefixFold is strings.CutPrefix without ASCII case.
func cutPrefixFold(text, prefix string) (string, bool) {
	if len(text) >= len(prefix) && equalFold(text[:len(prefix)], prefix) {
		return text[len(prefix):], true
	}
	return text, false
}

// globFold matches IAM's wildcards (* for any text, ? for one character)
// without case, in time linear in the product of the lengths.
func globFold(pattern, text string) bool { return actions.Match(pattern, text) }

// Matches tells whether a pattern with the wildcards of IAM has a text, without regard to case.
func Matches(pattern, text string) bool { return globFold(pattern, text) }
