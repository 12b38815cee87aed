package chaos_test

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const vaultSecret = "billing-robot"

// entraCredentials are the lives of secrets and certificates of applications, with each store.
var entraCredentials = []scenario{
	entraCredential("client secret in Key Vault", "client_secret", "#azure_key_vault:safe.vault.azure.net/"+vaultSecret,
		acctest.Values{"azure_key_vault": acctest.Values{"vault_uri": "https://safe.vault.azure.net/", "name": vaultSecret}}, inKeyVault),
	entraCredential("client secret in Secrets Manager", "client_secret", "#aws_secrets_manager:"+secretName,
		acctest.Values{"aws_secrets_manager": acctest.Values{"name": secretName}}, inSecretsManager),
	entraCredential("client secret in Parameter Store", "client_secret", "#aws_ssm_parameter:"+parameterName,
		acctest.Values{"aws_ssm_parameter": acctest.Values{"name": parameterName}}, inParameterStore),
	entraCredential("certificate in Key Vault", "certificate", "#azure_key_vault:safe.vault.azure.net/"+vaultSecret,
		acctest.Values{"azure_key_vault": acctest.Values{"vault_uri": "https://safe.vault.azure.net/", "name": vaultSecret}}, inKeyVault),
}

func entraCredential(name, kind, place string, store acctest.Values, read func(*world) string) scenario {
	identity := func(w *world) string { return inTenant + "application/" + w.seeded["app"] }
	return scenario{
		name: name, typeName: "governed_credential", azure: true,
		stages: lifeOfCredential(step{config: func(w *world) acctest.Values {
			return acctest.Values{
				"identity": identity(w), "type": kind, "justification": "The vendor's connector signs in with a secret only; federation is on its roadmap", "expiry": date(180),
				"valid_days": 80, "rotate_after_days": 60, "overlap_hours": 48, "store": store,
			}
		}}, func(w *world) string { return identity(w) + place }),
		seed: func(w *world) {
			subscription := w.tenant.Subscription(azuresim.DefaultSubscription)
			subscription.AddResourceGroup("secrets", "westeurope")
			subscription.AddVault("secrets", "safe")
			w.seeded["app"] = w.tenant.PutApplication(azuresim.Application{DisplayName: "billing-robot", UniqueName: "billing-robot", Tags: []string{
				"nhi:owner=billing", "nhi:purpose=Reads_mailboxes_for_the_billing_archive", "nhi:expiry=" + date(300), "nhi:managed_by=terraform-provider-governed", "theirs",
			}}).ObjectID
		},
		importID: func(w *world) string { return identity(w) + place },
		credential: func(w *world, r *acctest.Resource) error {
			var stored clientDocument
			if err := json.Unmarshal([]byte(read(w)), &stored); err != nil {
				return err
			}
			if id := r.State("credential_id"); id != stored.KeyID {
				return fmt.Errorf("the store has %s, and the state %v", stored.KeyID, id)
			}
			return stored.signIn(w)
		},
	}
}

func inKeyVault(w *world) string {
	versions := w.azure.VaultSecret("safe", vaultSecret)
	if len(versions) == 0 {
		return ""
	}
	return versions[len(versions)-1].Value
}

// clientDocument is what a client of Entra ID reads from the store.
type clientDocument struct {
	TenantID     string `json:"tenant_id"`
	ClientID     string `json:"client_id"`
	KeyID        string `json:"key_id"`
	ClientSecret string `json:"client_secret"`
	Certificate  string `json:"certificate"`
	PrivateKey   string `json:"private_key"`
}

// signIn gets a token as the client does.
func (d clientDocument) signIn(w *world) error {
	options := policy.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: w.azure.AuthorityHost()}, Transport: w.azure.Client()}
	credential, err := d.credential(options)
	if err == nil {
		_, err = credential.GetToken(w.t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	}
	return err
}

func (d clientDocument) credential(options policy.ClientOptions) (azcore.TokenCredential, error) {
	if d.PrivateKey == "" {
		return azidentity.NewClientSecretCredential(d.TenantID, d.ClientID, d.ClientSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	}
	certificate, key, err := d.pair()
	if err != nil {
		return nil, err
	}
	return azidentity.NewClientCertificateCredential(d.TenantID, d.ClientID, []*x509.Certificate{certificate}, key, &azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
}

func (d clientDocument) pair() (*x509.Certificate, crypto.PrivateKey, error) {
	first, _ := pem.Decode([]byte(d.Certificate))
	second, _ := pem.Decode([]byte(d.PrivateKey))
	if first == nil || second == nil {
		return nil, nil, fmt.Errorf("what is stored is no PEM")
	}
	certificate, err := x509.ParseCertificate(first.Bytes)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(second.Bytes)
	return certificate, key, err
}
