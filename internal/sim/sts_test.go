package sim_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func fromSTS(c *ststypes.Credentials) sim.Credentials {
	return sim.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken, Expires: *c.Expiration}
}

// assume returns clients with a session of a role.
func assume(t *testing.T, s *sim.Server, c clients, arn string, change ...func(*sts.AssumeRoleInput)) clients {
	t.Helper()
	in := &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("test")}
	for _, f := range change {
		f(in)
	}
	out, err := c.STS.AssumeRole(t.Context(), in)
	noError(t, err)
	return clientsWith(s, fromSTS(out.Credentials))
}

func putInline(t *testing.T, c clients, role, name, policy string) {
	t.Helper()
	_, err := c.IAM.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: &policy})
	noError(t, err)
}

// An identity whose inline policy denies everything after a date loses its
// access when the clock passes it, without anyone doing anything.
func TestExpiryBites(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := newClients(t, s)
	ctx := t.Context()
	arn := mustCreateRole(t, admin, "bot", trustAccount)
	putInline(t, admin, "bot", "work", allow(`"iam:ListRoles"`))
	putInline(t, admin, "bot", "expiry", statement(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-03-01T12:30:00Z"}}}`))
	bot := assume(t, s, admin, arn)

	_, err := bot.IAM.ListRoles(ctx, &iam.ListRolesInput{})
	noError(t, err)
	_, err = bot.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("bot")})
	wantCode(t, err, "AccessDenied")
	if want := "User: arn:aws:sts::123456789012:assumed-role/bot/test is not authorized to perform: iam:GetRole on resource: role bot because no identity-based policy allows the iam:GetRole action"; message(err) != want {
		t.Error(message(err))
	}
	s.Clock().Advance(30 * time.Minute)
	_, err = bot.IAM.ListRoles(ctx, &iam.ListRolesInput{})
	wantCode(t, err, "AccessDenied")
	if want := "User: arn:aws:sts::123456789012:assumed-role/bot/test is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::123456789012:role/ with an explicit deny in an identity-based policy"; message(err) != want {
		t.Error(message(err))
	}
	id, err := bot.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	noError(t, err) // no policy can deny it
	view, _ := s.Account(sim.DefaultAccount).Role("bot")
	if *id.Arn != "arn:aws:sts::123456789012:assumed-role/bot/test" || *id.UserId != view.ID+":test" {
		t.Errorf("identity %v", id)
	}
	s.Clock().Advance(30 * time.Minute)
	_, err = bot.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	wantCode(t, err, "ExpiredToken")
}

