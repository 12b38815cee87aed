package sim_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// Each kind of fault once at the first CreateRole: what the SDK's caller sees
// after its retries, whether the role is there, and how many calls it took.
func TestFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault sim.Fault
		code  string
		made  bool
		calls int
	}{
		"throttling":    {sim.Fault{Kind: sim.FaultThrottling}, "", true, 2},
		"internal":      {sim.Fault{Kind: sim.FaultInternal}, "", true, 2},
		"unavailable":   {sim.Fault{Kind: sim.FaultUnavailable}, "", true, 2},
		"access denied": {sim.Fault{Kind: sim.FaultAccessDenied}, "AccessDenied", false, 1},
		"custom":        {sim.Fault{Kind: sim.FaultError, Code: "ConcurrentModification", Status: 409}, "ConcurrentModification", false, 1},
		"drop before":   {sim.Fault{Kind: sim.FaultDropBefore}, "", true, 2},
		// The retry meets the role that the first attempt made.
		"drop after":         {sim.Fault{Kind: sim.FaultDropAfter}, "EntityAlreadyExists", true, 2},
		"three in a row":     {sim.Fault{Kind: sim.FaultThrottling, Times: 3}, "Throttling", false, 3},
		"every one":          {sim.Fault{Kind: sim.FaultThrottling, Nth: -1}, "Throttling", false, 3},
		"another action":     {sim.Fault{Kind: sim.FaultAccessDenied, Action: "GetRole"}, "", true, 1},
		"another service":    {sim.Fault{Kind: sim.FaultAccessDenied, Service: "sts", Action: ""}, "", true, 1},
		"second call":        {sim.Fault{Kind: sim.FaultAccessDenied, Nth: 2}, "", true, 1},
		"drop before, twice": {sim.Fault{Kind: sim.FaultDropBefore, Times: 2}, "", true, 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			c := newClients(t, s)
			switch tt.fault.Nth {
			case 0:
				tt.fault.Nth = 1
			case -1:
				tt.fault.Nth = 0
			}
			s.InjectFault(tt.fault)
			_, err := createRole(t.Context(), c, "r", lambdaTrust)
			wantCode(t, err, tt.code)
			if tt.code == "" && err != nil {
				t.Fatal(err)
			}
			if _, ok := s.Account(sim.DefaultAccount).Role("r"); ok != tt.made {
				t.Errorf("the role is there: %t", ok)
			}
			if got := s.CountCalls("iam:CreateRole"); got != tt.calls {
				t.Errorf("%d calls, want %d", got, tt.calls)
			}
		})
	}
}

func TestFaultCounting(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	s.InjectFault(sim.Fault{Service: "sts", Nth: 2, Times: 2, Kind: sim.FaultAccessDenied})
	var got []string
	for range 4 {
		_, err := c.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		got = append(got, code(err))
	}
	if got[0] != "" || got[1] != "AccessDenied" || got[2] != "AccessDenied" || got[3] != "" {
		t.Errorf("codes %q", got)
	}
	s.InjectFault(sim.Fault{Kind: sim.FaultAccessDenied})
	s.ClearFaults()
	_, err := c.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	noError(t, err)
}

func TestDroppedCallsAreRecorded(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	s.InjectFault(sim.Fault{Nth: 1, Kind: sim.FaultDropBefore})
	s.InjectFault(sim.Fault{Action: "CreateRole", Nth: 2, Kind: sim.FaultThrottling})
	mustCreateRole(t, c, "r", lambdaTrust)
	calls := s.Calls()
	if len(calls) != 3 || calls[0].ErrorCode != "ConnectionDropped" || calls[0].Status != 0 ||
		calls[1].ErrorCode != "Throttling" || calls[1].Status != 400 || calls[2].Status != 200 || calls[2].ErrorCode != "" {
		t.Fatalf("calls %+v", calls)
	}
	last := calls[2]
	if last.Service != "iam" || last.Action != "CreateRole" || last.Account != sim.DefaultAccount || last.Params.Get("RoleName") != "r" ||
		last.AccessKeyID != s.Account(sim.DefaultAccount).Administrator().AccessKeyID || !last.Time.Equal(clockStart) ||
		last.Principal != "arn:aws:iam::123456789012:user/sim-administrator" {
		t.Errorf("call %+v", last)
	}
	s.ResetCalls()
	if s.CountCalls("") != 0 {
		t.Error("calls remain after ResetCalls")
	}
}

