package main

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"
)

// Of the download, which has 0.9 MB today.
const (
	maxArchive = 16 << 20
	patience   = 2 * time.Minute
)

// fetch downloads the package's archive.
func fetch(ctx context.Context, registry, version string) ([]byte, error) {
	if version == "" {
		return nil, errors.New("no version is given")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	url := fmt.Sprintf("%s/%s/-/%s-%s.tgz", strings.TrimSuffix(registry, "/"), packageName, path.Base(packageName), version)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the npm registry cannot be reached: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, response.Status)
	}
	archive, err := io.ReadAll(io.LimitReader(response.Body, maxArchive+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", url, err)
	case len(archive) > maxArchive:
		return nil, fmt.Errorf("%s has more than %d bytes", url, maxArchive)
	}
	return archive, nil
}

// verify holds an archive against its integrity, as npm writes it: sha512- and the sum in base64.
func verify(archive []byte, integrity string) error {
	encoded, ok := strings.CutPrefix(integrity, "sha512-")
	if pinned, err := base64.StdEncoding.DecodeString(encoded); !ok || err != nil || len(pinned) != sha512.Size {
		return fmt.Errorf("the pinned integrity %q is no SHA-512", integrity)
	}
	sum := sha512.Sum512(archive)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != integrity {
		return fmt.Errorf("the archive is not the one that is pinned: its integrity is %s and not %s", got, integrity)
	}
	return nil
}
