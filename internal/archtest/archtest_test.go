// Package archtest holds the import rules of the code base as a test.
package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/nhi-governance/terraform-provider-governed"

// rule says what the packages at or below a folder may import of this module, and of the outside. Folders are relative
// to the module; "." is the standard library.
type rule struct {
	folder string
	// own lists the folders of this module that may be imported, each with what lies below it.
	own []string
	// outside lists the beginnings of import paths that may be imported; nil allows all.
	outside []string
}

// rules go from the special to the general: the first one that fits a package counts.
var rules = []rule{
	{folder: "internal/governance", own: nil, outside: []string{}},
	{folder: "internal/platform/platformtest", own: []string{"internal/governance", "internal/platform"}},
	{folder: "internal/platform/aws/iampolicy/actions", own: nil, outside: []string{}},
	{folder: "internal/platform/aws/iampolicy/grants", own: []string{"internal/platform/aws/iampolicy"}, outside: []string{}},
	{folder: "internal/platform/aws/iampolicy", own: []string{"internal/governance", "internal/platform/workload"}, outside: []string{"github.com/hashicorp/awspolicyequivalence"}},
	{folder: "internal/platform/workload", own: nil, outside: []string{}},
	{
		folder: "internal/platform/aws", own: []string{"internal/governance", "internal/platform"},
		outside: []string{"github.com/aws/", "github.com/hashicorp/terraform-plugin-log/", "golang.org/x/sync/"},
	},
	{folder: "internal/platform/azure/federation", own: []string{"internal/platform/workload"}, outside: []string{}},
	{folder: "internal/platform/azure/graphpermission", own: []string{"internal/governance"}, outside: []string{}},
	{folder: "internal/platform/azure/rbac", own: []string{"internal/governance"}, outside: []string{}},
	{folder: "internal/platform/azure/graph", own: nil, outside: []string{azcore}},
	{
		folder: "internal/platform/azure", own: []string{"internal/governance", "internal/platform"},
		outside: []string{"github.com/Azure/azure-sdk-for-go/sdk/", "github.com/google/uuid", "github.com/hashicorp/terraform-plugin-log/", "golang.org/x/sync/"},
	},
	{folder: "internal/platform", own: []string{"internal/governance"}, outside: []string{}},
	{folder: "internal/credential", own: []string{"internal/governance", "internal/platform"}, outside: []string{}},
	{folder: "internal/inventory/report", own: nil, outside: []string{}},
	{folder: "internal/inventory", own: []string{"internal/governance", "internal/platform"}, outside: []string{}},
	{folder: "internal/yamlbound", own: nil, outside: []string{"github.com/goccy/go-yaml"}},
	{folder: "internal/ownerfile", own: []string{"internal/governance", "internal/yamlbound"}, outside: []string{"github.com/goccy/go-yaml"}},
	{folder: "internal/celrule", own: []string{"internal/governance"}, outside: []string{"cel.dev/cel-go/"}},
	{folder: "internal/approval", own: []string{"internal/governance"}, outside: []string{"github.com/go-jose/go-jose/v4"}},
	{folder: "internal/approve", own: []string{"internal/approval", "internal/governance", "internal/platform/aws/iampolicy/actions"}, outside: []string{}},
	{folder: "internal/policyfile", own: []string{"internal/approval", "internal/celrule", "internal/governance", "internal/ownerfile", "internal/yamlbound"}},
	{folder: "internal/functions", own: []string{"internal/governance", "internal/inventory", "internal/platform/aws/iampolicy"}, outside: notSDKs},
	{folder: "internal/tfkit", own: []string{"internal/governance", "internal/inventory", "internal/platform"}, outside: append([]string{wireFormat}, notSDKs...)},
	{folder: "internal/service/inventory", own: []string{"internal/governance", "internal/inventory", "internal/platform", "internal/tfkit"}, outside: append([]string{wireFormat}, notSDKs...)},
	{folder: "internal/service", own: []string{"internal/approval", "internal/credential", "internal/governance", "internal/inventory", "internal/platform", "internal/service/governed", "internal/service/inventory", "internal/tfkit"}, outside: notSDKs},
	{folder: "internal/provider", own: []string{"internal/approval", "internal/celrule", "internal/functions", "internal/governance", "internal/ownerfile", "internal/platform", "internal/policyfile", "internal/service", "internal/tfkit"}, outside: notSDKs},
	{folder: "internal/sim", own: []string{"internal/sim"}, outside: []string{}},
	{folder: "internal/cli", own: nil, outside: []string{}},
	{folder: "internal/acctest", own: []string{"internal/cli", "internal/platform", "internal/provider", "internal/sim"}},
	{folder: "internal/chaos", own: []string{"internal/acctest", "internal/provider", "internal/sim"}},
	{folder: "internal/demo", own: []string{"internal/cli", "internal/sim"}},
	{folder: "internal/bench", own: []string{"internal/cli", "internal/governance", "internal/provider", "internal/sim"}},
	{folder: "internal/generate/actions", own: []string{"internal/platform/aws/iampolicy/actions"}, outside: []string{}},
	{folder: "internal/generate/sbom", own: nil, outside: []string{}},
	{folder: "internal/docs", own: []string{"internal/cli", "internal/provider"}},
	{folder: "internal/archtest", own: nil},
	{folder: "internal/upgrade", own: nil},
	{folder: "", own: []string{"internal/approve", "internal/provider"}},
}