func TestTrustThatEnds(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	arn := mustCreateRole(t, c, "fn", statement(`{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-03-02T00:00:00Z"},"StringEquals":{"aws:SourceAccount":"123456789012"}}}`))
	a := s.Account(sim.DefaultAccount)
	source := map[string]string{"aws:SourceAccount": "123456789012"}
	denied := func(_ sim.Credentials, err error) {
		t.Helper()
		var e *sim.Error
		if !errors.As(err, &e) || e.Code != "AccessDenied" {
			t.Errorf("got %v", err)
		}
	}
	creds, err := a.AssumeRoleAsService("lambda.amazonaws.com", arn, source)
	noError(t, err)
	id, err := clientsWith(s, creds).STS.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	noError(t, err)
	if !strings.Contains(*id.Arn, "assumed-role/fn/") {
		t.Error(*id.Arn)
	}
	denied(a.AssumeRoleAsService("lambda.amazonaws.com", arn, nil))
	denied(a.AssumeRoleAsService("ec2.amazonaws.com", arn, source))
	denied(a.AssumeRoleAsService("lambda.amazonaws.com", arn+"x", source))
	denied(s.Account("210987654321").AssumeRoleAsService("lambda.amazonaws.com", arn, source))
	s.Clock().Set(time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC))
	denied(a.AssumeRoleAsService("lambda.amazonaws.com", arn, source))
}

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	const other = "210987654321"
	s := newServer(t)
	home, third := newClients(t, s), clientsWith(s, s.Account(other).Administrator())
	callerARN := mustCreateRole(t, third, "caller", strings.ReplaceAll(trustAccount, sim.DefaultAccount, other))
	trusting := func(principal, more string) string {
		return statement(`{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"` + more + `}`)
	}
	root := `{"AWS":"` + other + `"}`
	mustCreateRole(t, home, "open", trusting(root, ""))
	mustCreateRole(t, home, "external", trusting(root, `,"Condition":{"StringEquals":{"sts:ExternalId":"s3cret"}}`))
	mustCreateRole(t, home, "named", trusting(`{"AWS":"`+callerARN+`"}`, ""))
	mustCreateRole(t, home, "session-name", trusting(root, `,"Condition":{"StringLike":{"sts:RoleSessionName":"te*"}}`))
	mustCreateRole(t, home, "denied", statement(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":{"AWS":"`+other+`"},"Action":"sts:*"}`))
	mustCreateRole(t, home, "not", statement(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},{"Effect":"Deny","NotPrincipal":{"AWS":"`+other+`"},"Action":"sts:AssumeRole"}`))
	mustCreateRole(t, home, "lambda", lambdaTrust)
	mustCreateRole(t, home, "tags", statement(`{"Effect":"Allow","Principal":{"AWS":"`+other+`"},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"aws:RequestTag/team":"a"}}}`))
	putInline(t, third, "caller", "sts", statement(`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/named"}`))
	caller := assume(t, s, third, callerARN)

	tests := map[string]struct {
		who  clients
		role string
		in   sts.AssumeRoleInput
		code string
	}{
		"account":             {third, "open", sts.AssumeRoleInput{}, ""},
		"not trusted":         {home, "open", sts.AssumeRoleInput{}, "AccessDenied"},
		"no such role":        {third, "none", sts.AssumeRoleInput{}, "AccessDenied"},
		"external id":         {third, "external", sts.AssumeRoleInput{ExternalId: aws.String("s3cret")}, ""},
		"wrong external id":   {third, "external", sts.AssumeRoleInput{ExternalId: aws.String("guess")}, "AccessDenied"},
		"no external id":      {third, "external", sts.AssumeRoleInput{}, "AccessDenied"},
		"short external id":   {third, "external", sts.AssumeRoleInput{ExternalId: aws.String("x")}, "ValidationError"},
		"named":               {caller, "named", sts.AssumeRoleInput{}, ""},
		"named, other":        {third, "named", sts.AssumeRoleInput{}, "AccessDenied"},
		"own policy missing":  {caller, "open", sts.AssumeRoleInput{}, "AccessDenied"},
		"session name":        {third, "session-name", sts.AssumeRoleInput{}, ""},
		"other session name":  {third, "session-name", sts.AssumeRoleInput{RoleSessionName: aws.String("x1")}, "AccessDenied"},
		"bad session name":    {third, "open", sts.AssumeRoleInput{RoleSessionName: aws.String("a b")}, "ValidationError"},
		"deny wins":           {third, "denied", sts.AssumeRoleInput{}, "AccessDenied"},
		"not principal":       {third, "not", sts.AssumeRoleInput{}, ""},
		"not principal, deny": {home, "not", sts.AssumeRoleInput{}, "AccessDenied"},
		"service only":        {home, "lambda", sts.AssumeRoleInput{}, "AccessDenied"},
		"tags":                {third, "tags", sts.AssumeRoleInput{Tags: []ststypes.Tag{{Key: aws.String("team"), Value: aws.String("a")}}}, ""},
		"wrong tags":          {third, "tags", sts.AssumeRoleInput{Tags: []ststypes.Tag{{Key: aws.String("team"), Value: aws.String("b")}}}, "AccessDenied"},
		"tags not trusted":    {third, "open", sts.AssumeRoleInput{Tags: []ststypes.Tag{{Key: aws.String("team"), Value: aws.String("a")}}}, "AccessDenied"},
		"source identity":     {third, "open", sts.AssumeRoleInput{SourceIdentity: aws.String("me")}, "AccessDenied"},
		"duration short":      {third, "open", sts.AssumeRoleInput{DurationSeconds: aws.Int32(899)}, "ValidationError"},
		"duration least":      {third, "open", sts.AssumeRoleInput{DurationSeconds: aws.Int32(900)}, ""},
		"duration long":       {third, "open", sts.AssumeRoleInput{DurationSeconds: aws.Int32(3601)}, "ValidationError"},
		"session policy":      {third, "open", sts.AssumeRoleInput{Policy: aws.String("{")}, "MalformedPolicyDocument"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := tt.in
			in.RoleArn = aws.String("arn:aws:iam::123456789012:role/" + tt.role)
			if in.RoleSessionName == nil {
				in.RoleSessionName = aws.String("test")
			}
			_, err := tt.who.STS.AssumeRole(t.Context(), &in)
			wantCode(t, err, tt.code)
			if tt.code == "AccessDenied" && !strings.Contains(message(err), " is not authorized to perform: sts:") {
				t.Error(message(err))
			}
		})
	}
}

