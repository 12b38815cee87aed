package credential_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	vaultURI   = "https://safe.vault.azure.net/"
	vaultName  = "billing-robot"
	graphScope = "https://graph.microsoft.com/.default"

	entraJustification = "The vendor's connector signs in with a secret only; federation is on its roadmap"
)

// entraEstate is a governed application whose expiry is 300 days ahead, a key vault, and an account for the stores of AWS.
type entraEstate struct {
	aws    *sim.Server
	azure  *azuresim.Server
	tenant *azuresim.Tenant
	app    azuresim.Registered
}

func newEntra(t *testing.T) *entraEstate {
	t.Helper()
	e := &entraEstate{aws: acctest.NewSim(t)}
	e.azure = acctest.NewAzureSim(t, e.aws.Clock())
	e.tenant = e.azure.Tenant(azuresim.DefaultTenant)
	subscription := e.tenant.Subscription(azuresim.DefaultSubscription)
	subscription.AddResourceGroup("secrets", "westeurope")
	subscription.AddVault("secrets", "safe")
	e.app = e.tenant.PutApplication(azuresim.Application{DisplayName: "billing-robot", UniqueName: "billing-robot", Tags: governedTags(e.aws)})
	return e
}

// governedTags are those of a governed application, with one that is somebody else's.
func governedTags(server *sim.Server) []string {
	return []string{
		"nhi:owner=billing", "nhi:purpose=Reads_mailboxes_for_the_billing_archive", "nhi:expiry=" + acctest.Date(server, 300), "nhi:managed_by=terraform-provider-governed", "theirs",
	}
}

// identity is the application's canonical id.
func (e *entraEstate) identity() string {
	return "entra:" + azuresim.DefaultTenant + ":application/" + e.app.ObjectID
}

// protocol is a provider for both clouds.
func (e *entraEstate) protocol(t *testing.T) *acctest.Protocol {
	t.Helper()
	p := acctest.NewProtocol(t, e.aws)
	p.Configure(acctest.Values{
		"aws":   acctest.AWSArgument(e.aws.URL()).With(acctest.Values{"max_retries": 3}),
		"azure": acctest.AzureArgument(t, e.azure).With(acctest.Values{"max_retries": 3}),
	}).Want(t)
	return p
}

func (e *entraEstate) resource(t *testing.T) *acctest.Resource {
	t.Helper()
	return e.protocol(t).Resource(typeName)
}

// config is a whole configuration of a credential of a type in a store.
func (e *entraEstate) config(kind string, store acctest.Values) acctest.Values {
	return acctest.Values{
		"identity": e.identity(), "type": kind, "justification": entraJustification, "expiry": acctest.Date(e.aws, 180),
		"valid_days": 80, "rotate_after_days": 60, "overlap_hours": 48, "store": store,
	}
}

// entraStores are all stores that there are.
func entraStores() map[string]acctest.Values {
	return map[string]acctest.Values{
		"key vault":       {"azure_key_vault": acctest.Values{"vault_uri": vaultURI, "name": vaultName}},
		"secrets manager": {"aws_secrets_manager": acctest.Values{"name": secretName}},
		"parameter store": {"aws_ssm_parameter": acctest.Values{"name": parameterName}},
	}
}

// appDocument is what a client reads from the store.
type appDocument struct {
	TenantID     string `json:"tenant_id"`
	ClientID     string `json:"client_id"`
	KeyID        string `json:"key_id"`
	ClientSecret string `json:"client_secret"`
	Certificate  string `json:"certificate"`
	PrivateKey   string `json:"private_key"`
	CreatedAt    string `json:"created_at"`
	ExpiresAt    string `json:"expires_at"`
}

// read is the document in a store; empty when there is none.
func (e *entraEstate) read(t testing.TB, store string) (d appDocument) {
	t.Helper()
	var text string
	switch store {
	case "key vault":
		if versions := e.azure.VaultSecret("safe", vaultName); len(versions) > 0 {
			text = versions[len(versions)-1].Value
		}
	case "secrets manager":
		view, _ := account(e.aws).Secret(region, secretName)
		text = view.Value
	default:
		view, _ := account(e.aws).Parameter(region, parameterName)
		text = view.Value
	}
	if text == "" {
		return d
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("the store has %q: %s", text, err)
	}
	return d
}

// signIn signs in as the client does, and fails the test unless that is answered as it should be.
func (e *entraEstate) signIn(t testing.TB, d appDocument, allowed bool) {
	t.Helper()
	options := policy.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: e.azure.AuthorityHost()}, Transport: e.azure.Client()}
	var err error
	if d.PrivateKey == "" {
		var credential *azidentity.ClientSecretCredential
		credential, err = azidentity.NewClientSecretCredential(d.TenantID, d.ClientID, d.ClientSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
		must(t, err)
		_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}})
	} else {
		certificate, key := pair(t, d)
		var credential *azidentity.ClientCertificateCredential
		credential, err = azidentity.NewClientCertificateCredential(d.TenantID, d.ClientID, []*x509.Certificate{certificate}, key, &azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
		must(t, err)
		_, err = credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}})
	}
	if (err == nil) != allowed {
		t.Errorf("the credential %s works: %t (%v), should be %t", d.KeyID, err == nil, err, allowed)
	}
}

