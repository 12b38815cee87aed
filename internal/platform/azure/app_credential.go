package azure

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// AppCredentialSpec is a secret or certificate as it is to be made.
type AppCredentialSpec struct {
	// Type is platform.ClientSecret or platform.Certificate.
	Type string
	// ValidDays is how long Entra ID lets it be valid, and Expires the end of the credential's life: none of it is valid after
	// that.
	ValidDays int
	Expires   time.Time
}

// AppCredentials issues and revokes the client secrets and certificates of one application. Entra ID cannot deactivate one:
// it ends when its time is over, or when it is removed.
type AppCredentials struct {
	tenant *Tenant
	id     governance.ID
	spec   AppCredentialSpec
	// note is what was announced.
	note platform.Issuance
	// shown are the ids of the certificates that reads have shown; some of them may be gone since.
	shown []string
}

var (
	_ platform.Issuer       = (*AppCredentials)(nil)
	_ platform.IssueChecker = (*AppCredentials)(nil)
)

// AppCredentials of an application of the tenant.
func (t *Tenant) AppCredentials(id governance.ID, spec AppCredentialSpec) *AppCredentials {
	return &AppCredentials{tenant: t, id: id, spec: spec}
}

// Slots of an application. The directory allows about a thousand elements in all collections of an application together; where
// personal accounts can sign in, two secrets ("Validation differences by supported account types").
const (
	mostAppCredentials   = 500
	mostSecretsPersonal  = 2
	audiencePersonal     = "PersonalMicrosoftAccount"
	audienceAlsoPersonal = "AzureADandPersonalMicrosoftAccount"
)

func (c *AppCredentials) now() time.Time { return c.tenant.config.Clock.Now() }

// Lock keeps other changes of the application's credentials and tags waiting.
func (c *AppCredentials) Lock(ctx context.Context) (unlock func(), err error) {
	return c.tenant.lock(ctx, c.id)
}

// patiently repeats a call on an application that this process has just made while a replica does not know it.
func (c *AppCredentials) patiently(ctx context.Context, name string, call func() error) error {
	if !c.tenant.entra.has(&c.tenant.entra.made, c.id.Resource) {
		return call()
	}
	err := c.tenant.untilReplicated(ctx, name, call)
	if late := (*platform.ErrNotPropagated)(nil); errors.As(err, &late) && errors.Is(late.Err, platform.ErrNotFound) {
		return late.Err // Somebody has deleted it since.
	}
	return err
}

const applicationName = "/applications/{id}"

// get reads the application. Without $select the certificates come without their keys, and reads are not limited to 150 a
// minute.
func (c *AppCredentials) get(ctx context.Context, query url.Values, out any) error {
	if err := c.tenant.mine(ctx, c.id); err != nil {
		return err
	}
	return c.patiently(ctx, "GET "+applicationName, func() error {
		return c.tenant.get(ctx, applicationPath(c.id.Resource), applicationName, permissionRead, query, out)
	})
}

