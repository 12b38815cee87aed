package sim

import "fmt"

var (
	teams        = []string{"payments", "data-platform", "identity", "web-shop", "logistics", "observability", "security", "mobile"}
	environments = []string{"prod", "staging", "dev", "test"}
	functions    = []string{
		"invoice-export", "order-events", "thumbnailer", "refund-worker", "stock-sync", "mail-dispatch",
		"price-import", "audit-archiver", "payment-webhook", "address-check",
	}
	applications = []string{"checkout", "catalogue", "search-indexer", "partner-api", "reporting", "bastion", "build-agent", "wiki"}
	datasets     = []string{"clickstream", "sales", "customers", "inventory", "returns"}
	repositories = []string{"infrastructure", "web-shop", "mobile-backend", "data-pipelines", "landing-page"}
	vendors      = []struct{ name, account string }{
		{"cloudwatchdog", "464622532012"},
		{"spend-lens", "805306112345"},
		{"pentest-partners", "219870043311"},
		{"backup-vault", "640011223344"},
	}
	serviceLinked = []struct{ service, name, policy string }{
		{"backup.amazonaws.com", "AWSServiceRoleForBackup", "AWSBackupServiceLinkedRolePolicyForBackup"},
		{"ecs.amazonaws.com", "AWSServiceRoleForECS", "AmazonECSServiceRolePolicy"},
		{"autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy"},
	}
	permissionSets = []string{"AdministratorAccess", "ReadOnlyAccess", "PowerUserAccess", "SecurityAudit"}
)

const awsPolicy = "arn:aws:iam::aws:policy/"

// archetypes are the kinds of role of an estate. They are used in turn, so
// that even a small estate is varied.
var archetypes = []func(*estate){
	governedFunction, webServer, agentRole, githubDeploy, vendorWithoutExternalID, serviceLinkedRole,
	forgottenJob, legacyPipeline, identityCenter, vendorWithExternalID, clusterWorkload, expiredFunction,
	containerTask, githubAnyRepository, escalator, boundedFunction,
}

// governedFunction is as it should be.
func governedFunction(e *estate) {
	base := e.pick(functions)
	r := Role{
		Name: e.name(base), Path: "/service/", Description: "Runs the function " + base,
		TrustPolicy:        trustService("lambda.amazonaws.com"),
		AttachedPolicyARNs: []string{awsPolicy + "service-role/AWSLambdaBasicExecutionRole"},
		InlinePolicies: map[string]string{
			"work": policy(`["s3:GetObject","s3:PutObject"]`, `"arn:aws:s3:::acme-`+base+`/*"`),
		},
	}
	e.governed(&r, "Function "+base+" of the "+e.pick(applications)+" system", e.between(40, 300))
	e.recently(&r)
	e.put(r, 300)
}

// webServer is an EC2 role with an instance profile and tags of before.
func webServer(e *estate) {
	r := Role{
		Name: e.name(e.pick(applications) + "-ec2"), TrustPolicy: trustService("ec2.amazonaws.com"),
		AttachedPolicyARNs: []string{awsPolicy + "AmazonSSMManagedInstanceCore", awsPolicy + "AmazonS3ReadOnlyAccess"},
	}
	e.partly(&r)
	if e.chance(60) {
		e.recently(&r)
	} else {
		e.longAgo(&r)
	}
	e.put(r, 1500)
	e.account.PutInstanceProfile(InstanceProfile{Name: r.Name, RoleName: r.Name, CreatedAt: e.daysAgo(30)})
}

// agentRole does everything on one service and has no tags at all.
func agentRole(e *estate) {
	r := Role{
		Name: e.name(e.pick(applications) + "-task"), TrustPolicy: trustService("ecs-tasks.amazonaws.com"),
		InlinePolicies: map[string]string{"access": policy(`["s3:*","dynamodb:*"]`, `"*"`)},
	}
	e.recently(&r)
	e.put(r, 1200)
}

