package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// SeedEstate puts an estate of n roles into the default account: roles of
// services, deployment pipelines, clusters and third parties, service-linked
// and Identity Center roles, some governed by tags, some with half of the tags
// or none, some in daily use, some not used for years. The same n gives the
// same estate, relative to the simulator's clock. Users come on top, one for
// every eight roles and eight at least: robots with old, unused, second and
// inactive keys, people with passwords. Quotas are raised where n needs it. An
// estate that was seeded before is replaced role by role.
func (s *Server) SeedEstate(n int) {
	a := s.Account(DefaultAccount)
	e := &estate{
		account: a,
		now:     s.clock.Now(),
		rng:     rand.New(rand.NewPCG(20260301, 7)), //nolint:gosec // an example estate needs no secret randomness
		names:   map[string]bool{},
		serial:  map[string]int{},
	}
	a.withoutLag(func() { a.quotas["RolesQuota"] = max(a.quotas["RolesQuota"], n+500) })
	a.PutOIDCProvider("https://"+githubIssuer, []string{"sts.amazonaws.com"}, nil)
	a.PutOIDCProvider("https://"+eksIssuer, []string{"sts.amazonaws.com"}, nil)
	a.PutManagedPolicy(ManagedPolicy{
		Name: "workload-boundary", Path: "/platform/", Description: "Upper limit of every workload role",
		Document:  `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","dynamodb:*","sqs:*","sns:*","logs:*","kms:Decrypt","secretsmanager:GetSecretValue"],"Resource":"*"}]}`,
		CreatedAt: e.daysAgo(900),
	})
	a.PutManagedPolicy(ManagedPolicy{
		Name: "data-lake-read", Description: "Reads the curated zone of the data lake",
		Document:  policy(`["s3:GetObject","s3:ListBucket"]`, `["arn:aws:s3:::acme-data-lake","arn:aws:s3:::acme-data-lake/curated/*"]`),
		CreatedAt: e.daysAgo(700),
	})
	for i := range n {
		archetypes[i%len(archetypes)](e)
	}
	s.seedUsers(n)
}

// eksIssuer is the OIDC issuer of the estate's cluster.
const eksIssuer = "oidc.eks.eu-west-1.amazonaws.com/id/5B1C9F0E7A2D4836A1F0C2D4E6B8907A"

// estate is the state of one seeding.
type estate struct {
	account *Account
	now     time.Time
	rng     *rand.Rand
	names   map[string]bool // taken, in lower case
	serial  map[string]int  // last number used with a base name
}

func (e *estate) daysAgo(days int) time.Time { return e.now.AddDate(0, 0, -days) }

// between returns a number from low to high, both included.
func (e *estate) between(low, high int) int { return low + e.rng.IntN(high-low+1) }

func (e *estate) pick(from []string) string { return from[e.rng.IntN(len(from))] }

// chance is true in so many of a hundred cases.
func (e *estate) chance(percent int) bool { return e.rng.IntN(100) < percent }

// name returns a name that no other role of the estate has: the base, with an
// environment where that is taken, then with a number.
func (e *estate) name(base string) string {
	candidates := []string{base}
	for _, env := range environments {
		candidates = append(candidates, base+"-"+env)
	}
	for _, c := range candidates {
		if e.take(c) {
			return c
		}
	}
	for {
		e.serial[base]++
		if c := fmt.Sprintf("%s-%02d", base, e.serial[base]+1); e.take(c) {
			return c
		}
	}
}

func (e *estate) take(name string) bool {
	key := strings.ToLower(name)
	if e.names[key] {
		return false
	}
	e.names[key] = true
	return true
}

// recently, longAgo and never are how a role was used.
func (e *estate) recently(r *Role) {
	r.LastUsedAt = e.now.Add(-time.Duration(e.between(1, 20*24)) * time.Hour)
}

func (e *estate) longAgo(r *Role) { r.LastUsedAt = e.daysAgo(e.between(120, 390)) }

// beyondTracking is a use that the API no longer reports.
func (e *estate) beyondTracking(r *Role) { r.LastUsedAt = e.daysAgo(e.between(401, 900)) }

// governed gives a role complete metadata that ends so many days from now.
func (e *estate) governed(r *Role, purpose string, days int) {
	r.Tags = map[string]string{
		"nhi:owner":       e.pick(teams),
		"nhi:purpose":     purpose,
		"nhi:expiry":      e.now.AddDate(0, 0, days).Format(time.DateOnly),
		"nhi:environment": e.pick(environments),
		"nhi:managed-by":  "terraform",
	}
}

// partly gives a role the kind of tags that grow without rules.
func (e *estate) partly(r *Role) {
	r.Tags = map[string]string{}
	for _, t := range []struct{ key, value string }{
		{"Team", e.pick(teams)},
		{"Environment", e.pick(environments)},
		{"CostCenter", fmt.Sprint(e.between(1000, 9999))},
		{"nhi:owner", e.pick(teams)},
		{"Name", r.Name},
	} {
		if e.chance(45) {
			r.Tags[t.key] = t.value
		}
	}
}

// put makes the role, created so many days ago at most.
func (e *estate) put(r Role, maxAge int) {
	if r.CreatedAt.IsZero() {
		r.CreatedAt = e.daysAgo(e.between(30, maxAge))
	}
	if !r.LastUsedAt.IsZero() && r.LastUsedAt.Before(r.CreatedAt) {
		r.CreatedAt = r.LastUsedAt.AddDate(0, 0, -e.between(5, 60))
	}
	e.account.PutRole(r)
}

// policy writes an identity policy of one Allow; both arguments are JSON.
func policy(actions, resources string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + actions + `,"Resource":` + resources + `}]}`
}

func trustService(service string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
}

// trustAWS trusts a principal under a condition, which is JSON or empty.
func trustAWS(principal, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sts:AssumeRole"` + condition + `}]}`
}

// trustToken trusts an OIDC issuer for a subject compared with an operator.
func trustToken(issuer, operator, subject string) string {
	aud := `"` + issuer + `:aud":"sts.amazonaws.com"`
	sub := `"` + issuer + `:sub":"` + subject + `"`
	condition := `{"StringEquals":{` + aud + `,` + sub + `}}`
	if operator != "StringEquals" {
		condition = `{"StringEquals":{` + aud + `},"` + operator + `":{` + sub + `}}`
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::` + DefaultAccount +
		`:oidc-provider/` + issuer + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + condition + `}]}`
}
