package acctest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

var region = regexp.MustCompile(`region += var\.region`)

// WriteExample puts a folder of the examples below the module, with the simulator as its cloud. Its provider block has to
// say region = var.region.
func (c *CLI) WriteExample(server *sim.Server, source, name string) {
	c.t.Helper()
	found := false
	must(c.t, filepath.WalkDir(source, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(source, file)
		if err != nil {
			return err
		}
		found = found || region.Match(content)
		c.Write(filepath.Join(name, below), region.ReplaceAllString(string(content), "$0\n    "+endpoints(server)))
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return os.Chmod(filepath.Join(c.folder, name, below), info.Mode())
	}))
	if !found {
		c.t.Fatalf("no file of %s has region = var.region", source)
	}
}

// Shell runs a command line in the module's folder, as a scheduler does, with Terraform on its path and further variables
// of the environment. It returns what was said, and whether it succeeded.
func (c *CLI) Shell(line string, env ...string) (output string, ok bool) {
	c.t.Helper()
	tools := c.t.TempDir()
	must(c.t, os.Symlink(os.Getenv(cli.Variable), filepath.Join(tools, "terraform")))
	command := exec.CommandContext(c.t.Context(), "sh", "-e", "-c", line)
	command.Dir = c.folder
	command.Env = append(append(c.env, "PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"), "TF_CLI_ARGS=-no-color"), env...)
	text, err := command.CombinedOutput()
	return string(text), err == nil
}

// Files are the names of the files in a folder below the module, sorted; none where the folder is not there.
func (c *CLI) Files(name string) []string {
	c.t.Helper()
	entries, err := os.ReadDir(filepath.Join(c.folder, name))
	if !os.IsNotExist(err) {
		must(c.t, err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
