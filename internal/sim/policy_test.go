package sim_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// statement wraps one statement into a policy.
func statement(s string) string { return `{"Version":"2012-10-17","Statement":[` + s + `]}` }

func TestTrustPolicyGrammar(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	s.Account(sim.DefaultAccount).PutUser(sim.User{Name: "robot", Path: "/bots/"})
	mustCreateRole(t, c, "caller", lambdaTrust)
	lambda := `"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"`
	principal := func(p string) string {
		return statement(`{"Effect":"Allow","Principal":{"AWS":"` + p + `"},"Action":"sts:AssumeRole"}`)
	}
	github := func(condition string) string {
		return statement(`{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity"` + condition + `}`)
	}
	tests := map[string]struct{ policy, message string }{
		"plain":                {lambdaTrust, ""},
		"one statement":        {`{"Version":"2012-10-17","Statement":{` + lambda + `}}`, ""},
		"old version":          {`{"Version":"2008-10-17","Statement":[{` + lambda + `}]}`, ""},
		"no version":           {`{"Statement":[{` + lambda + `}]}`, ""},
		"not JSON":             {`{"Version"`, "This policy contains invalid Json"},
		"list":                 {`[]`, "This policy contains invalid Json"},
		"trailing":             {lambdaTrust + `{}`, "This policy contains invalid Json"},
		"duplicate key":        {`{"Version":"2012-10-17","Version":"2012-10-17","Statement":[{` + lambda + `}]}`, "This policy contains invalid Json"},
		"duplicate in depth":   {statement(`{` + lambda + `,"Condition":{"StringEquals":{"a:b":"c","a:b":"d"}}}`), "This policy contains invalid Json"},
		"version":              {`{"Version":"2020-01-01","Statement":[{` + lambda + `}]}`, "version"},
		"no statement":         {`{"Version":"2012-10-17"}`, "Missing required field Statement"},
		"empty statement list": {`{"Version":"2012-10-17","Statement":[]}`, "Missing required field Statement"},
		"unknown element":      {statement(`{` + lambda + `,"Comment":"x"}`), "Syntax errors in policy."},
		"effect":               {statement(strings.Replace(`{`+lambda+`}`, "Allow", "allow", 1)), "Invalid effect"},
		"no effect":            {statement(`{"Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`), "Missing required field Effect"},
		"no principal":         {statement(`{"Effect":"Allow","Action":"sts:AssumeRole"}`), "Missing required field Principal"},
		"no action":            {statement(`{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"}}`), "Missing required field Action"},
		"resource":             {statement(`{` + lambda + `,"Resource":"*"}`), "Has prohibited field Resource"},
		"other action":         {statement(strings.Replace(`{`+lambda+`}`, "sts:AssumeRole", "s3:GetObject", 1)), "AssumeRole policy may only specify STS AssumeRole actions."},
		"star action":          {statement(strings.Replace(`{`+lambda+`}`, "sts:AssumeRole", "*", 1)), "AssumeRole policy may only specify STS AssumeRole actions."},
		"misspelt action":      {statement(strings.Replace(`{`+lambda+`}`, "sts:AssumeRole", "sts:TagSessions", 1)), "AssumeRole policy may only specify STS AssumeRole actions."},
		"sts wildcard":         {statement(strings.Replace(`{`+lambda+`}`, "sts:AssumeRole", "sts:Assume*", 1)), ""},
		"condition operator":   {statement(`{` + lambda + `,"Condition":{"StringEqual":{"aws:SourceAccount":"1"}}}`), "Invalid Condition type"},
		"condition date":       {statement(`{` + lambda + `,"Condition":{"DateLessThan":{"aws:CurrentTime":"31.03.2027"}}}`), "31.03.2027"},
		"condition date ok":    {statement(`{` + lambda + `,"Condition":{"DateLessThan":{"aws:CurrentTime":"2027-03-31T23:59:59Z"}}}`), ""},
		"condition epoch":      {statement(`{` + lambda + `,"Condition":{"DateLessThan":{"aws:EpochTime":1900000000}}}`), ""},
		"condition key":        {statement(`{` + lambda + `,"Condition":{"StringEquals":{"SourceAccount":"1"}}}`), "prefaced by a vendor"},
		"condition value":      {statement(`{` + lambda + `,"Condition":{"StringEquals":{"aws:SourceAccount":{}}}}`), "Syntax errors"},
		"condition null":       {statement(`{` + lambda + `,"Condition":{"NullIfExists":{"aws:SourceAccount":"true"}}}`), "Invalid Condition type"},
		"service":              {statement(`{"Effect":"Allow","Principal":{"Service":"lambda"},"Action":"sts:AssumeRole"}`), `Invalid principal in policy: "SERVICE":"lambda"`},
		"principal kind":       {statement(`{"Effect":"Allow","Principal":{"Robot":"x"},"Action":"sts:AssumeRole"}`), `Invalid principal in policy: "ROBOT":"x"`},
		"principal text":       {statement(`{"Effect":"Allow","Principal":"me","Action":"sts:AssumeRole"}`), "Invalid principal"},
		"everyone":             {statement(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"xy"}}}`), ""},
		"federated":            {statement(`{"Effect":"Allow","Principal":{"Federated":"github"},"Action":"sts:AssumeRoleWithWebIdentity"}`), "Federated principals must be valid"},
		"account":              {principal("210987654321"), ""},
		"short account":        {principal("12345678901"), `Invalid principal in policy: "AWS":"12345678901"`},
		"short account ARN":    {principal("arn:aws:iam::1234567890:root"), "Invalid principal"},
		"ghost role":           {principal("arn:aws:iam::123456789012:role/ghost"), `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/ghost"`},
		"ghost user":           {principal("arn:aws:iam::123456789012:user/ghost"), "Invalid principal"},
		"ghost id":             {principal("AROA00000000000000000"), "Invalid principal"},
		"wrong path":           {principal("arn:aws:iam::123456789012:user/robot"), "Invalid principal"},
		"role":                 {principal("arn:aws:iam::123456789012:role/caller"), ""},
		"user":                 {principal("arn:aws:iam::123456789012:user/bots/robot"), ""},
		"session":              {principal("arn:aws:sts::123456789012:assumed-role/caller/me"), ""},
		"ghost session":        {principal("arn:aws:sts::123456789012:assumed-role/ghost/me"), "Invalid principal"},
		"role wildcard":        {principal("arn:aws:iam::123456789012:role/*"), "Invalid principal"},
		"unknown account role": {principal("arn:aws:iam::999999999999:role/who-knows"), ""},
		"group":                {principal("arn:aws:iam::123456789012:group/admins"), "Invalid principal"},
		"github bare":          {github(""), "token.actions.githubusercontent.com:sub"},
		"github aud only":      {github(`,"Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}`), "token.actions.githubusercontent.com:sub"},
		"github star":          {github(`,"Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"*"}}`), "token.actions.githubusercontent.com:sub"},
		"github if exists":     {github(`,"Condition":{"StringLikeIfExists":{"token.actions.githubusercontent.com:sub":"repo:o/*"}}`), "token.actions.githubusercontent.com:sub"},
		"github":               {github(`,"Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:o/r:*"}}`), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := createRole(t.Context(), c, strings.ReplaceAll(name, " ", "-"), tt.policy)
			if tt.message == "" {
				noError(t, err)
				return
			}
			wantCode(t, err, "MalformedPolicyDocument")
			if !strings.Contains(message(err), tt.message) {
				t.Errorf("message %q lacks %q", message(err), tt.message)
			}
		})
	}
}

