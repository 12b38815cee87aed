package azuresim

import (
	"net/http"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// genericRoutes show resources of any kind, as their own providers would.
var genericRoutes = []route{
	{pattern: "GET /subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}/{type}/{name}", handle: (*request).getResource},
}

func (r *request) getResource() (*reply, error) {
	kind := r.http.PathValue("namespace") + "/" + r.http.PathValue("type")
	below := "/providers/" + kind + "/" + r.http.PathValue("name")
	g, err := r.ofGroup(anyVersion, kind+"/read", below)
	if err != nil {
		return nil, err
	}
	res := r.tenant.arm.resources[strings.ToLower(g.id()+below)]
	if res == nil {
		return nil, errResourceNotFound(kind, r.http.PathValue("name"), g.name)
	}
	out := object{"id": res.id(), "name": res.name, "type": res.kind, "location": res.location, "tags": res.tags, "properties": res.properties}
	if len(res.userIdentities) > 0 {
		out["identity"] = r.tenant.identityBlock(res)
	}
	return answer(http.StatusOK, out)
}

// dataPath is where the data plane of resources lies.
const dataPath = "/data"

// dataService is a data plane that every resource has, so that a test can see an
// identity being allowed or refused with its own token:
//
//	GET /data/{action}/{id of the resource}
//
// asks for an action of the data plane with its slashes escaped, such as
// "Microsoft.Storage%2FstorageAccounts%2FblobServices%2Fcontainers%2Fblobs%2Fread".
// Tokens are those of Azure Storage, or of Resource Manager.
func dataService() service {
	return service{
		name: "data", path: dataPath, audiences: append([]string{"https://storage.azure.com"}, armAudiences...), denied: "AuthorizationPermissionMismatch",
		routes: []route{{pattern: "GET /{action}/{resource...}", handle: (*request).useData}},
		unknown: func(*request) *apiError {
			return newError("InvalidUri", http.StatusNotFound, "The requested URI does not represent any resource on the server.")
		},
		fail:         func(_ *request, e *apiError) object { return errorObject(e) },
		unauthorized: func(r *request, e *apiError) { e.header = http.Header{"Www-Authenticate": {r.challenge()}} },
	}
}

func (r *request) useData() (*reply, error) {
	at, err := r.scopeOf(r.http.PathValue("resource"))
	if err != nil {
		return nil, err
	}
	action := r.http.PathValue("action")
	allowed := r.caller.administrator || r.tenant.decide(r.caller.objectID, action, at, true, r.now).allowed
	r.permissions = append(r.permissions, sim.Permission{Action: action, Resource: at.id, Allowed: allowed})
	if !allowed {
		return nil, newError("AuthorizationPermissionMismatch", http.StatusForbidden, "This request is not authorized to perform this operation using this permission.")
	}
	return answer(http.StatusOK, object{"resource": at.id, "action": action})
}

// DataURL is the address at which a token shows whether its holder may do an
// action of the data plane to a resource: the answer is 200 or 403.
func (s *Server) DataURL(action, resourceID string) string {
	return s.URL() + dataPath + "/" + strings.ReplaceAll(action, "/", "%2F") + resourceID
}
