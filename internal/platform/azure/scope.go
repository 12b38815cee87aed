package azure

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

var (
	guidPattern            = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	managementGroupPattern = regexp.MustCompile(`(?i)^/providers/Microsoft\.Management/managementGroups/([^/]{1,90})$`)
	subscriptionPattern    = regexp.MustCompile(`(?i)^/subscriptions/([^/]+)(/.*)?$`)
	resourceGroupPattern   = regexp.MustCompile(`(?i)^/resourceGroups/[^/]{1,90}(/providers/[^/]+(/[^/]+/[^/]+)+)*$`)
)

const scopeForms = "/subscriptions/<id>, /subscriptions/<id>/resourceGroups/<name>, the id of a resource in it, or /providers/Microsoft.Management/managementGroups/<name>"

// base is the subscription or management group that a scope lies in: role assignments are listed for one of these.
type base string

func subscriptionBase(id string) base { return base("/subscriptions/" + strings.ToLower(id)) }

// short is the base as a record has it, and readBase reads it back.
func (b base) short() string {
	if id, ok := strings.CutPrefix(string(b), "/subscriptions/"); ok {
		return id
	}
	return "group " + string(b[strings.LastIndexByte(string(b), '/')+1:])
}

func readBase(short string) base {
	if name, ok := strings.CutPrefix(short, "group "); ok {
		return base("/providers/microsoft.management/managementgroups/" + name)
	}
	return subscriptionBase(short)
}

// baseOf is where a scope lies; reason is a clause about a text that is no scope.
func baseOf(scope string) (b base, reason string) {
	if managementGroupPattern.MatchString(scope) {
		return base(strings.ToLower(scope)), ""
	}
	match := subscriptionPattern.FindStringSubmatch(scope)
	switch {
	case scope == "/":
		return "", "it is the whole tenant"
	case !strings.HasPrefix(scope, "/"):
		return "", "it does not begin with a slash"
	case strings.HasSuffix(scope, "/"):
		return "", "it ends with a slash"
	case match == nil:
		return "", "it is neither below /subscriptions nor a management group"
	case !guidPattern.MatchString(match[1]):
		return "", fmt.Sprintf("the subscription %q is not a GUID", match[1])
	case match[2] != "" && !resourceGroupPattern.MatchString(match[2]):
		return "", "what follows the subscription is no resource group and no resource in one"
	}
	return subscriptionBase(match[1]), ""
}

// sameScope compares as Resource Manager does, ignoring case.
func sameScope(one, other string) bool { return strings.EqualFold(one, other) }

// identityParts are the parts of a managed identity's ARM id.
type identityParts struct{ subscription, resourceGroup, name string }

// partsOf takes a canonical id apart. ParseID has made sure of its form.
func partsOf(id governance.ID) identityParts {
	parts := strings.Split(id.Resource, "/")
	if len(parts) < 9 {
		return identityParts{}
	}
	return identityParts{subscription: parts[2], resourceGroup: parts[4], name: parts[8]}
}

// id is the canonical one.
func (p identityParts) id() governance.ID {
	return governance.ID{Kind: governance.KindAzureManagedIdentity, Resource: fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.ManagedIdentity/userAssignedIdentities/%s", strings.ToLower(p.subscription), p.resourceGroup, p.name)}
}

// sameIdentity compares as Resource Manager does, ignoring case.
func sameIdentity(one, other governance.ID) bool {
	return one.Kind == other.Kind && strings.EqualFold(one.Resource, other.Resource)
}

// ParseManagedIdentityID reads an ARM id as a canonical id; ok is false when it is not that of a managed identity.
func ParseManagedIdentityID(text string) (id governance.ID, ok bool) {
	id, err := governance.ParseID("azure:" + text)
	if err != nil {
		return governance.ID{}, false
	}
	return partsOf(id).id(), true
}

// SameLocation compares names of regions as Azure does: West Europe is westeurope.
func SameLocation(one, other string) bool { return NormalLocation(one) == NormalLocation(other) }

// NormalLocation is the name of a region as Resource Manager returns it.
func NormalLocation(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, " ", ""))
}
