package governed_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	serviceType    = "governed_service_identity"
	thirdPartyType = "governed_third_party_identity"
	linkedType     = "governed_service_linked_identity"

	prefix    = "aws:" + sim.DefaultAccount + ":"
	party     = "999988887777"
	readOnly  = "arn:aws:iam::aws:policy/SecurityAudit"
	boundary  = "arn:aws:iam::aws:policy/PowerUserAccess"
	readTable = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"arn:aws:dynamodb:eu-west-1:123456789012:table/invoices"}]}`
	ecsTrust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// partyTrust lets another account assume a role, with the external id that a third party has made.
const partyTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + party + `:root"},"Action":"sts:AssumeRole",` +
	`"Condition":{"StringEquals":{"sts:ExternalId":"K7QZ2XWJ5RTYVNB3MHG6PDL4CF"}}}]}`

// estate has identities of every sort, of which only "export" is governed.
func estate(t *testing.T) *sim.Server {
	t.Helper()
	server := acctest.NewSim(t)
	account, ago := server.Account(sim.DefaultAccount), func(days int) time.Time { return server.Clock().Now().AddDate(0, 0, -days) }
	server.Account(party)
	account.PutGroup(sim.Group{Name: "exporters"})
	account.PutRole(sim.Role{Name: "export", CreatedAt: ago(300), LastUsedAt: ago(1), TrustPolicy: ecsTrust, Tags: map[string]string{
		"nhi:owner": "payments", "nhi:purpose": "Exports invoices", "nhi:expiry": acctest.Date(server, 90), "nhi:environment": "prod", "nhi:managed_by": "terraform-provider-governed",
	}})
	account.PutRole(sim.Role{
		Name: "jenkins", Path: "/ci/", Description: "CI", TrustPolicy: ecsTrust, MaxSessionSeconds: 7200, BoundaryARN: boundary, CreatedAt: ago(300), LastUsedAt: ago(100),
		Tags: map[string]string{"team": "ci"}, InlinePolicies: map[string]string{"read": readTable}, AttachedPolicyARNs: []string{readOnly},
	})
	account.PutInstanceProfile(sim.InstanceProfile{Name: "jenkins", Path: "/ci/", RoleName: "jenkins"})
	account.PutUser(sim.User{
		Name: "relay", Path: "/ci/", BoundaryARN: boundary, Tags: map[string]string{"team": "ci"}, CreatedAt: ago(300),
		InlinePolicies: map[string]string{"read": readTable}, AttachedPolicyARNs: []string{readOnly}, Groups: []string{"exporters"},
	})
	account.PutUser(sim.User{Name: "clerk", CreatedAt: ago(2)})
	account.PutRole(sim.Role{Name: "vendor", TrustPolicy: partyTrust, CreatedAt: ago(300), LastUsedAt: ago(3), InlinePolicies: map[string]string{"read": readTable}})
	account.PutRole(sim.Role{Name: "AWSServiceRoleForBackup", Path: "/aws-service-role/backup.amazonaws.com/", Description: "Backups", CreatedAt: ago(300)})
	account.PutRole(sim.Role{Name: "AWSReservedSSO_Admin_0123456789abcdef", Path: "/aws-reserved/sso.amazonaws.com/", CreatedAt: ago(300)})
	return server
}

// names are the ids of results, without the account.
func names(results []acctest.Listed) []string {
	names := []string{}
	for _, one := range results {
		identity, _ := one.Identity.(acctest.Values)
		names = append(names, strings.TrimPrefix(fmt.Sprint(identity["id"]), prefix))
	}
	return names
}

