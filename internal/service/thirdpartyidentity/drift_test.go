package thirdpartyidentity_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// rewriteTrust replaces a part of the trust policy behind Terraform's back.
func rewriteTrust(t testing.TB, server *sim.Server, old, with string) {
	t.Helper()
	had := role(t, server).TrustPolicy
	changed := strings.Replace(had, old, with, 1)
	if changed == had {
		t.Fatalf("%s is not in %s", old, had)
	}
	_, err := acctest.IAM(server).UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(roleName), PolicyDocument: &changed})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDrift shows what was changed outside Terraform, and undoes it with no write more than that.
func TestDrift(t *testing.T) {
	t.Parallel()
	for name, drift := range map[string]struct {
		change func(t testing.TB, server *sim.Server)
		shown  []string
		repair string
	}{
		"external id removed": {
			func(t testing.TB, server *sim.Server) {
				rewriteTrust(t, server, `"sts:ExternalId":"`+externalID+`"`, `"aws:PrincipalIsAWSService":"false"`)
			},
			[]string{"aws_role", "effective_trust_policy"},
			"UpdateAssumeRolePolicy",
		},
		"external id changed": {
			func(t testing.TB, server *sim.Server) { rewriteTrust(t, server, externalID, "acme") },
			[]string{"aws_role", "effective_trust_policy"},
			"UpdateAssumeRolePolicy",
		},
		"account added": {
			func(t testing.TB, server *sim.Server) {
				rewriteTrust(t, server, `"arn:aws:iam::`+partyAccount+`:root"`, `["`+partyAccount+`","`+otherAccount+`"]`)
			},
			[]string{"aws_role", "effective_trust_policy"},
			"UpdateAssumeRolePolicy",
		},
		"name changed": {
			func(t testing.TB, server *sim.Server) { tag(t.Context(), t, server, "nhi:third_party", "Evil") },
			[]string{"third_party", "name"},
			"TagRole",
		},
		"name removed": {
			func(t testing.TB, server *sim.Server) {
				_, err := acctest.IAM(server).UntagRole(t.Context(), &iam.UntagRoleInput{RoleName: aws.String(roleName), TagKeys: []string{"nhi:third_party"}})
				if err != nil {
					t.Fatal(err)
				}
			},
			[]string{"category"},
			"TagRole",
		},
		"contact changed": {
			func(t testing.TB, server *sim.Server) {
				tag(t.Context(), t, server, "nhi:third_party_contact", "x@evil.example")
			},
			[]string{"third_party", "contact"},
			"TagRole",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			config := collector(server) // without the external id, which is known from the state alone
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Apply(collector(server).With(withRole(acctest.Values{"external_id": externalID, "inline_policies": acctest.Values{"list": listRoles}}))).Want(t)
			before := role(t, server)
			drift.change(t, server)
			server.ResetCalls()
			r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
			r.Refresh().Want(t)
			r.Plan(config).Want(t)
			if fmt.Sprint(r.State(drift.shown...)) == fmt.Sprint(r.Planned(drift.shown...)) {
				t.Errorf("the plan does not show it at %v", drift.shown)
			}
			acctest.WantSame(t, "the planned external id", r.Planned("aws_role", "external_id"), externalID)
			r.ApplyPlanned(config).Want(t)
			acctest.WantWrites(t, server, drift.repair)
			if now := role(t, server); now.TrustPolicy != before.TrustPolicy || !maps.Equal(now.Tags, before.Tags) {
				t.Errorf("the role was\n%+v\nand is\n%+v", before, now)
			}
			r.Refresh().Want(t)
			if r.Plan(config).Want(t); r.Changes() {
				t.Error("the plan after the repair still changes something")
			}
		})
	}
}

func tag(ctx context.Context, t testing.TB, server *sim.Server, key, value string) {
	t.Helper()
	if _, err := acctest.IAM(server).TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String(roleName), Tags: []types.Tag{{Key: &key, Value: &value}}}); err != nil {
		t.Fatal(err)
	}
}

