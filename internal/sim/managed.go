package sim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

type awsManagedPolicy struct{ path, name, document string }

// awsManaged are the AWS managed policies that every account has, with the
// documents that AWS publishes, shortened where AWS lists very many actions.
var awsManaged = []awsManagedPolicy{
	{"/", "AdministratorAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`},
	{"/", "PowerUserAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{"Effect":"Allow","Action":["account:GetAccountInformation","account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeOrganization"],"Resource":"*"}]}`},
	{"/", "ReadOnlyAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","dynamodb:BatchGet*","dynamodb:Describe*","dynamodb:Get*","dynamodb:List*","dynamodb:Query","dynamodb:Scan","ec2:Describe*","ec2:Get*","ecs:Describe*","ecs:List*","iam:Generate*","iam:Get*","iam:List*","iam:Simulate*","kms:Describe*","kms:Get*","kms:List*","lambda:Get*","lambda:List*","logs:Describe*","logs:Get*","rds:Describe*","rds:List*","s3:Get*","s3:List*","sns:Get*","sns:List*","sqs:Get*","sqs:List*","ssm:Describe*","ssm:Get*","ssm:List*","sts:GetCallerIdentity"],"Resource":"*"}]}`},
	{"/", "SecurityAudit", `{"Version":"2012-10-17","Statement":[{"Sid":"BaseSecurityAuditStatement","Effect":"Allow","Action":["access-analyzer:List*","cloudtrail:Describe*","cloudtrail:Get*","cloudtrail:List*","ec2:Describe*","iam:Generate*","iam:Get*","iam:List*","kms:Describe*","kms:List*","lambda:GetPolicy","lambda:List*","s3:GetBucketPolicy","s3:ListAllMyBuckets","secretsmanager:DescribeSecret","secretsmanager:ListSecrets"],"Resource":"*"}]}`},
	{"/", "IAMFullAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization","organizations:ListPolicies"],"Resource":"*"}]}`},
	{"/", "IAMReadOnlyAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:GenerateServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy"],"Resource":"*"}]}`},
	{"/", "AWSDenyAll", `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":["*"],"Resource":"*"}]}`},
	{"/", "AmazonS3FullAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]}`},
	{"/", "AmazonS3ReadOnlyAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}]}`},
	{"/", "AmazonDynamoDBFullAccess", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:*","dax:*"],"Resource":"*"}]}`},
	{"/", "AmazonSSMManagedInstanceCore", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:DescribeAssociation","ssm:GetDocument","ssm:GetParameter","ssm:GetParameters","ssm:PutInventory","ssm:UpdateInstanceInformation"],"Resource":"*"},{"Effect":"Allow","Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource":"*"}]}`},
	{"/service-role/", "AWSLambdaBasicExecutionRole", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`},
	{"/service-role/", "AWSLambdaVPCAccessExecutionRole", `{"Version":"2012-10-17","Statement":[{"Sid":"AWSLambdaVPCAccessExecutionPermissions","Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents","ec2:CreateNetworkInterface","ec2:DescribeNetworkInterfaces","ec2:DeleteNetworkInterface"],"Resource":"*"}]}`},
	{"/service-role/", "AmazonECSTaskExecutionRolePolicy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`},
	{"/service-role/", "AWSGlueServiceRole", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["glue:*","s3:GetBucketLocation","s3:ListBucket","s3:ListAllMyBuckets","ec2:DescribeVpcEndpoints","iam:ListRolePolicies","iam:GetRole","iam:GetRolePolicy","cloudwatch:PutMetricData"],"Resource":["*"]}]}`},
	{"/aws-service-role/", "AWSBackupServiceLinkedRolePolicyForBackup", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["backup:DescribeBackupVault","backup:StartBackupJob","ec2:CreateTags","rds:AddTagsToResource"],"Resource":"*"}]}`},
	{"/aws-service-role/", "AmazonECSServiceRolePolicy", `{"Version":"2012-10-17","Statement":[{"Sid":"ECSTaskManagement","Effect":"Allow","Action":["ec2:AttachNetworkInterface","ec2:CreateNetworkInterface","ec2:Describe*","elasticloadbalancing:Describe*","elasticloadbalancing:RegisterTargets"],"Resource":"*"}]}`},
	{"/aws-service-role/", "AutoScalingServiceRolePolicy", `{"Version":"2012-10-17","Statement":[{"Sid":"EC2InstanceManagement","Effect":"Allow","Action":["ec2:AttachClassicLinkVpc","ec2:CreateTags","ec2:Describe*","ec2:RunInstances","ec2:TerminateInstances"],"Resource":"*"}]}`},
}

// addAWSManagedPolicies puts the AWS managed policies into a new server. Those
// of service-linked roles that are not listed above stand for the published
// ones with all actions of the service. Their
// ids are those of a fixed order and their dates lie far in the past.
func (s *Server) addAWSManagedPolicies() {
	managed := slices.Clone(awsManaged)
	have := map[string]bool{}
	for _, m := range managed {
		have[m.name] = true
	}
	for _, service := range slices.Sorted(maps.Keys(linkedServices)) {
		if l := linkedServices[service]; !have[l.policy] {
			vendor, _, _ := strings.Cut(service, ".")
			managed = append(managed, awsManagedPolicy{serviceLinkedPath, l.policy, policy(`"`+vendor+`:*"`, `"*"`)})
		}
	}
	for _, m := range managed {
		doc, err := parsePolicy(identityPolicy, m.document)
		if err != nil {
			panic("sim: the AWS managed policy " + m.name + " does not parse: " + err.Error())
		}
		p := &managedPolicy{
			name: m.name, path: m.path, id: prefixPolicy + derive("aws/"+m.name, 17),
			description: "AWS managed policy " + m.name,
			created:     time.Date(2015, time.February, 6, 18, 39, 46, 0, time.UTC),
			policyText:  policyText{m.document, doc},
		}
		s.aws.put(p.arn(), p, 0)
	}
}
