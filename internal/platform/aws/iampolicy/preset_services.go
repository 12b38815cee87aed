package iampolicy

import (
	"errors"
	"regexp"
	"strings"
)

// AWSServices lets AWS services assume the role.
type AWSServices struct {
	// Services are service principals such as lambda.amazonaws.com.
	Services []string
	// SourceAccounts are account ids: the service must act for a resource in
	// one of them (aws:SourceAccount).
	SourceAccounts []string
	// SourceARNs are ARNs of such resources (aws:SourceArn), with wildcards only
	// after the account id. Both guard against the confused deputy, where a
	// service is made to act for somebody else's resource; see "The confused
	// deputy problem" in the IAM User Guide. Not every service sends these keys:
	// one that does not is locked out by them.
	SourceARNs []string
}

const podIdentityService = "pods.eks.amazonaws.com"

var (
	// The suffixes are the DNS suffixes of the AWS partitions.
	servicePrincipal = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)*\.` +
		`(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$`)
	sourceARN = regexp.MustCompile(`^` + partitionPattern + `:[a-z0-9-]+:([a-z0-9-]*):([0-9]{12}|):(.+)$`)
)

// IsServicePrincipal tells whether a text is written as AWS writes the principals
// of its services, which are case-sensitive.
func IsServicePrincipal(text string) bool { return servicePrincipal.MatchString(text) }

// Statements implements Preset.
func (p AWSServices) Statements() ([]Statement, error) {
	c := &checker{preset: "Services"}
	p.checkServices(c)
	const accountFix = "Give the twelve digits of the account id."
	for _, account := range p.SourceAccounts {
		if !accountID.MatchString(account) {
			c.add("source_accounts", accountFix, "The value %s is not an AWS account id.", quote(account))
		}
	}
	p.checkSourceARNs(c)
	if len(c.problems) > 0 {
		return nil, errors.Join(c.problems...)
	}
	condition := Condition{}
	if len(p.SourceAccounts) > 0 {
		condition["StringEquals"] = map[string][]string{"aws:SourceAccount": unique(p.SourceAccounts)}
	}
	if len(p.SourceARNs) > 0 {
		condition["ArnLike"] = map[string][]string{"aws:SourceArn": unique(p.SourceARNs)}
	}
	if len(condition) == 0 {
		condition = nil
	}
	return []Statement{{
		SID:       "Services",
		Effect:    Allow,
		Principal: &Principal{Service: unique(p.Services)},
		Action:    []string{"sts:AssumeRole"},
		Condition: condition,
	}}, nil
}

func (p AWSServices) checkServices(c *checker) {
	const fix = "Give service principals such as lambda.amazonaws.com."
	if len(p.Services) == 0 {
		c.add("services", fix, "No service is named.")
	}
	for _, service := range p.Services {
		switch {
		case !c.literal("services", service, fix):
		case service == podIdentityService:
			c.add("services", "Use the preset for EKS Pod Identity.",
				"%s also needs sts:TagSession, which this preset does not grant.", podIdentityService)
		case strings.HasPrefix(service, "arn:") || accountID.MatchString(service):
			c.add("services", fix, "The value %s is an ARN or account id, not a service.", quote(service))
		case !servicePrincipal.MatchString(service):
			c.add("services", fix, "The value %s is not a service principal; these end in .amazonaws.com.", quote(service))
		}
	}
}

func (p AWSServices) checkSourceARNs(c *checker) {
	const fix = "Give ARNs such as arn:aws:lambda:eu-west-1:111122223333:function:export-*, with wildcards only after the account id."
	for _, arn := range p.SourceARNs {
		match := sourceARN.FindStringSubmatch(arn)
		switch {
		case match == nil && strings.HasPrefix(arn, "arn:"):
			c.add("source_arns", fix, "The ARN %s must say its partition, service, region and account without wildcards.", quote(arn))
		case match == nil:
			c.add("source_arns", fix, "The value %s is not an ARN.", quote(arn))
		case !c.plain("source_arns", arn, fix):
		case match[2] == "" && len(p.SourceAccounts) == 0:
			c.add("source_arns", "Set source_accounts as well.",
				"The ARN %s has no account id, so anybody's resource of that name would match.", quote(arn))
		}
	}
}
