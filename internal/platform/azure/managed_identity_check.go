package azure

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Limits from "Naming rules and restrictions for Azure resources" and "Azure role assignment conditions".
const (
	minIdentityName  = 3
	maxIdentityName  = 128
	maxResourceGroup = 90
	// reservedTags are kept for the records of an identity that is disabled and has roles elsewhere.
	reservedTags = 2
)

var (
	identityNamePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)
	resourceGroupName   = regexp.MustCompile(`^[\p{L}\p{N}_().-]*[\p{L}\p{N}_()-]$`)
	locationPattern     = regexp.MustCompile(`^[a-z0-9]+$`)
	conditionVersions   = []string{"2.0"}
)

// ValidateManagedIdentity finds what can be found without asking Azure and without knowing how the tenant is configured.
func ValidateManagedIdentity(want platform.Desired[ManagedIdentitySpec]) []governance.Violation {
	return NewTenant(Config{MetadataKeys: governance.NewMetadataKeys(nil)}).ManagedIdentities().Validate(want)
}

// Validate finds what can be found without asking Azure. What is empty is not known yet.
func (m *ManagedIdentities) Validate(want platform.Desired[ManagedIdentitySpec]) []governance.Violation {
	found := findings{}
	found.names(want)
	m.tenant.tagging.check(&found, want.Metadata, reservedTags)
	for _, key := range slices.Sorted(maps.Keys(want.Spec.RoleAssignments)) {
		found.role(key, want.Spec.RoleAssignments[key])
	}
	found.sameGrants(want.Spec.RoleAssignments)
	if subscription := m.subscription(want.Spec); subscription != "" {
		if length := tagLength(elsewhere(subscription, want.Spec.RoleAssignments)); length > maxTagValueLength {
			found.add(attribute("role_assignments"), "Use an identity for each of these systems, or assign a role at a management group above them.",
				"roles are assigned in so many other subscriptions and management groups that they do not fit into one tag, which the removal of the identity needs: it would have %d characters, %d more than Azure's limit of %d", length, length-maxTagValueLength, maxTagValueLength)
		}
	}
	m.tenant.checkFederated(&found, string(governance.KindAzureManagedIdentity), want.Spec.FederatedCredentials)
	return found
}

// subscription is empty while nobody knows it.
func (m *ManagedIdentities) subscription(spec ManagedIdentitySpec) string {
	if spec.SubscriptionID != "" || spec.SubscriptionUnknown {
		return spec.SubscriptionID
	}
	return m.tenant.SubscriptionID()
}

func (f *findings) names(want platform.Desired[ManagedIdentitySpec]) {
	if name := want.Name; name != "" {
		const remedy = "Write 3 to 128 letters, digits, hyphens and underscores, a letter or a digit first."
		switch length := len([]rune(name)); {
		case length < minIdentityName || length > maxIdentityName:
			f.add([]string{"name"}, remedy, "%q has %d characters; Azure takes %d to %d in the name of a managed identity", name, length, minIdentityName, maxIdentityName)
		case !identityNamePattern.MatchString(name):
			f.add([]string{"name"}, remedy, "%q has a character that Azure does not take in the name of a managed identity", name)
		}
	}
	spec := want.Spec
	if id := spec.SubscriptionID; id != "" && !guidPattern.MatchString(id) {
		f.add(attribute("subscription_id"), "Write the id of a subscription, as az account list shows it.", "%q is not a GUID", id)
	}
	if group := spec.ResourceGroup; group != "" && (len([]rune(group)) > maxResourceGroup || !resourceGroupName.MatchString(group)) {
		f.add(attribute("resource_group_name"), "Write the name alone, not its id: at most 90 letters, digits and _-.(), and no period at the end.", "%q is not the name of a resource group", group)
	}
	if location := spec.Location; location != "" && !locationPattern.MatchString(NormalLocation(location)) {
		f.add(attribute("location"), "Write a region such as westeurope, as az account list-locations shows it.", "%q is not the name of a region", location)
	}
}

func (f *findings) role(key string, role RoleAssignment) {
	at := func(name string) []string { return attribute("role_assignments", key, name) }
	if role.Scope != "" {
		if _, reason := baseOf(role.Scope); reason != "" {
			f.add(at("scope"), "Write one of these: "+scopeForms+".", "%q is no scope for the role of a workload: %s", role.Scope, reason)
		}
	}
	last, isID := afterLast(role.Role, "/providers/Microsoft.Authorization/roleDefinitions/")
	switch {
	case isID && !guidPattern.MatchString(last):
		f.add(at("role"), "Write the name of the role, or the GUID of its definition.", "%q ends with %q, which is not a GUID", role.Role, last)
	case strings.HasPrefix(role.Role, "/") && !isID:
		f.add(at("role"), "Write the name of the role, or the GUID of its definition.", "%q is not the id of a role definition", role.Role)
	}
	switch {
	case role.ConditionVersion != "" && role.Condition == "":
		f.add(at("condition_version"), "Write condition as well, or leave the version out.", "there is a version, but no condition")
	case role.ConditionVersion != "" && !slices.Contains(conditionVersions, role.ConditionVersion):
		f.add(at("condition_version"), "Write 2.0, or leave it out.", "%q is no version of conditions that Azure takes", role.ConditionVersion)
	}
}

