package provider_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	shopMailer  = "aws:123456789012:user/shop-mailer"
	legacyMail  = "aws:123456789012:user/legacy-mail"
	listSecrets = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:ListSecrets","Resource":"*"}]}`
)

// awsAs is a configuration of the SDK for somebody's credentials on the simulator.
func awsAs(server *sim.Server, c sim.Credentials) aws.Config {
	return aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL()), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
	}
}

// worksAs tells whether somebody's credentials let it do what the user of the example may.
func worksAs(t *testing.T, server *sim.Server, c sim.Credentials) bool {
	t.Helper()
	_, err := secretsmanager.NewFromConfig(awsAs(server, c)).ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	return err == nil
}

// userSession takes a session with an access key.
func userSession(t *testing.T, server *sim.Server, key sim.Credentials) sim.Credentials {
	t.Helper()
	out, err := sts.NewFromConfig(awsAs(server, key)).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
	if err != nil {
		t.Fatal(err)
	}
	return sim.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}
}

// storedKey is what a client reads from the store of the example.
func storedKey(t *testing.T, server *sim.Server) sim.Credentials {
	t.Helper()
	var key struct {
		ID     string `json:"access_key_id"`
		Secret string `json:"secret_access_key"`
	}
	view, _ := server.Account(sim.DefaultAccount).Secret("eu-west-1", "shop/mailer")
	if err := json.Unmarshal([]byte(view.Value), &key); err != nil {
		t.Fatal(err)
	}
	return sim.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}
}

// record is a line of incidents.yaml.
func record(server *sim.Server, id, identity, action string) string {
	return fmt.Sprintf("%q:\n  identity: %q\n  action: %s\n  ticket: SEC-2211\n  what: In a public repository\n  sessions_until: %q\n",
		id, identity, action, server.Clock().Now().Add(4*time.Minute).UTC().Format(time.RFC3339))
}

// newIncident is the example, applied before anything has leaked, and a user that nobody governs with its key.
func newIncident(t *testing.T) (server *sim.Server, c *acctest.CLI, legacy sim.Credentials) {
	t.Helper()
	server = acctest.NewSim(t, sim.WithClock(exampleDay))
	legacy = server.Account(sim.DefaultAccount).PutUser(sim.User{Name: "legacy-mail", InlinePolicies: map[string]string{"work": listSecrets}, AccessKeys: []sim.AccessKey{{}}})[0]
	c = acctest.NewCLI(t, server)
	c.WriteExample(server, examples+"incident", "incident")
	c.Write("incident/terraform.tfvars", "actions = [\"secretsmanager:ListSecrets\"]\n")
	c.Must("-chdir=incident", "init")
	c.Must("-chdir=incident", "apply", "-auto-approve")
	return server, c, legacy
}

