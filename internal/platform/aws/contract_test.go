package aws_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/platformtest"
)

func TestSimContractRoles(t *testing.T) {
	t.Parallel()
	platformtest.Run(t, platformtest.Harness[aws.RoleSpec, aws.RoleState]{
		Open:     func(t *testing.T) platformtest.Estate[aws.RoleSpec, aws.RoleState] { t.Helper(); return openEstate(t) },
		Describe: describe,
	})
}

// describe writes a role down without what only the cloud knows.
func describe(state aws.RoleState) string {
	state = canonical(state)
	state.UniqueID, state.CreatedAt, state.LastUsedAt, state.LastUsedRegion = "", time.Time{}, time.Time{}, ""
	return text(state)
}

func text(state any) string {
	text, err := json.MarshalIndent(state, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func canonical(state aws.RoleState) aws.RoleState {
	state.TrustPolicy, state.AssumeRolePolicy = canonicalPolicy(state.TrustPolicy), canonicalPolicy(state.AssumeRolePolicy)
	state.EntityState = canonicalEntity(state.EntityState)
	state.OtherInstanceProfiles = append([]string{}, state.OtherInstanceProfiles...)
	return state
}

func canonicalEntity(state aws.EntityState) aws.EntityState {
	state.ExpiryPolicy = canonicalPolicy(state.ExpiryPolicy)
	inline := map[string]string{}
	for name, document := range state.InlinePolicies {
		inline[name] = canonicalPolicy(document)
	}
	state.InlinePolicies = inline
	state.ManagedPolicyARNs = append([]string{}, state.ManagedPolicyARNs...)
	return state
}

func canonicalPolicy(text string) string {
	if document, err := iampolicy.Parse(text); err == nil {
		return document.JSON()
	}
	return text
}
