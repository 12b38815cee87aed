package azure

import (
	"context"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resourcegraph/armresourcegraph"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// management are the clients of Resource Manager that managed identities need, for one subscription.
type management struct {
	identities  *armmsi.UserAssignedIdentitiesClient
	federated   *armmsi.FederatedIdentityCredentialsClient
	assignments *armauthorization.RoleAssignmentsClient
	schedules   *armauthorization.RoleAssignmentSchedulesClient
	requests    *armauthorization.RoleAssignmentScheduleRequestsClient
	definitions *armauthorization.RoleDefinitionsClient
	graph       *armresourcegraph.Client
}

// manage makes them once for each subscription.
func (t *Tenant) manage(ctx context.Context, subscription string) (management, error) {
	return keyed(&t.identities.mutex, &t.identities.clients, subscription).Get(ctx, func() (management, error) {
		to, err := t.connect(ctx)
		if err != nil {
			return management{}, err
		}
		msi, err := armmsi.NewClientFactory(subscription, to.credential, to.arm)
		if err != nil {
			return management{}, err
		}
		authorization, err := armauthorization.NewClientFactory(subscription, to.credential, to.arm)
		if err != nil {
			return management{}, err
		}
		graph, err := armresourcegraph.NewClient(to.credential, to.arm)
		if err != nil {
			return management{}, err
		}
		return management{
			identities: msi.NewUserAssignedIdentitiesClient(), federated: msi.NewFederatedIdentityCredentialsClient(),
			assignments: authorization.NewRoleAssignmentsClient(), schedules: authorization.NewRoleAssignmentSchedulesClient(),
			requests: authorization.NewRoleAssignmentScheduleRequestsClient(), definitions: authorization.NewRoleDefinitionsClient(), graph: graph,
		}, nil
	})
}

// Operations on managed identities, with the actions that they need.
var (
	opReadIdentity    = operation{"GET userAssignedIdentities", "Microsoft.ManagedIdentity/userAssignedIdentities/read"}
	opWriteIdentity   = operation{"PUT userAssignedIdentities", "Microsoft.ManagedIdentity/userAssignedIdentities/write"}
	opDeleteIdentity  = operation{"DELETE userAssignedIdentities", "Microsoft.ManagedIdentity/userAssignedIdentities/delete"}
	opReadFederated   = operation{"GET federatedIdentityCredentials", "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read"}
	opWriteFederated  = operation{"PUT federatedIdentityCredentials", "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"}
	opDeleteFederated = operation{"DELETE federatedIdentityCredentials", "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete"}
	opReadRoles       = operation{"GET roleAssignments", "Microsoft.Authorization/roleAssignments/read"}
	opWriteRole       = operation{"PUT roleAssignments", "Microsoft.Authorization/roleAssignments/write"}
	opDeleteRole      = operation{"DELETE roleAssignments", "Microsoft.Authorization/roleAssignments/delete"}
	opReadSchedules   = operation{"GET roleAssignmentSchedules", "Microsoft.Authorization/roleAssignments/read"}
	opSchedule        = operation{"PUT roleAssignmentScheduleRequests", "Microsoft.Authorization/roleAssignments/write"}
	opDefinitions     = operation{"GET roleDefinitions", "Microsoft.Authorization/roleDefinitions/read"}
	opResources       = operation{"POST resources", "Microsoft.ResourceGraph/resources/read"}
)

// collect reads all pages of a list.
func collect[Page, T any](ctx context.Context, of operation, pages *runtime.Pager[Page], items func(Page) []*T) ([]T, error) {
	var all []T
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, mapError(of, err)
		}
		for _, item := range items(page) {
			if item != nil {
				all = append(all, *item)
			}
		}
	}
	return all, nil
}

// Waiting for what was just made to be known everywhere. Azure gives no bound; two minutes is what other tools have found to
// be enough.
const (
	propagationTimeout = 2 * time.Minute
	propagationFirst   = time.Second
	propagationLongest = 10 * time.Second
)

// untilPropagated repeats a call while it fails with an error that passes.
func (t *Tenant) untilPropagated(ctx context.Context, of operation, passes func(error) bool, call func() error) error {
	var waited time.Duration
	for pause := propagationFirst; ; pause = min(2*pause, propagationLongest) {
		err := call()
		if err == nil || !passes(err) {
			return mapError(of, err)
		}
		if waited >= propagationTimeout {
			return &platform.ErrNotPropagated{Operation: of.name, Waited: waited, Detail: mapError(of, err).Error(), Err: err}
		}
		if err := t.wait(ctx, pause); err != nil {
			return err
		}
		waited += pause
	}
}

// ofCode tells errors with one of the codes.
func ofCode(codes ...string) func(error) bool {
	return func(err error) bool {
		for _, known := range codes {
			if code(err) == known {
				return true
			}
		}
		return false
	}
}

// unanswered tells whether a request may have had its effect although it failed.
func unanswered(err error) bool {
	status := statusOf(err)
	return status == 0 || status >= http.StatusInternalServerError
}
