package sim_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// Every secret is known to the server, and none is in the record of calls.
func TestSecretsAreKnownAndNotRecorded(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	key := mustCreateUser(t, c, "u")
	_, err := c.IAM.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: aws.String("u"), Password: aws.String("Console-Passw0rd")})
	noError(t, err)
	service, err := c.IAM.CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{UserName: aws.String("u"), ServiceName: aws.String("codecommit.amazonaws.com")})
	noError(t, err)
	mustCreateSecret(t, c, "s", "secret-string-value")
	_, err = c.SM.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: aws.String("s"), SecretBinary: []byte("secret-binary-value")})
	noError(t, err)
	_, err = c.SSM.PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String("/p"), Value: aws.String("secure-parameter-value"), Type: ssmtypes.ParameterTypeSecureString,
		Tags: []ssmtypes.Tag{{Key: aws.String("a"), Value: aws.String("shown")}},
	})
	noError(t, err)
	_, err = c.SSM.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/q"), Value: aws.String("plain"), Type: ssmtypes.ParameterTypeString})
	noError(t, err)
	// A refused or failed request brought its secret all the same.
	_, err = c.SM.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("a b"), SecretString: aws.String("refused-value")})
	wantCode(t, err, "ValidationException")
	s.InjectFault(sim.Fault{Kind: sim.FaultAccessDenied, Action: "PutParameter", Nth: 1})
	_, err = c.SSM.PutParameter(ctx, secureString("/r", "failed-value"))
	wantCode(t, err, "AccessDeniedException")
	random, err := c.SM.GetRandomPassword(ctx, &secretsmanager.GetRandomPasswordInput{})
	noError(t, err)
	have := s.Secrets()
	for _, want := range []string{
		key.SecretAccessKey, "Console-Passw0rd", *service.ServiceSpecificCredential.ServicePassword,
		"secret-string-value", "secret-binary-value", "secure-parameter-value", "refused-value", "failed-value", *random.RandomPassword,
	} {
		if !slices.Contains(have, want) {
			t.Errorf("%q is not among the secrets", want)
		}
	}
	if slices.Contains(have, "plain") || slices.Contains(have, s.Account(sim.DefaultAccount).Administrator().SecretAccessKey) {
		t.Error("among the secrets is what is none")
	}
	calls, err := json.Marshal(s.Calls())
	noError(t, err)
	for _, secret := range have {
		if strings.Contains(string(calls), secret) {
			t.Errorf("%q is in the record of calls", secret)
		}
	}
	last := s.Calls()[6]
	if last.Action != "PutParameter" || last.Params.Get("Name") != "/p" || last.Params.Get("Value") != "(sensitive)" ||
		last.Params.Get("Tags") != `[{"Key":"a","Value":"shown"}]` || last.Service != "ssm" {
		t.Errorf("call %+v", last)
	}
}

// leastPrivilege is what a provider of credentials needs, resource by resource.
const leastPrivilege = `{"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Action":["secretsmanager:CreateSecret","secretsmanager:TagResource","secretsmanager:PutSecretValue"],"Resource":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:nhi/*-??????"},
{"Effect":"Allow","Action":["secretsmanager:DescribeSecret","secretsmanager:DeleteSecret"],"Resource":"*","Condition":{"StringEquals":{"secretsmanager:ResourceTag/owner":"me"}}},
{"Effect":"Allow","Action":["ssm:PutParameter","ssm:GetParameter"],"Resource":"arn:aws:ssm:*:123456789012:parameter/nhi/*"},
{"Effect":"Allow","Action":"ssm:DescribeParameters","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}},
{"Effect":"Allow","Action":["iam:CreateAccessKey","iam:DeleteUser"],"Resource":"arn:aws:iam::123456789012:user/robots/*"}]}`