// TestList asks every list in several ways, and wants ids in an order.
func TestList(t *testing.T) {
	t.Parallel()
	p := acctest.NewConfiguredProtocol(t, estate(t), nil)
	for name, of := range map[string]struct {
		typeName string
		query    acctest.Query
		want     []string
		says     []string
	}{
		"service":        {serviceType, acctest.Query{}, []string{"role/ci/jenkins", "role/export", "user/ci/relay", "user/clerk"}, nil},
		"third parties":  {thirdPartyType, acctest.Query{}, []string{"role/vendor"}, nil},
		"service-linked": {linkedType, acctest.Query{}, []string{"role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"}, nil},
		"users":          {serviceType, acctest.Query{Config: acctest.Values{"kinds": []string{"aws_user"}, "categories": []string{"enterprise_managed"}, "platforms": []string{"aws"}, "sort": "created_at"}}, []string{"user/ci/relay", "user/clerk"}, nil},
		"not governed": {
			serviceType,
			acctest.Query{Config: acctest.Values{"findings": []string{"unmanaged"}, "labels": acctest.Values{"team": "c?"}, "accounts": []string{sim.DefaultAccount}}},
			[]string{"role/ci/jenkins", "user/ci/relay"},
			nil,
		},
		"of an owner": {serviceType, acctest.Query{Config: acctest.Values{"owners": []string{"payments"}, "environments": []string{"prod"}}}, []string{"role/export"}, nil},
		"by name":     {serviceType, acctest.Query{Config: acctest.Values{"name_pattern": "J*"}}, []string{"role/ci/jenkins"}, nil},
		"stale": {
			serviceType,
			acctest.Query{Config: acctest.Values{"findings": []string{"stale", "never_used"}}},
			[]string{"role/ci/jenkins"},
			[]string{"warning : Inventory has gaps … governed_service_identity: … The last use is not known, so they may be stale or not: " + prefix + "user/ci/relay."},
		},
		"stale later": {serviceType, acctest.Query{Config: acctest.Values{"findings": []string{"stale"}, "unused_for_days": 200, "kinds": []string{"aws_role"}}}, []string{}, nil},
		"expiring":    {serviceType, acctest.Query{Config: acctest.Values{"findings": []string{"expiring"}, "within_days": 100}}, []string{"role/export"}, nil},
		"the worst": {
			serviceType,
			acctest.Query{Config: acctest.Values{"sort": "risk_score", "minimum_score": 1}, Limit: 1},
			[]string{"role/ci/jenkins"},
			[]string{"warning : More identities fit … governed_service_identity: 3 identities fit, and limit, which is 100 where the list block does not say otherwise, leaves 2 out."},
		},
		"the limit": {serviceType, acctest.Query{Limit: 4}, []string{"role/ci/jenkins", "role/export", "user/ci/relay", "user/clerk"}, nil},
		"nothing":   {linkedType, acctest.Query{Config: acctest.Values{"minimum_score": 1}}, []string{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, included := range []bool{false, true} {
				query := of.query
				query.IncludeResource = included
				found, diags := p.List(of.typeName, query)
				diags.Want(t, of.says...)
				acctest.WantSame(t, "ids", names(found), of.want)
				for _, one := range found {
					if (one.Resource != nil) != included {
						t.Errorf("%s has the resource %v", one.DisplayName, one.Resource)
					}
				}
			}
		})
	}
}

// TestListNames shows what a human sees of each result.
func TestListNames(t *testing.T) {
	t.Parallel()
	p := acctest.NewConfiguredProtocol(t, estate(t), nil)
	var shown []string
	for _, typeName := range []string{serviceType, thirdPartyType, linkedType} {
		found, diags := p.List(typeName, acctest.Query{})
		diags.Want(t)
		for _, one := range found {
			shown = append(shown, one.DisplayName)
		}
	}
	acctest.WantSame(t, "names", shown, []string{
		"jenkins (aws_role, unowned, stale, no_purpose and 2 more: score 60)",
		"export (aws_role)",
		"relay (aws_user, unowned, no_purpose, no_expiry and 1 more: score 45)",
		"clerk (aws_user, unowned, no_purpose, no_expiry and 1 more: score 45)",
		"vendor (aws_role, unowned, no_purpose, no_expiry and 1 more: score 45)",
		"AWSServiceRoleForBackup (aws_role)",
	})
}

