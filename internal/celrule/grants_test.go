package celrule

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

// reader may do something in so many services. With 800 it is in size what AWS's ReadOnlyAccess allows: 9,600 actions.
func reader(services int) governance.Subject {
	subject := created()
	subject.Granted = governance.Granted{}
	for service := range services {
		g := governance.GrantedActions{Level: "Read", Services: []string{fmt.Sprintf("service%d", service)}, Resources: []string{"*"}}
		for action := range 12 {
			g.Actions = append(g.Actions, fmt.Sprintf("service%d:DescribeSomethingLong%d", service, action))
		}
		subject.Granted.Grants = append(subject.Granted.Grants, g)
	}
	return subject
}

// loops has an expression judged 10^n times.
func loops(n int, expression string) string {
	for i := range n {
		expression = fmt.Sprintf("[0,1,2,3,4,5,6,7,8,9].all(v%d, %s)", i, expression)
	}
	return expression
}

// TestLargeGrants judges them by what rules are made of, and stops what would take long: the loops took half a minute each
// when grants were compared and measured at the price of one value.
func TestLargeGrants(t *testing.T) {
	t.Parallel()
	const tooDear = "operation cancelled: actual cost limit exceeded"
	for expression, want := range map[string]string{
		`!grants.exists(g, g.allows("kms:Decrypt") || g.allows("iam:PassRole"))`:                                               "",
		`grants.all(g, g.actions.all(a, !a.matches("^kms:.*")))`:                                                               "",
		`grants.all(g, size(g.services) > 0 && !("kms" in g.services) && g.level in ["Read"])`:                                 "",
		`grants.exists(g, g.actions.exists(a, a == "service799:DescribeSomethingLong11"))`:                                     "",
		`grants == grants && size(grants.filter(g, g.conditioned)) == 0`:                                                       "",
		loops(2, `grants.all(g, grants == grants)`):                                                                            tooDear,
		loops(2, `grants.all(g, !([g] in [grants]))`):                                                                          tooDear,
		`grants.all(g, grants.all(h, g.actions == h.actions || true))`:                                                         tooDear,
		`size(grants.distinct()) == 400`:                                                                                       tooDear,
		`sets.equivalent(grants, grants)`:                                                                                      tooDear,
		loops(4, `size(grants) > 0 && size(grants + grants) > 0 && size([grants, grants]) > 0`):                                "",
		loops(4, `{"a": grants}.size() > 0 && grants[0].actions.size() > 0 && (true ? grants[1] : grants[2]).level == "Read"`): "",
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			services := 800
			if want != "" {
				services = 400
			}
			allowed, err := compiled(t, expression).Judge(reader(services), noon)
			if got := fmt.Sprint(err); want == "" && (err != nil || !allowed) || want != "" && got != want {
				t.Errorf("%t, %s", allowed, got)
			}
		})
	}
}

// TestGranted tells which rules are about what an identity may do.
func TestGranted(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]bool{
		`identity.owner == "classes"`: false, `has(identity.ticket) || trust.all(t, t.external)`: false,
		`"administrator" in classes`: true, `identity.environment == "dev" || grants.all(g, !g.whole)`: true, `[1].exists(x, size(grants) > x)`: true,
	} {
		if got := compiled(t, expression).Granted(); got != want {
			t.Errorf("%s: %t", expression, got)
		}
	}
}

// TestAllows fits the names of actions into the patterns of a grant.
func TestAllows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, action string
		want            bool
	}{
		{"*", "iam:PassRole", true},
		{"*:*", "iam:PassRole", true},
		{"iam:*", "IAM:passrole", true},
		{"iam:Pass*", "iam:PassRole", true},
		{"iam:*Role", "iam:PassRole", true},
		{"iam:*a*s*Role*", "iam:PassRole", true},
		{"iam:Pas?Role", "iam:PassRole", true},
		{"iam:PassRole", "iam:PassRoles", false},
		{"iam:PassRoles", "iam:PassRole", false},
		{"iam:*Roles", "iam:PassRole", false},
		{"s3:*", "s3express:CreateSession", false},
		{"iam:PassRole?", "iam:PassRole", false},
	} {
		if got := matches(strings.ToLower(c.pattern), strings.ToLower(c.action)); got != c.want {
			t.Errorf("%s allows %s: %t", c.pattern, c.action, got)
		}
	}
	for name, want := range map[string]bool{"iam:PassRole": true, "s3-object-lambda:WriteGetObjectResponse": true, "iam:*": false, "PassRole": false, "iam:Pass Role": false, "": false, ":": false} {
		if got := notAnAction(name) == ""; got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}
