package credential_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	typeName = "governed_credential"
	region   = "eu-west-1"

	mailer     = "aws:123456789012:user/mailer"
	secretName = "mailer/smtp"
	secretID   = mailer + "#aws_secrets_manager:" + secretName

	parameterName = "/mailer/smtp"
	parameterID   = mailer + "#aws_ssm_parameter:" + parameterName

	justification = "The vendor's mail relay takes an access key only; OIDC is on its roadmap"

	listUsers = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]}`
)

// newSim is a simulator with a governed user whose expiry is 300 days ahead.
func newSim(t *testing.T) *sim.Server {
	t.Helper()
	server := acctest.NewSim(t)
	putMailer(server)
	return server
}

func putMailer(server *sim.Server) {
	account(server).PutUser(sim.User{
		Name: "mailer", InlinePolicies: map[string]string{"list": listUsers}, Tags: map[string]string{
			"nhi:owner": "mail", "nhi:purpose": "Sends the receipts of the shop", "nhi:expiry": acctest.Date(server, 300), "nhi:managed_by": "terraform-provider-governed",
		},
	})
}

// account is the simulator's default account.
func account(server *sim.Server) *sim.Account { return server.Account(sim.DefaultAccount) }

// inSecretsManager is a whole configuration of the resource.
func inSecretsManager(server *sim.Server) acctest.Values {
	return acctest.Values{
		"identity": mailer, "justification": justification, "expiry": acctest.Date(server, 180),
		"rotate_after_days": 60, "overlap_hours": 48, "store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": secretName}},
	}
}

func inParameterStore(server *sim.Server) acctest.Values {
	return inSecretsManager(server).With(acctest.Values{"store": acctest.Values{"aws_ssm_parameter": acctest.Values{"name": parameterName}}})
}

// stores are the same configuration with each store, and how to read what is there.
func stores(server *sim.Server) map[string]struct {
	id     string
	config acctest.Values
	read   func(testing.TB) document
} {
	type store = struct {
		id     string
		config acctest.Values
		read   func(testing.TB) document
	}
	return map[string]store{
		"secrets manager": {secretID, inSecretsManager(server), func(t testing.TB) document {
			t.Helper()
			view, _ := account(server).Secret(region, secretName)
			return parse(t, view.Value)
		}},
		"parameter store": {parameterID, inParameterStore(server), func(t testing.TB) document {
			t.Helper()
			view, _ := account(server).Parameter(region, parameterName)
			return parse(t, view.Value)
		}},
	}
}

// document is what a client reads from the store.
type document struct {
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
	SMTPPassword    string `json:"ses_smtp_password"`
	CreatedAt       string `json:"created_at"`
	ExpiresAt       string `json:"expires_at"`
}

func parse(t testing.TB, text string) document {
	t.Helper()
	var d document
	if text == "" {
		return d
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("the store has %q: %s", text, err)
	}
	return d
}

// keys are the user's access keys: the id, and whether it is active.
func keys(t testing.TB, server *sim.Server) map[string]bool {
	t.Helper()
	view, ok := account(server).User("mailer")
	if !ok {
		t.Fatal("there is no user")
	}
	found := map[string]bool{}
	for _, key := range view.AccessKeys {
		found[key.ID] = key.Active
	}
	return found
}

// wantKeys fails the test unless the user has exactly these keys, all active.
func wantKeys(t testing.TB, server *sim.Server, ids ...string) {
	t.Helper()
	found := keys(t, server)
	for id, active := range found {
		if !slices.Contains(ids, id) || !active {
			t.Errorf("the keys are %v, not %v", found, ids)
			return
		}
	}
	if len(found) != len(ids) {
		t.Errorf("the keys are %v, not %v", found, ids)
	}
}

// use signs a request as the client does.
func use(t testing.TB, server *sim.Server, d document, allowed bool) {
	t.Helper()
	_, err := acctest.NewIAM(server.URL(), d.AccessKeyID, d.SecretAccessKey).ListUsers(t.Context(), &iam.ListUsersInput{MaxItems: aws.Int32(1)})
	if (err == nil) != allowed {
		t.Errorf("the key %s works: %t (%v), should be %t", d.AccessKeyID, err == nil, err, allowed)
	}
}

// wantNothingLeft fails the test when anything of a credential has survived it.
func wantNothingLeft(t testing.TB, server *sim.Server) {
	t.Helper()
	view, _ := account(server).User("mailer")
	var left []string
	for _, key := range view.AccessKeys {
		left = append(left, key.ID)
	}
	for tag := range view.Tags {
		if strings.HasPrefix(tag, "AKIA") || tag == "nhi:issuing" {
			left = append(left, "tag "+tag)
		}
	}
	for _, name := range account(server).Secrets(region) {
		if secret, _ := account(server).Secret(region, name); secret.DeletionDate.IsZero() {
			left = append(left, "secret "+name)
		}
	}
	left = append(left, account(server).Parameters(region, "/")...)
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// text is a value of the state as text.
func text(r *acctest.Resource, steps ...string) string {
	value, _ := r.State(steps...).(string)
	return value
}

// impatient is a provider that tries a call twice at most.
func impatient(t *testing.T, server *sim.Server) *acctest.Protocol {
	t.Helper()
	p := acctest.NewProtocol(t, server)
	p.Configure(acctest.Values{"aws": acctest.AWSArgument(server.URL()).With(acctest.Values{"max_retries": 1})}).Want(t)
	return p
}

// attempt is one run of Terraform: a refresh, a plan and an apply. Its diagnostics do not matter.
func attempt(r *acctest.Resource, config acctest.Values) {
	if r.Exists() {
		r.Refresh()
	}
	if r.Exists() || config != nil {
		r.ApplyOnce(config)
	}
}

// wantConverged fails the test unless a further run finds everything in order: the store gives out a key that works, no
// other key is there but one within its overlap, no note of an interruption, nothing to do.
func wantConverged(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values, read func(testing.TB) document) {
	t.Helper()
	wantSettled(t, r, config)
	d := read(t)
	use(t, server, d, true)
	acctest.WantSame(t, "credential_id", r.State("credential_id"), d.AccessKeyID)
	ids := []string{d.AccessKeyID}
	if previous := text(r, "previous_credential_id"); previous != "" {
		ids = append(ids, previous)
	}
	wantKeys(t, server, ids...)
	view, _ := account(server).User("mailer")
	if note, left := view.Tags["nhi:issuing"]; left {
		t.Errorf("the note %q was left behind", note)
	}
	for _, id := range ids {
		if view.Tags[id] == "" {
			t.Errorf("the key %s has no note of its store", id)
		}
	}
}
