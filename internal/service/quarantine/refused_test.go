package quarantine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestRefused names why an identity cannot be quarantined, at plan, before anything is changed.
func TestRefused(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	putRole(server)
	putUser(t, server)
	account := server.Account(sim.DefaultAccount)
	account.PutRole(sim.Role{Name: "AWSServiceRoleForBackup", Path: "/aws-service-role/backup.amazonaws.com/"})
	account.PutRole(sim.Role{Name: "AWSReservedSSO_Admin", Path: "/aws-reserved/sso.amazonaws.com/"})
	account.PutRole(sim.Role{Name: "break-glass-1"})
	full := map[string]string{}
	for i := range 50 {
		full[fmt.Sprintf("label-%02d", i)] = "x"
	}
	account.PutRole(sim.Role{Name: "full", Tags: full})
	server.ResetCalls()
	t.Cleanup(func() { acctest.WantWrites(t, server) })
	for name, test := range map[string]struct {
		identity string
		further  acctest.Values
		want     []string
	}{
		"malformed": {identity: "nightly", want: []string{`error identity: Identity id is malformed … "nightly" is not a canonical identity id: it has no platform in front of a colon`}},
		"another platform": {
			identity: "entra:11111111-2222-3333-4444-555555555555:application/11111111-2222-3333-4444-555555555555",
			want:     []string{"error identity: Azure is not configured"},
		},
		"another account": {
			identity: "aws:999988887777:role/nightly",
			want:     []string{"error identity: Quarantine cannot be planned … aws:999988887777:role/nightly is in account 999988887777, but the provider's credentials belong to account 123456789012"},
		},
		"not there":    {identity: "aws:123456789012:role/nightly-2", want: []string{"error identity: Identity does not exist … the account 123456789012 has no role called nightly-2. Check the account, the path and the name. … Remove the resource if the identity is gone."}},
		"another path": {identity: "aws:123456789012:role/nightly", want: []string{"error identity: Identity does not exist"}},
		"a service's role": {
			identity: "aws:123456789012:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup",
			want:     []string{"error identity: Quarantine is not possible … is AWS's own role, which takes neither another trust policy nor an inline policy … Rule: quarantine (error)."},
		},
		"single sign-on's role": {identity: "aws:123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin", want: []string{"error identity: Quarantine is not possible … is AWS's own role"}},
		"for emergencies": {
			identity: "aws:123456789012:role/break-glass-1",
			want:     []string{`error identity: Quarantine is not possible … the policy keeps aws:123456789012:role/break-glass-1 for emergencies (break_glass "aws:123456789012:role/break-glass*")`},
		},
		"full of tags": {
			identity: "aws:123456789012:role/full",
			want:     []string{"error identity: Quarantine is not possible … aws:123456789012:role/full has 50 tags, and the quarantine is recorded in 3 more, where IAM takes 50. … Remove 3 tags of them."},
		},
		"filler": {identity: roleID, further: acctest.Values{"reason": "test"}, want: []string{`error reason: Reason says too little … reason is "test", which is filler`}},
		"too long a reason": {
			identity: roleID, further: acctest.Values{"reason": strings.Repeat("Leaked, again. ", 20)},
			want: []string{"error reason: The platform would refuse this … reason takes 340 characters in its tag, 84 more than IAM's limit of 256"},
		},
		"times": {
			identity: roleID, further: acctest.Values{"release_after": "soon", "delete_after": acctest.Date(server, -2)},
			want: []string{`error release_after: Time is malformed … release_after is "soon", which is not a time`, "error delete_after: Quarantine is not possible … which has passed, so the identity would be deleted at once"},
		},
		"nothing to say": {identity: roleID, further: acctest.Values{"ticket": ""}, want: []string{"error ticket: Invalid Attribute Value Length"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"break_glass": []string{"aws:123456789012:role/break-glass*"}}}).Resource(typeName)
			r.Plan(order(test.identity, test.further)).Want(t, test.want...)
		})
	}
}

