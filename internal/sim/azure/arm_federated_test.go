package azuresim_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"

	azuresim "github.com/nhi-governance/terraform-provider-governed/internal/sim/azure"
)

const (
	issuer   = "https://token.actions.githubusercontent.com"
	audience = "api://AzureADTokenExchange"
	subject  = "repo:acme/shop:environment:production"
)

func (e *estate) federated() *armmsi.FederatedIdentityCredentialsClient {
	e.t.Helper()
	c, err := armmsi.NewFederatedIdentityCredentialsClient(e.subscription.ID(), secretCredential(e.t, e.server, e.caller), armOptions(e.server))
	noError(e.t, err)
	return c
}

// trust lets a subject of the issuer act as an identity.
func (e *estate) trust(identity, name, issuer, subject string, audiences ...*string) error {
	e.t.Helper()
	_, err := e.federated().CreateOrUpdate(e.t.Context(), "rg", identity, name, armmsi.FederatedIdentityCredential{
		Properties: &armmsi.FederatedIdentityCredentialProperties{Issuer: &issuer, Subject: &subject, Audiences: audiences},
	}, nil)
	return err
}

func TestIdentityFederation(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	made := e.identity("deployer")
	client := e.federated()
	noError(t, e.trust("deployer", "github", issuer, "repo:acme/shop:ref:refs/heads/main", to.Ptr(audience)))
	noError(t, e.trust("deployer", "GITHUB", issuer, subject, to.Ptr(audience)))
	got, err := client.Get(t.Context(), "rg", "deployer", "github", nil)
	noError(t, err)
	if *got.Name != "github" || *got.Properties.Subject != subject || *got.ID != *made.ID+"/federatedIdentityCredentials/github" {
		t.Errorf("%+v", got.Properties)
	}
	// A token for the identity is that of its service principal.
	credential, err := azidentity.NewClientAssertionCredential(azuresim.DefaultTenant, *made.Properties.ClientID, func(context.Context) (string, error) {
		return azuresim.WebIdentityToken(issuer, audience, subject, clockStart.Add(time.Hour)), nil
	}, &azidentity.ClientAssertionCredentialOptions{ClientOptions: options(e.server), DisableInstanceDiscovery: true})
	noError(t, err)
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{armScope}})
	noError(t, err)
	at := e.group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer?api-version=2024-11-30"
	status, _, out := e.callAs(token.Token, "GET", e.server.ResourceManagerURL()+at, nil)
	if failed, _ := out["error"].(body); status != 403 || failed["code"] != "AuthorizationFailed" || failed["message"] != "The client '"+*made.Properties.ClientID+"' with object id '"+*made.Properties.PrincipalID+
		"' does not have authorization to perform action 'Microsoft.ManagedIdentity/userAssignedIdentities/read' over scope '"+strings.TrimSuffix(at, "?api-version=2024-11-30")+
		"' or the scope is invalid. If access was recently granted, please refresh your credentials." {
		t.Errorf("%d %v", status, out)
	}
	e.tenant.AssignRole(*made.Properties.PrincipalID, "Reader", e.group)
	if status, _, out := e.callAs(token.Token, "GET", e.server.ResourceManagerURL()+at, nil); status != 200 {
		t.Errorf("%d %v", status, out)
	}
	_, err = client.Delete(t.Context(), "rg", "deployer", "github", nil)
	noError(t, err)
	_, err = client.Delete(t.Context(), "rg", "deployer", "github", nil)
	noError(t, err)
	if _, err := client.Get(t.Context(), "rg", "deployer", "github", nil); errorCode(err) != "NotFound" {
		t.Error(err)
	}
}

func TestIdentityFederationRefusals(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.identity("deployer")
	noError(t, e.trust("deployer", "github", issuer, subject, to.Ptr(audience)))
	for _, tt := range []struct {
		name, identity, credential, issuer, subject string
		audiences                                   []*string
		code, message                               string
	}{
		{"parent", "none", "github", issuer, subject, []*string{to.Ptr(audience)}, "ParentResourceNotFound", "Failed to perform 'write'"},
		{"name", "deployer", "a.b", issuer, subject, []*string{to.Ptr(audience)}, "BadRequest", "Federated Identity Credential name 'a.b' is invalid."},
		{"long name", "deployer", strings.Repeat("a", 121), issuer, subject, []*string{to.Ptr(audience)}, "BadRequest", "Federated Identity Credential name 'aaa"},
		{"no audience", "deployer", "other", issuer, subject, []*string{}, "BadRequest", "Federated identity credentials must have exactly 1 audience."},
		{"two audiences", "deployer", "other", issuer, subject, []*string{to.Ptr("a"), to.Ptr("b")}, "BadRequest", "Federated identity credentials must have exactly 1 audience."},
		{"no subject", "deployer", "other", issuer, "", []*string{to.Ptr(audience)}, "BadRequest", "Federated Identity Credential from HTTP body has empty properties."},
		{"HTTP", "deployer", "other", "http://issuer.example", subject, []*string{to.Ptr(audience)}, "BadRequest", "The issuer 'http://issuer.example' is invalid."},
		{"long issuer", "deployer", "other", "https://issuer.example/" + strings.Repeat("a", 600), subject, []*string{to.Ptr(audience)}, "BadRequest", "The issuer exceeds"},
		{"twice", "deployer", "other", issuer, subject, []*string{to.Ptr(audience)}, "Conflict", "Issuer and subject combination already exists for this Managed Identity."},
	} {
		err := e.trust(tt.identity, tt.credential, tt.issuer, tt.subject, tt.audiences...)
		if errorCode(err) != tt.code || !strings.HasPrefix(errorMessage(err), tt.message) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for i := range 19 {
		noError(t, e.trust("deployer", fmt.Sprint("more-", i), issuer, fmt.Sprint("subject-", i), to.Ptr(audience)))
	}
	if err := e.trust("deployer", "too-many", issuer, "subject-19", to.Ptr(audience)); errorCode(err) != "BadRequest" || !strings.HasPrefix(errorMessage(err), "Too many Federated Identity Credentials") {
		t.Error(err)
	}
}

// Writes to one identity that meet are refused; those to another one are not.
func TestConcurrentFederation(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	e.identity("deployer")
	e.identity("reporter")
	started, release := e.tenant.HoldFederatedWrites()
	done := make(chan error, 2)
	go func() { done <- e.trust("deployer", "first", issuer, "first", to.Ptr(audience)) }()
	if id := <-started; !strings.HasSuffix(id, "/userassignedidentities/deployer") {
		t.Error(id)
	}
	go func() { done <- e.trust("reporter", "first", issuer, "first", to.Ptr(audience)) }()
	<-started
	if err := e.trust("Deployer", "second", issuer, "second", to.Ptr(audience)); errorCode(err) != "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity" {
		t.Error(err)
	}
	release()
	noError(t, <-done)
	noError(t, <-done)
	noError(t, e.trust("deployer", "second", issuer, "second", to.Ptr(audience)))
}
