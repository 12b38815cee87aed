package governance

import "time"

// Identity is one non-human identity as an inventory sees it.
type Identity struct {
	ID       ID
	Name     string
	Category Category
	Metadata Metadata
	// ManagedBy is the mark of the tool that governs it; empty when none does.
	ManagedBy string
	// ImportID is what an import block takes.
	ImportID  string
	CreatedAt time.Time
	// Trust is who can use it, besides who holds one of its credentials.
	Trust []Trustee
	// Credentials are the long-lived ones, passwords included. Those of a user are nil where they are not known, and empty
	// where there are none.
	Credentials []CredentialSummary
	// Privileges are the classes of danger in what it may do, the gravest first; none where nothing is dangerous. Identities
	// may share them.
	Privileges []Privilege
	// LastUsedAt is the last use that the platform has seen; the zero time when it has seen none.
	LastUsedAt time.Time
	// LastUsedKnown is false where the platform could not be asked, which is not the same as "never".
	LastUsedKnown bool
	// LastUsedService and LastUsedRegion are empty where the platform does not tell.
	LastUsedService, LastUsedRegion string
	// TrackedSince is the earliest time from which the platform would know of a use; a zero LastUsedAt says nothing about
	// the time before. It is the zero time where that has no bound.
	TrackedSince time.Time
	// UnusedAccess is what a watcher of the platform has found unused, in the order of the kinds; none where nobody asked it.
	UnusedAccess []UnusedAccess
	// OwnersGone are owners that the platform itself knows, and that cannot answer any more, by their names there.
	OwnersGone []string
	// NoClient says why nothing could use it; empty where something could, or where that is not known.
	NoClient string
	// Quarantine is nil where there is none. While there is one, the last use is that before it: what has been tried since
	// was refused.
	Quarantine *Quarantine
	// BreakGlass tells whether the policy keeps it for emergencies.
	BreakGlass bool
	Findings   []Finding
	// RiskScore is the sum of what its findings weigh.
	RiskScore int
}

// Privilege is a class of danger in what an identity may do, all its policies together.
type Privilege struct {
	// Class is the rule about it, one of DangerRules.
	Class Rule
	// Reason names the policies that grant it, and the known paths of privilege escalation. It is empty where what makes it
	// makes an administrator, of whom it is no news.
	Reason string
}

// String is the class with the reason.
func (p Privilege) String() string { return string(p.Class) + " by " + p.Reason }

// TrusteeKind is the sort of principal that can use an identity.
type TrusteeKind string

// The sorts of principals.
const (
	// TrusteeAnyone is everybody, strangers included.
	TrusteeAnyone TrusteeKind = "anyone"
	// TrusteeAccount is a whole account: every principal in it whom its administrators allow to.
	TrusteeAccount TrusteeKind = "account"
	TrusteeRole    TrusteeKind = "role"
	TrusteeUser    TrusteeKind = "user"
	// TrusteeService is a service of the cloud itself.
	TrusteeService TrusteeKind = "service"
	// TrusteeWebIdentity is a subject of an OpenID Connect provider.
	TrusteeWebIdentity TrusteeKind = "web_identity"
	TrusteeSAML        TrusteeKind = "saml"
	// TrusteeTenant is another organisation, whose application it is.
	TrusteeTenant TrusteeKind = "tenant"
	// TrusteeResource is a resource of the cloud that runs as it.
	TrusteeResource TrusteeKind = "resource"
	// TrusteeUnknown is a principal that is gone, or that nobody can read.
	TrusteeUnknown TrusteeKind = "unknown"
)

// Trustee is one that can use an identity.
type Trustee struct {
	Kind TrusteeKind
	// Name is the principal as the platform writes it: an account id, an ARN, a service such as lambda.amazonaws.com, an
	// OIDC issuer; "*" for anyone.
	Name string
	// Account is the account of the principal where it has one.
	Account string
	// External tells that the principal is in another account than the identity.
	External bool
	// ExternalID tells that it has to give an external id.
	ExternalID bool
	// Organization is the only organisation that it may come from; empty for any.
	Organization string
	// Subjects and Audiences narrow a web identity; empty when nothing does. A wildcard in them stands as it is written.
	Subjects, Audiences []string
	// Conditioned tells that there are further conditions.
	Conditioned bool
}

// CredentialKind is the sort of a long-lived credential.
type CredentialKind string

// The sorts of long-lived credentials.
const (
	CredentialAccessKey       CredentialKind = "access_key"
	CredentialPassword        CredentialKind = "password"
	CredentialMFADevice       CredentialKind = "mfa_device"
	CredentialCertificate     CredentialKind = "signing_certificate"
	CredentialSSHKey          CredentialKind = "ssh_key"
	CredentialServiceSpecific CredentialKind = "service_specific"
	// CredentialClientSecret and CredentialClientCertificate are those of applications.
	CredentialClientSecret      CredentialKind = "client_secret"
	CredentialClientCertificate CredentialKind = "client_certificate"
)

// CredentialSummary is a long-lived credential, without its secret.
type CredentialSummary struct {
	Kind CredentialKind
	// ID is the platform's; empty where a bulk read does not tell it.
	ID     string
	Active bool
	// CreatedAt is when it was made or last changed; the zero time when that is not known.
	CreatedAt time.Time
	// EndsAt is when it ends by itself; the zero time where it does not.
	EndsAt time.Time
	// LastUsedAt is the zero time when it was never used, as far as is known.
	LastUsedAt                      time.Time
	LastUsedKnown                   bool
	LastUsedService, LastUsedRegion string
	// Store is where governed_credential keeps its secret; empty for one that nobody governs.
	Store string
}

// UnusedKind is the sort of a thing that was not used.
type UnusedKind string

// The sorts of what a watcher can find unused.
const (
	UnusedAccessKey UnusedKind = "access_key"
	// UnusedIdentity is the identity as a whole.
	UnusedIdentity    UnusedKind = "identity"
	UnusedPassword    UnusedKind = "password"
	UnusedPermissions UnusedKind = "permissions"
)

// UnusedAccess is what a watcher of the platform has found unused.
type UnusedAccess struct {
	Kind UnusedKind
	// Watcher is who found it, such as IAM Access Analyzer.
	Watcher string
	// Days is for how long it had not been used, at least, at AnalyzedAt.
	Days       int
	AnalyzedAt time.Time
}

// Since is the instant from which on the watcher has seen no use.
func (u UnusedAccess) Since() time.Time { return u.AnalyzedAt.AddDate(0, 0, -u.Days) }

// Severity of a finding.
type Severity string

// The severities, the worst first.
const (
	SeverityCritical Severity = "critical"
	SeverityHigh     Severity = "high"
	SeverityMedium   Severity = "medium"
	SeverityLow      Severity = "low"
)

// Finding is one thing that is wrong with an identity.
type Finding struct {
	// Code is the finding's stable name, such as unowned.
	Code     string
	Severity Severity
	// OWASP is the id in the OWASP Non-Human Identities Top 10 (2025), such as NHI1.
	OWASP   string
	Message string
	Remedy  string
}
