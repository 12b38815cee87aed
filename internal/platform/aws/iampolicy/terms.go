package iampolicy

import "time"

// Term is one key under one operator of a condition, in a form that can be compared: the operator without what stands
// around it, and both in lower case. The values are as they were written.
type Term struct {
	Operator string
	// ForAllValues and IfExists hold for a request without the key; ForAnyValue does not.
	ForAllValues, ForAnyValue, IfExists bool
	Key                                 string
	Values                              []string
}

// Terms takes a condition apart, in the order of operators and keys. All terms have to hold.
func (c Condition) Terms() []Term {
	var out []Term
	for _, operator := range sortedKeys(c) {
		base, q := splitOperator(operator)
		for _, key := range sortedKeys(c[operator]) {
			out = append(out, Term{
				Operator: lower(base), ForAllValues: q.forAllValues, ForAnyValue: q.forAnyValue, IfExists: q.ifExists,
				Key: lower(key), Values: c[operator][key],
			})
		}
	}
	return out
}

// Skippable tells whether a request without the key passes, although the operator asks for a value.
func (t Term) Skippable() bool { return t.ForAllValues || t.IfExists }

// OnTime tells whether the term is about the time of the request, which every request has.
func (t Term) OnTime() bool { return t.Key == lower(currentTimeKey) || t.Key == lower(epochTimeKey) }

// Instants reads the values of a term that is OnTime. It is not ok where one cannot be read without guessing, or where
// the operator does not compare instants.
func (t Term) Instants() (out []time.Time, ok bool) {
	read := parseDate
	switch {
	case !t.OnTime():
		return nil, false
	case len(t.Operator) > 7 && t.Operator[:7] == "numeric" && t.Key == lower(epochTimeKey):
		read = parseEpoch
	case len(t.Operator) <= 4 || t.Operator[:4] != "date":
		return nil, false
	}
	for _, value := range t.Values {
		at, ok := read(value)
		if !ok {
			return nil, false
		}
		out = append(out, at)
	}
	return out, len(out) > 0
}
