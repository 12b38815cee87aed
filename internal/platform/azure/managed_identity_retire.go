package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resourcegraph/armresourcegraph"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// What is told of the use of an identity: Resource Manager knows who may use it, and only Entra ID's reports when it was.
const (
	neverAssigned = "no resource has it assigned, and no federated credential lets anybody sign in as it"
	unknownSignIn = "Azure Resource Manager does not tell when somebody signed in with a federated credential"
)

// Retirement reads the identity as Read does, and who has it assigned from Resource Graph, once for all identities.
func (m *ManagedIdentities) Retirement(ctx context.Context, id governance.ID) (platform.Retirement, error) {
	state, err := m.Read(ctx, id)
	if err != nil {
		return platform.Retirement{}, err
	}
	found := platform.Retirement{Attachments: slices.Clone(state.Attachments)}
	for _, one := range state.withheld {
		if !slices.Contains(found.Attachments, one.String()) {
			found.Attachments = append(found.Attachments, one.String())
		}
	}
	slices.Sort(found.Attachments)
	users, err := m.users(ctx)
	var forbidden *platform.ErrForbidden
	switch {
	case errors.As(err, &forbidden):
		reason := "the provider's credentials lack the permission " + forbidden.Permission
		found.Gaps = append(found.Gaps, "the resources that have the identity assigned, because "+reason)
		found.Uses = append(found.Uses, governance.Use{Unknown: reason})
	case err != nil:
		return platform.Retirement{}, err
	}
	for _, user := range users[lower(id)] {
		found.Uses = append(found.Uses, governance.Use{AssignedTo: user})
	}
	if len(state.Federated()) > 0 {
		found.Uses = append(found.Uses, governance.Use{Unknown: unknownSignIn})
	}
	if len(found.Uses) == 0 {
		found.Uses = []governance.Use{{Never: neverAssigned}}
	}
	return found, nil
}

// usersQuery lists the resources that have identities assigned.
const usersQuery = "resources | where isnotempty(identity.userAssignedIdentities) | project id, identity"

// users are the resources that have identities assigned, by the identity's id in lower case, as far as the caller may read
// them.
func (m *ManagedIdentities) users(ctx context.Context) (map[string][]string, error) {
	return m.tenant.identities.users.Get(ctx, func() (map[string][]string, error) {
		arm, err := m.tenant.manage(ctx, m.tenant.SubscriptionID())
		if err != nil {
			return nil, err
		}
		users := map[string][]string{}
		query, format := usersQuery, armresourcegraph.ResultFormatObjectArray
		options := &armresourcegraph.QueryRequestOptions{ResultFormat: &format}
		for {
			answer, err := arm.graph.Resources(ctx, armresourcegraph.QueryRequest{Query: &query, Options: options}, nil)
			if err != nil {
				return nil, mapError(opResources, err)
			}
			rows, err := readUsers(answer.Data)
			if err != nil {
				return nil, err
			}
			for _, row := range rows {
				for identity := range row.Identity.UserAssigned {
					users[strings.ToLower(identity)] = append(users[strings.ToLower(identity)], row.ID)
				}
			}
			if deref(answer.SkipToken) == "" {
				for _, resources := range users {
					slices.Sort(resources)
				}
				return users, nil
			}
			options.SkipToken = answer.SkipToken
		}
	})
}

// user is a resource that has identities assigned.
type user struct {
	ID       string `json:"id"`
	Identity struct {
		UserAssigned map[string]any `json:"userAssignedIdentities"`
	} `json:"identity"`
}

// readUsers reads the rows, which the SDK leaves untyped.
func readUsers(data any) ([]user, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("the answer of Resource Graph: %w", err)
	}
	var rows []user
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, fmt.Errorf("the answer of Resource Graph: %w", err)
	}
	return rows, nil
}
