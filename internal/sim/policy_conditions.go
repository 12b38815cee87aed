package sim

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// condition is one operator and key of a Condition element.
type condition struct {
	operator string // without qualifier and IfExists
	set      setQualifier
	ifExists bool
	key      string
	values   []string
}

// setQualifier is the set operator before a condition operator.
type setQualifier int

const (
	noSet setQualifier = iota
	forAnyValue
	forAllValues
)

// conditionOperators are the operators of the policy language (IAM user
// guide, "IAM JSON policy elements: Condition operators"), by lower-case name:
// IAM compares operator names without regard to case.
var conditionOperators = lowerSet(
	"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
	"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
	"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
	"Bool", "BinaryEquals", "IpAddress", "NotIpAddress",
	"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
)

func lowerSet(names ...string) map[string]string {
	m := make(map[string]string, len(names))
	for _, n := range names {
		m[strings.ToLower(n)] = n
	}
	return m
}

var conditionKey = regexp.MustCompile(`^[A-Za-z0-9][^\s:]*:.+$`)

// conditions parses a Condition element.
func (d *document) conditions(v *jsonValue) ([]condition, error) {
	if v.kind != jsonObject {
		return nil, d.syntax("Syntax errors in policy.")
	}
	var out []condition
	for _, op := range v.members {
		c, ok := parseOperator(op.name)
		if !ok {
			if d.kind == trustDocument {
				return nil, errMalformedPolicy("Invalid Condition type : %s.", op.name)
			}
			return nil, errMalformedPolicy("Syntax errors in policy.")
		}
		if op.value.kind != jsonObject {
			return nil, d.syntax("Syntax errors in policy.")
		}
		for _, k := range op.value.members {
			values, ok := k.value.scalars()
			if !ok {
				return nil, d.syntax("Syntax errors in policy.")
			}
			if !conditionKey.MatchString(k.name) {
				return nil, errMalformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
			c.key, c.values = k.name, values
			if err := c.checkValues(); err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	return out, nil
}

func parseOperator(name string) (condition, bool) {
	var c condition
	lower := strings.ToLower(name)
	if rest, ok := strings.CutPrefix(lower, "foranyvalue:"); ok {
		c.set, lower = forAnyValue, rest
	} else if rest, ok := strings.CutPrefix(lower, "forallvalues:"); ok {
		c.set, lower = forAllValues, rest
	}
	if rest, ok := strings.CutSuffix(lower, "ifexists"); ok {
		c.ifExists, lower = true, rest
	}
	operator, ok := conditionOperators[lower]
	c.operator = operator
	// Null has no IfExists form (IAM user guide, "…IfExists").
	return c, ok && (operator != "Null" || !c.ifExists)
}

// checkValues refuses values that the operator cannot read.
func (c condition) checkValues() error {
	for _, v := range c.values {
		switch {
		case strings.HasPrefix(c.operator, "Date"):
			if _, err := parseDate(v); err != nil {
				return errMalformedPolicy("Date %s is invalid for condition operator %s.", v, c.operator)
			}
		case strings.HasPrefix(c.operator, "Numeric"):
			if _, err := strconv.ParseFloat(v, 64); err != nil {
				return errMalformedPolicy("Value %s is invalid for condition operator %s.", v, c.operator)
			}
		case c.operator == "IpAddress" || c.operator == "NotIpAddress":
			if _, err := parseCIDR(v); err != nil {
				return errMalformedPolicy("Address %s is invalid for condition operator %s.", v, c.operator)
			}
		case c.operator == "Null" || c.operator == "Bool":
			if !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") && !strings.Contains(v, "${") {
				return errMalformedPolicy("Value %s is invalid for condition operator %s.", v, c.operator)
			}
		}
	}
	return nil
}

// dateForms are the forms of ISO 8601 that the policy language takes (W3C
// note "Date and Time Formats").
var dateForms = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z0700", "2006-01-02", "2006-01", "2006",
}

// parseDate reads the value of a date condition: ISO 8601 or seconds since the
// epoch. Four digits are a year.
func parseDate(v string) (time.Time, error) {
	var first error
	for _, form := range dateForms {
		t, err := time.Parse(form, v)
		if err == nil {
			return t, nil
		}
		if first == nil {
			first = err
		}
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil && n >= 0 {
		return time.Unix(n, 0), nil
	}
	return time.Time{}, first
}
