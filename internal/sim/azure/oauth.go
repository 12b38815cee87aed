package azuresim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// oauthService is the token endpoint of every tenant. Its path is empty: what
// no other service has is its.
func oauthService() service {
	return service{
		name: "oauth", denied: "unauthorized_client", secrets: []string{"client_secret", "client_assertion"},
		routes: []route{
			{pattern: "POST /{tenant}/oauth2/v2.0/token", handle: (*request).token},
			{pattern: "GET /{tenant}/v2.0/.well-known/openid-configuration", handle: (*request).openIDConfiguration},
			{pattern: "GET /{tenant}/discovery/instance", handle: (*request).instanceDiscovery},
			{pattern: "GET " + machinePath, handle: (*request).machineToken},
		},
		unknown: func(*request) *apiError {
			return newError("invalid_request", http.StatusNotFound, "There is no such endpoint.")
		},
		fail: (*request).oauthError,
	}
}

// aadsts is an error of the token endpoint (Microsoft identity platform,
// "Authentication and authorization error codes").
func aadsts(number int, code, format string, args ...any) *apiError {
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	e := newError(code, status, format, args...)
	e.number = number
	return e
}

func (r *request) oauthError(e *apiError) object {
	at := r.now.Format("2006-01-02 15:04:05Z")
	text := e.message
	out := object{"error": e.code, "timestamp": at, "trace_id": r.id, "correlation_id": r.id}
	if e.number != 0 {
		text = "AADSTS" + strconv.Itoa(e.number) + ": " + text + " Trace ID: " + r.id + " Correlation ID: " + r.id + " Timestamp: " + at
		out["error_codes"] = []int{e.number}
		out["error_uri"] = r.server.url() + "/error?code=" + strconv.Itoa(e.number)
	}
	out["error_description"] = text
	return out
}

// ofTenant finds the tenant that the path names, by its id or its domain.
func (r *request) ofTenant() error {
	name := r.http.PathValue("tenant")
	for _, t := range r.server.tenants {
		if strings.EqualFold(t.id, name) || strings.EqualFold(t.domain, name) {
			r.tenant = t
			return nil
		}
	}
	return aadsts(90002, "invalid_request", "Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. "+
		"Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.", name)
}

