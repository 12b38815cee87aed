// Sbom writes the bill of materials of one archive of a release, in JSON of SPDX 2.3: the provider, and every module that is
// linked into it, as the binary in the archive itself says. The same archive gives the same bytes.
package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"
)

func main() {
	version := flag.String("version", "", "version of the provider")
	created := flag.String("created", "", "when the release was made (RFC 3339)")
	out := flag.String("out", "", "file to write to")
	flag.Parse()
	if err := run(flag.Arg(0), *version, *created, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(archive, version, created, out string) error {
	at, err := time.Parse(time.RFC3339, created)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(archive)
	if err != nil {
		return err
	}
	info, err := inspect(content)
	if err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	sum := sha256.Sum256(content)
	bill, err := describe(release{archive: filepath.Base(archive), sha256: hex.EncodeToString(sum[:]), version: version, created: at}, info)
	if err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	text, err := json.MarshalIndent(bill, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(text, '\n'), 0o644)
}

// inspect reads what the provider's binary in a ZIP archive says of its build.
func inspect(archive []byte) (*debug.BuildInfo, error) {
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, err
	}
	for _, file := range files.File {
		if !strings.HasPrefix(file.Name, provider+"_v") {
			continue
		}
		reader, err := file.Open()
		if err != nil {
			return nil, err
		}
		binary, err := io.ReadAll(reader)
		if err := errors.Join(err, reader.Close()); err != nil {
			return nil, err
		}
		return buildinfo.Read(bytes.NewReader(binary))
	}
	return nil, fmt.Errorf("no file of it begins with %s_v", provider)
}