// In one account a trust that names the caller is enough, one that names the
// account is not.
func TestAssumeRoleInOneAccount(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	callerARN := mustCreateRole(t, c, "caller", trustAccount)
	open := mustCreateRole(t, c, "open", trustAccount)
	named := mustCreateRole(t, c, "named", strings.ReplaceAll(trustAccount, "arn:aws:iam::123456789012:root", callerARN))
	caller := assume(t, s, c, callerARN)
	try := func(arn string, seconds int32) error {
		_, err := caller.STS.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("x1"), DurationSeconds: &seconds})
		return err
	}
	noError(t, try(named, 900))
	wantCode(t, try(open, 900), "AccessDenied")
	wantCode(t, try(named, 3601), "ValidationError")
	putInline(t, c, "caller", "deny", statement(`{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}`))
	wantCode(t, try(named, 900), "AccessDenied")
}

func TestWebIdentity(t *testing.T) {
	t.Parallel()
	const issuer = "https://token.actions.githubusercontent.com"
	s := newServer(t)
	c := newClients(t, s)
	a := s.Account(sim.DefaultAccount)
	arn := mustCreateRole(t, c, "deploy", statement(`{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub":"repo:o/r:ref:refs/heads/main"}}}`))
	try := func(arn, token string) (*sts.AssumeRoleWithWebIdentityOutput, error) {
		return c.STS.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: &arn, RoleSessionName: aws.String("ci"), WebIdentityToken: &token,
		})
	}
	soon := clockStart.Add(time.Minute)
	good := sim.WebIdentityToken(issuer, "sts.amazonaws.com", "repo:o/r:ref:refs/heads/main", soon)
	_, err := try(arn, good)
	wantCode(t, err, "InvalidIdentityToken") // no provider yet
	a.PutOIDCProvider(issuer, []string{"sts.amazonaws.com"}, nil)
	out, err := try(arn, good)
	noError(t, err)
	if *out.SubjectFromWebIdentityToken != "repo:o/r:ref:refs/heads/main" || *out.Audience != "sts.amazonaws.com" {
		t.Errorf("got %+v", out)
	}
	id, err := clientsWith(s, fromSTS(out.Credentials)).STS.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	noError(t, err)
	if *id.Arn != "arn:aws:sts::123456789012:assumed-role/deploy/ci" {
		t.Error(*id.Arn)
	}
	for name, tt := range map[string]struct{ arn, token, code string }{
		"subject":  {arn, sim.WebIdentityToken(issuer, "sts.amazonaws.com", "repo:o/other:ref:refs/heads/main", soon), "AccessDenied"},
		"audience": {arn, sim.WebIdentityToken(issuer, "elsewhere", "repo:o/r:ref:refs/heads/main", soon), "InvalidIdentityToken"},
		"issuer":   {arn, sim.WebIdentityToken("https://example.org", "sts.amazonaws.com", "x", soon), "InvalidIdentityToken"},
		"expired":  {arn, sim.WebIdentityToken(issuer, "sts.amazonaws.com", "repo:o/r:ref:refs/heads/main", clockStart), "ExpiredTokenException"},
		"role":     {arn + "x", good, "AccessDenied"},
		"no token": {arn, "abcd", "InvalidIdentityToken"},
	} {
		if _, err := try(tt.arn, tt.token); code(err) != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
}

