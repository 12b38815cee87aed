package revokesessions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	typeName = "governed_revoke_sessions"
	roleID   = "aws:" + sim.DefaultAccount + ":role/export"
	revoked  = "governed-revoked-sessions"
	reader   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]}`
	trust    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + sim.DefaultAccount + `:root"},"Action":"sts:AssumeRole"}]}`
)

func governedRole(server *sim.Server) acctest.Values {
	return acctest.Values{
		"name": "export", "owner": "payments", "purpose": "Nightly export of invoices to the data lake", "expiry": acctest.Date(server, 90),
		"aws_role": acctest.Values{"assume_role_policy": trust, "inline_policies": acctest.Values{"list": reader}},
	}
}

// session takes a session of the role.
func session(t *testing.T, p *acctest.Protocol, server *sim.Server) *iam.Client {
	t.Helper()
	opened, diags := p.Open("governed_aws_session", acctest.Values{"identity": roleID})
	diags.Want(t)
	return iam.New(iam.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(opened.Text("access_key_id"), opened.Text("secret_access_key"), opened.Text("session_token")),
	})
}

func wantAllowed(t *testing.T, what string, client *iam.Client, allowed bool) {
	t.Helper()
	if _, err := client.ListUsers(t.Context(), &iam.ListUsersInput{}); (err == nil) != allowed {
		t.Errorf("%s: iam:ListUsers: %v", what, err)
	}
}

func policies(t *testing.T, server *sim.Server) map[string]string {
	t.Helper()
	view, ok := server.Account(sim.DefaultAccount).Role("export")
	if !ok {
		t.Fatal("there is no role")
	}
	return view.InlinePolicies
}

func TestSimRevokeSessions(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	role := p.Resource("governed_service_identity")
	role.Apply(governedRole(server)).Want(t)
	old := session(t, p, server)
	wantAllowed(t, "before", old, true)
	progress, diags := p.Invoke(typeName, acctest.Values{"identity": roleID})
	diags.Want(t)
	if len(progress) != 2 || !strings.HasPrefix(progress[0], "Denying everything to the sessions of "+roleID) || !strings.HasPrefix(progress[1], "Sessions issued before") {
		t.Errorf("it said %q", progress)
	}
	server.Clock().Advance(time.Minute)
	wantAllowed(t, "an old session", old, false)
	wantAllowed(t, "a new session", session(t, p, server), true)

	// An earlier instant widens nothing, and the same one writes nothing.
	server.ResetCalls()
	progress, diags = p.Invoke(typeName, acctest.Values{"identity": "arn:aws:iam::" + sim.DefaultAccount + ":role/export", "issued_before": "2020-01-01T00:00:00Z"})
	diags.Want(t)
	if len(progress) != 1 || !strings.HasPrefix(progress[0], "Sessions issued before") {
		t.Errorf("it said %q", progress)
	}
	acctest.WantWrites(t, server)

	// It is no drift, an apply leaves it, and it goes with the role.
	again := role.Under(acctest.NewConfiguredProtocol(t, server, nil))
	again.Refresh().Want(t)
	again.Plan(governedRole(server)).Want(t)
	if again.Changes() {
		t.Error("what the action has written shows as drift")
	}
	again.Apply(governedRole(server).With(acctest.Values{"purpose": "Hourly export of invoices to the data lake"})).Want(t)
	wantAllowed(t, "an old session after an apply", old, false)
	if _, there := policies(t, server)[revoked]; !there {
		t.Error("an apply has taken the denial away")
	}
	again.Apply(nil).Want(t)
}

