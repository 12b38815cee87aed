package sim

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

var policyARNPattern = regexp.MustCompile(`^arn:aws:iam::([0-9]{12}|aws):policy/\S+$`)

// policy returns the managed policy with an ARN that this account can use: its
// own, or an AWS managed one.
func (a *Account) policy(arn string) *managedPolicy {
	if p := a.server.aws.get(arn); p != nil {
		return p
	}
	if p := a.policies.get(strings.ToLower(lastPart(arn))); p != nil && p.arn() == arn {
		return p
	}
	return nil
}

// policyARN checks the PolicyArn parameter.
func (r *request) policyARN() (string, error) {
	arn := r.required("PolicyArn", arnRule)
	if err := r.checked(); err != nil {
		return "", err
	}
	if !policyARNPattern.MatchString(arn) {
		return "", errInvalidInput("ARN %s is not valid.", arn)
	}
	return arn, nil
}

func attachRolePolicy(r *request) ([]node, error) {
	arn, err := r.policyARN()
	if err != nil {
		return nil, err
	}
	role, err := r.modifiable()
	if err != nil {
		return nil, err
	}
	if r.account.policy(arn) == nil {
		return nil, errNoSuchEntity("Policy %s does not exist or is not attachable.", arn)
	}
	if strings.HasPrefix(arn, "arn:aws:iam::aws:policy"+serviceLinkedPath) {
		return nil, newError("PolicyNotAttachable", http.StatusBadRequest, "Cannot attach a Service Role Policy to a Customer Role.")
	}
	if slices.Contains(role.attached, arn) {
		return nil, nil
	}
	if quota := r.account.quotas["AttachedPoliciesPerRoleQuota"]; len(role.attached) >= quota {
		return nil, errLimitExceeded("Cannot exceed quota for PoliciesPerRole: %d", quota)
	}
	role.changing()
	r.account.attach(role, arn)
	return nil, nil
}

func (a *Account) attach(r *role, arn string) {
	r.attached = append(r.attached, arn)
	a.attachments[arn]++
}

func detachRolePolicy(r *request) ([]node, error) {
	arn, err := r.policyARN()
	if err != nil {
		return nil, err
	}
	role, err := r.modifiable()
	if err != nil {
		return nil, err
	}
	i := slices.Index(role.attached, arn)
	if i < 0 {
		return nil, errNoSuchEntity("Policy %s was not found.", arn)
	}
	role.changing()
	role.attached = slices.Delete(slices.Clone(role.attached), i, i+1)
	r.account.attachments[arn]--
	return nil, nil
}

func listAttachedRolePolicies(r *request) ([]node, error) {
	prefix := r.optional("PathPrefix", policyPathRule, "/")
	role, err := r.readable()
	if err != nil {
		return nil, err
	}
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	byKey := map[string]string{}
	var keys []string
	for _, arn := range role.attached {
		if strings.HasPrefix(arn[strings.Index(arn, ":policy/")+len(":policy"):], prefix) {
			key := policyKey(arn)
			byKey[key] = arn
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var arns []string
	for _, k := range pagedStrings(p, keys) {
		arns = append(arns, byKey[k])
	}
	return append([]node{attachedNode("AttachedPolicies", arns)}, p.nodes()...), nil
}

// policyKey orders policies by name and stays short enough for a marker.
func policyKey(arn string) string {
	if strings.HasPrefix(arn, "arn:aws:iam::aws:") {
		return lastPart(arn) + "|aws"
	}
	return lastPart(arn) + "|local"
}

func attachedNode(name string, arns []string) node {
	return list(name, arns, func(arn string) node {
		return el("member", text("PolicyName", lastPart(arn)), text("PolicyArn", arn))
	})
}

// checkBoundary refuses a permissions boundary that does not exist.
func (a *Account) checkBoundary(arn string) error {
	switch {
	case arn == "":
		return nil
	case !policyARNPattern.MatchString(arn):
		return errInvalidInput("ARN %s is not valid.", arn)
	case a.policy(arn) == nil:
		return errNoSuchEntity("Scope ARN: %s does not exist or is not attachable.", arn)
	}
	return nil
}

func (a *Account) setBoundary(r *role, arn string) {
	if r.boundary != "" {
		a.boundaries[r.boundary]--
	}
	if arn != "" {
		a.boundaries[arn]++
	}
	r.boundary = arn
}

func putRolePermissionsBoundary(r *request) ([]node, error) {
	arn := r.required("PermissionsBoundary", arnRule)
	role, err := r.modifiable()
	if err != nil {
		return nil, err
	}
	if err := r.account.checkBoundary(arn); err != nil {
		return nil, err
	}
	role.changing()
	r.account.setBoundary(role, arn)
	return nil, nil
}

func deleteRolePermissionsBoundary(r *request) ([]node, error) {
	role, err := r.modifiable()
	if err != nil {
		return nil, err
	}
	if role.boundary == "" {
		return nil, errNoSuchEntity("No permissions boundary is set on role %s.", role.name)
	}
	role.changing()
	r.account.setBoundary(role, "")
	return nil, nil
}
