package azure_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// replicas answer reads of the certificates of applications as the directory's own can: from before a change.
type replicas struct {
	policy.Transporter
	// theirs is the id of somebody else's certificate.
	theirs string
	// written counts the changes of certificates, and reads those since the last one.
	written, reads int
	// see is what a read shows; keyed tells that it was asked for the keys.
	see func(r *replicas, keyed bool, certificates []any) []any
}

func (r *replicas) Do(request *http.Request) (*http.Response, error) {
	var sent []byte
	if request.Body != nil {
		sent, _ = io.ReadAll(request.Body)
		request.Body = io.NopCloser(bytes.NewReader(sent))
	}
	response, err := r.Transporter.Do(request)
	if err != nil || !strings.Contains(request.URL.Path, "/applications/") {
		return response, err
	}
	if request.Method == http.MethodPatch && bytes.Contains(sent, []byte("keyCredentials")) {
		r.written, r.reads = r.written+1, 0
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return nil, err
	}
	var app map[string]any
	if request.Method == http.MethodGet && json.Unmarshal(body, &app) == nil {
		if certificates, ok := app["keyCredentials"].([]any); ok {
			r.reads++
			app["keyCredentials"] = r.see(r, strings.Contains(request.URL.RawQuery, "keyCredentials"), certificates)
			if body, err = json.Marshal(app); err != nil {
				return nil, err
			}
		}
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response.Header.Del("Content-Length")
	return response, nil
}

// TestCertificatesOfOthers adds and removes certificates beside that of somebody else, whichever replicas answer: it stays, or
// its loss is told.
func TestCertificatesOfOthers(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		see func(r *replicas, keyed bool, certificates []any) []any
		// refused tells that nothing may have been written.
		refused bool
		says    string
	}{
		"read with keys lags": {see: func(r *replicas, keyed bool, certificates []any) []any {
			if keyed && r.written == 0 && r.reads < 6 {
				return nil
			}
			return certificates
		}},
		"read with keys never has it": {refused: true, says: "Nothing was changed", see: func(_ *replicas, keyed bool, certificates []any) []any {
			if keyed {
				return nil
			}
			return certificates
		}},
		"lost at the same time": {says: "was there before this change and is not any more", see: func(r *replicas, _ bool, certificates []any) []any {
			if r.written == 0 {
				return certificates
			}
			return certificates[1:]
		}},
		"shown only afterwards": {says: "was there before this change and is not any more", see: func(r *replicas, _ bool, certificates []any) []any {
			switch {
			case r.written == 0:
				return nil
			case r.reads == 1:
				return []any{map[string]any{"keyId": r.theirs}}
			default:
				return certificates
			}
		}},
		"change never shown": {says: "no read of", see: func(_ *replicas, _ bool, certificates []any) []any { return certificates[:1] }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			app := e.tenant.PutApplication(azuresim.Application{DisplayName: "robot"})
			id := governance.ID{Kind: governance.KindEntraApplication, Account: azuresim.DefaultTenant, Resource: app.ObjectID}
			spec := azure.AppCredentialSpec{Type: platform.Certificate, ValidDays: 30, Expires: e.Now().AddDate(0, 0, 90)}
			theirs, err := azure.NewTenant(e.config()).AppCredentials(id, spec).Issue(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			between := &replicas{Transporter: e.transport, theirs: theirs.ID, see: of.see}
			e.transport = between
			issued, err := azure.NewTenant(e.config()).AppCredentials(id, spec).Issue(t.Context())
			view, _ := e.tenant.Application(app.ObjectID)
			var conflict *platform.ErrConflict
			var late *platform.ErrNotPropagated
			switch {
			case of.says == "" && (err != nil || len(view.Certificates) != 2):
				t.Errorf("%v, and there are %v", err, view.Certificates)
			case of.says != "" && (err == nil || !strings.Contains(err.Error(), of.says) || !errors.As(err, &conflict) && !errors.As(err, &late)):
				t.Errorf("it says %v", err)
			case conflict != nil && !strings.Contains(err.Error(), "certificate "+theirs.ID):
				t.Errorf("which one is lost is not said: %v", err)
			case of.refused && (between.written > 0 || len(view.Certificates) != 1):
				t.Errorf("%d changes, and there are %v", between.written, view.Certificates)
			}
			if of.says != "" {
				return
			}
			if err := azure.NewTenant(e.config()).AppCredentials(id, azure.AppCredentialSpec{}).Revoke(t.Context(), issued.ID); err != nil {
				t.Error(err)
			}
			view, _ = e.tenant.Application(app.ObjectID)
			if !slices.ContainsFunc(view.Certificates, func(one azuresim.CredentialView) bool { return one.KeyID == theirs.ID }) || len(view.Certificates) != 1 {
				t.Errorf("after a revocation there are %v", view.Certificates)
			}
		})
	}
}
