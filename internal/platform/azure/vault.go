package azure

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// StoreKeyVault is the secret store of Azure, and the name of the nested attribute that chooses it.
const StoreKeyVault = "azure_key_vault"

// VaultSpec is where and how Key Vault keeps a secret.
type VaultSpec struct {
	// URI is the vault's, such as https://safe.vault.azure.net/.
	URI, Name, ContentType string
	// PurgeOnDestroy deletes the secret for good, where the vault lets anybody do that.
	PurgeOnDestroy bool
}

// vaultHostPattern is the host of a vault: its name and a DNS suffix ("Azure Key Vault keys, secrets and certificates
// overview").
var vaultHostPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{1,22}[a-z0-9](\.[a-z0-9-]+)+$`)

// VaultHost is the host in the URI of a vault, in lower case.
func VaultHost(uri string) (host string, ok bool) {
	parsed, err := url.Parse(uri)
	if err != nil || parsed.Scheme != "https" || strings.Trim(parsed.Path, "/") != "" || parsed.RawQuery != "" || parsed.Port() != "" || parsed.User != nil {
		return "", false
	}
	host = strings.ToLower(parsed.Host)
	return host, vaultHostPattern.MatchString(host)
}

// VaultSecret keeps a credential in Key Vault. It never reads the value of a secret.
type VaultSecret struct {
	tenant *Tenant
	spec   VaultSpec
	host   string
	client *azsecrets.Client
	// retention says in messages how long the vault keeps what is deleted, once it has been asked.
	retention string
}

var _ platform.SecretStore = (*VaultSecret)(nil)

// VaultSecret is a secret of a vault that keeps a credential.
func (t *Tenant) VaultSecret(ctx context.Context, spec VaultSpec) (*VaultSecret, error) {
	to, err := t.connect(ctx)
	if err != nil {
		return nil, err
	}
	host, ok := VaultHost(spec.URI)
	if !ok {
		return nil, noVault(spec.URI, nil)
	}
	address, private := "https://"+host, false
	if strings.HasPrefix(to.keyVault, "https://") {
		name, _, _ := strings.Cut(host, ".")
		address, private = strings.TrimSuffix(to.keyVault, "/")+"/"+name, true
	} else if !strings.HasSuffix(host, "."+to.keyVault) {
		return nil, &platform.ErrNotConfigured{
			Attribute: []string{"azure", "environment"}, Reason: fmt.Sprintf("%s is no vault of the cloud that the provider is configured for, whose vaults end in .%s", host, to.keyVault),
			Remedy: "Correct store.azure_key_vault.vault_uri, azure.environment or azure.endpoints.key_vault. No token is sent to a host outside the cloud.",
		}
	}
	// The challenge of a private endpoint names the cloud's own resource, which is not the endpoint's domain.
	client, err := azsecrets.NewClient(address, to.credential, &azsecrets.ClientOptions{ClientOptions: to.arm.ClientOptions, DisableChallengeResourceVerification: private})
	return &VaultSecret{tenant: t, spec: spec, host: host, client: client}, err
}

// codeVaultNotFound is what stands in for the DNS where vaults are paths.
const codeVaultNotFound = "VaultNotFound"

func noVault(uri string, cause error) error {
	return &platform.ErrInvalid{
		Operation: "GET secrets", Code: codeVaultNotFound, Detail: "there is no key vault " + uri, Err: cause, Attribute: []string{"store", StoreKeyVault, "vault_uri"},
		Remedy: "Write the vault_uri of a vault that exists, such as azurerm_key_vault.safe.vault_uri.",
	}
}

// failed maps an error of the vault's.
func (s *VaultSecret) failed(of operation, err error) error {
	var dns *net.DNSError
	if code(err) == codeVaultNotFound || (errors.As(err, &dns) && dns.IsNotFound && dns.Name == s.host) {
		return noVault(s.spec.URI, err)
	}
	return mapError(of, err)
}

// Operations on secrets, with the data actions that they need.
var (
	opListVersions  = operation{"GET secrets/versions", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"}
	opGetDeleted    = operation{"GET deletedsecrets", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"}
	opSetSecret     = operation{"PUT secrets", "Microsoft.KeyVault/vaults/secrets/setSecret/action"}
	opUpdateSecret  = operation{"PATCH secrets", "Microsoft.KeyVault/vaults/secrets/update/action"}
	opDeleteSecret  = operation{"DELETE secrets", "Microsoft.KeyVault/vaults/secrets/delete"}
	opRecoverSecret = operation{"POST deletedsecrets/recover", "Microsoft.KeyVault/vaults/secrets/recover/action"}
	opPurgeSecret   = operation{"DELETE deletedsecrets", "Microsoft.KeyVault/vaults/secrets/purge/action"}
)

// maxStoreReference keeps a reference short enough for what says more besides, in a tag.
const maxStoreReference = 150

// Reference is kind, host and name; the digest of the name where that would be too long for a tag.
func (s *VaultSecret) Reference() string {
	where := StoreKeyVault + ":" + s.host + ":"
	if reference := where + s.spec.Name; len(reference) <= maxStoreReference {
		return reference
	}
	sum := sha256.Sum256([]byte(s.spec.Name))
	return where + "sha256:" + hex.EncodeToString(sum[:])
}

// Object names the secret in messages.
func (s *VaultSecret) Object() string {
	return fmt.Sprintf("the secret %s in the key vault %s", s.spec.Name, s.host)
}

// id is the identifier of the secret, without a version.
func (s *VaultSecret) id() string { return "https://" + s.host + "/secrets/" + s.spec.Name }

// Recovery is what the vault does with what is deleted.
func (s *VaultSecret) Recovery() string {
	if s.spec.PurgeOnDestroy && s.retention == "" {
		return ""
	}
	if s.retention == "" {
		return ", which can be recovered for as long as the vault keeps it"
	}
	return s.retention
}

// Limits of Key Vault ("About Azure Key Vault secrets", and the REST reference of Set Secret).
const (
	maxVaultContentType = 255
	maxVaultTag         = 256
)

var vaultNamePattern = regexp.MustCompile(`^[0-9A-Za-z-]{1,127}$`)

// ValidateVault finds what Key Vault would refuse, without asking it. Attributes are relative to the resource, and those of
// the marks are their fields.
func ValidateVault(spec VaultSpec, marks platform.Marks) []governance.Violation {
	found := findings{}
	in := func(attribute string) []string { return []string{"store", StoreKeyVault, attribute} }
	if _, ok := VaultHost(spec.URI); !ok && spec.URI != "" {
		found.add(in("vault_uri"), `Write the URI of the vault, such as "https://safe.vault.azure.net/" or azurerm_key_vault.safe.vault_uri.`, "%q is not the URI of a key vault", spec.URI)
	}
	if spec.Name != "" && !vaultNamePattern.MatchString(spec.Name) {
		found.add(in("name"), `Write a name such as "mailer-smtp".`, "%q is not the name of a secret in a key vault: it has 1 to 127 letters of ASCII, digits and hyphens", spec.Name)
	}
	if length := len(spec.ContentType); length > maxVaultContentType {
		found.add(in("content_type"), "Shorten it.", "the content type has %d characters, %d more than Key Vault's limit of %d", length, length-maxVaultContentType, maxVaultContentType)
	}
	for _, field := range governance.CredentialFields {
		if length := graphLength(marks[field]); length > maxVaultTag {
			found.add([]string{string(field)}, "Shorten it, and keep the full story in a ticket.",
				"%s has %d characters, %d more than a tag of the stored secret can have (%d)", field, length, length-maxVaultTag, maxVaultTag)
		}
	}
	return found
}
