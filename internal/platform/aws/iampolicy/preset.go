package iampolicy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Preset is a common way to trust a workload, reduced to what cannot be written
// unsafely: every value is checked, wildcards are refused where they would let
// strangers in, and the conditions that such a trust needs are always there.
type Preset interface {
	// Statements returns the Allow statements of the preset. The error joins a
	// *PresetError for every problem; PresetErrors takes it apart.
	Statements() ([]Statement, error)
}

// PresetError is one problem with one attribute of a preset.
type PresetError struct {
	// Preset is the Sid under which the preset writes its statement, such as
	// GitHubActions.
	Preset string
	// Field is the attribute name under the preset, such as repository. It is
	// empty when the preset as a whole is at fault.
	Field string
	// Reason says what is wrong and why, Fix what to write instead. Both are
	// sentences.
	Reason, Fix string
}

// Error returns the place, the reason and the fix.
func (e *PresetError) Error() string {
	place := e.Preset
	if e.Field != "" {
		place += "." + e.Field
	}
	return fmt.Sprintf("%s: %s %s", place, e.Reason, e.Fix)
}

// PresetErrors returns every *PresetError in an error of Statements or Trust, in
// order. It is empty when the error is of another kind.
func PresetErrors(err error) []*PresetError {
	switch e := err.(type) { //nolint:errorlint // this is the unwrapping
	case nil:
		return nil
	case *PresetError:
		return []*PresetError{e}
	case interface{ Unwrap() []error }:
		var out []*PresetError
		for _, inner := range e.Unwrap() {
			out = append(out, PresetErrors(inner)...)
		}
		return out
	default:
		return PresetErrors(errors.Unwrap(err))
	}
}

// Trust returns a trust policy with the statements of the presets in the given
// order. The Sids are Services, GitHubActions, EKSServiceAccount, EKSPodIdentity,
// OIDC and ThirdParty; a second statement of the same kind gets the digit 2, and so on.
// The error joins the problems of all presets; a trust without any preset is an
// error too.
func Trust(presets ...Preset) (Document, error) {
	if len(presets) == 0 {
		return Document{}, errors.New("a trust policy needs at least one preset: with none, nobody could assume the role")
	}
	out := Document{Version: Version2012}
	var problems []error
	used := map[string]bool{}
	for _, preset := range presets {
		if preset == nil {
			problems = append(problems, errors.New("a trust preset is missing"))
			continue
		}
		statements, err := preset.Statements()
		if err != nil {
			problems = append(problems, err)
			continue
		}
		for _, s := range statements {
			s.SID = numberedSID(s.SID, func(sid string) bool { return used[sid] })
			used[s.SID] = true
			out.Statements = append(out.Statements, s)
		}
	}
	if len(problems) > 0 {
		return Document{}, errors.Join(problems...)
	}
	return out, nil
}

// numberedSID returns base, or base with the first number from 2 that is free.
func numberedSID(base string, taken func(string) bool) string {
	sid := base
	for n := 2; taken(sid); n++ {
		sid = base + strconv.Itoa(n)
	}
	return sid
}

// checker gathers the problems of one preset.
type checker struct {
	preset   string
	problems []error
}

func (c *checker) add(field, fix, reason string, args ...any) {
	c.problems = append(c.problems, &PresetError{
		Preset: c.preset, Field: field, Reason: fmt.Sprintf(reason, args...), Fix: fix,
	})
}

// literal reports a value that IAM would not compare as plain text. It returns
// whether the value is good.
func (c *checker) literal(field, value, fix string) bool {
	if strings.ContainsAny(value, "*?") {
		c.add(field, fix, "The wildcard in %s would let others in too.", quote(value))
		return false
	}
	return c.plain(field, value, fix)
}

// plain is literal for values in which wildcards are fine: it reports empty
// values, policy variables, and characters that IAM does not take.
func (c *checker) plain(field, value, fix string) bool {
	switch {
	case value == "":
		c.add(field, fix, "The value is empty.")
	case strings.TrimSpace(value) != value:
		c.add(field, fix, "The value %s has white space around it.", quote(value))
	case strings.Contains(value, "${"):
		c.add(field, fix, "IAM would replace the policy variable in %s.", quote(value))
	case strings.ContainsFunc(value, func(r rune) bool { return r < 0x20 || r == 0x7F || r > 0xFF }):
		c.add(field, fix, "The value %s has a character that IAM does not take in a policy.", quote(value))
	default:
		return true
	}
	return false
}

const partitionPattern = `arn:aws(?:-[a-z]+)*`

var (
	accountID       = regexp.MustCompile(`^[0-9]{12}$`)
	oidcProviderARN = regexp.MustCompile(
		`^` + partitionPattern + `:iam::[0-9]{12}:oidc-provider/([A-Za-z0-9.-]+(?:/[A-Za-z0-9._~/-]*[A-Za-z0-9_~-])?)$`)
)

const oidcARNFix = "Give the ARN of the IAM OIDC provider, such as arn:aws:iam::111122223333:oidc-provider/"

// issuer returns the issuer of an OIDC provider ARN without its scheme, which
// is also the prefix of the provider's condition keys.
func (c *checker) issuer(field, arn, example string) string {
	if !c.literal(field, arn, oidcARNFix+example+".") {
		return ""
	}
	match := oidcProviderARN.FindStringSubmatch(arn)
	if match == nil {
		c.add(field, oidcARNFix+example+".", "The value %s is not the ARN of an IAM OIDC provider.", quote(arn))
		return ""
	}
	return match[1]
}

// unique removes repetitions and keeps the order.
func unique(values []string) []string {
	var out []string
	for _, value := range values {
		if !slices.Contains(out, value) {
			out = append(out, value)
		}
	}
	return out
}

// webIdentity is the statement that all OIDC presets share.
func webIdentity(sid, providerARN string, condition Condition) []Statement {
	return []Statement{{
		SID:       sid,
		Effect:    Allow,
		Principal: &Principal{Federated: []string{providerARN}},
		Action:    []string{"sts:AssumeRoleWithWebIdentity"},
		Condition: condition,
	}}
}
