// Package aws is the platform AWS, on aws-sdk-go-v2: IAM roles and users with their governance metadata in tags and their
// expiry in trust and policy conditions, service-linked roles, access keys and the stores that keep them, sessions, quarantine,
// and the inventory of one account or many.
package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// Config says how to reach an account. Everything that is empty is left to the SDK's own chain of environment,
// shared files and machine roles.
type Config struct {
	Region     string
	Profile    string
	AssumeRole AssumeRole
	// Session has credentials that take the place of the SDK's own chain; none when its AccessKeyID is empty.
	Session SessionCredentials
	// Endpoints are base URLs by service, of those in Services.
	Endpoints map[string]string
	// AllowedAccountIDs are the only accounts that may be touched; empty allows every account.
	AllowedAccountIDs []string
	// MaxRetries is how often a call is tried again after a throttling or a passing fault; 0 takes DefaultMaxRetries.
	MaxRetries   int
	IgnoreTags   platform.IgnoreTags
	MetadataKeys governance.MetadataKeys
	// InventoryAccounts are the ids of further accounts that an inventory lists, each through the role called
	// InventoryRole, path included, in it. With InventoryOrganization they are the active ones of the organization.
	InventoryAccounts     []string
	InventoryOrganization bool
	InventoryRole         string
	// InventoryRegions are where the optional sources of an inventory are looked for; none is Region.
	InventoryRegions []string
	// InventoryAggregator is the name of an AWS Config aggregator from which further accounts are read that it has. Without
	// InventoryRole, none but those are listed.
	InventoryAggregator string
	// UnusedAccessFindings adds what IAM Access Analyzer has found unused to an inventory, which is billed.
	UnusedAccessFindings bool
	// ServiceLastAccessed asks IAM, one by one, for the last use of identities of which nothing else tells it.
	ServiceLastAccessed bool
	// Version of the provider, for the user agent.
	Version string

	// MaxBackoff is the longest wait between two tries of a call, whatever the client has met; 0 adapts.
	MaxBackoff time.Duration
	// Wait sleeps between two looks at something that replicates; nil sleeps by the machine's clock.
	Wait func(context.Context, time.Duration) error
	// Clock tells what is recent enough for replicas not to know it, and how old a report is; nil is the machine's.
	Clock governance.Clock
	// Through puts something before what carries all requests; nil puts nothing.
	Through func(platform.Transport) platform.Transport
}

// AssumeRole is a role to take before anything else; none when RoleARN is empty.
type AssumeRole struct {
	RoleARN     string
	SessionName string
	ExternalID  string
}

// SessionCredentials are temporary ones, such as those of a Session.
type SessionCredentials struct{ AccessKeyID, SecretAccessKey, SessionToken string }

// Services are the AWS services that the provider calls, and so the keys of Config.Endpoints.
var Services = []string{"accessanalyzer", "config", "iam", "organizations", "secretsmanager", "ssm", "sts"}

// DefaultMaxRetries is generous because IAM throttles whole accounts.
const DefaultMaxRetries = 9

// Account is one AWS account, reached with one identity. Making it costs nothing; the first use connects.
type Account struct {
	config  Config
	tagging tagging
	wait    func(context.Context, time.Duration) error

	connection platform.Memo[connection]
	caller     platform.Memo[caller]
	// sourceCaller is the ARN of connection.source.
	sourceCaller platform.Memo[string]
	summary      platform.Memo[map[string]int32]
	bulk         platform.Memo[*snapshot]
	listings     platform.Memo[listings]
	unused       platform.Memo[unusedAccess]
	listed       platform.Memo[map[string]listedRole]
	reads        bulkReads
	// givenUp has the hosts that could not be reached.
	givenUp sync.Map
	// writes counts the calls that may have changed something.
	writes   atomic.Int64
	keys     keyLists
	policies policyDocs
	newRoles recent[RoleState]
	newUsers recent[UserState]
	// newLinkedRoles are service-linked.
	newLinkedRoles recent[RoleState]
	// made are the identities that this provider has just made, by canonical id.
	made       sync.Map
	keyChanges keyChanges
	// holders keep those that change one identity waiting for each other: its own resource, its credentials, a quarantine.
	holders platform.Locks
	// stores are the configurations with which secrets are kept, by the role that is assumed for it, and storeClients the
	// clients made of them, by storeRole.
	stores, storeClients sync.Map
	// passwords are what reads of users have told of their passwords, by lower-case name.
	passwords sync.Map
	// manager is the account whose inventory this one is a further account of; nil for the provider's own.
	manager *Account
}

