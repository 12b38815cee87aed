package azure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// microsoftTenants are those of Microsoft's own applications ("Verify first-party Microsoft applications in sign-in reports").
var microsoftTenants = []string{"f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"}

// listedApplication is an application with its service principal.
func (t *Tenant) listedApplication(app *graph.Application, byApp map[string]*graph.ServicePrincipal, s sources) governance.Identity {
	said := t.graphTagging().metadata(app.Tags)
	id := t.applicationID(app.ID)
	identity := governance.Identity{
		ID: id, ImportID: id.String(), Name: cmp.Or(app.UniqueName, app.DisplayName), Category: said.Category(id.Kind), Metadata: said.Metadata, ManagedBy: said.ManagedBy,
		CreatedAt: deref(app.CreatedDateTime), Trust: federatedTrustees(s.directory.federated[strings.ToLower(app.ID)]),
		OwnersGone: s.directory.gone(s.directory.ownersOf(app)),
	}
	passwords, keys := app.PasswordCredentials, app.KeyCredentials
	if principal := byApp[strings.ToLower(app.AppID)]; principal != nil {
		passwords, keys = slices.Concat(passwords, principal.PasswordCredentials), slices.Concat(keys, principal.KeyCredentials)
		identity.Privileges = s.privileges(principal.ID)
	}
	identity.Credentials = t.credentialsAs(passwords, keys, s.signIns)
	stores := t.graphTagging().stores(app.Tags)
	for i, one := range identity.Credentials {
		identity.Credentials[i].Store = stores[strings.ToLower(one.ID)]
	}
	s.signIns.note(&identity, app.AppID)
	t.graphTagging().readable(app.Tags).tell(&identity)
	return identity
}

// listedPrincipal is a service principal of somebody else's application; of this tenant's applications and of managed
// identities there is the object itself.
func (t *Tenant) listedPrincipal(one *graph.ServicePrincipal, s sources) (governance.Identity, bool) {
	home := strings.ToLower(one.AppOwnerOrganizationID)
	if home == "" || home == t.ID() || one.ServicePrincipalType == graph.TypeManagedIdentity {
		return governance.Identity{}, false
	}
	said := t.graphTagging().metadata(one.Tags)
	if said.ThirdParty == "" {
		// What governs it names the third party. Without that it is what the third party says of its own application.
		said = graphMetadata{}
	}
	id := governance.ID{Kind: governance.KindEntraServicePrincipal, Account: t.ID(), Resource: strings.ToLower(one.ID)}
	identity := governance.Identity{
		ID: id, ImportID: id.String(), Name: one.DisplayName, Category: governance.CategoryExternal, Metadata: said.Metadata, ManagedBy: said.ManagedBy,
		CreatedAt: deref(one.CreatedDateTime), Privileges: s.privileges(one.ID), Credentials: t.credentialsAs(one.PasswordCredentials, one.KeyCredentials, s.signIns),
		Trust: []governance.Trustee{{Kind: governance.TrusteeTenant, Name: cmp.Or(publisher(one), home), Account: home, External: true}},
	}
	if slices.Contains(microsoftTenants, home) {
		identity.Category = governance.CategoryProviderManaged
	} else if identity.Metadata.ThirdParty == "" {
		identity.Metadata.ThirdParty = publisher(one)
	}
	s.signIns.note(&identity, one.AppID)
	t.graphTagging().readable(one.Tags).tell(&identity)
	return identity, true
}

// publisher is whom Microsoft has verified; empty for nobody.
func publisher(one *graph.ServicePrincipal) string {
	if one.VerifiedPublisher == nil {
		return ""
	}
	return one.VerifiedPublisher.DisplayName
}

