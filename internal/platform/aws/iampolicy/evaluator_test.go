package iampolicy

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// grants evaluates the condition of one Allow statement as "Condition
// operators" in the IAM User Guide has it: operators and keys are ANDed, values
// are ORed. It is written apart from the package, reads dates in its own way,
// and knows only what the tests use. The keys of the request are in lower case.
func grants(t *testing.T, s Statement, request map[string]string) bool {
	t.Helper()
	for operator, keys := range s.Condition {
		name := strings.ToLower(operator)
		name, forAll := strings.CutPrefix(name, "forallvalues:")
		name, _ = strings.CutPrefix(name, "foranyvalue:")
		name, ifExists := strings.CutSuffix(name, "ifexists")
		for key, values := range keys {
			actual, present := request[strings.ToLower(key)]
			if !holds(t, name, actual, present, forAll || ifExists, values) {
				return false
			}
		}
	}
	return true
}

func holds(t *testing.T, operator, actual string, present, whenMissing bool, values []string) bool {
	t.Helper()
	if operator == "null" {
		return slices.Contains(values, strconv.FormatBool(!present))
	}
	if !present {
		return whenMissing || strings.Contains(operator, "not")
	}
	if operator == "stringequals" {
		return slices.Contains(values, actual)
	}
	left := seconds(t, actual)
	compare := func(value string) bool {
		right := seconds(t, value)
		switch strings.TrimPrefix(strings.TrimPrefix(operator, "date"), "numeric") {
		case "lessthan":
			return left < right
		case "lessthanequals":
			return left <= right
		case "greaterthan":
			return left > right
		case "equals", "notequals":
			return left == right
		}
		t.Fatalf("the test evaluator does not know %s", operator)
		return false
	}
	if strings.Contains(operator, "not") {
		return !slices.ContainsFunc(values, compare)
	}
	return slices.ContainsFunc(values, compare)
}

func seconds(t *testing.T, value string) float64 {
	t.Helper()
	if n, err := strconv.ParseFloat(value, 64); err == nil {
		return n
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if at, err := time.Parse(layout, value); err == nil {
			return float64(at.UnixNano()) / 1e9
		}
	}
	t.Fatalf("the test evaluator cannot read %q", value)
	return 0
}
