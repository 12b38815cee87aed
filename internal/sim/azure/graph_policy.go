package azuresim

import (
	"bytes"
	"crypto/x509"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// appPolicy is the tenant's default policy for credentials of applications and
// service principals (Graph reference, tenantAppManagementPolicy).
type appPolicy struct {
	id      string
	enabled bool
	// application and principal are the restrictions of each, as Graph shows
	// them: passwordCredentials and keyCredentials.
	application, principal object
}

// policyID is the same in every tenant, as Graph has it.
const policyID = "00000000-0000-0000-0000-000000000000"

func newAppPolicy() *appPolicy {
	none := func() object { return object{"passwordCredentials": []object{}, "keyCredentials": []object{}} }
	return &appPolicy{id: policyID, application: none(), principal: none()}
}

var policyRoutes = []route{
	{pattern: "GET /policies/defaultAppManagementPolicy", needs: []string{"Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"}, handle: (*request).getPolicy},
	{pattern: "GET /applications/{id}/appManagementPolicies", needs: []string{"Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration"}, also: readApplications, own: true, handle: (*request).listOwnPolicies},
	{pattern: "PATCH /policies/defaultAppManagementPolicy", needs: []string{"Policy.ReadWrite.ApplicationConfiguration"}, handle: (*request).patchPolicy},
}

func (r *request) getPolicy() (*reply, error) {
	p := r.tenant.policy
	return answer(http.StatusOK, object{
		"@odata.context": r.contextURL("policies/defaultAppManagementPolicy/$entity"),
		"id":             p.id, "displayName": "Default app management tenant policy", "description": "Default tenant policy that enforces app management restrictions on applications and service principals.",
		"isEnabled": p.enabled, "applicationRestrictions": p.application, "servicePrincipalRestrictions": p.principal,
	})
}

// listOwnPolicies lists the policy that is assigned to an application, of which
// there is one at most.
func (r *request) listOwnPolicies() (*reply, error) {
	e, _, err := r.named(kindApplication)
	if err != nil {
		return nil, err
	}
	o, err := r.options(allowed{list: true})
	if err != nil {
		return nil, err
	}
	var items []listed
	if p := r.tenant.ownPolicies[e.id]; p != nil {
		items = append(items, listed{p.id, func() object {
			return object{"id": p.id, "displayName": "Exception", "description": nil, "isEnabled": p.enabled, "restrictions": p.application}
		}})
	}
	return r.page("policies/appManagementPolicies", o, items)
}

func (r *request) patchPolicy() (*reply, error) {
	p := r.tenant.policy
	for _, name := range r.body.names() {
		switch value := r.body[name]; name {
		case "isEnabled":
			p.enabled = r.body.flag(name)
		case "applicationRestrictions", "servicePrincipalRestrictions":
			restrictions := asObject(value)
			if err := checkRestrictions(restrictions); err != nil {
				return nil, err
			}
			if name == "applicationRestrictions" {
				p.application = restrictions
			} else {
				p.principal = restrictions
			}
		default:
			return nil, errBadRequest("Invalid property '%s'.", name)
		}
	}
	return answer(http.StatusNoContent, nil)
}

// restrictionTypes are those that there are, and whether they have a maximum.
var restrictionTypes = map[string]bool{
	"passwordAddition": false, "customPasswordAddition": false, "passwordLifetime": true, "symmetricKeyAddition": false, "symmetricKeyLifetime": true,
	"asymmetricKeyLifetime": true, "trustedCertificateAuthority": false,
}

func checkRestrictions(o object) error {
	for _, list := range []string{"passwordCredentials", "keyCredentials"} {
		for _, restriction := range o.objects(list) {
			limited, known := restrictionTypes[restriction.str("restrictionType")]
			_, ok := duration(restriction.str("maxLifetime"))
			if !known || limited && !ok {
				return errBadRequest("Invalid restriction '%s'.", restriction.str("restrictionType"))
			}
		}
	}
	return nil
}

var durationPattern = regexp.MustCompile(`^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$`)

// duration reads an ISO 8601 duration; a year has 365 days and a month 30.
func duration(text string) (time.Duration, bool) {
	m := durationPattern.FindStringSubmatch(text)
	if m == nil || len(text) < 3 {
		return 0, false
	}
	day := 24 * time.Hour
	var total time.Duration
	for i, unit := range []time.Duration{365 * day, 30 * day, day, time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi(m[i+1])
		total += time.Duration(n) * unit
	}
	return total, true
}

// active returns the enabled restriction of a type that applies to an object, and
// the policy that has it; e is nil for a new application. Of a restriction that
// its own policy names, in whatever state, the tenant's says nothing ("Microsoft
// Entra application management policies API overview").
func (t *Tenant) active(e *entity, list, restrictionType string, now time.Time) (object, *appPolicy) {
	p := t.policy
	restrictions, created := p.application, now
	if e != nil {
		created = e.created
		if e.kind == kindServicePrincipal {
			restrictions = p.principal
		}
		if own := t.ownPolicies[e.id]; own != nil && own.enabled && slices.ContainsFunc(own.application.objects(list), func(o object) bool { return o.str("restrictionType") == restrictionType }) {
			p, restrictions = own, own.application
		}
	}
	for _, o := range restrictions.objects(list) {
		if !p.enabled || o.str("restrictionType") != restrictionType || o.str("state") == "disabled" {
			continue
		}
		// What cannot be read restricts all.
		after, _ := time.Parse(time.RFC3339, o.str("restrictForAppsCreatedAfterDateTime"))
		if !created.Before(after) {
			return o, p
		}
	}
	return nil, p
}

func (p *appPolicy) notAllowed() error {
	return newError("CredentialTypeNotAllowedAsPerAppPolicy", http.StatusBadRequest, "Credential type not allowed as per assigned policy '%s'.", p.id)
}

// checkPassword refuses a client secret that the policy does not want.
func (t *Tenant) checkPassword(e *entity, start, end time.Time) error {
	if restriction, p := t.active(e, "passwordCredentials", "passwordAddition", e.created); restriction != nil {
		return p.notAllowed()
	}
	restriction, p := t.active(e, "passwordCredentials", "passwordLifetime", e.created)
	return p.checkLifetime(restriction, start, end)
}

// checkKey refuses a certificate that lasts too long, and a self-signed one where
// only those of trusted authorities are wanted.
func (t *Tenant) checkKey(e *entity, cert *x509.Certificate, start, end, now time.Time) error {
	if restriction, p := t.active(e, "keyCredentials", "trustedCertificateAuthority", now); restriction != nil && bytes.Equal(cert.RawIssuer, cert.RawSubject) {
		return p.notAllowed()
	}
	restriction, p := t.active(e, "keyCredentials", "asymmetricKeyLifetime", now)
	return p.checkLifetime(restriction, start, end)
}

func (p *appPolicy) checkLifetime(restriction object, start, end time.Time) error {
	most, ok := duration(restriction.str("maxLifetime"))
	if !ok || end.Sub(start) <= most {
		return nil
	}
	return newError("CredentialInvalidLifetimeAsPerAppPolicy", http.StatusBadRequest, "Credential lifetime exceeds the max value allowed as per assigned policy '%s'.", p.id)
}
