package serviceidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

const misspelt = `{"Version":"2012-10-17","Statement":[
	{"Sid":"Read","Effect":"Allow","Action":["s3:GetObjcet","s3:ListBucket"],"Resource":"arn:aws:s3:::invoices/*"},
	{"Effect":"Deny","NotAction":"lamda:InvokeFunction","Resource":"arn:aws:lambda:*:*:function:export"}]}`

const saysMisspelt = `aws_role.inline_policies["export"]: Policy names unknown actions … governed_service_identity "invoice-export": the policy "export": 2 actions are not known: … ` +
	`- statement 1 (Sid "Read"), Action "s3:GetObjcet" is no action that is known, and so allows nothing; did you mean "s3:GetObject"? … ` +
	`- statement 2, NotAction "lamda:InvokeFunction" is of no service that is known: "lamda", and so spares nothing from being denied; did you mean "lambda:InvokeFunction"? … ` +
	`Check the spelling. AWS adds actions daily, so one that is right may have come after 20`

// TestUnknownActions warns at plan, once for each policy, and only while the policy is new or changed.
func TestUnknownActions(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	config := lambdaRole(server).With(policies("export", misspelt))
	r.Plan(config).Want(t, "warning "+saysMisspelt)
	r.Plan(config.With(withRole(acctest.Values{"inline_policies": acctest.Values{"export": misspelt}, "permissions_boundary_arn": acctest.Unknown}))).Want(t, "warning "+saysMisspelt)
	r.Plan(config.With(policies("export", allowing("ec2:Dscribe*", "*")))).Want(t,
		`warning aws_role.inline_policies["export"]: Policy names unknown actions … the policy "export": statement 1, Action "ec2:Dscribe*" is a pattern of no action that is known, and so allows nothing; did you mean "ec2:Describe*"? … Rule: unknown_action (warn).`)
	r.Apply(config).Want(t, "warning "+saysMisspelt)
	r.Plan(config.With(acctest.Values{"purpose": "Nightly export of invoices to the data lake, and of their totals"})).Want(t)
}

// TestUnknownActionsEnforced has the policy decide, at apply too.
func TestUnknownActionsEnforced(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	under := func(enforcement string) *acctest.Resource {
		return acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"enforcement": acctest.Values{"unknown_action": enforcement}}}).Resource(typeName)
	}
	config := lambdaRole(server).With(policies("export", misspelt))
	under("off").Plan(config).Want(t)
	strict := under("error")
	strict.Plan(config).Want(t, "error "+saysMisspelt)
	strict.Plan(lambdaRole(server).With(withRole(acctest.Values{"inline_policies": acctest.Values{"export": acctest.Unknown}}))).Want(t)
	strict.ApplyPlanned(config).Want(t, "error "+saysMisspelt)
	wantWrites(t, server)
}

// TestMalformedPolicies says where each kind of document is wrong.
func TestMalformedPolicies(t *testing.T) {
	t.Parallel()
	const broken = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3\", \"Resource\": \"*\"}]\n}"
	server := acctest.NewSim(t)
	role := lambdaRole(server)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	p.Resource(typeName).Plan(role.With(policies("export", broken))).Want(t,
		`error aws_role.inline_policies["export"]: The platform would refuse this … the policy "export": line 3, column 47: Action must be "*" or of the form service:Action, not "s3". … Write an identity policy`)
	p.Resource(typeName).Plan(exporter(server).With(withUser(acctest.Values{"inline_policies": acctest.Values{"export": "{\n\"Statement\": [}"}}))).Want(t,
		`error aws_user.inline_policies["export"]: The platform would refuse this … the policy "export": line 2, column 15: invalid JSON`)
}
