package azuresim

import (
	"slices"
	"strings"
)

// identityArchetypes are the kinds of managed identity of an estate, used in turn:
// what runs as one, who else signs in as it, what it may do and what its tags say.
var identityArchetypes = []identityArchetype{
	{users: []string{kindMachine}, governed: true, tags: map[string]string{"Team": "payments"}, role: "Contributor", signsIn: true},
	{users: []string{kindSite}, tags: map[string]string{"CostCenter": "4711", "hidden-title": "Shop"}, signsIn: true},
	{tags: map[string]string{"nhi:owner": "payments"}, role: "Reader"}, // nothing has it any more
	{system: true, role: "Contributor", signsIn: true},
	{governed: true, federated: true, permissions: []string{"Directory.Read.All"}, signsIn: true},
	{role: "Owner", everywhere: true}, // nothing has it any more
	{users: []string{kindMachine, kindSite}, tags: map[string]string{"nhi:owner": "web-shop", "nhi:environment": "prod"}, permissions: []string{"Directory.Read.All"}, signsIn: true},
	{system: true, signsIn: true},
}

const (
	kindMachine = "Microsoft.Compute/virtualMachines"
	kindSite    = "Microsoft.Web/sites"
)

type identityArchetype struct {
	// system is the identity of a machine itself.
	system bool
	// users are the kinds of resources that have it assigned.
	users []string
	// federated lets a service account of a cluster sign in as it.
	federated bool
	// governed has complete metadata besides its tags.
	governed bool
	tags     map[string]string
	// role is held at the resource group, or at the subscription where everywhere
	// says so; permissions are those of Graph.
	role        string
	everywhere  bool
	permissions []string
	signsIn     bool
}

// managedIdentity makes a managed identity with what uses it.
func (e *seeding) managedIdentity(i int) {
	a := identityArchetypes[i%len(identityArchetypes)]
	group, application := "rg-"+e.pick(teams), e.pick(applications)
	made := e.daysAgo(e.between(120, 900))
	base := "id-" + application
	if a.system {
		base = "vm-" + application
	}
	name := e.name(base)
	s := e.tenant.Subscription(DefaultSubscription)
	at := s.AddResourceGroup(group, "westeurope")
	var id string
	e.tenant.withoutLag(func() {
		g := s.group(group)
		res := &resource{group: g, kind: kindMachine, name: name, location: g.location, properties: object{}}
		if !a.system {
			res.kind, res.isolation, res.tags = kindIdentity, isolationNone, e.identityTags(a, application)
		}
		e.tenant.arm.put(res)
		sp := e.tenant.newManagedIdentity(res.id(), name, made, 0)
		if a.system {
			sp.props["alternativeNames"] = []string{"isExplicit=False", res.id()}
		} else {
			res.principal = sp
		}
		for _, kind := range a.users {
			user := strings.ToLower(kind[strings.LastIndex(kind, "/")+1:]) + "-" + name
			e.tenant.arm.put(&resource{group: g, kind: kind, name: user, location: g.location, properties: object{}, userIdentities: []string{res.id()}})
		}
		if a.federated {
			sp.federated = append(sp.federated, &federatedCredential{
				id: e.tenant.server.newID("federated"), name: "aks", issuer: clusterIssuer, subject: "system:serviceaccount:" + application + ":" + application, audiences: []string{exchangeAudience},
			})
		}
		if a.signsIn {
			sp.signIns.at = e.recently()
		}
		e.tenant.entitle("the managed identity "+name, sp, a.permissions, nil, made)
		id = sp.id
	})
	if a.everywhere {
		at = "/subscriptions/" + s.ID()
	}
	if a.role != "" {
		e.tenant.AssignRole(id, a.role, at)
	}
}

// identityTags are those of a resource, whose values may have white space.
func (e *seeding) identityTags(a identityArchetype, application string) map[string]string {
	tags := map[string]string{}
	if a.governed {
		for _, tag := range e.governed("Runs "+application, e.between(40, 300)) {
			key, value, _ := strings.Cut(tag, "=")
			tags[key] = value
		}
	}
	for key, value := range a.tags {
		tags[key] = value
	}
	return tags
}

// privilegedGroups give their members roles: pipelines deploy as members of a
// group, and one of them administers the directory.
func (e *seeding) privilegedGroups() {
	if len(e.pipelines) == 0 {
		return
	}
	deployers := e.tenant.PutGroup("deployers", slices.Concat(e.staff[:1], e.pipelines)...)
	e.tenant.AssignRole(e.tenant.PutGroup("landing-zone", deployers), "Contributor", "/subscriptions/"+DefaultSubscription)
	e.tenant.AssignDirectoryRole(e.tenant.PutRoleGroup("tier-0", e.staff[0], e.pipelines[0]), "Privileged Role Administrator")
}
