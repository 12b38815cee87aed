package azure

import (
	"fmt"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// findings are violations of what the platform can keep.
type findings []governance.Violation

func (f *findings) add(path []string, remedy, message string, args ...any) {
	*f = append(*f, governance.Violation{
		Rule: governance.RulePlatform, Enforcement: governance.EnforceError,
		Attribute: path, Message: fmt.Sprintf(message, args...), Remedy: remedy,
	})
}
