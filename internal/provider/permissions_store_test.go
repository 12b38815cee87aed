package provider_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// inStore tells whether a statement is about the secret store.
func (s permissionStatement) inStore() bool {
	return strings.HasPrefix(strings.TrimPrefix(s.Sid, optionalPrefix), "Store")
}

// TestPermissionsOfStoreRole keeps secrets in another account: the caller has only the permissions for the keys, and may
// assume a role, which has only those for the store. Each needs all that it has.
func TestPermissionsOfStoreRole(t *testing.T) {
	t.Parallel()
	const vault = "444455556666"
	for name, steps := range map[string]func(*life) []step{
		"governed_credential_aws_secrets_manager": secretLife,
		"governed_credential_aws_ssm_parameter":   parameterLife,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := readPermissions(t, permissionDocuments+name+".json")
			caller := document.without(permissionStatement.inStore)
			caller.Statement = append(caller.Statement, permissionStatement{
				Sid: "AssumeStoreRole", Effect: "Allow", Action: oneOrMore{"sts:AssumeRole"}, Resource: oneOrMore{"arn:aws:iam::" + vault + ":role/secrets"},
			})
			role := document.without(func(s permissionStatement) bool { return !s.inStore() }).of(vault)

			server := acctest.NewSim(t, sim.WithClock(exampleDay))
			deployer := acctest.NewDeployer(server, caller.String())
			server.Account(vault).PutRole(sim.Role{
				Name: "secrets", InlinePolicies: map[string]string{"store": role.String()},
				TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + deployer.ARN() + `"},"Action":"sts:AssumeRole"}]}`,
			})
			l := &life{
				t: t, server: server, admin: acctest.IAM(server), deployer: deployer, document: document,
				storeRole: "arn:aws:iam::" + vault + ":role/secrets", storeAccount: vault,
			}
			if failure := l.through(steps); failure != "" {
				t.Error(failure)
			}
			inSession := acctest.PermissionsOf(server, "arn:aws:sts::"+vault+":assumed-role/secrets/")
			if missing := append(refused(deployer.Permissions()), refused(inSession)...); len(missing) > 0 {
				t.Errorf("%q are missing", missing)
			}
			for _, problem := range append(caller.unneeded(deployer.Permissions()), role.unneeded(inSession)...) {
				t.Error(problem)
			}
		})
	}
}

// of is the document for another account.
func (d permissionDocument) of(account string) permissionDocument {
	d = d.without(func(permissionStatement) bool { return false })
	for i, s := range d.Statement {
		var resources oneOrMore
		for _, resource := range s.Resource {
			resources = append(resources, strings.ReplaceAll(resource, sim.DefaultAccount, account))
		}
		d.Statement[i].Resource = resources
	}
	return d
}
