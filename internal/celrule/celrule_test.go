package celrule

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// export is an identity with everything that a rule can see.
func export() governance.Subject {
	metadata := governance.Metadata{
		Owner: "payments", BusinessOwner: "finance", TechnicalOwner: "platform", Purpose: "Nightly export of invoices", Expiry: "2026-08-30",
		Environment: "prod", Systems: []string{"billing-db", "data-lake"}, Labels: map[string]string{"cost-center": "4711"},
		ThirdParty: "Acme Monitoring", ThirdPartyContact: "security@acme.example",
	}
	old := governance.Subject{Name: "invoice-export", Kind: governance.KindAWSRole, Category: governance.CategoryExternal, Account: "111111111111", Metadata: metadata}
	old.Metadata.Owner, old.Metadata.Expiry = "billing", "garbage"
	return governance.Subject{
		Name: "invoice-export", Kind: governance.KindAWSRole, Category: governance.CategoryExternal, Account: "111111111111", Metadata: metadata,
		Operation: governance.OperationUpdate, Old: &old,
		Trust: governance.Trust{Known: true, Clauses: []governance.TrustClause{
			{Trustees: []governance.Trustee{
				{Kind: governance.TrusteeAccount, Name: "222222222222", Account: "222222222222", External: true, ExternalID: true, Organization: "o-1"},
			}},
			{Trustees: []governance.Trustee{
				{Kind: governance.TrusteeWebIdentity, Name: "token.actions.githubusercontent.com", Subjects: []string{"repo:acme/*"}, Audiences: []string{"sts.amazonaws.com"}, Conditioned: true},
			}},
		}},
		Granted: governance.Granted{
			Classes: []governance.Rule{governance.RulePrivilegeEscalation, governance.RuleServiceWildcard},
			Grants: []governance.GrantedActions{
				{Level: "Permissions management", Services: []string{"iam"}, Actions: []string{"iam:PutRolePolicy", "iam:CreateRole"}, Resources: []string{"*"}, Except: []string{"arn:aws:iam::*:role/admin"}},
				{Level: "Write", Services: []string{"s3"}, Whole: true, Actions: []string{"s3:*"}, Resources: []string{"arn:aws:s3:::lake", "arn:aws:s3:::lake/*"}, Conditioned: true},
			},
		},
	}
}

// created is the same identity before it is there.
func created() governance.Subject {
	subject := export()
	subject.Operation, subject.Old = governance.OperationCreate, nil
	return subject
}

func unknown(subject governance.Subject, fields ...governance.Field) governance.Subject {
	subject.Unknown = map[governance.Field]bool{}
	for _, field := range fields {
		subject.Unknown[field] = true
	}
	return subject
}

func compiled(t testing.TB, expression string) governance.Judge {
	t.Helper()
	rules := []governance.RuleDocument{{Name: "rule", Expression: expression, Message: "m"}}
	if err := Compile(rules); err != nil {
		t.Fatalf("%s: %s", expression, err)
	}
	return rules[0].Judge
}

