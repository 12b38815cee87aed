package azure

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// answering is a server that answers every request with success and this body.
type answering string

func (a answering) Do(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(a))), Request: request}, nil
}

// TestVaultAnswerWithoutVersion takes a secret for stored only where the vault says which version it is.
func TestVaultAnswerWithoutVersion(t *testing.T) {
	t.Parallel()
	client, err := azsecrets.NewClient("https://safe.vault.azure.net", nil, &azsecrets.ClientOptions{ClientOptions: policy.ClientOptions{Transport: answering("{}")}})
	if err != nil {
		t.Fatal(err)
	}
	secret := VaultSecret{tenant: NewTenant(Config{MetadataKeys: governance.NewMetadataKeys(nil)}), client: client, spec: VaultSpec{Name: "mailer"}}
	if stored, err := secret.Put(t.Context(), platform.Stored{}, nil, platform.Content{Credential: firstKey, Document: []byte("{}")}); err == nil {
		t.Errorf("it is taken for stored: %+v", stored)
	}
}
