package azuresim

import (
	"net/http"
	"slices"
	"strings"
)

// armPath is where Azure Resource Manager lies.
const armPath = "/arm"

// armAudiences are those of Resource Manager's tokens, in the clouds that there
// are.
var armAudiences = []string{
	"https://management.azure.com", "https://management.core.windows.net", "https://management.usgovcloudapi.net",
	"https://management.core.usgovcloudapi.net", "https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn",
}

// armService is Azure Resource Manager with the resource providers that the
// simulator has.
func armService() service {
	return service{
		name: "arm", path: armPath, audiences: armAudiences, denied: "AuthorizationFailed",
		rewrite: armSegments,
		routes:  slices.Concat(subscriptionRoutes, identityRoutes, identityFederatedRoutes, roleDefinitionRoutes, roleAssignmentRoutes, scheduleRoutes, resourceGraphRoutes, genericRoutes),
		unknown: func(r *request) *apiError {
			return newError("InvalidRequestUri", http.StatusNotFound, "The requested resource %s %s is not one that the simulator has.", r.http.Method, r.http.URL.Path)
		},
		fail: func(_ *request, e *apiError) object { return errorObject(e) },
		unauthorized: func(r *request, e *apiError) {
			if e.message == "Access token is empty." {
				e.code, e.message = "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
			}
			e.header = http.Header{"Www-Authenticate": {r.challenge()}}
		},
		stamp: (*request).armHeaders, spend: (*request).charge,
	}
}

// armHeaders are those of every answer (Resource Manager, "Track asynchronous
// Azure operations" and "Understand how Azure Resource Manager throttles
// requests").
func (r *request) armHeaders(h http.Header) {
	h.Set("x-ms-request-id", r.id)
	h.Set("x-ms-routing-request-id", "WESTEUROPE:"+r.now.Format("20060102T150405Z")+":"+r.id)
	r.limitHeader(h)
	h.Set("x-ms-correlation-request-id", r.id)
	if id := r.http.Header.Get("x-ms-correlation-request-id"); id != "" {
		h.Set("x-ms-correlation-request-id", id)
	}
}

// armVersions are the API versions that a resource provider, or one of its
// resource types, takes here: those of the clients that there are.
var armVersions = map[string][]string{
	"Microsoft.Resources":       {"2021-04-01", "2022-09-01", "2022-12-01", "2024-03-01"},
	"Microsoft.ManagedIdentity": {"2018-11-30", "2023-01-31", "2024-11-30"},
	providerResourceGraph:       {"2021-03-01", "2022-10-01", "2024-04-01"},
	kindRoleDefinition:          {"2022-04-01"},
	kindRoleAssignment:          {"2022-04-01"},
	kindScheduleRequest:         {"2020-10-01"},
	kindSchedule:                {"2020-10-01"},
	kindScheduleInstance:        {"2020-10-01"},
}

// anyVersion stands for providers whose versions are not checked.
const anyVersion = ""

// version checks the api-version of a request to a resource provider.
func (r *request) version(provider string) error {
	asked := r.query.Get("api-version")
	supported := armVersions[provider]
	switch {
	case asked == "":
		return newError("MissingApiVersionParameter", http.StatusBadRequest, "The api-version query parameter (?api-version=) is required for all requests.")
	case provider != anyVersion && !slices.Contains(supported, asked):
		return newError("InvalidApiVersionParameter", http.StatusBadRequest, "The api-version '%s' is invalid. The supported versions are '%s'.", asked, strings.Join(supported, ","))
	}
	return nil
}

// skipToken is the parameter with the place in a list that a page begins at, as
// clients hand it back.
const skipToken = "$skiptoken"

// armPage answers a list of Resource Manager with a link to what is left.
func (r *request) armPage(items []object, size int) (*reply, error) {
	if r.server.maxPage > 0 {
		size = min(size, r.server.maxPage)
	}
	start, ok := readSkip(r.skip())
	if !ok || start > len(items) {
		return nil, newError("InvalidSkipToken", http.StatusBadRequest, "The skip token '%s' is invalid.", r.skip())
	}
	end := min(start+size, len(items))
	out := object{"value": append([]object{}, items[start:end]...)}
	if end < len(items) {
		query := r.http.URL.Query()
		query.Del(skipToken)
		query.Set("$skipToken", writeSkip(end))
		out["nextLink"] = r.server.url() + armPath + r.http.URL.EscapedPath() + "?" + query.Encode()
	}
	return answer(http.StatusOK, out)
}

// skip returns the skip token of a request, whose name is written in two ways.
func (r *request) skip() string {
	for name, values := range r.query {
		if strings.EqualFold(name, skipToken) {
			return values[0]
		}
	}
	return ""
}

// subscriptionRoutes tell about subscriptions and resource groups.
var subscriptionRoutes = []route{
	{pattern: "GET /subscriptions", handle: (*request).listSubscriptions},
	{pattern: "GET /subscriptions/{subscription}", handle: (*request).getSubscription},
	{pattern: "GET /subscriptions/{subscription}/resourceGroups/{group}", handle: (*request).getResourceGroup},
}

func (s *Subscription) answer() object {
	return object{
		"id": "/subscriptions/" + s.id, "subscriptionId": s.id, "tenantId": s.tenant.id, "displayName": s.name, "state": "Enabled",
		"authorizationSource": "RoleBased", "managedByTenants": []object{},
	}
}

// listSubscriptions lists those in which the caller may read anything.
func (r *request) listSubscriptions() (*reply, error) {
	if err := r.version("Microsoft.Resources"); err != nil {
		return nil, err
	}
	var items []object
	for _, s := range r.tenant.ordered() {
		if r.caller.administrator || r.tenant.seesSubscription(r.caller.objectID, s, r.now) {
			items = append(items, s.answer())
		}
	}
	return r.armPage(items, 1000)
}

func (r *request) getSubscription() (*reply, error) {
	s, err := r.ofSubscription("Microsoft.Resources", "Microsoft.Resources/subscriptions/read")
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, s.answer())
}

func (r *request) getResourceGroup() (*reply, error) {
	g, err := r.ofGroup("Microsoft.Resources", "Microsoft.Resources/subscriptions/resourceGroups/read", "")
	if err != nil {
		return nil, err
	}
	return answer(http.StatusOK, object{
		"id": g.id(), "name": g.name, "type": "Microsoft.Resources/resourceGroups", "location": g.location,
		"tags": g.tags, "properties": object{"provisioningState": "Succeeded"},
	})
}
