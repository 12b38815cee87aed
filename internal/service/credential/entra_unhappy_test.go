package credential_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

// TestSimEntraRefusedAtPlan finds at plan what would fail, before anything is made.
func TestSimEntraRefusedAtPlan(t *testing.T) {
	t.Parallel()
	vault := func(arguments acctest.Values) acctest.Values {
		return acctest.Values{"store": acctest.Values{"azure_key_vault": acctest.Values{"vault_uri": vaultURI, "name": vaultName}.With(arguments)}}
	}
	type values = acctest.Values
	for name, test := range map[string]struct {
		prepare func(testing.TB, *entraEstate)
		further values
		want    string
	}{
		"no type":            {further: values{"type": nil}, want: `error type: Type of credential is missing…can have client secrets and certificates. Write type = "certificate"`},
		"access key":         {further: values{"type": "access_key"}, want: "error type: Identity has no credential of this type…access_key is what IAM users have"},
		"secret of user":     {further: values{"identity": mailer, "valid_days": nil}, want: "error type: Identity has no credential of this type…client_secret is what applications of Entra ID have"},
		"valid days of user": {further: values{"identity": mailer, "type": nil}, want: "error valid_days: Argument is for applications of Entra ID…an access key has no end of its own"},
		"password for SES":   {further: values{"ses_smtp_region": "eu-west-1"}, want: "error ses_smtp_region: Argument is for IAM users"},
		"shorter-lived than its rotation": {
			further: values{"type": "certificate", "valid_days": 60},
			want:    "error rotate_after_days: Credential cannot be like this…the certificate is valid for 60 days (valid_days), which is shorter than its rotation: rotated after 60 days with an overlap of 48 hours…Write rotate_after_days = 58 or less, or more valid_days",
		},
		"shorter-lived than its overlap": {
			further: values{"valid_days": 2, "rotate_after_days": 2, "overlap_hours": 47},
			want:    "error rotate_after_days: Credential cannot be like this…Write more valid_days, or fewer overlap_hours",
		},
		"valid for too long":          {further: values{"valid_days": 91}, want: "error valid_days: Credential would be used for too long…91; the policy lets a long-lived credential be used for 90 days…Write 90 or less"},
		"expiry after the identity's": {further: values{"expiry": acctest.Date(acctest.NewSim(t), 301)}, want: "error expiry: Credential cannot be like this…is after that of the identity"},
		"secrets forbidden": {
			prepare: func(_ testing.TB, e *entraEstate) {
				e.tenant.SetDefaultPolicy(azuresim.Restriction{Type: "passwordAddition"})
			},
			want: `error type: The platform would refuse this…the tenant's app management policy forbids client secrets.…Let the client sign in without a credential, by federated_credentials of its entra_application; or write type = "certificate"`,
		},
		"secrets too long": {
			prepare: func(_ testing.TB, e *entraEstate) {
				e.tenant.SetDefaultPolicy(azuresim.Restriction{Type: "passwordLifetime", Longest: "P30D"})
			},
			want: "error valid_days: The platform would refuse this…the tenant's app management policy lets a client secret be valid for P30D (30 days) at most, and this one would be for 80 days.…Write valid_days = 30 or less",
		},
		"certificates too long": {
			prepare: func(_ testing.TB, e *entraEstate) {
				e.tenant.SetDefaultPolicy(azuresim.Restriction{Type: "asymmetricKeyLifetime", Longest: "P1M"})
			},
			further: values{"type": "certificate"},
			want:    "error valid_days: The platform would refuse this…lets a certificate be valid for P1M (30 days) at most",
		},
		"certificates of authorities only": {
			prepare: func(_ testing.TB, e *entraEstate) {
				e.tenant.SetDefaultPolicy(azuresim.Restriction{Type: "trustedCertificateAuthority"})
			},
			further: values{"type": "certificate"},
			want:    "error type: The platform would refuse this…certificates of trusted authorities only, and the provider's are self-signed",
		},
		"secrets forbidden by the application's own policy": {
			prepare: func(_ testing.TB, e *entraEstate) {
				e.tenant.AssignPolicy(e.app.ObjectID, azuresim.Restriction{Type: "passwordAddition"})
			},
			want: `error type: The platform would refuse this…the application's own app management policy "Exception" forbids client secrets`,
		},
		"identity that nobody governs": {
			prepare: func(_ testing.TB, e *entraEstate) {
				e.app = e.tenant.PutApplication(azuresim.Application{DisplayName: "wild"})
			},
			want: "error identity: Identity is not governed…Bring it under governance first",
		},
		"two secrets where personal accounts sign in": {
			prepare: func(_ testing.TB, e *entraEstate) {
				e.app = e.tenant.PutApplication(azuresim.Application{
					DisplayName: "personal", SignInAudience: "AzureADandPersonalMicrosoftAccount", Tags: governedTags(e.aws), Secrets: []azuresim.Secret{{}, {}},
				})
			},
			want: "error identity: Identity has no room for another credential…the platform allows 2, and these are there…not governed, active…None of them is deleted for you",
		},
		"identity of another tenant": {
			further: values{"identity": "entra:11111111-2222-4333-8444-555555555555:application/11111111-2222-4333-8444-555555555556"},
			want:    "error identity: Credential cannot be planned…is in the tenant 11111111-2222-4333-8444-555555555555, but the provider is configured for",
		},
		"managed identity": {
			further: values{"identity": "azure:/subscriptions/6b2e8d14-90c7-4f35-8a1d-57e3c0b9f2d8/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x"},
			want:    "error identity: Identity has no such credentials…needs no long-lived credential",
		},
		"two stores": {
			further: values{"store": values{"azure_key_vault": values{"vault_uri": vaultURI, "name": vaultName}, "aws_ssm_parameter": values{"name": "/x"}}},
			want:    "error store: More than one secret store is declared",
		},
		"name of a secret": {further: vault(values{"name": "mailer/smtp"}), want: `error store.azure_key_vault.name: The platform would refuse this…"mailer/smtp" is not the name of a secret in a key vault…Write a name such as "mailer-smtp"`},
		"no vault":         {further: vault(values{"vault_uri": "safe"}), want: `error store.azure_key_vault.vault_uri: The platform would refuse this…"safe" is not the URI of a key vault`},
		"vault that is not there": {
			further: vault(values{"vault_uri": "https://gone.vault.azure.net/"}),
			want:    "error store.azure_key_vault.vault_uri: Credential cannot be planned…there is no key vault https://gone.vault.azure.net/",
		},
		"long content type": {further: vault(values{"content_type": strings.Repeat("x", 256)}), want: "error store.azure_key_vault.content_type: The platform would refuse this…1 more than"},
		"long justification": {
			further: values{"justification": strings.Repeat("the vendor's relay ", 20)}, want: "error justification: The platform would refuse this…more than a tag of the stored secret can have (256)",
		},
		"vault that lets nobody in": {
			prepare: func(_ testing.TB, e *entraEstate) {
				e.tenant.DenyPermissions("Microsoft.KeyVault/vaults/secrets/readMetadata/action")
			},
			want: "error store: Credential cannot be planned…lack the permission Microsoft.KeyVault/vaults/secrets/readMetadata/action",
		},
		"secret that is somebody else's": {
			prepare: func(t testing.TB, e *entraEstate) { t.Helper(); e.putSecret(t) },
			want:    "error store: Credential cannot be planned…The secret billing-robot in the key vault safe.vault.azure.net, which is not this identity's, exists already…Choose another name",
		},
		"deleted secret that is somebody else's": {
			prepare: func(t testing.TB, e *entraEstate) { t.Helper(); e.putSecret(t); e.deleteSecret(t) },
			want:    "error store: Credential cannot be planned…The secret billing-robot in the key vault safe.vault.azure.net, which is not this identity's, is deleted but keeps its name until",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEntra(t)
			putMailer(e.aws)
			if test.prepare != nil {
				test.prepare(t, e)
			}
			r := e.resource(t)
			r.Plan(e.config("client_secret", entraStores()["key vault"]).With(test.further)).Want(t, test.want)
			e.wantCredentials(t, e.app.KeyIDs...)
		})
	}
}

