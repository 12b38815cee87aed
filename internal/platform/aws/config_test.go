package aws_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// notConfigured checks that the first use says which argument of the provider has to change.
func notConfigured(t *testing.T, config aws.Config, attribute, reason string) {
	t.Helper()
	_, err := aws.NewAccount(config).Roles().Read(t.Context(), governance.ID{Kind: governance.KindAWSRole, Account: sim.DefaultAccount, Resource: "x"})
	var configured *platform.ErrNotConfigured
	if !errors.As(err, &configured) {
		t.Fatalf("Read returned %v", err)
	}
	if got := strings.Join(configured.Attribute, "."); got != attribute || !strings.Contains(configured.Reason, reason) || configured.Remedy == "" {
		t.Errorf("Read blames %s: %s. %s", got, configured.Reason, configured.Remedy)
	}
}

func TestSimNotConfigured(t *testing.T) {
	t.Parallel()
	const other = "arn:aws:iam::123456789012:role/deploy"
	for name, test := range map[string]struct {
		prepare           func(*estate, *aws.Config)
		attribute, reason string
	}{
		"unknown profile":             {func(_ *estate, c *aws.Config) { c.Profile = "none" }, "aws.profile", `"none"`},
		"account that is not allowed": {func(_ *estate, c *aws.Config) { c.AllowedAccountIDs = []string{"111122223333", "444455556666"} }, "aws.allowed_account_ids", "account 123456789012 (arn:aws:iam::123456789012:user/sim-administrator), which is not one of the allowed accounts 111122223333, 444455556666"},
		"role that cannot be assumed": {func(_ *estate, c *aws.Config) { c.AssumeRole.RoleARN = other }, "aws.assume_role", other},
		"wrong external id": {func(e *estate, c *aws.Config) {
			e.account.PutRole(sim.Role{Name: "deploy", TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"right"}}}]}`})
			c.AssumeRole = aws.AssumeRole{RoleARN: other, ExternalID: "wrong"}
		}, "aws.assume_role", "not authorized to perform: sts:AssumeRole"},
		"credentials that are refused": {func(e *estate, _ *aws.Config) {
			e.sim.InjectFault(sim.Fault{Service: "sts", Kind: sim.FaultError, Code: "InvalidClientTokenId", Status: 403})
		}, "aws", "InvalidClientTokenId"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			config := e.config()
			test.prepare(e, &config)
			notConfigured(t, config, test.attribute, test.reason)
		})
	}
}

func TestSimWrongAccount(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	id := governance.ID{Kind: governance.KindAWSRole, Account: "111122223333", Resource: "x"}
	_, read := e.Driver().Read(t.Context(), id)
	_, converged := e.Driver().Converge(t.Context(), id, e.Wanted("x"))
	_, deleted := e.Driver().Delete(t.Context(), id)
	for _, err := range []error{read, converged, deleted} {
		var configured *platform.ErrNotConfigured
		if !errors.As(err, &configured) || !slices.Equal(configured.Attribute, []string{"aws"}) || !strings.Contains(configured.Reason, "aws:111122223333:role/x") {
			t.Errorf("got %v", err)
		}
	}
}

// The two tests of the environment change it, so they cannot be parallel.

func TestSimNoRegion(t *testing.T) {
	config := openEstate(t).config()
	config.Region = ""
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	notConfigured(t, config, "aws.region", "No AWS region")
}

func TestSimNoCredentials(t *testing.T) {
	config := openEstate(t).config()
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	notConfigured(t, config, "aws", "No AWS credentials")
}

func TestSimAssumeRole(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.account.PutRole(sim.Role{
		Name: "deploy", AttachedPolicyARNs: []string{managedPrefix + "AdministratorAccess"},
		TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"right"}}}]}`,
	})
	config := e.config()
	config.AssumeRole = aws.AssumeRole{RoleARN: "arn:aws:iam::123456789012:role/deploy", ExternalID: "right", SessionName: "governed"}
	if _, err := aws.NewAccount(config).Roles().Create(t.Context(), e.Wanted("assumed")); err != nil {
		t.Fatal(err)
	}
	for _, call := range e.sim.Calls() {
		if call.Action == "CreateRole" && call.Principal != "arn:aws:sts::123456789012:assumed-role/deploy/governed" {
			t.Errorf("%s made the role", call.Principal)
		}
	}
}

// TestSimFailureIsNotKept fails to connect once: the next use connects.
func TestSimFailureIsNotKept(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.sim.InjectFault(sim.Fault{Service: "sts", Nth: 1, Kind: sim.FaultAccessDenied})
	roles := aws.NewAccount(e.config()).Roles()
	var forbidden *platform.ErrForbidden
	if _, err := roles.Predict(t.Context(), e.Wanted("x")); !errors.As(err, &forbidden) || forbidden.Permission != "sts:GetCallerIdentity" {
		t.Errorf("the first use returned %v", err)
	}
	for range 3 {
		if _, err := roles.Predict(t.Context(), e.Wanted("x")); err != nil {
			t.Error(err)
		}
	}
	if got := e.sim.CountCalls("sts:GetCallerIdentity"); got != 2 {
		t.Errorf("the caller was asked for %d times", got)
	}
}
