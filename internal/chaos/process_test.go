package chaos_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// processesVariable names the file in which a provider process writes its id. Where it is set, this test's binary is the
// provider.
const processesVariable = "GOVERNED_CHAOS_PROCESSES"

// serve is the provider as a process of its own, under the clock of all worlds and without the waiting that only real clouds
// need.
func serve(processes string) error {
	file, err := os.OpenFile(processes, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(file, os.Getpid()); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return tf6server.Serve(provider.Address, func() tfprotov6.ProviderServer {
		return provider.NewServer("test", provider.WithClock(sim.NewClock(start, false)), provider.WithoutWaiting())
	})
}

// module is a root module with the real Terraform, which starts the provider as a process.
type module struct {
	w      *world
	folder string
	env    []string
	said   strings.Builder
}

func newModule(w *world, resources map[string]map[string]acctest.Values) *module {
	w.t.Helper()
	m := &module{w: w, folder: w.t.TempDir()}
	self, err := os.Executable()
	m.must(err)
	plugins := w.t.TempDir()
	m.must(os.Symlink(self, filepath.Join(plugins, "terraform-provider-governed")))
	settings := filepath.Join(plugins, "settings.tfrc")
	m.must(os.WriteFile(settings, fmt.Appendf(nil, "provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n  direct {}\n}\n", "nhi-governance/governed", plugins), 0o600))
	m.env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+settings, processesVariable+"="+filepath.Join(plugins, "processes"), "TF_IN_AUTOMATION=1", "TF_LOG=")
	m.write(resources)
	return m
}

func (m *module) must(err error) {
	m.w.t.Helper()
	if err != nil {
		m.w.t.Fatal(err)
	}
}

// write writes the configuration.
func (m *module) write(resources map[string]map[string]acctest.Values) {
	m.w.t.Helper()
	text, err := json.Marshal(map[string]any{
		"terraform": map[string]any{"required_providers": map[string]any{"governed": map[string]any{"source": "nhi-governance/governed"}}},
		"provider":  map[string]any{"governed": m.w.argument}, "resource": resources,
	})
	m.must(err)
	m.must(os.WriteFile(filepath.Join(m.folder, "main.tf.json"), text, 0o600))
}

// command is a run of Terraform.
func (m *module) command(arguments ...string) *exec.Cmd {
	command := exec.CommandContext(m.w.t.Context(), os.Getenv("TF_ACC_TERRAFORM_PATH"), append(arguments, "-no-color")...)
	command.Dir, command.Env = m.folder, m.env
	command.Stdout, command.Stderr = &m.said, &m.said
	return command
}

// run runs Terraform, and says whether it succeeded.
func (m *module) run(arguments ...string) bool { return m.command(arguments...).Run() == nil }

// provider is the process that Terraform has started last.
func (m *module) provider() (*os.Process, error) {
	for _, variable := range m.env {
		if file, ok := strings.CutPrefix(variable, processesVariable+"="); ok {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			lines := strings.Fields(string(text))
			id, err := strconv.Atoi(lines[len(lines)-1])
			if err != nil {
				return nil, err
			}
			return os.FindProcess(id)
		}
	}
	return nil, fs.ErrNotExist
}

// end is how a run of Terraform ends before its time.
type end struct {
	name string
	kind sim.FaultKind
	// act ends it while a call waits.
	act func(*module, *exec.Cmd) error
}

var ends = []end{
	{"killed", sim.FaultHoldAfter, func(m *module, _ *exec.Cmd) error {
		process, err := m.provider()
		if err == nil {
			err = process.Signal(syscall.SIGKILL)
		}
		return err
	}},
	{"interrupted", sim.FaultHoldBefore, func(m *module, command *exec.Cmd) error { return command.Process.Signal(os.Interrupt) }},
}

// patience is how long a call may take to come: a run of Terraform on a busy machine.
const patience = 3 * time.Minute

// runUntil runs Terraform until a call waits, and ends it there. Terraform itself ends by itself.
func (m *module) runUntil(at point, by end, arguments ...string) {
	m.w.t.Helper()
	m.w.inject(sim.Fault{Service: at.Service, Action: at.Action, Nth: at.nth, Kind: by.kind})
	command := m.command(arguments...)
	m.must(command.Start())
	held := m.w.aws.Held()
	if isAzure(at.Service) {
		held = m.w.azure.Held()
	}
	done := make(chan struct{})
	go func() {
		_ = command.Wait() // It fails, as it should.
		close(done)
	}()
	select {
	case <-held:
		m.must(by.act(m, command))
		if by.kind == sim.FaultHoldBefore {
			m.w.calm() // The call goes on, and Terraform waits for it.
		}
		<-done
	case <-done:
		m.w.t.Errorf("Terraform has ended without %s:\n%s", at.Action, m.said.String())
	case <-time.After(patience):
		m.must(command.Process.Kill())
		m.w.t.Fatalf("%s has not come:\n%s", at.Action, m.said.String())
	}
	m.w.calm()
}

// read reads a file of the module.
func (m *module) read(name string) []byte {
	content, err := os.ReadFile(filepath.Join(m.folder, name))
	m.must(err)
	return content
}

// isProvider tells whether this process is to be the provider, and is it until it ends.
func isProvider() bool {
	processes := os.Getenv(processesVariable)
	if processes == "" {
		return false
	}
	if err := serve(processes); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return true
}
