package azuresim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// caller is who makes a request, as its token says. A token outlives what it was
// given to: who is deleted or disabled gets no new one. Directory roles of a caller
// let it do nothing here, only its application permissions do.
type caller struct {
	objectID, appID string
	// administrator may do everything.
	administrator bool
	roles         []string // the application permissions in the token
}

// authenticate checks the access token: signature, audience and end.
func (r *request) authenticate() error {
	if r.service.audiences == nil {
		return nil
	}
	refuse := func(message string) error {
		e := newError("InvalidAuthenticationToken", http.StatusUnauthorized, "%s", message)
		r.service.unauthorized(r, e)
		return e
	}
	token, ok := strings.CutPrefix(r.http.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		return refuse("Access token is empty.")
	}
	c, ok := r.server.readToken(token)
	if !ok {
		return refuse("Access token validation failure. Invalid signature.")
	}
	r.tenant = r.server.tenants[c.Tenant]
	r.tenant.expire(r.now)
	r.caller = &caller{objectID: c.ObjectID, appID: c.AppID, roles: c.Roles, administrator: c.ObjectID == r.tenant.admin.ObjectID}
	switch {
	case !slices.Contains(r.audiences(), c.Audience):
		return refuse("Access token validation failure. Invalid audience.")
	case r.now.Unix() >= c.Expires:
		return refuse("Lifetime validation failed, the token is expired.")
	}
	return nil
}

// audiences are those that the service takes: its own, and its address here.
func (r *request) audiences() []string {
	at := "/" + strings.SplitN(strings.TrimPrefix(r.service.path, "/"), "/", 2)[0]
	return append(slices.Clone(r.service.audiences), r.server.url()+at)
}

// challenge is the WWW-Authenticate of a refused token. One that has expired is
// answered as a revoked one is, with claims to ask for: that makes a client get
// another one, which by its own clock needs none yet.
func (r *request) challenge() string {
	claims := b64(`{"access_token":{"nbf":{"essential":true,"value":"` + stamp(r.now) + `"}}}`)
	return `Bearer realm="", authorization_uri="` + r.server.url() + `/common/oauth2/authorize", error="insufficient_claims", claims="` + claims + `"`
}

// may reports whether the caller has an application permission.
func (r *request) may(permission string) bool {
	if r.caller.administrator {
		return !slices.Contains(r.tenant.denied, permission)
	}
	return slices.Contains(r.caller.roles, permission)
}

// authorise checks that the caller has the permissions that the route needs.
func (r *request) authorise() error {
	needs := slices.Clone(r.route.needs)
	if r.route.own {
		needs = append(needs, permissionOwned)
	}
	for _, alternatives := range [][]string{needs, r.route.also} {
		if err := r.need(alternatives); err != nil {
			return err
		}
	}
	return nil
}

// need checks that the caller has one of some permissions, and records which it
// was, or which would have been the first choice. No alternatives are no need.
func (r *request) need(alternatives []string) error {
	if alternatives == nil {
		return nil
	}
	i := slices.IndexFunc(alternatives, r.may)
	if i < 0 {
		return r.refuse(alternatives[0])
	}
	r.permissions = append(r.permissions, sim.Permission{Action: alternatives[i], Resource: r.http.URL.Path, Allowed: true})
	return nil
}

// refuse is the answer to a caller without a permission.
func (r *request) refuse(permission string) error {
	r.permissions = append(r.permissions, sim.Permission{Action: permission, Resource: r.http.URL.Path})
	return newError(r.service.denied, http.StatusForbidden, "Insufficient privileges to complete the operation.")
}

// permissionOwned lets its holder make applications and service principals, and
// change those that it owns.
const permissionOwned = "Application.ReadWrite.OwnedBy"

// onlyOwned reports whether the caller has nothing but that permission to change
// applications with.
func (r *request) onlyOwned() bool { return !slices.ContainsFunc(writeApplications, r.may) }

// mayChange refuses a caller that may change only what it owns.
func (r *request) mayChange(e *entity) error {
	if r.onlyOwned() && !slices.Contains(e.owners, r.caller.objectID) {
		return r.refuse(writeApplications[0])
	}
	return nil
}
