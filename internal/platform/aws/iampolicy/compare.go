package iampolicy

import (
	"strings"
	"unicode/utf8"

	awspolicy "github.com/hashicorp/awspolicyequivalence"
)

// Equivalent tells whether two policies say the same: the order of statements
// and list members, scalars against lists of one, white space, and an account
// id against the ARN of that account's root make no difference. It is false
// when either text does not parse.
func Equivalent(a, b string) bool {
	left, err := Parse(a)
	if err != nil {
		return false
	}
	right, err := Parse(b)
	if err != nil {
		return false
	}
	leftText, rightText := left.JSON(), right.JSON()
	if leftText == rightText {
		return true
	}
	same, err := awspolicy.PoliciesAreEquivalent(leftText, rightText)
	return err == nil && same
}

// Size returns the number of characters of a policy without its white space
// (space, tab, line feed, carriage return), as IAM counts them against the
// quotas of "IAM and AWS STS quotas". The text need not parse.
func Size(text string) int {
	size := utf8.RuneCountInString(text)
	for _, space := range []string{" ", "\t", "\n", "\r"} {
		size -= strings.Count(text, space)
	}
	return size
}
