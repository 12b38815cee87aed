// Package upgrade holds what releases have left behind against the provider of today: their schemas, and states that they
// have written. testdata has a folder for each release; -record writes that of the version being made.
package upgrade

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

func TestMain(m *testing.M) { acctest.Main(m) }

var record = flag.Bool("record", false, "write schema and states of the version in GNUmakefile, until that is released")

const schemaFile = "schema.txt"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	return string(text)
}

// currentVersion is the version that is being made.
func currentVersion(t testing.TB) string {
	t.Helper()
	match := regexp.MustCompile(`(?m)^VERSION := (\S+)$`).FindStringSubmatch(read(t, "../../GNUmakefile"))
	if match == nil {
		t.Fatal("GNUmakefile has no VERSION")
	}
	return match[1]
}

// released tells whether the changelog has the version.
func released(t testing.TB, version string) bool {
	t.Helper()
	return strings.Contains(read(t, "../../CHANGELOG.md"), "\n## "+version)
}

// recordedVersions are those that testdata has, sorted.
func recordedVersions(t testing.TB) []string {
	t.Helper()
	folders, err := filepath.Glob("testdata/*")
	must(t, err)
	var versions []string
	for _, folder := range folders {
		versions = append(versions, filepath.Base(folder))
	}
	slices.Sort(versions)
	return versions
}
