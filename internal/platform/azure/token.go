package azure

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// TokenHolder is an identity for which Entra ID can give tokens.
type TokenHolder struct {
	platform.Observed
	// ClientID is what it signs in with.
	ClientID  string
	ManagedBy string
}

// TokenHolder reads an application or a managed identity.
func (t *Tenant) TokenHolder(ctx context.Context, id governance.ID) (TokenHolder, error) {
	if id.Kind == governance.KindAzureManagedIdentity {
		state, err := t.ManagedIdentities().Read(ctx, id)
		return TokenHolder{state.Observed, state.ClientID, state.ManagedBy}, err
	}
	state, err := t.Applications().Read(ctx, id)
	return TokenHolder{state.Observed, state.ApplicationID, state.ManagedBy}, err
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
		return Token{}, &platform.ErrInvalid{
			Operation: "the sign-in as " + clientID, Code: "an error of Entra ID", Detail: signInProblem(failed), Attribute: []string{"web_identity"}, Err: err,
			Remedy: "Let a federated credential of the identity name the issuer, the subject and the audience of the token exactly, in the case of their letters, and give a token that is still valid.",
		}
	case err != nil:
		return Token{}, fmt.Errorf("the sign-in as %s: %w", clientID, err)
	}
	// azidentity counts by the machine's clock, from what Entra ID says of how long the token lasts.
	lasts := token.ExpiresOn.Sub(governance.SystemClock{}.Now())
	return Token{Text: token.Token, Expires: t.config.Clock.Now().Add(lasts).UTC().Truncate(time.Second)}, nil
}
