package acctest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

var (
	region = regexp.MustCompile(`region += var\.region`)
	tenant = regexp.MustCompile(`tenant_id += var\.tenant_id`)
)

// WriteExample puts a folder of the examples below the module, with the simulator as its cloud. Its provider block has to
// say region = var.region.
func (c *CLI) WriteExample(server *sim.Server, source, name string) {
	c.t.Helper()
	c.writeExample(source, name, map[*regexp.Regexp]string{region: endpoints(server)})
}

// WriteExampleOfClouds does so with the simulators of both clouds. Its provider block has to say tenant_id = var.tenant_id
// as well.
func (c *CLI) WriteExampleOfClouds(server *sim.Server, azure *azuresim.Server, source, name string) {
	c.t.Helper()
	c.writeExample(source, name, map[*regexp.Regexp]string{region: endpoints(server), tenant: azureConnection(c.t, azure)})
}

// writeExample adds a line to whatever fits each pattern, which something has to.
func (c *CLI) writeExample(source, name string, further map[*regexp.Regexp]string) {
	c.t.Helper()
	found := map[*regexp.Regexp]bool{}
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
		for pattern, line := range further {
			found[pattern] = found[pattern] || pattern.Match(content)
			content = pattern.ReplaceAll(content, []byte("$0\n    "+line))
		}
		c.Write(filepath.Join(name, below), string(content))
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return os.Chmod(filepath.Join(c.folder, name, below), info.Mode())
	}))
	for pattern := range further {
		if !found[pattern] {
			c.t.Fatalf("no file of %s has %s", source, pattern)
		}
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
	c.hunt.Keep("what a shell has said", text)
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
