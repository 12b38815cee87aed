package approval_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
)

// TestGuide takes the claims that the guide shows.
func TestGuide(t *testing.T) {
	t.Parallel()
	guide := string(must(os.ReadFile("../../templates/guides/approvals.md"))(t))
	_, shown, _ := strings.Cut(guide, "\n```json\n")
	shown, _, _ = strings.Cut(shown, "\n```\n")
	got, err := approval.Verify(sign(t, edKey, map[string]any{"typ": approval.Type}, shown), deploy, policy(t, publicPEM(t, edKey.Public())), now)
	if err != nil {
		t.Fatal(err)
	}
	if got.Approver != "alice" || !slices.Contains(got.Grants[0].Actions, "iam:CreateRole") || !got.Until.Equal(now.AddDate(0, 0, 90)) {
		t.Errorf("%+v", got)
	}
}
