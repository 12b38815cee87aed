package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// cloudLives are the documents of Azure and of Entra ID, by folder and name, each with what holds it to the life of its feature.
var cloudLives = map[string]func(t *testing.T, name string){
	"azure/governed_azure_token":                                  azureTokenPermissions,
	"azure/governed_credential_azure_key_vault":                   vaultPermissions,
	"azure/governed_quarantine":                                   azureQuarantinePermissions,
	"azure/governed_service_identity_azure_managed_identity":      managedIdentityPermissions,
	"azure/inventory":                                             azureInventoryPermissions,
	"entra/governed_azure_token":                                  entraTokenPermissions,
	"entra/governed_credential":                                   entraCredentialPermissions,
	"entra/governed_quarantine":                                   entraQuarantinePermissions,
	"entra/governed_service_identity_entra_application":           applicationPermissions,
	"entra/governed_third_party_identity_entra_service_principal": principalPermissions,
	"entra/inventory":                                             entraInventoryPermissions,
}

// TestCloudPermissions takes every feature of Azure and Entra ID through its life with exactly the permissions that the
// documentation has for it: none is missing, and none is too many. Without one that is not optional, the life ends with an
// error that names it.
func TestCloudPermissions(t *testing.T) {
	t.Parallel()
	for name, hold := range cloudLives {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hold(t, name)
		})
	}
}

// documentNames are the documents of every cloud that the folder has, by folder and name.
func documentNames(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob(examples + "permissions/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(file), examples+"permissions/"), ".json"))
	}
	return names
}

// readCloudDocument reads a document of Azure or of Entra ID, which its guide has to show.
func readCloudDocument(t *testing.T, name string, into any) {
	t.Helper()
	file := "examples/permissions/" + name + ".json"
	decoder := json.NewDecoder(bytes.NewReader([]byte(readExample(t, "../../"+file))))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %s", name, err)
	}
	cloud, _, _ := strings.Cut(name, "/")
	if guide := readExample(t, "../../templates/guides/"+cloud+"-permissions.md.tmpl"); !strings.Contains(guide, `{{ codefile "json" "`+file+`" }}`) {
		t.Errorf("the guide does not show %s", name)
	}
}

// azureRole is a role of Azure's as az role definition create takes it.
type azureRole struct {
	Name, Description                                                  string
	IsCustom                                                           bool
	Actions, NotActions, DataActions, NotDataActions, AssignableScopes []string
}

func readAzureRole(t *testing.T, name string) (role azureRole) {
	t.Helper()
	readCloudDocument(t, name, &role)
	for _, problem := range role.malformed() {
		t.Errorf("%s: %s", name, problem)
	}
	return role
}

// all are the actions of the control plane and of data.
func (r azureRole) all() []string { return slices.Concat(r.Actions, r.DataActions) }

// but is the role without one action.
func (r azureRole) but(missing string) azureRole {
	is := func(action string) bool { return action == missing }
	r.Actions, r.DataActions = slices.DeleteFunc(slices.Clone(r.Actions), is), slices.DeleteFunc(slices.Clone(r.DataActions), is)
	return r
}

// malformed says what would let a role do more than the actions that it names, or somewhere else than it says.
func (r azureRole) malformed() (problems []string) {
	if r.Name == "" || r.Description == "" || !r.IsCustom {
		problems = append(problems, "it has no name or description, or is no custom role")
	}
	if len(r.all()) == 0 || len(r.NotActions) > 0 || len(r.NotDataActions) > 0 {
		problems = append(problems, "it allows nothing, or has exceptions")
	}
	if !slices.Equal(r.AssignableScopes, []string{"/subscriptions/6b2e8d14-90c7-4f35-8a1d-57e3c0b9f2d8"}) {
		problems = append(problems, fmt.Sprintf("it is for %q", r.AssignableScopes))
	}
	return append(problems, wideOrTwice(r.all())...)
}

// graphDocument is a list of application permissions of Microsoft Graph as examples/permissions/entra has it.
type graphDocument struct {
	ResourceAppID         string
	Permissions, Optional []string
}

func readGraphDocument(t *testing.T, name string) (document graphDocument) {
	t.Helper()
	readCloudDocument(t, name, &document)
	for _, problem := range document.malformed() {
		t.Errorf("%s: %s", name, problem)
	}
	return document
}

