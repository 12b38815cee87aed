package report_test

import (
	"fmt"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/inventory/report"
)

var (
	unowned = report.Finding{
		Code: "unowned", Severity: "high", OWASP: "NHI1", Message: "nobody is named who answers for it",
		Remedy: "find who uses it, and import it with that owner; quarantine it if nobody claims it",
	}
	noExpiry = report.Finding{Code: "no_expiry", Severity: "medium", OWASP: "NHI1", Message: "its access never ends by itself", Remedy: "import it with an expiry"}
	assumed  = report.Finding{
		Code: "publicly_assumable", Severity: "critical", OWASP: "NHI9", Message: "anyone can assume it: its trust names \"*\" without a condition",
		Remedy: "name the principals that use it",
	}
	unused = report.Finding{Code: "never_used", Severity: "low", OWASP: "NHI1", Message: "no use has been seen in 214 days", Remedy: "ask its owner whether it is still needed"}
)

func score(points int64) *int64 { return &points }

// estate has an identity of every sort, in no order.
func estate() []report.Identity {
	return []report.Identity{
		{
			ID: "aws:123456789012:role/invoice-export", Name: "invoice-export", Platform: "aws", Kind: "aws_role", Category: "shared", Account: "123456789012",
			Owner: "payments", Purpose: "Nightly export of invoices (EU) to the data lake", Expiry: "2027-03-31", Environment: "prod", Ticket: "NHI-42",
			Systems: []string{"billing-db", "data lake"}, Labels: map[string]string{"team": "payments", "cost": "4711"}, ManagedBy: "terraform-provider-governed",
			Trust:     []report.Trustee{{Kind: "service", Name: "lambda.amazonaws.com"}},
			CreatedAt: "2026-06-01T10:00:00Z", LastUsedAt: "2026-11-20T23:10:00Z", LastUsedKnown: true, LastUsedService: "s3", LastUsedRegion: "eu-west-1",
			RiskScore: score(0), ImportID: "aws:123456789012:role/invoice-export",
		},
		{
			ID: "aws:123456789012:user/old/mailer", Name: "mailer", Platform: "aws", Kind: "aws_user", Category: "enterprise_managed", Account: "123456789012",
			Owner: "marketing", Purpose: "Sends the newsletter", CreatedAt: "2022-02-01T00:00:00Z",
			Credentials: []report.Credential{
				{Kind: "access_key", ID: "AKIAIOSFODNN7EXAMPLE", Active: true, CreatedAt: "2022-02-01T00:00:00Z", LastUsedAt: "2025-01-31T00:00:00Z", LastUsedKnown: true, LastUsedService: "ses", LastUsedRegion: "eu-west-1", Store: "secretsmanager mail/smtp"},
				{Kind: "password", CreatedAt: "2023-01-01T00:00:00Z"},
			},
			LastUsedAt: "2025-01-31T00:00:00Z", LastUsedKnown: true, Findings: []report.Finding{noExpiry}, RiskScore: score(20), ImportID: "aws:123456789012:user/old/mailer",
		},
		{
			ID: "aws:123456789012:role/partner", Name: "partner", Platform: "aws", Kind: "aws_role", Category: "external", Account: "123456789012",
			Trust: []report.Trustee{
				{Kind: "anyone", Name: "*"},
				{Kind: "account", Name: "999999999999", Account: "999999999999", External: true, ExternalID: true, Organization: "o-abc", Conditioned: true},
				{Kind: "web_identity", Name: "token.actions.githubusercontent.com", Subjects: []string{"repo:acme/*"}, Audiences: []string{"sts.amazonaws.com"}},
			},
			Classes: []string{"administrator"}, Privileges: []string{"administrator by AWS managed policy AdministratorAccess, statement 1"}, CreatedAt: "2026-04-20T00:00:00Z", LastUsedKnown: true,
			Findings: []report.Finding{noExpiry, unused, unowned, assumed}, RiskScore: score(170), ImportID: "aws:123456789012:role/partner",
		},
		{
			ID: "entra:11111111-2222-3333-4444-555555555555:application/66666666-7777-8888-9999-aaaaaaaaaaaa", Name: "billing-connector", Platform: "entra", Kind: "entra_application", Category: "enterprise_managed",
			Account: "11111111-2222-3333-4444-555555555555", Owner: "payments", CreatedAt: "2024-05-02T08:00:00Z", LastUsedAt: "2026-11-19T07:00:00Z", LastUsedKnown: true,
			Trust: []report.Trustee{{Kind: "web_identity", Name: "token.actions.githubusercontent.com", Subjects: []string{"repo:acme/billing:ref:refs/heads/main"}, Audiences: []string{"api://AzureADTokenExchange"}}},
			Credentials: []report.Credential{
				{Kind: "client_secret", ID: "0b1c2d3e-0000-4000-8000-000000000001", Active: true, CreatedAt: "2025-12-01T00:00:00Z", ExpiresAt: "2026-12-01T00:00:00Z", LastUsedAt: "2026-11-19T07:00:00Z", LastUsedKnown: true},
				{Kind: "client_certificate", ID: "0b1c2d3e-0000-4000-8000-000000000002", Active: true, CreatedAt: "2026-01-01T00:00:00Z", ExpiresAt: "2027-01-01T00:00:00Z"},
				{Kind: "client_secret", ID: "0b1c2d3e-0000-4000-8000-000000000003", CreatedAt: "2024-05-02T08:00:00Z", ExpiresAt: "2025-05-02T08:00:00Z"},
			},
			Findings: []report.Finding{noExpiry}, RiskScore: score(10), ImportID: "entra:11111111-2222-3333-4444-555555555555:application/66666666-7777-8888-9999-aaaaaaaaaaaa",
		},
		{ID: "aws:123456789012:role/bare", Name: "bare", Findings: []report.Finding{{Code: "odd"}, unowned}},
	}
}

// gaps are what could not be read of the estate.
func gaps() []string {
	return []string{
		"The role audit/inventory cannot be assumed in account 210987654321: it does not exist, or its trust does not name the caller.",
		"The last use is not known, so they may be stale or not: aws:123456789012:role/bare.",
	}
}

// many are identities of a large estate.
func many(n int) []report.Identity {
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	kinds := estate()
	identities := make([]report.Identity, n)
	for i := range identities {
		one := kinds[i%len(kinds)]
		one.ID, one.Name = report.Text(fmt.Sprintf("aws:%012d:role/svc-%d", 100000000000+i%20, i)), report.Text(fmt.Sprintf("svc-%d", i))
		if one.Owner != "" {
			one.Owner = report.Text(fmt.Sprintf("team-%d", i%41))
		}
		if one.CreatedAt != "" {
			one.CreatedAt = report.Text(now.AddDate(0, 0, -(i*37)%1100).Format(time.RFC3339))
		}
		if one.LastUsedAt != "" {
			one.LastUsedAt = report.Text(now.AddDate(0, 0, -(i*11)%400).Format(time.RFC3339))
		}
		identities[i] = one
	}
	return identities
}
