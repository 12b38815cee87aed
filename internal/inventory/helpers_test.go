package inventory_test

import (
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/inventory"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const account = "123456789012"

func daysAgo(days int) time.Time { return now.AddDate(0, 0, -days) }

func role(name string) governance.ID {
	return governance.ID{Kind: governance.KindAWSRole, Account: account, Resource: name}
}

// flawless is an identity without findings.
func flawless() governance.Identity {
	return governance.Identity{
		ID: role("export"), Name: "export", Category: governance.CategoryShared, ManagedBy: governance.ManagedBy,
		Metadata:  governance.Metadata{Owner: "payments", Purpose: "Exports invoices", Expiry: "2027-03-31"},
		CreatedAt: daysAgo(700), LastUsedAt: daysAgo(1), LastUsedKnown: true, TrackedSince: daysAgo(400),
		Trust:       []governance.Trustee{{Kind: governance.TrusteeService, Name: "lambda.amazonaws.com"}},
		Credentials: []governance.CredentialSummary{accessKey(30, 1, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:export")},
	}
}

// accessKey is an active key of so many days, last used so many days ago; never when that is negative.
func accessKey(age, used int, store string) governance.CredentialSummary {
	key := governance.CredentialSummary{Kind: governance.CredentialAccessKey, ID: "AKIAEXAMPLE", Active: true, CreatedAt: daysAgo(age), LastUsedKnown: true, Store: store}
	if used >= 0 {
		key.LastUsedAt = daysAgo(used)
	}
	return key
}

func trustees(list ...governance.Trustee) func(*governance.Identity) {
	return func(i *governance.Identity) { i.Trust = list }
}

func credentials(list ...governance.CredentialSummary) func(*governance.Identity) {
	return func(i *governance.Identity) { i.Credentials = list }
}

func federated(subjects ...string) governance.Trustee {
	return governance.Trustee{Kind: governance.TrusteeWebIdentity, Name: "token.actions.githubusercontent.com", Subjects: subjects, Audiences: []string{"sts.amazonaws.com"}}
}

func external(kind governance.TrusteeKind, accountID string) governance.Trustee {
	return governance.Trustee{Kind: kind, Name: "arn:aws:iam::" + accountID + ":root", Account: accountID, External: true, ExternalID: true}
}

func machine(group, name string) governance.Trustee {
	return governance.Trustee{Kind: governance.TrusteeResource, Name: "/subscriptions/s/resourceGroups/" + group + "/providers/Microsoft.Compute/virtualMachines/" + name}
}

func ownRole(name string) governance.Trustee {
	return governance.Trustee{Kind: governance.TrusteeRole, Name: "arn:aws:iam::" + account + ":role/" + name, Account: account}
}

func used(created, last, tracked int, known bool) func(*governance.Identity) {
	at := func(days int) time.Time {
		if days < 0 {
			return time.Time{}
		}
		return daysAgo(days)
	}
	return func(i *governance.Identity) {
		i.CreatedAt, i.LastUsedAt, i.TrackedSince, i.LastUsedKnown = at(created), at(last), at(tracked), known
	}
}

// clientSecret is one of 30 days that is in use and ends so many days from now.
func clientSecret(ends int, store string) governance.CredentialSummary {
	secret := accessKey(30, 1, store)
	secret.Kind, secret.ID, secret.EndsAt = governance.CredentialClientSecret, "k1", daysAgo(-ends)
	secret.Active = ends > 0
	return secret
}

// unused has a watcher of 60 days say that something was not used.
func unused(kind governance.UnusedKind) func(*governance.Identity) {
	return func(i *governance.Identity) {
		i.UnusedAccess = []governance.UnusedAccess{{Kind: kind, Watcher: "IAM Access Analyzer", Days: 60, AnalyzedAt: daysAgo(2)}}
	}
}

func expiry(text string) func(*governance.Identity) {
	return func(i *governance.Identity) { i.Metadata.Expiry = text }
}

// neighbours are another account of the enterprise's, and a role with a tag.
var neighbours = inventory.NewNeighbours([]governance.Identity{
	{ID: governance.ID{Kind: governance.KindAWSRole, Account: "222222222222", Resource: "other"}},
	{ID: role("tagged"), Metadata: governance.Metadata{Environment: "dev"}},
}, []string{"333333333333"})
