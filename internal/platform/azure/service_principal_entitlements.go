package azure

import (
	"context"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// ServicePrincipalHolding is what decides what a third party may do, as far as it is known.
type ServicePrincipalHolding struct {
	// AppID is empty while it is not known.
	AppID    string
	AppRoles map[string]AppRoleAssignment
	// AppRolesUnknown says that there may be more.
	AppRolesUnknown bool
}

// Entitlements judges what the app roles of a service principal let the third party do, and what it gains over those that it
// had; had is nil for a new one.
func (s *ServicePrincipals) Entitlements(ctx context.Context, now ServicePrincipalHolding, had *ServicePrincipalHolding, asked governance.Inquiry) (governance.Entitlements, error) {
	subject := ""
	if now.AppID != "" {
		subject = governance.ServicePrincipalSubject(s.tenant.ID(), now.AppID)
	}
	holding := roleHolding{attribute: servicePrincipalAttribute, subject: subject, roles: now.AppRoles, unknown: now.AppRolesUnknown}
	if had != nil {
		holding.existed, holding.had = true, had.AppRoles
	}
	return s.tenant.roleEntitlements(ctx, holding, asked)
}
