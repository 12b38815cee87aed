package serviceidentity_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	allowAll  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::invoices/*"},{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}]}`
	loggers   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}`
	writeAny  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]}`
	dynamoAll = "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"
)

func allowing(action, resource string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%q,"Resource":%q}]}`, action, resource)
}

// TestDangers plans an identity that each rule is about, and does not let what is an error be applied either.
func TestDangers(t *testing.T) {
	t.Parallel()
	inline := func(document string) acctest.Values { return policies("export", document) }
	const at = `aws_role.inline_policies["export"]: `
	for name, c := range map[string]violation{
		"administrator": {inline(allowAll), []string{
			"error " + at + `Identity would be an administrator … governed_service_identity "invoice-export": inline policy "export", statement 2 (Sid "All"), *: it allows every action on every resource, tomorrow's included. … ` +
				`List the actions that the purpose needs, such as "s3:GetObject", and name their resources. … Argument: aws_role.inline_policies["export"]. Rule: administrator (error).`,
		}},
		"administrator by AWS's policy": {withRole(acctest.Values{"managed_policy_arns": []string{administrator}}), []string{
			`error aws_role.managed_policy_arns: Identity would be an administrator … AWS managed policy "` + administrator + `", statement 1, *: it allows every action`,
		}},
		"privilege escalation": {inline(allowing("iam:PutRolePolicy", "arn:aws:iam::*:role/*")), []string{
			"error " + at + `Identity could raise its own privileges … inline policy "export", statement 1, iam:PutRolePolicy: whoever has iam:PutRolePolicy … Rule: privilege_escalation (error).`,
			"warning " + at + `Identity could change permissions of any resource … Rule: permissions_management (warn).`,
			"warning " + at + `Identity could change any resource … Rule: resource_wildcard_write (warn).`,
		}},
		"pass role": {inline(allowing("iam:PassRole", "*")), []string{
			"error " + at + `Identity could pass any role to any service … inline policy "export", statement 1, iam:PassRole: it passes any role to any service … Name the roles in Resource … Rule: pass_role_unrestricted (error).`,
			"warning " + at + `Identity could change any resource … Rule: resource_wildcard_write (warn).`,
		}},
		"permissions management": {inline(allowing("s3:PutBucketPolicy", "*")), []string{
			"warning " + at + `Identity could change permissions of any resource … inline policy "export", statement 1, s3:PutBucketPolicy: it changes who may do what on resources of any name, by s3:PutBucketPolicy. … Rule: permissions_management (warn).`,
			"warning " + at + `Identity could read or give away any data … Rule: data_exfiltration (warn).`,
			"warning " + at + `Identity could change any resource … Rule: resource_wildcard_write (warn).`,
		}},
		"credential exposure": {inline(allowing("ec2:GetPasswordData", "*")), []string{
			"warning " + at + `Identity could get credentials of others … gets the administrator's password of any Windows instance … Name what ec2:GetPasswordData is for in Resource … Rule: credential_exposure (warn).`,
		}},
		"data exfiltration": {inline(allowing("s3:GetObject", "*")), []string{
			"warning " + at + `Identity could read or give away any data … inline policy "export", statement 1, s3:GetObject: whoever has s3:GetObject reads every object in every bucket. … such as "arn:aws:s3:::<bucket>/<prefix>/*" … Rule: data_exfiltration (warn).`,
		}},
		"service wildcard": {inline(allowing("logs:*", "arn:aws:logs:eu-central-1:123456789012:log-group:export:*")), []string{
			"warning " + at + `Identity could use all of a service … inline policy "export", statement 1, logs:*: it allows every action of a service … such as "logs:Get*" is narrower too. … Rule: service_wildcard (warn).`,
		}},
		"resource wildcard": {inline(writeAny), []string{
			"warning " + at + `Identity could change any resource … inline policy "export", statement 1, sqs:SendMessage: it changes resources of any name, those of others among them, by sqs:SendMessage. … Rule: resource_wildcard_write (warn).`,
		}},
		"nothing":                    {inline(readBuckets), nil},
		"taken away by the boundary": {withRole(acctest.Values{"inline_policies": acctest.Values{"export": allowAll}, "permissions_boundary_arn": readOnly}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Plan(lambdaRole(server).With(c.wrong)).Want(t, c.says...)
		})
	}
}

// TestDangersEnforced has the policy decide.
func TestDangersEnforced(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	under := func(enforcement acctest.Values) *acctest.Resource {
		return acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"enforcement": enforcement}}).Resource(typeName)
	}
	config := lambdaRole(server).With(policies("export", allowAll))
	under(acctest.Values{"administrator": "off", "privilege_escalation": "off", "pass_role_unrestricted": "off", "permissions_management": "off", "credential_exposure": "off", "data_exfiltration": "off", "service_wildcard": "off", "resource_wildcard_write": "off"}).Plan(config).Want(t)
	under(acctest.Values{"administrator": "warn", "privilege_escalation": "warn", "pass_role_unrestricted": "warn"}).Apply(config).Want(t, `warning aws_role.inline_policies["export"]: Identity would be an administrator`)
}

// TestDangersOfGroups judges a user by its groups too.
func TestDangersOfGroups(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	account(server).PutGroup(sim.Group{Name: "admins", InlinePolicies: map[string]string{"all": allowAll}})
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Plan(exporter(server).With(withUser(acctest.Values{"groups": []string{"admins", "mail"}}))).Want(t,
		`error aws_user.groups: Identity would be an administrator … group "admins", inline policy "all", statement 2 (Sid "All"), *: it allows every action`)
	if calls := server.CountCalls("iam:GetAccountAuthorizationDetails"); calls != 1 {
		t.Errorf("%d calls have read the groups", calls)
	}
}

// TestDangersKnownAtApply judges before any call what was not known at plan.
func TestDangersKnownAtApply(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		planned, known acctest.Values
		at             string
	}{
		"policy":           {withRole(acctest.Values{"inline_policies": acctest.Values{"export": acctest.Unknown}}), policies("export", allowAll), `inline_policies["export"]`},
		"managed policies": {withRole(acctest.Values{"managed_policy_arns": acctest.Unknown}), withRole(acctest.Values{"managed_policy_arns": []string{administrator}}), "managed_policy_arns"},
		"no boundary after all": {
			withRole(acctest.Values{"inline_policies": acctest.Values{"export": allowAll}, "permissions_boundary_arn": acctest.Unknown}),
			withRole(acctest.Values{"inline_policies": acctest.Values{"export": allowAll}, "permissions_boundary_arn": administrator}),
			`inline_policies["export"]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Plan(lambdaRole(server).With(c.planned)).Want(t)
			r.ApplyPlanned(lambdaRole(server).With(c.known)).Want(t, "error aws_role."+c.at+": Identity would be an administrator")
			wantWrites(t, server)
		})
	}
}

// TestUnjudged warns of what it may not read, once for each reason, and goes on.
func TestUnjudged(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"iam:GetPolicy", "iam:GetPolicyVersion"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			server.DenyActions(sim.DefaultAccount, action)
			p := acctest.NewConfiguredProtocol(t, server, nil)
			config := lambdaRole(server).With(withRole(acctest.Values{"managed_policy_arns": []string{readOnly, administrator}, "permissions_boundary_arn": boundary}))
			says := []string{
				"warning aws_role.managed_policy_arns: Permissions are not judged … what the managed policy " + administrator + " allows, what the managed policy " + readOnly + " allows are not judged, because the provider's credentials lack the permission " + action + ". … Allow " + action + " to them",
				"warning aws_role.permissions_boundary_arn: Permissions are not judged … what the permissions boundary " + boundary + " takes away is not judged",
			}
			p.Resource(typeName).Plan(config).Want(t, says...)
			p.Resource(typeName).Plan(config).Want(t, says...)
			if calls := server.CountCalls(action); calls != 3 {
				t.Errorf("%d calls were refused for three policies", calls)
			}
			p.Resource(typeName).Apply(config).Want(t, says...)
		})
	}
	t.Run("groups", func(t *testing.T) {
		t.Parallel()
		server := newUserSim(t)
		server.DenyActions(sim.DefaultAccount, "iam:GetAccountAuthorizationDetails")
		acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Plan(exporter(server).With(withUser(acctest.Values{"groups": []string{"mail"}}))).Want(t,
			"warning aws_user.groups: Permissions are not judged … what the groups mail allow is not judged, because the provider's credentials lack the permission iam:GetAccountAuthorizationDetails")
	})
	t.Run("boundary to come", func(t *testing.T) {
		t.Parallel()
		server := acctest.NewSim(t)
		p := acctest.NewConfiguredProtocol(t, server, nil)
		config := lambdaRole(server).With(withRole(acctest.Values{"inline_policies": acctest.Values{"export": allowAll}, "permissions_boundary_arn": "arn:aws:iam::123456789012:policy/limit"}))
		p.Resource(typeName).Plan(config).Want(t, "warning aws_role.permissions_boundary_arn: Permissions are not judged … there is no such policy yet")
		account(server).PutManagedPolicy(sim.ManagedPolicy{Name: "limit", Document: loggers})
		p.Resource(typeName).Apply(config).Want(t, `warning aws_role.inline_policies["export"]: Identity could change any resource … logs:PutLogEvents`)
	})
}

// TestDangersCost asks for each policy once a run, and for none where nothing changes.
func TestDangersCost(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	config := func(i int) acctest.Values {
		return lambdaRole(server).With(withRole(acctest.Values{"managed_policy_arns": []string{readOnly}})).With(acctest.Values{"name": fmt.Sprintf("export-%d", i)})
	}
	for i := range 50 {
		p.Resource(typeName).Plan(config(i)).Want(t)
	}
	if policies, versions := server.CountCalls("iam:GetPolicy"), server.CountCalls("iam:GetPolicyVersion"); policies != 1 || versions != 1 {
		t.Errorf("50 plans have asked %d and %d times", policies, versions)
	}
	r := p.Resource(typeName)
	r.Apply(config(0)).Want(t)
	server.ResetCalls()
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Apply(config(0).With(acctest.Values{"owner": "billing"})).Want(t)
	if calls := server.CountCalls("iam:GetPolicy"); calls != 0 {
		t.Errorf("a new owner has asked %d times", calls)
	}
}

// TestDangersOfExisting leaves an identity alone that nobody changes, and lets it be narrowed step by step.
func TestDangersOfExisting(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	lenient := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"enforcement": acctest.Values{"administrator": "off", "privilege_escalation": "off", "pass_role_unrestricted": "off"}}})
	r := lenient.Resource(typeName)
	config := func(names ...string) acctest.Values {
		inline := acctest.Values{}
		for _, name := range names {
			inline[name] = allowAll
		}
		return lambdaRole(server).With(withRole(acctest.Values{"inline_policies": inline}))
	}
	if diags := r.Apply(config("a", "b")); diags.Failed() {
		t.Fatal(diags)
	}
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Apply(config("a", "b").With(acctest.Values{"owner": "billing"})).Want(t)
	r.Apply(config("a")).Want(t, `warning aws_role.inline_policies["a"]: Identity would be an administrator … Rule: administrator (warn).`)
	narrow := config("a").With(policies("a", readBuckets))
	r.Apply(narrow).Want(t)
	r.Plan(config("a")).Want(t, `error aws_role.inline_policies["a"]: Identity would be an administrator`, "warning aws_role: Identity gains permissions")
}

// TestDangersOfUnread lets an identity be narrowed also where a policy that stays may not be read.
func TestDangersOfUnread(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	config := func(inline acctest.Values) acctest.Values {
		return lambdaRole(server).With(withRole(acctest.Values{"inline_policies": inline, "managed_policy_arns": []string{readOnly}}))
	}
	lenient := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"enforcement": acctest.Values{"administrator": "warn", "privilege_escalation": "warn", "pass_role_unrestricted": "warn"}}})
	r := lenient.Resource(typeName)
	r.Apply(config(acctest.Values{"a": allowAll, "b": readBuckets})).Want(t, `warning aws_role.inline_policies["a"]: Identity would be an administrator`)
	server.DenyActions(sim.DefaultAccount, "iam:GetPolicy")
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	const unread = "warning aws_role.managed_policy_arns: Permissions are not judged … lack the permission iam:GetPolicy"
	r.Plan(config(acctest.Values{"a": allowAll})).Want(t, unread, `warning aws_role.inline_policies["a"]: Identity would be an administrator … Rule: administrator (warn).`)
	r.Plan(lambdaRole(server).With(withRole(acctest.Values{"inline_policies": acctest.Values{"a": allowAll, "b": readBuckets}, "managed_policy_arns": []string{readOnly, administrator}}))).Want(t,
		unread, `error aws_role.inline_policies["a"]: Identity would be an administrator … Rule: administrator (error).`)
}

// TestGains says what a change newly allows, and asks for a ticket and a purpose where the policy does.
func TestGains(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"enforcement": acctest.Values{"escalation_needs_ticket": "error", "purpose_follows_permissions": "warn"}}})
	r := p.Resource(typeName)
	r.Apply(lambdaRole(server).With(policies("read", readBuckets))).Want(t)
	wider := lambdaRole(server).With(withRole(acctest.Values{"inline_policies": acctest.Values{"read": readBuckets, "write": writeBuckets, "policy": allowing("s3:PutBucketPolicy", "arn:aws:s3:::lake")}}))
	gains := `warning aws_role: Identity gains permissions … governed_service_identity "invoice-export" may do what it could not do before: … Permissions management:` + "\n  - s3:PutBucketPolicy on arn:aws:s3:::lake\nWrite:\n  - s3:PutObject on arn:aws:s3:::lake/*"
	r.Apply(wider).Want(t, gains,
		`error ticket: Identity gains permissions without a new ticket … it gains permissions without a new ticket, so nobody could tell who has asked for them and who has agreed. … Write the request that asks for what it gains, for example ticket = "SEC-1234". … Rule: escalation_needs_ticket (error).`,
		`warning purpose: Identity gains permissions for an unchanged purpose … Say in the purpose what the identity needs them for. … Rule: purpose_follows_permissions (warn).`)
	r.Apply(wider.With(acctest.Values{"ticket": "SEC-99", "purpose": "Nightly export of invoices to the lake, and its bucket policy"})).Want(t, gains)
	r.Apply(wider.With(policies("read", strings.Replace(readBuckets, "invoices/*", "invoices/2026/*", 1)))).Want(t)
}
