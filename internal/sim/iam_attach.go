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

func (k holderKind) attachPolicy(r *request) ([]node, error) {
	arn, err := r.policyARN()
	if err != nil {
		return nil, err
	}
	h, err := k.write(r)
	if err != nil {
		return nil, err
	}
	if r.account.policy(arn) == nil {
		return nil, errNoSuchEntity("Policy %s does not exist or is not attachable.", arn)
	}
	if strings.HasPrefix(arn, "arn:aws:iam::aws:policy"+serviceLinkedPath) {
		return nil, newError("PolicyNotAttachable", http.StatusBadRequest, "Cannot attach a Service Role Policy to a Customer %s.", strings.ToUpper(k.word[:1])+k.word[1:])
	}
	if slices.Contains(h.attached, arn) {
		return nil, nil
	}
	if quota := r.account.quotas[k.attachQuota]; len(h.attached) >= quota {
		return nil, errLimitExceeded("Cannot exceed quota for %s: %d", k.attachName, quota)
	}
	h.changing()
	r.account.attach(h.grants, arn)
	return nil, nil
}

func (a *Account) attach(g *grants, arn string) {
	g.attached = append(slices.Clone(g.attached), arn)
	a.attachments[arn]++
}

// dropGrants takes an entity that goes away out of the counts of its managed
// policies.
func (a *Account) dropGrants(g *grants) {
	for _, arn := range g.attached {
		a.attachments[arn]--
	}
	a.setBoundary(g, "")
}

func (k holderKind) detachPolicy(r *request) ([]node, error) {
	arn, err := r.policyARN()
	if err != nil {
		return nil, err
	}
	h, err := k.write(r)
	if err != nil {
		return nil, err
	}
	i := slices.Index(h.attached, arn)
	if i < 0 {
		return nil, errNoSuchPolicy(arn)
	}
	h.changing()
	h.attached = slices.Delete(slices.Clone(h.attached), i, i+1)
	r.account.attachments[arn]--
	return nil, nil
}

func (k holderKind) listAttached(r *request) ([]node, error) {
	prefix := r.optional("PathPrefix", policyPathRule, "/")
	h, err := k.read(r)
	if err != nil {
		return nil, err
	}
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	byKey := map[string]string{}
	var keys []string
	for _, arn := range h.attached {
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

func (a *Account) setBoundary(g *grants, arn string) {
	if g.boundary != "" {
		a.boundaries[g.boundary]--
	}
	if arn != "" {
		a.boundaries[arn]++
	}
	g.boundary = arn
}

func (k holderKind) putBoundary(r *request) ([]node, error) {
	arn := r.required("PermissionsBoundary", arnRule)
	h, err := k.write(r)
	if err != nil {
		return nil, err
	}
	if err := r.account.checkBoundary(arn); err != nil {
		return nil, err
	}
	h.changing()
	r.account.setBoundary(h.grants, arn)
	return nil, nil
}

func (k holderKind) deleteBoundary(r *request) ([]node, error) {
	h, err := k.write(r)
	if err != nil {
		return nil, err
	}
	if h.boundary == "" {
		return nil, errNoSuchEntity("No permissions boundary is set on %s %s.", k.word, h.name)
	}
	h.changing()
	r.account.setBoundary(h.grants, "")
	return nil, nil
}
