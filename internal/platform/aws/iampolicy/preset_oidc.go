package iampolicy

import "errors"

// OIDC lets holders of tokens from any OIDC provider assume the role. Subjects
// and audiences are compared exactly; anything looser is for a trust policy
// written by hand.
type OIDC struct {
	// ProviderARN is the ARN of the IAM OIDC provider.
	ProviderARN string
	// Subjects are the values of the token's sub claim that are let in, and
	// Audiences those of its aud claim. Both need at least one value.
	Subjects, Audiences []string
}

// Statements implements Preset.
func (p OIDC) Statements() ([]Statement, error) {
	c := &checker{preset: "OIDC"}
	issuer := c.issuer("provider_arn", p.ProviderARN, "issuer.example.com")
	for _, claim := range []struct {
		field, fix string
		values     []string
	}{
		{"subjects", "Give the exact value of the sub claim of each workload.", p.Subjects},
		{"audiences", "Give the exact value of the aud claim, mostly sts.amazonaws.com.", p.Audiences},
	} {
		if len(claim.values) == 0 {
			c.add(claim.field, claim.fix, "Without %s every token of the provider could assume the role.", claim.field)
		}
		for _, value := range claim.values {
			c.literal(claim.field, value, claim.fix)
		}
	}
	if len(c.problems) > 0 {
		return nil, errors.Join(c.problems...)
	}
	return webIdentity(c.preset, p.ProviderARN, Condition{"StringEquals": {
		issuer + ":aud": unique(p.Audiences),
		issuer + ":sub": unique(p.Subjects),
	}}), nil
}
