package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

const archiveName = "terraform-provider-governed_1.2.3_linux_amd64.zip"

// built is what a build says of itself, with a module of each sort.
const built = "path\tgithub.com/nhi-governance/terraform-provider-governed\n" +
	"mod\tgithub.com/nhi-governance/terraform-provider-governed\t(devel)\t\n" +
	"dep\tgithub.com/Azure/azure-sdk-for-go/sdk/azcore\tv1.22.0\th1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" +
	"dep\tgithub.com/old~style/lib\tv2.0.0+incompatible\th1://////////////////////////////////////////8=\n" +
	"dep\texample.com/replaced\tv1.0.0\n" +
	"=>\texample.com/fork\tv1.0.1\th1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"

var made = release{
	archive: archiveName, sha256: strings.Repeat("ab", 32), version: "1.2.3",
	created: time.Date(2026, time.November, 22, 19, 30, 0, 0, time.FixedZone("CET", 3600)),
}

func parse(t *testing.T, text string) *debug.BuildInfo {
	t.Helper()
	info, err := debug.ParseBuildInfo(text)
	if err != nil {
		t.Fatal(err)
	}
	info.GoVersion = "go1.26.8" // The header of a binary has it.
	return info
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	d, err := describe(made, parse(t, built))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range violations(t, text) {
		t.Error(broken)
	}
	type row struct{ name, version, purl, sum string }
	var rows []row
	for _, p := range d.Packages {
		r := row{name: p.Name, version: p.VersionInfo, purl: p.ExternalRefs[0].Locator}
		if len(p.Checksums) > 0 {
			r.sum = p.Checksums[0].Value
		}
		rows = append(rows, r)
	}
	if want := []row{
		{provider, "v1.2.3", "pkg:golang/github.com/nhi-governance/terraform-provider-governed@v1.2.3", made.sha256},
		{"stdlib", "1.26.8", "pkg:golang/stdlib@1.26.8", ""},
		{"github.com/Azure/azure-sdk-for-go/sdk/azcore", "v1.22.0", "pkg:golang/github.com/Azure/azure-sdk-for-go/sdk/azcore@v1.22.0", strings.Repeat("00", 32)},
		{"github.com/old~style/lib", "v2.0.0+incompatible", "pkg:golang/github.com/old~style/lib@v2.0.0%2Bincompatible", strings.Repeat("ff", 32)},
		{"example.com/fork", "v1.0.1", "pkg:golang/example.com/fork@v1.0.1", strings.Repeat("01", 32)},
	}; !slices.Equal(rows, want) {
		t.Errorf("the packages are %v", rows)
	}
	if d.CreationInfo.Created != "2026-11-22T18:30:00Z" || len(d.Relationships) != len(d.Packages) {
		t.Errorf("made at %s, with %v", d.CreationInfo.Created, d.Relationships)
	}
}

func TestDescribeRefuses(t *testing.T) {
	t.Parallel()
	for name, sum := range map[string]string{"none": "", "another hash": "h2:AAAA", "a short one": "h1:AAAA", "no base64": "h1:!"} {
		info := parse(t, built)
		info.Deps = []*debug.Module{{Path: "example.com/lib", Version: "v1.0.0", Sum: sum}}
		if _, err := describe(made, info); err == nil || !strings.Contains(err.Error(), "the module example.com/lib v1.0.0: its sum") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRun makes the bill of an archive with a real binary in it, which is this test.
func TestRun(t *testing.T) {
	t.Parallel()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(executable)
	if err != nil {
		t.Fatal(err)
	}
	archive := zipped(t, map[string][]byte{"LICENSE": nil, "terraform-provider-governed_v1.2.3": binary})
	file, out := filepath.Join(t.TempDir(), archiveName), filepath.Join(t.TempDir(), "sbom.json")
	if err := os.WriteFile(file, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(file, "1.2.3", "2026-11-22T18:30:00Z", out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range violations(t, text) {
		t.Error(broken)
	}
	sum := sha256.Sum256(archive)
	if want := `"checksumValue": "` + hex.EncodeToString(sum[:]) + `"`; !strings.Contains(string(text), want) || !strings.Contains(string(text), `"pkg:golang/stdlib@1.`) {
		t.Errorf("neither the archive's sum nor Go is in %s", text)
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), archiveName)
	for name, test := range map[string]struct {
		content []byte
		created string
		want    string
	}{
		"no archive":  {[]byte("text"), "2026-11-22T18:30:00Z", "not a valid zip file"},
		"no provider": {zipped(t, map[string][]byte{"LICENSE": nil}), "2026-11-22T18:30:00Z", "no file of it begins with terraform-provider-governed_v"},
		"no binary":   {zipped(t, map[string][]byte{"terraform-provider-governed_v1.2.3": []byte("text")}), "2026-11-22T18:30:00Z", "unrecognized file format"},
		"no time":     {nil, "yesterday", `cannot parse "yesterday"`},
	} {
		if err := os.WriteFile(file, test.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := run(file, "1.2.3", test.created, filepath.Join(t.TempDir(), "sbom.json")); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func zipped(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	for name, content := range files {
		file, err := writer.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}
