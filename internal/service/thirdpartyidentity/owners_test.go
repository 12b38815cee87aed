package thirdpartyidentity_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestOwnerLeaves warns of an owner who has left, and refuses a new identity in the owner's name.
func TestOwnerLeaves(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	under := func(owners string) *acctest.Protocol {
		file := filepath.Join(t.TempDir(), "owners.txt")
		if err := os.WriteFile(file, []byte(owners), 0o600); err != nil {
			t.Fatal(err)
		}
		return acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"owners": acctest.Values{"file": file}}})
	}
	r := under("platform\n").Resource(typeName)
	r.Apply(collector(server)).Want(t)
	later := under("security\n")
	r = r.Under(later)
	r.Refresh().Want(t)
	r.Plan(collector(server)).Want(t, `warning owner: Owner is not known … owner is "platform", which is not in the owner directory`)
	if r.Changes() {
		t.Error("a departure changes something")
	}
	later.Resource(typeName).Plan(collector(server).With(acctest.Values{"name": "other"})).Want(t, `error owner: Owner is not known … owner is "platform"`)
}
