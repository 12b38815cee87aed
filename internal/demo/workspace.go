package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
)

//go:embed hcl
var hcl embed.FS

// workspace is a temporary root module with its own Terraform configuration.
type workspace struct {
	program string // Terraform or OpenTofu
	folder  string
	env     []string
	out     io.Writer
}

// placeholderDate stands for the expiry in the HCL files.
const placeholderDate = "2021-03-31"

// newWorkspace makes a root module that finds the provider in a mirror and the cloud by environment variables.
func newWorkspace(ctx context.Context, mirror string, cloud map[string]string, out io.Writer) (*workspace, error) {
	found, err := cli.Find(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "governed-demo")
	if err != nil {
		return nil, err
	}
	settings := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	rc := filepath.Join(folder, "terraform.rc")
	if err := os.WriteFile(rc, []byte(settings), 0o600); err != nil {
		return nil, err
	}
	// Nothing of the machine's own AWS and Terraform settings may play a part.
	set := map[string]string{
		"TF_CLI_CONFIG_FILE": rc, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "GOVERNED_POLICY_FILE": "", "TF_LOG": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_CA_BUNDLE": "", "AWS_PROFILE": "", "AWS_SESSION_TOKEN": "",
	}
	maps.Copy(set, cloud)
	w := &workspace{program: found.Path, folder: folder, env: os.Environ(), out: out}
	for name, value := range set {
		w.env = append(w.env, name+"="+value)
	}
	return w, nil
}

func (w *workspace) close() error { return os.RemoveAll(w.folder) }

// write puts one of the demo's HCL files into the workspace, with a date in place of the placeholder.
func (w *workspace) write(path, source, date string) error {
	text, err := hcl.ReadFile("hcl/" + source)
	if err != nil {
		return err
	}
	target := filepath.Join(w.folder, path)
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	return os.WriteFile(target, bytes.ReplaceAll(text, []byte(placeholderDate), []byte(date)), 0o600)
}

// show prints the part of a file that matters to the story: the resource or the module blocks.
func (w *workspace) show(path string) error {
	text, err := os.ReadFile(filepath.Join(w.folder, path))
	if err != nil {
		return err
	}
	shown := string(text)
	for _, start := range []string{"\nresource ", "\nmodule ", "\ndata "} {
		if i := strings.Index("\n"+shown, start); i >= 0 {
			shown = shown[i:]
			break
		}
	}
	return w.print("# "+path, shown)
}

// prompt is how a shell shows a command.
func (w *workspace) prompt(arguments ...string) string {
	return "$ " + filepath.Base(w.program) + " " + strings.Join(arguments, " ")
}

// terraform runs Terraform, prints what it says, and returns it with whether it succeeded.
func (w *workspace) terraform(ctx context.Context, arguments ...string) (output string, ok bool, err error) {
	if err := w.print("\n" + w.prompt(arguments...)); err != nil {
		return "", false, err
	}
	output, ok, err = w.quietly(ctx, arguments...)
	if err != nil {
		return output, ok, err
	}
	return output, ok, w.print(strings.TrimSpace(output))
}

// quietly runs Terraform without printing anything.
func (w *workspace) quietly(ctx context.Context, arguments ...string) (output string, ok bool, err error) {
	command := exec.CommandContext(ctx, w.program, append(arguments, "-no-color")...)
	command.Dir, command.Env = w.folder, w.env
	text, err := command.CombinedOutput()
	if _, failed := err.(*exec.ExitError); failed { //nolint:errorlint // Run returns it bare
		return string(text), false, ctx.Err()
	}
	return string(text), err == nil, err
}

// print indents every line.
func (w *workspace) print(texts ...string) error {
	for _, text := range texts {
		for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
			if _, err := fmt.Fprintln(w.out, strings.TrimRight("    "+line, " ")); err != nil {
				return err
			}
		}
	}
	return nil
}
