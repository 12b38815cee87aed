package iampolicy

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const goodExternalID = "0f8fad5b-d9cb-469f-a165-70867728950e"

func thirdParty(change func(*ThirdParty)) ThirdParty {
	p := ThirdParty{AccountIDs: []string{"999988887777"}, ExternalID: goodExternalID, Guesses: []string{"Acme Monitoring", "cost-report"}}
	if change != nil {
		change(&p)
	}
	return p
}

func TestThirdParty(t *testing.T) {
	t.Parallel()
	const root, equals = `{"AWS":"arn:aws:iam::999988887777:root"}`, `"StringEquals":{"sts:ExternalId":"` + goodExternalID + `"}`
	for name, c := range map[string]struct {
		preset               ThirdParty
		principal, condition string
	}{
		"account":   {thirdParty(nil), root, equals},
		"partition": {thirdParty(func(p *ThirdParty) { p.Partition = "aws-cn" }), `{"AWS":"arn:aws-cn:iam::999988887777:root"}`, equals},
		"accounts": {
			thirdParty(func(p *ThirdParty) { p.AccountIDs = []string{"999988887777", "999988886666", "999988887777"} }),
			`{"AWS":["arn:aws:iam::999988887777:root","arn:aws:iam::999988886666:root"]}`, equals,
		},
		"principals": {
			thirdParty(func(p *ThirdParty) {
				p.PrincipalARNs = []string{"arn:aws:iam::999988887777:role/a/b/collector", "arn:aws:iam::999988887777:user/x@y"}
			}),
			`{"AWS":["arn:aws:iam::999988887777:role/a/b/collector","arn:aws:iam::999988887777:user/x@y"]}`, equals,
		},
		"everything": {
			thirdParty(func(p *ThirdParty) {
				p.OrganizationID, p.SourceIPRanges = "o-a1b2c3d4e5", []string{"198.51.100.0/24", "2001:db8::/32"}
			}),
			root, `"IpAddress":{"aws:SourceIp":["198.51.100.0/24","2001:db8::/32"]},"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5","sts:ExternalId":"` + goodExternalID + `"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := Trust(c.preset)
			if err != nil {
				t.Fatal(err)
			}
			want := `{"Version":"2012-10-17","Statement":[{"Sid":"ThirdParty","Effect":"Allow","Principal":` + c.principal + `,"Action":"sts:AssumeRole","Condition":{` + c.condition + `}}]}`
			if got := d.JSON(); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if parsed, err := ParseTrust(d.JSON()); cmp.Diff(d, parsed) != "" || err != nil {
				t.Errorf("it does not come back: %v %v", parsed, err)
			}
			// What it says is read back from the policy, also with an expiry in it.
			boxed, err := TimeBox(d, time.Unix(0, 0))
			if err != nil {
				t.Fatal(err)
			}
			back := ThirdPartyOf(StripTimeBox(boxed, time.Unix(0, 0)))
			back.Partition, back.Guesses = c.preset.Partition, c.preset.Guesses
			again, err := Trust(back)
			if err != nil || !Equivalent(again.JSON(), d.JSON()) {
				t.Errorf("%+v was read back (%v)", back, err)
			}
		})
	}
}

func TestThirdPartyRefusals(t *testing.T) {
	t.Parallel()
	accounts := func(ids ...string) ThirdParty { return thirdParty(func(p *ThirdParty) { p.AccountIDs = ids }) }
	principals := func(arns ...string) ThirdParty {
		return thirdParty(func(p *ThirdParty) { p.PrincipalARNs = arns })
	}
	external := func(id string) ThirdParty { return thirdParty(func(p *ThirdParty) { p.ExternalID = id }) }
	ranges := func(blocks ...string) ThirdParty {
		return thirdParty(func(p *ThirdParty) { p.SourceIPRanges = blocks })
	}
	organization := func(id string) ThirdParty { return thirdParty(func(p *ThirdParty) { p.OrganizationID = id }) }
	for _, c := range []struct {
		preset ThirdParty
		field  string
		reason string
	}{
		{accounts(), "account_ids", "No account is named"},
		{accounts("*"), "account_ids", "every AWS account in the world"},
		{accounts("99998888777"), "account_ids", "not an AWS account id"},
		{accounts("arn:aws:iam::999988887777:root"), "account_ids", "not an AWS account id"},

		{principals("*"), "principal_arns", "wildcard"},
		{principals("arn:aws:iam::999988887777:role/*"), "principal_arns", "wildcard"},
		{principals("arn:aws:iam::999988887777:root"), "principal_arns", "not the ARN of an IAM role or user"},
		{principals("arn:aws:sts::999988887777:assumed-role/a/b"), "principal_arns", "not the ARN of an IAM role or user"},
		{principals("arn:aws:iam::111122223333:role/collector"), "principal_arns", "in none of the third party's accounts"},
		{
			thirdParty(func(p *ThirdParty) {
				p.AccountIDs, p.PrincipalARNs = []string{"999988887777", "999988886666"}, []string{"arn:aws:iam::999988887777:role/a"}
			}), "principal_arns", "No principal of the account 999988886666",
		},

		{external(""), "external_id", "Without an external id"},
		{external("short-1aQz9"), "external_id", "has 11 characters"},
		{external(strings.Repeat("0f8fad5b-d9cb-469", 100)), "external_id", "476 more than STS takes"},
		{external("0f8fad5b d9cb 469f a165"), "external_id", "character that STS does not take"},
		{external("0f8fad5b-d9cb-469f-${a}"), "external_id", "character that STS does not take"},
		{external("7391846205117390"), "external_id", "digits only"},
		{external("aaaaaaaaaaaaaaaaaaaaaaaa"), "external_id", "could be guessed"},
		{external("abababababababababababab"), "external_id", "could be guessed"},
		{external("abcdefghijklmnopqrstuvwxyz"), "external_id", "could be guessed"},
		{external("1234567890abcdef"), "external_id", "could be guessed"},
		{external("acme-monitoring-2026"), "external_id", "could be guessed"},
		{external("AcmeMonitoringCostReport"), "external_id", "could be guessed"},
		{external("cost-report-999988887777"), "external_id", "could be guessed"},
		{external("customer-external-id-prod"), "external_id", "could be guessed"},

		{ranges("0.0.0.0/0"), "source_ip_ranges", "every address there is"},
		{ranges("::/0"), "source_ip_ranges", "every address there is"},
		{ranges("128.0.0.0/1"), "source_ip_ranges", "wider than /8"},
		{ranges("2000::/3"), "source_ip_ranges", "wider than /19"},
		{ranges("10.1.0.0/16"), "source_ip_ranges", "not public"},
		{ranges("172.16.0.0/12"), "source_ip_ranges", "not public"},
		{ranges("192.168.1.0/24"), "source_ip_ranges", "not public"},
		{ranges("100.64.0.0/10"), "source_ip_ranges", "not public"},
		{ranges("127.0.0.1/32"), "source_ip_ranges", "not public"},
		{ranges("fd00::/32"), "source_ip_ranges", "not public"},
		{ranges("240.0.0.0/8"), "source_ip_ranges", "not public"},
		{ranges("198.51.100.7/24"), "source_ip_ranges", "it would be 198.51.100.0/24"},
		{ranges("198.51.100.7"), "source_ip_ranges", "written 198.51.100.7/32"},
		{ranges("198.51.100.0/33"), "source_ip_ranges", "not a CIDR block"},
		{ranges("::ffff:198.51.100.0/120"), "source_ip_ranges", "not a CIDR block"},
		{ranges("office"), "source_ip_ranges", "not a CIDR block"},

		{organization("a1b2c3d4e5"), "organization_id", "not the id of an organisation"},
		{organization("o-*"), "organization_id", "not the id of an organisation"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			statements, err := c.preset.Statements()
			problems := PresetErrors(err)
			if len(problems) != 1 || statements != nil || problems[0].Preset != "ThirdParty" || problems[0].Field != c.field || !strings.Contains(problems[0].Reason, c.reason) || problems[0].Fix == "" {
				t.Errorf("%+v is answered with %v", c.preset, err)
			}
		})
	}
}

// TestRandomExternalIDs takes what generators make: the same in every run, because a few that are this short are refused.
func TestRandomExternalIDs(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		random := make([]byte, 26)
		for i := range random {
			random[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[dice.IntN(32)]
		}
		text := string(random)
		for _, id := range []string{text, strings.ToLower(text[:16]), text[:8] + "-" + text[8:16]} {
			if bits := guessBits(id, []string{"Acme", "cost-report"}); bits < minExternalIDBits {
				t.Errorf("%s counts %d bits", id, bits)
			}
		}
	}
}

// TestThirdPartyOfOthers reads what it can from policies that it did not write.
func TestThirdPartyOfOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		document string
		want     ThirdParty
	}{
		{`{"Statement":{"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRole","Condition":{"stringequals":{"STS:externalid":"x"}}}}`, ThirdParty{AccountIDs: []string{"999988887777"}, ExternalID: "x"}},
		{`{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":["x","y"]}}}}`, ThirdParty{}},
		{`{"Statement":{"Effect":"Deny","Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRole"}}`, ThirdParty{}},
		{`{"Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`, ThirdParty{}},
	} {
		d, err := ParseTrust(c.document)
		if err != nil {
			t.Fatal(err)
		}
		got := ThirdPartyOf(d)
		if got.ExternalID != c.want.ExternalID || !slices.Equal(got.AccountIDs, c.want.AccountIDs) || len(got.PrincipalARNs) > 0 {
			t.Errorf("from %s comes %+v", c.document, got)
		}
	}
}
