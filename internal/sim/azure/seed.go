package azuresim

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// SeedEstate puts an estate of n applications into the default tenant, with their
// service principals: governed ones and forgotten ones, owners who have gone,
// secrets that have ended or never will, permissions that make an administrator.
// On top come people and teams, managed identities (one for every four
// applications, four at least), groups with roles, and third parties (one for
// every eight, four at least), and the key vault SeededVault. The same n gives the same estate, relative to the simulator's clock, but
// for the bytes of certificates.
func (s *Server) SeedEstate(n int) {
	t := s.Tenant(DefaultTenant)
	e := &seeding{
		tenant: t,
		now:    s.clock.Now(),
		rng:    rand.New(rand.NewPCG(20260301, 11)), //nolint:gosec // an example estate needs no secret randomness
		taken:  map[string]int{},
	}
	e.people()
	for i := range n {
		archetypes[i%len(archetypes)](e)
	}
	if n == 0 {
		return
	}
	for i := range max(n/4, 4) {
		e.managedIdentity(i)
	}
	sub := t.Subscription(DefaultSubscription)
	sub.AddResourceGroup("rg-platform", "westeurope")
	sub.AddVault("rg-platform", SeededVault)
	e.privilegedGroups()
	for i := range max(n/8, 4) {
		e.thirdParty(i)
	}
}

// SeededVault is the key vault of an example estate.
const SeededVault = "kv-platform"

// seeding is the state of one seeding.
type seeding struct {
	tenant *Tenant
	now    time.Time
	rng    *rand.Rand
	taken  map[string]int
	// certificateDER is made when it is first needed.
	certificateDER []byte

	staff, left, blocked []string // object ids of users
	pipelines            []string // object ids of service principals
}

func (e *seeding) daysAgo(days int) time.Time { return e.now.AddDate(0, 0, -days) }

// between returns a number from low to high, both included.
func (e *seeding) between(low, high int) int { return low + e.rng.IntN(high-low+1) }

func (e *seeding) pick(from []string) string { return from[e.rng.IntN(len(from))] }

// name returns a name that nothing else of the estate has.
func (e *seeding) name(base string) string {
	e.taken[base]++
	if n := e.taken[base]; n > 1 {
		return fmt.Sprintf("%s-%02d", base, n)
	}
	return base
}

// recently and longAgo are when something was last used.
func (e *seeding) recently() time.Time {
	return e.now.Add(-time.Duration(e.between(1, 20*24)) * time.Hour)
}

func (e *seeding) longAgo() time.Time { return e.daysAgo(e.between(120, 700)) }

// people are the owners of applications: at work, gone, and blocked.
func (e *seeding) people() {
	for i, name := range firstNames {
		u := User{DisplayName: name + " " + lastNames[i%len(lastNames)], Name: e.name(strings.ToLower(name + "." + lastNames[i%len(lastNames)])), CreatedAt: e.daysAgo(1500)}
		switch i % 4 {
		case 2:
			u.Disabled = true
			e.blocked = append(e.blocked, e.tenant.PutUser(u))
		case 3:
			id := e.tenant.PutUser(u)
			e.tenant.Delete(id)
			e.left = append(e.left, id)
		default:
			e.staff = append(e.staff, e.tenant.PutUser(u))
		}
	}
	var teamIDs []string
	for i, team := range teams {
		teamIDs = append(teamIDs, e.tenant.PutGroup(team, e.staff[i%len(e.staff)], e.staff[(i+1)%len(e.staff)]))
	}
	e.tenant.PutGroup("engineering", teamIDs...)
}

// governed are the tags of an application with complete metadata, which ends so
// many days from now. Tags hold no white space, so the purpose is encoded.
func (e *seeding) governed(purpose string, days int) []string {
	return []string{
		"nhi:owner=" + e.pick(teams), "nhi:purpose=" + purpose, "nhi:environment=" + e.pick(environments),
		"nhi:expiry=" + e.now.AddDate(0, 0, days).Format(time.DateOnly), "nhi:managed-by=terraform",
	}
}

// certificate is the same for all, because making one takes time.
func (e *seeding) certificate() Certificate {
	if e.certificateDER == nil {
		cert, _, err := certify(&x509.Certificate{
			SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "estate"}, NotBefore: e.daysAgo(300), NotAfter: e.now.AddDate(1, 0, 0),
		}, nil, nil)
		must("a certificate", err)
		e.certificateDER = cert.Raw
	}
	return Certificate{DisplayName: "CN=estate", DER: e.certificateDER}
}

// thirdParty makes the service principal of a vendor: verified or not, in use or
// not, with more or less permissions.
func (e *seeding) thirdParty(i int) {
	v := vendors[i%len(vendors)]
	p := ThirdParty{
		DisplayName: e.name(v.name), HomeTenant: sim.UUID("vendor/" + v.name), AppID: sim.UUID(fmt.Sprint("vendor-app/", v.name, "/", i)),
		Publisher: v.publisher, Permissions: v.permissions, CreatedAt: e.daysAgo(e.between(100, 1200)), Disabled: i%7 == 6,
	}
	if i%3 != 1 {
		p.LastSignInAt = e.recently()
	}
	e.tenant.PutThirdParty(p)
}
