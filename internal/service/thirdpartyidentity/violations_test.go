package thirdpartyidentity_test

import (
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// violation is one thing to write wrong, and what the plan says to it.
type violation struct {
	wrong acctest.Values
	says  []string
}

func external(id string) acctest.Values { return withRole(acctest.Values{"external_id": id}) }
func source(block string) acctest.Values {
	return withRole(acctest.Values{"source_ip_ranges": []string{block}})
}

func principal(arn string) acctest.Values {
	return withRole(acctest.Values{"principal_arns": []string{arn}})
}
func accounts(ids ...string) acctest.Values { return withParty(acctest.Values{"account_ids": ids}) }

var violations = map[string]violation{
	"name empty":          {withParty(acctest.Values{"name": ""}), []string{"error third_party.name: Metadata text is not usable … third_party.name is empty … Argument: third_party.name."}},
	"name filler":         {withParty(acctest.Values{"name": "Vendor"}), []string{`error third_party.name: Third party cannot be reached … third_party.name is "Vendor", which names nobody … Rule: third_party (error).`}},
	"name too long":       {withParty(acctest.Values{"name": strings.Repeat("Acme ", 60)}), []string{"error third_party.name: The platform would refuse this … third_party.name takes 300 characters in its tag, 44 more than IAM's limit of 256"}},
	"contact empty":       {withParty(acctest.Values{"contact": ""}), []string{"error third_party.contact: Metadata text is not usable … third_party.contact is empty"}},
	"contact placeholder": {withParty(acctest.Values{"contact": "security@example.com"}), []string{"error third_party.contact: Third party cannot be reached … which is a placeholder"}},
	"contact no address":  {withParty(acctest.Values{"contact": "ask Bob"}), []string{"error third_party.contact: Third party cannot be reached … neither an e-mail address nor a URL"}},
	"no account":          {accounts(), []string{"error third_party.account_ids: Trust is not safe … No account is named … twelve digits"}},
	"wildcard":            {accounts("*"), []string{`error third_party.account_ids: Trust is not safe … "*" would let every AWS account in the world in`}},
	"account malformed":   {accounts("99998888777"), []string{`error third_party.account_ids: Trust is not safe … "99998888777" is not an AWS account id`}},
	"own account":         {accounts(partyAccount, "123456789012"), []string{"error third_party.account_ids: Trust is not safe … 123456789012 is the account of the role itself … governed_service_identity"}},
	"organisation":        {withParty(acctest.Values{"organization_id": "acme"}), []string{`error third_party.organization_id: Trust is not safe … "acme" is not the id of an organisation`}},
	"too many accounts":   {accounts(manyAccounts(60)...), []string{"error third_party.account_ids: The platform would refuse this … the trust policy has … more than this account's quota of 2048"}},

	"external id empty":       {external(""), []string{"error aws_role.external_id: Trust is not safe … Without an external id, everybody that the third party works for"}},
	"external id short":       {external("acme-42"), []string{"error aws_role.external_id: Trust is not safe … has 7 characters … needs at least 16"}},
	"external id digits":      {external("9999888877771234"), []string{"error aws_role.external_id: Trust is not safe … digits only"}},
	"external id repeated":    {external("xxxxxxxxxxxxxxxxxxxx"), []string{"error aws_role.external_id: Trust is not safe … could be guessed"}},
	"external id of names":    {external("acme-monitoring-acme-collector"), []string{"error aws_role.external_id: Trust is not safe … could be guessed … known words, names"}},
	"external id of accounts": {external("a-999988887777-123456789012"), []string{"error aws_role.external_id: Trust is not safe … could be guessed"}},
	"external id charset":     {external("0f8fad5b d9cb 469f a165"), []string{"error aws_role.external_id: Trust is not safe … character that STS does not take"}},
	"external id too long":    {external(strings.Repeat(externalID, 40)), []string{"error aws_role.external_id: Trust is not safe … 216 more than STS takes"}},

	"principal wildcard":  {principal("arn:aws:iam::" + partyAccount + ":role/*"), []string{"error aws_role.principal_arns: Trust is not safe … wildcard"}},
	"principal elsewhere": {principal("arn:aws:iam::" + otherAccount + ":role/collector"), []string{"error aws_role.principal_arns: Trust is not safe … in none of the third party's accounts"}},
	"principal malformed": {principal(partyAccount), []string{"error aws_role.principal_arns: Trust is not safe … not the ARN of an IAM role or user"}},
	"address everywhere":  {source("0.0.0.0/0"), []string{"error aws_role.source_ip_ranges: Trust is not safe … every address there is"}},
	"address private":     {source("10.0.0.0/16"), []string{"error aws_role.source_ip_ranges: Trust is not safe … is not public"}},
	"address malformed":   {source("198.51.100.0/33"), []string{"error aws_role.source_ip_ranges: Trust is not safe … not a CIDR block"}},

	"lifetime":     {acctest.Values{"expiry": "2199-01-01"}, []string{"error expiry: Expiry is too far ahead … category external live for 180 days at most, to <max>"}},
	"owner":        {acctest.Values{"owner": "n/a"}, []string{"error owner: Owner names nobody"}},
	"path":         {withRole(acctest.Values{"path": "x"}), []string{"error aws_role.path: The platform would refuse this"}},
	"label taken":  {acctest.Values{"labels": acctest.Values{"nhi:third_party": "x"}}, []string{`error labels["nhi:third_party"]: The platform would refuse this … Use the argument third_party.name`}},
	"no platform":  {acctest.Values{"aws_role": nil}, []string{"error : No platform is declared … Write one of these arguments: aws_role, entra_service_principal."}},
	"all at once":  {withParty(acctest.Values{"name": "tbd", "account_ids": []string{"*"}}).With(source("::/0")), []string{"error third_party.name: Third", "error third_party.account_ids: Trust", "error aws_role.source_ip_ranges: Trust"}},
	"null account": {withParty(acctest.Values{"account_ids": []any{nil}}), []string{"error third_party.account_ids: Null Set Value"}},
}

func manyAccounts(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = partyAccount[:10] + string(rune('0'+i/10)) + string(rune('0'+i%10))
	}
	return ids
}