// sameGrants finds role assignments that say the same twice, as far as that shows without asking.
func (f *findings) sameGrants(roles map[string]RoleAssignment) {
	seen := map[grant]string{}
	for _, key := range slices.Sorted(maps.Keys(roles)) {
		role := roles[key]
		name := roleGUID(role.Role)
		if name == "" {
			name = strings.ToLower(role.Role)
		}
		of := grant{strings.ToLower(role.Scope), name}
		if other, twice := seen[of]; twice && role.Scope != "" && role.Role != "" {
			f.add(attribute("role_assignments", key), "Keep one of the two; conditions can be joined with OR.", "%q and %q assign the same role at the same scope, which Azure does only once", other, key)
		}
		seen[of] = key
	}
}

// Check finds what Azure would refuse: also roles that there are not, or not at the scope, and ends without the licence for
// them.
func (m *ManagedIdentities) Check(ctx context.Context, want platform.Desired[ManagedIdentitySpec]) ([]governance.Violation, error) {
	found := findings(m.Validate(want))
	if err := m.configured(want.Spec); err != nil {
		return found, err
	}
	if want.Disabled {
		return found, nil // It gets no role, and a role that is gone must not keep it from being disabled.
	}
	resolved := map[grant]string{}
	for _, key := range slices.Sorted(maps.Keys(want.Spec.RoleAssignments)) {
		assignment := want.Spec.RoleAssignments[key]
		if _, reason := baseOf(assignment.Scope); reason != "" || assignment.Role == "" || strings.HasPrefix(assignment.Role, "/") && roleGUID(assignment.Role) == "" {
			continue
		}
		role, err := m.tenant.role(ctx, assignment.Scope, assignment.Role, rolePresent)
		if problem := (*roleProblem)(nil); errors.As(err, &problem) {
			found.add(attribute("role_assignments", key, "role"), problem.fix, "%s", problem.reason)
			continue
		}
		if missing := errors.Is(err, platform.ErrNotFound); missing {
			found.add(attribute("role_assignments", key, "scope"), "Write the scope of something that exists.", "%q lies in a subscription or management group that does not exist, or that the provider's credentials cannot see", assignment.Scope)
			continue
		}
		if err != nil {
			return found, err
		}
		if !role.assignable(assignment.Scope) {
			found.add(attribute("role_assignments", key, "role"), "Assign it at one of those scopes, or add this one to the assignable scopes of the role.",
				"the role %q cannot be assigned at %s, but only at %s", role.name, assignment.Scope, governance.Enumerate(role.scopes))
		}
		of := grant{strings.ToLower(assignment.Scope), role.id}
		if other, twice := resolved[of]; twice && !strings.EqualFold(want.Spec.RoleAssignments[other].Role, assignment.Role) {
			found.add(attribute("role_assignments", key), "Keep one of the two; conditions can be joined with OR.", "%q and %q assign the same role at the same scope, which Azure does only once", other, key)
		}
		resolved[of] = key
	}
	return found, m.checkLicence(ctx, &found, want.Spec)
}

// checkLicence finds ends that the tenant has no licence for. Where that cannot be asked, the apply tells.
func (m *ManagedIdentities) checkLicence(ctx context.Context, found *findings, spec ManagedIdentitySpec) error {
	var bound []string
	for _, key := range slices.Sorted(maps.Keys(spec.RoleAssignments)) {
		if spec.RoleAssignments[key].TimeBound {
			bound = append(bound, key)
		}
	}
	if len(bound) == 0 || m.subscription(spec) == "" {
		return nil
	}
	licensed, err := m.tenant.licensed(ctx, m.subscription(spec))
	if forbidden := (*platform.ErrForbidden)(nil); errors.As(err, &forbidden) {
		return nil
	}
	if err != nil || licensed {
		return err
	}
	for _, key := range bound {
		found.add(attribute("role_assignments", key, "time_bound"), unlicensedRemedy, "the tenant has no licence for role assignments that end by themselves (Privileged Identity Management answers %s)", codeNoLicense)
	}
	return nil
}

// Trust is who may sign in as the identity without being a resource that has it.
func (m *ManagedIdentities) Trust(spec ManagedIdentitySpec) governance.Trust {
	return m.tenant.federatedTrust(string(governance.KindAzureManagedIdentity), spec.FederatedCredentials)
}
