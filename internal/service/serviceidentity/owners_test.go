package serviceidentity_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// ownersFile writes a directory of owners.
func ownersFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "owners.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ownedBy is a provider whose policy has a directory of owners.
func ownedBy(t *testing.T, server *sim.Server, content string) *acctest.Protocol {
	t.Helper()
	return acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"owners": acctest.Values{"file": ownersFile(t, content)}}})
}

const (
	everybody  = "- payments\n- alice\n- bob\n"
	aliceLeft  = "- payments\n- {name: alice, left: 2020-01-31}\n- bob\n"
	ownerGone  = "owner: Owner is not known … \"invoice-export\": owner is \"alice\", which the owner directory … owners.yaml marks as gone since 2020-01-31, so nobody could tell who answers for the identity. … Hand it over: write an owner that is still there. … Argument: owner. Rule: owner_unknown "
	exportByID = "aws:123456789012:role/" + exportRole
)

// TestOwnersOfNewIdentities refuses owners who are not in the directory, each on its argument, of a role and of a user.
func TestOwnersOfNewIdentities(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := ownedBy(t, server, aliceLeft)
	wrong := acctest.Values{"owner": "alice", "business_owner": "finance", "technical_owner": "paymets"}
	for _, platform := range []acctest.Values{lambdaRole(server), lambdaRole(server).With(acctest.Values{"aws_role": nil, "aws_user": acctest.Values{}})} {
		p.Resource(typeName).Plan(platform.With(wrong)).Want(t, "error "+ownerGone+"(error).",
			`error business_owner: Owner is not known … business_owner is "finance", which is not in the owner directory … so nobody could tell who answers for it in the business. … or have this one added to it.`,
			`error technical_owner: Owner is not known … who operates it. … the nearest is "payments".`)
		r := p.Resource(typeName)
		r.Plan(platform.With(acctest.Values{"owner": acctest.Unknown})).Want(t)
		r.ApplyPlanned(platform.With(acctest.Values{"owner": "carol"})).Want(t, "error owner: Owner is not known")
	}
	wantWrites(t, server)
}

// TestOwnersWhileValidating warns where it may be about an identity that exists.
func TestOwnersWhileValidating(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewProtocol(t, server)
	p.ValidateProvider(acctest.Values{"policy": acctest.Values{"owners": acctest.Values{"file": ownersFile(t, aliceLeft)}}}).Want(t)
	p.Resource(typeName).Validate(lambdaRole(server).With(acctest.Values{"owner": "alice", "purpose": ""})).Want(t,
		"warning "+ownerGone+"(warn).", "error purpose: Metadata text is not usable")
}

// TestOwnerLeaves goes on with an identity whose owner has left: a warning in every plan, and nothing else, until the
// owner is written anew.
func TestOwnerLeaves(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	config := lambdaRole(server).With(acctest.Values{"owner": "alice", "technical_owner": "alice"})
	r := ownedBy(t, server, everybody).Resource(typeName)
	r.Apply(config).Want(t)
	r = r.Under(ownedBy(t, server, aliceLeft))
	both := []string{"warning " + ownerGone + "(warn).", "warning technical_owner: Owner is not known"}
	r.Refresh().Want(t)
	r.Plan(config).Want(t, both...)
	if r.Changes() {
		t.Error("a departure changes something")
	}
	r.Apply(config.With(acctest.Values{"purpose": "Hourly export of invoices to the data lake"})).Want(t, both...)
	r.Plan(config.With(acctest.Values{"technical_owner": "carol"})).Want(t, both[0], "error technical_owner: Owner is not known")
	r.Plan(config.With(acctest.Values{"business_owner": "alice"})).Want(t, append(both, "error business_owner: Owner is not known")...)
	r.Plan(config.With(acctest.Values{"owner": acctest.Unknown})).Want(t, both[1])
	r.ApplyPlanned(config.With(acctest.Values{"owner": "carol"})).Want(t, "error owner: Owner is not known", both[1])
	r.Apply(config.With(acctest.Values{"owner": "bob", "technical_owner": nil})).Want(t)
	r.Plan(config).Want(t, "error "+ownerGone+"(error).", "error technical_owner: Owner is not known")
	r.Apply(nil).Want(t)
	wantGone(t, server)
}

// TestGoneOwnerCanBeRemoved destroys an identity whose owner has left.
func TestGoneOwnerCanBeRemoved(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := ownedBy(t, server, everybody).Resource(typeName)
	r.Apply(lambdaRole(server).With(acctest.Values{"owner": "alice"})).Want(t)
	r.Under(ownedBy(t, server, aliceLeft)).Apply(nil).Want(t)
	wantGone(t, server)
}