// TestSimEntraTenantAllows lets what a rule does not concern pass, and warns of what is not certain.
func TestSimEntraTenantAllows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(*entraEstate)
		want    []string
	}{
		"rule for newer applications": {prepare: func(e *entraEstate) {
			e.tenant.SetDefaultPolicy(azuresim.Restriction{Type: "passwordAddition", After: e.aws.Clock().Now().AddDate(0, 0, 1)})
		}},
		"disabled rule": {prepare: func(e *entraEstate) {
			e.tenant.SetDefaultPolicy(azuresim.Restriction{Type: "passwordAddition", Disabled: true})
		}},
		"rule for certificates": {prepare: func(e *entraEstate) {
			e.tenant.SetDefaultPolicy(azuresim.Restriction{Type: "asymmetricKeyLifetime", Longest: "P1D"})
		}},
		"application that is exempted": {prepare: func(e *entraEstate) {
			e.tenant.SetDefaultPolicy(azuresim.Restriction{Type: "passwordAddition"})
			e.tenant.AssignPolicy(e.app.ObjectID, azuresim.Restriction{Type: "passwordAddition", Disabled: true})
		}},
		"no permission to read the policy": {
			prepare: func(e *entraEstate) {
				e.tenant.DenyPermissions("Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration")
			},
			want: []string{"warning type: Tenant's policy for credentials cannot be read…lack the permission Policy.Read.All, so the plan cannot tell"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEntra(t)
			test.prepare(e)
			e.resource(t).Apply(e.config("client_secret", entraStores()["key vault"])).Want(t, test.want...)
		})
	}
}

