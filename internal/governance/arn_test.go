package governance_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

func TestParseARN(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"arn:aws:iam::123456789012:role/ci/jenkins": "aws:123456789012:role/ci/jenkins",
		"arn:aws-cn:iam::123456789012:user/relay":   "aws:123456789012:user/relay",
		"arn:aws:iam::123456789012:group/admins":    "",
		"arn:aws:sts::123456789012:role/jenkins":    "",
		"arn:aws:iam::1234:role/jenkins":            "",
		"arn::iam::123456789012:role/jenkins":       "",
		"arn:aws:iam:eu-west-1:123456789012:role/x": "",
		"aws:123456789012:role/jenkins":             "",
	} {
		id, ok := governance.ParseARN(text)
		if got := map[bool]string{true: id.String()}[ok]; got != want {
			t.Errorf("%s is %q, not %q", text, got, want)
		}
	}
}
