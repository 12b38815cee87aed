package azure

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// Create makes the identity with its tags in one call. It has no role and no federated credential yet. Resource Manager
// would change an identity that is there already, and takes no If-None-Match, so it is asked first; that somebody else was
// quicker shows in its status.
func (m *ManagedIdentities) Create(ctx context.Context, want platform.Desired[ManagedIdentitySpec]) (governance.ID, error) {
	predicted, err := m.Predict(ctx, want)
	if err != nil {
		return governance.ID{}, err
	}
	if err := endless("managed identity "+predicted.Name, predicted.Metadata); err != nil {
		return governance.ID{}, err
	}
	id := predicted.ID
	arm, err := m.tenant.manage(ctx, predicted.SubscriptionID)
	if err != nil {
		return governance.ID{}, err
	}
	existing, err := m.readBare(ctx, arm, id)
	if err == nil {
		return governance.ID{}, &platform.ErrAlreadyExists{Object: "The managed identity " + existing.Name, ID: id.String()}
	}
	if !errors.Is(err, platform.ErrNotFound) {
		return governance.ID{}, err
	}
	m.tenant.wrote(id)
	// Once the request is out, its outcome must be known, or the identity would be nobody's.
	sending, tries := graph.Watched(context.WithoutCancel(ctx))
	var answer *http.Response
	created, err := m.put(policy.WithCaptureResponse(sending, &answer), arm, predicted, predicted.tags)
	if err == nil && answer.StatusCode == http.StatusOK && !tries.Uncertain() {
		return governance.ID{}, &platform.ErrAlreadyExists{
			Object: "The managed identity " + predicted.Name + ", which somebody else has made in this moment, and whose tags and isolation scope this apply has replaced,", ID: id.String(),
		}
	}
	if err != nil && unanswered(err) {
		// There was none before: one that is as it was to be was made by a try whose answer got lost.
		if found, readErr := m.readBare(sending, arm, id); readErr == nil && maps.Equal(found.tags, predicted.tags) {
			created, err = found, nil
		}
	}
	if err != nil {
		return governance.ID{}, refused(opWriteIdentity, err)
	}
	m.tenant.remember(id, created)
	return id, nil
}

// put writes what Resource Manager itself keeps of an identity. The error is the SDK's.
func (m *ManagedIdentities) put(ctx context.Context, arm management, state ManagedIdentityState, tags map[string]string) (ManagedIdentityState, error) {
	parts := partsOf(state.ID)
	answer, err := arm.identities.CreateOrUpdate(ctx, parts.resourceGroup, parts.name, armmsi.Identity{
		Location: &state.Location, Tags: sdkTags(tags),
		Properties: &armmsi.UserAssignedIdentityProperties{IsolationScope: to.Ptr(armmsi.IsolationScope(state.IsolationScope))},
	}, nil)
	if err != nil {
		return ManagedIdentityState{}, err
	}
	return m.tenant.bareState(state.ID, answer.Identity), nil
}

// faults are what Resource Manager says about an argument of the identity itself.
var faults = map[string]struct{ attribute, remedy string }{
	codeNoResourceGroup: {"resource_group_name", "Write the name of a resource group that exists in the subscription, or refer to the resource that makes it."},
	codeNoSubscription:  {"subscription_id", "Write the id of a subscription in the tenant, as az account list shows it."},
	codeNoLocation:      {"location", "Write a region such as westeurope, as az account list-locations shows it."},
}

// refused maps an error about an identity, on the argument at fault where the code tells it.
func refused(of operation, err error) error {
	fault, ok := faults[code(err)]
	if !ok {
		return mapError(of, err)
	}
	return &platform.ErrInvalid{Operation: of.name, Code: code(err), Detail: detailOf(err), Attribute: attribute(fault.attribute), Remedy: fault.remedy, Err: err}
}
