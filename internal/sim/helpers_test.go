package sim_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// clockStart is where the clock of most tests stands.
var clockStart = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

const lambdaTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// trustAccount trusts the default account as a whole.
const trustAccount = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`

func allow(actions string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + actions + `,"Resource":"*"}]}`
}

// clients are real SDK clients of the simulator.
type clients struct {
	IAM *iam.Client
	STS *sts.Client
	SM  *secretsmanager.Client
	SSM *ssm.Client
	// Analyzer is of IAM Access Analyzer.
	Analyzer *accessanalyzer.Client
}

// newServer starts a simulator for one test.
func newServer(t *testing.T, opts ...sim.Option) *sim.Server {
	t.Helper()
	s := sim.New(append([]sim.Option{sim.WithClock(clockStart)}, opts...)...)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// newClients makes clients with the default account's administrator.
func newClients(t *testing.T, s *sim.Server) clients {
	t.Helper()
	return clientsWith(s, s.Account(sim.DefaultAccount).Administrator())
}

func clientsWith(s *sim.Server, c sim.Credentials) clients {
	cfg := aws.Config{
		Region:       region,
		BaseEndpoint: aws.String(s.URL()),
		Credentials:  credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond })
		},
	}
	return clients{
		IAM: iam.NewFromConfig(cfg), STS: sts.NewFromConfig(cfg),
		SM: secretsmanager.NewFromConfig(cfg), SSM: ssm.NewFromConfig(cfg), Analyzer: accessanalyzer.NewFromConfig(cfg),
	}
}

// region is that of the clients.
const region = "eu-west-1"

// mustCreateUser makes a user with one access key.
func mustCreateUser(t *testing.T, c clients, name string) sim.Credentials {
	t.Helper()
	_, err := c.IAM.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
	noError(t, err)
	return mustCreateKey(t, c, name)
}

func mustCreateKey(t *testing.T, c clients, name string) sim.Credentials {
	t.Helper()
	out, err := c.IAM.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	noError(t, err)
	return sim.Credentials{AccessKeyID: *out.AccessKey.AccessKeyId, SecretAccessKey: *out.AccessKey.SecretAccessKey}
}

func putUserInline(t *testing.T, c clients, user, name, document string) {
	t.Helper()
	_, err := c.IAM.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &user, PolicyName: &name, PolicyDocument: &document})
	noError(t, err)
}

// code is the wire code of an error, or "".
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func message(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return ""
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if code(err) != want {
		t.Fatalf("got error %v, want code %q", err, want)
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func createRole(ctx context.Context, c clients, name, trust string) (*iam.CreateRoleOutput, error) {
	return c.IAM.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
}

// mustCreateRole returns the new role's ARN.
func mustCreateRole(t *testing.T, c clients, name, trust string) string {
	t.Helper()
	out, err := createRole(t.Context(), c, name, trust)
	noError(t, err)
	return *out.Role.Arn
}
