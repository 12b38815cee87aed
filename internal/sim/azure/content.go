package azuresim

import (
	"reflect"
	"slices"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// Content says in lines all that the simulator's tenants hold, deleted objects
// included, as [sim.Server.Content] does. Not in it are records of use, and
// values of secrets that are not the current ones.
func (s *Server) Content(mask func(string) string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, t := range s.tenants {
		t.expire(s.clock.Now())
		lines = append(lines, sim.Describe("tenant "+t.id, reflect.ValueOf(t), left, mask)...)
		lines = append(lines, sim.Describe("tenant "+t.id, reflect.ValueOf(t.arm), left, mask)...)
		for vault, of := range t.arm.vaults {
			for name, secret := range of.secrets {
				lines = append(lines, sim.Describe("tenant "+t.id+" current "+vault+" "+name, reflect.ValueOf(secret.latest()), left, mask)...)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// left are the fields that [Server.Content] leaves out, by type: ways back, what
// is derived from others, values of secrets, requests and records of use, and settings of
// tests.
var left = map[string][]string{
	"Tenant":         {"server", "arm", "admin", "denied"},
	"Subscription":   {"tenant"},
	"directory":      {"gone", "byApp", "lists", "held", "given"},
	"entity":         {"tenant", "secrets", "signIns", "lag", "before", "deletedWith"},
	"grant":          {"principal", "resource"},
	"roleAssignment": {"principal"},
	"consent":        {"client", "resource"},
	"estate":         {"requests", "replicating", "buckets", "fresh", "writing", "writingMu", "hold"},
	"resourceGroup":  {"subscription"},
	"resource":       {"group", "principal"},
	"scope":          {"subscription"},
	"vault":          {"resource"},
	"vaultSecret":    {"vault", "deleting", "versions"},
	"Time":           {"loc"},
}

// Settle lets every replica catch up with what was changed under a replication
// lag.
func (s *Server) Settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tenants {
		for _, e := range t.objects {
			e.lag = 0
		}
		clear(t.arm.fresh)
		for _, v := range t.arm.vaults {
			for _, secret := range v.secrets {
				secret.deleting = 0
			}
		}
	}
}
