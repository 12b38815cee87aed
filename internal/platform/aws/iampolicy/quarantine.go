package iampolicy

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// QuarantineSID is the Sid of the statements that put an identity into quarantine. In a trust policy a digit follows when
// the document already uses that Sid for something else.
const QuarantineSID = "GovernedQuarantine"

// QuarantineDeny returns an identity policy that denies everything, to live sessions too.
func QuarantineDeny() Document {
	return Document{
		Version:    Version2012,
		Statements: []Statement{{SID: QuarantineSID, Effect: Deny, Action: []string{"*"}, Resource: []string{"*"}}},
	}
}

// Shut adds to the text of a trust policy a Deny for everybody, as Close does, under QuarantineSID. Everything else stays as
// it is written, to the last space, so that Unshut gives back the very text; wrapped tells that a single statement has
// become a list. A text that is shut already is shut anew, and a text that is no policy is a *SyntaxError.
func Shut(text string) (shut string, wrapped bool, err error) {
	text, _ = Unshut(text, false)
	d, err := Parse(text)
	if err != nil {
		return "", false, err
	}
	var statement strings.Builder
	closingStatement(d, QuarantineSID).write(&statement)
	at := statementSpan(text)
	value := text[at.start:at.end]
	if strings.HasPrefix(value, "[") {
		return text[:at.end-1] + "," + statement.String() + text[at.end-1:], false, nil
	}
	return text[:at.start] + "[" + value + "," + statement.String() + "]" + text[at.end:], true, nil
}

// Unshut takes off what Shut added, and makes a single statement of the list again where that is what it was. found is
// false for a text that has no such statement, which comes back as it is.
func Unshut(text string, wrapped bool) (open string, found bool) {
	d, err := Parse(text)
	if err != nil {
		return text, false
	}
	for i, s := range slices.Backward(d.Statements) {
		if !isClosing(s, QuarantineSID) {
			continue
		}
		if found = true; len(d.Statements) == 1 {
			// Somebody has taken everything else away: a policy has a statement.
			return text, true
		}
		elements := statementElementsOf(text)
		from, to := elements[i].start, elements[i].end
		if i > 0 {
			from = strings.LastIndexByte(text[:from], ',')
		} else {
			to = elements[1].start
		}
		text = text[:from] + text[to:]
		d.Statements = slices.Delete(d.Statements, i, i+1)
	}
	if at := statementSpan(text); found && wrapped && len(d.Statements) == 1 {
		only := statementElementsOf(text)[0]
		text = text[:at.start] + text[only.start:only.end] + text[at.end:]
	}
	return text, found
}

// IsShut tells whether Shut has been applied to a trust policy and still covers every action that its Allow statements grant.
func IsShut(text string) bool {
	d, err := Parse(text)
	return err == nil && closes(d, QuarantineSID)
}

// span is a part of a text.
type span struct{ start, end int }

// statementSpan is the value of Statement in a policy, which has one.
func statementSpan(text string) span {
	decoder := json.NewDecoder(strings.NewReader(text))
	_, _ = decoder.Token() // the opening brace of what has been parsed already
	for decoder.More() {
		key, _ := decoder.Token()
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			break
		}
		if end := int(decoder.InputOffset()); key == "Statement" {
			return span{end - len(value), end}
		}
	}
	return span{}
}

// statementElementsOf are the statements of a policy that has a list of them.
func statementElementsOf(text string) []span {
	list := statementSpan(text)
	decoder := json.NewDecoder(strings.NewReader(text[list.start:list.end]))
	if bracket, _ := decoder.Token(); bracket != json.Delim('[') {
		return []span{list}
	}
	var elements []span
	for decoder.More() {
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			break
		}
		end := list.start + int(decoder.InputOffset())
		elements = append(elements, span{end - len(value), end})
	}
	return elements
}

// HasGhosts tells whether a policy names principals that are gone, which IAM shows as their unique ids and does not take
// back in another version of the policy.
func HasGhosts(d Document) bool {
	return slices.ContainsFunc(d.Statements, func(s Statement) bool {
		return s.Principal.hasGhost() || s.NotPrincipal.hasGhost()
	})
}

// ghostPattern is a unique id of IAM ("IAM identifiers", IAM User Guide).
var ghostPattern = regexp.MustCompile(`^A[A-Z]{3}[A-Z0-9]{12,}$`)

func (p *Principal) hasGhost() bool {
	return p != nil && slices.ContainsFunc(p.AWS, func(principal string) bool { return ghostPattern.MatchString(principal) })
}
