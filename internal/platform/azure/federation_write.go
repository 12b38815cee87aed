package azure

import (
	"net/http"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
)

// audience is what tokens of other issuers are for where nothing else is said ("Workload identity federation").
func (t *Tenant) audience() string {
	return audiences[t.config.Environment]
}

var audiences = map[string]string{
	"public": federationAudience, "government": federationAudience + "USGov", "china": federationAudience + "China",
}

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

// PresetOf is the preset that says the same as a federated credential.
func (t *Tenant) PresetOf(credential federation.Credential) federation.Preset {
	return federation.Of(credential, t.audience())
}

// Says tells whether a preset makes the federated credential.
func (t *Tenant) Says(preset federation.Preset, credential federation.Credential) bool {
	made, _ := preset.Credential(t.audience())
	return made == credential
}
