package sim

import (
	"slices"
	"strings"
)

// linkedServices are the services with a service-linked role that the
// simulator knows: the role's name, whether it takes a suffix, and its policy
// (service authorization and user guides of the services).
var linkedServices = map[string]struct {
	name   string
	suffix bool
	policy string
}{
	"access-analyzer.amazonaws.com":                  {"AWSServiceRoleForAccessAnalyzer", false, "AccessAnalyzerServiceRolePolicy"},
	"autoscaling.amazonaws.com":                      {"AWSServiceRoleForAutoScaling", true, "AutoScalingServiceRolePolicy"},
	"backup.amazonaws.com":                           {"AWSServiceRoleForBackup", false, "AWSBackupServiceLinkedRolePolicyForBackup"},
	"batch.amazonaws.com":                            {"AWSServiceRoleForBatch", false, "BatchServiceRolePolicy"},
	"config.amazonaws.com":                           {"AWSServiceRoleForConfig", false, "AWSConfigServiceRolePolicy"},
	"connect.amazonaws.com":                          {"AWSServiceRoleForAmazonConnect", true, "AmazonConnectServiceLinkedRolePolicy"},
	"dynamodb.application-autoscaling.amazonaws.com": {"AWSServiceRoleForApplicationAutoScaling_DynamoDBTable", false, "AWSApplicationAutoscalingDynamoDBTablePolicy"},
	"ecs.amazonaws.com":                              {"AWSServiceRoleForECS", false, "AmazonECSServiceRolePolicy"},
	"ecs.application-autoscaling.amazonaws.com":      {"AWSServiceRoleForApplicationAutoScaling_ECSService", false, "AWSApplicationAutoscalingECSServicePolicy"},
	"eks.amazonaws.com":                              {"AWSServiceRoleForAmazonEKS", false, "AmazonEKSServiceRolePolicy"},
	"elasticache.amazonaws.com":                      {"AWSServiceRoleForElastiCache", false, "ElastiCacheServiceRolePolicy"},
	"elasticloadbalancing.amazonaws.com":             {"AWSServiceRoleForElasticLoadBalancing", false, "AWSElasticLoadBalancingServiceRolePolicy"},
	"guardduty.amazonaws.com":                        {"AWSServiceRoleForAmazonGuardDuty", false, "AmazonGuardDutyServiceRolePolicy"},
	"lexv2.amazonaws.com":                            {"AWSServiceRoleForLexV2Bots", true, "AmazonLexBotPolicy"},
	"opensearchservice.amazonaws.com":                {"AWSServiceRoleForAmazonOpenSearchService", false, "AmazonOpenSearchServiceRolePolicy"},
	"rds.amazonaws.com":                              {"AWSServiceRoleForRDS", false, "AmazonRDSServiceRolePolicy"},
	"securityhub.amazonaws.com":                      {"AWSServiceRoleForSecurityHub", false, "AWSSecurityHubServiceRolePolicy"},
	"spot.amazonaws.com":                             {"AWSServiceRoleForEC2Spot", false, "AWSEC2SpotServiceRolePolicy"},
	"ssm.amazonaws.com":                              {"AWSServiceRoleForAmazonSSM", false, "AmazonSSMServiceRolePolicy"},
}

var (
	serviceNameRule  = rule{1, 128, roleNameRule.pattern, roleNameRule.shown, ""}
	customSuffixRule = rule{1, 64, roleNameRule.pattern, roleNameRule.shown, ""}
	deletionTaskRule = rule{1, 1000, nil, "", ""}
)

func createServiceLinkedRole(r *request) ([]node, error) {
	service := r.required("AWSServiceName", serviceNameRule)
	description := r.optional("Description", roleDescRule, "")
	suffix := r.optional("CustomSuffix", customSuffixRule, "")
	if err := r.checked(); err != nil {
		return nil, err
	}
	linked, known := linkedServices[service]
	if !known {
		// It is an AccessDenied, as for a caller without the permission.
		return nil, errAccessDenied("Cannot find Service Linked Role template for %s", service)
	}
	if suffix != "" && !linked.suffix {
		return nil, errInvalidInput("Custom suffix is not allowed for %s", service)
	}
	a := r.account
	name := linkedRoleName(linked.name, suffix)
	if len(name) > roleNameRule.max {
		return nil, errInvalidInput("The role name %s is longer than %d characters.", name, roleNameRule.max)
	}
	if a.roles.get(strings.ToLower(name)) != nil {
		return nil, errInvalidInput("Service role name %s has been taken in this account, please try a different suffix.", name)
	}
	if quota := a.quotas["RolesQuota"]; a.roles.len() >= quota {
		return nil, errLimitExceeded("Cannot exceed quota for RolesPerAccount: %d", quota)
	}
	trust, err := a.parseTrust(trustService(service))
	if err != nil {
		return nil, err
	}
	role := &role{
		account: a, name: name, path: serviceLinkedPath + service + "/", id: r.server.uniqueID(prefixRole),
		description: description, maxSession: minMaxSession, trust: trust, created: r.now,
		grants: grants{inline: map[string]*policyText{}}, principalLag: r.server.lag, profileLag: r.server.lag,
	}
	a.addRole(role)
	a.attach(&role.grants, "arn:aws:iam::aws:policy"+serviceLinkedPath+linked.policy)
	return []node{role.node(true)}, nil
}