func (r *request) openIDConfiguration() (*reply, error) {
	if err := r.ofTenant(); err != nil {
		return nil, err
	}
	at := r.server.url() + "/" + r.tenant.id
	return answer(http.StatusOK, object{
		"authorization_endpoint": at + "/oauth2/v2.0/authorize", "token_endpoint": at + "/oauth2/v2.0/token", "issuer": at + "/v2.0",
		"jwks_uri": at + "/discovery/v2.0/keys", "response_types_supported": []string{"code"}, "subject_types_supported": []string{"pairwise"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt"},
		"id_token_signing_alg_values_supported": []string{"RS256"}, "tenant_region_scope": "EU", "cloud_instance_name": "microsoftonline.com",
	})
}

func (r *request) instanceDiscovery() (*reply, error) {
	host := strings.TrimPrefix(r.server.url(), "https://")
	return answer(http.StatusOK, object{
		"tenant_discovery_endpoint": r.server.url() + "/" + r.http.PathValue("tenant") + "/v2.0/.well-known/openid-configuration",
		"metadata":                  []object{{"preferred_network": host, "preferred_cache": host, "aliases": []string{host}}},
	})
}

// token is the client credentials grant.
func (r *request) token() (*reply, error) {
	for _, name := range r.service.secrets {
		r.server.secrets.Add(r.form.Get(name))
	}
	if err := r.ofTenant(); err != nil {
		return nil, err
	}
	for _, name := range []string{"grant_type", "client_id", "scope"} {
		if r.form.Get(name) == "" {
			return nil, aadsts(900144, "invalid_request", "The request body must contain the following parameter: '%s'.", name)
		}
	}
	if grant := r.form.Get("grant_type"); grant != "client_credentials" {
		return nil, aadsts(70003, "unsupported_grant_type", "The app requested an unsupported grant type '%s'.", grant)
	}
	c, principal, err := r.signIn()
	if err != nil {
		return nil, err
	}
	resource, err := r.resource(r.form.Get("scope"))
	if err != nil {
		return nil, err
	}
	return r.granted(c, principal, resource)
}

// granted answers with a token for a resource.
func (r *request) granted(c claims, principal *entity, resource target) (*reply, error) {
	c.Audience = resource.audience
	if principal != nil && resource.principal != nil {
		c.Roles = r.tenant.roleValues(principal, resource.principal)
	}
	r.caller = &caller{objectID: c.ObjectID, appID: c.AppID}
	seconds := int(tokenLifetime.Seconds())
	return answer(http.StatusOK, object{"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": r.issue(c)})
}

// signIn finds out who asks, and checks its credential. The principal is nil for
// the administrator.
func (r *request) signIn() (claims, *entity, error) {
	id := strings.ToLower(r.form.Get("client_id"))
	if r.tenant.admin.ClientID == id {
		if r.form.Get("client_secret") != r.tenant.admin.ClientSecret {
			return claims{}, nil, errWrongSecret(id)
		}
		return claims{AppID: id, ObjectID: r.tenant.admin.ObjectID}, nil, nil
	}
	principal := r.tenant.app(kindServicePrincipal, id)
	application := r.tenant.app(kindApplication, id)
	if application == nil && principal != nil {
		application = principal.application()
	}
	switch {
	// A managed identity authenticates here by a federated credential only.
	case principal == nil && application == nil, principal != nil && principal.managed() && r.form.Get("client_assertion") == "":
		return claims{}, nil, aadsts(700016, "unauthorized_client", "Application with identifier '%s' was not found in the directory '%s'. "+
			"This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. "+
			"You may have sent your authentication request to the wrong tenant.", id, r.tenant.domain)
	case principal == nil:
		return claims{}, nil, aadsts(7000229, "invalid_client", "The client application %s is missing service principal in the tenant %s. "+
			"See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119", id, r.tenant.id)
	case !principal.enabled():
		return claims{}, nil, errDisabled(principal)
	}
	// Credentials can be on the application or on its service principal.
	holders := slices.DeleteFunc([]*entity{application, principal}, func(e *entity) bool { return e == nil })
	key, err := r.proof(id, holders)
	if err != nil {
		return claims{}, nil, err
	}
	principal.signIns.record(r.now, key)
	return claims{AppID: id, ObjectID: principal.id}, principal, nil
}

func errDisabled(principal *entity) error {
	return aadsts(7000112, "unauthorized_client", "Application '%s'(%s) is disabled.", principal.str("appId"), principal.str("displayName"))
}

// target is what a token is for.
type target struct {
	audience  string
	principal *entity // nil for what has no service principal in the simulator
}

// resource finds what the scope names: one of the services, or an application of
// the tenant.
func (r *request) resource(scope string) (target, error) {
	for _, s := range strings.Fields(scope) {
		name, ok := strings.CutSuffix(s, "/.default")
		if !ok {
			continue // openid, offline_access and profile, which MSAL adds
		}
		name = strings.TrimSuffix(name, "/")
		for _, svc := range services() {
			probe := request{server: r.server, service: &svc}
			if svc.audiences == nil || !slices.Contains(probe.audiences(), name) {
				continue
			}
			t := target{audience: name}
			if svc.name == "graph" {
				t.principal = r.tenant.graph()
			}
			return t, nil
		}
		for _, e := range r.tenant.all(kindServicePrincipal) {
			if e.str("appId") == name || slices.Contains(e.props.texts("servicePrincipalNames"), name) {
				return target{name, e}, nil
			}
		}
		return target{}, aadsts(500011, "invalid_resource", "The resource principal named %s was not found in the tenant named %s. "+
			"This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. "+
			"You might have sent your authentication request to the wrong tenant.", name, r.tenant.domain)
	}
	return target{}, aadsts(70011, "invalid_scope", "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope %s is not valid.", scope)
}