func TestLeastPrivilege(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	a := s.Account(sim.DefaultAccount)
	key := a.PutUser(sim.User{Name: "u", AccessKeys: []sim.AccessKey{{}}, AttachedPolicyARNs: []string{a.PutManagedPolicy(sim.ManagedPolicy{Name: "p", Document: leastPrivilege})}})[0]
	a.PutUser(sim.User{Name: "r", Path: "/robots/"})
	a.PutSecret(sim.Secret{Name: "nhi/mine", Tags: map[string]string{"owner": "me"}})
	a.PutSecret(sim.Secret{Name: "nhi/other"})
	c := clientsWith(s, key)
	ctx := t.Context()
	secret := func(name string, tags ...smtypes.Tag) error {
		_, err := c.SM.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, Tags: tags})
		return err
	}
	describe := func(name string) error {
		_, err := c.SM.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &name})
		return err
	}
	parameter := func(name string, tags ...ssmtypes.Tag) error {
		in := secureString(name, "v")
		in.Tags = tags
		_, err := c.SSM.PutParameter(ctx, in)
		return err
	}
	const denied = "User: arn:aws:iam::123456789012:user/u is not authorized to perform: "
	for name, tt := range map[string]struct {
		call    func() error
		message string // "" is success
	}{
		"secret":        {func() error { return secret("nhi/a") }, ""},
		"secret tagged": {func() error { return secret("nhi/b", smtypes.Tag{Key: aws.String("a"), Value: aws.String("b")}) }, ""},
		"other secret": {
			func() error { return secret("x/a") },
			denied + "secretsmanager:CreateSecret on resource: x/a because no identity-based policy allows the secretsmanager:CreateSecret action",
		},
		"own tag":      {func() error { return describe("nhi/mine") }, ""},
		"no own tag":   {func() error { return describe("nhi/other") }, "secretsmanager:DescribeSecret on resource: arn:aws:secretsmanager:eu-west-1:123456789012:secret:nhi/other-"},
		"no secret":    {func() error { return describe("nhi/none") }, "secretsmanager:DescribeSecret on resource: nhi/none because"},
		"parameter":    {func() error { return parameter("/nhi/a") }, ""},
		"parameter up": {func() error { return parameter("/x") }, denied + "ssm:PutParameter on resource: arn:aws:ssm:eu-west-1:123456789012:parameter/x because no identity-based policy allows the ssm:PutParameter action"},
		"parameter tagged": {
			func() error { return parameter("/nhi/b", ssmtypes.Tag{Key: aws.String("a"), Value: aws.String("b")}) },
			"ssm:AddTagsToResource on resource",
		},
		"list": {func() error {
			_, err := c.SSM.DescribeParameters(ctx, &ssm.DescribeParametersInput{})
			return err
		}, ""},
		"list elsewhere": {func() error {
			_, err := c.SSM.DescribeParameters(ctx, &ssm.DescribeParametersInput{}, func(o *ssm.Options) { o.Region = "us-east-1" })
			return err
		}, "ssm:DescribeParameters on resource: arn:aws:ssm:us-east-1:123456789012:*"},
		"key": {func() error {
			_, err := c.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("r")})
			return err
		}, ""},
		"own key": {func() error {
			_, err := c.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{})
			return err
		}, "iam:CreateAccessKey on resource: user u because"},
	} {
		err := tt.call()
		if (tt.message == "") != (err == nil) || !strings.Contains(message(err), tt.message) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.DenyActions(sim.DefaultAccount, "secretsmanager:Create*")
	_, err := newClients(t, s).SM.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("x")})
	wantCode(t, err, "AccessDeniedException")
}

// Common failures have the JSON services' own codes.
func TestJSONFailures(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault sim.Fault
		code  string
		calls int
		made  bool
	}{
		"throttling":  {sim.Fault{Kind: sim.FaultThrottling, Times: 3}, "ThrottlingException", 3, false},
		"internal":    {sim.Fault{Kind: sim.FaultInternal, Times: 3}, "InternalServiceError", 3, false},
		"unavailable": {sim.Fault{Kind: sim.FaultUnavailable}, "", 2, true},
		"denied":      {sim.Fault{Kind: sim.FaultAccessDenied}, "AccessDeniedException", 1, false},
		"custom":      {sim.Fault{Kind: sim.FaultError, Code: "EncryptionFailure"}, "EncryptionFailure", 1, false},
		// The SDK's retry has the same token, and so finds its own secret.
		"drop after": {sim.Fault{Kind: sim.FaultDropAfter, Service: "secretsmanager"}, "", 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			tt.fault.Action, tt.fault.Nth = "CreateSecret", 1
			s.InjectFault(tt.fault)
			_, err := newClients(t, s).SM.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("s"), SecretString: aws.String("v")})
			wantCode(t, err, tt.code)
			if tt.code == "" && err != nil {
				t.Fatal(err)
			}
			if _, made := s.Account(sim.DefaultAccount).Secret(region, "s"); made != tt.made || s.CountCalls("secretsmanager:CreateSecret") != tt.calls {
				t.Errorf("made %t after %d calls", made, s.CountCalls("secretsmanager:CreateSecret"))
			}
		})
	}
}

// Secrets, parameters and users lag like roles do.
func TestReplicationLagOfUsersAndStores(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	s.SetReplicationLag(1)
	mustCreateSecret(t, c, "s", "v")
	_, err := c.SSM.PutParameter(ctx, secureString("/p", "v"))
	noError(t, err)
	_, err = c.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("u")})
	noError(t, err)
	reads := map[string]func() error{
		"ResourceNotFoundException": func() error {
			_, err := c.SM.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String("s")})
			return err
		},
		"ParameterNotFound": func() error {
			_, err := c.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/p")})
			return err
		},
		"NoSuchEntity": func() error {
			_, err := c.IAM.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("u")})
			return err
		},
	}
	for want, read := range reads {
		wantCode(t, read(), want)
		noError(t, read())
	}
	trust := statement(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/u"},"Action":"sts:AssumeRole"}`)
	_, err = createRole(ctx, c, "r", trust)
	wantCode(t, err, "MalformedPolicyDocument")
	_, err = createRole(ctx, c, "r", trust)
	noError(t, err)
}
