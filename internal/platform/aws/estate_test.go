package aws_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/platformtest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	managedPrefix = "arn:aws:iam::aws:policy/"
	strayProfile  = "stray-profile"
	ec2           = "ec2.amazonaws.com"
	// retries of the driver's client; one more are its tries.
	retries = 3
)

// estate is a simulated account of a test's own.
type estate struct {
	acctest.Estate

	t       *testing.T
	sim     *sim.Server
	account *sim.Account
	admin   *iam.Client
	url     string // where drivers find it
}

func openEstate(t *testing.T, options ...sim.Option) *estate {
	t.Helper()
	e := &estate{t: t, sim: acctest.NewSim(t, options...)}
	e.Estate = acctest.Estate{Simulator: e.sim, Retries: retries, Refusals: []string{"AccessDenied", "Throttling"}}
	e.account = e.sim.Account(sim.DefaultAccount)
	e.admin = e.client(e.account.Administrator())
	for _, boundary := range []string{"boundary-a", "boundary-b"} {
		e.account.PutManagedPolicy(sim.ManagedPolicy{Name: boundary, Document: allow("iam:*", "s3:*")})
	}
	e.url = e.sim.URL()
	return e
}

// interpose puts a proxy between the estate and drivers made from now on, which calls a function for every write before
// it has an effect. The function tells whether to drop the request instead.
func (e *estate) interpose(hook func(action string) (drop bool)) {
	e.t.Helper()
	e.intercept(func(form url.Values) bool { return isWrite(form.Get("Action")) && hook(form.Get("Action")) })
}