func TestSimRevokeSessionsByArgument(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	role, config := p.Resource("governed_service_identity"), governedRole(server)
	with := func(instant any) acctest.Values {
		nested, _ := config["aws_role"].(acctest.Values)
		return config.With(acctest.Values{"aws_role": nested.With(acctest.Values{"sessions_valid_after": instant})})
	}
	role.Apply(config).Want(t)
	old := session(t, p, server)
	server.Clock().Advance(time.Minute)
	now := server.Clock().Now().UTC()
	role.Apply(with(now.Format(time.RFC3339))).Want(t)
	wantAllowed(t, "an old session", old, false)
	server.Clock().Advance(time.Minute)
	wantAllowed(t, "a new session", session(t, p, server), true)

	// In another zone it is the same instant. Somebody who takes the denial away shows.
	elsewhere := now.In(time.FixedZone("", 3600)).Format(time.RFC3339)
	role.Apply(with(elsewhere)).Want(t)
	role = role.Under(acctest.NewConfiguredProtocol(t, server, nil))
	role.Refresh().Want(t)
	acctest.WantSame(t, "sessions_valid_after", role.State("aws_role", "sessions_valid_after"), elsewhere)
	if _, err := acctest.IAM(server).DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String("export"), PolicyName: aws.String("governed-sessions")}); err != nil {
		t.Fatal(err)
	}
	role = role.Under(acctest.NewConfiguredProtocol(t, server, nil))
	role.Refresh().Want(t)
	acctest.WantSame(t, "sessions_valid_after", role.State("aws_role", "sessions_valid_after"), nil)
	role.Apply(with(elsewhere)).Want(t)
	wantAllowed(t, "an old session", old, false)

	// The action's denial is another policy, and stays when the argument goes.
	_, diags := p.Invoke(typeName, acctest.Values{"identity": roleID})
	diags.Want(t)
	role.Apply(config).Want(t)
	wantAllowed(t, "an old session without the argument", old, false)
	if _, there := policies(t, server)["governed-sessions"]; there {
		t.Error("the argument's policy is still there")
	}

	role.Plan(with(now.Add(time.Hour).Format(time.RFC3339))).Want(t, "error aws_role.sessions_valid_after: The platform would refuse this…which is still to come…Write the time at which the sessions became suspect")
	role.Plan(with("yesterday")).Want(t, "error aws_role.sessions_valid_after: Time is malformed")
	role.Plan(config.With(acctest.Values{"aws_role": acctest.Values{"assume_role_policy": trust, "inline_policies": acctest.Values{"governed-sessions": reader}}})).
		Want(t, "error aws_role.inline_policies[\"governed-sessions\"]: The platform would refuse this…is taken by the policies that end sessions")
	role.Apply(nil).Want(t)
}

// A policy that only has the name is nobody's secret way in.
func TestSimRevokeSessionsImpostor(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	role := p.Resource("governed_service_identity")
	role.Apply(governedRole(server)).Want(t)
	for _, name := range []string{"governed-sessions", revoked, "governed-closed-session-0a1b2c3d"} {
		if _, err := acctest.IAM(server).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("export"), PolicyName: &name, PolicyDocument: aws.String(reader)}); err != nil {
			t.Fatal(err)
		}
	}
	role = role.Under(acctest.NewConfiguredProtocol(t, server, nil))
	role.Refresh().Want(t)
	shown, _ := role.State("aws_role", "inline_policies").(acctest.Values)
	acctest.WantSame(t, "inline policies shown", len(shown), 4)
	role.Apply(governedRole(server)).Want(t)
	acctest.WantSame(t, "inline policies left", len(policies(t, server)), 2)
}

func TestSimRevokeSessionsOfUser(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	user := p.Resource("governed_service_identity")
	config := acctest.Values{
		"name": "mailer", "owner": "payments", "purpose": "Sending of invoices by mail", "expiry": acctest.Date(server, 90),
		"aws_user": acctest.Values{"sessions_valid_after": server.Clock().Now().UTC().Format(time.RFC3339)},
	}
	user.Apply(config).Want(t)
	progress, diags := p.Invoke(typeName, acctest.Values{"identity": "aws:" + sim.DefaultAccount + ":user/mailer"})
	diags.Want(t)
	acctest.WantSame(t, "messages", len(progress), 3)
	view, _ := server.Account(sim.DefaultAccount).User("mailer")
	acctest.WantSame(t, "inline policies", len(view.InlinePolicies), 3)
	user = user.Under(acctest.NewConfiguredProtocol(t, server, nil))
	user.Refresh().Want(t)
	user.Plan(config).Want(t)
	if user.Changes() {
		t.Error("the user shows drift")
	}
	user.Apply(nil).Want(t)
}

