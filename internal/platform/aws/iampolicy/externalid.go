package iampolicy

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
)

// The limits of an external id are those of the API reference (AssumeRole); a
// guess takes at least minExternalIDBits tries in powers of two, by the
// characters alone.
const (
	minExternalID     = 16
	maxExternalID     = 1224
	minExternalIDBits = 40
)

var externalIDPattern = regexp.MustCompile(`^[\w+=,.@:/-]*$`)

// commonWords are what people write where they should have rolled dice.
var commonWords = strings.Fields(`
	externalid external identifier identity password passwort secret changeme default customer company partner vendor
	supplier thirdparty third party account access assume admin production staging development sandbox prod stage test
	demo dev role user trust token key aws id my our the`)

const externalIDFix = "Write one that was made at random, such as a UUID; a role that does not exist yet gets one when external_id is left out."

// checkExternalID reports an external id that IAM does not take or that somebody
// could guess.
func checkExternalID(c *checker, id string, guesses []string) {
	add := func(reason string, args ...any) { c.add("external_id", externalIDFix, reason, args...) }
	switch bits := guessBits(id, guesses); {
	case id == "":
		add("Without an external id, everybody that the third party works for could have it use this role.")
	case !externalIDPattern.MatchString(id):
		add("The external id %s has a character that STS does not take; it takes letters, digits and _+=,.@:/-.", quote(id))
	case len(id) > maxExternalID:
		add("The external id has %d characters, %d more than STS takes.", len(id), len(id)-maxExternalID)
	case len(id) < minExternalID:
		add("The external id has %d characters, so that it could be guessed; it needs at least %d.", len(id), minExternalID)
	case strings.Trim(id, "0123456789") == "":
		add("The external id consists of digits only, as customer numbers and account ids do, so that it could be guessed.")
	case bits < minExternalIDBits:
		add("The external id could be guessed: without known words, names, repetitions and sequences it is worth about %d bits, and needs at least %d.", bits, minExternalIDBits)
	}
}

// guessBits estimates how many bits an external id is worth: the Shannon entropy
// of its characters, once known words, repetitions and sequences are left out.
func guessBits(id string, guesses []string) int {
	rest := lower(id)
	words := slices.Clone(commonWords)
	for _, guess := range guesses {
		words = append(words, strings.FieldsFunc(lower(guess), isSeparator)...)
	}
	slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, word := range words {
		if len(word) > 1 {
			rest = removeWord(rest, word)
		}
	}
	counts, total := map[rune]float64{}, 0.0
	var last, step rune
	for _, r := range rest {
		sameStep := total > 0 && r-last == step && -1 <= step && step <= 1
		step, last = r-last, r
		if isSeparator(r) || sameStep {
			continue
		}
		counts[r]++
		total++
	}
	entropy := 0.0
	for _, n := range counts {
		entropy -= n * math.Log2(n/total)
	}
	return int(entropy)
}

func isSeparator(r rune) bool { return strings.ContainsRune("_+=,.@:/- ", r) }

// removeWord takes a word out wherever it stands; short ones only where they
// stand alone, because random text has them by chance.
func removeWord(text, word string) string {
	if len(word) > 3 {
		return strings.ReplaceAll(text, word, "-")
	}
	parts := strings.FieldsFunc(text, isSeparator)
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return strings.Trim(part, "0123456789") == word }), "-")
}
