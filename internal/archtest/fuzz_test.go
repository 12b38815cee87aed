package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(\w+ \*testing\.F\)`)

// TestCorpora wants a corpus for every fuzz target, and a target for every corpus: go test would pass over one that lost its target.
func TestCorpora(t *testing.T) {
	t.Parallel()
	targets, corpora := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "bin" || entry.Name() == ".git" || entry.Name() == ".venv") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, "_test.go") {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, found := range fuzzTarget.FindAllStringSubmatch(string(text), -1) {
				targets[filepath.Join(filepath.Dir(path), "testdata/fuzz", found[1])] = true
			}
		}
		if corpus := filepath.Dir(path); !entry.IsDir() && strings.HasSuffix(filepath.Dir(corpus), filepath.FromSlash("testdata/fuzz")) {
			corpora[corpus] = true
		}
		return nil
	})
	if err != nil || len(targets) == 0 {
		t.Fatalf("%d fuzz targets: %v", len(targets), err)
	}
	for target := range targets {
		if !corpora[target] {
			t.Errorf("a fuzz target has no corpus in %s", target)
		}
	}
	for corpus := range corpora {
		if !targets[corpus] {
			t.Errorf("%s is the corpus of no fuzz target", corpus)
		}
	}
}
