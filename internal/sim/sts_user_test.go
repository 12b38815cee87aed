package sim_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// A user's session outlives the key that it was taken with, and ends by a deny on its issue time, by its end, or with the user.
func TestUserSession(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	key := mustCreateUser(t, c, "robot")
	robot := clientsWith(s, key)
	putUserInline(t, c, "robot", "all", allow(`"*"`))
	mustCreateRole(t, c, "bot", trustAccount)
	take := func(seconds int32) clients {
		t.Helper()
		out, err := robot.STS.GetSessionToken(ctx, &sts.GetSessionTokenInput{DurationSeconds: &seconds})
		noError(t, err)
		return clientsWith(s, sim.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken})
	}
	works := func(c clients) error {
		_, err := c.STS.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + sim.DefaultAccount + ":role/bot"), RoleSessionName: aws.String("test")})
		return err
	}
	for _, seconds := range []int32{899, 129601} {
		_, err := robot.STS.GetSessionToken(ctx, &sts.GetSessionTokenInput{DurationSeconds: &seconds})
		wantCode(t, err, "ValidationError")
	}
	session := take(3600)
	noError(t, works(session))
	who, err := session.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	noError(t, err)
	if *who.Arn != "arn:aws:iam::"+sim.DefaultAccount+":user/robot" {
		t.Error(*who.Arn)
	}
	_, err = session.IAM.GetUser(ctx, &iam.GetUserInput{})
	wantCode(t, err, "InvalidClientTokenId")
	_, err = session.STS.GetSessionToken(ctx, &sts.GetSessionTokenInput{})
	wantCode(t, err, "AccessDenied")

	_, err = c.IAM.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: aws.String("robot"), AccessKeyId: &key.AccessKeyID})
	noError(t, err)
	wantCode(t, works(robot), "InvalidClientTokenId")
	noError(t, works(session))
	robot = clientsWith(s, mustCreateKey(t, c, "robot"))
	putUserInline(t, c, "robot", "revoke", statement(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-03-01T12:00:01Z"}}}`))
	wantCode(t, works(session), "AccessDenied")
	noError(t, works(robot))
	s.Clock().Advance(time.Minute)
	fresh := take(900)
	noError(t, works(fresh))
	s.Clock().Advance(15 * time.Minute)
	wantCode(t, works(fresh), "ExpiredToken")
}