func TestDenyActions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	s.DenyActions(sim.DefaultAccount, "iam:GetAccountAuthorizationDetails", "iam:Tag*")
	_, err := c.IAM.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{})
	wantCode(t, err, "AccessDenied")
	if want := "User: arn:aws:iam::123456789012:user/sim-administrator is not authorized to perform: iam:GetAccountAuthorizationDetails on resource: * with an explicit deny in an identity-based policy"; message(err) != want {
		t.Error(message(err))
	}
	_, err = c.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("x"), Tags: tagsOf("a", "b")})
	wantCode(t, err, "AccessDenied")
	mustCreateRole(t, c, "r", lambdaTrust)
	s.DenyActions(sim.DefaultAccount)
	_, err = c.IAM.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{})
	noError(t, err)
}

// With a lag a read sees the state before, as many times as the lag says.
func TestReplicationLag(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	name := aws.String("r")
	read := func() (*types.Role, error) {
		out, err := c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
		if err != nil {
			return nil, err
		}
		return out.Role, nil
	}
	s.SetReplicationLag(2)
	arn := mustCreateRole(t, c, "r", lambdaTrust)
	_, err := createRole(ctx, c, "r", lambdaTrust)
	wantCode(t, err, "EntityAlreadyExists") // writes see the truth
	for range 2 {
		_, err := read()
		wantCode(t, err, "NoSuchEntity")
	}
	_, err = read()
	noError(t, err)

	_, err = c.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: tagsOf("owner", "me")})
	noError(t, err)
	for i := range 3 {
		r, err := read()
		noError(t, err)
		if want := i / 2; len(r.Tags) != want {
			t.Errorf("read %d shows %d tags", i, len(r.Tags))
		}
	}

	// As a principal, and in an instance profile.
	for range 2 {
		_, err = createRole(ctx, c, "trusting", statement(`{"Effect":"Allow","Principal":{"AWS":"`+arn+`"},"Action":"sts:AssumeRole"}`))
		wantCode(t, err, "MalformedPolicyDocument")
		if want := `Invalid principal in policy: "AWS":"` + arn + `"`; message(err) != want {
			t.Error(message(err))
		}
	}
	_, err = createRole(ctx, c, "trusting", statement(`{"Effect":"Allow","Principal":{"AWS":"`+arn+`"},"Action":"sts:AssumeRole"}`))
	noError(t, err)
	profile := aws.String("p")
	_, err = c.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: profile})
	noError(t, err)
	var codes []string
	for range 5 {
		_, err := c.IAM.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: profile, RoleName: name})
		codes = append(codes, code(err))
	}
	if codes[0] != "InvalidParameterValue" || codes[1] != "InvalidParameterValue" || codes[2] != "NoSuchEntity" || codes[3] != "NoSuchEntity" || codes[4] != "" {
		t.Errorf("codes %q", codes)
	}
	_, err = c.IAM.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: profile, RoleName: name})
	noError(t, err)

	// A deleted role is still seen.
	_, err = c.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	noError(t, err)
	for range 2 {
		_, err = read()
		noError(t, err)
	}
	_, err = read()
	wantCode(t, err, "NoSuchEntity")

	s.SetReplicationLag(0)
	mustCreateRole(t, c, "later", lambdaTrust)
	name = aws.String("later")
	_, err = read()
	noError(t, err)
}

// Lists, the bulk read and the other entities lag as well.
func TestReplicationLagOfLists(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	mustCreateRole(t, c, "old", lambdaTrust)
	s.SetReplicationLag(1)
	mustCreateRole(t, c, "new", lambdaTrust)
	counts := func() (listed, detailed int) {
		list, err := c.IAM.ListRoles(ctx, &iam.ListRolesInput{})
		noError(t, err)
		details, err := c.IAM.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{})
		noError(t, err)
		return len(list.Roles), len(details.RoleDetailList)
	}
	if listed, detailed := counts(); listed != 1 || detailed != 2 {
		t.Errorf("%d and %d roles", listed, detailed)
	}
	profile := aws.String("p")
	_, err := c.IAM.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: profile})
	noError(t, err)
	read := func() (*iam.GetInstanceProfileOutput, error) {
		return c.IAM.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: profile})
	}
	_, err = read()
	wantCode(t, err, "NoSuchEntity")
	_, err = read()
	noError(t, err)
	_, err = c.IAM.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: profile, Tags: tagsOf("a", "b")})
	noError(t, err)
	for want := range 2 {
		out, err := read()
		noError(t, err)
		if len(out.InstanceProfile.Tags) != want {
			t.Errorf("%d tags, want %d", len(out.InstanceProfile.Tags), want)
		}
	}
	policy, err := c.IAM.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("x"), PolicyDocument: aws.String(allow(`"s3:*"`))})
	noError(t, err)
	_, err = c.IAM.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: policy.Policy.Arn})
	wantCode(t, err, "NoSuchEntity")
	_, err = c.IAM.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: policy.Policy.Arn})
	noError(t, err)
}
