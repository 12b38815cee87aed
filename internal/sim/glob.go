package sim

import "strings"

// globToken is one character of a pattern: a literal, any one character ('?')
// or any run of characters ('*').
type globToken struct {
	char rune
	wild bool
}

func globTokens(pattern string) []globToken {
	out := make([]globToken, 0, len(pattern))
	for _, c := range pattern {
		out = append(out, globToken{c, c == '*' || c == '?'})
	}
	return out
}

// literalTokens are the tokens of text that has no wildcards, whatever its
// characters.
func literalTokens(value string) []globToken {
	out := make([]globToken, 0, len(value))
	for _, c := range value {
		out = append(out, globToken{char: c})
	}
	return out
}

// globMatch matches text against a pattern in linear space and without
// recursion.
func globMatch(pattern []globToken, value string) bool {
	s := []rune(value)
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p].wild && pattern[p].char == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p].char == s[i] || pattern[p].wild):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p].wild && pattern[p].char == '*' {
		p++
	}
	return p == len(pattern)
}

// matchAction compares an action with a pattern without regard to case.
func matchAction(pattern, action string) bool {
	return globMatch(globTokens(strings.ToLower(pattern)), strings.ToLower(action))
}

// matchARN compares an ARN with a pattern part by part: a wildcard does not
// reach over a colon, except in the last of the six parts (IAM user guide,
// "Using wildcards in resource ARNs").
func matchARN(pattern []globToken, arn string) bool {
	if len(pattern) == 1 && pattern[0].wild && pattern[0].char == '*' {
		return true
	}
	for n := 1; n < 6; n++ {
		colon := -1
		for i, t := range pattern {
			if t.char == ':' {
				colon = i
				break
			}
		}
		part, rest, found := strings.Cut(arn, ":")
		if (colon >= 0) != found {
			return false
		}
		if !found {
			break
		}
		if !globMatch(pattern[:colon], part) {
			return false
		}
		pattern, arn = pattern[colon+1:], rest
	}
	return globMatch(pattern, arn)
}
