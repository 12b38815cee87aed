package azure_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/platformtest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// quarantineEstate is what both kinds have in common.
func (e *estate) quarantineEstate(kind governance.Kind, object string, as azuresim.Credentials) platformtest.QuarantineEstate {
	return platformtest.QuarantineEstate{
		ID:          governance.ID{Kind: kind, Account: e.tenant.ID(), Resource: object},
		Absent:      governance.ID{Kind: kind, Account: e.tenant.ID(), Resource: "99999999-2222-4333-8444-555555555555"},
		Quarantines: func() platform.Quarantines { return azure.NewTenant(e.config()).Quarantines() },
		Use: func() error {
			credential, err := azidentity.NewClientSecretCredential(as.TenantID, as.ClientID, as.ClientSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: e.options(), DisableInstanceDiscovery: true})
			if err == nil {
				_, err = credential.GetToken(e.t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}})
			}
			return err
		},
		Weaken: func() {
			e.tenant.SetEnabled(as.ObjectID, true)
		},
		Writes: func() int { return len(e.sim.Calls()) - e.reads() },
	}
}

// reads counts the requests that changed nothing.
func (e *estate) reads() (n int) {
	for _, call := range e.sim.Calls() {
		if strings.HasPrefix(call.Action, "GET ") || call.Service != "graph" {
			n++
		}
	}
	return n
}

// picture writes down what Microsoft Graph shows of objects, in an order of its own.
func (e *estate) picture(paths ...string) string {
	e.t.Helper()
	var all []string
	for _, path := range paths {
		var object map[string]any
		e.do(http.MethodGet, path, nil, &object)
		if tags, ok := object["tags"].([]any); ok {
			slices.SortFunc(tags, func(a, b any) int { return strings.Compare(a.(string), b.(string)) }) //nolint:forcetypeassert // texts
		}
		text, err := json.Marshal(object)
		if err != nil {
			e.t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return strings.Join(all, "\n")
}

func TestSimContractQuarantineOfApplications(t *testing.T) {
	t.Parallel()
	platformtest.RunQuarantine(t, func(t *testing.T) platformtest.QuarantineEstate {
		t.Helper()
		e := openEstate(t)
		app := e.tenant.PutApplication(azuresim.Application{DisplayName: "nightly", Secrets: []azuresim.Secret{{}}, Tags: []string{"HideApp", "team=a_b"}, Permissions: []string{"User.Read.All"}})
		estate := e.quarantineEstate(governance.KindEntraApplication, app.ObjectID, app.Credentials(e.tenant, 0))
		estate.Picture = func() string {
			return e.picture("/applications/"+app.ObjectID, "/servicePrincipals/"+app.ServicePrincipalID)
		}
		return estate
	})
}

func TestSimContractQuarantineOfServicePrincipals(t *testing.T) {
	t.Parallel()
	platformtest.RunQuarantine(t, func(t *testing.T) platformtest.QuarantineEstate {
		t.Helper()
		e := openPartyEstate(t)
		offered := e.offer("collector")
		id := e.tenant.PutThirdParty(azuresim.ThirdParty{DisplayName: "collector", HomeTenant: vendorTenant, AppID: offered.AppID, Permissions: []string{"User.Read.All"}})
		as := offered.Credentials(e.tenant, 0)
		as.ObjectID = id
		estate := e.quarantineEstate(governance.KindEntraServicePrincipal, id, as)
		estate.Picture = func() string { return e.picture("/servicePrincipals/" + id) }
		return estate
	})
}
