package grants

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// Patterns of resources are compared as texts in which * stands for any text and ? for one character, which is how IAM
// reads Resource. A policy variable, ${aws:username} and the like, can stand for any text.

// Bounds on the work that one comparison may take, so that hostile policies cost little. What is beyond them is not
// proven, and counts as allowed.
const (
	maxCompared = 1 << 16
	maxPairs    = 1 << 12
	maxTerms    = 64
	// maxVisits bounds how many actions are looked at on behalf of wildcards, times the statements that each is held
	// against.
	maxVisits = 1 << 20
)

// covers tells whether every resource that inner matches is certainly matched by outer as well.
func covers(outer, inner string) bool {
	if outer == "*" || outer == inner {
		return true
	}
	inner = withoutVariables(inner)
	// The wildcards of inner are taken as characters that only a wildcard of outer matches.
	o, i, star, mark, steps := 0, 0, -1, 0, 0
	for i < len(inner) {
		steps++
		switch {
		case steps > maxCompared:
			return false
		case o < len(outer) && outer[o] == '*':
			star, mark = o, i
			o++
		case o < len(outer) && inner[i] != '*' && (outer[o] == '?' && inner[i] < utf8.RuneSelf || outer[o] == inner[i]):
			o++
			i++
		case star >= 0:
			mark++
			o, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(outer[o:], "*") == ""
}

func coveredByAny(outer []string, inner string) bool {
	return slices.ContainsFunc(outer, func(o string) bool { return covers(o, inner) })
}

// overlap tells whether some resource can match both patterns. It is false only where that is proven.
func overlap(a, b string) bool {
	a, b = withoutVariables(a), withoutVariables(b)
	literal := min(plain(a), plain(b))
	if a[:literal] != b[:literal] {
		return false
	}
	a, b = a[literal:], b[literal:]
	if !ascii(a) || !ascii(b) {
		// A ? is a character, which may be several bytes.
		a, b = strings.ReplaceAll(a, "?", "*"), strings.ReplaceAll(b, "?", "*")
	}
	if a == "*" || b == "*" || len(a)*len(b) > maxCompared {
		return true
	}
	// row[j] tells whether a[i:] and b[j:] can match one text.
	row, next := make([]bool, len(b)+1), make([]bool, len(b)+1)
	for i := len(a); i >= 0; i-- {
		row, next = next, row
		for j := len(b); j >= 0; j-- {
			switch {
			case i == len(a) && j == len(b):
				row[j] = true
			case i < len(a) && a[i] == '*':
				row[j] = next[j] || j < len(b) && row[j+1]
			case j < len(b) && b[j] == '*':
				row[j] = row[j+1] || i < len(a) && next[j]
			case i < len(a) && j < len(b):
				row[j] = (a[i] == b[j] || a[i] == '?' || b[j] == '?') && next[j+1]
			default:
				row[j] = false
			}
		}
	}
	return row[0]
}

// among tells whether a pattern can match an ARN that the pattern arn, of six parts, does too. Unlike overlap it keeps the
// parts apart, since a role's ARN is no user's with a colon in the name.
func among(arn, pattern string) bool {
	wanted, parts := strings.SplitN(arn, ":", 6), strings.SplitN(pattern, ":", 6)
	if len(parts) < 6 {
		return overlap(arn, pattern)
	}
	for i := range parts {
		if !overlap(wanted[i], parts[i]) {
			return false
		}
	}
	return true
}

func ascii(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// plain is how far a pattern goes without a wildcard.
func plain(pattern string) int {
	if i := strings.IndexAny(pattern, "*?"); i >= 0 {
		return i
	}
	return len(pattern)
}

// intersect gives what matches one of a and one of b: of a pair the narrower pattern where one covers the other, and
// that of a where they merely overlap.
func intersect(a, b []string) []string {
	if slices.Contains(b, "*") {
		return a
	}
	var out []string
	for _, x := range a {
		for _, y := range b {
			switch {
			case covers(y, x):
				out = append(out, x)
			case covers(x, y):
				out = append(out, y)
			case overlap(x, y):
				out = append(out, x)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// without drops the patterns that are certainly taken away whole.
func without(patterns, taken []string) []string {
	if len(taken) == 0 {
		return patterns
	}
	gone := func(pattern string) bool { return coveredByAny(taken, pattern) }
	if !slices.ContainsFunc(patterns, gone) {
		return patterns
	}
	return slices.DeleteFunc(slices.Clone(patterns), gone)
}

// withoutVariables writes * for each policy variable.
func withoutVariables(pattern string) string {
	start := strings.Index(pattern, "${")
	if start < 0 {
		return pattern
	}
	end := strings.IndexByte(pattern[start:], '}')
	if end < 0 {
		return pattern
	}
	return pattern[:start] + "*" + withoutVariables(pattern[start+end+1:])
}

// nameFirst are the services whose ARNs have a name and no type after the account.
var nameFirst = []string{"s3", "s3-outposts", "sns", "sqs", "execute-api", "codecommit", "codepipeline"}

// splitARN cuts a pattern into its service and what names the resource, without its type. A pattern that ends before
// that stands for every name.
func splitARN(pattern string) (service, name string) {
	parts := strings.SplitN(pattern, ":", 6)
	if len(parts) < 6 {
		if !strings.HasSuffix(pattern, "*") {
			return "*", pattern
		}
		if len(parts) < 3 {
			return "*", "*"
		}
		return parts[2], "*"
	}
	service, name = parts[2], strings.TrimPrefix(parts[5], "/")
	if slices.Contains(nameFirst, service) {
		return service, name
	}
	switch end := strings.IndexAny(name, "/:*?"); {
	case end <= 0:
	case name[end] == '/', name[end] == ':':
		name = name[end+1:]
	case name[end:] == "*":
		name = "*" // a type, and whatever follows it
	}
	return service, name
}

// wide tells whether a pattern stands for resources of any name: neither the name nor its last part starts with text.
// A name that starts with text, such as role/app-*, is taken for a convention that sets those resources apart.
func wide(pattern string) bool {
	_, name := splitARN(pattern)
	last := name[strings.LastIndexAny(name, "/:")+1:]
	return pattern != "" && startsWild(name) && startsWild(last)
}

func startsWild(name string) bool { return name == "" || name[0] == '*' || name[0] == '?' }

// whole tells whether a pattern stands for every resource of its type, in every region.
func whole(pattern string) bool {
	_, name := splitARN(pattern)
	return allWild(name) && strings.Contains(name, "*") && everyRegion(pattern)
}

// everythingOf tells whether a pattern stands for every resource of a service, of every type and in every region.
func everythingOf(service, pattern string) bool {
	parts := strings.SplitN(pattern, ":", 6)
	of, name := splitARN(pattern)
	if len(parts) == 6 {
		name = parts[5]
	}
	return allWild(name) && strings.Contains(name, "*") && actions.Match(of, service) && everyRegion(pattern)
}

func everyRegion(pattern string) bool {
	parts := strings.SplitN(pattern, ":", 5)
	return len(parts) < 5 || strings.Trim(parts[3], "*") == ""
}
