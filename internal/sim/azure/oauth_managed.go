package azuresim

import (
	"net/http"
	"slices"
	"strings"
)

// machinePath is the token endpoint of a machine's managed identities, in the
// protocol of App Service, which azidentity finds by two environment variables
// (App Service documentation, "REST endpoint reference").
const machinePath = "/msi/token"

// MachineEnv returns the environment variables of a machine that has these managed
// identities, given by the object ids of their service principals. It panics on
// one that there is not.
func (t *Tenant) MachineEnv(identities ...string) map[string]string {
	at := t.server.URL()
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	var has []*entity
	for _, id := range identities {
		has = append(has, t.mustGet(id))
	}
	header := t.server.newID("machine")
	t.server.secrets.Add(header)
	t.machines[header] = has
	return map[string]string{"IDENTITY_ENDPOINT": at + machinePath, "IDENTITY_HEADER": header}
}

// machineToken gives a token of the identity that is asked for, or of the only
// one.
func (r *request) machineToken() (*reply, error) {
	has, ok := r.machine(r.http.Header.Get("X-IDENTITY-HEADER"))
	if !ok {
		return nil, newError("unauthorized_client", http.StatusUnauthorized, "The X-IDENTITY-HEADER is not the machine's.")
	}
	wanted := []string{r.query.Get("client_id"), r.query.Get("principal_id"), r.query.Get("object_id"), r.query.Get("mi_res_id")}
	named := slices.ContainsFunc(wanted, func(w string) bool { return w != "" })
	has = slices.DeleteFunc(slices.Clone(has), func(e *entity) bool {
		known := append([]string{e.str("appId"), e.id}, e.props.texts("alternativeNames")...)
		return !e.deleted.IsZero() || named && !slices.ContainsFunc(wanted, func(w string) bool {
			return w != "" && slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, w) })
		})
	})
	if len(has) != 1 {
		return nil, newError("invalid_request", http.StatusBadRequest, "No managed identity was found for the requested client id, object id or resource id.")
	}
	resource, err := r.resource(strings.TrimSuffix(r.query.Get("resource"), "/") + "/.default")
	if err != nil {
		return nil, err
	}
	principal := has[0]
	if !principal.enabled() {
		return nil, errDisabled(principal)
	}
	principal.signIns.record(r.now, "")
	return r.granted(claims{AppID: principal.str("appId"), ObjectID: principal.id}, principal, resource)
}

func (r *request) machine(header string) ([]*entity, bool) {
	for _, t := range r.server.tenants {
		if has, ok := t.machines[header]; ok {
			r.tenant = t
			return has, true
		}
	}
	return nil, false
}