// githubDeploy deploys from one branch, with far too many rights.
func githubDeploy(e *estate) {
	repository := e.pick(repositories)
	r := Role{
		Name: e.name("github-" + repository + "-deploy"), Path: "/ci/", MaxSessionSeconds: 7200,
		TrustPolicy:        trustToken(githubIssuer, "StringEquals", "repo:acme-corp/"+repository+":ref:refs/heads/main"),
		AttachedPolicyARNs: []string{awsPolicy + "AdministratorAccess"},
	}
	e.partly(&r)
	e.recently(&r)
	e.put(r, 800)
}

func (e *estate) vendor() (name, account string) {
	v := vendors[e.rng.IntN(len(vendors))]
	return v.name, v.account
}

// vendorWithoutExternalID is open to the confused deputy.
func vendorWithoutExternalID(e *estate) {
	name, account := e.vendor()
	r := Role{
		Name: e.name(name + "-integration"), TrustPolicy: trustAWS("arn:aws:iam::"+account+":root", ""),
		AttachedPolicyARNs: []string{awsPolicy + "ReadOnlyAccess"},
	}
	if e.chance(50) {
		e.beyondTracking(&r)
	} else {
		e.recently(&r)
	}
	e.put(r, 1600)
}

// vendorWithExternalID is a third party's role as it should be.
func vendorWithExternalID(e *estate) {
	name, account := e.vendor()
	id := fmt.Sprintf("%08x-%04x", e.rng.Uint32(), e.rng.IntN(1<<16))
	r := Role{
		Name: e.name(name + "-access"), Path: "/third-party/",
		TrustPolicy:        trustAWS("arn:aws:iam::"+account+":root", `{"StringEquals":{"sts:ExternalId":"`+id+`"}}`),
		AttachedPolicyARNs: []string{awsPolicy + "SecurityAudit"},
	}
	e.governed(&r, "Access of the vendor "+name, e.between(10, 200))
	e.recently(&r)
	e.put(r, 400)
}

// serviceLinkedRole belongs to AWS. Auto Scaling allows more than one, with a
// suffix.
func serviceLinkedRole(e *estate) {
	for _, l := range serviceLinked {
		if e.take(l.name) {
			e.putServiceLinked(l.service, l.name, l.policy)
			return
		}
	}
	last := serviceLinked[len(serviceLinked)-1]
	e.putServiceLinked(last.service, e.name(last.name+"_"+e.pick(applications)), last.policy)
}

func (e *estate) putServiceLinked(service, name, policy string) {
	r := Role{
		Name: name, Path: serviceLinkedPath + service + "/", TrustPolicy: trustService(service),
		AttachedPolicyARNs: []string{awsPolicy + "aws-service-role/" + policy},
	}
	e.recently(&r)
	e.put(r, 1500)
}

// forgottenJob has not run for longer than IAM remembers.
func forgottenJob(e *estate) {
	dataset := e.pick(datasets)
	r := Role{
		Name: e.name("glue-" + dataset + "-etl"), TrustPolicy: trustService("glue.amazonaws.com"),
		AttachedPolicyARNs: []string{awsPolicy + "service-role/AWSGlueServiceRole"},
		InlinePolicies:     map[string]string{"lake": policy(`"s3:*"`, `"arn:aws:s3:::acme-data-lake/*"`)},
	}
	e.partly(&r)
	e.beyondTracking(&r)
	e.put(r, 1800)
}

// legacyPipeline is an administrator that anyone in the account can become and
// nobody ever was.
func legacyPipeline(e *estate) {
	r := Role{
		Name: e.name("jenkins-admin"), Description: "DO NOT DELETE",
		TrustPolicy:    trustAWS("arn:aws:iam::"+DefaultAccount+":root", ""),
		InlinePolicies: map[string]string{"everything": policy(`"*"`, `"*"`)},
		CreatedAt:      e.daysAgo(e.between(900, 2000)),
	}
	e.put(r, 2000)
}

