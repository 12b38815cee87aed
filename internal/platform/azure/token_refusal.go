package azure

import (
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// tokenRefusal is the argument at fault, and what to write.
type tokenRefusal struct{ attribute, remedy string }

// tokenRefusals are by the number of the error (Microsoft identity platform, "Authentication and authorization error codes").
// Those that are not there say themselves what of the token no federated credential names.
var tokenRefusals = map[string]tokenRefusal{
	"AADSTS500011":  {"scope", "Write the application id URI or the client id of an application that has a service principal in the tenant, with /.default behind it."},
	"AADSTS70011":   {"scope", "Write the default scope of a resource, such as https://vault.azure.net/.default."},
	"AADSTS50027":   {"web_identity", "Give the token as its issuer has made it: three parts with a dot between each."},
	"AADSTS700024":  {"web_identity", "Get a new token from its issuer: that of a CI job lives for minutes."},
	"AADSTS70025":   {"identity", "Add what trusts the issuer of the token to federated_credentials in the resource that governs the identity."},
	"AADSTS700016":  {"identity", "If the identity was made a moment ago, apply again. Otherwise look whether somebody has deleted its service principal."},
	"AADSTS7000229": {"identity", "Apply the resource that governs the identity, which makes the service principal anew."},
	"AADSTS7000112": {"identity", "Apply the resource that governs the identity, whose warning says why its sign-in is blocked and how it is opened."},
}

// tokenError is a *platform.ErrInvalid with what Entra ID said to a sign-in, on the argument at fault.
func tokenError(clientID string, failed *azidentity.AuthenticationFailedError) error {
	number, said, found := strings.Cut(signInProblem(failed), ": ")
	if !found {
		number, said = "an error of Entra ID", number
	}
	refusal, known := tokenRefusals[number]
	if !known {
		refusal = tokenRefusal{"web_identity", "Let a federated credential of the identity name the issuer, the subject and the audience of the token exactly, in the case of their letters."}
	}
	return &platform.ErrInvalid{
		Operation: "the sign-in as " + clientID, Code: number, Detail: said, Attribute: []string{refusal.attribute}, Remedy: refusal.remedy, Err: failed,
	}
}
