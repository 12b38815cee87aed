package azure_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// proxy stands between drivers and a service of a simulator. It shows each request to a function first, which can have it
// dropped. It returns its address, and a file of the two authorities to trust.
func proxy(t *testing.T, server *azuresim.Server, service string, drop func(*http.Request) bool) (address, trusted string) {
	t.Helper()
	target, err := url.Parse(service)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:    server.Client().Transport,
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	between := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if drop(r) {
			panic(http.ErrAbortHandler)
		}
		forward.ServeHTTP(w, r)
	}))
	between.Config.ErrorLog = log.New(io.Discard, "", 0)
	between.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	between.StartTLS()
	t.Cleanup(between.Close)
	trusted = filepath.Join(t.TempDir(), "both.pem")
	text := append(slices.Clone(server.CA()), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: between.Certificate().Raw})...)
	if err := os.WriteFile(trusted, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return between.URL, trusted
}
