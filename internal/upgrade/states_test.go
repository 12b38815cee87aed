package upgrade

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/provider"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// left is what a release has left of one resource: its configuration, its state, and the calls that made it.
type left struct {
	Configuration acctest.Values   `json:"configuration"`
	State         acctest.Recorded `json:"state"`
	Calls         []call           `json:"calls"`
}

// world is both clouds, with what the scenarios find there.
type world struct {
	aws   *sim.Server
	azure *azuresim.Server
}

// day is the first one of every scenario.
var day = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{aws: acctest.NewSim(t, sim.WithClock(day))}
	w.azure = acctest.NewAzureSim(t, w.aws.Clock())
	w.furnish()
	return w
}

// protocol is today's provider, straight at the clouds, with further provider arguments.
func (w *world) protocol(t *testing.T, further acctest.Values) *acctest.Protocol {
	t.Helper()
	p := acctest.NewProtocol(t, w.aws)
	p.Configure(acctest.Values{"aws": acctest.AWSArgument(w.aws.URL()), "azure": acctest.AzureArgument(t, w.azure)}.With(further)).Want(t)
	return p
}

func decode(t *testing.T, text string) left {
	t.Helper()
	var recorded left
	must(t, json.Unmarshal([]byte(text), &recorded))
	recorded.Configuration = object(recorded.Configuration)
	return recorded
}

// values turns JSON into what the protocol driver takes.
func values(from any) any {
	switch from := from.(type) {
	case map[string]any:
		return object(from)
	case []any:
		for i := range from {
			from[i] = values(from[i])
		}
	case float64:
		return int64(from)
	}
	return from
}

func object(from map[string]any) acctest.Values {
	made := acctest.Values{}
	for name, value := range from {
		made[name] = values(value)
	}
	return made
}