// TestRefusedCallers refuses the role that the provider assumes, and the user from whom.
func TestRefusedCallers(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	account := server.Account(sim.DefaultAccount)
	account.PutRole(sim.Role{
		Name: "deployer", Path: "/ci/", AttachedPolicyARNs: []string{"arn:aws:iam::aws:policy/AdministratorAccess"},
		TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`,
	})
	const source = "aws:123456789012:user/pipelines/deployer"
	deployer := acctest.NewDeployer(server, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	r := deployer.Protocol(t, nil).Resource(typeName)
	r.Plan(order(source, nil)).Want(t, "error identity: Quarantine is not possible … "+source+" is what Terraform runs as (arn:aws:iam::123456789012:user/pipelines/deployer), and could not release itself. … Run Terraform as another identity to quarantine this one.")
	arguments := deployer.AWSArgument(t).With(acctest.Values{"assume_role": acctest.Values{"role_arn": "arn:aws:iam::123456789012:role/ci/deployer"}})
	r = acctest.NewConfiguredProtocol(t, server, acctest.Values{"aws": arguments}).Resource(typeName)
	r.Plan(order(source, nil)).Want(t, "error identity: Quarantine is not possible … "+source+" is what Terraform runs as")
	r.Plan(order("aws:123456789012:role/ci/deployer", nil)).Want(t, "error identity: Quarantine is not possible … is what Terraform runs as (arn:aws:sts::123456789012:assumed-role/deployer/")
	account.PutRole(sim.Role{Name: "other"})
	r.Plan(order("aws:123456789012:role/other", nil)).Want(t, announced("aws:123456789012:role/other"))
}

// TestTaken says who has an identity in quarantine, and how to take that over.
func TestTaken(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	putUser(t, server)
	before := pictureOf(t, server)
	first := protocol(t, server)
	config := order(userID, acctest.Values{"release_after": acctest.Date(server, 5), "delete_after": acctest.Date(server, 9)})
	first.Apply(config)
	for _, other := range []acctest.Values{config, order(userID, acctest.Values{"ticket": nil})} {
		protocol(t, server).Plan(other).Want(t, `error identity: Identity is in quarantine already … it is in quarantine since `+server.Clock().Now().Format("2006-01-02T15:04:05Z")+`, for the reason "`+reason+`" (SEC-1234), by another resource or another state … `+
			`import { … to = governed_quarantine.example … id = "aws:123456789012:user/export"`)
	}
	// The state is lost: the record is all that an import takes.
	for _, id := range []string{userID, "arn:aws:iam::123456789012:user/export"} {
		r := protocol(t, server)
		r.Import(id, nil).Want(t)
		r.Plan(config).Want(t)
		if r.Changes() {
			t.Error("the plan after the import changes something")
		}
	}
	r := protocol(t, server)
	r.Import("", acctest.Values{"id": userID}).Want(t)
	server.Clock().Advance(6 * 24 * 3600e9)
	r.Apply(nil).Want(t)
	wantBack(t, server, before)

	r = protocol(t, server)
	r.Import(userID, nil).Want(t, "error identity: Identity is not in quarantine … nothing on the identity records a quarantine that could be imported")
	r.Import("aws:123456789012:user/nobody", nil).Want(t)
	if r.Exists() {
		t.Error("what is not there can be imported")
	}
	r.Import("export", nil).Want(t, "error identity: Identity id is malformed")
}

// TestTooEarly keeps a quarantine until its time, or until somebody takes the time away on purpose.
func TestTooEarly(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	putRole(server)
	before := pictureOf(t, server)
	config := order(roleID, acctest.Values{"release_after": acctest.Date(server, 5)})
	r := protocol(t, server)
	r.Apply(config)
	early := "error identity: Quarantine cannot be released yet … release_after is " + acctest.Date(server, 5) + ", and until then it stays. To release it earlier on purpose, keep its block, take release_after out or write an earlier one, apply, and remove the resource then. … Reason of the quarantine: " + reason
	r.Plan(nil).Want(t, early)
	r.Plan(config.With(acctest.Values{"identity": "aws:123456789012:role/jobs/other"})).Want(t, early)
	server.Clock().Advance(5 * 24 * 3600e9)
	r.Plan(nil).Want(t, early)

	other := *r
	r.Apply(config.With(acctest.Values{"release_after": nil})).Want(t)
	r.Apply(nil).Want(t)
	wantBack(t, server, before)
	// A state that is behind finds nothing to put back.
	server.Clock().Advance(24 * 3600e9)
	other.Apply(nil).Want(t, "warning identity: Not everything was put back … nothing on it records a quarantine any more, so nothing was put back")
}

// TestQuarantinedTwice refuses to have an identity quarantined by two resources: the release of one would release it from both.
func TestQuarantinedTwice(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	putRole(server)
	before := pictureOf(t, server)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	first, second, alike := p.Resource(typeName), p.Resource(typeName), p.Resource(typeName)
	config := order(roleID, nil)
	const remedy = " The release of one would release the identity from both: remove one of them, or take the identity out of its for_each."
	// Of two with different orders, the plan tells.
	first.Plan(config).Want(t, announced(roleID))
	second.Plan(config.With(acctest.Values{"reason": "Nobody knows what this is for"})).Want(t,
		`error identity: Identity is quarantined twice … another governed_quarantine of this configuration quarantines it too, for the reason "`+reason+`".`+remedy)
	// What is not there is said once, and of an identity that is not there nobody has two.
	absent := order("aws:123456789012:role/gone", nil)
	for _, further := range []acctest.Values{nil, {"reason": "Nobody knows what this is for"}} {
		p.Resource(typeName).Plan(absent.With(further)).Want(t, "error identity: Identity does not exist")
	}
	// Two that are alike cannot be told from one that is planned again.
	alike.Plan(config).Want(t, announced(roleID))
	first.Apply(config).Want(t, announced(roleID))
	locked := pictureOf(t, server)
	alike.ApplyStale(config).Want(t, "error identity: Identity is quarantined twice … another governed_quarantine of this configuration quarantines it too, in the same run."+remedy)
	acctest.WantSame(t, "picture", pictureOf(t, server), locked)
	first.Apply(nil).Want(t)
	wantBack(t, server, before)
	alike.Apply(config).Want(t, announced(roleID))
}
