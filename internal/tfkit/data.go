// Package tfkit is what all resources and data sources share: the provider's data, the governance arguments, and the
// way from violations and platform errors to diagnostics.
package tfkit

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure"
)

// Data is what the configured provider hands to resources and data sources.
type Data struct {
	Clock  governance.Clock
	Policy governance.Policy
	// AWS is nil when the provider has no aws argument.
	AWS *aws.Account
	// AWSUnknown says that the aws argument depends on something that is not known before apply.
	AWSUnknown bool
	// Azure is nil when the provider has no azure argument, and AzureUnknown as AWSUnknown is.
	Azure        *azure.Tenant
	AzureUnknown bool
	// Changing tells that this process has begun to change something; nil where nobody tells.
	Changing *atomic.Bool

	expiries, removals, inState, changes sync.Map
	orders, quarantines                  sync.Map
	refreshed, revoked                   sync.Map
}

// PlanChange notes that a plan makes or changes an identity, for what is asked of it in the same run: the cloud still has
// the old one, or none.
func (d *Data) PlanChange(id string) { d.changes.Store(id, true) }

// Changed notes that what PlanChange noted is done.
func (d *Data) Changed(id string) { d.changes.Delete(id) }

// ChangePending tells whether an identity is still to be made or changed in this run.
func (d *Data) ChangePending(id string) bool {
	_, pending := d.changes.Load(id)
	return pending
}

// PlanExpiry notes what a plan makes of an identity's expiry, for what depends on it in the same plan: the cloud still
// has the old one.
func (d *Data) PlanExpiry(id, expiry string) { d.expiries.Store(id, expiry) }

// PlanRemoval notes that a plan removes an object of the cloud, so that its name will be free.
func (d *Data) PlanRemoval(object string) { d.removals.Store(object, true) }

// InState notes that the state has an object of the cloud.
func (d *Data) InState(object string) { d.inState.Store(object, true) }

// PlansRemoval tells whether the plan removes an object: what it makes anew although the state has it is replaced.
// Terraform does not tell a provider of a replacement that it orders itself (-replace, a tainted resource).
func (d *Data) PlansRemoval(object string) bool {
	_, removed := d.removals.Load(object)
	_, replaced := d.inState.Load(object)
	return object != "" && (removed || replaced)
}

// NoteRevoked notes when the leaked credentials of a governed_credential were revoked, as its state has that: a replacement that
// Terraform orders itself is planned and made without its state.
func (d *Data) NoteRevoked(id string, when types.Map) { d.revoked.Store(id, when) }

// RevokedBefore is what NoteRevoked noted; nothing where it did not.
func (d *Data) RevokedBefore(id string) types.Map {
	noted, _ := d.revoked.Load(id)
	when, _ := noted.(types.Map)
	return when
}

// PlannedExpiry is what PlanExpiry noted.
func (d *Data) PlannedExpiry(id string) (expiry string, planned bool) {
	value, planned := d.expiries.Load(id)
	expiry, _ = value.(string)
	return expiry, planned
}

// PlanQuarantine notes that a plan puts an identity into quarantine. It returns the order of another resource that does so too;
// one with the very same order cannot be told from a resource that is planned again.
func (d *Data) PlanQuarantine(id string, order governance.QuarantineOrder) (other governance.QuarantineOrder, taken bool) {
	noted, _ := d.orders.LoadOrStore(id, order)
	other, _ = noted.(governance.QuarantineOrder)
	return other, other != order
}

// ClaimQuarantine notes that a resource puts an identity into quarantine in this run. Only one can, until it lets go.
func (d *Data) ClaimQuarantine(id string) bool {
	_, taken := d.quarantines.LoadOrStore(id, true)
	return !taken
}

// LetGoOfQuarantine takes back what ClaimQuarantine noted.
func (d *Data) LetGoOfQuarantine(id string) { d.quarantines.Delete(id) }

// Preview is what is known before the provider is configured. Terraform validates the provider block before the
// resources, and both before it configures anything. The data is nil while the block is not known, and never has AWS.
type Preview = atomic.Pointer[Data]

// FromProvider takes the data out of a Configure request. It is nil before the provider is configured.
func FromProvider(providerData any) (*Data, diag.Diagnostics) {
	var diags diag.Diagnostics
	if providerData == nil {
		return nil, nil
	}
	data, ok := providerData.(*Data)
	if !ok {
		diags.AddError("Provider data has an unexpected type", fmt.Sprintf("Expected %T, got %T. This is a bug in the provider: please report it.", data, providerData))
	}
	return data, diags
}

// RequireAWS reports on the attribute that needs it when AWS is not configured.
func (d *Data) RequireAWS(attribute path.Path) diag.Diagnostics {
	return require("AWS", attribute, d.AWS != nil, d.AWSUnknown, "with a region unless AWS_REGION is set")
}

// RequireAzure reports on the attribute that needs it when Azure is not configured.
func (d *Data) RequireAzure(attribute path.Path) diag.Diagnostics {
	return require("Azure", attribute, d.Azure != nil, d.AzureUnknown, "with a tenant_id unless AZURE_TENANT_ID is set")
}

func require(platform string, attribute path.Path, configured, unknown bool, hint string) diag.Diagnostics {
	var diags diag.Diagnostics
	argument := strings.ToLower(platform)
	switch {
	case unknown:
		diags.AddAttributeError(attribute, platform+" is not configured yet",
			"The provider's "+argument+" argument depends on values that are not known before apply. Write them as constants or variables, or create what they depend on first with -target.")
	case !configured:
		diags.AddAttributeError(attribute, platform+" is not configured",
			fmt.Sprintf(`This needs %s, and the provider block does not configure it. Write %s = {} in the provider "governed" block, %s.`, platform, argument, hint))
	}
	return diags
}
