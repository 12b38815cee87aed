package aws

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
)

// SessionRole is what of a role bounds its sessions. Its policies are not read.
type SessionRole struct {
	RoleState
	// Chained tells that the caller is a session of a role itself.
	Chained bool
	// TakesSourceIdentity tells that the trust policy lets somebody name a source identity.
	TakesSourceIdentity bool
}

// SessionRequest is a session as it is to be.
type SessionRequest struct {
	Name, SourceIdentity, ExternalID string
	Duration                         time.Duration
	// Policy is JSON, and with PolicyARNs bounds what the session may do.
	Policy     string
	PolicyARNs []string
	Tags       map[string]string
	// WebIdentityToken is a token of an OpenID Connect provider, which takes the place of the caller's own credentials.
	WebIdentityToken string
}

// operation is the action of STS that makes the session.
func (r SessionRequest) operation() string {
	if r.WebIdentityToken != "" {
		return operationWebIdentity
	}
	return operationAssumeRole
}

const (
	operationAssumeRole  = "sts:AssumeRole"
	operationWebIdentity = "sts:AssumeRoleWithWebIdentity"
	operationSetIdentity = "sts:SetSourceIdentity"
	operationTagSession  = "sts:TagSession"
)

// Session is one of a role, with its credentials.
type Session struct {
	AccessKeyID, SecretAccessKey, SessionToken string
	Expires                                    time.Time
	// ARN is that of the session.
	ARN string
}

// SessionRole reads a role in one call.
func (a *Account) SessionRole(ctx context.Context, id governance.ID) (SessionRole, error) {
	if err := a.Roles().mine(ctx, id); err != nil {
		return SessionRole{}, err
	}
	connection, err := a.connect(ctx)
	if err != nil {
		return SessionRole{}, err
	}
	name := id.Name()
	var output *iam.GetRoleOutput
	err = a.untilPropagated(ctx, "iam:GetRole", a.isFresh(id), func() (err error) {
		output, err = connection.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		return err
	})
	if err != nil {
		return SessionRole{}, err
	}
	state, err := roleState(output.Role)
	if err != nil {
		return SessionRole{}, err
	}
	if state.ID != id {
		return SessionRole{}, &platform.ErrElsewhere{Wanted: id, Found: state.ID}
	}
	state.interpret(a.tagging, tagMap(output.Role.Tags))
	me, err := a.whoami(ctx)
	if err != nil {
		return SessionRole{}, err
	}
	role := SessionRole{RoleState: state, Chained: me.isSession()}
	if trust, err := iampolicy.Parse(state.TrustPolicy); err == nil {
		role.TakesSourceIdentity = iampolicy.Trusts(trust, operationSetIdentity)
	}
	return role, nil
}

// isSession tells whether the caller is a session of a role.
func (c caller) isSession() bool { return strings.Contains(c.arn, ":assumed-role/") }

// OpenSession assumes a role. One that has just been made is tried again while AWS does not know its trust everywhere.
func (a *Account) OpenSession(ctx context.Context, role SessionRole, request SessionRequest) (Session, error) {
	connection, err := a.connect(ctx)
	if err != nil {
		return Session{}, err
	}
	var session Session
	for pause, waited := propagationFirst, time.Duration(0); ; pause = min(2*pause, propagationLongest) {
		session, err = assume(ctx, connection.sts, role, request)
		if !slices.Contains(deniedCodes, apiCode(err)) || !a.isFresh(role.ID) || waited >= propagationTimeout {
			return session, sessionError(request, err)
		}
		if err := a.wait(ctx, pause); err != nil {
			return Session{}, err
		}
		waited += pause
	}
}

func assume(ctx context.Context, client stsClient, role SessionRole, request SessionRequest) (Session, error) {
	var policies []types.PolicyDescriptorType
	for _, policy := range request.PolicyARNs {
		policies = append(policies, types.PolicyDescriptorType{Arn: awssdk.String(policy)})
	}
	seconds := awssdk.Int32(int32(request.Duration / time.Second)) //nolint:gosec // 43,200 at most
	if request.WebIdentityToken != "" {
		output, err := client.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: &role.ARN, RoleSessionName: &request.Name, DurationSeconds: seconds,
			Policy: optional(request.Policy), PolicyArns: policies, WebIdentityToken: &request.WebIdentityToken,
		})
		if err != nil {
			return Session{}, err
		}
		return newSession(output.Credentials, output.AssumedRoleUser), nil
	}
	var tags []types.Tag
	for _, key := range slices.Sorted(maps.Keys(request.Tags)) {
		tags = append(tags, types.Tag{Key: awssdk.String(key), Value: awssdk.String(request.Tags[key])})
	}
	output, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: &role.ARN, RoleSessionName: &request.Name, DurationSeconds: seconds, Policy: optional(request.Policy), PolicyArns: policies,
		SourceIdentity: optional(request.SourceIdentity), ExternalId: optional(request.ExternalID), Tags: tags,
	})
	if err != nil {
		return Session{}, err
	}
	return newSession(output.Credentials, output.AssumedRoleUser), nil
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func newSession(credentials *types.Credentials, user *types.AssumedRoleUser) Session {
	return Session{
		AccessKeyID: awssdk.ToString(credentials.AccessKeyId), SecretAccessKey: awssdk.ToString(credentials.SecretAccessKey),
		SessionToken: awssdk.ToString(credentials.SessionToken), Expires: awssdk.ToTime(credentials.Expiration), ARN: awssdk.ToString(user.Arn),
	}
}

// sessionCodes are STS's own errors that tell which argument is at fault, and what to write.
var sessionCodes = map[string]struct {
	attribute []string
	remedy    string
}{
	"PackedPolicyTooLarge":    {[]string{"policy"}, "Shorten the policy or the tags, or name managed policies in policy_arns: AWS packs all of them into the session."},
	codeMalformedPolicy:       {[]string{"policy"}, "Write an identity policy as JSON, and the ARNs of managed policies that exist."},
	"InvalidIdentityToken":    {[]string{"web_identity"}, "Give a token of an issuer that is an OpenID Connect provider of the role's account, made for one of its audiences."},
	"ExpiredTokenException":   {[]string{"web_identity"}, "Get a new token: that of a CI system lives for minutes."},
	"IDPRejectedClaim":        {[]string{"web_identity"}, "Get a new token from its issuer, which has refused this one."},
	"IDPCommunicationError":   {[]string{"web_identity"}, "Try again: AWS could not reach the issuer of the token."},
	"RegionDisabledException": {[]string{"identity"}, "Let an administrator activate STS in the provider's region, or use another region."},
}

// sessionError is a *platform.ErrInvalid on the argument that STS blames, where it blames one.
func sessionError(request SessionRequest, err error) error {
	code := apiCode(err)
	known, ok := sessionCodes[code]
	if !ok || (known.attribute[0] == "web_identity" && request.WebIdentityToken == "") {
		return mapError(request.operation(), err)
	}
	detail := err.Error()
	var api interface{ ErrorMessage() string }
	if errors.As(err, &api) {
		detail = api.ErrorMessage()
	}
	return &platform.ErrInvalid{Operation: request.operation(), Code: code, Detail: detail, Attribute: known.attribute, Remedy: known.remedy, Err: err}
}
