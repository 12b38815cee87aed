package aws_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// looping answers a list with a page that leads to itself, and passes everything else on to the simulator.
func (e *estate) looping(action, answer string) aws.Config {
	e.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if formOf(r).Get("Action") == action || strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+action) {
			w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
			fmt.Fprint(w, answer)
			return
		}
		request, err := http.NewRequestWithContext(r.Context(), r.Method, e.sim.URL()+r.URL.Path, r.Body)
		if err != nil {
			e.t.Error(err)
			return
		}
		request.Header, request.Host, request.ContentLength = r.Header, r.Host, r.ContentLength
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			e.t.Error(err)
			return
		}
		defer response.Body.Close()
		w.WriteHeader(response.StatusCode)
		_, _ = io.Copy(w, response.Body)
	}))
	e.t.Cleanup(server.Close)
	e.url = server.URL
	return e.config()
}

// TestSimRepeatedPages gives up a list that would not end, and never takes the part of it for the whole.
func TestSimRepeatedPages(t *testing.T) {
	t.Parallel()
	const loops = `AWS has answered with the page token that it was asked with, "again", so the list would not end; try again`
	t.Run("bulk read", func(t *testing.T) {
		t.Parallel()
		e := openEstate(t)
		config := e.looping("GetAccountAuthorizationDetails", `<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><IsTruncated>true</IsTruncated><Marker>again</Marker></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>`)
		if listing, err := aws.NewAccount(config).Identities(t.Context()); err == nil || !strings.HasSuffix(err.Error(), loops) {
			t.Errorf("it lists %v: %v", listing, err)
		}
	})
	t.Run("organization", func(t *testing.T) {
		t.Parallel()
		e := openEstate(t)
		e.account.PutRole(sim.Role{Name: "one"})
		config := e.looping("ListAccounts", `{"Accounts":[],"NextToken":"again"}`)
		config.InventoryOrganization, config.InventoryRole = true, auditor
		listing, err := aws.NewAccount(config).Identities(t.Context())
		if err != nil || len(listing.Identities) != 1 || len(listing.Gaps) != 1 || !strings.Contains(listing.Gaps[0], loops) {
			t.Errorf("it lists %v: %v", listing, err)
		}
	})
}