func linkedRoleName(name, suffix string) string {
	if suffix == "" {
		return name
	}
	return name + "_" + suffix
}

// roleUsage is where a service-linked role is in use.
type roleUsage struct {
	region    string
	resources []string
}

// roleDeletion is a deletion of a service-linked role in progress, or its
// outcome.
type roleDeletion struct {
	role   *role
	asked  int // calls of GetServiceLinkedRoleDeletionStatus so far
	polls  int // of them that do not see the end
	status string
	usage  []roleUsage // why it failed
}

// SetServiceLinkedRoleUsage says that resources, by ARN, of a region use a
// service-linked role, which lets its deletion fail. Without resources it says
// that none of the region does any more.
func (a *Account) SetServiceLinkedRoleUsage(role, region string, resources ...string) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	key := strings.ToLower(role)
	usage := slices.DeleteFunc(slices.Clone(a.usage[key]), func(u roleUsage) bool { return u.region == region })
	if len(resources) > 0 {
		usage = append(usage, roleUsage{region, slices.Clone(resources)})
	}
	slices.SortFunc(usage, func(x, y roleUsage) int { return strings.Compare(x.region, y.region) })
	a.usage[key] = usage
}

// SetServiceLinkedRoleDeletionPolls sets how many calls of
// GetServiceLinkedRoleDeletionStatus do not see the end of a deletion that is
// asked for from now on: the first says NOT_STARTED, the others IN_PROGRESS.
// The default is 0.
func (s *Server) SetServiceLinkedRoleDeletionPolls(calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deletionPolls = max(calls, 0)
}

// deleteServiceLinkedRole starts a deletion. One that is in progress already
// is not started again (IAM API reference, DeleteServiceLinkedRole).
func deleteServiceLinkedRole(r *request) ([]node, error) {
	role, err := r.writable()
	if err != nil {
		return nil, err
	}
	if !role.serviceLinked() {
		return nil, errNoSuchEntity("The service-linked role with name %s cannot be found.", role.name)
	}
	a := r.account
	for id, d := range a.deletions {
		if d.role == role && d.status == "" {
			return []node{text("DeletionTaskId", id)}, nil
		}
	}
	r.server.serial++
	id := "task" + role.path + role.name + "/" + UUID(indexed("deletion", r.server.serial))
	d := &roleDeletion{role: role, polls: r.server.deletionPolls}
	a.deletions[id] = d
	if d.polls == 0 {
		a.finish(d)
	}
	return []node{text("DeletionTaskId", id)}, nil
}

// finish ends a deletion: a role in use stays.
func (a *Account) finish(d *roleDeletion) {
	if usage := a.usage[strings.ToLower(d.role.name)]; len(usage) > 0 {
		d.status, d.usage = "FAILED", usage
		return
	}
	d.status = "SUCCEEDED"
	a.dropGrants(&d.role.grants)
	a.removeRole(d.role)
}

func getServiceLinkedRoleDeletionStatus(r *request) ([]node, error) {
	id := r.required("DeletionTaskId", deletionTaskRule)
	if err := r.checked(); err != nil {
		return nil, err
	}
	a := r.account
	d := a.deletions[id]
	if d == nil {
		if !strings.HasPrefix(id, "task"+serviceLinkedPath) {
			return nil, errInvalidInput("The deletion task id %s is not valid.", id)
		}
		return nil, errNoSuchEntity("The deletion task with id %s cannot be found.", id)
	}
	d.asked++
	if d.asked <= d.polls {
		if d.asked == 1 {
			return []node{text("Status", "NOT_STARTED")}, nil
		}
		return []node{text("Status", "IN_PROGRESS")}, nil
	}
	if d.status == "" {
		a.finish(d)
	}
	out := []node{text("Status", d.status)}
	if d.status == "FAILED" {
		out = append(out, el("Reason",
			text("Reason", "Failed to delete the service-linked role because it is in use by resources of the service."),
			list("RoleUsageList", d.usage, func(u roleUsage) node {
				return el("member", text("Region", u.region), stringList("Resources", u.resources))
			}),
		))
	}
	return out, nil
}
