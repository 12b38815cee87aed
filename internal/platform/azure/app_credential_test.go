package azure

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

const (
	firstKey  = "11111111-2222-4333-8444-555555555555"
	secondKey = "11111111-2222-4333-8444-666666666666"
)

// TestCredentialNotes writes notes among the tags of others, and reads them back, whatever is in them.
func TestCredentialNotes(t *testing.T) {
	t.Parallel()
	tagging := graphTagging{keys: governance.NewMetadataKeys(nil)}
	note := platform.Issuance{Since: time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC), Store: "aws_secrets_manager:123456789012:eu-west-1:" + strings.Repeat("a_=", 60)}
	others := []string{"theirs", "nhi:owner=payments"}
	tags := tagging.withIssuance(others, &note)
	tags = tagging.withStore(tags, firstKey, note.Store)
	tags = tagging.withStore(tags, secondKey, "azure_key_vault:safe.vault.azure.net:mailer")
	for _, tag := range tags {
		if graphLength(tag) > maxGraphTagLength || strings.ContainsAny(tag, " \t\n") {
			t.Errorf("%q cannot be a tag", tag)
		}
	}
	read, ok := tagging.issuance(tags)
	if !ok || !read.Since.Equal(note.Since) || read.Store != note.Store {
		t.Errorf("the note is %+v", read)
	}
	if stores := tagging.stores(tags); len(stores) != 2 || stores[firstKey] != note.Store || stores[secondKey] != "azure_key_vault:safe.vault.azure.net:mailer" {
		t.Errorf("the stores are %v", stores)
	}
	if merged := tagging.merged(tags, tagging.tags(governance.Metadata{Owner: "billing"}, graphRecords{})); len(tagging.stores(merged)) != 2 || !slices.Contains(merged, "nhi:owner=billing") {
		t.Errorf("a change of the metadata leaves %v", merged)
	} else if _, ok := tagging.issuance(merged); !ok {
		t.Error("a change of the metadata takes the note away")
	}
	tags = tagging.withStore(tagging.withStore(tagging.withIssuance(tags, nil), firstKey, ""), secondKey, "")
	if !slices.Equal(tags, others) {
		t.Errorf("what is left is %v", tags)
	}
	if name := label(note); len(name) != maxKeyName || !strings.HasPrefix(name, "governed 2026-11-22T13:00:00Z aws_secrets_manager:") {
		t.Errorf("the name is %q", name)
	}
}

// TestRecentChanges lays what was written over what a replica shows, until all have to know it.
func TestRecentChanges(t *testing.T) {
	t.Parallel()
	var recent recentChanges
	now := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	recent.noteTags(now, "APP", []string{"a", "b"}, []string{"b", "c"})
	if tags := recent.overTags(now, "app", []string{"a", "b", "theirs"}, nil); !slices.Equal(tags, []string{"b", "theirs", "c"}) {
		t.Errorf("the tags are %v", tags)
	}
	if tags := recent.overTags(now, "app", []string{"a"}, func(tag string) bool { return tag == "c" }); !slices.Equal(tags, []string{"a", "c"}) {
		t.Errorf("the filtered tags are %v", tags)
	}
	made := &appCredential{Credential: platform.Credential{ID: firstKey}}
	recent.noteCredential(now, "app", firstKey, made)
	recent.noteCredential(now, "app", secondKey, nil)
	stale := []appCredential{{Credential: platform.Credential{ID: secondKey}}}
	if all := recent.overCredentials(now, "app", stale); len(all) != 1 || all[0].ID != firstKey || recent.made(now, "app", firstKey) != made {
		t.Errorf("the credentials are %v", all)
	}
	later := now.Add(replicationTimeout + time.Second)
	if all := recent.overCredentials(later, "app", stale); len(all) != 1 || all[0].ID != secondKey || recent.made(later, "app", firstKey) != nil {
		t.Errorf("later the credentials are %v", all)
	}
	if tags := recent.overTags(later, "app", []string{"a"}, nil); !slices.Equal(tags, []string{"a"}) {
		t.Errorf("later the tags are %v", tags)
	}
}

func TestISODuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"P30D": 30 * day, "P1Y2M3W4DT5H6M7S": (365+60+21+4)*day + 5*time.Hour + 6*time.Minute + 7*time.Second, "PT12H30M5.5S": 12*time.Hour + 30*time.Minute + 5*time.Second,
	} {
		if got, ok := isoDuration(text); !ok || got != want {
			t.Errorf("%s is %s, %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "P", "PT", "30D", "P30", "P-1D"} {
		if got, ok := isoDuration(text); ok {
			t.Errorf("%q is %s", text, got)
		}
	}
}

// TestAppPolicies judges by the rules of Microsoft's reference.
func TestAppPolicies(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	policy := func(list string, rules ...graph.AppRestriction) graph.AppManagementPolicy {
		one := graph.AppManagementPolicy{DisplayName: "own", IsEnabled: true}
		both := []*graph.AppRestrictions{&one.ApplicationRestrictions, &one.Restrictions}
		for _, restrictions := range both {
			if list == "keys" {
				restrictions.Keys = rules
			} else {
				restrictions.Passwords = rules
			}
		}
		return one
	}
	after, day := made.AddDate(0, 0, 1), 24*time.Hour
	forbids := graph.AppRestriction{Type: "passwordAddition", State: "enabled"}
	disabled := forbids
	disabled.State = "disabled"
	later := forbids
	later.After = &after
	exempting := forbids
	exempting.ExcludeActors = json.RawMessage(`{"customSecurityAttributes":[]}`)
	bounds := graph.AppRestriction{Type: "passwordLifetime", MaxLifetime: "P30D"}
	hours := graph.AppRestriction{Type: "passwordLifetime", MaxLifetime: "PT4H"}
	for name, test := range map[string]struct {
		rules appPolicies
		kind  string
		want  string
	}{
		"nothing":             {appPolicies{}, platform.ClientSecret, ""},
		"forbidden":           {appPolicies{tenant: policy("", forbids)}, platform.ClientSecret, "error type"},
		"certificate":         {appPolicies{tenant: policy("", forbids)}, platform.Certificate, ""},
		"disabled":            {appPolicies{tenant: policy("", disabled)}, platform.ClientSecret, ""},
		"newer applications":  {appPolicies{tenant: policy("", later)}, platform.ClientSecret, ""},
		"exempt callers":      {appPolicies{tenant: policy("", exempting)}, platform.ClientSecret, "warn type"},
		"too long":            {appPolicies{tenant: policy("", bounds)}, platform.ClientSecret, "error valid_days"},
		"hours":               {appPolicies{tenant: policy("", hours)}, platform.ClientSecret, "error valid_days"},
		"own allows":          {appPolicies{tenant: policy("", forbids), own: []graph.AppManagementPolicy{policy("", disabled)}}, platform.ClientSecret, ""},
		"own forbids":         {appPolicies{own: []graph.AppManagementPolicy{policy("", forbids)}}, platform.ClientSecret, "error type"},
		"own says nothing":    {appPolicies{tenant: policy("", forbids), own: []graph.AppManagementPolicy{policy("", bounds)}}, platform.ClientSecret, "warn type"},
		"own is not enabled":  {appPolicies{tenant: policy("", forbids), own: []graph.AppManagementPolicy{{}}}, platform.ClientSecret, "error type"},
		"own bounds":          {appPolicies{own: []graph.AppManagementPolicy{policy("", bounds)}}, platform.ClientSecret, "error valid_days"},
		"tenant not enabled":  {appPolicies{tenant: graph.AppManagementPolicy{ApplicationRestrictions: graph.AppRestrictions{Passwords: []graph.AppRestriction{forbids}}}}, platform.ClientSecret, ""},
		"trusted authorities": {appPolicies{tenant: policy("keys", graph.AppRestriction{Type: "trustedCertificateAuthority"})}, platform.Certificate, "error type"},
	} {
		test.rules.created = made
		got := ""
		for _, violation := range test.rules.judge(test.kind, 60*day) {
			got = string(violation.Enforcement) + " " + strings.Join(violation.Attribute, ".")
		}
		if got != test.want {
			t.Errorf("%s: %q, not %q", name, got, test.want)
		}
	}
}

func TestVaultHost(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"https://safe.vault.azure.net/": "safe.vault.azure.net", "https://SAFE.vault.azure.net": "safe.vault.azure.net", "https://a-b.vault.usgovcloudapi.net": "a-b.vault.usgovcloudapi.net",
		"http://safe.vault.azure.net/": "", "https://safe/": "", "https://safe.vault.azure.net/secrets/x": "", "https://safe.vault.azure.net:8443/": "", "https://me@safe.vault.azure.net/": "", "safe": "", "": "",
	} {
		if host, ok := VaultHost(uri); ok != (want != "") || (ok && host != want) {
			t.Errorf("%q is %q, %t", uri, host, ok)
		}
	}
}

// TestKeyPair makes a pair that is good as long as it is to be, and fits into a parameter of the tier Standard.
func TestKeyPair(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := newKeyPair(key, firstKey, from, from.AddDate(0, 0, 90))
	if err != nil {
		t.Fatal(err)
	}
	issued := platform.NewIssued(platform.Credential{ID: firstKey, CreatedAt: from}, map[string]string{"tenant_id": firstKey, "client_id": firstKey, "key_id": firstKey, "certificate": pair.certificate}, map[string]string{"private_key": pair.privateKey})
	content, err := issued.Content(from)
	if err != nil || len(content.Document) > 4096 {
		t.Errorf("the document has %d bytes, %v", len(content.Document), err)
	}
}
