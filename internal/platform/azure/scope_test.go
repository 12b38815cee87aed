package azure

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

const testSubscription = "/subscriptions/6B2E8D14-90c7-4f35-8a1d-57e3c0b9f2d8"

func TestScopes(t *testing.T) {
	t.Parallel()
	own := base(strings.ToLower(testSubscription))
	for scope, want := range map[string]base{
		testSubscription:                       own,
		testSubscription + "/resourceGroups/a": own,
		testSubscription + "/resourcegroups/a/providers/Microsoft.Storage/storageAccounts/b":                                   own,
		testSubscription + "/resourceGroups/a/providers/Microsoft.Storage/storageAccounts/b/blobServices/default/containers/c": own,
		"/providers/Microsoft.Management/managementGroups/Platform":                                                            "/providers/microsoft.management/managementgroups/platform",
	} {
		got, reason := baseOf(scope)
		if got != want || reason != "" {
			t.Errorf("%s lies in %q (%s)", scope, got, reason)
		}
		if back := readBase(got.short()); back != got {
			t.Errorf("%s is noted as %q and read as %q", got, got.short(), back)
		}
	}
	for scope, want := range map[string]string{
		"/": "whole tenant", "": "begin with a slash", "workloads": "begin with a slash", testSubscription + "/": "ends with a slash",
		"/subscriptions/mine": "not a GUID", testSubscription + "/providers/x": "no resource group", "/tenants/x": "neither",
		testSubscription + "/resourceGroups/a/providers/Microsoft.Storage": "no resource group",
	} {
		if got, reason := baseOf(scope); !strings.Contains(reason, want) {
			t.Errorf("%q: %q %q", scope, got, reason)
		}
	}
}