// TestJudge holds every variable and its type, and what is unknown, against an identity.
func TestJudge(t *testing.T) {
	t.Parallel()
	for expression, of := range map[string]struct {
		subject governance.Subject
		want    string
	}{
		`identity.name == "invoice-export" && identity.platform == "aws" && identity.kind == "aws_role"`:                 {export(), "allowed"},
		`identity.category == "external" && identity.account == "111111111111"`:                                          {export(), "allowed"},
		`identity.owner == "payments" && identity.business_owner == "finance" && identity.technical_owner == "platform"`: {export(), "allowed"},
		`identity.purpose.startsWith("Nightly") && identity.environment in ["prod", "staging"]`:                          {export(), "allowed"},
		`identity.systems == ["billing-db", "data-lake"] && "data-lake" in identity.systems`:                             {export(), "allowed"},
		`identity.third_party == "Acme Monitoring" && identity.third_party_contact.endsWith("@acme.example")`:            {export(), "allowed"},
		`identity.expiry == timestamp("2026-08-31T00:00:00Z") && identity.expiry - now < duration("2400h")`:              {export(), "allowed"},
		`identity.labels["cost-center"].matches("^[0-9]+$") && size(identity.labels) == 1`:                               {export(), "allowed"},
		`!has(identity.ticket) && identity.ticket == "" && has(identity.owner) && has(identity.expiry)`:                  {export(), "allowed"},
		`"team" in identity.labels`:                               {export(), "broken"},
		`identity.labels["team"] == "a"`:                          {export(), "error: no such key: team"},
		`has(identity.labels.team) || identity.labels.size() > 1`: {export(), "broken"},
		`operation == "update" && old != null && old.owner == "billing" && old.name == identity.name && !has(old.expiry)`: {export(), "allowed"},
		`operation == "create" && old == null`:                                         {created(), "allowed"},
		`old == null || old.owner == identity.owner`:                                   {created(), "allowed"},
		`old.owner == identity.owner`:                                                  {created(), "error: "},
		`now.getHours() == 12 && now.getFullYear() == 2026 && now.getDayOfWeek() == 1`: {export(), "allowed"},
		`trust.exists_one(t, t.kind == "account" && t.external && t.external_id && t.organization == "o-1" && t.account == t.name)`:                  {export(), "allowed"},
		`trust.filter(t, t.kind == "web_identity").all(t, t.conditioned && t.audiences == ["sts.amazonaws.com"] && !t.subjects.exists(s, s == "*"))`: {export(), "allowed"},
		`trust.map(t, t.kind).distinct().sort() == ["account", "web_identity"]`:                                                                      {export(), "allowed"},
		`identity.name.split("-")[0].upperAscii() == "INVOICE" && sets.contains(identity.systems, ["data-lake"])`:                                    {export(), "allowed"},
		`1 / (size(identity.systems) - 2) == 0`: {export(), "error: division by zero"},

		`"privilege_escalation" in classes && !("administrator" in classes) && size(classes) == 2`:                                       {export(), "allowed"},
		`classes.all(c, c in ["privilege_escalation", "service_wildcard"]) && classes[0] != "service_wildcard"`:                          {export(), "allowed"},
		`grants.exists(g, g.level == "Permissions management" && g.services == ["iam"] && !g.whole && "iam:PutRolePolicy" in g.actions)`: {export(), "allowed"},
		`grants.exists_one(g, g.whole && g.conditioned && g.resources.all(r, r.startsWith("arn:aws:s3:::lake")) && size(g.except) == 0)`: {export(), "allowed"},
		`grants.exists(g, g.except == ["arn:aws:iam::*:role/admin"])`:                                                                    {export(), "allowed"},
		`grants.exists(g, g.allows("S3:getobject")) && grants.exists(g, g.allows("iam:CREATErole"))`:                                     {export(), "allowed"},
		`grants.exists(g, g.allows("iam:CreateUser") || g.allows("s3express:PutObject"))`:                                                {export(), "broken"},
		`grants.exists(g, g.allows(identity.owner))`:                                                                                     {export(), `error: "payments" is not the name of one action, such as iam:PassRole`},
		`!("administrator" in classes)`:                    {unknown(export(), governance.FieldClasses), "not known: classes"},
		`classes[0] == "administrator"`:                    {unknown(export(), governance.FieldClasses), "not known: classes"},
		`grants[0].actions[0] == "s3:*"`:                   {unknown(export(), governance.FieldGrants), "not known: grants"},
		`grants.exists(g, g.allows("s3:GetObject"))`:       {unknown(export(), governance.FieldGrants), "not known: grants"},
		`identity.environment == "prod" || classes == []`:  {unknown(export(), governance.FieldClasses), "allowed"},
		`identity.owner == "x" || size(classes + []) == 0`: {unknown(export(), governance.FieldClasses, governance.FieldOwner), "not known: classes, identity.owner"},
		`9223372036854775807 + size(trust) > 0`:            {export(), "error: integer overflow"},

		`identity.owner == "x"`:                                            {unknown(export(), governance.FieldOwner), "not known: identity.owner"},
		`has(identity.owner)`:                                              {unknown(export(), governance.FieldOwner), "not known: identity.owner"},
		`identity == identity`:                                             {unknown(export(), governance.FieldOwner), "not known: identity"},
		`[identity].exists(i, i.owner == "payments")`:                      {unknown(export(), governance.FieldOwner), "not known: identity"},
		`dyn(identity).owner == "payments"`:                                {unknown(export(), governance.FieldOwner), "not known: identity"},
		`identity.purpose != "" && identity.environment == "prod"`:         {unknown(export(), governance.FieldOwner), "allowed"},
		`identity.owner == "x" && identity.environment == "dev"`:           {unknown(export(), governance.FieldOwner), "broken"},
		`identity.owner == "x" || identity.environment == "prod"`:          {unknown(export(), governance.FieldOwner), "allowed"},
		`identity.owner == "x" || identity.labels["team"] == "y"`:          {unknown(export(), governance.FieldOwner), "not known: identity.owner"},
		`trust.all(t, t.external_id)`:                                      {unknown(export(), governance.FieldTrust), "not known: trust"},
		`size(trust) == 0`:                                                 {unknown(export(), governance.FieldTrust), "not known: trust"},
		`identity.systems.all(s, trust.exists(t, t.name == s))`:            {unknown(export(), governance.FieldTrust), "not known: trust"},
		`identity.labels.all(k, k != "a")`:                                 {unknown(export(), governance.FieldLabels), "not known: identity.labels"},
		`"cost-center" in identity.labels`:                                 {unknown(export(), governance.FieldLabels), "not known: identity.labels"},
		`identity.platform == "aws"`:                                       {unknown(export(), governance.FieldKind), "not known: identity.platform"},
		`identity.category == "x"`:                                         {unknown(export(), governance.FieldKind), "not known: identity.category"},
		`identity.account == "x" && identity.name == "y"`:                  {unknown(export(), governance.FieldAccount, governance.FieldName), "not known: identity.account, identity.name"},
		`identity.third_party_contact == "x"`:                              {unknown(export(), governance.FieldThirdPartyContact), "not known: identity.third_party_contact"},
		`size(identity.systems) > 0`:                                       {unknown(export(), governance.FieldSystems), "not known: identity.systems"},
		`operation == "create" || old.environment == identity.environment`: {governance.Subject{}, "not known: old, operation"},
		`identity.expiry > now`:                                            {governance.Subject{Operation: governance.OperationCreate, Metadata: governance.Metadata{Expiry: "soon"}}, "not known: identity.expiry"},
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			allowed, err := compiled(t, expression).Judge(of.subject, noon)
			var notKnown *governance.NotKnownError
			got := "broken"
			switch {
			case errors.As(err, &notKnown):
				got = "not known: " + strings.Join(notKnown.Values, ", ")
			case err != nil:
				got = "error: " + err.Error()
			case allowed:
				got = "allowed"
			}
			if got != of.want && (of.want != "error: " || err == nil) {
				t.Errorf("got %s, want %s", got, of.want)
			}
		})
	}
}

// TestConcurrently judges by one rule as Terraform plans: many identities at a time.
func TestConcurrently(t *testing.T) {
	t.Parallel()
	judge := compiled(t, `identity.owner.matches("^pay") && trust.exists(t, t.external) && identity.labels.all(k, k != "team")`)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if allowed, err := judge.Judge(export(), noon); !allowed || err != nil {
					t.Errorf("%t, %v", allowed, err)
				}
				var notKnown *governance.NotKnownError
				if _, err := judge.Judge(unknown(export(), governance.FieldOwner), noon); !errors.As(err, &notKnown) {
					t.Errorf("the owner is not known: %v", err)
				}
			}
		})
	}
	group.Wait()
}
