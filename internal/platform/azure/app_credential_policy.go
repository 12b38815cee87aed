package azure

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// permissionPolicy reads the policies that say which credentials applications may have.
const permissionPolicy = "Policy.Read.All"

// appPolicies are the rules of one application.
type appPolicies struct {
	tenant graph.AppManagementPolicy
	// own are those assigned to the application: at most one, which goes before the tenant's.
	own []graph.AppManagementPolicy
	// created is when the application was made, or the present for one that is to be made.
	created time.Time
}

// CheckIssue asks the tenant's policy for credentials of applications, and the application's own.
func (c *AppCredentials) CheckIssue(ctx context.Context) ([]governance.Violation, error) {
	if _, err := c.tenant.connect(ctx); err != nil {
		return nil, err
	}
	rules := appPolicies{created: c.now()}
	const name = "/policies/defaultAppManagementPolicy"
	if err := c.tenant.get(ctx, name, name, permissionPolicy, nil, &rules.tenant); err != nil {
		return nil, err
	}
	if c.id.Resource != "" {
		var app graph.Application
		if err := c.get(ctx, nil, &app); err != nil {
			return nil, ignoreNotFound(err)
		}
		if app.CreatedDateTime != nil {
			rules.created = *app.CreatedDateTime
		}
		var err error
		rules.own, err = listAll[graph.AppManagementPolicy](ctx, c.tenant, graph.Request{Path: applicationPath(c.id.Resource) + "/appManagementPolicies"}, applicationName+"/appManagementPolicies", permissionPolicy)
		if err != nil {
			return nil, err
		}
	}
	start := c.now().Truncate(time.Second)
	return rules.judge(c.spec.Type, c.spec.end(start).Sub(start)), nil
}

// judge finds what the rules have against a credential that is valid for so long.
func (p appPolicies) judge(credentialType string, valid time.Duration) []governance.Violation {
	found := findings{}
	forbids, bounds := "passwordAddition", "passwordLifetime"
	if credentialType == platform.Certificate {
		forbids, bounds = "trustedCertificateAuthority", "asymmetricKeyLifetime"
	}
	if rule, whose, certain := p.rule(credentialType, forbids); rule != nil {
		found.refuse(certain, []string{"type"}, remedyForbidden(credentialType), "%s %s", whose, forbidden(credentialType))
		return found
	}
	rule, whose, certain := p.rule(credentialType, bounds)
	if rule == nil {
		return found
	}
	most, ok := isoDuration(rule.MaxLifetime)
	if days := int(most / (24 * time.Hour)); ok && valid > most {
		found.refuse(certain, []string{"valid_days"}, remedyTooLong(days), "%s lets a %s be valid for %s (%d days) at most, and this one would be for %d days",
			whose, nounOf(credentialType), rule.MaxLifetime, days, int((valid+24*time.Hour-1)/(24*time.Hour)))
	}
	return found
}

func (f *findings) refuse(certain bool, path []string, remedy, message string, args ...any) {
	f.add(path, remedy, message, args...)
	if !certain {
		(*f)[len(*f)-1].Enforcement = governance.EnforceWarn
	}
}

// rule is the restriction of a type that holds for the application, and whose it is; nil where there is none. It is not
// certain where the documentation leaves open whether the tenant's rule holds beside the application's own policy, or where
// some callers are exempt from it.
func (p appPolicies) rule(credentialType, restriction string) (rule *graph.AppRestriction, whose string, certain bool) {
	list := func(r graph.AppRestrictions) []graph.AppRestriction {
		if credentialType == platform.Certificate {
			return r.Keys
		}
		return r.Passwords
	}
	certain = true
	for _, own := range p.own {
		if !own.IsEnabled {
			continue
		}
		whose = fmt.Sprintf("the application's own app management policy %q", own.DisplayName)
		if rule, named := p.holds(list(own.Restrictions), restriction); named {
			return rule, whose, exempts(rule)
		}
		certain = false
	}
	if !p.tenant.IsEnabled {
		return nil, "", certain
	}
	rule, _ = p.holds(list(p.tenant.ApplicationRestrictions), restriction)
	return rule, "the tenant's app management policy", certain && exempts(rule)
}

func exempts(rule *graph.AppRestriction) bool {
	return rule == nil || len(rule.ExcludeActors) == 0 || string(rule.ExcludeActors) == "null"
}

// holds finds a restriction of a type; named tells that there is one, also when it does not hold.
func (p appPolicies) holds(all []graph.AppRestriction, restriction string) (rule *graph.AppRestriction, named bool) {
	i := slices.IndexFunc(all, func(one graph.AppRestriction) bool { return one.Type == restriction })
	if i < 0 {
		return nil, false
	}
	if one := all[i]; one.State != "disabled" && (one.After == nil || !p.created.Before(*one.After)) {
		return &one, true
	}
	return nil, true
}

func nounOf(credentialType string) string { return (*AppCredentials)(nil).Noun(credentialType) }

func forbidden(credentialType string) string {
	if credentialType == platform.Certificate {
		return "lets applications have certificates of trusted authorities only, and the provider's are self-signed"
	}
	return "forbids client secrets"
}

const remedyKeyless = "Let the client sign in without a credential, by federated_credentials of its entra_application"

func remedyForbidden(credentialType string) string {
	if credentialType == platform.Certificate {
		return remedyKeyless + "; or have the application exempted from the policy."
	}
	return remedyKeyless + `; or write type = "certificate"; or have the application exempted from the policy.`
}

func remedyTooLong(days int) string {
	if days < 1 {
		return remedyKeyless + "; nothing that is valid for less than a day can be rotated."
	}
	return fmt.Sprintf("Write valid_days = %d or less, and a rotate_after_days that leaves room for the overlap.", days)
}

// Codes of what the policy refuses.
const (
	codeTypeNotAllowed  = "CredentialTypeNotAllowedAsPerAppPolicy"
	codeInvalidLifetime = "CredentialInvalidLifetimeAsPerAppPolicy"
)

// refusedByPolicy says of a refusal what could not be said at plan.
func refusedByPolicy(err error) error {
	var invalid *platform.ErrInvalid
	if !errors.As(err, &invalid) {
		return err
	}
	switch invalid.Code {
	case codeTypeNotAllowed:
		invalid.Attribute, invalid.Remedy = []string{"type"}, remedyForbidden("")
	case codeInvalidLifetime:
		invalid.Attribute, invalid.Remedy = []string{"valid_days"}, "Write fewer valid_days: the tenant's app management policy says how many it allows, which the permission "+permissionPolicy+" lets a plan tell."
	}
	return err
}

var isoPattern = regexp.MustCompile(`^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$`)

// isoDuration reads a duration of ISO 8601. A year counts 365 days and a month 30, which is never more than Entra ID allows.
func isoDuration(text string) (time.Duration, bool) {
	match := isoPattern.FindStringSubmatch(text)
	if match == nil || len(text) < len("P1D") {
		return 0, false
	}
	const day = 24 * time.Hour
	var total time.Duration
	for i, unit := range []time.Duration{365 * day, 30 * day, 7 * day, day, time.Hour, time.Minute, time.Second} {
		n, err := strconv.Atoi(match[i+1])
		if err != nil {
			n = 0 // The part is not there.
		}
		total += time.Duration(n) * unit
	}
	return total, true
}
