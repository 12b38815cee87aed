package iampolicy

import (
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// ThirdParty lets a third party assume the role from AWS accounts of its own, as
// "Access to AWS accounts owned by third parties" in the IAM User Guide has it:
// only with an external id, which keeps the third party from being made to use
// the role for another customer of its (the confused deputy).
type ThirdParty struct {
	// Partition is that of the accounts; empty for aws.
	Partition string
	// AccountIDs are the third party's accounts, of twelve digits each.
	AccountIDs []string
	// PrincipalARNs are roles and users of these accounts that alone are let in;
	// without any, each account decides for itself. An account without a
	// principal of its own among several is refused.
	PrincipalARNs []string
	// ExternalID is what the third party has to name.
	ExternalID string
	// OrganizationID is that of AWS Organizations, which the caller has to belong
	// to; empty for any.
	OrganizationID string
	// SourceIPRanges are CIDR blocks that the caller has to come from; none for
	// any.
	SourceIPRanges []string
	// Guesses are words that somebody would try as an external id, such as the
	// third party's name and that of the role.
	Guesses []string
}

var (
	organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	rootARN        = regexp.MustCompile(`^` + partitionPattern + `:iam::([0-9]{12}):root$`)
	principalARN   = regexp.MustCompile(`^` + partitionPattern + `:iam::([0-9]{12}):(?:role|user)/(?:[\x21-\x7e]+/)?[\w+=,.@-]{1,64}$`)
)

// The condition keys of the preset.
const (
	externalIDKey   = "sts:ExternalId"
	organizationKey = "aws:PrincipalOrgID"
	sourceIPKey     = "aws:SourceIp"
)

// Statements implements Preset.
func (p ThirdParty) Statements() ([]Statement, error) {
	c := &checker{preset: "ThirdParty"}
	p.checkAccounts(c)
	p.checkPrincipals(c)
	checkExternalID(c, p.ExternalID, append(slices.Clone(p.AccountIDs), p.Guesses...))
	if p.OrganizationID != "" && !organizationID.MatchString(p.OrganizationID) {
		c.add("organization_id", "Give the id that AWS Organizations shows, such as o-a1b2c3d4e5.",
			"The value %s is not the id of an organisation.", quote(p.OrganizationID))
	}
	for _, block := range p.SourceIPRanges {
		checkSourceIP(c, block)
	}
	if len(c.problems) > 0 {
		return nil, errors.Join(c.problems...)
	}
	condition := Condition{"StringEquals": {externalIDKey: {p.ExternalID}}}
	if p.OrganizationID != "" {
		condition["StringEquals"][organizationKey] = []string{p.OrganizationID}
	}
	if len(p.SourceIPRanges) > 0 {
		condition["IpAddress"] = map[string][]string{sourceIPKey: unique(p.SourceIPRanges)}
	}
	return []Statement{{
		SID:       c.preset,
		Effect:    Allow,
		Principal: &Principal{AWS: p.principals()},
		Action:    []string{"sts:AssumeRole"},
		Condition: condition,
	}}, nil
}

func (p ThirdParty) principals() []string {
	if len(p.PrincipalARNs) > 0 {
		return unique(p.PrincipalARNs)
	}
	partition := p.Partition
	if partition == "" {
		partition = "aws"
	}
	roots := make([]string, len(p.AccountIDs))
	for i, account := range p.AccountIDs {
		roots[i] = "arn:" + partition + ":iam::" + account + ":root"
	}
	return unique(roots)
}

func (p ThirdParty) checkAccounts(c *checker) {
	const fix = "Give the twelve digits of each account that the third party calls from."
	if len(p.AccountIDs) == 0 {
		c.add("account_ids", fix, "No account is named.")
	}
	for _, account := range p.AccountIDs {
		switch {
		case strings.ContainsAny(account, "*?"):
			c.add("account_ids", fix, "The wildcard in %s would let every AWS account in the world in.", quote(account))
		case !accountID.MatchString(account):
			c.add("account_ids", fix, "The value %s is not an AWS account id.", quote(account))
		}
	}
}

func (p ThirdParty) checkPrincipals(c *checker) {
	const fix = "Give ARNs of roles or users such as arn:aws:iam::111122223333:role/collector, without wildcards."
	named := map[string]bool{}
	for _, arn := range p.PrincipalARNs {
		match := principalARN.FindStringSubmatch(arn)
		switch {
		case strings.ContainsAny(arn, "*?"):
			c.add("principal_arns", fix, "The wildcard in %s would let others in too, and IAM takes none in a principal.", quote(arn))
		case match == nil:
			c.add("principal_arns", fix, "The value %s is not the ARN of an IAM role or user.", quote(arn))
		case !slices.Contains(p.AccountIDs, match[1]):
			c.add("principal_arns", "Name the account among the third party's account_ids, if it is one of its own.",
				"The principal %s is in none of the third party's accounts.", quote(arn))
		default:
			named[match[1]] = true
		}
	}
	if len(named) == 0 {
		return
	}
	for _, account := range p.AccountIDs {
		if accountID.MatchString(account) && !named[account] {
			c.add("principal_arns", "Name a role or a user of that account too, or take the account out of account_ids.",
				"No principal of the account %s is named, so nobody there could assume the role.", account)
		}
	}
}

// The shortest prefixes that are taken, which are those of the largest blocks
// that an organisation has: a wider one is no narrowing at all.
const (
	widestIPv4 = 8
	widestIPv6 = 19
)

// notPublic are ranges that aws:SourceIp never holds, unless a request comes
// through a VPC endpoint, which sends aws:VpcSourceIp instead. They are from the
// IANA registries of special-purpose addresses.
var notPublic = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
	"0.0.0.0/8", "224.0.0.0/3", "::/96", "fc00::/7", "fe80::/10", "ff00::/8")

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

