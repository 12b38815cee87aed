package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]CLI{
		"Terraform v1.11.4\non linux_amd64\n":             {Product: Terraform, Version: Version{1, 11}},
		"Terraform v1.14.0-dev\non linux_amd64\n":         {Product: Terraform, Version: Version{1, 14}},
		"OpenTofu v1.12.6\non linux_amd64\n":              {Product: OpenTofu, Version: Version{1, 12}},
		"\nWarning: Unable to open\n\nOpenTofu v1.12.6\n": {Product: OpenTofu, Version: Version{1, 12}},
		"Terraform v2.0.0\n\nYour version is out of date": {Product: Terraform, Version: Version{2, 0}},
	} {
		if got, err := parse(text); err != nil || got != want {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	if _, err := parse("Packer v1.11.0"); err == nil || !strings.Contains(err.Error(), `neither the version of Terraform nor of OpenTofu: "Packer v1.11.0"`) {
		t.Errorf("another program gives %v", err)
	}
}

func TestLacks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		product string
		version Version
		feature Feature
		want    string
	}{
		{Terraform, Version{1, 11}, EphemeralResources, ""},
		{Terraform, Version{1, 9}, EphemeralResources, "Terraform has ephemeral resources since 1.10, and cli is 1.9"},
		{Terraform, Version{1, 11}, Actions, "Terraform has actions since 1.14, and cli is 1.11"},
		{Terraform, Version{2, 0}, Actions, ""},
		{OpenTofu, Version{1, 12}, IdentityImport, ""},
		{OpenTofu, Version{1, 10}, EphemeralResources, "OpenTofu has ephemeral resources since 1.11, and cli is 1.10"},
		{OpenTofu, Version{1, 14}, ListResources, "OpenTofu has no list resources, and cli is OpenTofu 1.14"},
	} {
		if got := (CLI{Path: "cli", Product: c.product, Version: c.version}).Lacks(c.feature); got != c.want {
			t.Errorf("%s %s and %s: %q, not %q", c.product, c.version, c.feature.Name, got, c.want)
		}
	}
}

// Find takes the program of the variable before that of the PATH, and says whose registry it asks.
func TestFind(t *testing.T) {
	program := func(name, says string) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte("#!/bin/sh\necho '"+says+"'\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return file
	}
	terraform, tofu := program("terraform", "Terraform v1.11.4"), program("tofu", "OpenTofu v1.12.6")
	t.Setenv("PATH", filepath.Dir(terraform))
	for variable, host := range map[string]string{"": "registry.terraform.io", tofu: "registry.opentofu.org"} {
		t.Setenv(Variable, variable)
		found, err := Find(t.Context())
		if err != nil || found.RegistryHost() != host {
			t.Errorf("%q finds %+v, %v", variable, found, err)
		}
	}
	t.Setenv(Variable, filepath.Join(t.TempDir(), "none"))
	if found, err := Find(t.Context()); err == nil {
		t.Errorf("a program that is not there is %+v", found)
	}
}