// TestListedResources are what an import of the same identity reads, and one bulk read of the account is enough for all.
func TestListedResources(t *testing.T) {
	t.Parallel()
	server := estate(t)
	for _, typeName := range []string{serviceType, thirdPartyType, linkedType} {
		p := acctest.NewConfiguredProtocol(t, server, nil)
		server.ResetCalls()
		found, diags := p.List(typeName, acctest.Query{IncludeResource: true})
		diags.Want(t)
		if calls := server.CountCalls(""); calls > 6 || server.CountCalls("iam:GetAccountAuthorizationDetails") != 1 {
			t.Errorf("%s took %d calls", typeName, calls)
		}
		for _, one := range found {
			identity, _ := one.Identity.(acctest.Values)
			imported := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			imported.Import("", identity).Want(t)
			acctest.WantSame(t, one.DisplayName, one.Resource, imported.State())
		}
	}
}

// TestListedExpiredUser is what an import reads, the record of its keys included.
func TestListedExpiredUser(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	user := p.Resource(serviceType)
	config := acctest.Values{"name": "relay", "owner": "payments", "purpose": "Sends invoices to the tax office", "expiry": acctest.Date(server, 90), "aws_user": acctest.Values{"path": "/ci/"}}
	user.Apply(config).Want(t)
	acctest.AccessKey(t, acctest.IAM(server), "relay")
	for range 2 { // It has an active key, then an inactive one.
		found, diags := acctest.NewConfiguredProtocol(t, server, nil).List(serviceType, acctest.Query{IncludeResource: true})
		diags.Want(t)
		imported := acctest.NewConfiguredProtocol(t, server, nil).Resource(serviceType)
		imported.Import("", acctest.Values{"id": prefix + "user/ci/relay"})
		acctest.WantSame(t, "the resource", found[0].Resource, imported.State())
		server.Clock().Advance(91 * 24 * time.Hour)
		user.Refresh().Want(t)
		user.Apply(config)
	}
	acctest.WantSame(t, "status", user.State("status"), "expired")
	found, _ := acctest.NewConfiguredProtocol(t, server, nil).List(serviceType, acctest.Query{IncludeResource: true})
	acctest.WantSame(t, "status of the list", found[0].Value("status"), "expired")
}

// TestListedUsers have no more than what a bulk read knows: the rest is null.
func TestListedUsers(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	account := server.Account(sim.DefaultAccount)
	account.PutUser(sim.User{Name: "human", Login: &sim.Login{}, MFA: true})
	account.PutUser(sim.User{Name: "robot"})
	p := acctest.NewConfiguredProtocol(t, server, nil)
	found, diags := p.List(serviceType, acctest.Query{IncludeResource: true})
	diags.Want(t)
	for i, of := range []struct{ password, devices any }{{true, nil}, {false, []any{}}} {
		acctest.WantSame(t, "console_access", found[i].Value("aws_user", "console_access"), of.password)
		acctest.WantSame(t, "mfa_devices", found[i].Value("aws_user", "mfa_devices"), of.devices)
	}

	server.DenyActions(sim.DefaultAccount, "iam:GetCredentialReport")
	found, diags = acctest.NewConfiguredProtocol(t, server, nil).List(serviceType, acctest.Query{IncludeResource: true})
	diags.Want(t, "warning : Inventory has gaps … governed_service_identity: … The passwords, access keys, MFA devices and certificates of 2 users in account "+sim.DefaultAccount+" are not known … lacks the permission iam:GetCredentialReport.")
	acctest.WantSame(t, "ids", names(found), []string{"user/human", "user/robot"})
	acctest.WantSame(t, "not known", found[0].Value("aws_user", "console_access"), nil)
	acctest.WantSame(t, "not known either", found[0].Value("aws_user", "mfa_devices"), nil)
}

