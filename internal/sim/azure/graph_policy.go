package azuresim

import (
	"net/http"
	"regexp"
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

// active returns the enabled restriction of a type that applies to an object; e
// is nil for a new application.
func (p *appPolicy) active(e *entity, list, restrictionType string, now time.Time) object {
	restrictions, created := p.application, now
	if e != nil {
		created = e.created
		if e.kind == kindServicePrincipal {
			restrictions = p.principal
		}
	}
	for _, o := range restrictions.objects(list) {
		if !p.enabled || o.str("restrictionType") != restrictionType || o.str("state") == "disabled" {
			continue
		}
		// What cannot be read restricts all.
		after, _ := time.Parse(time.RFC3339, o.str("restrictForAppsCreatedAfterDateTime"))
		if !created.Before(after) {
			return o
		}
	}
	return nil
}

// checkPassword refuses a client secret that the policy does not want.
func (p *appPolicy) checkPassword(e *entity, start, end time.Time) error {
	if p.active(e, "passwordCredentials", "passwordAddition", e.created) != nil {
		return newError("CredentialTypeNotAllowedAsPerAppPolicy", http.StatusBadRequest, "Credential type not allowed as per assigned policy '%s'.", p.id)
	}
	return p.checkLifetime(p.active(e, "passwordCredentials", "passwordLifetime", e.created), start, end)
}

// checkKey refuses a certificate that lasts too long.
func (p *appPolicy) checkKey(e *entity, start, end, now time.Time) error {
	return p.checkLifetime(p.active(e, "keyCredentials", "asymmetricKeyLifetime", now), start, end)
}

func (p *appPolicy) checkLifetime(restriction object, start, end time.Time) error {
	most, ok := duration(restriction.str("maxLifetime"))
	if !ok || end.Sub(start) <= most {
		return nil
	}
	return newError("CredentialInvalidLifetimeAsPerAppPolicy", http.StatusBadRequest, "Credential lifetime exceeds the max value allowed as per assigned policy '%s'.", p.id)
}