func checkSourceIP(c *checker, block string) {
	const fix = "Give the public addresses that the third party calls from, such as 198.51.100.0/24."
	add := func(reason string, args ...any) { c.add("source_ip_ranges", fix, reason, args...) }
	prefix, err := netip.ParsePrefix(block)
	if address, single := netip.ParseAddr(block); single == nil {
		add("The value %s is not a CIDR block: a single address is written %s/%d.", quote(block), address, address.BitLen())
		return
	}
	widest := widestIPv4
	if err == nil && prefix.Addr().Is6() {
		widest = widestIPv6
	}
	switch {
	case err != nil || prefix.Addr().Is4In6():
		add("The value %s is not a CIDR block.", quote(block))
	case prefix.Masked() != prefix:
		add("The CIDR block %s has bits behind its length: it would be %s.", quote(block), prefix.Masked())
	case prefix.Bits() == 0:
		add("The CIDR block %s is every address there is.", quote(block))
	case prefix.Bits() < widest:
		add("The CIDR block %s is wider than /%d, which narrows nothing.", quote(block), widest)
	case slices.ContainsFunc(notPublic, prefix.Overlaps):
		add("The CIDR block %s is not public, so no request of a third party ever comes from it.", quote(block))
	}
}

// ThirdPartyOf reads from a trust policy what a ThirdParty of it would say, as far
// as it says that: a policy of another shape leaves fields empty. The external
// id is that of the first statement that compares exactly one.
func ThirdPartyOf(d Document) ThirdParty {
	var out ThirdParty
	for _, s := range d.Statements {
		if s.Effect != Allow || s.Principal == nil {
			continue
		}
		for _, principal := range s.Principal.AWS {
			if accountID.MatchString(principal) {
				out.AccountIDs = append(out.AccountIDs, principal)
			} else if match := rootARN.FindStringSubmatch(principal); match != nil {
				out.AccountIDs = append(out.AccountIDs, match[1])
			} else if match := principalARN.FindStringSubmatch(principal); match != nil {
				out.AccountIDs, out.PrincipalARNs = append(out.AccountIDs, match[1]), append(out.PrincipalARNs, principal)
			}
		}
		if ids := s.Condition.values("StringEquals", externalIDKey); out.ExternalID == "" && len(ids) == 1 {
			out.ExternalID = ids[0]
		}
		if ids := s.Condition.values("StringEquals", organizationKey); out.OrganizationID == "" && len(ids) == 1 {
			out.OrganizationID = ids[0]
		}
		out.SourceIPRanges = append(out.SourceIPRanges, s.Condition.values("IpAddress", sourceIPKey)...)
	}
	out.AccountIDs, out.PrincipalARNs, out.SourceIPRanges = unique(out.AccountIDs), unique(out.PrincipalARNs), unique(out.SourceIPRanges)
	return out
}

// values are those of a key under an operator, both in any letter case.
func (c Condition) values(operator, key string) []string {
	for _, o := range sortedKeys(c) {
		if !equalFold(o, operator) {
			continue
		}
		for _, k := range sortedKeys(c[o]) {
			if equalFold(k, key) {
				return c[o][k]
			}
		}
	}
	return nil
}
