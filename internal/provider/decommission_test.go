package provider_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	oneDay      = 24 * time.Hour
	nightlyRole = "aws:123456789012:role/jobs/nightly"
	exportUser  = "aws:123456789012:user/export"
)

// forgotten puts a role and a user into the account that nothing has used for long, and a neighbour for every reason not to
// propose one.
// It returns the user's first access key.
func forgotten(server *sim.Server) sim.Credentials {
	account := server.Account(sim.DefaultAccount)
	ago := func(days int) time.Time { return server.Clock().Now().AddDate(0, 0, -days) }
	role := func(name string, used int, tags map[string]string) {
		account.PutRole(sim.Role{
			Name: name, Path: "/jobs/", CreatedAt: ago(500), LastUsedAt: ago(used), Tags: tags,
			TrustPolicy:        `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
			InlinePolicies:     map[string]string{"read": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::nightly/*"}]}`},
			AttachedPolicyARNs: []string{managedPrefix + "SecurityAudit"},
		})
	}
	user := func(name string, login *sim.Login) sim.Credentials {
		return account.PutUser(sim.User{
			Name: name, CreatedAt: ago(500), Login: login, AttachedPolicyARNs: []string{managedPrefix + "ReadOnlyAccess"},
			AccessKeys: []sim.AccessKey{{CreatedAt: ago(400), LastUsedAt: ago(300)}, {CreatedAt: ago(450), LastUsedAt: ago(300), Inactive: true}},
		})[0]
	}
	role("nightly", 300, map[string]string{"Team": "billing"})
	account.PutInstanceProfile(sim.InstanceProfile{Name: "nightly", Path: "/jobs/", RoleName: "nightly", CreatedAt: ago(500)})
	role("daily", 1, nil)
	role("elsewhere", 300, map[string]string{"nhi:managed_by": "opentofu-factory"})
	role("emergency", 300, nil)
	user("jane", &sim.Login{ChangedAt: ago(400), LastUsedAt: ago(300)})
	return user("export", nil)
}

// TestSimDecommissionExample takes what nobody uses out of an account: proposed, reviewed, locked, given back where somebody
// objects, and deleted for good after the grace period.
func TestSimDecommissionExample(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	key := forgotten(server)
	account := server.Account(sim.DefaultAccount)
	c := acctest.NewCLI(t, server)
	c.WriteExample(server, examples+"decommission", "decommission")
	c.Write("decommission/propose/policy_override.tf", "provider \"governed\" {\n  policy = { break_glass = [\"aws:*:role/jobs/emergency\"] }\n}\n")
	file := c.Read("decommission/decommission.yaml")
	last := acctest.Date(server, 60)
	listed := func(ids ...string) string {
		lines := ""
		for _, id := range ids {
			lines += fmt.Sprintf("%q: %q\n", id, last)
		}
		return strings.Replace(file, "{}\n", lines, 1)
	}
	terraform := func(arguments ...string) string {
		t.Helper()
		return c.Must(append([]string{"-chdir=decommission"}, arguments...)...)
	}
	propose := func(want string) {
		t.Helper()
		if output, ok := c.Shell("decommission/propose.sh review.md"); !ok {
			t.Fatalf("the proposal fails:\n%s", output)
		}
		if got := c.Read("decommission/decommission.yaml"); got != want {
			t.Fatalf("the file is\n%s\nand not\n%s", got, want)
		}
	}
	// wantAccess uses both identities, and so makes their last use now where they have access.
	wantAccess := func(role, user bool) {
		t.Helper()
		session, refused := account.AssumeRoleAsService("lambda.amazonaws.com", "arn:aws:iam::123456789012:role/jobs/nightly", nil)
		if refused == nil {
			acctest.UseSession(t, server, session)
		}
		_, denied := acctest.NewIAM(server.URL(), key.AccessKeyID, key.SecretAccessKey).ListUsers(t.Context(), &iam.ListUsersInput{})
		if (refused == nil) != role || (denied == nil) != user {
			t.Errorf("the role says %v and the user %v", refused, denied)
		}
	}
	before, _ := account.Role("nightly")

	// A proposal changes nothing but the file, and a second one not even that.
	server.ResetCalls()
	for range 2 {
		propose(listed(nightlyRole, exportUser))
	}
	if review := c.Read("review.md"); !strings.HasPrefix(review, "# Non-human identities\n\nEverything was read.\n") {
		t.Errorf("the review is\n%s", review)
	}
	if writes := slices.DeleteFunc(acctest.Writes(server), func(action string) bool { return action == "GenerateCredentialReport" }); len(writes) > 0 {
		t.Errorf("a proposal calls %v", writes)
	}

	// What is merged is locked, and nothing is left to do: nothing that is tried now takes it off the list.
	terraform("init")
	wantSaid(t, terraform("plan", "-out=plan"), "Plan: 2 to add, 0 to change, 0 to destroy.", "Identity will be quarantined: "+nightlyRole, "access key "+key.AccessKeyID+" is inactive")
	terraform("apply", "plan")
	wantAccess(false, false)
	wantSaid(t, terraform("plan"), "No changes.")
	server.Clock().Advance(oneDay)
	propose(listed(nightlyRole, exportUser))

	// Somebody objects for the role.
	c.Write("decommission/decommission.yaml", listed(exportUser))
	wantSaid(t, terraform("apply", "-auto-approve"), "0 added, 0 changed, 1 destroyed")
	after, _ := account.Role("nightly")
	if before.TrustPolicy != after.TrustPolicy || !maps.Equal(before.InlinePolicies, after.InlinePolicies) || !maps.Equal(before.Tags, after.Tags) || !slices.Equal(before.AttachedPolicyARNs, after.AttachedPolicyARNs) {
		t.Errorf("the role is %+v, and was %+v", after, before)
	}
	wantAccess(true, false)
	propose(listed(exportUser))

	// Nobody does for the user, which goes with all that is on it, and its line after it.
	server.Clock().Advance(60 * oneDay)
	wantSaid(t, terraform("plan", "-out=plan"), "Plan: 0 to add, 1 to change, 0 to destroy.",
		"Identity will be retired: "+exportUser, "is removed for good", "- managed policy "+managedPrefix+"ReadOnlyAccess", "- access key "+key.AccessKeyID)
	terraform("apply", "plan")
	wantSaid(t, terraform("plan"), "No changes.")
	if users := account.Users(); !slices.Equal(users, []string{"jane"}) {
		t.Errorf("left are %v", users)
	}
	propose(file)
	server.ResetCalls()
	terraform("apply", "-auto-approve")
	acctest.WantWrites(t, server)
	if state := strings.TrimSpace(terraform("state", "list")); state != "" {
		t.Errorf("the state has %s", state)
	}
	server.Clock().Advance(oneDay)
	server.InjectFault(sim.Fault{Action: "GenerateCredentialReport", Times: 1000, Kind: sim.FaultAccessDenied})
	propose(file)
	if review := c.Read("review.md"); !strings.HasPrefix(review, "# Non-human identities\n\n## Not everything could be read\n") || !strings.Contains(review, "`iam:GenerateCredentialReport`") {
		t.Errorf("the review is\n%s", review)
	}
}