// TestViolations writes one thing wrong at a time: the plan says what is wrong, where, and what to write instead.
func TestViolations(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	for name, violation := range violations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says := make([]string, len(violation.says))
			for i, text := range violation.says {
				says[i] = strings.ReplaceAll(text, "<max>", acctest.Date(server, 180))
			}
			acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName).Plan(collector(server).With(violation.wrong)).Want(t, says...)
			acctest.WantWrites(t, server)
		})
	}
}

// TestValidateOffline finds without a configured provider what holds under every policy, and does not guess the account.
func TestValidateOffline(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	r := acctest.NewProtocol(t, server).Resource(typeName)
	r.Validate(collector(server)).Want(t)
	r.Validate(collector(server).With(accounts("123456789012"))).Want(t)
	r.Validate(collector(server).With(acctest.Values{"third_party": acctest.Unknown, "aws_role": acctest.Unknown})).Want(t)
	r.Validate(collector(server).With(withParty(acctest.Values{"contact": " "})).With(source("::/0"))).Want(t,
		"error third_party.contact: Metadata text is not usable", "error aws_role.source_ip_ranges: Trust is not safe")
}

// TestLongerByPolicy lets a third party's role live longer where the policy says so for them.
func TestLongerByPolicy(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	year := collector(server).With(acctest.Values{"expiry": acctest.Date(server, 300)})
	for name, c := range map[string]struct {
		policy acctest.Values
		says   []string
	}{
		"for all":   {acctest.Values{"max_lifetime_days": 365}, []string{"error expiry: Expiry is too far ahead … 180 days"}},
		"for them":  {acctest.Values{"max_lifetime_days_by_category": acctest.Values{"external": 365}}, nil},
		"as a note": {acctest.Values{"enforcement": acctest.Values{"max_lifetime_days": "warn"}}, []string{"warning expiry: Expiry is too far ahead"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": c.policy}).Resource(typeName).Plan(year).Want(t, c.says...)
		})
	}
}

// TestUnknown plans with values that are known only at apply, judges them then, and refuses before any write.
func TestUnknown(t *testing.T) {
	t.Parallel()
	unknown := acctest.Values{
		"name": acctest.Unknown, "expiry": acctest.Unknown,
		"third_party": acctest.Values{"name": acctest.Unknown, "contact": acctest.Unknown, "account_ids": acctest.Unknown, "organization_id": acctest.Unknown},
		"aws_role": acctest.Values{
			"path": acctest.Unknown, "inline_policies": acctest.Unknown, "external_id": acctest.Unknown, "principal_arns": acctest.Unknown, "source_ip_ranges": acctest.Unknown,
		},
	}
	for name, later := range map[string]violation{
		"nothing wrong":     {acctest.Values{}, nil},
		"contact":           {withParty(acctest.Values{"contact": "x"}), []string{"error third_party.contact: Third party cannot be reached"}},
		"own account":       {accounts("123456789012"), []string{"error third_party.account_ids: Trust is not safe"}},
		"external id":       {external("guess-me"), []string{"error aws_role.external_id: Trust is not safe"}},
		"external id empty": {external(""), []string{"error aws_role.external_id: Trust is not safe"}},
		"range":             {source("10.0.0.0/8"), []string{"error aws_role.source_ip_ranges: Trust is not safe"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Plan(collector(server).With(unknown)).Want(t)
			known := collector(server).With(later.wrong)
			r.ApplyPlanned(known).Want(t, later.says...)
			if len(later.says) > 0 {
				acctest.WantWrites(t, server)
				return
			}
			r.Refresh().Want(t)
			if r.Plan(known).Want(t); r.Changes() {
				t.Error("the second plan changes something")
			}
		})
	}
	server := newSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Plan(collector(server).With(acctest.Values{"third_party": acctest.Unknown})).Want(t)
	r.ApplyPlanned(collector(server)).Want(t)
	getsIn(t, server, partyAccount, r.State("aws_role", "external_id").(string), true) //nolint:forcetypeassert // it is a text or the test fails
}

// TestDangers judges what a third party could do, at plan and when it gains something.
func TestDangers(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	allowed := func(policy string) acctest.Values {
		return collector(server).With(acctest.Values{"aws_role": acctest.Values{"managed_policy_arns": []string{"arn:aws:iam::aws:policy/" + policy}}})
	}
	r.Plan(allowed("IAMFullAccess")).Want(t, `error aws_role.managed_policy_arns: Identity would be an administrator … governed_third_party_identity "acme-collector": AWS managed policy "arn:aws:iam::aws:policy/IAMFullAccess", statement 1, iam:*: it allows every action of IAM on every resource`)
	r.Apply(allowed("SecurityAudit")).Want(t)
	r.Apply(allowed("IAMReadOnlyAccess")).Want(t, "warning aws_role: Identity gains permissions … Read: … iam")
}
