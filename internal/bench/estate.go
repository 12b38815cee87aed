package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// What the estate has, one among so many.
const (
	usersAmong          = 9
	largeAmong          = 20 // policies near IAM's limit
	boundedAmong        = 3
	buildersAmong       = 4 // have a shared policy of their team
	powerUsersAmong     = 50
	administratorsAmong = 100
)

// sharedPolicies is how many customer-managed policies an account has.
const sharedPolicies = 40

// seedIdentities puts roles and users into an account, every second one governed, each with a trust and a policy of its
// own, and many with managed policies and a boundary besides.
func seedIdentities(account *sim.Account, n int) {
	now := time.Now().UTC()
	const awsManaged = "arn:aws:iam::aws:policy/"
	boundary := account.PutManagedPolicy(sim.ManagedPolicy{Name: "workload-boundary", Document: document(
		statement("Allow", "s3:* dynamodb:* sqs:* sns:* logs:* kms:* secretsmanager:* ssm:Get* xray:* lambda:InvokeFunction", "*"),
		statement("Deny", "s3:PutBucketPolicy s3:DeleteBucket kms:ScheduleKeyDeletion", "*"),
	)})
	shared := make([]string, sharedPolicies)
	for i := range shared {
		shared[i] = account.PutManagedPolicy(sim.ManagedPolicy{Name: fmt.Sprintf("team-%d-build", i), Document: document(
			statement("Allow", "ecr:GetAuthorizationToken cloudformation:Describe* cloudformation:List*", "*"),
			statement("Allow", "ecr:BatchGetImage ecr:PutImage ecr:UploadLayerPart", fmt.Sprintf("arn:aws:ecr:eu-west-1:%s:repository/team-%d/*", account.ID(), i)),
			statement("Allow", "iam:PassRole", fmt.Sprintf("arn:aws:iam::%s:role/team-%d-*", account.ID(), i)),
		)})
	}
	for i := range n {
		name := fmt.Sprintf("workload-%05d", i)
		policies, attached := map[string]string{"work": workPolicy(account.ID(), i, 1)}, []string{awsManaged + "service-role/AWSLambdaBasicExecutionRole"}
		if i%buildersAmong == 0 {
			attached = append(attached, shared[i%sharedPolicies])
		}
		switch {
		case i%administratorsAmong == 1:
			attached = append(attached, awsManaged+"AdministratorAccess")
		case i%powerUsersAmong == 1:
			attached = append(attached, awsManaged+"PowerUserAccess")
		}
		tags := map[string]string{"Team": fmt.Sprint("team-", i%40), "CostCenter": fmt.Sprint(1000 + i%300)}
		if i%2 == 0 {
			tags = map[string]string{
				"nhi:owner": fmt.Sprint("team-", i%40), "nhi:purpose": fmt.Sprint("Moves the data of workload ", i), "nhi:expiry": now.AddDate(0, 0, i%300).Format(time.DateOnly),
				"nhi:environment": "prod", "nhi:managed_by": governance.ManagedBy,
			}
		}
		if i%usersAmong == 0 {
			account.PutUser(sim.User{
				Name: name, Path: "/service/", Tags: tags, InlinePolicies: policies, AttachedPolicyARNs: attached, CreatedAt: now.AddDate(0, 0, -i%900),
				AccessKeys: []sim.AccessKey{{LastUsedAt: now.AddDate(0, 0, -i%400)}},
			})
			continue
		}
		if i%largeAmong == 1 {
			policies["work"] = workPolicy(account.ID(), i, 6)
		}
		role := sim.Role{
			Name: name, Path: "/workloads/", Tags: tags, InlinePolicies: policies, AttachedPolicyARNs: attached, CreatedAt: now.AddDate(0, 0, -i%900), LastUsedAt: now.AddDate(0, 0, -i%400),
			TrustPolicy: fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"},"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:lambda:eu-west-1:%s:function:workload-%d"}}}]}`, account.ID(), i),
		}
		if i%boundedAmong == 0 {
			role.BoundaryARN = boundary
		}
		account.PutRole(role)
	}
}

// workPolicy is what a workload does, on so many things of each kind: 1 KB for one of each. It is different for each workload.
func workPolicy(account string, workload, times int) string {
	var statements []string
	for i := range times {
		at := func(service, resource string) string {
			return fmt.Sprintf("arn:aws:%s:eu-west-1:%s:%s-%d-%d", service, account, resource, workload, i)
		}
		bucket := fmt.Sprintf("arn:aws:s3:::data-%d-%d", workload, i)
		statements = append(statements,
			statement("Allow", "s3:GetObject s3:PutObject s3:DeleteObject", bucket+"/*"), statement("Allow", "s3:ListBucket", bucket),
			statement("Allow", "sqs:SendMessage sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueAttributes", at("sqs", "jobs")),
			statement("Allow", "dynamodb:*Item dynamodb:Query", at("dynamodb", "table/orders")+" "+at("dynamodb", "table/orders")+"/index/*"),
			statement("Allow", "kms:Decrypt kms:GenerateDataKey", at("kms", "key/0c55e4a1")),
			statement("Allow", "secretsmanager:GetSecretValue", at("secretsmanager", "secret:db")+"-*"),
		)
	}
	statements = append(statements, statement("Allow", "logs:CreateLogStream logs:PutLogEvents cloudwatch:PutMetricData xray:PutTraceSegments", "*"))
	return document(statements...)
}

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// statement is about actions and resources that are separated by spaces.
func statement(effect, actions, resources string) string {
	list := func(texts string) string { return `["` + strings.Join(strings.Fields(texts), `","`) + `"]` }
	return fmt.Sprintf(`{"Effect":"%s","Action":%s,"Resource":%s}`, effect, list(actions), list(resources))
}