// TestSimDecommissionFile plans files that people have written by hand.
func TestSimDecommissionFile(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	forgotten(server)
	c := acctest.NewCLI(t, server)
	c.WriteExample(server, examples+"decommission", "decommission")
	c.Must("-chdir=decommission", "init")
	for _, test := range []struct {
		line string
		ok   bool
		says string
	}{
		{fmt.Sprintf("%q: %s", nightlyRole, acctest.Date(server, 20)), true, "Plan: 1 to add, 0 to change, 0 to destroy."},
		{fmt.Sprintf("%q: %q", nightlyRole, acctest.Date(server, -1)), false, "the identity would be deleted at once"},
		{fmt.Sprintf("%q: soon", nightlyRole), false, `delete_after is "soon", which is not a time.`},
		{fmt.Sprintf("%q: %q", "aws:123456789012:role/nightly", acctest.Date(server, 20)), false, "Error: Identity does not exist"},
		{fmt.Sprintf("nightly: %q", acctest.Date(server, 20)), false, `"nightly" is not a canonical identity id`},
	} {
		c.Write("decommission/decommission.yaml", test.line+"\n")
		output, ok := c.Run("-chdir=decommission", "plan")
		if ok != test.ok {
			t.Errorf("with %s, the plan says\n%s", test.line, output)
		}
		wantSaid(t, output, test.says)
	}
}

// TestSimDecommissionSchedule runs the command lines of the schedule as they are, with a repository and a stand-in for gh: it
// opens one pull request, and no second one while that is open.
func TestSimDecommissionSchedule(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	forgotten(server)
	c := acctest.NewCLI(t, server)
	c.WriteExample(server, examples+"decommission", "decommission")
	temp := t.TempDir()
	shell := func(line string) {
		t.Helper()
		const gh = "gh() { echo \"$*\" >>\"$RUNNER_TEMP/gh\"; if [ \"$2\" = list ]; then cat \"$RUNNER_TEMP/open\"; fi; }\n"
		if output, ok := c.Shell(gh+line, "RUNNER_TEMP="+temp, "HOME="+temp, "GIT_CONFIG_NOSYSTEM=1"); !ok {
			t.Fatalf("%s:\n%s", line, output)
		}
	}
	var lines []string
	for _, step := range readYAML[workflow](t, examples+"decommission/github-actions.yml").Jobs["propose"].Steps {
		if step.Run != "" {
			lines = append(lines, step.Run)
		}
	}
	shell(`git init --quiet --bare "$RUNNER_TEMP/origin" && git init --quiet && git remote add origin "$RUNNER_TEMP/origin" &&
		git add decommission && git -c user.name=x -c user.email=x@example.com commit --quiet --message x && echo 0 >"$RUNNER_TEMP/open"`)
	for _, line := range lines {
		shell(line)
	}
	shell(`test "$(git --git-dir="$RUNNER_TEMP/origin" diff --name-only decommission~1 decommission)" = decommission/decommission.yaml`)
	if body := readExample(t, filepath.Join(temp, "body.md")); !strings.Contains(body, nightlyRole) || !strings.Contains(body, exportUser) {
		t.Errorf("the pull request says %s", body)
	}
	const create = "pr create --head decommission --title Decommission what nothing uses --body-file "
	if asked := readExample(t, filepath.Join(temp, "gh")); strings.Count(asked, "\n") != 2 || !strings.Contains(asked, create) {
		t.Errorf("gh is asked for %s", asked)
	}

	// One that is open, and nothing to propose.
	shell(`git switch --quiet --detach HEAD~1 && git branch --quiet -D decommission && echo 1 >"$RUNNER_TEMP/open"`)
	for _, line := range lines {
		shell(line)
	}
	shell(`git checkout --quiet . && echo 0 >"$RUNNER_TEMP/open"`)
	shell(lines[1])
	if asked := readExample(t, filepath.Join(temp, "gh")); strings.Count(asked, "\n") != 3 || strings.Count(asked, create) != 1 {
		t.Errorf("gh is asked for %s", asked)
	}
}
