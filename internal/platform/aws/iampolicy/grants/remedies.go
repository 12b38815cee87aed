package grants

import (
	"fmt"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

const (
	administratorRemedy = "List the actions that the purpose needs, such as \"s3:GetObject\", and name their resources."
	boundaryCondition   = `{"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::<account>:policy/<boundary>"}}`
	passRoleRemedy      = `Name the roles in Resource, such as "arn:aws:iam::<account>:role/<name>", with the condition {"StringEquals": {"iam:PassedToService": "<service>.amazonaws.com"}}.`
)

func administratorWhy(leftOut, all bool) string {
	switch {
	case leftOut:
		return "It allows every action but some, IAM's among them, and so can give itself those too."
	case all:
		return "It allows every action on every resource, tomorrow's included."
	}
	return "It allows every action of IAM on every resource, and so can give itself all others."
}

// granting are the actions of IAM of which one is enough to give oneself the rest.
var granting = []string{
	"AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy", "PutRolePolicy", "PutUserPolicy", "PutGroupPolicy",
	"CreatePolicyVersion", "UpdateAssumeRolePolicy", "CreateAccessKey",
}

// sentence says what whoever has the actions does.
func sentence(what, does string) string { return "Whoever has " + what + " " + does + "." }

// underBoundary are the actions that IAM lets a policy tie to a permissions boundary.
const underBoundary = " iam:AttachRolePolicy iam:AttachUserPolicy iam:PutRolePolicy iam:PutUserPolicy iam:CreateRole iam:CreateUser iam:PutRolePermissionsBoundary iam:PutUserPermissionsBoundary "

func (c *classifier) escalationRemedy(w *way) string {
	first := c.watched[w.needs[0]]
	switch {
	case w.passing:
		service, _, _ := strings.Cut(w.to, " ")
		return strings.Replace(passRoleRemedy, "<service>", service, 1)
	case strings.Contains(underBoundary, " "+first.String()+" "):
		return fmt.Sprintf("Allow %s on %s only, with the condition %s.", w.name, example(first), boundaryCondition)
	}
	return resourceRemedy(first)
}

func credentialRemedy(a actions.Action) string {
	switch a.String() {
	case "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:UpdateAccessKey",
		"iam:CreateServiceSpecificCredential", "iam:ResetServiceSpecificCredential":
		return `Name the user in Resource, such as "arn:aws:iam::<account>:user/<name>", or "arn:aws:iam::<account>:user/${aws:username}" for users to do it for themselves.`
	case "ecr:GetAuthorizationToken", "ecr-public:GetAuthorizationToken":
		return "It takes no Resource, so limit what the password is good for: name the repositories where pulling and pushing are allowed."
	}
	return resourceRemedy(a)
}

// resourceRemedy asks for resources, where AWS takes them.
func resourceRemedy(a actions.Action) string {
	if a.WildcardOnly {
		return fmt.Sprintf("AWS takes no resource for %s: leave it out, or give it to an identity that does nothing else.", a)
	}
	return fmt.Sprintf("Name what %s is for in Resource, such as %s.", a, example(a))
}

// levelRemedy asks for the resources of the first of several actions, and for fewer actions where they are many.
func levelRemedy(of []actions.Action) string {
	if of[0].Service != of[len(of)-1].Service && len(of) > manyActions {
		return administratorRemedy
	}
	return resourceRemedy(of[0])
}

// manyActions is from how many actions of several services on a message asks for fewer.
const manyActions = 20

// resources has an example for the services that the dangers are mostly about.
var resources = map[string]string{
	"s3": "s3:::<bucket>/<prefix>/*", "secretsmanager": "secretsmanager:<region>:<account>:secret:<name>-*",
	"dynamodb": "dynamodb:<region>:<account>:table/<name>", "lambda": "lambda:<region>:<account>:function:<name>",
	"kms": "kms:<region>:<account>:key/<id>", "sqs": "sqs:<region>:<account>:<queue>", "sns": "sns:<region>:<account>:<topic>",
	"cloudformation": "cloudformation:<region>:<account>:stack/<name>/*", "codebuild": "codebuild:<region>:<account>:project/<name>",
	"ecs": "ecs:<region>:<account>:task/<cluster>/*", "kinesis": "kinesis:<region>:<account>:stream/<name>",
	"ecr": "ecr:<region>:<account>:repository/<name>", "ssm": "ssm:<region>:<account>:parameter/<path>/*",
	"iam": "iam::<account>:role/<name>", "logs": "logs:<region>:<account>:log-group:<name>:*", "sso": "sso:::permissionSet/<instance>/<set>",
	"identitystore": "identitystore:::group/<id>", "apigateway": "apigateway:<region>::/restapis/<id>",
	"glue": "glue:<region>:<account>:job/<name>", "ec2": "ec2:<region>:<account>:instance/<id>", "rds": "rds:<region>:<account>:db:<name>",
}

// example is an ARN, in quotation marks, that shows how to name one resource of an action.
func example(a actions.Action) string {
	if t, ok := targets[a.String()]; ok && t.arn != "" {
		parts := strings.SplitN(t.arn, ":", 6)
		region := map[bool]string{true: "<region>"}[parts[3] != ""]
		return fmt.Sprintf(`"arn:aws:%s:%s:<account>:%s"`, strings.TrimSuffix(parts[2], "*"), region, strings.TrimSuffix(parts[5], "*")+"<name>")
	}
	if text, ok := resources[a.Service]; ok {
		return `"arn:aws:` + text + `"`
	}
	return fmt.Sprintf(`"arn:aws:%s:<region>:<account>:<resource>"`, a.Service)
}
