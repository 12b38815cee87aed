package aws

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

var _ platform.Inventory = (*Account)(nil)

// Identities lists the IAM roles of the account, in the order of their ids. AWS's own roles are categorised as the
// provider's. A role's last use is known to IAM for the last 400 days; none is reported as a zero time.
func (a *Account) Identities(ctx context.Context) (platform.Listing, error) {
	details, err := a.roleDetails(ctx)
	if err != nil {
		return platform.Listing{}, err
	}
	var listing platform.Listing
	for _, role := range details {
		category := role.Metadata.Category(governance.KindAWSRole)
		if slices.ContainsFunc(reservedPaths, func(reserved string) bool { return strings.HasPrefix(role.ID.Path(), reserved) }) {
			category = governance.CategoryProviderManaged
		}
		listing.Identities = append(listing.Identities, governance.Identity{
			ID: role.ID, Name: role.Name, Category: category, Metadata: role.Metadata, ManagedBy: role.ManagedBy,
			ImportID: role.ID.String(), CreatedAt: role.CreatedAt, LastUsedAt: role.LastUsedAt, LastUsedKnown: true,
		})
	}
	slices.SortFunc(listing.Identities, func(a, b governance.Identity) int { return cmp.Compare(a.ID.String(), b.ID.String()) })
	return listing, nil
}
