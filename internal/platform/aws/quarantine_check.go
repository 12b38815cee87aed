package aws

import (
	"context"
	"fmt"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Foresee refuses AWS's own roles, the caller, and whom its role was assumed as, and a record for which there is no room.
func (q *Quarantines) Foresee(ctx context.Context, id governance.ID, order governance.QuarantineOrder) (platform.Quarantined, []governance.Violation, error) {
	var found violations
	refuse := func(remedy, message string, args ...any) {
		found = append(found, governance.Violation{
			Rule: governance.RuleQuarantine, Enforcement: governance.EnforceError, Attribute: []string{"identity"},
			Message: fmt.Sprintf(message, args...), Remedy: remedy,
		})
	}
	for _, reserved := range reservedPaths {
		if id.Kind == governance.KindAWSRole && strings.HasPrefix(id.Path(), reserved) {
			refuse("Take away what AWS needs it for; a role of a service goes with governed_service_linked_identity once nothing uses it.",
				"%s is AWS's own role, which takes neither another trust policy nor an inline policy", id)
			return platform.Quarantined{}, found, nil
		}
	}
	callers, err := q.account.callers(ctx)
	if err != nil {
		return platform.Quarantined{}, nil, err
	}
	for _, caller := range callers {
		if isCaller(id, caller) {
			refuse("Run Terraform as another identity to quarantine this one.", "%s is what Terraform runs as (%s), and could not release itself", id, caller)
			return platform.Quarantined{}, found, nil
		}
	}
	written := quarantineRecord{Quarantine: governance.Quarantine{QuarantineOrder: order}}
	if problem := written.tooLong(); problem != "" {
		attribute, _, _ := strings.Cut(problem, " ")
		found.add([]string{attribute}, "Shorten it, and keep the full story in the ticket.", "%s", problem)
		return platform.Quarantined{}, found, nil
	}
	p, err := q.read(ctx, id, false)
	if err != nil {
		return platform.Quarantined{}, nil, err
	}
	r, err := q.plan(ctx, &p, order)
	if err != nil {
		return platform.Quarantined{}, nil, err
	}
	set, remove := q.account.tagging.recordChanges(p.tags, &r)
	added := -len(remove)
	for key := range set {
		if _, there := p.tags[key]; !there {
			added++
		}
	}
	if over := len(p.tags) + added - maxTags; over > 0 {
		refuse(fmt.Sprintf("Remove %s of them.", count(over, "tag")), "%s has %d tags, and the quarantine is recorded in %d more, where IAM takes %d", id, len(p.tags), added, maxTags)
	}
	p.blocked.record = &r
	return p.observed(), found, nil
}

// callers are the ARNs of whom the account is reached as, and of whom that role was assumed from.
func (a *Account) callers(ctx context.Context) ([]string, error) {
	me, err := a.whoami(ctx)
	if err != nil {
		return nil, err
	}
	connection, err := a.connect(ctx)
	if err != nil || connection.source == nil {
		return []string{me.arn}, err
	}
	source, err := a.sourceCaller.Get(ctx, func() (string, error) {
		output, err := connection.source.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return "", mapError("sts:GetCallerIdentity", err)
		}
		return awssdk.ToString(output.Arn), nil
	})
	return []string{me.arn, source}, err
}

// isCaller tells whether an ARN of STS is that of the identity. That of a session has the name of its role, but not the path.
func isCaller(id governance.ID, callerARN string) bool {
	if user, ok := userKind.parseARN(callerARN); ok {
		return user == id
	}
	parsed, err := arn.Parse(callerARN)
	parts := strings.Split(parsed.Resource, "/")
	return err == nil && len(parts) > 1 && parts[0] == "assumed-role" &&
		id.Kind == governance.KindAWSRole && parsed.AccountID == id.Account && strings.EqualFold(parts[1], id.Name())
}
