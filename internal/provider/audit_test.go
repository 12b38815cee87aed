package provider_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/goccy/go-yaml"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// workflowStep is a step of a GitHub job.
type workflowStep struct {
	Uses string         `yaml:"uses"`
	Run  string         `yaml:"run"`
	With map[string]any `yaml:"with"`
}

// workflow is what the tests look at in a GitHub workflow.
type workflow struct {
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]struct {
		Permissions map[string]string `yaml:"permissions"`
		Steps       []workflowStep    `yaml:"steps"`
	} `yaml:"jobs"`
}

// pipeline is what the tests look at in the GitLab job.
type pipeline struct {
	Audit struct {
		Image struct {
			Name string `yaml:"name"`
		} `yaml:"image"`
		Script []string `yaml:"script"`
	} `yaml:"audit"`
}

func readYAML[T any](t *testing.T, file string) T {
	t.Helper()
	var content T
	if err := yaml.Unmarshal([]byte(readExample(t, file)), &content); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return content
}

var reports = []string{"identities.csv", "identities.html", "identities.json", "identities.md", "identities.sarif"}

// TestSimAuditSchedules runs the command lines of both schedules as they are. The estate breaks every threshold but one: the
// job fails, says by how much and by whom, and the reports are there all the same.
func TestSimAuditSchedules(t *testing.T) {
	t.Parallel()
	var lines []string
	for _, step := range readYAML[workflow](t, examples+"audit/github-actions.yml").Jobs["audit"].Steps {
		if step.Run != "" {
			lines = append(lines, step.Run)
		}
	}
	gitlab := readYAML[pipeline](t, examples+"audit/gitlab-ci.yml").Audit
	for name, test := range map[string]struct{ audit, after []string }{
		"github": {lines[:1], lines[1:]},
		"gitlab": {gitlab.Script, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t, sim.WithClock(exampleDay))
			server.SeedEstate(60)
			c := acctest.NewCLI(t, server)
			c.WriteExample(server, examples+"audit", "audit")
			folder := t.TempDir()
			summary, token := filepath.Join(folder, "summary.md"), filepath.Join(folder, "token")
			output, ok := c.Shell(strings.Join(test.audit, "\n"), "AWS_ID_TOKEN=a.b.c", "AWS_WEB_IDENTITY_TOKEN_FILE="+token)
			if said := plain(output); ok || strings.Count(said, "Error: Resource postcondition failed") != 4 {
				t.Errorf("the job says\n%s", output)
			}
			wantSaid(t, output,
				"40 identities have no owner, no purpose or no expiry; max_unowned is 0. Among them: - aws:123456789012:",
				"21 identities have not been used for 90 days; max_stale is 0. Among them: - aws:123456789012:role/backup-vault-integration (last used never as far as IAM knows)",
				"38 identities have a risk score of 50 or more; max_high_risk is 0. Among them: - aws:123456789012:user/fatima.tanaka (125)",
				"The inventory is not complete, so the counts are too low; allow_gaps is false. Not known: - The last use is not known, so they may be stale or not: aws:123456789012:user/BedrockAPIKey-2f99",
				"Warning: Check block assertion failed", "8 identities, or credentials of theirs, have expired or do so within 30 days. The first: - aws:123456789012:role/address-check-migration of mobile: its",
			)
			if files := c.Files("reports"); !slices.Equal(files, reports) {
				t.Errorf("the reports are %v", files)
			}
			for file, has := range map[string]string{
				"identities.html": "<!doctype html>", "identities.md": "**68** identities", "identities.csv": "aws:123456789012:user/fatima.tanaka",
				"identities.json": `"aws:123456789012:user/fatima.tanaka"`, "identities.sarif": `"2.1.0"`,
			} {
				content := c.Read("reports/" + file)
				if !strings.Contains(strings.ToLower(content), strings.ToLower(has)) {
					t.Errorf("%s has no %s", file, has)
				}
				if told := strings.Contains(content, "The last use is not known, so they may be stale or not"); told != (file != "identities.csv") {
					t.Errorf("whether %s tells what could not be read: %t", file, told)
				}
			}
			if slices.ContainsFunc(c.Files("audit"), func(file string) bool { return strings.Contains(file, "tfstate") }) {
				t.Errorf("the job leaves a state: %v", c.Files("audit"))
			}
			for _, line := range test.after {
				if output, ok := c.Shell(line, "GITHUB_STEP_SUMMARY="+summary); !ok {
					t.Errorf("%s: %s", line, output)
				}
				if text := readExample(t, summary); text != c.Read("reports/identities.md") {
					t.Errorf("the summary is %s", text)
				}
			}
			if test.after == nil && readExample(t, token) != "a.b.c" {
				t.Error("the token is not in its file")
			}
		})
	}
}

