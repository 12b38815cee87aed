package aws

import (
	"testing"
)

// TestUnreadableGroup says of a group's policy that nobody understands that it is not judged: it grants nothing otherwise.
func TestUnreadableGroup(t *testing.T) {
	t.Parallel()
	account := &Account{}
	docs := groupDocs{groups: map[string]groupPolicies{"admins": {inline: map[string]string{"new": `{"Statement":{"Effect":"Later"}}`}}}}
	if _, err := account.policies.groups.Get(t.Context(), func() (groupDocs, error) { return docs, nil }); err != nil {
		t.Fatal(err)
	}
	h := holder{account: account, kind: userKind}
	if err := h.groups(t.Context(), []string{"Admins"}); err != nil {
		t.Fatal(err)
	}
	if len(h.unjudged) != 1 || h.unjudged[0].ToCome || h.unjudged[0].What[0] != "what the policy new of the group Admins allows" {
		t.Errorf("not judged: %v", h.unjudged)
	}
}