// intercept is the same for every request to a Query service.
func (e *estate) intercept(hook func(form url.Values) (drop bool)) {
	e.t.Helper()
	target, err := url.Parse(e.sim.URL())
	if err != nil {
		e.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		// The host is part of what is signed.
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hook(formOf(r)) {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	e.t.Cleanup(server.Close)
	e.url = server.URL
}

func isWrite(action string) bool {
	return !slices.ContainsFunc([]string{"Get", "List", "Assume"}, func(verb string) bool { return strings.HasPrefix(action, verb) })
}

// formOf reads the parameters of a request and leaves the request as it was.
func formOf(r *http.Request) url.Values {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil
	}
	return form
}

func (e *estate) client(key sim.Credentials) *iam.Client {
	return iam.New(iam.Options{
		Region: "eu-west-1", BaseEndpoint: awssdk.String(e.sim.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(key.AccessKeyID, key.SecretAccessKey, key.SessionToken),
	})
}

// config reaches the estate without any waiting.
func (e *estate) config() aws.Config {
	return aws.Config{
		Region: "eu-west-1", MetadataKeys: governance.NewMetadataKeys(nil),
		Endpoints:  map[string]string{"accessanalyzer": e.url, "config": e.url, "iam": e.url, "organizations": e.url, "sts": e.url},
		MaxRetries: retries, MaxBackoff: time.Millisecond, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

func (e *estate) Driver() platform.Driver[aws.RoleSpec, aws.RoleState] {
	return aws.NewAccount(e.config()).Roles()
}

func allow(actions ...string) string {
	return iampolicy.Document{Version: iampolicy.Version2012, Statements: []iampolicy.Statement{
		{Effect: iampolicy.Allow, Action: actions, Resource: []string{"*"}},
	}}.JSON()
}

func (e *estate) policy(name string) string {
	return "arn:aws:iam::" + e.account.ID() + ":policy/" + name
}

func (e *estate) Wanted(name string) platform.Desired[aws.RoleSpec] {
	return platform.Desired[aws.RoleSpec]{
		Name: name,
		Metadata: governance.Metadata{
			Owner: "payments", Purpose: "Nightly export of invoices (EU) to the data lake", Expiry: e.Now().AddDate(0, 0, 90).Format(time.DateOnly),
			BusinessOwner: "finance", TechnicalOwner: "platform", Environment: "prod", Systems: []string{"billing-db", "data lake"}, Ticket: "CHG-1",
			Labels: map[string]string{"team": "payments", "Cost Center": "a/b=c+d@e", "empty": ""},
		},
		Spec: aws.RoleSpec{
			Path: "/governed/", Trust: []iampolicy.Preset{iampolicy.AWSServices{Services: []string{ec2}}},
			InlinePolicies:         map[string]string{"list": allow("iam:ListRoles"), "old": allow("s3:GetObject")},
			ManagedPolicyARNs:      []string{managedPrefix + "AmazonS3ReadOnlyAccess", managedPrefix + "SecurityAudit"},
			PermissionsBoundaryARN: e.policy("boundary-a"), MaxSessionDuration: 7200, InstanceProfile: true,
		},
	}
}

func (e *estate) Changed(name string) platform.Desired[aws.RoleSpec] {
	want := e.Wanted(name)
	want.Metadata = governance.Metadata{
		Owner: "data", Purpose: "Monthly export", Expiry: want.Metadata.Expiry, Systems: []string{"lake"}, Labels: map[string]string{"Team": "data"},
	}
	want.Spec = aws.RoleSpec{
		Path:                   "/governed/",
		AssumeRolePolicy:       `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`,
		InlinePolicies:         map[string]string{"list": allow("iam:List*"), "extra": allow("s3:PutObject")},
		ManagedPolicyARNs:      []string{managedPrefix + "SecurityAudit", managedPrefix + "ReadOnlyAccess"},
		PermissionsBoundaryARN: e.policy("boundary-b"), MaxSessionDuration: 3600,
	}
	return want
}

// Use takes a session as EC2 would, which then lists roles.
func (e *estate) Use(id governance.ID) (goOn func() error, err error) {
	key, err := e.account.AssumeRoleAsService(ec2, "arn:aws:iam::"+id.Account+":role/"+id.Resource, nil)
	if err != nil {
		return nil, err
	}
	session := e.client(key)
	return func() error {
		_, err := session.ListRoles(e.t.Context(), &iam.ListRolesInput{MaxItems: awssdk.Int32(1)})
		return err
	}, nil
}

// Drift puts another role in the place of this one; the instance profile stays without it.
func (e *estate) Drift(id governance.ID) {
	e.account.PutRole(sim.Role{
		Name: id.Name(), Path: id.Path(), MaxSessionSeconds: 10800, BoundaryARN: e.policy("boundary-b"),
		Tags:               map[string]string{"nhi:owner": "somebody", "NHI:Ticket": "CHG-2", "stray": "x"},
		InlinePolicies:     map[string]string{"list": allow("s3:*"), "stray": allow("s3:*"), aws.ExpiryPolicyName: allow("s3:*")},
		AttachedPolicyARNs: []string{managedPrefix + "AdministratorAccess"},
	})
}

func (e *estate) Attach(id governance.ID) []string {
	e.t.Helper()
	name, document, arn := id.Name(), allow("s3:*"), managedPrefix+"AdministratorAccess"
	if _, err := e.admin.PutRolePolicy(e.t.Context(), &iam.PutRolePolicyInput{RoleName: &name, PolicyName: awssdk.String("stray"), PolicyDocument: &document}); err != nil {
		e.t.Fatal(err)
	}
	if _, err := e.admin.AttachRolePolicy(e.t.Context(), &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: &arn}); err != nil {
		e.t.Fatal(err)
	}
	e.account.PutInstanceProfile(sim.InstanceProfile{Name: strayProfile, RoleName: name})
	return []string{"inline policy stray", "managed policy " + arn, "instance profile " + strayProfile}
}

// Left leaves out the profile of Attach, which is not the driver's to delete.
func (e *estate) Left() []string {
	profiles := slices.DeleteFunc(e.account.InstanceProfiles(), func(name string) bool { return name == strayProfile })
	return append(e.account.Roles(), profiles...)
}

func (e *estate) Deny(method platformtest.Method) string {
	denied := map[platformtest.Method][]string{
		platformtest.MethodCreate:   {"iam:CreateRole"},
		platformtest.MethodConverge: {"iam:AttachRolePolicy"},
		platformtest.MethodRead:     {"iam:GetRole", "iam:GetAccountAuthorizationDetails"},
		platformtest.MethodDelete:   {"iam:DeleteRole"},
	}[method]
	e.sim.DenyActions(e.account.ID(), denied...)
	return denied[0]
}

func (e *estate) Mend() {
	e.sim.ClearFaults()
	e.sim.DenyActions(e.account.ID())
}

func (e *estate) Writes() int {
	writes := 0
	for _, call := range e.sim.Calls() {
		if isWrite(call.Action) {
			writes++
		}
	}
	return writes
}

// OnWrite lets a creation through afterwards; whatever else the driver has given up by then never arrives.
func (e *estate) OnWrite(call func()) {
	var once sync.Once
	e.interpose(func(action string) (drop bool) {
		once.Do(func() {
			call()
			drop = !strings.HasPrefix(action, "Create")
		})
		return drop
	})
}
