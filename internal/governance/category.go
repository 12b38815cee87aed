package governance

// Category says who manages an identity's credentials, entitlements and client.
type Category string

// The categories.
const (
	// CategoryProviderManaged is managed by the cloud provider in all three respects: service-linked roles.
	CategoryProviderManaged Category = "provider_managed"
	// CategoryShared has short-lived credentials from the provider and entitlements from the enterprise: IAM roles of
	// workloads, managed identities.
	CategoryShared Category = "shared"
	// CategoryEnterpriseManaged has credentials and entitlements from the enterprise: IAM users with access keys,
	// service principals with secrets.
	CategoryEnterpriseManaged Category = "enterprise_managed"
	// CategoryExternal is used by a third party: cross-account roles, multi-tenant applications.
	CategoryExternal Category = "external"
)

// Categories lists them all, in the order of the documentation.
var Categories = []Category{CategoryProviderManaged, CategoryShared, CategoryEnterpriseManaged, CategoryExternal}

// Category is what an identity of the kind is with this metadata: one that a third party uses is external.
func (m Metadata) Category(kind Kind) Category {
	if m.ThirdParty != "" {
		return CategoryExternal
	}
	return kind.Category()
}

// Category is what an identity of the kind is as governed_service_identity declares it.
func (k Kind) Category() Category {
	switch k {
	case KindAWSRole, KindAzureManagedIdentity:
		return CategoryShared
	case KindAWSUser, KindEntraApplication, KindEntraServicePrincipal:
		return CategoryEnterpriseManaged
	}
	return CategoryEnterpriseManaged
}
