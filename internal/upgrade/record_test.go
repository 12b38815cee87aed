package upgrade

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// recorder is the same with a tape in between.
func (w *world) recorder(t *testing.T) (*acctest.Protocol, *tape) {
	t.Helper()
	r := &tape{clock: w.aws.Clock(), secrets: []func() []string{w.aws.Secrets, w.azure.Secrets}}
	overAWS := r.before(t, awsCloud, w.aws.URL(), nil, httptest.NewServer)
	overAzure := r.before(t, azureCloud, w.azure.URL(), w.azure.Client().Transport, httptest.NewTLSServer)
	authorities := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(authorities, append(w.azure.CA(), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: overAzure.Certificate().Raw})...), 0o600))
	endpoints := acctest.Values{"authority": w.azure.URL()}
	for name, direct := range map[string]string{"graph": w.azure.GraphURL(), "resource_manager": w.azure.ResourceManagerURL(), "key_vault": w.azure.KeyVaultURL()} {
		endpoints[name] = strings.Replace(direct, w.azure.URL(), overAzure.URL, 1)
	}
	p := acctest.NewProtocol(t, w.aws)
	p.Configure(acctest.Values{
		"aws":   acctest.AWSArgument(overAWS.URL),
		"azure": acctest.AzureArgument(t, w.azure).With(acctest.Values{"custom_ca_bundle": authorities, "endpoints": endpoints}),
	}).Want(t)
	return p, r
}

// TestRecordStates writes schema and states of today into testdata, with -record. It refuses to touch those of a release.
func TestRecordStates(t *testing.T) {
	t.Parallel()
	version := currentVersion(t)
	folder := filepath.Join("testdata", version)
	if *record {
		if released(t, version) {
			t.Fatalf("%s is released, and what it has left stays as it is: raise VERSION in GNUmakefile", version)
		}
		must(t, os.RemoveAll(folder))
		must(t, os.MkdirAll(folder, 0o700))
		must(t, os.WriteFile(filepath.Join(folder, schemaFile), []byte(shapeOf(t).String()), 0o600))
	}
	for name, play := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p, r := w.recorder(t)
			config, resource := play(t, w, p)
			resource.Refresh().Want(t)
			recorded := left{config, resource.Record(), r.calls}
			if *record {
				must(t, os.WriteFile(filepath.Join(folder, name+".json"), encode(t, recorded), 0o600))
			}
			wantPrivate(t, name, recorded.State)
			for _, secret := range slices.Concat(w.aws.Secrets(), w.azure.Secrets()) {
				if strings.Contains(string(encode(t, recorded)), secret) {
					t.Errorf("what is recorded has the secret %q", secret)
				}
			}
		})
	}
}

// wantPrivate fails the test where a release has noted something in the private state that today's provider does not note any
// more. Terraform upgrades no private state, so that it has to be understood for good.
func wantPrivate(t *testing.T, name string, today acctest.Recorded) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*", name+".json"))
	must(t, err)
	for _, file := range files {
		for key := range decode(t, read(t, file)).State.Private {
			if _, noted := today.Private[key]; !noted {
				t.Errorf("%s has %q in its private state, which is no longer noted: go on reading it, and take it out of that record once no supported release writes it", file, key)
			}
		}
	}
}

func encode(t *testing.T, recorded left) []byte {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	must(t, encoder.Encode(recorded))
	return text.Bytes()
}
