package governance_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// TestCheckApprovalSubject takes canonical ids, and applications by their unique names.
func TestCheckApprovalSubject(t *testing.T) {
	t.Parallel()
	const tenant = "3f1a9c52-7d04-4e6b-9a58-c2d1e0f4b7a6"
	for text, good := range map[string]bool{
		"aws:123456789012:role/export":                              true,
		governance.ApplicationSubject(tenant, "export"):             true,
		"entra:" + tenant + ":application/" + tenant:                true,
		governance.ServicePrincipalSubject(tenant, tenant):          true,
		governance.ServicePrincipalSubject(tenant, "export"):        false,
		"entra:" + tenant + ":application/app_id=" + tenant:         false,
		governance.ApplicationSubject(tenant, ""):                   false,
		governance.ApplicationSubject("contoso", "export"):          false,
		governance.ApplicationSubject(tenant, "two words"):          false,
		"entra:" + tenant + ":service_principal/unique_name=export": false,
		"aws:123456789012:role/unique_name=export":                  true, // a name as any other
		"entra:" + tenant + ":application/export":                   false,
		"": false,
	} {
		if err := governance.CheckApprovalSubject(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}
