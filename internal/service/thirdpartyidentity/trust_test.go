package thirdpartyidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestEnvironmentOfThirdParty warns where the third party's principal is in another environment than the role. Several
// accounts of one third party are one client, and no outsiders to a role that is made for them.
func TestEnvironmentOfThirdParty(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	config := collector(server).With(acctest.Values{"environment": "prod"}).With(accounts(partyAccount, otherAccount))
	p.Resource(typeName).Plan(config).Want(t)
	staging := config.With(accounts(partyAccount)).With(principal("arn:aws:iam::" + partyAccount + ":role/collector-staging"))
	p.Resource(typeName).Plan(staging).Want(t,
		"warning aws_role.principal_arns: Trust crosses environments … its environment is prod, but arn:aws:iam::"+partyAccount+":role/collector-staging says staging: … (OWASP NHI8). … Rule: environment_isolation (warn).")
	p.Resource(typeName).Plan(staging.With(acctest.Values{"environment": "staging"})).Want(t)
}
