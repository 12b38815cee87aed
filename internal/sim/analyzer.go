package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The types of analyzers that look for unused access.
const (
	AnalyzerOfAccount      = "ACCOUNT_UNUSED_ACCESS"
	AnalyzerOfOrganization = "ORGANIZATION_UNUSED_ACCESS"
)

// Analyzer is an analyzer of IAM Access Analyzer to make with
// [Account.PutAnalyzer].
type Analyzer struct {
	Name, Region string
	// Type is AnalyzerOfAccount by default. Analyzers of other types, such as
	// "ACCOUNT", find nothing that is unused.
	Type string
	// Status is "ACTIVE" by default.
	Status string
	// UnusedAccessAge is for how many days something goes unused before it is a
	// finding, 90 by default and at most 365.
	UnusedAccessAge int
	CreatedAt       time.Time
}

// analyzer is one in an account.
type analyzer struct {
	Analyzer
	account *Account
}

func (z *analyzer) arn() string {
	return "arn:aws:access-analyzer:" + z.Region + ":" + z.account.id + ":analyzer/" + z.Name
}

// unused reports whether the analyzer looks for unused access.
func (z *analyzer) unused() bool {
	return z.Type == AnalyzerOfAccount || z.Type == AnalyzerOfOrganization
}

// PutAnalyzer makes an analyzer, or replaces the one of that name in its
// region. It panics on one that the API would refuse: an age that is too long,
// and one of an organisation in an account without one.
func (a *Account) PutAnalyzer(seed Analyzer) (arn string) {
	a.withoutLag(func() {
		z := &analyzer{Analyzer: seed, account: a}
		z.Type, z.Status = cmp.Or(seed.Type, AnalyzerOfAccount), cmp.Or(seed.Status, "ACTIVE")
		z.Region, z.UnusedAccessAge = cmp.Or(seed.Region, a.server.region), cmp.Or(seed.UnusedAccessAge, 90)
		z.CreatedAt = a.server.orNow(seed.CreatedAt)
		if z.UnusedAccessAge < 1 || z.UnusedAccessAge > 365 {
			panic(fmt.Sprintf("sim: an unused access age is 1 to 365 days, not %d", z.UnusedAccessAge))
		}
		if z.Type == AnalyzerOfOrganization && a.origin.organization == "" {
			panic("sim: the account " + a.id + " is in no organization")
		}
		a.analyzers[z.Region+"/"+z.Name] = z
		arn = z.arn()
	})
	return arn
}

// ArchiveFinding archives what an analyzer has found, or will find, of a type
// such as "UnusedIAMRole" about a resource of the account, by its ARN.
func (a *Account) ArchiveFinding(resource, findingType string) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	a.archived[findingKey(resource, findingType)] = true
}

func findingKey(resource, findingType string) string { return resource + "|" + findingType }

// finding is what an analyzer has found.
type finding struct {
	account      *Account
	resource     string // ARN
	resourceType string
	kind         string // findingType
	created      time.Time
	archived     bool
}

func (f *finding) key() string { return findingKey(f.resource, f.kind) }

func (f *finding) status() string {
	if f.archived {
		return "ARCHIVED"
	}
	return "ACTIVE"
}

// findings are what the analyzer finds now, in order of resource and type. It
// judges what has existed for its whole period (IAM user guide, "Create an IAM
// Access Analyzer unused access analyzer"), and no service-linked roles.
func (z *analyzer) findings(now time.Time) []finding {
	if !z.unused() {
		return nil
	}
	var found []finding
	for _, a := range z.accounts() {
		found = append(found, a.unusedRoles(z.UnusedAccessAge, now)...)
		found = append(found, a.unusedOfUsers(z.UnusedAccessAge, now)...)
	}
	for i := range found {
		found[i].archived = found[i].account.archived[found[i].key()]
	}
	slices.SortFunc(found, func(x, y finding) int { return strings.Compare(x.key(), y.key()) })
	return found
}

// accounts are those that the analyzer looks at.
func (z *analyzer) accounts() []*Account {
	if z.Type != AnalyzerOfOrganization {
		return []*Account{z.account}
	}
	var out []*Account
	for _, a := range z.account.server.accounts {
		if a.origin.organization == z.account.origin.organization {
			out = append(out, a)
		}
	}
	return out
}

// unusedSince reports whether something has gone unused for so many days, and
// since when that is a finding.
func unusedSince(created time.Time, used *lastUse, days int, now time.Time) (since time.Time, unused bool) {
	last := created
	if used != nil && used.at.After(last) {
		last = used.at
	}
	since = last.AddDate(0, 0, days)
	return since, !since.After(now)
}

func (a *Account) unusedRoles(days int, now time.Time) (found []finding) {
	for _, r := range a.roles.all() {
		if r.serviceLinked() {
			continue
		}
		f := finding{account: a, resource: r.arn(), resourceType: "AWS::IAM::Role", kind: "UnusedIAMRole"}
		var unused bool
		if f.created, unused = unusedSince(r.created, r.used, days, now); unused {
			found = append(found, f)
			continue
		}
		if f.created, unused = unusedSince(r.created, nil, days, now); unused && unlimited(r.documents(a), now) {
			f.kind = "UnusedPermission"
			found = append(found, f)
		}
	}
	return found
}

func (a *Account) unusedOfUsers(days int, now time.Time) (found []finding) {
	for _, u := range a.users.all() {
		add := func(kind string, created time.Time, used *lastUse) {
			if since, unused := unusedSince(created, used, days, now); unused {
				found = append(found, finding{account: a, resource: u.arn(), resourceType: "AWS::IAM::User", kind: kind, created: since})
			}
		}
		for _, k := range u.keys {
			if k.status == statusActive {
				add("UnusedIAMUserAccessKey", k.created, k.used)
			}
		}
		if u.login != nil {
			add("UnusedIAMUserPassword", u.login.created, &lastUse{at: u.passwordUsed})
		}
		if unlimited(u.policies(), now) {
			add("UnusedPermission", u.created, nil)
		}
	}
	return found
}

// unlimited reports whether policies allow everything. Nobody uses all of that:
// it is the one unused permission that the simulator can be sure of.
func unlimited(docs []*document, now time.Time) bool {
	return evaluate(docs, "unused:Everything", "*", newContext(now)).allowed
}
