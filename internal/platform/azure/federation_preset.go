package azure

import (
	"maps"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/federation"
)

// audience is what tokens of other issuers are for where nothing else is said ("Workload identity federation").
func (t *Tenant) audience() string {
	return audiences[t.config.Environment]
}

var audiences = map[string]string{
	"public": federationAudience, "government": federationAudience + "USGov", "china": federationAudience + "China",
}

// PresetOf is the preset that says the same as a federated credential, in as few words as it can.
func (t *Tenant) PresetOf(credential federation.Credential) federation.Preset {
	return federation.Of(credential, t.audience())
}

// Says tells whether a preset makes the federated credential.
func (t *Tenant) Says(preset federation.Preset, credential federation.Credential) bool {
	made, _ := preset.Credential(t.audience())
	return made == credential
}

// credentials are what presets make.
func (t *Tenant) credentials(presets map[string]federation.Preset) map[string]federation.Credential {
	made := map[string]federation.Credential{}
	for name, preset := range presets {
		made[name], _ = preset.Credential(t.audience())
	}
	return made
}

// presetAttribute is the argument that declares a preset.
func presetAttribute(preset federation.Preset) string {
	switch preset.(type) {
	case federation.GitHubActions:
		return "github_actions"
	case federation.KubernetesServiceAccount:
		return "kubernetes_service_account"
	default:
		return "oidc"
	}
}

// checkFederated finds federated credentials that are not safe, or that Entra ID would refuse. Attributes are below the
// given one.
func (t *Tenant) checkFederated(found *findings, attribute string, presets map[string]federation.Preset) {
	for _, name := range slices.Sorted(maps.Keys(presets)) {
		preset := presets[name]
		_, problems := preset.Credential(t.audience())
		for _, problem := range problems {
			at := []string{attribute, "federated_credentials", name, presetAttribute(preset)}
			if problem.Field != "" {
				at = append(at, problem.Field)
			}
			*found = append(*found, governance.Violation{Rule: governance.RuleSafeTrust, Enforcement: governance.EnforceError, Attribute: at, Message: problem.Reason, Remedy: problem.Fix})
		}
	}
	for _, problem := range federation.Together(t.credentials(presets)) {
		at := []string{attribute, "federated_credentials"}
		if problem.Name != "" {
			at = append(at, problem.Name)
		}
		found.add(at, problem.Fix, "%s", problem.Reason)
	}
}

// federatedTrust is who could sign in without a secret.
func (t *Tenant) federatedTrust(attribute string, presets map[string]federation.Preset) governance.Trust {
	var trust governance.Trust
	for _, name := range slices.Sorted(maps.Keys(presets)) {
		preset := presets[name]
		credential, problems := preset.Credential(t.audience())
		if len(problems) > 0 {
			continue
		}
		trust.Clauses = append(trust.Clauses, governance.TrustClause{
			Attribute: []string{attribute, "federated_credentials", name, presetAttribute(preset)},
			Trustees: []governance.Trustee{{
				Kind: governance.TrusteeWebIdentity, Name: strings.TrimPrefix(credential.Issuer, "https://"),
				Subjects: []string{credential.Subject}, Audiences: []string{credential.Audience},
			}},
		})
	}
	return trust
}