// Holder reads the application and its service principal, which can have credentials of its own: two calls.
func (c *AppCredentials) Holder(ctx context.Context) (platform.Holder, error) {
	var app graph.Application
	if err := c.get(ctx, nil, &app); err != nil {
		return platform.Holder{}, err
	}
	var principal holderOf
	if err := ignoreNotFound(c.tenant.get(ctx, principalPath(app.AppID), "/servicePrincipals", permissionRead, nil, &principal)); err != nil {
		return platform.Holder{}, err
	}
	c.show(app.KeyCredentials)
	now, recent := c.now(), &c.tenant.entra.recent
	tags := recent.overTags(now, c.id.Resource, app.Tags, nil)
	own := recent.overCredentials(now, c.id.Resource, c.credentials(app.PasswordCredentials, app.KeyCredentials))
	tagging := c.tenant.graphTagging()
	said := tagging.metadata(tags)
	stores := tagging.stores(tags)
	holder := platform.Holder{Metadata: said.Metadata, ManagedBy: said.ManagedBy, Slots: mostAppCredentials}
	if note, ok := tagging.issuance(tags); ok {
		note.Exact = true
		for _, one := range own {
			if one.label != label(note) {
				note.Before = append(note.Before, one.ID)
			}
		}
		holder.Issuing = &note
	}
	certificates := 0
	for _, one := range own {
		one.Store = stores[one.ID]
		delete(stores, one.ID)
		holder.Credentials = append(holder.Credentials, one.Credential)
		if one.Type == platform.Certificate {
			certificates++
		}
	}
	for id, store := range stores {
		holder.Gone = append(holder.Gone, platform.Credential{ID: id, Store: store})
	}
	if audience := app.SignInAudience; c.spec.Type == platform.ClientSecret && (audience == audiencePersonal || audience == audienceAlsoPersonal) {
		holder.Slots = mostSecretsPersonal + certificates
	}
	for _, one := range c.credentials(principal.Secrets, principal.Certificates) {
		if holder.Issuing != nil {
			holder.Issuing.Before = append(holder.Issuing.Before, one.ID)
		}
		holder.Credentials = append(holder.Credentials, one.Credential)
		holder.Slots++
	}
	slices.SortFunc(holder.Credentials, func(a, b platform.Credential) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return holder, nil
}

func (c *AppCredentials) credentials(secrets []graph.PasswordCredential, certificates []graph.KeyCredential) []appCredential {
	var all []appCredential
	add := func(kind, id, label string, start, end *time.Time) {
		one := platform.Credential{ID: strings.ToLower(id), Type: kind, CreatedAt: timeOf(start), ExpiresAt: timeOf(end)}
		one.Active = one.ExpiresAt.IsZero() || c.now().Before(one.ExpiresAt)
		all = append(all, appCredential{Credential: one, label: label})
	}
	for _, one := range secrets {
		add(platform.ClientSecret, one.KeyID, one.DisplayName, one.StartDateTime, one.EndDateTime)
	}
	for _, one := range certificates {
		add(platform.Certificate, one.KeyID, one.DisplayName, one.StartDateTime, one.EndDateTime)
	}
	return all
}

// Announce notes what is about to be made in a tag of the application. Whatever is then made carries the note in its name.
func (c *AppCredentials) Announce(ctx context.Context, note platform.Issuance) error {
	c.note = note
	return c.retag(ctx, func(tagging graphTagging, tags []string) []string { return tagging.withIssuance(tags, &note) })
}

// Withdraw removes that tag.
func (c *AppCredentials) Withdraw(ctx context.Context) error {
	return ignoreNotFound(c.retag(ctx, func(tagging graphTagging, tags []string) []string { return tagging.withIssuance(tags, nil) }))
}

// Own notes the store in a tag of the application: Entra ID lets nothing be changed of a secret itself.
func (c *AppCredentials) Own(ctx context.Context, id, store string, _ time.Time) error {
	return c.retag(ctx, func(tagging graphTagging, tags []string) []string { return tagging.withStore(tags, id, store) })
}

// retag changes the tags, with those of others among them as they are. Notes of credentials that are gone end with it: another
// state that wrote the tags at the same time can have brought them back.
func (c *AppCredentials) retag(ctx context.Context, edit func(graphTagging, []string) []string) error {
	var app graph.Application
	if err := c.get(ctx, nil, &app); err != nil {
		return err
	}
	now, recent := c.now(), &c.tenant.entra.recent
	have := recent.overTags(now, c.id.Resource, app.Tags, nil)
	exist := recent.overCredentials(now, c.id.Resource, c.credentials(app.PasswordCredentials, app.KeyCredentials))
	tagging := c.tenant.graphTagging()
	want := edit(tagging, tagging.withStoresOf(have, exist))
	if sameTexts(have, want) {
		return nil
	}
	c.tenant.entra.note(&c.tenant.entra.written, c.id.Resource)
	if err := c.send(ctx, http.MethodPatch, "", map[string]any{"tags": want}, nil); err != nil {
		return err
	}
	c.tenant.entra.recent.noteTags(c.now(), c.id.Resource, have, want)
	return nil
}

// send changes something of the application; of is what follows its path.
func (c *AppCredentials) send(ctx context.Context, method, of string, body, out any) error {
	return c.patiently(ctx, method+" "+applicationName+of, func() error {
		return c.tenant.ask(ctx, graph.Request{Method: method, Path: applicationPath(c.id.Resource) + of, In: body}, applicationName+of, permissionChange, out)
	})
}

// LastUse is what the report of sign-ins has of a credential. One that it does not have is unknown, and not unused.
func (c *AppCredentials) LastUse(ctx context.Context, id string) (governance.Use, error) {
	if err := c.tenant.mine(ctx, c.id); err != nil {
		return governance.Use{}, err
	}
	if c.tenant.config.Environment != Environments[0] {
		return governance.Use{Unknown: "this cloud has no report of sign-ins"}, nil
	}
	all, err := c.tenant.keyReport(ctx)
	at, known := all[strings.ToLower(id)]
	use := governance.Use{At: at, Unknown: unreadable(err)}
	if use.Unknown == "" && !known {
		use.Unknown = "the report of sign-ins has no entry for it"
	}
	return use, ctx.Err()
}

// Noun is what the Entra admin center says.
func (*AppCredentials) Noun(credentialType string) string {
	if credentialType == platform.Certificate {
		return strings.TrimSpace(certificatePrefix)
	}
	return strings.TrimSpace(secretPrefix)
}