// isFresh tells whether replicas may not know an identity yet.
func (a *Account) isFresh(id governance.ID) bool {
	_, fresh := a.made.Load(id)
	return fresh
}

type connection struct {
	iam *iamClient
	sts stsClient
	// source is STS as whom AssumeRole was assumed; nil where it was not.
	source *stsClient
	// sdk is the configuration that clients of further services are made of.
	sdk awssdk.Config
}

type caller struct {
	account, partition, arn string
}

// NewAccount does no I/O and cannot fail; a wrong configuration shows at the first use as a *platform.ErrNotConfigured.
func NewAccount(config Config) *Account {
	wait := config.Wait
	if wait == nil {
		wait = sleep
	}
	if config.Clock == nil {
		config.Clock = governance.SystemClock{}
	}
	return &Account{config: config, tagging: tagging{keys: config.MetadataKeys, ignore: config.IgnoreTags}, wait: wait}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (a *Account) connect(ctx context.Context) (connection, error) {
	return a.connection.Get(ctx, func() (connection, error) {
		options := []func(*config.LoadOptions) error{
			config.WithRegion(a.config.Region),
			config.WithSharedConfigProfile(a.config.Profile),
			config.WithRetryer(a.retryer),
			config.WithAPIOptions([]func(*middleware.Stack) error{
				awsmiddleware.AddUserAgentKeyValue("terraform-provider-governed", a.config.Version),
				refuseRepeatedPages,
				a.countWrites,
			}),
		}
		if session := a.config.Session; session.AccessKeyID != "" {
			options = append(options, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(session.AccessKeyID, session.SecretAccessKey, session.SessionToken)))
		}
		loaded, err := config.LoadDefaultConfig(ctx, options...)
		if err != nil {
			return connection{}, configError(err)
		}
		if loaded.Region == "" {
			return connection{}, &platform.ErrNotConfigured{
				Attribute: []string{"aws", "region"}, Reason: "No AWS region is configured",
				Remedy: `Write aws = { region = "eu-west-1" } in the provider block, or set AWS_REGION.`,
			}
		}
		if through := a.config.Through; through != nil {
			if loaded.HTTPClient == nil {
				loaded.HTTPClient = http.DefaultClient
			}
			loaded.HTTPClient = through(loaded.HTTPClient)
		}
		security := sts.NewFromConfig(loaded, func(o *sts.Options) { o.BaseEndpoint = a.endpoint("sts", o.BaseEndpoint) })
		var source *stsClient
		if role := a.config.AssumeRole; role.RoleARN != "" {
			source = new(stsClient)
			*source = newSTSClient(security)
			loaded.Credentials = awssdk.NewCredentialsCache(stscreds.NewAssumeRoleProvider(security, role.RoleARN, func(o *stscreds.AssumeRoleOptions) {
				if role.SessionName != "" {
					o.RoleSessionName = role.SessionName
				}
				if role.ExternalID != "" {
					o.ExternalID = &role.ExternalID
				}
			}))
			security = sts.NewFromConfig(loaded, func(o *sts.Options) { o.BaseEndpoint = a.endpoint("sts", o.BaseEndpoint) })
		}
		identities := iam.NewFromConfig(loaded, func(o *iam.Options) { o.BaseEndpoint = a.endpoint("iam", o.BaseEndpoint) })
		if _, err := loaded.Credentials.Retrieve(ctx); err != nil {
			return connection{}, a.credentialsError(err)
		}
		return connection{iam: newIAMClient(identities), sts: newSTSClient(security), source: source, sdk: loaded}, nil
	})
}

func (a *Account) endpoint(service string, fallback *string) *string {
	if url := a.config.Endpoints[service]; url != "" {
		return &url
	}
	return fallback
}

