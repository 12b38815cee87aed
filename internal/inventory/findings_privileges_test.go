package inventory_test

import (
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// may gives an identity privileges, each a class and a reason.
func may(texts ...string) func(*governance.Identity) {
	return func(i *governance.Identity) {
		for _, text := range texts {
			class, reason, _ := strings.Cut(text, ": ")
			i.Privileges = append(i.Privileges, governance.Privilege{Class: governance.Rule(class), Reason: reason})
		}
	}
}
