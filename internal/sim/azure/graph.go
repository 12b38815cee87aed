package azuresim

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// graphPath is where Microsoft Graph lies, without its version.
const graphPath = "/graph"

// graphAudiences are those of Graph's tokens, in the clouds that there are.
var graphAudiences = []string{
	"https://graph.microsoft.com", graphAppID, "https://graph.microsoft.us", "https://dod-graph.microsoft.us", "https://microsoftgraph.chinacloudapi.cn",
}

// graphService is one version of Microsoft Graph.
func graphService(version string) service {
	return service{
		name: "graph", path: graphPath + "/" + version, audiences: graphAudiences, denied: "Authorization_RequestDenied",
		secrets: []string{"secretText", "key"}, rewrite: keySegments, routes: graphRoutes[version],
		unknown: func(r *request) *apiError {
			if r.otherMethod {
				return newError("Request_BadRequest", http.StatusMethodNotAllowed, "Specified HTTP method is not allowed for the request target.")
			}
			segment, _, _ := strings.Cut(strings.TrimPrefix(r.http.URL.Path, "/"), "/")
			return errBadRequest("Resource not found for the segment '%s'.", segment)
		},
		fail: (*request).graphError,
		unauthorized: func(r *request, e *apiError) {
			e.header = http.Header{"Www-Authenticate": {r.challenge()}}
		},
	}
}

// graphRoutes are the operations of each version.
var graphRoutes = map[string][]route{
	"v1.0": slices.Concat(
		organizationRoutes, applicationRoutes, servicePrincipalRoutes, passwordRoutes(kindApplication), passwordRoutes(kindServicePrincipal), federatedRoutes,
		ownerRoutes(kindApplication), ownerRoutes(kindServicePrincipal), grantRoutes, consentRoutes, userRoutes, roleRoutes, deletedRoutes, policyRoutes, batchRoutes,
	),
	"beta": slices.Concat(reportRoutes, batchRoutes),
}

// graphError is the form of Graph's errors (Graph guide, "Microsoft Graph error
// responses and resource types").
func (r *request) graphError(e *apiError) object {
	out := errorObject(e)
	inner := object{"date": r.now.Format("2006-01-02T15:04:05"), "request-id": r.id, "client-request-id": r.id}
	if id := r.http.Header.Get("client-request-id"); id != "" {
		inner["client-request-id"] = id
	}
	out.object("error")["innerError"] = inner
	return out
}

// errBadRequest is what Graph says of a request that no directory was asked
// about; [errInvalid] is what the directory says.
func errBadRequest(format string, args ...any) *apiError {
	return newError("BadRequest", http.StatusBadRequest, format, args...)
}

func errInvalid(format string, args ...any) *apiError {
	return newError("Request_BadRequest", http.StatusBadRequest, format, args...)
}

func errNotFound(id string) *apiError {
	return newError("Request_ResourceNotFound", http.StatusNotFound,
		"Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
}

var keySegment = regexp.MustCompile(`^([A-Za-z.]+)(\([A-Za-z]+='(?:[^']|'')*'\))$`)

// keySegments makes two segments of one such as applications(appId='…'), so that
// keys match as ids do. Characters of the key can be escaped.
func keySegments(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		decoded, err := url.PathUnescape(s)
		if err != nil {
			continue
		}
		if m := keySegment.FindStringSubmatch(decoded); m != nil {
			segments[i] = m[1] + "/" + url.PathEscape(m[2])
		}
	}
	return strings.Join(segments, "/")
}

// organizationRoutes tell about the tenant.
var organizationRoutes = []route{
	{
		pattern: "GET /organization", needs: []string{"Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"},
		handle: (*request).listOrganization,
	},
}

func (r *request) listOrganization() (*reply, error) {
	t := r.tenant
	return answer(http.StatusOK, object{
		"@odata.context": r.contextURL("organization"),
		"value": []object{{
			"id": t.id, "displayName": "Acme", "tenantType": "AAD",
			"verifiedDomains": []object{{"name": t.domain, "type": "Managed", "isInitial": true, "isDefault": true, "capabilities": "Email, OfficeCommunicationsOnline"}},
		}},
	})
}

// contextURL is @odata.context, which clients only show.
func (r *request) contextURL(what string) string {
	return "https://graph.microsoft.com/" + strings.TrimPrefix(r.service.path, graphPath+"/") + "/$metadata#" + what
}
