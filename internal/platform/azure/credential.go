package azure

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// federationAudience is what Entra ID wants in a token of another issuer ("Workload identity federation").
const federationAudience = "api://AzureADTokenExchange"

// credential is that of azidentity's chain, or of the CI system's own token.
func (t *Tenant) credential(options *policy.ClientOptions) (azcore.TokenCredential, error) {
	// The authority of a private cloud is none that Microsoft's instance discovery knows.
	private := t.config.Endpoints.Authority != ""
	var made azcore.TokenCredential
	var err error
	if t.config.UseOIDC {
		if t.config.ClientID == "" {
			return nil, &platform.ErrNotConfigured{
				Attribute: []string{"azure", "client_id"}, Reason: "No application is named that the CI system signs in as",
				Remedy: "Write the application (client) id in azure.client_id, or set AZURE_CLIENT_ID or ARM_CLIENT_ID.",
			}
		}
		assertion, source := t.assertion(options.Transport)
		if assertion == nil {
			return nil, source
		}
		made, err = azidentity.NewClientAssertionCredential(t.config.TenantID, t.config.ClientID, assertion,
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: *options, DisableInstanceDiscovery: private})
	} else {
		made, err = azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
			ClientOptions: *options, TenantID: t.config.TenantID, DisableInstanceDiscovery: private,
		})
	}
	if err != nil {
		return nil, credentialError(err)
	}
	return tokens{made}, nil
}

// assertion is how the token of the CI system is got; nil, with the reason, when there is none.
func (t *Tenant) assertion(transport policy.Transporter) (func(context.Context) (string, error), error) {
	if file := cmp.Or(t.config.OIDCTokenFile, os.Getenv("AZURE_FEDERATED_TOKEN_FILE"), os.Getenv("ARM_OIDC_TOKEN_FILE_PATH")); file != "" {
		return func(context.Context) (string, error) {
			token, err := os.ReadFile(file) //nolint:gosec // the configuration names it
			return strings.TrimSpace(string(token)), err
		}, nil
	}
	address, bearer := os.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL"), os.Getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
	if address == "" || bearer == "" {
		return nil, &platform.ErrNotConfigured{
			Attribute: []string{"azure", "use_oidc"}, Reason: "There is no token of a CI system to sign in with",
			Remedy: "In GitHub Actions, give the job permissions: { id-token: write }. Elsewhere, write the token to a file and name it in azure.oidc_token_file, or set AZURE_FEDERATED_TOKEN_FILE.",
		}
	}
	if transport == nil {
		transport = http.DefaultClient
	}
	return func(ctx context.Context) (string, error) { return askGitHub(ctx, transport, address, bearer) }, nil
}

// longestToken bounds what is read of an answer, in bytes.
const longestToken = 1 << 20

// askGitHub asks for the job's OIDC token ("About security hardening with OpenID Connect" in the documentation of GitHub
// Actions).
func askGitHub(ctx context.Context, transport policy.Transporter, address, bearer string) (string, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("ACTIONS_ID_TOKEN_REQUEST_URL: %w", err)
	}
	query := parsed.Query()
	query.Set("audience", federationAudience)
	parsed.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, parsed.String(), nil) //nolint:gosec // GitHub's runner names the address
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+bearer)
	request.Header.Set("Accept", "application/json")
	response, err := transport.Do(request)
	if err != nil {
		return "", fmt.Errorf("GitHub's OIDC token: %w", err)
	}
	defer response.Body.Close()
	var answer struct {
		Value string `json:"value"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, longestToken)).Decode(&answer); err != nil || answer.Value == "" {
		return "", fmt.Errorf("GitHub answered %s to the request for the job's OIDC token, and sent none", response.Status)
	}
	return answer.Value, nil
}

// tokens marks what goes wrong while a token is fetched, so that it is not taken for an answer of the service that was to
// be called.
type tokens struct{ azcore.TokenCredential }

func (c tokens) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	ctx, unreachable := findingUnreachable(ctx)
	token, err := c.TokenCredential.GetToken(ctx, options)
	if err != nil && ctx.Err() == nil {
		if cause := unreachable.Load(); cause != nil {
			return token, cause
		}
		return token, credentialError(err)
	}
	return token, err
}

// finalError is not tried again: azcore asks for the method.
type finalError struct{ platform.ErrNotConfigured }

// NonRetriable marks the error as final.
func (*finalError) NonRetriable()   {}
func (e *finalError) Unwrap() error { return &e.ErrNotConfigured }

func credentialError(err error) error {
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) {
		return &finalError{platform.ErrNotConfigured{
			Attribute: []string{"azure"}, Err: err, Reason: "Entra ID refused the credential: " + signInProblem(failed),
			Remedy: "Renew or replace it: the provider takes it from azure.use_oidc or from azidentity's chain (AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH, workload identity, managed identity, az login).",
		}}
	}
	return &finalError{platform.ErrNotConfigured{
		Attribute: []string{"azure"}, Err: err, Reason: "No credential for Azure was found: " + firstLine(err.Error()),
		Remedy: "Set AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH, run where a managed or workload identity is, write azure.use_oidc in CI, or sign in with az login.",
	}}
}

// signInProblem is what Entra ID says, such as AADSTS7000222, without the trace of the request.
func signInProblem(failed *azidentity.AuthenticationFailedError) string {
	if failed.RawResponse == nil {
		return firstLine(failed.Error())
	}
	defer failed.RawResponse.Body.Close()
	var answer struct {
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(io.LimitReader(failed.RawResponse.Body, longestToken)).Decode(&answer); err != nil || answer.Description == "" {
		return failed.RawResponse.Status
	}
	said, _, _ := strings.Cut(answer.Description, " Trace ID:")
	return strings.TrimSuffix(firstLine(said), ".")
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
}
