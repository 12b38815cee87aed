package governance

import "strings"

// EditDistance is how many characters of one short text have to change, come or go to make the other, whatever the letter
// case (Levenshtein). It is for messages that say what was meant; the cost is the product of the lengths.
func EditDistance(one, other string) int {
	a, b := []rune(strings.ToLower(one)), []rune(strings.ToLower(other))
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			changed := diagonal
			if a[i-1] != b[j-1] {
				changed++
			}
			diagonal = row[j]
			row[j] = min(changed, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