// TestListRefuses says which argument is wrong and what may stand there, as the data sources do.
func TestListRefuses(t *testing.T) {
	t.Parallel()
	p := acctest.NewConfiguredProtocol(t, acctest.NewSim(t), nil)
	for name, of := range map[string]struct {
		config acctest.Values
		says   string
	}{
		"finding":          {acctest.Values{"findings": []string{"unowned", "lost"}}, `error findings: Query cannot be answered … governed_service_identity: findings: "lost" is unknown. … Write one of unowned, owner_gone, no_purpose, no_expiry, … credential_expired, quarantined.`},
		"negative score":   {acctest.Values{"minimum_score": -1}, "error minimum_score: Query cannot be answered … -1 is negative. … Write 0 for all scores."},
		"negative days":    {acctest.Values{"unused_for_days": -1}, "error unused_for_days: Query cannot be answered … -1 is negative."},
		"too many days":    {acctest.Values{"within_days": int64(1) << 60}, "error within_days: Query cannot be answered … is too large. … Write 1000000 at most."},
		"account":          {acctest.Values{"accounts": []string{"12345"}}, `error accounts: Query cannot be answered … "12345" is not an account id, so it would find nothing. … the 12 digits`},
		"order":            {acctest.Values{"sort": "size"}, `error sort: Query cannot be answered … "size" is unknown. … Write one of id, risk_score, last_used_at, created_at, expiry.`},
		"platform":         {acctest.Values{"platforms": []string{"gcp"}}, `error platforms: Query cannot be answered … "gcp" is unknown.`},
		"kind":             {acctest.Values{"kinds": []string{"aws_group"}}, `error kinds: Query cannot be answered … "aws_group" is unknown.`},
		"another kind":     {acctest.Values{"kinds": []string{"entra_service_principal"}}, "error kinds: Query cannot be answered … \"entra_service_principal\" is never listed here, so it would find nothing. … Write one of `aws_role`, `aws_user`, `azure_managed_identity`, `entra_application`, or list another resource."},
		"another category": {acctest.Values{"categories": []string{"shared", "external"}}, "error categories: Query cannot be answered … \"external\" is never listed here, so it would find nothing. … Write one of `shared`, `enterprise_managed`, or list another resource."},
		"empty owner":      {acctest.Values{"owners": []string{""}}, "error owners[0]: Invalid Attribute Value Length"},
		"null owner":       {acctest.Values{"owners": []any{nil}}, "error owners: Null List Value"},
		"no order":         {acctest.Values{"sort": ""}, "error sort: Invalid Attribute Value Length"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diags := p.List(serviceType, acctest.Query{Config: of.config})
			diags.Want(t, of.says)
		})
	}
	acctest.NewProtocol(t, acctest.NewSim(t)).ValidateList(serviceType, acctest.Values{
		"findings": []any{acctest.Unknown}, "owners": acctest.Unknown, "categories": acctest.Unknown, "sort": acctest.Unknown, "unused_for_days": acctest.Unknown,
	}).Want(t)
}

