package inventory_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
)

func TestUnowned(t *testing.T) {
	t.Parallel()
	complete := governance.Metadata{Owner: "payments", Purpose: "Nightly export", Expiry: "2027-03-31"}
	partly := complete
	partly.Purpose = " "
	got := inventory.Unowned([]governance.Identity{
		{Name: "governed", Category: governance.CategoryShared, Metadata: complete},
		{Name: "service-linked", Category: governance.CategoryProviderManaged},
		{Name: "bare", Category: governance.CategoryShared},
		{Name: "without purpose", Category: governance.CategoryShared, Metadata: partly},
	})
	codes := map[string][]string{}
	for _, identity := range got {
		for _, finding := range identity.Findings {
			codes[identity.Name] = append(codes[identity.Name], finding.Code)
			if finding.OWASP == "" || finding.Severity == "" || finding.Message == "" || finding.Remedy == "" {
				t.Errorf("incomplete finding %+v", finding)
			}
		}
	}
	want := map[string][]string{"bare": {"unowned", "no_purpose", "no_expiry"}, "without purpose": {"no_purpose"}}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	summary := inventory.Summarise(got)
	if diff := cmp.Diff(inventory.Summary{Total: 2, ByFinding: map[string]int{"unowned": 1, "no_purpose": 2, "no_expiry": 1}}, summary); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}