// notSDKs keeps the clouds' SDKs inside internal/platform.
var notSDKs = []string{"github.com/hashicorp/"}

// azcore is the pipeline that every request to Azure and Entra ID goes through.
const azcore = "github.com/Azure/azure-sdk-for-go/sdk/azcore"

// wireFormat is what the plugin protocol is encoded in, for results that are too large for the framework.
const wireFormat = "github.com/vmihailenco/msgpack"

func (r rule) covers(folder string) bool { return within(folder, r.folder) }

func within(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}

// breaks says which import of a package breaks the rule.
func (r rule) breaks(folder, imported string) bool {
	if own, ok := strings.CutPrefix(imported, module+"/"); ok {
		return !within(own, folder) && !slices.ContainsFunc(r.own, func(allowed string) bool { return within(own, allowed) })
	}
	if domain, _, _ := strings.Cut(imported, "/"); !strings.Contains(domain, ".") || r.outside == nil {
		return false
	}
	return !slices.ContainsFunc(r.outside, func(allowed string) bool { return strings.HasPrefix(imported, allowed) })
}

func TestImports(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, pkg := range packages(t) {
		folder := strings.TrimPrefix(strings.TrimPrefix(pkg.ImportPath, module), "/")
		i := slices.IndexFunc(rules, func(r rule) bool { return r.covers(folder) })
		if i < 0 || (rules[i].folder == "" && folder != "") {
			t.Errorf("%s is in no rule: add one", pkg.ImportPath)
			continue
		}
		for _, imported := range pkg.Imports {
			checked++
			if rules[i].breaks(folder, imported) {
				t.Errorf("%s must not import %s", pkg.ImportPath, imported)
			}
		}
	}
	if checked == 0 {
		t.Error("no import was checked")
	}
}

// TestRulesCanFail keeps the check itself honest.
func TestRulesCanFail(t *testing.T) {
	t.Parallel()
	for _, broken := range []struct{ folder, imported string }{
		{"internal/governance", "github.com/google/uuid"},
		{"internal/governance", module + "/internal/platform"},
		{"internal/governance", "cel.dev/cel-go/cel"},
		{"internal/celrule", module + "/internal/platform"},
		{"internal/platform", "github.com/aws/aws-sdk-go-v2/aws"},
		{"internal/platform/aws/iampolicy/actions", module + "/internal/platform/aws/iampolicy"},
		{"internal/platform/aws/iampolicy/grants", module + "/internal/governance"},
		{"internal/inventory", module + "/internal/service/inventory"},
		{"internal/inventory/report", module + "/internal/platform"},
		{"internal/functions", module + "/internal/platform"},
		{"internal/approve", "github.com/go-jose/go-jose/v4"},
		{"internal/service/governed", "github.com/go-jose/go-jose/v4"},
		{"internal/service/serviceidentity", "github.com/aws/aws-sdk-go-v2/service/iam"},
		{"internal/service/serviceidentity", module + "/internal/provider"},
		{"internal/provider", module + "/internal/sim"},
		{"internal/sim", module + "/internal/platform/aws/iampolicy"},
		{"internal/sim", "github.com/aws/aws-sdk-go-v2/aws"},
	} {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.covers(broken.folder) })
		if !rules[i].breaks(broken.folder, broken.imported) {
			t.Errorf("%s may import %s", broken.folder, broken.imported)
		}
	}
}

type listedPackage struct {
	ImportPath string
	Imports    []string
}

// packages lists the module's packages with what their non-test files import.
func packages(t *testing.T) []listedPackage {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", module+"/...")
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %s", err)
	}
	var listed []listedPackage
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var pkg listedPackage
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return listed
		} else if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, pkg)
	}
}