func TestIdentityPolicyGrammar(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	mustCreateRole(t, c, "r", lambdaTrust)
	tests := map[string]struct{ policy, message string }{
		"plain":             {allow(`"s3:Get*"`), ""},
		"everything":        {allow(`"*"`), ""},
		"not resource":      {statement(`{"Effect":"Deny","NotAction":"iam:*","NotResource":"arn:aws:s3:::b/*"}`), ""},
		"not JSON":          {`nonsense`, "Syntax errors in policy."},
		"duplicate key":     {statement(`{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}`), "Syntax errors in policy."},
		"no version":        {`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, "Policy document must be version 2012-10-17 or greater."},
		"old version":       {`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, "Policy document must be version 2012-10-17 or greater."},
		"principal":         {statement(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`), "Policy document should not specify a principal."},
		"no action":         {statement(`{"Effect":"Allow","Resource":"*"}`), "Policy statement must contain actions."},
		"no resource":       {statement(`{"Effect":"Allow","Action":"*"}`), "Policy statement must contain resources."},
		"both":              {statement(`{"Effect":"Allow","Action":"*","NotAction":"s3:*","Resource":"*"}`), "Syntax errors in policy."},
		"vendor":            {allow(`"GetObject"`), "prefaced by a vendor"},
		"vendor wildcard":   {allow(`"s*:GetObject"`), "Vendor s* is not valid"},
		"colons":            {allow(`"s3:Get:Object"`), "only one colon"},
		"resource":          {statement(`{"Effect":"Allow","Action":"*","Resource":"bucket"}`), `Resource bucket must be in ARN format or "*".`},
		"resource region":   {statement(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:iam:eu-west-1:123456789012:role/x"}`), "cannot contain region information"},
		"partition":         {statement(`{"Effect":"Allow","Action":"*","Resource":"arn:gcp:s3:::b"}`), "Partition"},
		"sid":               {statement(`{"Sid":"not allowed","Effect":"Allow","Action":"*","Resource":"*"}`), "must be alpha-numeric"},
		"sids":              {statement(`{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"s3:*","Resource":"*"}`), "must be unique"},
		"condition":         {statement(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringIs":{"aws:a":"b"}}}`), "Syntax errors in policy."},
		"date":              {statement(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"soon"}}}`), "soon"},
		"address":           {statement(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/40"}}}`), "10.0.0.0/40"},
		"statement is text": {`{"Version":"2012-10-17","Statement":"Allow"}`, "Syntax errors in policy."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := c.IAM.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
				RoleName: aws.String("r"), PolicyName: aws.String(strings.ReplaceAll(name, " ", "-")), PolicyDocument: &tt.policy,
			})
			if tt.message == "" {
				noError(t, err)
				return
			}
			wantCode(t, err, "MalformedPolicyDocument")
			if !strings.Contains(message(err), tt.message) {
				t.Errorf("message %q lacks %q", message(err), tt.message)
			}
		})
	}
}

