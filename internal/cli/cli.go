// Package cli finds the program that runs configurations, Terraform or OpenTofu, for everything here that starts one: tests,
// demo, benchmarks and documentation.
package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
)

// Variable names the program in the environment. It is the one that terraform-plugin-testing knows, too.
const Variable = "TF_ACC_TERRAFORM_PATH"

// What a CLI calls itself.
const (
	Terraform = "Terraform"
	OpenTofu  = "OpenTofu"
)

// CLI is one of the programs.
type CLI struct {
	// Path is the program.
	Path string
	// Product is Terraform or OpenTofu.
	Product string
	// Version is its release, without the patch.
	Version Version
}

// Version is a minor release. The zero value is none.
type Version struct{ Major, Minor int }

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

func (v Version) before(other Version) bool {
	return v.Major < other.Major || v.Major == other.Major && v.Minor < other.Minor
}

// Find asks the program that Variable names, or else the terraform on the PATH, what it is. The error of one that is not
// there satisfies errors.Is with exec.ErrNotFound or fs.ErrNotExist.
func Find(ctx context.Context) (CLI, error) {
	path := os.Getenv(Variable)
	if path == "" {
		var err error
		if path, err = exec.LookPath("terraform"); err != nil {
			return CLI{}, err
		}
	}
	command := exec.CommandContext(ctx, path, "version") //nolint:gosec // whoever starts this chooses the program
	command.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1")
	text, err := command.Output()
	if err != nil {
		return CLI{}, fmt.Errorf("%s version: %w", path, err)
	}
	found, err := parse(string(text))
	found.Path = path
	return found, err
}

var release = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\d+)\.(\d+)\.`)

// parse reads what "version" says. Its JSON does not tell whose version it is.
func parse(text string) (c CLI, err error) {
	match := release.FindStringSubmatch(text)
	if match == nil {
		return c, fmt.Errorf("this is neither the version of Terraform nor of OpenTofu: %q", text)
	}
	c.Product = match[1]
	_, err = fmt.Sscan(match[2]+" "+match[3], &c.Version.Major, &c.Version.Minor)
	return c, err
}

// RegistryHost is where the CLI looks for a provider whose source names no registry.
func (c CLI) RegistryHost() string {
	if c.Product == OpenTofu {
		return "registry.opentofu.org"
	}
	return "registry.terraform.io"
}
