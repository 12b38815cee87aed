package serviceidentity_test

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// tampering is a change behind Terraform's back.
type tampering struct {
	change func(context.Context, *iam.Client) error
	// shown is where the plan shows it.
	shown []string
	// repair are the writes that undo it.
	repair []string
	// warnings come with the refresh.
	warnings []string
}

var (
	roleName   = aws.String("invoice-export")
	tamperings = map[string]tampering{
		"tag removed": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: roleName, TagKeys: []string{"nhi:owner"}})
				return err
			},
			[]string{"owner"},
			[]string{"TagRole", "TagInstanceProfile"},
			nil,
		},
		"mark removed": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: roleName, TagKeys: []string{"nhi:managed_by"}})
				return err
			},
			[]string{"managed_by"},
			[]string{"TagRole", "TagInstanceProfile"},
			nil,
		},
		"tag changed": {
			func(ctx context.Context, c *iam.Client) error { return tag(ctx, c, "nhi:expiry", "2099-12-31") },
			[]string{"expiry"},
			[]string{"TagRole", "TagInstanceProfile"},
			nil,
		},
		"foreign tag": {
			func(ctx context.Context, c *iam.Client) error { return tag(ctx, c, "team", "finance") },
			[]string{"labels", "team"},
			[]string{"UntagRole", "UntagInstanceProfile"},
			nil,
		},
		"a third party claimed": {
			func(ctx context.Context, c *iam.Client) error { return tag(ctx, c, "nhi:third_party", "Acme") },
			[]string{"category"},
			[]string{"UntagRole", "UntagInstanceProfile"},
			nil,
		},
		"trust widened": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: roleName, PolicyDocument: aws.String(anyoneTrust)})
				return err
			},
			[]string{"aws_role", "effective_trust_policy"},
			[]string{"UpdateAssumeRolePolicy"},
			nil,
		},
		"inline policy added": {
			func(ctx context.Context, c *iam.Client) error { return putPolicy(ctx, c, "backdoor", writeBuckets) },
			[]string{"aws_role", "inline_policies", "backdoor"},
			[]string{"DeleteRolePolicy"},
			nil,
		},
		"inline policy changed": {
			func(ctx context.Context, c *iam.Client) error { return putPolicy(ctx, c, "read", writeBuckets) },
			[]string{"aws_role", "inline_policies", "read"},
			[]string{"PutRolePolicy"},
			nil,
		},
		"policy attached": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: roleName, PolicyArn: aws.String(administrator)})
				return err
			},
			[]string{"aws_role", "managed_policy_arns"},
			[]string{"DetachRolePolicy"},
			nil,
		},
		"policy detached": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: roleName, PolicyArn: aws.String(readOnly)})
				return err
			},
			[]string{"aws_role", "managed_policy_arns"},
			[]string{"AttachRolePolicy"},
			nil,
		},
		"boundary removed": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: roleName})
				return err
			},
			[]string{"aws_role", "permissions_boundary_arn"},
			[]string{"PutRolePermissionsBoundary"},
			nil,
		},
		"expiry policy deleted": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: roleName, PolicyName: aws.String("governed-expiry")})
				return err
			},
			[]string{"aws_role", "expiry_policy"},
			[]string{"PutRolePolicy"},
			nil,
		},
		"expiry policy loosened": {
			func(ctx context.Context, c *iam.Client) error {
				return putPolicy(ctx, c, "governed-expiry", readBuckets)
			},
			[]string{"aws_role", "expiry_policy"},
			[]string{"PutRolePolicy"},
			nil,
		},
		"session prolonged": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: roleName, MaxSessionDuration: aws.Int32(43200)})
				return err
			},
			[]string{"aws_role", "max_session_duration"},
			[]string{"UpdateRole"},
			nil,
		},
		"taken out of its instance profile": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{RoleName: roleName, InstanceProfileName: roleName})
				return err
			},
			[]string{"aws_role", "instance_profile_arn"},
			[]string{"CreateInstanceProfile", "AddRoleToInstanceProfile"},
			nil,
		},
	}
)

func tag(ctx context.Context, c *iam.Client, key, value string) error {
	_, err := c.TagRole(ctx, &iam.TagRoleInput{RoleName: roleName, Tags: []types.Tag{{Key: &key, Value: &value}}})
	return err
}

func putPolicy(ctx context.Context, c *iam.Client, name, document string) error {
	_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: roleName, PolicyName: &name, PolicyDocument: &document})
	return err
}

