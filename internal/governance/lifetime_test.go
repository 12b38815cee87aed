package governance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// TestExpiryOfProviderManaged promises no end that nobody brings about.
func TestExpiryOfProviderManaged(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	metadata := governance.Metadata{Owner: "storage", Purpose: "Backs up the databases every night"}
	for expiry, want := range map[string]map[governance.Category]string{
		"2026-11-01": {
			governance.CategoryShared:          "the identity expired on 2026-11-02T00:00:00Z: applying disables it and keeps it restorable",
			governance.CategoryProviderManaged: "the identity expired on 2026-11-02T00:00:00Z: nothing ends its access but its removal, so what uses it goes on",
		},
		"2026-11-23": {
			governance.CategoryShared:          "the identity expires on 2026-11-24T00:00:00Z, in less than 2 days: from then on the cloud refuses it or the next apply disables it",
			governance.CategoryProviderManaged: "the identity expires on 2026-11-24T00:00:00Z, in less than 2 days: nothing ends its access then but its removal, and every plan says so",
		},
	} {
		for category, message := range want {
			metadata.Expiry = expiry
			prior := metadata
			found := mustPolicy(t).Evaluate(governance.Subject{Name: "x", Category: category, Metadata: metadata, Prior: &prior}, now)
			if len(found) != 1 || found[0].Message != message || found[0].Enforcement != governance.EnforceWarn || !strings.Contains(found[0].Remedy, "later expiry") {
				t.Errorf("%s %s: %+v", category, expiry, found)
			}
		}
	}
}
