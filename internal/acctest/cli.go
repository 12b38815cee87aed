package acctest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/nhi-governance/terraform-provider-governed/internal/cli"
	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// CLI is a root module with the real Terraform, for what terraform-plugin-testing cannot do, such as generating
// configuration and moving from another provider's state.
type CLI struct {
	t      testing.TB
	hunt   *LeakHunt
	folder string
	env    []string
}

// NewCLI makes an empty root module. Terraform attaches to the provider, and to a stand-in for hashicorp/aws, in this
// process.
func NewCLI(t *testing.T, server *sim.Server) *CLI {
	t.Helper()
	reattach, err := json.Marshal(map[string]any{
		Registered(provider.Address):    serve(t, provider.Address, Factories(server)["governed"]),
		Registered(hashicorpAWSAddress): serve(t, hashicorpAWSAddress, providerserver.NewProtocol6WithError(hashicorpAWS{})),
	})
	must(t, err)
	logs := t.TempDir()
	c := &CLI{t: t, hunt: HuntUnder(server.Clock()), folder: t.TempDir(), env: append(os.Environ(),
		"TF_REATTACH_PROVIDERS="+string(reattach), "TF_IN_AUTOMATION=1", "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(logs, "terraform.log"))}
	t.Cleanup(func() {
		c.hunt.Read(logs)
		c.hunt.Read(c.folder)
	})
	c.Write("main.tf", "terraform {\n  required_providers {\n    governed = { source = \"nhi-governance/governed\" }\n  }\n}\n"+ProviderConfig(server, ""))
	c.Must("init")
	return c
}

// Registered is a provider's address in the registry of the CLI that the tests run.
func Registered(address string) string {
	return strings.Replace(address, "registry.terraform.io", installed.RegistryHost(), 1)
}

// serve lets Terraform attach to a provider until the test ends, and returns how.
func serve(t *testing.T, address string, factory func() (tfprotov6.ProviderServer, error)) map[string]any {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	attached, stopped := make(chan *plugin.ReattachConfig), make(chan struct{})
	go func() {
		err := tf6server.Serve(address, func() tfprotov6.ProviderServer {
			made, err := factory()
			if err != nil {
				t.Error(err)
			}
			return made
		}, tf6server.WithDebug(ctx, attached, stopped), tf6server.WithLoggingSink(t), tf6server.WithGoPluginLogger(hclog.NewNullLogger()))
		if err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		stop()
		<-stopped
	})
	at := <-attached
	return map[string]any{
		"Protocol": at.Protocol, "ProtocolVersion": at.ProtocolVersion, "Pid": at.Pid, "Test": at.Test,
		"Addr": map[string]string{"Network": at.Addr.Network(), "String": at.Addr.String()},
	}
}

// Write puts a file into the module, or into a folder below it, which is made for another module.
func (c *CLI) Write(name, content string) {
	c.t.Helper()
	file := filepath.Join(c.folder, name)
	must(c.t, os.MkdirAll(filepath.Dir(file), 0o700))
	must(c.t, os.WriteFile(file, []byte(content), 0o600))
}

// Read reads a file of the module.
func (c *CLI) Read(name string) string {
	c.t.Helper()
	content, err := os.ReadFile(filepath.Join(c.folder, name))
	must(c.t, err)
	return string(content)
}

// FillIn gives arguments that are null in a file that Terraform has generated their texts, by name.
func (c *CLI) FillIn(name string, texts map[string]string) {
	c.t.Helper()
	null := regexp.MustCompile(`(?m)^( +)(\w+)( += )null\b.*$`)
	c.Write(name, null.ReplaceAllStringFunc(c.Read(name), func(line string) string {
		parts := null.FindStringSubmatch(line)
		if text, ok := texts[parts[2]]; ok {
			return parts[1] + parts[2] + parts[3] + strconv.Quote(text)
		}
		return line
	}))
}

// Run runs Terraform and returns what it said, and whether it succeeded.
func (c *CLI) Run(arguments ...string) (output string, ok bool) {
	c.t.Helper()
	command := exec.CommandContext(c.t.Context(), os.Getenv(cli.Variable), append(arguments, "-no-color")...)
	command.Dir, command.Env = c.folder, c.env
	text, err := command.CombinedOutput()
	c.hunt.Keep(fmt.Sprintf("what terraform %v has said", arguments), text)
	return string(text), err == nil
}

// Must runs Terraform, which has to succeed.
func (c *CLI) Must(arguments ...string) (output string) {
	c.t.Helper()
	output, ok := c.Run(arguments...)
	if !ok {
		c.t.Fatalf("terraform %v failed:\n%s", arguments, output)
	}
	return output
}

// Output is an output of the root module, a text.
func (c *CLI) Output(name string) (text string) {
	c.t.Helper()
	var outputs map[string]struct {
		Value any `json:"value"`
	}
	must(c.t, json.Unmarshal([]byte(c.Must("output", "-json")), &outputs))
	text, ok := outputs[name].Value.(string)
	if !ok {
		c.t.Fatalf("the output %s is %v", name, outputs[name].Value)
	}
	return text
}

// Change is what a plan does to one resource.
type Change struct {
	// Actions are Terraform's, such as update.
	Actions []string
	// Imported and Moved tell that the resource comes into the state by an import, or from this address.
	Imported bool
	Moved    string
	// Attributes are those that change, nested ones with a dot, sorted.
	Attributes []string
}

// Changes plans and returns what the plan does, by address.
func (c *CLI) Changes() map[string]Change {
	c.t.Helper()
	c.Must("plan", "-out=plan")
	var plan struct {
		ResourceChanges []struct {
			Address         string `json:"address"`
			PreviousAddress string `json:"previous_address"`
			Change          struct {
				Actions      []string       `json:"actions"`
				Importing    map[string]any `json:"importing"`
				Before       map[string]any `json:"before"`
				After        map[string]any `json:"after"`
				AfterUnknown map[string]any `json:"after_unknown"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	must(c.t, json.Unmarshal([]byte(c.Must("show", "-json", "plan")), &plan))
	changes := map[string]Change{}
	for _, one := range plan.ResourceChanges {
		attributes := changed("", one.Change.Before, one.Change.After)
		attributes = append(attributes, changed("", one.Change.AfterUnknown, nil)...)
		slices.Sort(attributes)
		changes[one.Address] = Change{one.Change.Actions, one.Change.Importing != nil, one.PreviousAddress, slices.Compact(attributes)}
	}
	return changes
}

// changed names the attributes in which two objects differ. What is false, null or empty is as good as absent.
func changed(prefix string, before, after map[string]any) []string {
	keys := maps.Clone(before)
	if keys == nil {
		keys = map[string]any{}
	}
	maps.Copy(keys, after)
	var names []string
	for key := range keys {
		was, isObject := before[key].(map[string]any)
		is, staysObject := after[key].(map[string]any)
		switch {
		case prefix == "" && (isObject || staysObject):
			names = append(names, changed(key+".", was, is)...)
		case !reflect.DeepEqual(present(before[key]), present(after[key])):
			names = append(names, prefix+key)
		}
	}
	return names
}

func present(value any) any {
	switch value := value.(type) {
	case bool:
		if !value {
			return nil
		}
	case []any:
		if !slices.ContainsFunc(value, func(element any) bool { return present(element) != nil }) {
			return nil
		}
	case map[string]any:
		if len(changed("", value, nil)) == 0 {
			return nil
		}
	}
	return value
}