// TestDrift has every change behind Terraform's back shown in the plan where it is, and undone by the apply, with no
// write more than that.
func TestDrift(t *testing.T) {
	t.Parallel()
	for name, tampering := range tamperings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			tampering.isUndone(t, server, fullRole(server), func() any {
				view := role(t, server, "invoice-export")
				slices.Sort(view.AttachedPolicyARNs)
				return view
			}, givesBack[name]...)
		})
	}
}

// givesBack are the warnings of plans that give an identity what somebody has taken from it.
var givesBack = map[string][]string{
	"inline policy changed": {"warning aws_role: Identity gains permissions … s3:GetObject on arn:aws:s3:::invoices/*"},
	"policy detached":       {"warning aws_role: Identity gains permissions … Read: … lambda:GetPolicy … List: … more, none of them graver."},
}

// isUndone makes an identity, tampers with it, and finds that shown and repaired. view is the identity as it is, and gains
// are warnings of the plan.
func (w tampering) isUndone(t *testing.T, server *sim.Server, config acctest.Values, view func() any, gains ...string) {
	t.Helper()
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(config).Want(t)
	before := view()
	if err := w.change(t.Context(), acctest.IAM(server)); err != nil {
		t.Fatal(err)
	}
	server.ResetCalls()
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t, w.warnings...)
	r.Plan(config).Want(t, gains...)
	if same(r.State(w.shown...), r.Planned(w.shown...)) {
		t.Errorf("the plan does not show it at %v", w.shown)
	}
	r.ApplyPlanned(config).Want(t)
	wantWrites(t, server, w.repair...)
	if now := view(); !same(before, now) {
		t.Errorf("the identity was\n%+v\nand is\n%+v", before, now)
	}
	r.Refresh().Want(t)
	r.Plan(config).Want(t)
	if r.Changes() {
		t.Error("the plan after the repair still changes something")
	}
}

// TestSimDrift does all of it at once through Terraform.
func TestSimDrift(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	configuration := config(server, everything)
	var before sim.RoleView
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		CheckDestroy:             destroyed(t, server),
		Steps: []resource.TestStep{
			{Config: configuration},
			{
				PreConfig: func() {
					before = role(t, server, "invoice-export")
					for name, tampering := range tamperings {
						if err := tampering.change(t.Context(), acctest.IAM(server)); err != nil {
							t.Errorf("%s: %s", name, err)
						}
					}
				},
				Config: configuration,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction(resourceAddress, plancheck.ResourceActionUpdate),
					plancheck.ExpectKnownValue(resourceAddress, tfjsonpath.New("owner"), knownvalue.StringExact("payments")),
				}},
				Check: checked(func() { wantSameRole(t, before, role(t, server, "invoice-export")) }),
			},
		},
	})
}

func wantSameRole(t *testing.T, before, now sim.RoleView) {
	t.Helper()
	slices.Sort(before.AttachedPolicyARNs)
	slices.Sort(now.AttachedPolicyARNs)
	if !same(before, now) {
		t.Errorf("the role was\n%+v\nand is\n%+v", before, now)
	}
}

// TestIgnoredTags leaves tags alone that another tool writes on everything.
func TestIgnoredTags(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	aws := acctest.AWSArgument(server.URL()).With(acctest.Values{"ignore_tags": acctest.Values{"keys": []string{"team"}, "key_prefixes": []string{"scanner/"}}})
	p := acctest.NewProtocol(t, server)
	p.Configure(acctest.Values{"aws": aws}).Want(t)
	r := p.Resource(typeName)
	r.Apply(lambdaRole(server)).Want(t)
	for _, key := range []string{"team", "scanner/last-run"} {
		if err := tag(t.Context(), acctest.IAM(server), key, "x"); err != nil {
			t.Fatal(err)
		}
	}
	r.Refresh().Want(t)
	r.Plan(lambdaRole(server)).Want(t)
	if r.Changes() {
		t.Errorf("the plan changes labels from %v to %v", r.State("labels"), r.Planned("labels"))
	}
	server.ResetCalls()
	r.Apply(lambdaRole(server).With(acctest.Values{"owner": "billing"})).Want(t)
	wantWrites(t, server, "TagRole")
	if tags := role(t, server, "invoice-export").Tags; tags["team"] != "x" || tags["scanner/last-run"] != "x" || tags["nhi:owner"] != "billing" {
		t.Errorf("the tags are %v", tags)
	}
}