// TestSimAuditThresholds runs the job under other thresholds, and where nothing can be read.
func TestSimAuditThresholds(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t, sim.WithClock(exampleDay))
	server.SeedEstate(60)
	c := acctest.NewCLI(t, server)
	c.WriteExample(server, examples+"audit", "audit")
	run := func(thresholds string, wantOK bool) string {
		t.Helper()
		c.Write("audit/terraform.tfvars", thresholds)
		server.ResetCalls()
		output, ok := c.Shell("audit/audit.sh reports")
		if ok != wantOK {
			t.Errorf("under %s the job says\n%s", thresholds, output)
		}
		return output
	}
	run("max_unowned = 40\nmax_stale = 21\nmax_high_risk = null\nmax_critical = 0\nallow_gaps = true", true)
	if calls := len(server.Calls()); calls > 20 {
		t.Errorf("a run takes %d calls", calls)
	}
	output := run("max_unowned = 39\nmax_stale = 21\nmax_high_risk = null\nmax_critical = null\nallow_gaps = true\nname_at_most = 1", false)
	wantSaid(t, output, "40 identities have no owner, no purpose or no expiry; max_unowned is 39. Among them: - aws:123456789012:user/fatima.tanaka")
	if strings.Count(output, "Error:") != 1 {
		t.Errorf("the job says\n%s", output)
	}
	wantSaid(t, run("max_unowned = -1\nmax_stale = 0.5\nunused_for_days = 401", false),
		"max_unowned has to be a whole number from 0 on, or null for no threshold.", "max_stale has to be a whole number from 0 on",
		"unused_for_days is 401. Write whole days from 1 to 400, which is how far back IAM looks.")

	// A run that could not read anything writes nothing that passes for its reports.
	server.InjectFault(sim.Fault{Action: "GetAccountAuthorizationDetails", Times: 1000, Kind: sim.FaultAccessDenied})
	output, ok := c.Shell("audit/audit.sh unread")
	wantSaid(t, output, "Error: Identities cannot be listed", "iam:GetAccountAuthorizationDetails")
	if files := c.Files("unread"); ok || len(files) > 0 {
		t.Errorf("the reports are %v", files)
	}
}

// TestSimAuditRole makes the role of the guide, with either trust. The job of its schedule can assume it, and no other.
func TestSimAuditRole(t *testing.T) {
	t.Parallel()
	role := guideBlock(t, "audit.md", "resource \"governed_service_identity\" \"audit\" {")
	github := regexp.MustCompile(`(?s)trust = \{.*?\n    \}`)
	for name, test := range map[string]struct{ role, issuer, subject, other string }{
		"github": {role, "https://token.actions.githubusercontent.com", "repo:acme/governance:environment:audit", "repo:acme/governance:ref:refs/heads/main"},
		"gitlab": {
			github.ReplaceAllString(role, guideBlock(t, "audit.md", "trust = {\n  oidc")), "https://gitlab.com",
			"project_path:acme/governance:ref_type:branch:ref:main", "project_path:acme/governance:ref_type:branch:ref:topic",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t, sim.WithClock(exampleDay))
			server.Account(sim.DefaultAccount).PutOIDCProvider(test.issuer, []string{"sts.amazonaws.com"}, nil)
			c := acctest.NewCLI(t, server)
			c.Write("inventory.json", readExample(t, examples+"permissions/aws/governed_unowned_identities.json"))
			c.Write("audit.tf", test.role)
			c.Must("apply", "-auto-approve")
			client := sts.New(sts.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL())})
			for subject, assumed := range map[string]bool{test.subject: true, test.other: false} {
				_, err := client.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
					RoleArn: aws.String("arn:aws:iam::123456789012:role/audit/identity-audit"), RoleSessionName: aws.String("audit"),
					WebIdentityToken: aws.String(sim.WebIdentityToken(test.issuer, "sts.amazonaws.com", subject, exampleDay.AddDate(0, 0, 1))),
				})
				if (err == nil) != assumed {
					t.Errorf("%s: %v", subject, err)
				}
			}
		})
	}
}

// TestSchedules holds what a security team asks of a schedule: no key, the least permissions, nothing that floats.
func TestSchedules(t *testing.T) {
	t.Parallel()
	gitlab := readYAML[pipeline](t, examples+"audit/gitlab-ci.yml").Audit
	_, version, _ := strings.Cut(gitlab.Image.Name, "hashicorp/terraform:")
	for file, permissions := range map[string]map[string]string{
		"audit/github-actions.yml":        {"contents": "read", "id-token": "write", "security-events": "write"},
		"decommission/github-actions.yml": {"contents": "write", "id-token": "write", "pull-requests": "write"},
	} {
		github := readYAML[workflow](t, examples+file)
		if github.Permissions == nil || len(github.Permissions) > 0 || len(github.Jobs) != 1 {
			t.Errorf("%s permits %v", file, github.Permissions)
		}
		for _, job := range github.Jobs {
			if !maps.Equal(job.Permissions, permissions) {
				t.Errorf("%s permits %v", file, job.Permissions)
			}
			for _, step := range job.Steps {
				if step.Uses != "" && !pinned.MatchString(step.Uses) {
					t.Errorf("%s uses %s, which is not pinned", file, step.Uses)
				}
				if strings.HasPrefix(step.Uses, "hashicorp/setup-terraform@") && step.With["terraform_version"] != version {
					t.Errorf("%s uses Terraform %v and GitLab %s", file, step.With["terraform_version"], version)
				}
				if strings.Contains(step.Run, "${{") {
					t.Errorf("%s has a script that GitHub writes into: %s", file, step.Run)
				}
			}
		}
	}
	for _, file := range []string{"audit/github-actions.yml", "audit/gitlab-ci.yml", "decommission/github-actions.yml"} {
		if text := strings.ToLower(readExample(t, examples+file)); strings.Contains(text, "secret") || strings.Contains(text, "access_key") || strings.Contains(text, "access-key") {
			t.Errorf("%s wants a stored key", file)
		}
	}
}

var pinned = regexp.MustCompile(`^[a-z-]+/[a-z/-]+@[0-9a-f]{40}$`)

// wantSaid fails the test unless an output has these texts, whatever its line breaks.
func wantSaid(t *testing.T, output string, texts ...string) {
	t.Helper()
	said := plain(output)
	for _, text := range texts {
		if !strings.Contains(said, text) {
			t.Errorf("it does not say %q:\n%s", text, output)
		}
	}
}