func TestSimRevokeSessionsRefused(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	server.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "stray"})
	for _, test := range []struct {
		config acctest.Values
		want   string
	}{
		{acctest.Values{"identity": "aws:" + sim.DefaultAccount + ":role/gone"}, "error identity: Identity does not exist"},
		{acctest.Values{"identity": "aws:" + sim.DefaultAccount + ":role/path/stray"}, "error identity: Identity does not exist…there is no aws:" + sim.DefaultAccount + ":role/path/stray, but there is aws:" + sim.DefaultAccount + ":role/stray. Write that id if it is meant: an id has the path, and the letters in their case."},
		{acctest.Values{"identity": "aws:" + sim.DefaultAccount + ":user/gone"}, "error identity: Identity does not exist"},
		{acctest.Values{"identity": "stray"}, "error identity: Sessions cannot be revoked…is not a canonical identity id"},
		{acctest.Values{"identity": "aws:" + sim.DefaultAccount + ":role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"}, "error identity: Sessions cannot be revoked…service-linked"},
		{acctest.Values{"identity": "entra:3f1a9c52-7d04-4e6b-9a58-c2d1e0f4b7a6:application/6b2e8d14-90c7-4f35-8a1d-57e3c0b9f2d8"}, "error identity: Sessions cannot be revoked…whose tokens nobody can revoke…quarantine"},
		{acctest.Values{"identity": "aws:" + sim.DefaultAccount + ":role/stray", "issued_before": server.Clock().Now().Add(time.Hour).UTC().Format(time.RFC3339)}, "error issued_before: Time is still to come"},
		{acctest.Values{"identity": "aws:" + sim.DefaultAccount + ":role/stray", "issued_before": "noon"}, "error issued_before: Time is malformed"},
	} {
		_, diags := p.Invoke(typeName, test.config)
		diags.Want(t, test.want)
	}
}

// Where no room is left, nothing is changed, and it says so.
func TestSimRevokeSessionsQuota(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	long := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":%q,"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`, strings.Repeat("a", 10050))
	server.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "full", InlinePolicies: map[string]string{"long": long}})
	_, diags := p.Invoke(typeName, acctest.Values{"identity": "aws:" + sim.DefaultAccount + ":role/full"})
	diags.Want(t, "error identity: Sessions cannot be revoked…leave no room for the…Nothing was changed, and the sessions go on…Take an inline policy off it")
}

// The plan counts the policy for the argument.
func TestSimRevokeSessionsArgumentQuota(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	long := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":%q,"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::invoices/*"}]}`, strings.Repeat("a", 9900))
	nested := acctest.Values{"assume_role_policy": trust, "inline_policies": acctest.Values{"long": long}}
	config := governedRole(server).With(acctest.Values{"aws_role": nested})
	role := acctest.NewConfiguredProtocol(t, server, nil).Resource("governed_service_identity")
	role.Apply(config).Want(t)
	role.Plan(config.With(acctest.Values{"aws_role": nested.With(acctest.Values{"sessions_valid_after": "2020-01-01T00:00:00Z"})})).
		Want(t, "error aws_role.inline_policies: The platform would refuse this…and governed-sessions, which is for sessions_valid_after,…more than the quota of 10240")
}

// Terraform does not lock itself out.
func TestSimRevokeSessionsOfItself(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	all := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*"],"Resource":"*"}]}`
	server.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "export", TrustPolicy: trust, InlinePolicies: map[string]string{"all": all}, Tags: map[string]string{
		"nhi:owner": "payments", "nhi:purpose": "Nightly export of invoices", "nhi:expiry": acctest.Date(server, 90), "nhi:managed_by": "terraform-provider-governed",
	}})
	opened, diags := p.Open("governed_aws_session", acctest.Values{"identity": roleID})
	diags.Want(t)
	itself := acctest.NewProtocol(t, server)
	itself.Configure(acctest.Values{"aws": acctest.AWSArgument(server.URL()).With(acctest.Values{"session": acctest.Values{
		"access_key_id": opened.Text("access_key_id"), "secret_access_key": opened.Text("secret_access_key"), "session_token": opened.Text("session_token"),
	}})}).Want(t)
	_, diags = itself.Invoke(typeName, acctest.Values{"identity": roleID})
	diags.Want(t, "error identity: Sessions cannot be revoked…Terraform itself runs as a session of this role")

	// What it opens is chained, for an hour at most.
	server.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "other", TrustPolicy: trust, MaxSessionSeconds: 7200, Tags: map[string]string{
		"nhi:owner": "payments", "nhi:purpose": "Nightly export of invoices", "nhi:expiry": acctest.Date(server, 90), "nhi:managed_by": "terraform-provider-governed",
	}})
	_, diags = itself.Open("governed_aws_session", acctest.Values{"identity": "aws:" + sim.DefaultAccount + ":role/other", "duration_seconds": 3601})
	diags.Want(t, "error duration_seconds: Session would be too long…role chaining")
}