// pair reads certificate and private key of a document.
func pair(t testing.TB, d appDocument) (*x509.Certificate, *rsa.PrivateKey) {
	t.Helper()
	first, _ := pem.Decode([]byte(d.Certificate))
	second, _ := pem.Decode([]byte(d.PrivateKey))
	if first == nil || second == nil {
		t.Fatal("the document has no PEM")
	}
	certificate, err := x509.ParseCertificate(first.Bytes)
	must(t, err)
	key, err := x509.ParsePKCS8PrivateKey(second.Bytes)
	must(t, err)
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		t.Fatalf("the key is a %T", key)
	}
	return certificate, private
}

// application is the application as it truly is.
func (e *entraEstate) application(t testing.TB) azuresim.ApplicationView {
	t.Helper()
	view, ok := e.tenant.Application(e.app.ObjectID)
	if !ok {
		t.Fatal("there is no application")
	}
	return view
}

// wantCredentials fails the test unless the application has exactly these secrets and certificates.
func (e *entraEstate) wantCredentials(t testing.TB, ids ...string) {
	t.Helper()
	view := e.application(t)
	var found []string
	for _, one := range append(view.Secrets, view.Certificates...) {
		found = append(found, one.KeyID)
	}
	slices.Sort(found)
	if want := slices.Sorted(slices.Values(ids)); !slices.Equal(found, want) {
		t.Errorf("the credentials are %v, not %v", found, want)
	}
}

// wantNothingLeft fails the test when anything of a credential has survived it, or anything of others has not.
func (e *entraEstate) wantNothingLeft(t testing.TB) {
	t.Helper()
	e.wantCredentials(t, e.app.KeyIDs...)
	e.wantTags(t)
	if left := e.azure.VaultSecret("safe", vaultName); left != nil {
		t.Error("the vault still has the secret")
	}
	for _, name := range account(e.aws).Secrets(region) {
		if secret, _ := account(e.aws).Secret(region, name); secret.DeletionDate.IsZero() {
			t.Errorf("the secret %s is left", name)
		}
	}
	if left := account(e.aws).Parameters(region, "/"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// wantTags fails the test unless the application's tags are those that it began with, and the notes of these credentials.
func (e *entraEstate) wantTags(t testing.TB, ids ...string) {
	t.Helper()
	var noted []string
	for _, tag := range e.application(t).Tags {
		rest, note := strings.CutPrefix(tag, "nhi:credential.")
		if id, _, _ := strings.Cut(rest, "="); note {
			noted = append(noted, id)
		} else if strings.HasPrefix(tag, "nhi:issuing") {
			t.Errorf("the note %s was left behind", tag)
		}
	}
	slices.Sort(noted)
	if want := slices.Sorted(slices.Values(ids)); !slices.Equal(noted, want) {
		t.Errorf("there are notes of %v, not of %v", noted, want)
	}
	if !slices.Contains(e.application(t).Tags, "theirs") {
		t.Error("somebody else's tag is gone")
	}
}

// vault is a client with which a test changes the vault behind Terraform's back.
func (e *entraEstate) vault(t testing.TB) *azsecrets.Client {
	t.Helper()
	admin := e.tenant.Administrator()
	options := policy.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: e.azure.AuthorityHost()}, Transport: e.azure.Client()}
	credential, err := azidentity.NewClientSecretCredential(admin.TenantID, admin.ClientID, admin.ClientSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	must(t, err)
	client, err := azsecrets.NewClient(e.azure.KeyVaultURL()+"/safe", credential, &azsecrets.ClientOptions{ClientOptions: options, DisableChallengeResourceVerification: true})
	must(t, err)
	return client
}

// putSecret makes a secret of the wanted name that is somebody else's.
func (e *entraEstate) putSecret(t testing.TB) {
	t.Helper()
	_, err := e.vault(t).SetSecret(t.Context(), vaultName, azsecrets.SetSecretParameters{Value: to.Ptr("theirs")}, nil)
	must(t, err)
}

func (e *entraEstate) deleteSecret(t testing.TB) {
	t.Helper()
	_, err := e.vault(t).DeleteSecret(t.Context(), vaultName, nil)
	must(t, err)
}

// selfSigned is a certificate that somebody else has made, in DER.
func selfSigned(t testing.TB) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "theirs"}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	return der
}

// wantConverged fails the test unless a further run finds everything in order: the vault gives out a credential that works, no
// other is there but one within its overlap, no note of an interruption, nothing to do.
func (e *entraEstate) wantConverged(t *testing.T, r *acctest.Resource, config acctest.Values) {
	t.Helper()
	wantSettled(t, r, config)
	d := e.read(t, "key vault")
	e.signIn(t, d, true)
	acctest.WantSame(t, "credential_id", r.State("credential_id"), d.KeyID)
	ids := append(slices.Clone(e.app.KeyIDs), d.KeyID)
	if previous := text(r, "previous_credential_id"); previous != "" {
		ids = append(ids, previous)
	}
	e.wantCredentials(t, ids...)
	e.wantTags(t, ids[len(e.app.KeyIDs):]...)
}
