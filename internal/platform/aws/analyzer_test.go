package aws_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// analyzing lists with the findings of unused access, in some regions.
func (e *estate) analyzing(regions ...string) aws.Config {
	config := e.config()
	config.Clock, config.UnusedAccessFindings, config.InventoryRegions = e.sim.Clock(), true, regions
	return config
}

// idlers puts identities into an account that an analyzer of 90 days has something to say of, and one that it has not.
func (e *estate) idlers(account *sim.Account) {
	old := e.Now().AddDate(0, 0, -200)
	account.PutRole(sim.Role{Name: "idle", Path: "/batch/", CreatedAt: old})
	account.PutRole(sim.Role{Name: "busy", CreatedAt: old, LastUsedAt: e.Now().Add(-time.Hour)})
	account.PutRole(sim.Role{Name: "mighty", CreatedAt: old, LastUsedAt: e.Now().Add(-time.Hour), AttachedPolicyARNs: []string{managedPrefix + "AdministratorAccess"}})
	account.PutUser(sim.User{Name: "robot", CreatedAt: old, AccessKeys: []sim.AccessKey{{}, {}}, Login: &sim.Login{}, AttachedPolicyARNs: []string{managedPrefix + "AdministratorAccess"}})
}

func (e *estate) unused(days int, kinds ...governance.UnusedKind) []governance.UnusedAccess {
	var all []governance.UnusedAccess
	for _, kind := range kinds {
		all = append(all, governance.UnusedAccess{Kind: kind, Watcher: "IAM Access Analyzer", Days: days, AnalyzedAt: e.Now()})
	}
	return all
}

func (e *estate) analyzerCalls() (n int) {
	for _, call := range e.sim.Calls() {
		if call.Service == "access-analyzer" {
			n++
		}
	}
	return n
}

// unusedAccess is what is unused in a listing, by id; nothing is missing there for those that are not in it.
func unusedAccess(byID map[string]governance.Identity) map[string][]governance.UnusedAccess {
	all := map[string][]governance.UnusedAccess{}
	for id, identity := range byID {
		if identity.UnusedAccess != nil {
			all[id] = identity.UnusedAccess
		}
	}
	return all
}

func TestSimUnusedAccess(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.idlers(e.account)
	e.account.PutAnalyzer(sim.Analyzer{Name: "external", Type: "ACCOUNT"})
	e.account.PutAnalyzer(sim.Analyzer{Name: "strict", UnusedAccessAge: 30})
	e.account.PutAnalyzer(sim.Analyzer{Name: "unused"})
	e.account.ArchiveFinding("arn:aws:iam::123456789012:role/mighty", "UnusedPermission")
	e.sim.SetMaxPageSize(2)
	listing, byID := e.listWith(e.analyzing())
	if len(listing.Gaps) > 0 {
		t.Errorf("the gaps are %q", listing.Gaps)
	}
	want := map[string][]governance.UnusedAccess{
		here + "role/batch/idle": e.unused(90, governance.UnusedIdentity),
		here + "user/robot":      e.unused(90, governance.UnusedAccessKey, governance.UnusedPassword, governance.UnusedPermissions),
	}
	if diff := cmp.Diff(want, unusedAccess(byID)); diff != "" {
		t.Error(diff)
	}
	if role := byID[here+"role/batch/idle"]; !role.LastUsedKnown || !role.TrackedSince.Equal(e.Now().AddDate(0, 0, -400)) {
		t.Errorf("what IAM knows of the role has become %+v", role)
	}
	// Two pages of analyzers, two of which are looked at; five active findings.
	for action, calls := range map[string]int{"ListAnalyzers": 2, "GetAnalyzer": 2, "ListFindingsV2": 3} {
		if got := e.sim.CountCalls("access-analyzer:" + action); got != calls {
			t.Errorf("%s was called %d times", action, got)
		}
	}
	e.sim.ResetCalls()
	e.list()
	if got := e.analyzerCalls(); got != 0 {
		t.Errorf("%d calls were made without being asked for", got)
	}
}