// What a session may do is its identity policies, cut by the boundary and by
// the session policy.
func TestSessionPermissions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	boundary := s.Account(sim.DefaultAccount).PutManagedPolicy(sim.ManagedPolicy{Name: "limit", Document: allow(`["iam:Get*","iam:List*"]`)})
	arn := mustCreateRole(t, c, "bot", trustAccount)
	_, err := c.IAM.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("bot"), PolicyArn: aws.String("arn:aws:iam::aws:policy/IAMFullAccess")})
	noError(t, err)
	_, err = c.IAM.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("bot"), PermissionsBoundary: &boundary})
	noError(t, err)
	bot := assume(t, s, c, arn)
	narrow := assume(t, s, c, arn, func(in *sts.AssumeRoleInput) { in.Policy = aws.String(allow(`"iam:GetRole"`)) })
	byARN := assume(t, s, c, arn, func(in *sts.AssumeRoleInput) {
		in.PolicyArns = []ststypes.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")}}
	})
	get := func(c clients) error {
		_, err := c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("bot")})
		return err
	}
	noError(t, get(bot))
	noError(t, get(narrow))
	err = get(byARN)
	wantCode(t, err, "AccessDenied")
	if !strings.HasSuffix(message(err), "because no session policy allows the iam:GetRole action") {
		t.Error(message(err))
	}
	_, err = createRole(ctx, bot, "new", lambdaTrust)
	wantCode(t, err, "AccessDenied")
	if !strings.HasSuffix(message(err), "role/new because no permissions boundary allows the iam:CreateRole action") {
		t.Error(message(err))
	}
	_, err = narrow.IAM.ListRoles(ctx, &iam.ListRolesInput{})
	wantCode(t, err, "AccessDenied")

	// Sessions issued before a moment are revoked by a deny on their issue time.
	putInline(t, c, "bot", "revoke", statement(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-03-01T12:00:01Z"}}}`))
	wantCode(t, get(bot), "AccessDenied")
	s.Clock().Advance(time.Minute)
	fresh := assume(t, s, c, arn)
	noError(t, get(fresh))

	out, err := c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("bot")})
	noError(t, err)
	if used := out.Role.RoleLastUsed; used.LastUsedDate == nil || !used.LastUsedDate.Equal(clockStart.Add(time.Minute)) || *used.Region != "eu-west-1" {
		t.Errorf("last used %+v", used)
	}
	s.Clock().Advance(401 * 24 * time.Hour)
	out, err = c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("bot")})
	noError(t, err)
	if out.Role.RoleLastUsed.LastUsedDate != nil {
		t.Error("a use before the tracking period is reported")
	}
}

// The sessions of a deleted role are dead.
func TestSessionOfADeletedRole(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	bot := assume(t, s, c, mustCreateRole(t, c, "bot", trustAccount))
	_, err := c.IAM.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String("bot")})
	noError(t, err)
	_, err = bot.STS.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantCode(t, err, "InvalidClientTokenId")
}

// A caller has the organisation and the address of its account.
func TestOrigin(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	arn := mustCreateRole(t, c, "bot", statement(`{"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRole",`+
		`"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}}`))
	party := s.Account("999988887777")
	try := func() error {
		in := &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("test")}
		_, err := clientsWith(s, party.Administrator()).STS.AssumeRole(t.Context(), in)
		return err
	}
	for _, from := range []struct {
		organization, address string
		allowed               bool
	}{
		{"", "", false},
		{"o-a1b2c3d4e5", "", false},
		{"", "198.51.100.7", false},
		{"o-zzzzzzzzzz", "198.51.100.7", false},
		{"o-a1b2c3d4e5", "203.0.113.7", false},
		{"o-a1b2c3d4e5", "198.51.100.7", true},
	} {
		party.SetOrigin(from.organization, from.address)
		if err := try(); (err == nil) != from.allowed || (err != nil && code(err) != "AccessDenied") {
			t.Errorf("from %+v: %v", from, err)
		}
	}
}
