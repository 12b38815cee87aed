package serviceidentity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

func appRole(resource, role string) acctest.Values {
	return acctest.Values{"app_role_assignments": acctest.Values{"one": acctest.Values{"resource_app_id": resource, "role": role}}}
}

func federated(credentials acctest.Values) acctest.Values {
	return acctest.Values{"federated_credentials": credentials}
}

func manyFederated(n int) acctest.Values {
	all := acctest.Values{}
	for i := range n {
		all[fmt.Sprintf("branch-%d", i)] = acctest.Values{"github_actions": acctest.Values{"repository": "acme/export", "branch": fmt.Sprintf("b%d", i)}}
	}
	return federated(all)
}

// TestApplicationViolations writes one thing wrong at a time.
func TestApplicationViolations(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	gone := d.tenant.PutUser(userNamed("gone"))
	d.tenant.Delete(gone)
	disabled := d.tenant.PutUser(userNamed("left"))
	d.tenant.SetEnabled(disabled, false)
	main := acctest.Values{"github_actions": acctest.Values{"repository": "acme/export", "branch": "main"}}
	for name, of := range map[string]struct {
		wrong acctest.Values
		says  []string
	}{
		"display name":     {acctest.Values{"display_name": strings.Repeat("x", 121)}, []string{"error entra_application.display_name: The platform would refuse this … has 121 characters, 1 more than the limit of 120"}},
		"unique name":      {acctest.Values{"unique_name": "invoice export"}, []string{`error entra_application.unique_name: The platform would refuse this … "invoice export" cannot be the unique name`}},
		"audience":         {acctest.Values{"sign_in_audience": "Everyone"}, []string{`error entra_application.sign_in_audience: The platform would refuse this … "Everyone" is no audience of Entra ID's … AzureADMultipleOrgs`}},
		"notes":            {acctest.Values{"notes": strings.Repeat("x", 1025)}, []string{"error entra_application.notes: The platform would refuse this … 1 more than the limit of 1024"}},
		"no such user":     {acctest.Values{"owners": []string{"nobody@acme.example"}}, []string{`error entra_application.owners: The platform would refuse this … has no user or service principal "nobody@acme.example"`}},
		"deleted user":     {acctest.Values{"owners": []string{gone}}, []string{`error entra_application.owners: The platform would refuse this … has no user or service principal "` + gone + `"`}},
		"disabled user":    {acctest.Values{"owners": []string{disabled}}, []string{"error entra_application.owners: The platform would refuse this … is disabled, so nobody could be asked"}},
		"owner twice":      {acctest.Values{"owners": []string{d.upn, d.ada}}, []string{"error entra_application.owners: The platform would refuse this … are the same owner"}},
		"resource name":    {appRole("Microsoft Grph", "User.Read.All"), []string{`error entra_application.app_role_assignments["one"].resource_app_id: The platform would refuse this … "Microsoft Grph" is no application id … Microsoft Graph`}},
		"unknown resource": {appRole("11111111-2222-3333-4444-555555555555", "Read"), []string{`error entra_application.app_role_assignments["one"].resource_app_id: The platform would refuse this … has no service principal in the tenant … az ad sp create --id 11111111`}},
		"unknown role":     {appRole("Microsoft Graph", "User.Reed.All"), []string{`error entra_application.app_role_assignments["one"].role: The platform would refuse this … Microsoft Graph has no app role "User.Reed.All" … The nearest ones are: User.Read.All`}},
		"role twice": {acctest.Values{"app_role_assignments": acctest.Values{
			"a": acctest.Values{"resource_app_id": "Microsoft Graph", "role": "User.Read.All"}, "b": acctest.Values{"resource_app_id": "microsoft graph", "role": "User.Read.All"},
		}}, []string{`error entra_application.app_role_assignments["b"]: The platform would refuse this … "a" and "b" assign the same role`}},
		"no preset":         {federated(acctest.Values{"main": acctest.Values{}}), []string{`error entra_application.federated_credentials["main"]: Federated credential is not one preset`}},
		"subject twice":     {federated(acctest.Values{"main": main, "same": main}), []string{`error entra_application.federated_credentials["same"]: The platform would refuse this … let the same subject`}},
		"too many":          {manyFederated(21), []string{"error entra_application.federated_credentials: The platform would refuse this … there are 21 federated credentials, 1 more than an identity can have (20)"}},
		"wildcard":          {federated(acctest.Values{"main": acctest.Values{"github_actions": acctest.Values{"repository": "acme/export", "branch": "*"}}}), []string{`error entra_application.federated_credentials["main"].github_actions.branch: Trust is not safe … wildcard`}},
		"credential's name": {federated(acctest.Values{"a b": main}), []string{`error entra_application.federated_credentials["a b"]: The platform would refuse this … has a character`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d.resource(t).Plan(withApp(of.wrong)).Want(t, of.says...)
		})
	}
	for name, of := range map[string]struct {
		wrong acctest.Values
		says  string
	}{
		"long purpose":  {acctest.Values{"purpose": strings.Repeat("invoices and ", 200)}, "error purpose: The platform would refuse this … at most 8 are used"},
		"label's key":   {acctest.Values{"labels": acctest.Values{"cost center": "x"}}, `error labels["cost center"]: The platform would refuse this … has a key that cannot be in a tag`},
		"label's value": {acctest.Values{"labels": acctest.Values{"team": "the payments"}}, `error labels["team"]: The platform would refuse this … has white space`},
		"long label":    {acctest.Values{"labels": acctest.Values{"team": strings.Repeat("x", 252)}}, `error labels["team"]: The platform would refuse this … makes a tag of 257 characters, 1 more than the limit of 256`},
		"label of ours": {acctest.Values{"labels": acctest.Values{"nhi:owner": "x"}}, `error labels["nhi:owner"]: The platform would refuse this … is the tag that holds owner`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d.resource(t).Plan(plainApp().With(of.wrong)).Want(t, of.says)
		})
	}
}

// TestApplicationOwners asks for an owner only where a policy does.
func TestApplicationOwners(t *testing.T) {
	t.Parallel()
	d := newDirectory(t)
	p := acctest.NewAzureProtocol(t, d.server, acctest.Values{"policy": acctest.Values{"enforcement": acctest.Values{"application_owners": "error"}}})
	const says = "error entra_application.owners: Application has no owner … nobody but an administrator … Rule: application_owners (error)."
	p.Resource(typeName).Plan(plainApp()).Want(t, says)
	p.Resource(typeName).Plan(withApp(acctest.Values{"owners": []string{}})).Want(t, says)
	p.Resource(typeName).Plan(withApp(acctest.Values{"owners": acctest.Unknown})).Want(t)
	p.Resource(typeName).Plan(withApp(acctest.Values{"owners": []string{d.upn}})).Want(t)
}

// TestApplicationNotConfigured has the application say that Azure is missing.
func TestApplicationNotConfigured(t *testing.T) {
	t.Parallel()
	p := acctest.NewProtocol(t, acctest.NewSim(t))
	p.Configure(acctest.Values{}).Want(t)
	p.Resource(typeName).Plan(plainApp().With(acctest.Values{"expiry": acctest.Unknown})).Want(t, `error entra_application: Azure is not configured … Write azure = {} in the provider "governed" block, with a tenant_id unless AZURE_TENANT_ID is set.`)
}
