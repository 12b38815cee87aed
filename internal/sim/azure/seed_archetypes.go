package azuresim

import "time"

var (
	firstNames   = []string{"Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Radia", "Tony", "Margaret", "Niklaus"}
	lastNames    = []string{"Byrne", "Costa", "Dvorak", "Eriksen", "Fontaine", "Greco", "Horvat"}
	teams        = []string{"payments", "data-platform", "identity", "web-shop", "logistics", "observability", "security", "mobile"}
	environments = []string{"prod", "staging", "dev", "test"}
	applications = []string{"checkout", "catalogue", "search-indexer", "partner-api", "reporting", "invoice-export", "mail-dispatch", "stock-sync", "wiki", "audit-archiver"}
	repositories = []string{"infrastructure", "web-shop", "mobile-backend", "data-pipelines", "landing-page"}
	vendors      = []struct {
		name, publisher string
		permissions     []string
	}{
		{"Cloudwatchdog", "Cloudwatchdog Inc.", []string{"Directory.Read.All", "AuditLog.Read.All"}},
		{"Mail Merge Pro", "", []string{"Mail.ReadWrite", "Mail.Send"}},
		{"Spend Lens", "Spend Lens GmbH", []string{"Organization.Read.All"}},
		{"File Sync Free", "", []string{"Files.ReadWrite.All", "Sites.FullControl.All"}},
		{"Signature Studio", "", nil},
	}
)

// The issuers of the estate's federated credentials, and the audience that Entra
// ID recommends.
const (
	githubIssuer     = "https://token.actions.githubusercontent.com"
	clusterIssuer    = "https://westeurope.oic.prod-aks.azure.com/3f1a9c52-7d04-4e6b-9a58-c2d1e0f4b7a6/5b1c9f0e-7a2d-4836-a1f0-c2d4e6b8907a/"
	exchangeAudience = "api://AzureADTokenExchange"
)

// archetypes are the kinds of application of an estate. They are used in turn, so
// that even a small estate is varied.
var archetypes = []func(*seeding){
	governedPipeline, forgottenSecret, ownerLeft, tenantAdministrator, eternalSecret, certificateDaemon,
	globalAdministrator, neverUsed, clusterWorkload, partlyTagged, blockedApplication, endingSecret, bareRegistration,
}

// governedPipeline is as it should be: keyless, owned, in use.
func governedPipeline(e *seeding) {
	repository := e.pick(repositories)
	made := e.tenant.PutApplication(Application{
		DisplayName: e.name("github-" + repository), Tags: e.governed("Deploys=20"+repository, e.between(40, 300)), Owners: []string{e.pick(e.staff), e.pick(e.staff)},
		ServiceManagementReference: "SVC-" + repository, CreatedAt: e.daysAgo(e.between(30, 300)), LastSignInAt: e.recently(),
		Federated: []FederatedCredential{{Name: "main", Issuer: githubIssuer, Subject: "repo:acme/" + repository + ":ref:refs/heads/main", Audience: exchangeAudience}},
	})
	e.pipelines = append(e.pipelines, made.ServicePrincipalID)
}

// forgottenSecret has nobody, and secrets that ended years ago.
func forgottenSecret(e *seeding) {
	made := e.daysAgo(e.between(1100, 1800))
	e.tenant.PutApplication(Application{
		DisplayName: e.name(e.pick(applications) + "-legacy"), CreatedAt: made, LastSignInAt: e.longAgo(),
		Secrets: []Secret{{DisplayName: "rbac", Start: made, End: made.AddDate(1, 0, 0)}, {Start: made.AddDate(1, 0, 0), End: made.AddDate(2, 0, 0)}},
	})
}

// ownerLeft belongs to somebody who has gone, and changes the directory.
func ownerLeft(e *seeding) {
	made := e.daysAgo(e.between(200, 600))
	e.tenant.PutApplication(Application{
		DisplayName: e.name(e.pick(applications) + "-provisioning"), CreatedAt: made, Owners: []string{e.pick(e.left)},
		Secrets: []Secret{{DisplayName: "prod", Start: made, LastUsedAt: e.recently()}}, Permissions: []string{"Directory.ReadWrite.All", "User.ReadWrite.All"},
	})
}

// tenantAdministrator can make itself one, and belongs to a blocked account.
func tenantAdministrator(e *seeding) {
	made := e.daysAgo(e.between(300, 700))
	e.tenant.PutApplication(Application{
		DisplayName: e.name(e.pick(applications) + "-automation"), CreatedAt: made, Owners: []string{e.pick(e.blocked)},
		Secrets:     []Secret{{DisplayName: "do not delete", Start: made, LastUsedAt: e.longAgo()}},
		Permissions: []string{"RoleManagement.ReadWrite.Directory", "AppRoleAssignment.ReadWrite.All"},
	})
}

