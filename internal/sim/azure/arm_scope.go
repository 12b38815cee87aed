package azuresim

import (
	"net/http"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// managementGroupScope begins the scope of a management group.
const managementGroupScope = "/providers/microsoft.management/managementgroups/"

// scope is where a role is held or an action done: everything, a management
// group, a subscription, a resource group or a resource.
type scope struct {
	id           string        // as its parts are named
	subscription *Subscription // nil above subscriptions
}

func (s scope) key() string { return strings.ToLower(s.id) }

// scopeOf finds a scope that exists.
func (r *request) scopeOf(text string) (scope, error) {
	text = "/" + strings.Trim(text, "/")
	parts := strings.Split(strings.Trim(text, "/"), "/")
	switch lower := strings.ToLower(text); {
	case text == "/":
		return scope{id: "/"}, nil
	case strings.HasPrefix(lower, managementGroupScope):
		name := lower[len(managementGroupScope):]
		if g := r.tenant.arm.managementGroups[name]; g != nil {
			return scope{id: "/providers/Microsoft.Management/managementGroups/" + g.name}, nil
		}
		if name == r.tenant.id {
			return scope{id: "/providers/Microsoft.Management/managementGroups/" + name}, nil
		}
		return scope{}, newError("ManagementGroupNotFound", http.StatusNotFound, "The management group '%s' cannot be found.", name)
	case len(parts) < 2 || !strings.EqualFold(parts[0], "subscriptions"):
		return scope{}, newError("InvalidRequestUri", http.StatusNotFound, "The scope '%s' is not valid.", text)
	}
	s, err := r.subscription(parts[1])
	if err != nil || len(parts) == 2 {
		return scope{"/subscriptions/" + strings.ToLower(parts[1]), s}, err
	}
	if len(parts) < 4 || !strings.EqualFold(parts[2], "resourceGroups") {
		return scope{}, newError("InvalidRequestUri", http.StatusNotFound, "The scope '%s' is not valid.", text)
	}
	g := s.group(parts[3])
	switch {
	case g == nil:
		return scope{}, errGroupNotFound(parts[3])
	case len(parts) == 4:
		return scope{g.id(), s}, nil
	case len(parts) < 8 || !strings.EqualFold(parts[4], "providers"):
		return scope{}, newError("InvalidRequestUri", http.StatusNotFound, "The scope '%s' is not valid.", text)
	}
	parent := strings.ToLower(g.id() + "/" + strings.Join(parts[4:8], "/"))
	res := r.tenant.arm.resources[parent]
	if res == nil {
		return scope{}, errResourceNotFound(parts[5]+"/"+parts[6], parts[7], g.name)
	}
	// What is below a resource, such as a container, is taken as it is written.
	return scope{strings.Join(append([]string{res.id()}, parts[8:]...), "/"), s}, nil
}

func errGroupNotFound(name string) error {
	return newError("ResourceGroupNotFound", http.StatusNotFound, "Resource group '%s' could not be found.", name)
}

func errResourceNotFound(kind, name, group string) error {
	return newError("ResourceNotFound", http.StatusNotFound,
		"The Resource '%s/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", kind, name, group)
}

// subscription finds a subscription of the caller's tenant.
func (r *request) subscription(id string) (*Subscription, error) {
	if !guidPattern.MatchString(id) {
		return nil, newError("InvalidSubscriptionId", http.StatusBadRequest, "The provided subscription identifier '%s' is malformed or invalid.", id)
	}
	if s := r.tenant.subscriptions[strings.ToLower(id)]; s != nil {
		return s, nil
	}
	for _, t := range r.server.tenants {
		if t.subscriptions[strings.ToLower(id)] != nil {
			return nil, newError("InvalidAuthenticationTokenTenant", http.StatusUnauthorized,
				"The access token is from the wrong issuer 'https://sts.windows.net/%s/'. It must match the tenant 'https://sts.windows.net/%s/' associated with this subscription. "+
					"Please use the authority (URL) 'https://login.windows.net/%s' to get the token.", r.tenant.id, t.id, t.id)
		}
	}
	return nil, newError("SubscriptionNotFound", http.StatusNotFound, "The subscription '%s' could not be found.", id)
}

// above returns the keys of a scope and of all that is above it, from the scope
// up.
func (t *Tenant) above(s scope) []string {
	var out []string
	if s.subscription != nil {
		top := "/subscriptions/" + s.subscription.id
		for key := s.key(); len(key) > len(top); key = key[:strings.LastIndex(key, "/")] {
			out = append(out, key)
		}
		out = append(out, top)
	}
	group := strings.TrimPrefix(s.key(), managementGroupScope)
	if s.subscription != nil {
		group = s.subscription.parent
	}
	if s.id != "/" {
		for ; t.arm.managementGroups[group] != nil; group = t.arm.managementGroups[group].parent {
			out = append(out, managementGroupScope+group)
		}
		out = append(out, managementGroupScope+t.id)
	}
	return append(out, "/")
}

// allow checks that the caller has an action of the control plane at a scope.
func (r *request) allow(action string, at scope) error {
	var allowed bool
	if r.caller.administrator {
		allowed = !anyMatches(r.tenant.denied, action)
	} else {
		allowed = r.tenant.decide(r.caller.objectID, action, at, false, r.now).allowed
	}
	r.permissions = append(r.permissions, sim.Permission{Action: action, Resource: at.id, Allowed: allowed})
	if allowed {
		return nil
	}
	return newError("AuthorizationFailed", http.StatusForbidden, "The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' or the scope is invalid. "+
		"If access was recently granted, please refresh your credentials.", r.caller.appID, r.caller.objectID, action, at.id)
}

// ofSubscription finds the subscription of the path, for a caller that may do
// the action there.
func (r *request) ofSubscription(provider, action string) (*Subscription, error) {
	if err := r.version(provider); err != nil {
		return nil, err
	}
	s, err := r.subscription(r.http.PathValue("subscription"))
	if err != nil {
		return nil, err
	}
	return s, r.allow(action, scope{"/subscriptions/" + s.id, s})
}

// ofGroup finds the resource group of the path, for a caller that may do the
// action at below in it. Who may not is not told whether it exists.
func (r *request) ofGroup(provider, action, below string) (*resourceGroup, error) {
	if err := r.version(provider); err != nil {
		return nil, err
	}
	s, err := r.subscription(r.http.PathValue("subscription"))
	if err != nil {
		return nil, err
	}
	name := r.http.PathValue("group")
	at := "/subscriptions/" + s.id + "/resourceGroups/" + name + below
	if err := r.allow(action, scope{at, s}); err != nil {
		return nil, err
	}
	if g := s.group(name); g != nil {
		return g, nil
	}
	return nil, errGroupNotFound(name)
}
