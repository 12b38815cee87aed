package provider_test

import (
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	sessionType  = "governed_aws_session"
	revokeType   = "governed_revoke_sessions"
	sessionTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":["sts:AssumeRole","sts:SetSourceIdentity","sts:TagSession"]}]}`
	exporter     = "aws:" + sim.DefaultAccount + ":role/export"
)

// putExporter makes a role that the provider governs and that its account may assume.
func putExporter(server *sim.Server, trust string, inline map[string]string) {
	server.Account(sim.DefaultAccount).PutRole(sim.Role{Name: "export", TrustPolicy: trust, InlinePolicies: inline, Tags: map[string]string{
		"nhi:owner": "payments", "nhi:purpose": "Nightly export of invoices", "nhi:expiry": acctest.Date(server, 90), "nhi:managed_by": "terraform-provider-governed",
	}})
}

// sessionLife is the life of sessions of a role.
func sessionLife(l *life) []step {
	trust := sessionTrust
	if !l.may("OptionalSourceIdentity") {
		trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`
	}
	putExporter(l.server, trust, nil)
	config := acctest.Values{"identity": exporter, "duration_seconds": 900}
	if l.may("OptionalSessionTags") {
		config["tags"] = acctest.Values{"run": "4711"}
	}
	if l.may("OptionalRevokeOnClose") {
		config["revoke_on_close"] = true
	}
	var open *acctest.Ephemeral
	use := func() (diags acctest.Diagnostics) {
		open, diags = l.run().Open(sessionType, config)
		return diags
	}
	end := func() acctest.Diagnostics { return open.Close() }
	return []step{
		{"open", use},
		{"close", end},
		{"open later", func() acctest.Diagnostics {
			l.server.Clock().Advance(time.Hour)
			return use()
		}},
		{"close later", end},
	}
}

// revocationLife is the life of sessions of a role and of a user that are revoked.
func revocationLife(l *life) []step {
	inline := longPolicy(10000)
	if l.may("OptionalMakeRoom") {
		inline["governed-closed-session-0a1b2c3d"] = `{"Version":"2012-10-17","Statement":[{"Sid":"GovernedClosedSession","Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"},"StringEquals":{"aws:userid":"AROAEXAMPLE:export"}}}]}`
	}
	putExporter(l.server, sessionTrust, inline)
	putMailer(l.server)
	revoke := func(identity string) func() acctest.Diagnostics {
		return func() acctest.Diagnostics {
			_, diags := l.run().Invoke(revokeType, acctest.Values{"identity": identity})
			return diags
		}
	}
	return []step{{"of a role", revoke(exporter)}, {"of a role again", revoke(exporter)}, {"of a user", revoke(mailer)}, {"of a user again", revoke(mailer)}}
}