func (t *Tenant) listedManagedIdentity(row *listedIdentity, byApp map[string]*graph.ServicePrincipal, s sources) governance.Identity {
	metadata, managedBy := t.tagging.metadata(row.Tags)
	id := governance.ID{Kind: governance.KindAzureManagedIdentity, Resource: row.ID}
	if canonical, ok := ParseManagedIdentityID(row.ID); ok {
		id = canonical
	}
	principal := strings.ToLower(row.Properties.PrincipalID)
	identity := governance.Identity{
		ID: id, ImportID: id.String(), Name: row.Name, Category: metadata.Category(id.Kind), Metadata: metadata, ManagedBy: managedBy,
		Privileges: s.privileges(principal), Credentials: []governance.CredentialSummary{},
	}
	s.signIns.note(&identity, row.Properties.ClientID)
	record := t.tagging.readable(row.Tags)
	record.forgive(&identity)
	federated, known := s.directory.federated[principal]
	identity.Trust = federatedTrustees(federated)
	for _, user := range s.resources.users[lower(id)] {
		identity.Trust = append(identity.Trust, governance.Trustee{Kind: governance.TrusteeResource, Name: user})
	}
	// Unused is only what nothing could use: where one of the three is not known, nobody can tell.
	switch {
	case record != nil && record.unused:
		identity.NoClient = "when its quarantine began, no resource that the caller could read had it assigned, no federated credential let anybody sign in as it, and no sign-in was known"
	case known && len(identity.Trust) == 0 && !record.tookClients() && s.resources.usersErr == nil && identity.LastUsedAt.IsZero():
		identity.NoClient = "no resource that the caller may read has it assigned, no federated credential lets anybody sign in as it, and no sign-in is known"
	}
	record.tell(&identity)
	if one := byApp[strings.ToLower(row.Properties.ClientID)]; one != nil {
		identity.CreatedAt = deref(one.CreatedDateTime)
	}
	return identity
}

// forgive forgets a sign-in of a managed identity since its quarantine began, which nobody can block and which allows nothing.
func (r *quarantineRecord) forgive(identity *governance.Identity) {
	if r != nil && !identity.LastUsedAt.Before(r.Since) {
		identity.LastUsedAt, identity.LastUsedKnown = time.Time{}, false
	}
}

// tookClients tells whether somebody could sign in with a federated credential that a quarantine has taken.
func (r *quarantineRecord) tookClients() bool {
	return r != nil && slices.ContainsFunc(r.taken, func(one taken) bool { return one.kind == takenFederated })
}

// unlisted is an error where the directory knows user-assigned managed identities that Resource Graph does not show. The names
// of such a service principal have the identity's id.
func (s sources) unlisted() error {
	shown := make(map[string]bool, len(s.resources.identities))
	for i := range s.resources.identities {
		shown[strings.ToLower(s.resources.identities[i].ID)] = true
	}
	var missing []string
	for i := range s.directory.principals {
		for _, name := range s.directory.principals[i].AlternativeNames {
			if _, is := ParseManagedIdentityID(name); is && !shown[strings.ToLower(name)] {
				missing = append(missing, name)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("the caller may lack the permission %s there, or Resource Graph may not have them yet: %s", permissionIdentities, governance.Enumerate(missing))
}

// federatedTrustees are who may sign in with a token of another issuer.
func federatedTrustees(credentials []graph.FederatedIdentityCredential) []governance.Trustee {
	var trust []governance.Trustee
	for _, one := range credentials {
		trust = append(trust, governance.Trustee{
			Kind: governance.TrusteeWebIdentity, Name: strings.TrimPrefix(one.Issuer, "https://"), Subjects: []string{one.Subject}, Audiences: one.Audiences,
		})
	}
	return trust
}

// gone names the owners who cannot answer any more.
func (d inventoryDirectory) gone(owners []string) []string {
	var gone []string
	for _, owner := range owners {
		if name, disabled := d.disabled[owner]; disabled {
			gone = append(gone, cmp.Or(name, owner))
		}
	}
	slices.Sort(gone)
	return gone
}

// credentialsAs are secrets and certificates. One without an end does not exist in Entra ID.
func (t *Tenant) credentialsAs(passwords []graph.PasswordCredential, keys []graph.KeyCredential, s signIns) []governance.CredentialSummary {
	all := make([]governance.CredentialSummary, 0, len(passwords)+len(keys))
	now := t.config.Clock.Now()
	add := func(kind governance.CredentialKind, id string, start, end *time.Time) {
		at, used := s.keys[strings.ToLower(id)]
		all = append(all, governance.CredentialSummary{
			Kind: kind, ID: strings.ToLower(id), Active: end == nil || end.After(now), CreatedAt: deref(start), EndsAt: deref(end), LastUsedAt: at, LastUsedKnown: used,
		})
	}
	for _, one := range passwords {
		add(governance.CredentialClientSecret, one.KeyID, one.StartDateTime, one.EndDateTime)
	}
	for _, one := range keys {
		add(governance.CredentialClientCertificate, one.KeyID, one.StartDateTime, one.EndDateTime)
	}
	return all
}

// note adds the last sign-in. The report has a row only of what has signed in, some time ago at the latest.
func (s signIns) note(identity *governance.Identity, appID string) {
	identity.LastUsedAt, identity.LastUsedKnown = s.applications[strings.ToLower(appID)], false
	identity.LastUsedKnown = !identity.LastUsedAt.IsZero()
}
