package awssession_test

import (
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func TestSimSessionBounds(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	end := server.Clock().Now().Truncate(time.Second).Add(3 * time.Hour)
	p.Resource("governed_service_identity").Apply(governedRole(server, trust("sts:AssumeRole")).With(acctest.Values{"expiry": end.UTC().Format(time.RFC3339)})).Want(t, "warning expiry: Identity expires soon")
	config := acctest.Values{"identity": roleID, "duration_seconds": 7200}
	_, diags := p.Open(typeName, config.With(acctest.Values{"duration_seconds": 7201}))
	diags.Want(t, "error duration_seconds: Session would be too long…duration_seconds is 7201, and the role's own maximum is 7200…Write 7200 or less, or raise max_session_duration")
	_, diags = p.Open(typeName, config)
	diags.Want(t)

	server.Clock().Set(end.Add(-time.Hour))
	opened, diags := p.Open(typeName, config)
	diags.Want(t, "warning duration_seconds: Session is cut down to the expiry of its role…so the session lasts 3600 seconds and not 7200. Renew the role if its work goes on.")
	acctest.WantSame(t, "expires_at", opened.Value("expires_at"), end.UTC().Format(time.RFC3339))

	server.Clock().Set(end.Add(-14 * time.Minute))
	_, diags = p.Open(typeName, config)
	diags.Want(t, "error identity: Role expires too soon for a session…in 14m0s, and the shortest session that AWS gives lasts 15 minutes: it would outlive the identity.…Renew it by a later expiry")

	server.Clock().Set(end)
	_, diags = p.Open(typeName, config)
	diags.Want(t, "error identity: Role expires too soon for a session…the identity expired at…Renew it")
}

func TestSimSessionOfOthers(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	server.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "stray", TrustPolicy: trust("sts:AssumeRole")})
	for identity, want := range map[string]string{
		"aws:" + sim.DefaultAccount + ":role/stray":         "error identity: Role is not governed…id = \"aws:" + sim.DefaultAccount + ":role/stray\"",
		"aws:" + sim.DefaultAccount + ":role/gone":          "error identity: Role does not exist…the account " + sim.DefaultAccount + " has no role called gone. Check the account, the path and the name.…Where the same configuration makes it, refer to the id of its governed_service_identity",
		"aws:" + sim.DefaultAccount + ":role/wrong/stray":   "error identity: Role does not exist…there is no aws:" + sim.DefaultAccount + ":role/wrong/stray, but there is aws:" + sim.DefaultAccount + ":role/stray. Write that id if it is meant: an id has the path, and the letters in their case.",
		"aws:999999999999:role/stray":                       "error identity: Role cannot be read…but the provider's credentials belong to account " + sim.DefaultAccount,
		"aws:" + sim.DefaultAccount + ":user/mailer":        "error identity: Identity is no role…of the kind aws_user",
		"arn:aws:iam::" + sim.DefaultAccount + ":user/some": "error identity: Identity is no role",
		"stray": `error identity: Identity is no role…"stray" is not a canonical identity id: it has no platform in front of a colon. Write the id of a role (aws:<account>:role/<path><name>) or its ARN.`,
		"arn:aws:sts::" + sim.DefaultAccount + ":assumed-role/stray/me": `error identity: Identity is no role…it is the ARN of a session, which the role "stray" is behind: the id of that has its path too. Write the id of a role`,
	} {
		_, diags := p.Open(typeName, acctest.Values{"identity": identity})
		diags.Want(t, want)
	}
}

func TestSimSessionArguments(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	config := acctest.Values{"identity": roleID}
	for name, test := range map[string]struct {
		further acctest.Values
		wants   []string
	}{
		"too short":           {acctest.Values{"duration_seconds": 899}, []string{"error duration_seconds: Invalid Attribute Value"}},
		"bad name":            {acctest.Values{"session_name": "a b"}, []string{"error session_name: Invalid Attribute Value Match"}},
		"tokens":              {acctest.Values{"web_identity": acctest.Values{"token": "a", "token_file": "b"}}, []string{"error web_identity.token: Invalid Attribute Combination"}},
		"no token":            {acctest.Values{"web_identity": acctest.Values{}}, []string{"error web_identity.token: Invalid Attribute Combination"}},
		"identity of a token": {acctest.Values{"web_identity": acctest.Values{"token": "a"}, "source_identity": "me"}, []string{"error source_identity: Invalid Attribute Combination"}},
	} {
		_, diags := p.Open(typeName, config.With(test.further))
		t.Log(name)
		diags.Want(t, test.wants...)
	}
	unconfigured := acctest.NewProtocol(t, server)
	unconfigured.Configure(acctest.Values{}).Want(t)
	_, diags := unconfigured.Open(typeName, config)
	diags.Want(t, "error identity: AWS is not configured")
}

// A role in quarantine gives no sessions, and who asks for one is told why.
func TestSimSessionOfQuarantined(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	governed(t, p, server, trust("sts:AssumeRole"))
	quarantine := p.Resource("governed_quarantine")
	quarantine.Apply(acctest.Values{"identity": roleID, "reason": "Leaked on a Friday", "ticket": "SEC-1234"}).Want(t, "warning identity: Identity will be quarantined")
	_, diags := p.Open(typeName, acctest.Values{"identity": roleID})
	diags.Want(t, "error identity: Role is in quarantine…the role is in quarantine since "+server.Clock().Now().UTC().Format(time.RFC3339)+
		`, for the reason "Leaked on a Friday" (SEC-1234). Nobody can assume it until that is released: remove its governed_quarantine, if it is needed after all.`)
	quarantine.Apply(nil).Want(t)
	_, diags = p.Open(typeName, acctest.Values{"identity": roleID})
	diags.Want(t)
}

// A session that cannot be revoked is an error: it goes on, although somebody relies on its end.
func TestSimSessionCloseRefused(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	governed(t, acctest.NewConfiguredProtocol(t, server, nil), server, trust("sts:AssumeRole"))
	who := acctest.NewDeployer(server, allowing(`["iam:GetRole","iam:ListRolePolicies","sts:AssumeRole"]`))
	opened, diags := who.Protocol(t, nil).Open(typeName, acctest.Values{"identity": roleID, "revoke_on_close": true})
	diags.Want(t)
	opened.Close().Want(t, "error : Session is not revoked…lack the permission iam:PutRolePolicy…therefore goes on until…governed_revoke_sessions")
	wantAllowed(t, session(server, opened), true)
}

// A lost answer and a throttled call are tried again, as all calls are.
func TestSimSessionFaults(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	governed(t, p, server, trust("sts:AssumeRole"))
	for _, fault := range []sim.Fault{
		{Action: "AssumeRole", Nth: 1, Kind: sim.FaultThrottling}, {Action: "AssumeRole", Nth: 1, Kind: sim.FaultDropAfter}, {Action: "GetRole", Nth: 1, Kind: sim.FaultDropBefore},
	} {
		server.InjectFault(fault)
		opened, diags := p.Open(typeName, acctest.Values{"identity": roleID})
		diags.Want(t)
		wantAllowed(t, session(server, opened), true)
	}
}