// TestSimRecordedStates reads every state of every release with the provider of today, in the clouds as that release has left
// them.
func TestSimRecordedStates(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*/*.json")
	must(t, err)
	for _, file := range files {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".json"), func(t *testing.T) {
			t.Parallel()
			for _, problem := range problems(t, decode(t, read(t, file))) {
				t.Error(problem)
			}
		})
	}
}

// problems tells what of a release's state the provider of today does not understand: its refresh and plan have to change
// nothing, no policy that has become stricter may stop it, and the resource can be destroyed.
func problems(t *testing.T, recorded left) (found []string) {
	t.Helper()
	w := newWorld(t)
	w.play(t, recorded.Calls)
	resource, diags := w.protocol(t, nil).Restore(recorded.State)
	if len(diags) > 0 {
		return []string{"its state cannot be read: " + diags.String()}
	}
	before := resource.Record()
	resource.Refresh().Want(t)
	after := resource.Record()
	if !bytes.Equal(before.Attributes, after.Attributes) || !bytes.Equal(before.Identity, after.Identity) {
		found = append(found, fmt.Sprintf("the refresh changes\n%s %s\nto\n%s %s", before.Attributes, before.Identity, after.Attributes, after.Identity))
	}
	if diags := resource.Plan(recorded.Configuration); diags.Failed() || resource.Changes() || resource.Replaces() {
		found = append(found, fmt.Sprintf("the plan changes\n%s\nto\n%v\n%s", after.Attributes, resource.Planned(), diags))
	}
	if diags := resource.Under(w.protocol(t, strict(t))).Plan(recorded.Configuration); diags.Failed() {
		found = append(found, "the private state does not tell what a policy has once let pass: "+diags.String())
	}
	if diags := resource.Apply(nil); diags.Failed() || resource.Exists() {
		found = append(found, "it cannot be destroyed: "+diags.String())
	}
	return found
}

// strict is a policy that lets pass none of the recorded identities were it new. Of one that exists only the private state
// tells that it has passed.
func strict(t *testing.T) acctest.Values {
	t.Helper()
	owners := filepath.Join(t.TempDir(), "owners.yaml")
	must(t, os.WriteFile(owners, []byte("- somebody-else\n"), 0o600))
	return acctest.Values{"policy": acctest.Values{"max_lifetime_days": 30, "owners": acctest.Values{"file": owners}}}
}

// TestSimRecordedStatesCanFail keeps the check itself honest.
func TestSimRecordedStatesCanFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*left)
		want   string
	}{
		"nothing":         {func(*left) {}, ""},
		"an older schema": {func(l *left) { l.State.SchemaVersion = -1 }, "its state cannot be read: error : Unable to Upgrade Resource State"},
		"another name":    {func(l *left) { l.State.Attributes = replace(l.State.Attributes, `"owner"`, `"holder"`) }, "the refresh changes"},
		"another type": {func(l *left) {
			l.State.Attributes = replace(l.State.Attributes, `"systems"`, `"systems": "one", "was"`)
		}, "its state cannot be read: error : Unable to Read Previously Saved State"},
		"another tag":            {func(l *left) { l.Calls[0].Body = strings.Replace(l.Calls[0].Body, "platform-team", "platform", 1) }, "the refresh changes"},
		"another argument":       {func(l *left) { l.Configuration["environment"] = "test" }, "the plan changes"},
		"a forgotten acceptance": {func(l *left) { delete(l.State.Private, "expiry"); delete(l.State.Private, "owners") }, "the private state does not tell what a policy has once let pass"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recorded := decode(t, read(t, filepath.Join("testdata", currentVersion(t), "service_identity.aws_role.json")))
			c.change(&recorded)
			got := strings.Join(problems(t, recorded), "\n")
			if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("the problems are %q, not %q", got, c.want)
			}
		})
	}
}

func replace(text json.RawMessage, was, is string) json.RawMessage {
	return bytes.Replace(text, []byte(was), []byte(is), 1)
}

// TestStatesAreWhole wants a recorded state of each resource, with each kind, store and other object that a configuration
// can write.
func TestStatesAreWhole(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", currentVersion(t), "*.json"))
	must(t, err)
	used := map[string]bool{}
	for _, file := range files {
		state := decode(t, read(t, file)).State
		attributes := map[string]any{}
		must(t, json.Unmarshal(state.Attributes, &attributes))
		note(used, state.Type, attributes)
	}
	schemas, err := provider.NewServer("test").GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	must(t, err)
	for _, name := range slices.Sorted(maps.Keys(schemas.ResourceSchemas)) {
		want := []string{name}
		for _, a := range schemas.ResourceSchemas[name].Block.Attributes {
			if a.NestedType == nil || !a.Optional && !a.Required {
				continue
			}
			want = append(want, name+"."+a.Name)
			for _, below := range a.NestedType.Attributes {
				if a.Name == "store" {
					want = append(want, name+".store."+below.Name)
				}
			}
		}
		for _, one := range want {
			if !used[one] {
				t.Errorf("no recorded state has %s: add a scenario and run make record-states", one)
			}
		}
	}
}

// note says which objects of a state are there, by path.
func note(used map[string]bool, path string, attributes map[string]any) {
	used[path] = true
	for name, value := range attributes {
		if object, ok := value.(map[string]any); ok {
			note(used, path+"."+name, object)
		}
	}
}

// TestSimNewerState has the CLI refuse what a newer provider has written, and nothing mind what that has added: a state can
// come back from a release with further attributes as long as the version of its schema stays.
func TestSimNewerState(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	c := acctest.NewCLI(t, server)
	c.Write("role.tf", fmt.Sprintf(`
resource "governed_service_identity" "export" {
  name     = "export"
  owner    = "payments"
  purpose  = "Nightly export of invoices to the data lake"
  expiry   = %q
  aws_role = { trust = { aws_services = ["lambda.amazonaws.com"] } }
}
`, acctest.Date(server, 90)))
	c.Must("apply", "-auto-approve")
	state := c.Read("terraform.tfstate")
	c.Write("terraform.tfstate", strings.Replace(state, `"attributes": {`, `"attributes": { "colour": "red",`, 1))
	if changes := c.Changes(); changes["governed_service_identity.export"].Actions[0] != "no-op" {
		t.Errorf("a further attribute changes %v", changes)
	}
	c.Write("terraform.tfstate", strings.Replace(state, `"schema_version": 0`, `"schema_version": 1`, 1))
	if output, ok := c.Run("plan"); ok || !acctest.Says("Resource instance managed by newer provider version…governed_service_identity.export was created by a newer provider version than is currently selected").MatchString(output) {
		t.Errorf("a newer schema gives\n%s", output)
	}
}
