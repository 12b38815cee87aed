package report

import (
	"cmp"
	"maps"
	"slices"
)

// counts are findings by the rank of their severity.
type counts [5]int

func (c counts) sum() int {
	sum := 0
	for _, count := range c {
		sum += count
	}
	return sum
}

// totals are what a report says first.
type totals struct {
	Identities, WithFindings, Findings int
	BySeverity                         counts
	// Owners are those with the most of the worst findings first. The empty owner stands for nobody.
	Owners []ownerTotal
	Codes  []codeTotal
}

type ownerTotal struct {
	Owner      Text
	Identities int
	BySeverity counts
}

// codeTotal is a kind of finding, under the worst severity that it has anywhere.
type codeTotal struct {
	Code, OWASP Text
	Severity    string
	Identities  int
	Remedy      Text
	last        int
}

func total(identities []Identity) totals {
	t := totals{Identities: len(identities)}
	owners, codes := map[Text]*ownerTotal{}, map[Text]*codeTotal{}
	for i, identity := range identities {
		owner := owners[identity.Owner]
		if owner == nil {
			owner = &ownerTotal{Owner: identity.Owner}
			owners[identity.Owner] = owner
		}
		owner.Identities++
		if len(identity.Findings) > 0 {
			t.WithFindings++
		}
		for _, finding := range identity.Findings {
			severity := finding.severity()
			t.Findings++
			t.BySeverity[rank(severity)]++
			owner.BySeverity[rank(severity)]++
			code := codes[finding.Code]
			if code == nil {
				code = &codeTotal{Code: finding.Code, OWASP: finding.OWASP, Severity: severity, Remedy: finding.Remedy, last: -1}
				codes[finding.Code] = code
			}
			if rank(severity) < rank(code.Severity) {
				code.Severity = severity
			}
			if code.last != i {
				code.Identities, code.last = code.Identities+1, i
			}
		}
	}
	for _, owner := range owners {
		t.Owners = append(t.Owners, *owner)
	}
	slices.SortFunc(t.Owners, func(a, b ownerTotal) int {
		return cmp.Or(slices.Compare(b.BySeverity[:], a.BySeverity[:]), cmp.Compare(b.Identities, a.Identities), cmp.Compare(a.Owner, b.Owner))
	})
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		t.Codes = append(t.Codes, *codes[code])
	}
	slices.SortStableFunc(t.Codes, func(a, b codeTotal) int {
		return cmp.Or(cmp.Compare(rank(a.Severity), rank(b.Severity)), cmp.Compare(b.Identities, a.Identities))
	})
	return t
}
