//go:build moto

package revokesessions_test

import (
	"encoding/json"
	"net/url"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestMotoRevokeSessions denies the sessions of a role and a user of an implementation that is not ours: the policy that does
// so is on them, and says until when, by the action and by the argument of the resource.
func TestMotoRevokeSessions(t *testing.T) {
	t.Parallel()
	endpoint := os.Getenv("GOVERNED_MOTO_ENDPOINT")
	if endpoint == "" {
		t.Fatal("GOVERNED_MOTO_ENDPOINT is not set: start moto_server and set it to the server's URL, or run make test-moto, which does both")
	}
	client := acctest.NewIAM(endpoint, os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"))
	server := acctest.NewSim(t) // Its clock alone: that of the provider.
	p := acctest.NewProtocol(t, server)
	p.Configure(acctest.Values{"aws": acctest.Values{"region": "eu-west-1", "endpoints": acctest.Values{"iam": endpoint, "sts": endpoint}}}).Want(t)
	const name, reached = "moto-revoked", "2026-01-02T03:04:05Z"
	identity := p.Resource("governed_service_identity")
	identity.Apply(acctest.Values{
		"name": name, "owner": "payments", "purpose": "Nightly export of invoices", "expiry": acctest.Date(server, 90),
		"aws_role": acctest.Values{"trust": acctest.Values{"aws_services": []string{"lambda.amazonaws.com"}}, "sessions_valid_after": reached},
	}).Want(t)
	policy := func(policy string) string {
		t.Helper()
		output, err := client.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: aws.String(name), PolicyName: &policy})
		if err != nil {
			t.Fatal(err)
		}
		text, err := url.QueryUnescape(aws.ToString(output.PolicyDocument))
		if err != nil {
			t.Fatal(err)
		}
		var document struct {
			Statement []struct {
				Effect    string
				Action    any
				Condition map[string]map[string]string
			}
		}
		if err := json.Unmarshal([]byte(text), &document); err != nil || len(document.Statement) != 1 || document.Statement[0].Effect != "Deny" {
			t.Fatalf("the policy %s is %s: %v", policy, text, err)
		}
		return document.Statement[0].Condition["DateLessThan"]["aws:TokenIssueTime"]
	}
	acctest.WantSame(t, "the argument's instant", policy("governed-sessions"), reached)
	const suspect = "2026-02-03T04:05:06Z"
	for range 2 {
		_, diags := p.Invoke(typeName, acctest.Values{"identity": identity.State("id"), "issued_before": suspect})
		diags.Want(t)
		acctest.WantSame(t, "the action's instant", policy("governed-revoked-sessions"), suspect)
	}
	identity.Refresh().Want(t)
	identity.Apply(nil).Want(t)
	if _, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String(name)}); err == nil {
		t.Error("the role is still there")
	}
}