// TestSimIncidentExample plays a night on which two keys have leaked: whose they are, and one apply after which neither they nor
// the sessions that were taken with them work, while the one that is governed has a successor and the other's user is locked.
func TestSimIncidentExample(t *testing.T) {
	t.Parallel()
	server, c, legacy := newIncident(t)
	terraform := func(arguments ...string) string {
		t.Helper()
		return c.Must(append([]string{"-chdir=incident"}, arguments...)...)
	}
	leaked := storedKey(t, server)
	sessions := []sim.Credentials{userSession(t, server, leaked), userSession(t, server, legacy)}
	want := func(works bool, of ...sim.Credentials) {
		t.Helper()
		for _, one := range of {
			if worksAs(t, server, one) != works {
				t.Errorf("%s works: %t", one.AccessKeyID, !works)
			}
		}
	}
	want(true, append(sessions, leaked, legacy)...)
	server.Clock().Advance(time.Minute)

	// Whose are they? The plan changes nothing.
	for id, whose := range map[string]string{leaked.AccessKeyID: shopMailer, legacy.AccessKeyID: legacyMail} {
		server.ResetCalls()
		wantSaid(t, terraform("plan", "-var=find="+id), whose, "# Non-human identities", "You can apply this plan to save these new output values")
	}

	// One reviewed change, and one apply.
	c.Write("incident/incidents.yaml", record(server, leaked.AccessKeyID, shopMailer, "rotate")+record(server, legacy.AccessKeyID, legacyMail, "quarantine"))
	wantSaid(t, terraform("plan", "-out=plan"), "Plan: 1 to add, 2 to change, 0 to destroy.",
		"Leaked credential is revoked: "+leaked.AccessKeyID, leaked.AccessKeyID+" has leaked (leaked_ids)", "Identity will be quarantined: "+legacyMail)
	terraform("apply", "plan")
	current := storedKey(t, server)
	want(false, append(sessions, leaked, legacy)...)
	want(true, current)
	user, _ := server.Account(sim.DefaultAccount).User("shop-mailer")
	if len(user.AccessKeys) != 1 || user.AccessKeys[0].ID != current.AccessKeyID || user.Tags["nhi:ticket"] != "SEC-2211" {
		t.Errorf("the user is %+v", user)
	}

	// It is documented, without a secret, and done.
	now := server.Clock().Now().UTC().Format(time.RFC3339)
	report := terraform("output", "-raw", "report")
	for _, text := range []string{
		"## " + leaked.AccessKeyID, "| identity | `" + shopMailer + "` |", "| ticket | SEC-2211 |", "| revoked at | " + now + " |", "| replaced by | `" + current.AccessKeyID + "`, made at " + now,
		"## " + legacy.AccessKeyID, "| identity | `" + legacyMail + "` |", "| in quarantine since | " + now,
	} {
		if !strings.Contains(report, text) {
			t.Errorf("the report does not say %q:\n%s", text, report)
		}
	}
	for _, secret := range server.Secrets() {
		if strings.Contains(report+c.Read("incident/terraform.tfstate"), secret) {
			t.Error("a secret is in the report or in the state")
		}
	}
	server.Clock().Advance(5 * time.Minute)
	wantSaid(t, terraform("plan"), "No changes.")
	want(true, userSession(t, server, current))
	want(false, append(sessions, leaked, legacy)...)
}

// TestSimIncidentRecords plans records that would leave what has leaked as it is.
func TestSimIncidentRecords(t *testing.T) {
	t.Parallel()
	server, c, legacy := newIncident(t)
	elsewhere := server.Account("210987654321").PutUser(sim.User{Name: "shop-mailer", AccessKeys: []sim.AccessKey{{}}})[0].AccessKeyID
	leaked := storedKey(t, server)
	for name, test := range map[string]struct{ record, says string }{
		"nobody's key":           {record(server, "AKIAIOSFODNN7EXAMPLE", shopMailer, "rotate"), shopMailer + " has no credential AKIAIOSFODNN7EXAMPLE, so nothing would be revoked."},
		"nobody's, quarantined":  {record(server, "AKIAIOSFODNN7EXAMPLE", legacyMail, "quarantine"), "AKIAIOSFODNN7EXAMPLE: it is a credential of none of the"},
		"another account's":      {record(server, elsewhere, "aws:210987654321:user/shop-mailer", "quarantine"), elsewhere + ": it is a credential of none of the"},
		"another account's name": {record(server, elsewhere, "aws:210987654321:user/shop-mailer", "rotate"), shopMailer + " has no credential " + elsewhere},
		"another user's":         {record(server, legacy.AccessKeyID, shopMailer, "rotate"), "has no credential " + legacy.AccessKeyID},
		"another's, quarantined": {record(server, leaked.AccessKeyID, legacyMail, "quarantine"), leaked.AccessKeyID + " is a key of " + shopMailer + ", and not of " + legacyMail + "."},
		"nobody governs it":      {record(server, legacy.AccessKeyID, legacyMail, "rotate"), "nothing would be done about " + legacy.AccessKeyID},
		"no such action":         {record(server, leaked.AccessKeyID, shopMailer, "ignore"), "nothing would be done about " + leaked.AccessKeyID},
		"far ahead":              {strings.Replace(record(server, leaked.AccessKeyID, shopMailer, "rotate"), "2026-11-22T12", "2026-11-22T13", 1), "which is still to come"},
	} {
		c.Write("incident/incidents.yaml", test.record)
		output, ok := c.Run("-chdir=incident", "plan")
		if ok {
			t.Errorf("%s: the plan goes through:\n%s", name, output)
		}
		wantSaid(t, output, test.says)
	}
	c.Write("incident/incidents.yaml", "{}\n")
	if output, ok := c.Run("-chdir=incident", "plan", "-var=find="+elsewhere); ok || !strings.Contains(plain(output), "aws sts get-access-key-info tells the account") {
		t.Errorf("a key of another account is found:\n%s", output)
	}
	if !worksAs(t, server, leaked) {
		t.Error("a plan has revoked a key")
	}
}
