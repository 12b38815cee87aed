package azuresim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

var reportRoutes = []route{
	{pattern: "GET /reports/servicePrincipalSignInActivities", needs: []string{"AuditLog.Read.All"}, handle: (*request).principalActivities},
	{pattern: "GET /reports/appCredentialSignInActivities", needs: []string{"AuditLog.Read.All"}, handle: (*request).credentialActivities},
}

// premium refuses a tenant without the licence for reports of sign-ins.
func (r *request) premium() error {
	if r.tenant.premium {
		return nil
	}
	return newError("Authentication_RequestFromNonPremiumTenantOrB2CTenant", http.StatusForbidden, "Neither tenant is B2C or tenant doesn't have premium license")
}

// record notes a sign-in, and the key that it was made with.
func (s *signIns) record(at time.Time, key string) {
	s.at = at
	if key == "" {
		return
	}
	if s.keys == nil {
		s.keys = map[string]time.Time{}
	}
	s.keys[key] = at
}

func activity(at time.Time, id string) object {
	return object{"lastSignInDateTime": stamp(at), "lastSignInRequestId": id}
}

// principalActivities has a row for each application that has signed in, and
// none for the others.
func (r *request) principalActivities() (*reply, error) {
	if err := r.premium(); err != nil {
		return nil, err
	}
	o, err := r.options(allowed{list: true})
	if err != nil {
		return nil, err
	}
	var items []listed
	for _, e := range r.tenant.all(kindServicePrincipal) {
		if e.signIns.at.IsZero() {
			continue
		}
		none := object{"lastSignInDateTime": nil, "lastSignInRequestId": nil}
		shown := object{
			"id": b64(e.str("appId")), "appId": e.str("appId"), "lastSignInActivity": activity(e.signIns.at, e.id),
			"applicationAuthenticationClientSignInActivity": activity(e.signIns.at, e.id), "applicationAuthenticationResourceSignInActivity": none,
			"delegatedClientSignInActivity": none, "delegatedResourceSignInActivity": none,
		}
		if o.filter == nil || o.filter(shown, e) {
			items = append(items, listed{e.id, func() object { return shown }})
		}
	}
	return r.page("reports/servicePrincipalSignInActivities", o, items)
}

// credentialActivities has a row for each key that was used.
func (r *request) credentialActivities() (*reply, error) {
	if err := r.premium(); err != nil {
		return nil, err
	}
	o, err := r.options(allowed{list: true})
	if err != nil {
		return nil, err
	}
	var items []listed
	for _, e := range r.tenant.all(kindServicePrincipal) {
		app := r.tenant.app(kindApplication, e.str("appId"))
		for _, holder := range []*entity{app, e} {
			if holder == nil {
				continue
			}
			for _, shown := range holder.usedKeys(e) {
				if o.filter == nil || o.filter(shown, holder) {
					items = append(items, listed{e.id + shown.str("keyId"), func() object { return shown }})
				}
			}
		}
	}
	slices.SortFunc(items, func(a, b listed) int { return strings.Compare(a.key, b.key) })
	return r.page("reports/appCredentialSignInActivities", o, items)
}

// usedKeys are rows of the keys of an application or service principal that the
// service principal has signed in with.
func (e *entity) usedKeys(principal *entity) []object {
	var out []object
	for list, keyType := range map[string]string{"passwordCredentials": "clientSecret", "keyCredentials": "certificate"} {
		for _, c := range e.props.objects(list) {
			at, used := principal.signIns.keys[c.str("keyId")]
			if !used {
				continue
			}
			row := object{
				"id": b64(c.str("keyId")), "keyId": c.str("keyId"), "keyType": keyType, "keyUsage": "verify", "appId": principal.str("appId"),
				"appObjectId": nil, "servicePrincipalObjectId": principal.id, "resourceId": e.tenant.graph().id, "credentialOrigin": string(e.kind),
				"createdDateTime": c["startDateTime"], "expirationDateTime": c["endDateTime"], "signInActivity": activity(at, principal.id),
			}
			if e.kind == kindApplication {
				row["appObjectId"] = e.id
			}
			out = append(out, row)
		}
	}
	return out
}