// TestListFails with the permission that is missing, and never with an empty list.
func TestListFails(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		denied   string
		included bool
		says     []string
	}{
		"bulk read":                {"iam:GetAccountAuthorizationDetails", false, []string{"error : Identities cannot be listed … governed_service_identity: the provider's credentials lack the permission iam:GetAccountAuthorizationDetails."}},
		"bulk read with resources": {"iam:GetAccountAuthorizationDetails", true, []string{"error aws_role: Identities cannot be read … governed_service_identity: the provider's credentials lack the permission iam:GetAccountAuthorizationDetails."}},
		"list with resources":      {"iam:ListRoles", true, []string{"error aws_role: Identities cannot be read … governed_service_identity: the provider's credentials lack the permission iam:ListRoles."}},
		"list":                     {"iam:ListRoles", false, nil},
		"report":                   {"iam:GetCredentialReport", true, []string{"warning : Inventory has gaps … lacks the permission iam:GetCredentialReport."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := estate(t)
			server.DenyActions(sim.DefaultAccount, of.denied)
			found, diags := acctest.NewConfiguredProtocol(t, server, nil).List(serviceType, acctest.Query{IncludeResource: of.included})
			diags.Want(t, of.says...)
			if failed := len(found) == 0; failed != diags.Failed() {
				t.Errorf("%d identities were found", len(found))
			}
		})
	}
	p := acctest.NewProtocol(t, acctest.NewSim(t))
	p.Configure(acctest.Values{}).Want(t)
	for _, included := range []bool{false, true} {
		_, diags := p.List(serviceType, acctest.Query{IncludeResource: included})
		if !diags.Failed() || !strings.Contains(diags.String(), `Write aws = {} in the provider "governed" block`) {
			t.Errorf("without AWS: %s", diags)
		}
	}
}

// TestListOfAccounts leaves out what this provider configuration cannot import, and says so.
func TestListOfAccounts(t *testing.T) {
	t.Parallel()
	const member, strangers = "200000000001", "200000000002"
	server := estate(t)
	for _, id := range []string{member, strangers} {
		account := server.Account(id)
		account.PutRole(sim.Role{Name: "batch"})
		account.PutRole(sim.Role{
			Name: "audit", TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + sim.DefaultAccount + `"}}]}`,
			InlinePolicies: map[string]string{"read": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetAccountAuthorizationDetails"],"Resource":"*"}]}`},
		})
	}
	inventory := acctest.Values{"aws": acctest.AWSArgument(server.URL()).With(acctest.Values{"inventory": acctest.Values{"accounts": []string{member, strangers}, "role_name": "audit"}})}
	found, diags := acctest.NewConfiguredProtocol(t, server, inventory).List(serviceType, acctest.Query{Config: acctest.Values{"kinds": []string{"aws_role"}, "name_pattern": "*"}})
	diags.Want(t, "warning : Identities of other accounts are left out … governed_service_identity: this provider configuration can import those of account "+sim.DefaultAccount+" alone. In other accounts, these fit: … - account "+member+": 2 … - account "+strangers+": 2 … an alias with a profile or assume_role.")
	acctest.WantSame(t, "ids", names(found), []string{"role/ci/jenkins", "role/export"})

	// One that cannot be read is none of this list's, unless it is its own.
	server.DenyActions(member, "iam:GetAccountAuthorizationDetails")
	_, diags = acctest.NewConfiguredProtocol(t, server, inventory).List(serviceType, acctest.Query{Config: acctest.Values{"accounts": []string{sim.DefaultAccount}}})
	diags.Want(t)
	server.DenyActions(sim.DefaultAccount, "iam:GetAccountAuthorizationDetails")
	_, diags = acctest.NewConfiguredProtocol(t, server, inventory).List(serviceType, acctest.Query{})
	diags.Want(t, "error : Identities cannot be listed … governed_service_identity: the provider's credentials lack the permission iam:GetAccountAuthorizationDetails.")
}

// TestListVanished leaves out what goes between two reads.
func TestListVanished(t *testing.T) {
	t.Parallel()
	server := estate(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	if found, diags := p.List(serviceType, acctest.Query{}); len(found) != 4 || len(diags) > 0 {
		t.Fatalf("%d identities: %s", len(found), diags)
	}
	if _, err := acctest.IAM(server).DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("export")}); err != nil {
		t.Fatal(err)
	}
	found, diags := p.List(serviceType, acctest.Query{IncludeResource: true, Limit: 3})
	diags.Want(t, "warning : More identities fit", "warning : Identity has gone … governed_service_identity: "+prefix+"role/export is not there any more, so it is left out.")
	acctest.WantSame(t, "ids", names(found), []string{"role/ci/jenkins", "user/ci/relay", "user/clerk"})
}