// TestRenamedKeys keeps the third party under the organisation's own tags.
func TestRenamedKeys(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	keys := acctest.Values{"metadata_keys": acctest.Values{"third_party": "Vendor", "third_party_contact": "acme:vendor-contact"}}
	r := acctest.NewConfiguredProtocol(t, server, keys).Resource(typeName)
	config := collector(server).With(withParty(acctest.Values{"name": "Acme, Inc. (EU)"}))
	r.Apply(config).Want(t)
	if tags := role(t, server).Tags; tags["Vendor"] != "Acme=2C Inc. =28EU=29" || tags["acme:vendor-contact"] != "soc@monitoring.acme.example" || tags["nhi:third_party"] != "" {
		t.Errorf("the tags are %v", tags)
	}
	r = r.Under(acctest.NewConfiguredProtocol(t, server, keys))
	r.Refresh().Want(t)
	if r.Plan(config).Want(t); r.Changes() {
		t.Error("the second plan changes something")
	}
}

// TestImport takes canonical id, ARN and resource identity, and plans no change for what is configured alike.
func TestImport(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	for name, config := range map[string]acctest.Values{"full": fullCollector(server), "bare": collector(server).With(acctest.Values{"name": "bare"})} {
		first := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
		first.Apply(config).Want(t)
		id, ok := first.State("id").(string)
		if !ok {
			t.Fatal("there is no id")
		}
		arn, ok := first.State("aws_role", "arn").(string)
		if !ok {
			t.Fatal("there is no ARN")
		}
		for by, try := range map[string]func(*acctest.Resource) acctest.Diagnostics{
			"id":       func(r *acctest.Resource) acctest.Diagnostics { return r.Import(id, nil) },
			"ARN":      func(r *acctest.Resource) acctest.Diagnostics { return r.Import(arn, nil) },
			"identity": func(r *acctest.Resource) acctest.Diagnostics { return r.Import("", acctest.Values{"id": id}) },
		} {
			t.Run(name+" by "+by, func(t *testing.T) {
				t.Parallel()
				r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
				try(r).Want(t)
				acctest.WantSame(t, "the external id", r.State("aws_role", "external_id"), first.State("aws_role", "external_id"))
				if r.Plan(config).Want(t); r.Changes() {
					t.Errorf("the plan changes\n%v\nto\n%v", r.State(), r.Planned())
				}
			})
		}
	}
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Import("acme", nil).Want(t, `error id: Import id is malformed … "acme" is not a canonical identity id … an ARN of a role is fine too`)
	r.Import("aws:123456789012:user/acme", nil).Want(t, "error id: Identity is of another kind … no identity that governed_third_party_identity can declare; it declares: aws_role, entra_service_principal.")
}

// TestImportOthers brings roles under governance whose trust has another form: what it says is taken over, and the plan
// shows the difference.
func TestImportOthers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trust   string
		had     any
		planned any // nil for one that is made
		says    []string
	}{
		"no external id": {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRole"}]}`, nil, nil, nil},
		"with others": {
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"` + externalID + `"}}},` +
				`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, externalID, externalID, nil,
		},
		"guessable": {
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"acme"}}}]}`, "acme", nil,
			[]string{"error aws_role.external_id: Trust is not safe … has 4 characters … Write one that was made at random"},
		},
		"workload": {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			account(server).PutRole(sim.Role{Name: roleName, TrustPolicy: c.trust})
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Import(roleID, nil).Want(t)
			acctest.WantSame(t, "the external id", r.State("aws_role", "external_id"), c.had)
			acctest.WantSame(t, "the third party's name", r.State("third_party", "name"), nil)
			if r.Plan(collector(server)).Want(t, append(c.says, "warning aws_role: Identity gains permissions … List: … iam:ListRoles on *")...); len(c.says) > 0 {
				return
			}
			if r.Replaces() || !r.Changes() {
				t.Errorf("the plan replaces the role: %t, changes something: %t", r.Replaces(), r.Changes())
			}
			if want := r.Planned("aws_role", "external_id"); c.planned == nil && want != acctest.Unknown {
				t.Errorf("the external id is planned to be %v", want)
			}
			r.ApplyPlanned(collector(server)).Want(t)
			id, _ := r.State("aws_role", "external_id").(string)
			getsIn(t, server, partyAccount, id, true)
			getsIn(t, server, partyAccount, "", false)
			r.Refresh().Want(t)
			if r.Plan(collector(server)).Want(t); r.Changes() {
				t.Error("the second plan changes something")
			}
		})
	}
}
