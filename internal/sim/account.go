package sim

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"time"
)

// Credentials are an access key. SessionToken and Expires are set for
// temporary ones only.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Expires         time.Time
}

// credential is an access key that the simulator knows, and whose it is.
type credential struct {
	Credentials
	account *Account
	session *session // of temporary credentials
	user    *user    // of a user's access key; neither is set for the administrator's
	// userSession is set for the temporary credentials of a user.
	userSession *userSession
}

// Account is one AWS account of the simulator.
type Account struct {
	server *Server
	id     string

	roles     *collection[role]            // by lower-case name
	policies  *collection[managedPolicy]   // customer managed, by lower-case name
	profiles  *collection[instanceProfile] // by lower-case name
	providers *collection[oidcProvider]    // by ARN
	users     *collection[user]            // by lower-case name
	groups    *collection[group]           // by lower-case name
	devices   *collection[virtualMFA]      // by ARN

	secrets    map[string]*collection[secret]    // of Secrets Manager by region, then by name
	parameters map[string]*collection[parameter] // of Parameter Store by region, then by name

	aggregators map[string]Aggregator // of AWS Config, by region and name
	analyzers   map[string]*analyzer  // of IAM Access Analyzer, by region and name
	archived    map[string]bool       // findings, by resource and type

	report      *credentialReport
	accessJobs  map[string]*accessJob    // by id
	serviceUses map[string][]lastUse     // by ARN of the role or user
	deletions   map[string]*roleDeletion // of service-linked roles, by task id
	usage       map[string][]roleUsage   // of service-linked roles, by lower-case name

	attachments map[string]int                 // policy ARN to number of entities it is attached to
	boundaries  map[string]int                 // policy ARN to number of entities it bounds
	profilesOf  map[string]map[string]struct{} // role id to keys of instance profiles
	arnsByID    map[string]string              // unique id of a live role or user to its ARN
	quotas      map[string]int
	denied      []string // actions denied to the administrator
	origin      origin   // of the account's callers
	admin       Credentials
}

var accountIDPattern = regexp.MustCompile(`^[0-9]{12}$`)

// Account returns the account with an id of twelve digits, making it when it
// is new. It panics on any other id: that is a mistake in a test.
func (s *Server) Account(id string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.account(id)
}

func (s *Server) account(id string) *Account {
	if a := s.accounts[id]; a != nil {
		return a
	}
	if !accountIDPattern.MatchString(id) {
		panic(fmt.Sprintf("sim: an account id has twelve digits, not %q", id))
	}
	a := &Account{
		server:      s,
		id:          id,
		roles:       newCollection[role](),
		policies:    newCollection[managedPolicy](),
		profiles:    newCollection[instanceProfile](),
		providers:   newCollection[oidcProvider](),
		users:       newCollection[user](),
		groups:      newCollection[group](),
		devices:     newCollection[virtualMFA](),
		secrets:     map[string]*collection[secret]{},
		parameters:  map[string]*collection[parameter]{},
		analyzers:   map[string]*analyzer{},
		archived:    map[string]bool{},
		accessJobs:  map[string]*accessJob{},
		serviceUses: map[string][]lastUse{},
		aggregators: map[string]Aggregator{},
		deletions:   map[string]*roleDeletion{},
		usage:       map[string][]roleUsage{},
		attachments: map[string]int{},
		boundaries:  map[string]int{},
		profilesOf:  map[string]map[string]struct{}{},
		arnsByID:    map[string]string{},
		quotas:      defaultQuotas(),
		admin: Credentials{
			AccessKeyID:     prefixAccessKey + derive("administrator/"+id, 16),
			SecretAccessKey: deriveSecret("administrator/" + id),
		},
	}
	maps.Copy(a.quotas, s.quotas[id])
	a.arnsByID[a.adminID()] = a.adminARN()
	s.accounts[id] = a
	s.keys[a.admin.AccessKeyID] = &credential{Credentials: a.admin, account: a}
	return a
}

// ID returns the account's twelve digits.
func (a *Account) ID() string { return a.id }

// Administrator returns the access key that may do everything in the account.
// Its principal is the IAM user sim-administrator, which the simulator itself
// keeps: no list shows it and no quota counts it.
func (a *Account) Administrator() Credentials { return a.admin }

// administratorName is the user name of the account's administrator.
const administratorName = "sim-administrator"

func (a *Account) adminARN() string { return "arn:aws:iam::" + a.id + ":user/" + administratorName }

func (a *Account) adminID() string { return prefixUser + derive("administrator-user/"+a.id, 17) }

// Env returns the environment variables that make an AWS SDK use the
// simulator as this account's administrator. The session token, the profile and
// the shared files are set too, so that nothing of the real environment
// remains.
func (a *Account) Env() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL":            a.server.URL(),
		"AWS_ACCESS_KEY_ID":           a.admin.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY":       a.admin.SecretAccessKey,
		"AWS_SESSION_TOKEN":           "",
		"AWS_PROFILE":                 "",
		"AWS_REGION":                  a.server.region,
		"AWS_DEFAULT_REGION":          a.server.region,
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	}
}

// origin is where an account's callers belong and call from, for condition keys.
type origin struct {
	organization string // empty outside AWS Organizations
	address      string // empty for the address of the connection
}

// SetOrigin puts the account into an organisation, such as "o-a1b2c3d4e5", and
// lets its callers come from an IP address, whatever that of the connection. An
// empty text leaves it without an organisation, or with the real address.
func (a *Account) SetOrigin(organization, address string) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	a.origin = origin{organization: organization, address: address}
}

// SetQuota changes one of the account's quotas by its key in
// GetAccountSummary, for instance "RolesQuota".
func (a *Account) SetQuota(key string, value int) {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	a.quotas[key] = value
}

// DenyActions lets the account's administrator be refused these actions, such
// as "iam:GetAccountAuthorizationDetails" or "iam:Get*", with the message that
// AWS gives for an explicit deny in an identity-based policy. It replaces what
// was denied before; an empty list clears it.
func (s *Server) DenyActions(accountID string, actions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account(accountID).denied = slices.Clone(actions)
}
