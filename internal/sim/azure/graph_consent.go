package azuresim

import (
	"net/http"
	"slices"
	"strings"
)

// Permissions that read or change delegated permission grants (Graph reference,
// "oAuth2PermissionGrant resource type").
var (
	readConsents  = []string{"Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"}
	writeConsents = []string{"DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"}
)

var consentRoutes = []route{
	{pattern: "GET /oauth2PermissionGrants", needs: readConsents, handle: func(r *request) (*reply, error) { return r.listConsents(nil) }},
	{pattern: "POST /oauth2PermissionGrants", needs: writeConsents, handle: (*request).createConsent},
	{pattern: "DELETE /oauth2PermissionGrants/{id}", needs: writeConsents, handle: (*request).deleteConsent},
	{pattern: "GET /servicePrincipals/{id}/oauth2PermissionGrants", needs: readConsents, handle: (*request).listConsentsOf},
}

// consent is a delegated permission grant: client may act on resource for whoever
// signs in to it, or for one user.
type consent struct {
	id               string
	client, resource *entity
	principal        string // empty for everybody
	scope            string
}

const (
	consentOfAll = "AllPrincipals"
	consentOfOne = "Principal"
)

func (d *consent) object() object {
	out := object{"id": d.id, "clientId": d.client.id, "consentType": consentOfAll, "principalId": nil, "resourceId": d.resource.id, "scope": d.scope}
	if d.principal != "" {
		out["consentType"], out["principalId"] = consentOfOne, d.principal
	}
	return out
}

// live reports whether neither side has been deleted.
func (d *consent) live() bool { return d.client.deleted.IsZero() && d.resource.deleted.IsZero() }

// scopes are those that a client has been given.
func (d *directory) scopes(client *entity) []string {
	var out []string
	for _, one := range d.consents {
		if one.client == client && one.live() {
			out = append(out, one.scope)
		}
	}
	return out
}

func (r *request) listConsentsOf() (*reply, error) {
	e, _, err := r.named(kindServicePrincipal)
	if err != nil {
		return nil, err
	}
	return r.listConsents(e)
}

// listConsents lists those of a client, or of all for nil.
func (r *request) listConsents(client *entity) (*reply, error) {
	probe := (&consent{client: &entity{}, resource: &entity{}}).object()
	o, err := r.options(allowed{has: func(name string) bool { _, ok := probe[name]; return ok }, list: true})
	if err != nil {
		return nil, err
	}
	var items []listed
	for _, d := range r.tenant.consents {
		shown := d.object()
		if d.live() && (client == nil || d.client == client) && (o.filter == nil || o.filter(shown, nil)) {
			items = append(items, listed{d.id, func() object { return pick(shown, o.fields) }})
		}
	}
	return r.page("oauth2PermissionGrants", o, items)
}

func (r *request) createConsent() (*reply, error) {
	kind, principal := r.body.str("consentType"), r.body.str("principalId")
	switch {
	case kind != consentOfAll && kind != consentOfOne:
		return nil, errInvalid("Invalid value specified for property 'consentType' of resource 'OAuth2PermissionGrant'.")
	case (kind == consentOfOne) != (principal != ""), principal != "" && r.tenant.getKind(kindUser, principal) == nil:
		return nil, errInvalid("Invalid value specified for property 'principalId' of resource 'OAuth2PermissionGrant'.")
	case strings.TrimSpace(r.body.str("scope")) == "":
		return nil, errInvalid("A value is required for property 'scope' of resource 'OAuth2PermissionGrant'.")
	}
	client, resource := r.tenant.getKind(kindServicePrincipal, r.body.str("clientId")), r.tenant.getKind(kindServicePrincipal, r.body.str("resourceId"))
	for id, e := range map[string]*entity{r.body.str("clientId"): client, r.body.str("resourceId"): resource} {
		if e == nil || e.meet() == nil {
			return nil, errNotFound(id)
		}
	}
	for _, d := range r.tenant.consents {
		if d.client == client && d.resource == resource && strings.EqualFold(d.principal, principal) {
			return nil, newError("Request_MultipleObjectsWithSameKeyValue", http.StatusConflict, "Permission entry already exists.")
		}
	}
	d := r.tenant.addConsent(client, resource, strings.ToLower(principal), r.body.str("scope"))
	return answer(http.StatusCreated, d.object())
}

func (t *Tenant) addConsent(client, resource *entity, principal, scope string) *consent {
	d := &consent{id: t.server.newID("consent"), client: client, resource: resource, principal: principal, scope: scope}
	t.consents = append(t.consents, d)
	slices.SortFunc(t.consents, func(a, b *consent) int { return strings.Compare(a.id, b.id) })
	return d
}

// Consent lets a service principal have delegated permissions of Microsoft Graph,
// separated by spaces, on behalf of everybody.
func (t *Tenant) Consent(principal, scope string) {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	client := t.getKind(kindServicePrincipal, principal)
	if client == nil {
		must("a consent", errNotFound(principal))
	}
	t.addConsent(client, t.graph(), "", scope)
}

func (r *request) deleteConsent() (*reply, error) {
	id := r.http.PathValue("id")
	i := slices.IndexFunc(r.tenant.consents, func(d *consent) bool { return d.id == id && d.live() })
	if i < 0 {
		return nil, errNotFound(id)
	}
	r.tenant.consents = slices.Delete(r.tenant.consents, i, i+1)
	return answer(http.StatusNoContent, nil)
}
