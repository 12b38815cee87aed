package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// maxUnpacked bounds what is unpacked, which has 15 MB today.
const maxUnpacked = 256 << 20

// dataset is what the table needs of the package.
type dataset struct {
	version, updated, licence string
	licenceText               []byte
	// actions is sorted as the table is.
	actions []actions.Action
}

// levels has the access levels of the dataset. Two of them also say that the action writes.
var levels = map[string]actions.Level{
	"List":                          actions.List,
	"Read":                          actions.Read,
	"Write":                         actions.Write,
	"Tagging, Write":                actions.Tagging,
	"Permissions management, Write": actions.PermissionsManagement,
}

var (
	serviceName = regexp.MustCompile(`^[a-z0-9-]+$`)
	actionName  = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
)

// read takes apart the package's archive, a gzipped tar.
func read(archive []byte) (dataset, error) {
	var data dataset
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return data, err
	}
	files := tar.NewReader(io.LimitReader(unzipped, maxUnpacked))
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return data, err
		}
		if err := data.take(header.Name, files); err != nil {
			return data, fmt.Errorf("%s: %w", header.Name, err)
		}
	}
	if data.version == "" || len(data.licenceText) == 0 || len(data.actions) == 0 {
		return data, errors.New("the archive's layout has changed: package.json, LICENSE.txt or data/actions is missing or empty")
	}
	slices.SortFunc(data.actions, func(a, b actions.Action) int {
		return cmp.Or(strings.Compare(a.Service, b.Service), strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)))
	})
	return data, nil
}

// take reads a file of the archive, if the table needs it.
func (d *dataset) take(name string, file io.Reader) error {
	switch folder := path.Dir(name); {
	case name == "package/package.json":
		var about struct {
			Version   string    `json:"version"`
			License   string    `json:"license"`
			UpdatedAt time.Time `json:"updatedAt"`
		}
		if err := json.NewDecoder(file).Decode(&about); err != nil {
			return err
		}
		if about.UpdatedAt.IsZero() {
			return errors.New("it does not say when the data was updated")
		}
		d.version, d.licence, d.updated = about.Version, about.License, about.UpdatedAt.UTC().Format(time.DateOnly)
	case name == "package/LICENSE.txt":
		text, err := io.ReadAll(file)
		if text = bytes.TrimSpace(text); len(text) > 0 {
			d.licenceText = append(text, '\n')
		}
		return err
	case folder == "package/data/actions" && path.Ext(name) == ".json":
		return d.takeService(strings.TrimSuffix(path.Base(name), ".json"), file)
	}
	return nil
}

func (d *dataset) takeService(service string, file io.Reader) error {
	if !serviceName.MatchString(service) {
		return fmt.Errorf("%q is no name of a service", service)
	}
	var described map[string]struct {
		Name          string            `json:"name"`
		AccessLevel   string            `json:"accessLevel"`
		ResourceTypes []json.RawMessage `json:"resourceTypes"`
	}
	if err := json.NewDecoder(file).Decode(&described); err != nil {
		return err
	}
	for key, action := range described {
		level, ok := levels[action.AccessLevel]
		switch {
		case !actionName.MatchString(action.Name) || !strings.EqualFold(action.Name, key):
			return fmt.Errorf("%q (%q) is no name of an action", key, action.Name)
		case !ok:
			return fmt.Errorf("%s has the access level %q, which is none that AWS documents", action.Name, action.AccessLevel)
		}
		d.actions = append(d.actions, actions.Action{
			Service: service, Name: action.Name, Level: level, WildcardOnly: len(action.ResourceTypes) == 0,
		})
	}
	return nil
}

// letters has the letter of each access level in the table.
var letters = map[actions.Level]string{
	actions.List: "L", actions.Read: "R", actions.Write: "W", actions.Tagging: "T", actions.PermissionsManagement: "P",
}

// render writes the table that package actions reads, where the format is described.
func render(all []actions.Action, version string) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Made by `make actions` from %s %s. Its licence is in %s.\n", packageName, version, licenceFile)
	service := ""
	for _, a := range all {
		if a.Service != service {
			service = a.Service
			fmt.Fprintf(&out, "%s:\n", service)
		}
		only := ""
		if a.WildcardOnly {
			only = "*"
		}
		fmt.Fprintf(&out, "%s%s %s\n", letters[a.Level], only, a.Name)
	}
	return out.Bytes()
}
