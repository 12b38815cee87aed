package azure

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// TokenHolder is an identity for which Entra ID can give tokens.
type TokenHolder struct {
	Metadata  governance.Metadata
	ManagedBy string
	// ClientID is what it signs in with.
	ClientID string
	// Quarantine is what is recorded of one; nil where there is none.
	Quarantine *governance.Quarantine
	// Blocked tells that its sign-in is.
	Blocked bool
}

// TokenHolder reads of an application or a managed identity what decides about its tokens, in two calls at most.
func (t *Tenant) TokenHolder(ctx context.Context, id governance.ID) (TokenHolder, error) {
	if id.Kind == governance.KindAzureManagedIdentity {
		arm, err := t.manage(ctx, partsOf(id).subscription)
		if err != nil {
			return TokenHolder{}, err
		}
		state, err := t.ManagedIdentities().readBare(ctx, arm, id)
		return TokenHolder{Metadata: state.Metadata, ManagedBy: state.ManagedBy, ClientID: state.ClientID, Quarantine: state.Quarantine}, err
	}
	if err := t.mine(ctx, id); err != nil {
		return TokenHolder{}, err
	}
	var app graph.Application
	if err := t.get(ctx, applicationPath(id.Resource), "/applications/{id}", permissionRead, url.Values{"$select": {applicationFields}}, &app); err != nil {
		return TokenHolder{}, err
	}
	var principal graph.ServicePrincipal
	err := ignoreNotFound(t.get(ctx, principalPath(app.AppID), "/servicePrincipals", permissionRead, url.Values{"$select": {principalFields}}, &principal))
	said := t.graphTagging().metadata(app.Tags)
	holder := TokenHolder{
		Metadata: said.Metadata, ManagedBy: said.ManagedBy, ClientID: strings.ToLower(app.AppID),
		Blocked: principal.AccountEnabled != nil && !*principal.AccountEnabled,
	}
	if r := t.graphTagging().readable(app.Tags); r != nil {
		holder.Quarantine = r.order()
	}
	return holder, err
}

// Token is an access token, which nobody can revoke.
type Token struct {
	Text string
	// Expires is when Entra ID has it end.
	Expires time.Time
}

// Token signs in as a client with a token of another issuer, or with that of the CI system where none is given, and
// returns an access token for a scope. A refusal is a *platform.ErrInvalid.
func (t *Tenant) Token(ctx context.Context, clientID, scope, assertion string) (Token, error) {
	connection, err := t.connect(ctx)
	if err != nil {
		return Token{}, err
	}
	options := connection.arm.ClientOptions
	source := func(context.Context) (string, error) { return assertion, nil }
	if assertion == "" {
		own, missing := t.assertion(options.Transport)
		if own == nil {
			return Token{}, missing
		}
		source = own
	}
	credential, err := azidentity.NewClientAssertionCredential(t.config.TenantID, clientID, source,
		&azidentity.ClientAssertionCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: t.config.Endpoints.Authority != ""})
	if err != nil {
		return Token{}, credentialError(err)
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
	var failed *azidentity.AuthenticationFailedError
	switch {
	case ctx.Err() != nil:
		return Token{}, ctx.Err()
	case errors.As(err, &failed):
		return Token{}, tokenError(clientID, failed)
	case err != nil:
		return Token{}, fmt.Errorf("the sign-in as %s: %w", clientID, err)
	}
	// azidentity counts by the machine's clock, from what Entra ID says of how long the token lasts.
	lasts := token.ExpiresOn.Sub(governance.SystemClock{}.Now())
	return Token{Text: token.Token, Expires: t.config.Clock.Now().Add(lasts).UTC().Truncate(time.Second)}, nil
}
