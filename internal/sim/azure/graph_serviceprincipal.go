package azuresim

import (
	"maps"
	"net/http"
	"slices"
)

var servicePrincipalRoutes = append(objectRoutes(kindServicePrincipal),
	route{pattern: "POST /servicePrincipals", needs: writeApplications, own: true, handle: (*request).createServicePrincipal},
	route{pattern: "PATCH /servicePrincipals/{id}", needs: writeApplications, own: true, handle: (*request).patchServicePrincipal},
)

// createServicePrincipal makes that of an application of this tenant, or of one
// of another that is offered to all.
func (r *request) createServicePrincipal() (*reply, error) {
	appID := r.body.str("appId")
	if appID == "" {
		return nil, errInvalid("A value is required for property 'appId' of resource 'ServicePrincipal'.")
	}
	if !guidPattern.MatchString(appID) {
		return nil, errInvalid("Invalid value specified for property 'appId' of resource 'ServicePrincipal'.")
	}
	in := maps.Clone(r.body)
	delete(in, "appId")
	owners, err := r.boundOwners(in)
	if err != nil {
		return nil, err
	}
	if err := kindServicePrincipal.checkProperties(in); err != nil {
		return nil, err
	}
	app := r.backing(appID)
	if app == nil {
		return nil, newError("NoBackingApplicationObject", http.StatusBadRequest,
			"The appId '%s' of the service principal does not reference a valid application object.", appID)
	}
	if r.tenant.app(kindServicePrincipal, appID) != nil {
		return nil, errNameInUse(appID)
	}
	if app.tenant == r.tenant {
		if err := r.mayChange(app); err != nil {
			return nil, err
		}
	}
	keys, err := r.keyCredentials(nil, in)
	if err != nil {
		return nil, err
	}
	e := r.tenant.newServicePrincipal(app, r.now, r.server.lag)
	e.set(in, keys)
	e.owners = owners
	shown := e.show(e.props, false)
	shown["@odata.context"] = r.contextURL("servicePrincipals/$entity")
	return answer(http.StatusCreated, shown)
}

func errNameInUse(appID string) error {
	return newError("Request_MultipleObjectsWithSameKeyValue", http.StatusConflict,
		"The service principal cannot be created, updated, or restored because the service principal name %s is already in use.", appID)
}

// backing finds the application of a service principal to be made, as the
// directory meets it under a lag.
func (r *request) backing(appID string) *entity {
	if app := r.tenant.app(kindApplication, appID); app != nil {
		if app.meet() == nil {
			return nil
		}
		return app
	}
	return r.server.offered(appID)
}

// offered finds an application of any tenant that every tenant may have, whatever
// the lag.
func (s *Server) offered(appID string) *entity {
	audiences := []string{"AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount"}
	for _, t := range s.tenants {
		if app := t.app(kindApplication, appID); app != nil && slices.Contains(audiences, app.str("signInAudience")) {
			return app
		}
	}
	return nil
}

// application is that of a service principal, in whichever tenant; nil where the
// simulator has none.
func (e *entity) application() *entity {
	if app := e.tenant.app(kindApplication, e.str("appId")); app != nil {
		return app
	}
	return e.tenant.server.offered(e.str("appId"))
}

func (r *request) patchServicePrincipal() (*reply, error) {
	e, _, err := r.named(kindServicePrincipal)
	if err != nil {
		return nil, err
	}
	if err := r.mayChange(e); err != nil {
		return nil, err
	}
	if err := kindServicePrincipal.checkProperties(r.body); err != nil {
		return nil, err
	}
	keys, err := r.keyCredentials(e, r.body)
	if err != nil {
		return nil, err
	}
	e.touch()
	e.set(r.body, keys)
	return answer(http.StatusNoContent, nil)
}