// TestSimEntraTenantUncertain warns where the tenant's rule may not hold: the application has a policy of its own that does not
// speak of it, or some callers are exempt.
func TestSimEntraTenantUncertain(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*entraEstate){
		"own policy": func(e *entraEstate) {
			e.tenant.SetDefaultPolicy(azuresim.Restriction{Type: "passwordAddition"})
			e.tenant.AssignPolicy(e.app.ObjectID, azuresim.Restriction{Type: "passwordLifetime", Longest: "P90D"})
		},
		"exempt callers": func(e *entraEstate) {
			e.tenant.SetDefaultPolicy(azuresim.Restriction{Type: "passwordAddition", Exempt: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEntra(t)
			prepare(e)
			e.resource(t).Plan(e.config("client_secret", entraStores()["key vault"])).Want(t, "warning type: The platform would refuse this…the tenant's app management policy forbids client secrets")
		})
	}
}

// TestSimEntraRefusedAtApply maps what the tenant refuses to what a plan would have said.
func TestSimEntraRefusedAtApply(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rule azuresim.Restriction
		want string
	}{
		"forbidden": {azuresim.Restriction{Type: "passwordAddition"}, `error type: Credential cannot be applied…CredentialTypeNotAllowedAsPerAppPolicy…or write type = "certificate"`},
		"too long":  {azuresim.Restriction{Type: "passwordLifetime", Longest: "P30D"}, "error valid_days: Credential cannot be applied…CredentialInvalidLifetimeAsPerAppPolicy…Write fewer valid_days…Policy.Read.All"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEntra(t)
			e.tenant.DenyPermissions("Policy.Read.All", "Policy.ReadWrite.ApplicationConfiguration")
			e.tenant.SetDefaultPolicy(test.rule)
			e.resource(t).Apply(e.config("client_secret", entraStores()["key vault"])).Want(t, "warning type: Tenant's policy for credentials cannot be read", test.want)
			e.wantNothingLeft(t)
		})
	}
}

// TestSimEntraUnknownIdentity asks the tenant's policy for an application that is not made yet.
func TestSimEntraUnknownIdentity(t *testing.T) {
	t.Parallel()
	e := newEntra(t)
	e.tenant.SetDefaultPolicy(azuresim.Restriction{Type: "passwordAddition", After: e.aws.Clock().Now().AddDate(0, 0, -1)})
	config := e.config("client_secret", entraStores()["key vault"]).With(acctest.Values{"identity": acctest.Unknown})
	e.resource(t).Plan(config).Want(t, "error type: The platform would refuse this…the tenant's app management policy forbids client secrets")
	e.resource(t).Plan(config.With(acctest.Values{"type": "certificate"})).Want(t)
}
