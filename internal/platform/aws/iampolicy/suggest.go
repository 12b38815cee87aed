package iampolicy

import (
	"fmt"
	"strings"
	"unicode/utf8"
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
		distance := editDistance(strings.ToLower(word), strings.ToLower(candidate))
		if distance < bestDistance && distance < len(candidate)/2 {
			best, bestDistance = candidate, distance
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance is the Levenshtein distance in bytes; both words are short.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