// identityCenter is a role that IAM Identity Center made for people.
func identityCenter(e *estate) {
	set := e.pick(permissionSets)
	provider := "arn:aws:iam::" + DefaultAccount + ":saml-provider/AWSSSO_3f1c9d5b7a2e8046_DO_NOT_DELETE"
	r := Role{
		Name:              e.name(fmt.Sprintf("AWSReservedSSO_%s_%016x", set, e.rng.Uint64())),
		Path:              reservedPath + "sso.amazonaws.com/eu-west-1/",
		MaxSessionSeconds: maxMaxSession,
		TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"` + provider +
			`"},"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],"Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}]}`,
		AttachedPolicyARNs: []string{awsPolicy + set},
	}
	e.recently(&r)
	e.put(r, 900)
}

// clusterWorkload is used by one service account of a Kubernetes cluster.
func clusterWorkload(e *estate) {
	app := e.pick(applications)
	r := Role{
		Name: e.name("eks-" + app), Path: "/eks/",
		TrustPolicy:        trustToken(eksIssuer, "StringEquals", "system:serviceaccount:"+app+":"+app),
		AttachedPolicyARNs: []string{"arn:aws:iam::" + DefaultAccount + ":policy/data-lake-read"},
	}
	e.governed(&r, "Pods of "+app+" in the shared cluster", e.between(5, 25))
	e.recently(&r)
	e.put(r, 300)
}

// expiredFunction is past its date and still at work.
func expiredFunction(e *estate) {
	base := e.pick(functions)
	r := Role{
		Name: e.name(base + "-migration"), TrustPolicy: trustService("lambda.amazonaws.com"),
		AttachedPolicyARNs: []string{awsPolicy + "service-role/AWSLambdaBasicExecutionRole", awsPolicy + "AmazonDynamoDBFullAccess"},
	}
	e.governed(&r, "One-off migration of "+base, -e.between(20, 200))
	e.recently(&r)
	e.put(r, 500)
}

// containerTask was never used since it was made.
func containerTask(e *estate) {
	r := Role{
		Name: e.name(e.pick(applications) + "-execution"), TrustPolicy: trustService("ecs-tasks.amazonaws.com"),
		AttachedPolicyARNs: []string{awsPolicy + "service-role/AmazonECSTaskExecutionRolePolicy"},
	}
	if e.chance(50) {
		e.partly(&r)
	}
	e.put(r, 700)
}

// githubAnyRepository lets every repository of the organisation in.
func githubAnyRepository(e *estate) {
	r := Role{
		Name: e.name("github-actions"), TrustPolicy: trustToken(githubIssuer, "StringLike", "repo:acme-corp/*"),
		AttachedPolicyARNs: []string{awsPolicy + "PowerUserAccess"},
	}
	e.longAgo(&r)
	e.put(r, 900)
}

// escalator can give itself any right there is.
func escalator(e *estate) {
	r := Role{
		Name: e.name(e.pick(functions) + "-deployer"), TrustPolicy: trustService("codebuild.amazonaws.com"),
		InlinePolicies: map[string]string{
			"deploy": policy(`["iam:PassRole","lambda:CreateFunction","lambda:InvokeFunction","iam:AttachRolePolicy"]`, `"*"`),
		},
	}
	e.partly(&r)
	e.recently(&r)
	e.put(r, 600)
}

// boundedFunction has a permissions boundary and a trust that ends by itself.
func boundedFunction(e *estate) {
	base := e.pick(functions)
	days := e.between(60, 320)
	end := e.now.AddDate(0, 0, days).Format("2006-01-02") + "T23:59:59Z"
	r := Role{
		Name: e.name(base + "-worker"), Path: "/service/",
		BoundaryARN: "arn:aws:iam::" + DefaultAccount + ":policy/platform/workload-boundary",
		TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"DateLessThan":{"aws:CurrentTime":"` + end + `"}}}]}`,
		InlinePolicies: map[string]string{
			"queue":  policy(`["sqs:ReceiveMessage","sqs:DeleteMessage"]`, `"arn:aws:sqs:eu-west-1:`+DefaultAccount+`:`+base+`"`),
			"expiry": `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"` + end + `"}}}]}`,
		},
	}
	e.governed(&r, "Worker of the queue "+base, days)
	e.recently(&r)
	e.put(r, 200)
}
