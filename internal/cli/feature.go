package cli

import "fmt"

// Feature is something that not every CLI has, with the first release of each that does; none is the zero value.
type Feature struct {
	Name                string
	Terraform, OpenTofu Version
}

// Features that the provider uses.
var (
	MovesBetweenTypes  = Feature{"moved blocks between resource types", Version{1, 8}, Version{1, 10}}
	EphemeralResources = Feature{"ephemeral resources", Version{1, 10}, Version{1, 11}}
	IdentityImport     = Feature{"import blocks with an identity", Version{1, 12}, Version{1, 12}}
	// FunctionsInTests crash OpenTofu, up to 1.12.6 at least: evalContextProviderFunction has no provider to ask.
	FunctionsInTests = Feature{"provider functions in the assertions of its test command", Version{1, 8}, Version{}}
	ListResources    = Feature{"list resources", Version{1, 14}, Version{}}
	Actions          = Feature{"actions", Version{1, 14}, Version{}}
)

// Lacks says why something that needs the feature cannot run; it is empty where the CLI has it.
func (c CLI) Lacks(f Feature) string {
	since := f.Terraform
	if c.Product == OpenTofu {
		since = f.OpenTofu
	}
	switch {
	case since == Version{}:
		return fmt.Sprintf("%s has no %s, and %s is %s %s", c.Product, f.Name, c.Path, c.Product, c.Version)
	case c.Version.before(since):
		return fmt.Sprintf("%s has %s since %s, and %s is %s", c.Product, f.Name, since, c.Path, c.Version)
	}
	return ""
}