// TestSimUnusedAccessUnknown says why nothing is known, and never that all is used.
func TestSimUnusedAccessUnknown(t *testing.T) {
	t.Parallel()
	const gap = "What is unused in account 123456789012 is not known from IAM Access Analyzer: "
	const none = gap + "no analyzer of the type ACCOUNT_UNUSED_ACCESS or ORGANIZATION_UNUSED_ACCESS is active in "
	const remedy = ". Create one, or name the region of one in aws.inventory.regions."
	unused := sim.Analyzer{Name: "unused"}
	elsewhere := sim.Analyzer{Name: "unused", Region: "us-east-1"}
	for name, test := range map[string]struct {
		analyzer sim.Analyzer
		arrange  func(*estate)
		regions  []string
		gaps     []string
		found    bool
	}{
		"none":                {sim.Analyzer{Name: "external", Type: "ACCOUNT"}, nil, nil, []string{none + "eu-west-1" + remedy}, false},
		"in another region":   {elsewhere, nil, []string{"eu-west-1", "eu-central-1"}, []string{none + "eu-west-1, eu-central-1" + remedy}, false},
		"in a further region": {elsewhere, nil, []string{"eu-west-1", "us-east-1"}, nil, true},
		"disabled":            {sim.Analyzer{Name: "unused", Status: "DISABLED"}, nil, nil, []string{none + "eu-west-1 (unused in eu-west-1 is DISABLED)" + remedy}, false},
		"no list": {unused, func(e *estate) { e.sim.DenyActions(e.account.ID(), "access-analyzer:*") }, []string{"eu-west-1", "us-east-1"}, []string{
			gap + "analyzers in eu-west-1, us-east-1 cannot be read: the caller lacks the permission access-analyzer:ListAnalyzers.",
		}, false},
		"no analyzer": {unused, func(e *estate) { e.sim.DenyActions(e.account.ID(), "access-analyzer:GetAnalyzer") }, nil, []string{
			gap + "analyzers in eu-west-1 cannot be read: the caller lacks the permission access-analyzer:GetAnalyzer.",
		}, false},
		"no findings": {unused, func(e *estate) { e.sim.DenyActions(e.account.ID(), "access-analyzer:ListFindings") }, nil, []string{
			gap + "the analyzer unused in eu-west-1 cannot be read: the caller lacks the permission access-analyzer:ListFindings.",
		}, false},
		"findings break off": {unused, func(e *estate) {
			e.sim.SetMaxPageSize(2)
			e.sim.InjectFault(sim.Fault{Action: "ListFindingsV2", Kind: sim.FaultThrottling, Nth: 2, Times: retries + 1})
		}, nil, []string{gap + "the analyzer unused in eu-west-1 cannot be read: access-analyzer:ListFindings was throttled, also after all retries."}, false},
		"gone meanwhile": {unused, func(e *estate) {
			e.sim.InjectFault(sim.Fault{Action: "ListFindingsV2", Kind: sim.FaultError, Code: "ResourceNotFoundException", Status: 404, Message: "gone"})
		}, nil, []string{gap + "the analyzer unused in eu-west-1 cannot be read: access-analyzer:ListFindings: gone."}, false},
		"one region closed": {unused, func(e *estate) {
			e.sim.InjectFault(sim.Fault{Action: "ListAnalyzers", Kind: sim.FaultAccessDenied, Nth: 1})
			e.account.PutAnalyzer(elsewhere)
		}, []string{"eu-west-1", "us-east-1"}, nil, true},
		"passing faults": {unused, func(e *estate) {
			e.sim.InjectFault(sim.Fault{Service: "access-analyzer", Kind: sim.FaultInternal, Nth: 1, Times: retries})
		}, nil, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			e.idlers(e.account)
			e.account.PutAnalyzer(test.analyzer)
			if test.arrange != nil {
				test.arrange(e)
			}
			listing, byID := e.listWith(e.analyzing(test.regions...))
			if diff := cmp.Diff(test.gaps, listing.Gaps); diff != "" {
				t.Error(diff)
			}
			if found := unusedAccess(byID); len(listing.Identities) != 4 || (len(found) == 3) != test.found || !test.found && len(found) > 0 {
				t.Errorf("%d identities, unused are %v", len(listing.Identities), found)
			}
		})
	}
}

// TestSimUnusedAccessOfOrganization takes the findings of all accounts from one list, and asks each account where there is
// none.
func TestSimUnusedAccessOfOrganization(t *testing.T) {
	t.Parallel()
	const organization = "o-a1b2c3d4e5"
	for name, test := range map[string]struct {
		analyzer sim.Analyzer
		calls    int
		gaps     []string
	}{
		"of the organization": {sim.Analyzer{Name: "all", Type: sim.AnalyzerOfOrganization, UnusedAccessAge: 60}, 3, nil},
		"of the account": {sim.Analyzer{Name: "own", UnusedAccessAge: 60}, 3 + 2, []string{
			"What is unused in account 200000000000 is not known from IAM Access Analyzer: analyzers in eu-west-1 cannot be read: the caller lacks the permission access-analyzer:ListAnalyzers.",
			"What is unused in account 200000000001 is not known from IAM Access Analyzer: analyzers in eu-west-1 cannot be read: the caller lacks the permission access-analyzer:ListAnalyzers.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			e.idlers(e.account)
			e.account.SetOrigin(organization, "")
			want := map[string][]governance.UnusedAccess{}
			var ids []string
			for i := range 2 {
				id := fmt.Sprintf("2000000000%02d", i)
				ids = append(ids, id)
				member := e.member(id, 0)
				member.SetOrigin(organization, "")
				e.idlers(member)
				if test.gaps == nil {
					want["aws:"+id+":role/batch/idle"] = e.unused(60, governance.UnusedIdentity)
				}
			}
			want[here+"role/batch/idle"] = e.unused(60, governance.UnusedIdentity)
			// An analyzer of one account is not asked where there is one of all.
			e.account.PutAnalyzer(test.analyzer)
			e.account.PutAnalyzer(sim.Analyzer{Name: "short", UnusedAccessAge: 10, Status: "CREATING"})
			config := e.auditing(ids...)
			config.UnusedAccessFindings = true
			listing, byID := e.listWith(config)
			if diff := cmp.Diff(test.gaps, listing.Gaps); diff != "" {
				t.Error(diff)
			}
			got := unusedAccess(byID)
			for id := range got {
				if byID[id].Name != "idle" {
					delete(got, id)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if calls := e.analyzerCalls(); calls != test.calls {
				t.Errorf("it took %d calls", calls)
			}
		})
	}
}