// retryer is adaptive: IAM's limits are per account and unpublished, so the client slows down with what it meets. The
// number of tries is the only bound; the SDK's own quota of retries would end a large apply in the middle.
func (a *Account) retryer() awssdk.Retryer {
	standard := func(o *retry.StandardOptions) {
		o.RateLimiter = ratelimit.None
		o.MaxAttempts = 1 + DefaultMaxRetries
		if a.config.MaxRetries > 0 {
			o.MaxAttempts = 1 + a.config.MaxRetries
		}
	}
	connecting := connecting{longest: a.config.MaxBackoff, givenUp: &a.givenUp}
	if longest := a.config.MaxBackoff; longest > 0 {
		connecting.RetryerV2 = retry.NewStandard(standard, func(o *retry.StandardOptions) { o.Backoff = retry.NewExponentialJitterBackoff(longest) })
	} else {
		connecting.RetryerV2 = retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) { o.StandardOptions = append(o.StandardOptions, standard) })
	}
	return connecting
}

func configError(err error) error {
	var profile config.SharedConfigProfileNotExistError
	if errors.As(err, &profile) {
		return &platform.ErrNotConfigured{
			Attribute: []string{"aws", "profile"}, Err: err, Reason: fmt.Sprintf("The AWS profile %q does not exist", profile.Profile),
			Remedy: "Write a profile of the shared configuration files, or leave it out.",
		}
	}
	return &platform.ErrNotConfigured{
		Attribute: []string{"aws"}, Err: err, Reason: "The AWS configuration cannot be loaded: " + err.Error(),
		Remedy: "Check the aws argument, the AWS_ environment variables and the shared configuration files.",
	}
}

func (a *Account) credentialsError(err error) error {
	mapped := mapError("sts:AssumeRole", err)
	var forbidden *platform.ErrForbidden
	var configured *platform.ErrNotConfigured
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.As(mapped, &configured):
		return mapped
	case errors.As(mapped, &forbidden) && a.config.AssumeRole.RoleARN != "":
		return &platform.ErrNotConfigured{
			Attribute: []string{"aws", "assume_role"}, Err: err,
			Reason: "The role " + a.config.AssumeRole.RoleARN + " cannot be assumed: " + forbidden.Detail,
			Remedy: "Allow the caller sts:AssumeRole on it, and let its trust policy name the caller (and the external id, where it wants one).",
		}
	case apiCode(err) != "":
		return mapped
	}
	return &platform.ErrNotConfigured{
		Attribute: []string{"aws"}, Err: err, Reason: "No AWS credentials were found: " + err.Error(),
		Remedy: "Give the AWS SDK some: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or aws.profile, SSO, a web identity, an instance or container role.",
	}
}

// whoami asks once which account the credentials belong to, and refuses one that is not allowed.
func (a *Account) whoami(ctx context.Context) (caller, error) {
	return a.caller.Get(ctx, func() (caller, error) {
		connection, err := a.connect(ctx)
		if err != nil {
			return caller{}, err
		}
		output, err := connection.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return caller{}, mapError("sts:GetCallerIdentity", err)
		}
		parsed, err := arn.Parse(awssdk.ToString(output.Arn))
		if err != nil {
			return caller{}, fmt.Errorf("sts:GetCallerIdentity returned the ARN %q: %w", awssdk.ToString(output.Arn), err)
		}
		me := caller{account: awssdk.ToString(output.Account), partition: parsed.Partition, arn: awssdk.ToString(output.Arn)}
		if allowed := a.config.AllowedAccountIDs; len(allowed) > 0 && !slices.Contains(allowed, me.account) {
			return caller{}, &platform.ErrNotConfigured{
				Attribute: []string{"aws", "allowed_account_ids"},
				Reason:    fmt.Sprintf("The credentials belong to account %s (%s), which is not one of the allowed accounts %s", me.account, me.arn, strings.Join(allowed, ", ")),
				Remedy:    "Use credentials of an allowed account, or add this one to aws.allowed_account_ids.",
			}
		}
		return me, nil
	})
}

// ID is the account that the credentials belong to, in which alone identities can be managed.
func (a *Account) ID(ctx context.Context) (string, error) {
	me, err := a.whoami(ctx)
	return me.account, err
}

func (c caller) iamARN(resource string) string {
	return arn.ARN{Partition: c.partition, Service: "iam", AccountID: c.account, Resource: resource}.String()
}
