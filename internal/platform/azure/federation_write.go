package azure

import (
	"net/http"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
)

// federatedLock lets one write on the identity follow the other: Azure refuses those that come together.
func (w *identityWriter) federatedLock() *sync.Mutex {
	known := &w.identities.tenant.identities
	return keyed(&known.mutex, &known.locks, lower(w.have.ID))
}

// passes tells an error that waiting cures: another write under way, or an identity that is not known everywhere.
func (w *identityWriter) passes(err error) bool {
	return code(err) == codeConcurrentWrites || (w.fresh && statusOf(err) == http.StatusNotFound)
}

func (w *identityWriter) putFederated(name string, credential federation.Credential) error {
	lock := w.federatedLock()
	lock.Lock()
	defer lock.Unlock()
	parts := partsOf(w.have.ID)
	return w.identities.tenant.untilPropagated(w.ctx, opWriteFederated, w.passes, func() error {
		_, err := w.arm.federated.CreateOrUpdate(w.ctx, parts.resourceGroup, parts.name, name, armmsi.FederatedIdentityCredential{
			Properties: &armmsi.FederatedIdentityCredentialProperties{Issuer: &credential.Issuer, Subject: &credential.Subject, Audiences: []*string{&credential.Audience}},
		}, nil)
		return err
	})
}

func (w *identityWriter) deleteFederated(name string) error {
	lock := w.federatedLock()
	lock.Lock()
	defer lock.Unlock()
	parts := partsOf(w.have.ID)
	return ignoreNotFound(w.identities.tenant.untilPropagated(w.ctx, opDeleteFederated, ofCode(codeConcurrentWrites), func() error {
		_, err := w.arm.federated.Delete(w.ctx, parts.resourceGroup, parts.name, name, nil)
		return err
	}))
}