// eternalSecret has a secret for a hundred years.
func eternalSecret(e *seeding) {
	made := e.daysAgo(e.between(400, 1500))
	e.tenant.PutApplication(Application{
		DisplayName: e.name(e.pick(applications) + "-connector"), CreatedAt: made, Owners: []string{e.pick(e.staff)}, Tags: []string{"WindowsAzureActiveDirectoryIntegratedApp"},
		Secrets: []Secret{{Start: made, End: made.AddDate(100, 0, 0), LastUsedAt: e.recently()}}, Permissions: []string{"Sites.Read.All"},
	})
}

// certificateDaemon signs in with a certificate.
func certificateDaemon(e *seeding) {
	c := e.certificate()
	c.LastUsedAt = e.recently()
	e.tenant.PutApplication(Application{
		DisplayName: e.name(e.pick(applications) + "-daemon"), CreatedAt: e.daysAgo(280), Owners: []string{e.pick(e.staff)},
		Tags: e.governed("Nightly=20batch", e.between(60, 200)), Certificates: []Certificate{c}, Permissions: []string{"Mail.Send"},
	})
}

// globalAdministrator has the role itself.
func globalAdministrator(e *seeding) {
	made := e.daysAgo(e.between(100, 900))
	e.tenant.PutApplication(Application{
		DisplayName: e.name("terraform-" + e.pick(environments)), CreatedAt: made, Secrets: []Secret{{Start: made, LastUsedAt: e.recently()}},
		DirectoryRoles: []string{"Global Administrator"}, Notes: "Set up by the contractor",
	})
}

// neverUsed has a secret that nobody ever used.
func neverUsed(e *seeding) {
	made := e.daysAgo(e.between(91, 500))
	e.tenant.PutApplication(Application{
		DisplayName: e.name(e.pick(applications) + "-poc"), CreatedAt: made, Owners: []string{e.pick(e.staff)}, Secrets: []Secret{{DisplayName: "test", Start: made}},
		Permissions: []string{"Mail.Read"},
	})
}

// clusterWorkload is used by one service account of a Kubernetes cluster, and
// past its date.
func clusterWorkload(e *seeding) {
	app := e.pick(applications)
	e.tenant.PutApplication(Application{
		DisplayName: e.name("aks-" + app), Tags: e.governed("Pods=20of=20"+app, -e.between(5, 60)), Owners: []string{e.pick(e.staff)}, CreatedAt: e.daysAgo(e.between(70, 300)),
		Federated:    []FederatedCredential{{Name: "aks", Issuer: clusterIssuer, Subject: "system:serviceaccount:" + app + ":" + app, Audience: exchangeAudience}},
		LastSignInAt: e.recently(),
	})
}

// partlyTagged has the kind of tags that grow without rules, and rotates.
func partlyTagged(e *seeding) {
	made := e.daysAgo(e.between(200, 400))
	e.tenant.PutApplication(Application{
		DisplayName: e.name(e.pick(applications)), CreatedAt: made, Owners: []string{e.pick(e.staff), e.pick(e.left)},
		Tags: []string{"team:" + e.pick(teams), "HideApp", "nhi:owner=" + e.pick(teams)},
		Secrets: []Secret{
			{DisplayName: "old", Start: made, End: made.AddDate(1, 0, 0), LastUsedAt: e.longAgo()},
			{DisplayName: "new", Start: e.daysAgo(20), End: e.now.AddDate(0, 6, 0), LastUsedAt: e.recently()},
		},
		Permissions: []string{"Group.Read.All", "User.Read.All"},
	})
}

// blockedApplication may not sign in, but could be let in again with the secret
// that it has.
func blockedApplication(e *seeding) {
	made := e.daysAgo(e.between(200, 500))
	e.tenant.PutApplication(Application{
		DisplayName: e.name(e.pick(applications) + "-retired"), CreatedAt: made, Disabled: true, Owners: []string{e.pick(e.staff)},
		Secrets: []Secret{{Start: made, LastUsedAt: e.longAgo()}},
	})
}

// endingSecret stops working next week.
func endingSecret(e *seeding) {
	e.tenant.PutApplication(Application{
		DisplayName: e.name(e.pick(applications) + "-webhook"), CreatedAt: e.daysAgo(400), Owners: []string{e.pick(e.staff)},
		Tags:    e.governed("Receives=20calls", e.between(5, 25)),
		Secrets: []Secret{{DisplayName: "prod", Start: e.daysAgo(358), End: e.now.Add(time.Duration(e.between(3, 9)) * 24 * time.Hour), LastUsedAt: e.recently()}},
	})
}

// bareRegistration is an application without a service principal.
func bareRegistration(e *seeding) {
	e.tenant.PutApplication(Application{
		DisplayName: e.name(e.pick(applications) + "-spa"), CreatedAt: e.daysAgo(e.between(30, 900)), WithoutServicePrincipal: true, SignInAudience: "AzureADMultipleOrgs",
	})
}
