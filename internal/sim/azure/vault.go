package azuresim

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	// vaultPath is where Key Vault lies; the names of vaults are the next segment.
	vaultPath = "/vault"
	kindVault = "Microsoft.KeyVault/vaults"
	// vaultRetention is how long deleted secrets can be recovered.
	vaultRetention = 90 * 24 * time.Hour
)

// vaultVersions are the API versions of Key Vault's secrets.
var vaultVersions = []string{"7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"}

// vault is a key vault with the permission model of Azure RBAC.
type vault struct {
	resource *resource
	secrets  map[string]*vaultSecret // by name in lower case
	// protected keeps everybody from purging.
	protected bool
}

// recoveryLevel is what the vault's secrets say of their deletion (Key Vault REST
// reference, DeletionRecoveryLevel).
func (v *vault) recoveryLevel() string {
	if v.protected {
		return "Recoverable"
	}
	return "Recoverable+Purgeable"
}

// vaultService is the data plane of Key Vault, as far as secrets go.
func vaultService() service {
	return service{
		name: "keyvault", path: vaultPath, denied: "Forbidden", secrets: []string{"value"},
		audiences: []string{"https://vault.azure.net", "https://vault.usgovcloudapi.net", "https://vault.azure.cn"},
		rewrite:   func(path string) string { return strings.TrimSuffix(path, "/") },
		routes:    vaultRoutes,
		unknown: func(*request) *apiError {
			return newError("NotFound", http.StatusNotFound, "There is no such operation.")
		},
		fail: func(_ *request, e *apiError) object {
			out := errorObject(e)
			if e.inner != "" {
				out.object("error")["innererror"] = object{"code": e.inner}
			}
			return out
		},
		unauthorized: (*request).vaultChallenge,
		stamp:        func(r *request, h http.Header) { h.Set("x-ms-request-id", r.id) },
	}
}

// vaultChallenge tells a client where to get a token for which resource (Key
// Vault, "Authentication, requests and responses").
func (r *request) vaultChallenge(e *apiError) {
	if name := r.http.PathValue("vault"); r.server.vault(name) == nil {
		*e = *errNoVault(name) // Nobody asks for a token: there is no host.
		return
	}
	e.code = "Unauthorized"
	value := r.challenge()
	if e.message == "Access token is empty." {
		tenant := "common"
		if v := r.server.vault(r.http.PathValue("vault")); v != nil {
			tenant = v.resource.group.subscription.tenant.id
		}
		e.message = "AKV10000: Request is missing a Bearer or PoP token."
		value = `Bearer authorization="` + r.server.url() + `/` + tenant + `", resource="https://vault.azure.net"`
	}
	e.header = http.Header{"Www-Authenticate": {value}}
}

// vault finds a vault, whose name is its alone in all of Azure.
func (s *Server) vault(name string) *vault {
	for _, t := range s.tenants {
		if v := t.arm.vaults[strings.ToLower(name)]; v != nil {
			return v
		}
	}
	return nil
}

// KeyVaultURL returns the base URL below which vaults are paths.
func (s *Server) KeyVaultURL() string { return s.URL() + vaultPath }

// AddVault makes a key vault with the permission model of Azure RBAC in a
// resource group that is there, and returns its resource id.
func (s *Subscription) AddVault(group, name string) string {
	id := s.AddResource(group, kindVault, name)
	s.tenant.server.mu.Lock()
	defer s.tenant.server.mu.Unlock()
	s.tenant.arm.vaults[strings.ToLower(name)] = &vault{resource: s.tenant.arm.resources[strings.ToLower(id)], secrets: map[string]*vaultSecret{}}
	return id
}

// ProtectVault enables the protection against purging of a vault that is there,
// which nobody can take back.
func (s *Server) ProtectVault(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vault(name).protected = true
}

// errParameter is how Key Vault refuses what a request says.
func errParameter(format string, args ...any) error {
	return newError("BadParameter", http.StatusBadRequest, format, args...)
}

// ofVault finds the vault of the path, for a caller that may do an action of the
// data plane to secrets in it.
func (r *request) ofVault(action string) (*vault, error) {
	version := r.query.Get("api-version")
	v := r.server.vault(r.http.PathValue("vault"))
	switch {
	case version == "":
		return nil, errParameter("api-version must be specified")
	case !slices.Contains(vaultVersions, version):
		return nil, errParameter("The specified version (%s) is not recognized. Consider using the latest supported version (%s).", version, vaultVersions[len(vaultVersions)-1])
	case v == nil:
		return nil, errNoVault(r.http.PathValue("vault"))
	case v.resource.group.subscription.tenant != r.tenant:
		return nil, newError("Unauthorized", http.StatusUnauthorized, "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/%s/, found https://sts.windows.net/%s/.",
			v.resource.group.subscription.tenant.id, r.tenant.id)
	}
	action = "Microsoft.KeyVault/vaults/secrets/" + action
	at := scope{v.resource.id(), v.resource.group.subscription}
	if name := r.http.PathValue("name"); name != "" {
		at.id += "/secrets/" + name
	}
	allowed := r.tenant.decide(r.caller.objectID, action, at, true, r.now).allowed
	if r.caller.administrator {
		allowed = !anyMatches(r.tenant.denied, action)
	}
	r.permissions = append(r.permissions, sim.Permission{Action: action, Resource: at.id, Allowed: allowed})
	if !allowed {
		e := newError("Forbidden", http.StatusForbidden, "Caller is not authorized to perform action on resource.\r\n"+
			"If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\n"+
			"Caller: appid=%s;oid=%s;iss=https://sts.windows.net/%s/\r\nAction: '%s'\r\nResource: '%s'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: %s;location=%s\r\n",
			r.caller.appID, r.caller.objectID, r.tenant.id, action, strings.ToLower(at.id), v.resource.name, v.resource.location)
		e.inner = "ForbiddenByRbac"
		return nil, e
	}
	return v, nil
}

// errNoVault stands for a host whose name does not resolve.
func errNoVault(name string) *apiError {
	return newError("VaultNotFound", http.StatusNotFound, "The vault '%s' does not exist.", name)
}

// vaultPage answers a list of at most 25 items.
func (r *request) vaultPage(items []object) (*reply, error) {
	size := 25
	if text := r.query.Get("maxresults"); text != "" {
		n, ok := readNumber(text)
		if !ok || n < 1 || n > size {
			return nil, errParameter("The maxresults parameter has to be between 1 and %d.", size)
		}
		size = n
	}
	if r.server.maxPage > 0 {
		size = min(size, r.server.maxPage)
	}
	start, ok := readSkip(r.skip())
	if !ok || start > len(items) {
		return nil, errParameter("The skip token is invalid.")
	}
	end := min(start+size, len(items))
	out := object{"value": append([]object{}, items[start:end]...), "nextLink": nil}
	if end < len(items) {
		query := r.http.URL.Query()
		query.Set(skipToken, writeSkip(end))
		out["nextLink"] = r.server.url() + vaultPath + r.http.URL.EscapedPath() + "?" + query.Encode()
	}
	return answer(http.StatusOK, out)
}