// all are the permissions that a feature can use.
func (d graphDocument) all() []string { return slices.Concat(d.Permissions, d.Optional) }

// malformed says what would make of a document something else than it says.
func (d graphDocument) malformed() (problems []string) {
	if d.ResourceAppID != "00000003-0000-0000-c000-000000000000" {
		problems = append(problems, fmt.Sprintf("%q is not Microsoft Graph", d.ResourceAppID))
	}
	return append(problems, wideOrTwice(d.all())...)
}

// wideOrTwice says which permissions stand for others, or are there more than once.
func wideOrTwice(permissions []string) (problems []string) {
	for i, permission := range permissions {
		if strings.Contains(permission, "*") || slices.Contains(permissions[:i], permission) {
			problems = append(problems, permission+" is a pattern, or there twice")
		}
	}
	return problems
}

// without is a life with all permissions but one.
func (d graphDocument) without(life func(*testing.T, []string) (acctest.Diagnostics, []sim.Call)) func(*testing.T, string) (acctest.Diagnostics, []sim.Call) {
	return func(t *testing.T, missing string) (acctest.Diagnostics, []sim.Call) {
		t.Helper()
		return life(t, slices.DeleteFunc(d.all(), func(one string) bool { return one == missing }))
	}
}

// unjust says what a life with all of its permissions was refused, and which of them it has not used.
func unjust(all []string, calls []sim.Call) (problems []string) {
	used := map[string]bool{}
	for _, call := range calls {
		for _, permission := range call.Permissions {
			if used[permission.Action] = true; !permission.Allowed {
				problems = append(problems, call.Action+" was refused "+permission.Action)
			}
		}
	}
	for _, permission := range all {
		if !used[permission] {
			problems = append(problems, "nothing needs "+permission)
		}
	}
	return problems
}

// TestCloudPermissionChecksCanFail keeps the checks of the documents honest.
func TestCloudPermissionChecksCanFail(t *testing.T) {
	t.Parallel()
	right := azureRole{
		Name: "Readers", Description: "What is needed to read.", IsCustom: true, Actions: []string{"Microsoft.Web/sites/read"},
		AssignableScopes: []string{"/subscriptions/6b2e8d14-90c7-4f35-8a1d-57e3c0b9f2d8"},
	}
	graph := graphDocument{ResourceAppID: "00000003-0000-0000-c000-000000000000", Permissions: []string{"Application.Read.All"}}
	if problems := slices.Concat(right.malformed(), graph.malformed()); len(problems) > 0 {
		t.Errorf("malformed is %q", problems)
	}
	for name, change := range map[string]func(*azureRole, *graphDocument){
		"built in":      func(r *azureRole, _ *graphDocument) { r.IsCustom = false },
		"everywhere":    func(r *azureRole, _ *graphDocument) { r.AssignableScopes = []string{"/"} },
		"exceptions":    func(r *azureRole, _ *graphDocument) { r.NotActions = []string{"Microsoft.Web/sites/delete"} },
		"of data":       func(r *azureRole, _ *graphDocument) { r.NotDataActions = []string{"x/read"} },
		"nothing":       func(r *azureRole, _ *graphDocument) { r.Actions = nil },
		"a pattern":     func(r *azureRole, _ *graphDocument) { r.Actions = []string{"Microsoft.Web/*/read"} },
		"data, pattern": func(r *azureRole, _ *graphDocument) { r.DataActions = []string{"*"} },
		"another API":   func(_ *azureRole, d *graphDocument) { d.ResourceAppID = "" },
		"twice":         func(_ *azureRole, d *graphDocument) { d.Optional = d.Permissions },
	} {
		role, document := right, graph
		change(&role, &document)
		if problems := slices.Concat(role.malformed(), document.malformed()); len(problems) != 1 {
			t.Errorf("%s: malformed is %q", name, problems)
		}
	}
	calls := []sim.Call{{Action: "GET /x", Permissions: []sim.Permission{{Action: "x/read", Allowed: true}}}, {Action: "PUT /x", Permissions: []sim.Permission{{Action: "x/write"}}}}
	if problems := unjust([]string{"x/read", "x/delete"}, calls); !slices.Equal(problems, []string{"PUT /x was refused x/write", "nothing needs x/delete"}) {
		t.Errorf("unjust is %q", problems)
	}
}
