package governance

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// placeholderWords stand where somebody did not want to think. They name no owner and tell no purpose.
var placeholderWords = wordSet(`
	test tests testing tester tmp temp temporary misc miscellaneous various todo tbd fixme xxx foo bar baz qux asdf qwerty
	n a na none nil null nobody someone anyone unknown unnamed undefined whatever something anything stuff thing things
	dummy sample placeholder`)

// genericWords are what every identity is, and the little words between. They tell no purpose.
var genericWords = wordSet(`
	an and are as at be by for from in into is it its my new of on or our old the their this that to used to use uses we
	with identity identities role roles user users account accounts service services app application purpose needed
	required iam aws azure entra nhi principal`)

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		set[word] = true
	}
	return set
}

// words are the runs of letters, marks and digits in a text, in lower case.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

// onlyWordsOf tells whether every word of a text is in one of the sets.
func onlyWordsOf(text string, sets ...map[string]bool) bool {
	for _, word := range words(text) {
		if !slices.ContainsFunc(sets, func(set map[string]bool) bool { return set[word] }) {
			return false
		}
	}
	return true
}

func (p Policy) checkPurpose(subject Subject, _ time.Time) []Violation {
	purpose := subject.Metadata.Purpose
	if subject.Unknown[FieldPurpose] || blank(purpose) {
		return nil
	}
	wrong := func(reason string) []Violation {
		return []Violation{p.violation(RulePurposeQuality, "purpose", fmt.Sprintf("purpose is %q, %s", purpose, reason),
			`Write what it does, with what and for whom, for example purpose = "Nightly export of invoices to the data lake".`)}
	}
	if p.filler(purpose) {
		return wrong("which is filler: nobody could decide from it whether the identity is still needed")
	}
	if repeatsName(purpose, subject.Name) {
		return wrong(fmt.Sprintf("which only repeats the name %q: nobody could decide from it whether the identity is still needed", subject.Name))
	}
	if length := utf8.RuneCountInString(strings.TrimSpace(purpose)); length < p.purposeMinLength {
		return wrong(p.tooShort(length))
	}
	return nil
}

// tooShort says it of a text with so many characters.
func (p Policy) tooShort(length int) string {
	noun := "characters"
	if length == 1 {
		noun = "character"
	}
	return fmt.Sprintf("which has %d %s; the policy wants at least %d", length, noun, p.purposeMinLength)
}

// filler tells whether no word of a text says anything.
func (p Policy) filler(text string) bool {
	return onlyWordsOf(text, placeholderWords, genericWords, p.fillerWords)
}

// repeatsName tells whether a purpose says nothing beyond the words of the name.
func repeatsName(purpose, name string) bool {
	if name == "" {
		return false
	}
	return onlyWordsOf(purpose, wordSet(strings.Join(words(name), " ")), placeholderWords, genericWords) ||
		strings.Join(words(purpose), "") == strings.Join(words(name), "")
}
