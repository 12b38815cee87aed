package awssession_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func TestSimSession(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	governed(t, p, server, trust("sts:AssumeRole"))
	for _, identity := range []string{roleID, roleARN} {
		opened, diags := p.Open(typeName, acctest.Values{"identity": identity})
		diags.Want(t)
		acctest.WantSame(t, "session_name", opened.Value("session_name"), "P-yments-team,Nightly-export-of-invoices-EU-to-the-data-lake")
		acctest.WantSame(t, "arn", opened.Value("arn"), "arn:aws:sts::"+sim.DefaultAccount+":assumed-role/export/P-yments-team,Nightly-export-of-invoices-EU-to-the-data-lake")
		acctest.WantSame(t, "source_identity", opened.Value("source_identity"), nil)
		acctest.WantSame(t, "expires_at", opened.Value("expires_at"), server.Clock().Now().Add(time.Hour).UTC().Format(time.RFC3339))
		wantAllowed(t, session(server, opened), true)
		opened.Close().Want(t)
		wantAllowed(t, session(server, opened), true)
	}
}

// What the trust policy lets somebody set, the session has without being asked for.
func TestSimSessionSourceIdentity(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	governed(t, p, server, trust("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"))
	opened, diags := p.Open(typeName, acctest.Values{"identity": roleID, "tags": acctest.Values{"run": "4711"}})
	diags.Want(t)
	acctest.WantSame(t, "source_identity", opened.Value("source_identity"), "P-yments-team")
	opened, diags = p.Open(typeName, acctest.Values{"identity": roleID, "source_identity": "ada@contoso.example", "session_name": "export-4711"})
	diags.Want(t)
	acctest.WantSame(t, "source_identity", opened.Value("source_identity"), "ada@contoso.example")
	acctest.WantSame(t, "session_name", opened.Value("session_name"), "export-4711")
}

func TestSimSessionPolicy(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	governed(t, p, server, trust("sts:AssumeRole"))
	only := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}]}`
	opened, diags := p.Open(typeName, acctest.Values{"identity": roleID, "policy": only})
	diags.Want(t)
	wantAllowed(t, session(server, opened), false)
	opened, diags = p.Open(typeName, acctest.Values{"identity": roleID, "policy_arns": []string{"arn:aws:iam::aws:policy/IAMReadOnlyAccess"}})
	diags.Want(t)
	wantAllowed(t, session(server, opened), true)
	_, diags = p.Open(typeName, acctest.Values{"identity": roleID, "policy": "{}"})
	diags.Want(t, "error policy: Session cannot be opened…sts:AssumeRole was refused with MalformedPolicyDocument…Write an identity policy as JSON")
}

func TestSimSessionWebIdentity(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	const issuer = "https://token.actions.githubusercontent.com"
	provider := server.Account(sim.DefaultAccount).PutOIDCProvider(issuer, []string{"sts.amazonaws.com"}, nil)
	governed(t, p, server, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"`+provider+`"},"Action":"sts:AssumeRoleWithWebIdentity",
		"Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub":"repo:acme/export:ref:refs/heads/main"}}}]}`)
	token := sim.WebIdentityToken(issuer, "sts.amazonaws.com", "repo:acme/export:ref:refs/heads/main", server.Clock().Now().Add(5*time.Minute))
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, identity := range []acctest.Values{{"token": token}, {"token_file": file}} {
		opened, diags := p.Open(typeName, acctest.Values{"identity": roleID, "web_identity": identity, "duration_seconds": 900})
		diags.Want(t)
		wantAllowed(t, session(server, opened), true)
	}
	server.Clock().Advance(time.Hour)
	_, diags := p.Open(typeName, acctest.Values{"identity": roleID, "web_identity": acctest.Values{"token": token}})
	diags.Want(t, "error web_identity: Session cannot be opened…ExpiredTokenException…Get a new token")
	_, diags = p.Open(typeName, acctest.Values{"identity": roleID, "web_identity": acctest.Values{"token": "none"}})
	diags.Want(t, "error web_identity: Session cannot be opened…InvalidIdentityToken…Give a token of an issuer")
	_, diags = p.Open(typeName, acctest.Values{"identity": roleID, "web_identity": acctest.Values{"token_file": file + ".gone"}})
	diags.Want(t, "error web_identity.token_file: Token cannot be read…Name a file")
}

func TestSimSessionClose(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	role := governed(t, p, server, trust("sts:AssumeRole"))
	config := acctest.Values{"identity": roleID, "revoke_on_close": true, "duration_seconds": 3600}
	closed, diags := p.Open(typeName, config)
	diags.Want(t)
	other, diags := p.Open(typeName, config)
	diags.Want(t)
	name := closed.Text("session_name")
	if !strings.HasPrefix(name, "P-yments-team,Nightly-export") || len(name) > 64 || name == other.Text("session_name") {
		t.Errorf("the session is called %q, and the other one %q", name, other.Text("session_name"))
	}
	for _, secret := range []string{"secret_access_key", "session_token"} {
		if strings.Contains(closed.Private(), closed.Text(secret)) {
			t.Errorf("what Terraform keeps has the %s", secret)
		}
	}
	closed.Close().Want(t)
	wantAllowed(t, session(server, closed), false)
	wantAllowed(t, session(server, other), true)

	// What denies it is no drift, and goes with a session that is closed after its end.
	again := acctest.NewConfiguredProtocol(t, server, nil)
	role = role.Under(again)
	role.Refresh().Want(t)
	policies := func() int { return len(policyNames(t, server)) }
	acctest.WantSame(t, "policies", policies(), 3)
	server.Clock().Advance(2 * time.Hour)
	other.Close().Want(t)
	acctest.WantSame(t, "policies after the end of the first session", policies(), 3)
	role.Apply(nil).Want(t)
	other.Close().Want(t)
}

// policyNames are those of the role's inline policies.
func policyNames(t *testing.T, server *sim.Server) (names []string) {
	t.Helper()
	view, ok := server.Account(sim.DefaultAccount).Role("export")
	if !ok {
		t.Fatal("there is no role")
	}
	for name := range view.InlinePolicies {
		names = append(names, name)
	}
	return names
}