// TestLeavingDay lets an owner answer until the day that is written down.
func TestLeavingDay(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := ownedBy(t, server, "- {name: alice, left: "+acctest.Date(server, 1)+"}\n")
	config := lambdaRole(server).With(acctest.Values{"owner": "alice"})
	r := p.Resource(typeName)
	r.Apply(config).Want(t)
	server.Clock().Advance(24 * time.Hour)
	r.Refresh().Want(t)
	r.Plan(config).Want(t, "warning owner: Owner is not known … marks as gone since "+acctest.Date(server, 0))
}

// TestTagCannotVouchForAnOwner moves the owner's tag and then the configuration: the owner whom the policy let pass
// counts, not the one that the tag names. A tag that somebody has moved is repaired, although the owner has left.
func TestTagCannotVouchForAnOwner(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	config := lambdaRole(server).With(acctest.Values{"owner": "alice"})
	r := ownedBy(t, server, everybody).Resource(typeName)
	r.Apply(config).Want(t)
	r = r.Under(ownedBy(t, server, aliceLeft))
	if err := tag(t.Context(), acctest.IAM(server), "nhi:owner", "carol"); err != nil {
		t.Fatal(err)
	}
	r.Refresh().Want(t)
	r.Plan(config.With(acctest.Values{"owner": "carol"})).Want(t, "error owner: Owner is not known")
	r.Apply(config).Want(t, "warning "+ownerGone+"(warn).")
	if got := role(t, server, exportRole).Tags["nhi:owner"]; got != "alice" {
		t.Errorf("the owner's tag is %q", got)
	}
}

// TestImportedOwnerIsJudged imports a role whose owner has left: whoever brings it under governance names one who is there.
func TestImportedOwnerIsJudged(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	claimed := simRole(exportRole, "/")
	claimed.Tags = map[string]string{"nhi:owner": "alice"}
	account(server).PutRole(claimed)
	r := ownedBy(t, server, aliceLeft).Resource(typeName)
	r.Import(exportByID, nil).Want(t)
	r.Plan(lambdaRole(server).With(acctest.Values{"owner": "alice"})).Want(t, "error "+ownerGone+"(error).")
	r.Apply(lambdaRole(server).With(acctest.Values{"owner": "bob"})).Want(t)
}

// TestSimOwnerLeaves plays a departure with the real Terraform: the next plan warns and changes nothing, the inventory
// lists what the owner leaves behind, and nobody makes a new identity in the owner's name.
func TestSimOwnerLeaves(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	c, owners := acctest.NewCLI(t, server), filepath.Join(t.TempDir(), "owners.csv")
	write := func(left string) {
		if err := os.WriteFile(owners, []byte("name,email,left\npayments,,\nalice,alice@acme.example,"+left+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.Write("main.tf", "terraform {\n  required_providers {\n    governed = { source = \"nhi-governance/governed\" }\n  }\n}\n"+
		acctest.ProviderConfig(server, fmt.Sprintf("policy = { owners = { file = %q } }", owners))+`
data "governed_unowned_identities" "all" {
  findings = ["owner_gone"]
}

output "orphans" {
  value = [for identity in data.governed_unowned_identities.all.identities :
    "${identity.name}: ${one([for finding in identity.findings : finding.message if finding.code == "owner_gone"])}"]
}
`+block(server, "export", exportRole, `  owner = "alice"`))
	write("")
	c.Must("apply", "-auto-approve")
	if text := c.Must("plan", "-detailed-exitcode"); strings.Contains(text, "Warning") {
		t.Errorf("the plan warns:\n%s", text)
	}

	left := acctest.Date(server, -3)
	write(left)
	plan := c.Must("plan", "-out=plan")
	if !acctest.Says(`Warning: Owner is not known … owner is "alice", which the owner directory ` + owners + ` marks as gone since ` + left + `, so nobody could tell who answers for the identity. … Argument: owner. Rule: owner_unknown (warn).`).MatchString(plan) {
		t.Errorf("the plan does not warn:\n%s", plan)
	}
	if change := c.Changes()["governed_service_identity.export"]; len(change.Actions) != 1 || change.Actions[0] != "no-op" {
		t.Errorf("the plan is %+v", change)
	}
	c.Must("apply", "plan")
	if text, want := c.Must("output", "orphans"), exportRole+`: its owner is \"alice\", which the owner directory `+owners+` marks as gone since `+left; !strings.Contains(text, want) {
		t.Errorf("the inventory lists %s", text)
	}

	c.Write("new.tf", block(server, "import", "invoice-import", `  owner = "alice"`))
	text, ok := c.Run("apply", "-auto-approve")
	if ok || !acctest.Says(`Error: Owner is not known … new.tf … "invoice-import": owner is "alice" … Hand it over`).MatchString(text) {
		t.Errorf("a new identity of a gone owner is applied:\n%s", text)
	}
	if _, made := account(server).Role("invoice-import"); made {
		t.Error("the role was created")
	}
}