// A principal is stored by its unique id: an account id reads back as its root
// ARN, and a role that is deleted, even when made again, as its AROA id.
func TestTrustPrincipalsAreStoredByID(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	arn := mustCreateRole(t, c, "caller", lambdaTrust)
	before, _ := s.Account(sim.DefaultAccount).Role("caller")
	trust := `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["` + strings.ReplaceAll(arn, "/", `\/`) +
		`", "210987654321"]}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:PrincipalAccount": "210987654321"}}}]}`
	mustCreateRole(t, c, "target", trust)
	read := func() string {
		out, err := c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("target")})
		noError(t, err)
		text, err := url.PathUnescape(*out.Role.AssumeRolePolicyDocument)
		noError(t, err)
		return text
	}
	want := strings.Replace(strings.ReplaceAll(trust, `\/`, "/"), `"210987654321"]`, `"arn:aws:iam::210987654321:root"]`, 1)
	if got := read(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	_, err := c.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("caller")})
	noError(t, err)
	mustCreateRole(t, c, "caller", lambdaTrust)
	if got, want := read(), strings.Replace(want, arn, before.ID, 1); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// Writing it back as it reads is refused: nobody has that id any more.
	_, err = c.IAM.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("target"), PolicyDocument: aws.String(read())})
	wantCode(t, err, "MalformedPolicyDocument")
}
