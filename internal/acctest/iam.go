package acctest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// IAM is a client with which a test changes the simulator's default account behind Terraform's back.
func IAM(server *sim.Server) *iam.Client {
	key := server.Account(sim.DefaultAccount).Administrator()
	return NewIAM(server.URL(), key.AccessKeyID, key.SecretAccessKey)
}

// NewIAM is a client of an endpoint.
func NewIAM(url, accessKey, secretKey string) *iam.Client {
	return iam.New(iam.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(url), Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = time.Millisecond }),
	})
}

// AssumeRole has the administrator of another account of the simulator assume a role, with an external id unless that is
// empty, and returns an IAM client with the session.
func AssumeRole(t testing.TB, server *sim.Server, account, roleARN, externalID string) (*iam.Client, error) {
	t.Helper()
	key := server.Account(account).Administrator()
	client := sts.New(sts.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL()), Credentials: credentials.NewStaticCredentialsProvider(key.AccessKeyID, key.SecretAccessKey, ""),
	})
	input := &sts.AssumeRoleInput{RoleArn: &roleARN, RoleSessionName: aws.String("collector")}
	if externalID != "" {
		input.ExternalId = &externalID
	}
	session, err := client.AssumeRole(t.Context(), input)
	if err != nil {
		return nil, err
	}
	made := session.Credentials
	return iam.New(iam.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(*made.AccessKeyId, *made.SecretAccessKey, *made.SessionToken),
	}), nil
}

// UseSession makes a call with the session of a role, which needs no permission.
func UseSession(t testing.TB, server *sim.Server, session sim.Credentials) {
	t.Helper()
	client := sts.New(sts.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(session.AccessKeyID, session.SecretAccessKey, session.SessionToken),
	})
	_, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	must(t, err)
}

// Writes are the recorded calls that change something, in order.
func Writes(server *sim.Server) []string {
	var actions []string
	for _, call := range server.Calls() {
		if !strings.HasPrefix(call.Action, "Get") && !strings.HasPrefix(call.Action, "List") {
			actions = append(actions, call.Action)
		}
	}
	return actions
}

// WantWrites fails the test unless exactly these changes have been asked for since the last ResetCalls, in any order.
func WantWrites(t testing.TB, server *sim.Server, actions ...string) {
	t.Helper()
	got := Writes(server)
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(actions))) {
		t.Errorf("writes were %v, not %v", got, actions)
	}
}