func TestIdentityIDs(t *testing.T) {
	t.Parallel()
	id, ok := ParseManagedIdentityID(strings.ToLower(testSubscription) + "/resourcegroups/rg/providers/microsoft.managedidentity/userassignedidentities/Name")
	want := strings.ToLower(testSubscription) + "/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Name"
	if !ok || id.Resource != want || id.Kind != governance.KindAzureManagedIdentity {
		t.Errorf("got %+v", id)
	}
	if _, ok := ParseManagedIdentityID("arn:aws:iam::123456789012:role/x"); ok {
		t.Error("an ARN is taken for an identity")
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	for _, list := range [][]string{nil, {"a"}, {"a", "b"}, {"a, b", `c\`, `\,`, "", "d"}, {" a ", "請求"}} {
		if got := splitList(joinList(list)); !slices.Equal(got, list) {
			t.Errorf("%q is read back as %q", list, got)
		}
	}
}

func TestTagging(t *testing.T) {
	t.Parallel()
	tagging := tagging{keys: governance.NewMetadataKeys(nil), ignore: platform.IgnoreTags{Keys: []string{"CostCenter"}}}
	metadata := governance.Metadata{Owner: "payments", Purpose: "A, (b) 'c' 100%", Expiry: "2027-03-31", Systems: []string{"a, b", "c"}, Labels: map[string]string{"team": "x"}}
	tags := tagging.tags(metadata)
	others := map[string]string{"hidden-title": "x", "costcenter": "1", "NHI:Owner": "old", "stray": "y", "nhi:disabled": "expired"}
	back, managedBy := tagging.metadata(tagging.merged(others, tags))
	if !reflect.DeepEqual(back, metadata) || managedBy != governance.ManagedBy {
		t.Errorf("read %+v by %q", back, managedBy)
	}
	want := maps.Clone(tags)
	want["hidden-title"], want["costcenter"] = "x", "1"
	if got := tagging.merged(others, tags); !maps.Equal(got, want) {
		t.Errorf("merged %v", got)
	}
}

func TestTagViolations(t *testing.T) {
	t.Parallel()
	tagging := tagging{keys: governance.NewMetadataKeys(nil), ignore: platform.IgnoreTags{KeyPrefixes: []string{"k8s/"}}}
	many := map[string]string{}
	for i := range 48 {
		many[strings.Repeat("x", i+1)] = "y"
	}
	for name, of := range map[string]struct {
		metadata governance.Metadata
		want     string
	}{
		"long":     {governance.Metadata{Purpose: strings.Repeat("🚀", 129)}, "purpose takes 258 characters in its tag, 2 more than Azure's limit of 256"},
		"key":      {governance.Metadata{Labels: map[string]string{"a/b": "c"}}, "does not take in the name of a tag"},
		"ours":     {governance.Metadata{Labels: map[string]string{"NHI:owner": "c"}}, "is the tag that holds owner"},
		"record":   {governance.Metadata{Labels: map[string]string{"nhi:scopes": "c"}}, "writes for itself"},
		"azure's":  {governance.Metadata{Labels: map[string]string{"hidden-x": "c"}}, "is Azure's own"},
		"ignored":  {governance.Metadata{Labels: map[string]string{"k8s_": "c", "K8S/x": "c"}}, "among the tags that the provider ignores"},
		"twice":    {governance.Metadata{Labels: map[string]string{"a": "c", "A": "d"}}, "are the same tag to Azure"},
		"too many": {governance.Metadata{Owner: "x", Labels: many}, "make 50 tags, 2 more than Azure's limit of 50, of which 2 are kept"},
		"empty":    {governance.Metadata{Labels: map[string]string{"": "c"}}, "empty key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found findings
			tagging.check(&found, of.metadata, reservedTags)
			if !slices.ContainsFunc(found, func(v governance.Violation) bool { return strings.Contains(v.Message, of.want) && v.Remedy != "" }) {
				t.Errorf("found %+v", found)
			}
		})
	}
}

func TestFindRole(t *testing.T) {
	t.Parallel()
	const guid = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	all := []definition{{id: guid, name: "Reader"}, {id: "b24988ac-6180-42a0-ab88-20f7382dd24c", name: "Contributor"}, {id: "1", name: "Twice"}, {id: "2", name: "twice"}}
	for _, text := range []string{"reader", strings.ToUpper(guid), "/providers/Microsoft.Authorization/roleDefinitions/" + guid, testSubscription + "/providers/microsoft.authorization/roledefinitions/" + guid} {
		if role, problem := find(all, text); problem != nil || role.id != guid {
			t.Errorf("%s is %+v (%v)", text, role, problem)
		}
	}
	for text, want := range map[string]string{"Raeder": `"Reader"`, "Contrib": `"Contributor"`, "TWICE": "Write the GUID", "Nothing like it at all": "Write the name", "00000000-0000-0000-0000-000000000000": "Write the name"} {
		if role, problem := find(all, text); problem == nil || !strings.Contains(problem.fix, want) {
			t.Errorf("%s is %+v (%+v)", text, role, problem)
		}
	}
}

func TestAssignable(t *testing.T) {
	t.Parallel()
	group := testSubscription + "/resourceGroups/a"
	for _, of := range []struct {
		scopes []string
		at     string
		want   bool
	}{
		{[]string{"/"}, group, true},
		{nil, group, true},
		{[]string{strings.ToLower(testSubscription)}, group, true},
		{[]string{group}, group, true},
		{[]string{group}, group + "b", false},
		{[]string{group}, testSubscription, false},
		{[]string{"/providers/Microsoft.Management/managementGroups/x"}, group, true},
	} {
		if got := (definition{scopes: of.scopes}).assignable(of.at); got != of.want {
			t.Errorf("%v at %s: %v", of.scopes, of.at, got)
		}
	}
}

// TestAssignmentNames are the same for the same assignment, however it is written.
func TestAssignmentNames(t *testing.T) {
	t.Parallel()
	one := AssignedRole{Scope: testSubscription, RoleID: "ACDD72A7-3385-48ef-bd42-f606fba81ae7"}
	other := AssignedRole{Scope: strings.ToLower(testSubscription), RoleID: strings.ToLower(one.RoleID)}
	if a, b := assignmentName("P", one), assignmentName("p", other); a != b || !guidPattern.MatchString(a) {
		t.Errorf("%s and %s", a, b)
	}
	if assignmentName("p", one) == assignmentName("q", one) {
		t.Error("two principals share a name")
	}
}
