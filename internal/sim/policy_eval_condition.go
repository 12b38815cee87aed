package sim

import (
	"encoding/base64"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// negations are the operators that say "not", with the one they negate.
var negations = map[string]string{
	"StringNotEquals":           "StringEquals",
	"StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
	"StringNotLike":             "StringLike",
	"NumericNotEquals":          "NumericEquals",
	"DateNotEquals":             "DateEquals",
	"NotIpAddress":              "IpAddress",
	"ArnNotEquals":              "ArnEquals",
	"ArnNotLike":                "ArnLike",
}

// holds evaluates one condition (IAM user guide, "Condition operators",
// "Evaluation logic for multiple context keys or values" and "Set operators
// for multivalued context keys").
func (c condition) holds(d *document, ctx evalContext) bool {
	have, present := ctx.get(c.key)
	if c.operator == "Null" {
		missing := !present || len(have) == 0
		return slices.ContainsFunc(c.values, func(v string) bool { return strings.EqualFold(v, strconv.FormatBool(missing)) })
	}
	positive, negated := negations[c.operator]
	if !negated {
		positive = c.operator
	}
	if !present || len(have) == 0 {
		switch {
		case c.ifExists, c.set == forAllValues:
			return true
		case c.set == forAnyValue:
			return false
		}
		return negated
	}
	// one says whether a value of the request meets the policy's values: any of
	// them, or for a negated operator none of them.
	one := func(v string) bool {
		matches := slices.ContainsFunc(c.values, func(want string) bool { return compare(d, positive, v, want, ctx) })
		return matches != negated
	}
	switch {
	case c.set == forAllValues, c.set == noSet && negated:
		return !slices.ContainsFunc(have, func(v string) bool { return !one(v) })
	}
	return slices.ContainsFunc(have, one)
}

// compare applies an operator without negation to one value of the request and
// one of the policy.
func compare(d *document, operator, have, want string, ctx evalContext) bool {
	switch operator {
	case "StringLike":
		tokens, ok := d.expand(want, ctx)
		return ok && globMatch(tokens, have)
	case "ArnEquals", "ArnLike":
		// The two behave alike (IAM user guide, "ARN condition operators").
		tokens, ok := d.expand(want, ctx)
		return ok && strings.HasPrefix(have, "arn:") && matchARN(tokens, have)
	}
	want, ok := d.literal(want, ctx)
	if !ok {
		return false
	}
	switch {
	case operator == "StringEquals":
		return have == want
	case operator == "StringEqualsIgnoreCase", operator == "Bool":
		return strings.EqualFold(have, want)
	case operator == "BinaryEquals":
		a, errA := base64.StdEncoding.DecodeString(have)
		b, errB := base64.StdEncoding.DecodeString(want)
		return errA == nil && errB == nil && slices.Equal(a, b)
	case operator == "IpAddress":
		return inCIDR(have, want)
	case strings.HasPrefix(operator, "Date"):
		a, errA := parseDate(have)
		b, errB := parseDate(want)
		return errA == nil && errB == nil && ordered(strings.TrimPrefix(operator, "Date"), a.Compare(b))
	case strings.HasPrefix(operator, "Numeric"):
		a, errA := strconv.ParseFloat(have, 64)
		b, errB := strconv.ParseFloat(want, 64)
		order := 0
		if a < b {
			order = -1
		} else if a > b {
			order = 1
		}
		return errA == nil && errB == nil && ordered(strings.TrimPrefix(operator, "Numeric"), order)
	}
	return false
}

// ordered reads a comparison of -1, 0 or 1 as one of the ordering operators.
func ordered(operator string, order int) bool {
	switch operator {
	case "Equals":
		return order == 0
	case "LessThan":
		return order < 0
	case "LessThanEquals":
		return order <= 0
	case "GreaterThan":
		return order > 0
	case "GreaterThanEquals":
		return order >= 0
	}
	return false
}

// parseCIDR reads an address range, or a single address.
func parseCIDR(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		return netip.ParsePrefix(s)
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

func inCIDR(have, want string) bool {
	addr, err := netip.ParseAddr(have)
	if err != nil {
		return false
	}
	prefix, err := parseCIDR(want)
	return err == nil && prefix.Contains(addr.Unmap())
}
