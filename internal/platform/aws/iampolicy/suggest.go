package iampolicy

import (
	"fmt"
	"unicode/utf8"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

const quotedRunes = 60

// quote quotes user text for a message and cuts what is too long to read.
func quote(text string) string {
	if utf8.RuneCountInString(text) <= quotedRunes {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("%q…", string([]rune(text)[:quotedRunes]))
}

// suggestion returns `; did you mean "x"?` for the known word nearest to the
// given one, or nothing when none is near.
func suggestion(word string, known []string) string {
	if len(word) > quotedRunes {
		return ""
	}
	best, bestDistance := "", 3
	for _, candidate := range known {
		distance := governance.EditDistance(word, candidate)
		if distance < bestDistance && distance < len(candidate)/2 {
			best, bestDistance = candidate, distance
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}
