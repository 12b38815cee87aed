package sim_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func TestCredentialReport(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	a := s.Account(sim.DefaultAccount)
	ago := func(days int) time.Time { return clockStart.AddDate(0, 0, -days) }
	a.PutUser(sim.User{Name: "bare", CreatedAt: ago(10)})
	a.PutUser(sim.User{
		Name: "human", Path: "/people/", CreatedAt: ago(100), MFA: true, Login: &sim.Login{ChangedAt: ago(9), LastUsedAt: ago(1)},
	})
	a.PutUser(sim.User{Name: "new", CreatedAt: ago(1), Login: &sim.Login{}})
	a.PutUser(sim.User{Name: "robot", CreatedAt: ago(50), AccessKeys: []sim.AccessKey{
		{Inactive: true, LastUsedAt: ago(40), LastUsedService: "ec2", LastUsedRegion: "us-east-1"}, {CreatedAt: ago(5)},
	}})
	_, err := c.IAM.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	wantCode(t, err, "ReportNotPresent")
	s.SetCredentialReportPolls(2)
	generate := func() types.ReportStateType {
		t.Helper()
		out, err := c.IAM.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{})
		noError(t, err)
		return out.State
	}
	first, second := generate(), generate()
	_, err = c.IAM.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	wantCode(t, err, "ReportInProgress")
	if third := generate(); first != types.ReportStateTypeStarted || second != types.ReportStateTypeInprogress || third != types.ReportStateTypeComplete {
		t.Errorf("states %s, %s, %s", first, second, third)
	}
	out, err := c.IAM.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	noError(t, err)
	if !out.GeneratedTime.Equal(clockStart) || out.ReportFormat != types.ReportFormatTypeTextCsv {
		t.Errorf("report %+v", out)
	}
	rows, err := csv.NewReader(strings.NewReader(string(out.Content))).ReadAll()
	noError(t, err)
	noKey := "false,N/A,N/A,N/A,N/A"
	noCert := "false,N/A,false,N/A"
	arn := "arn:aws:iam::123456789012:"
	want := []string{
		"user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active," +
			"access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service," +
			"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service," +
			"cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated",
		"<root_account>," + arn + "root,2015-02-06T18:39:46Z,not_supported,no_information,not_supported,not_supported,true," + noKey + "," + noKey + "," + noCert,
		"bare," + arn + "user/bare,2026-02-19T12:00:00Z,false,N/A,N/A,N/A,false," + noKey + "," + noKey + "," + noCert,
		"human," + arn + "user/people/human,2025-11-21T12:00:00Z,true,2026-02-28T12:00:00Z,2026-02-20T12:00:00Z,N/A,true," + noKey + "," + noKey + "," + noCert,
		"new," + arn + "user/new,2026-02-28T12:00:00Z,true,no_information,2026-02-28T12:00:00Z,N/A,false," + noKey + "," + noKey + "," + noCert,
		"robot," + arn + "user/robot,2026-01-10T12:00:00Z,false,N/A,N/A,N/A,false," +
			"false,N/A,2026-01-20T12:00:00Z,us-east-1,ec2,true,2026-02-24T12:00:00Z,N/A,N/A,N/A," + noCert,
	}
	var got []string
	for _, row := range rows {
		got = append(got, strings.Join(row, ","))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	// Within four hours it stays as it is; then it has expired.
	a.PutUser(sim.User{Name: "later"})
	s.Clock().Advance(4*time.Hour - time.Second)
	if state := generate(); state != types.ReportStateTypeComplete {
		t.Error(state)
	}
	again, err := c.IAM.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	noError(t, err)
	if string(again.Content) != string(out.Content) {
		t.Error("the report changed within four hours")
	}
	s.Clock().Advance(time.Second)
	_, err = c.IAM.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	wantCode(t, err, "ReportExpired")
	s.SetCredentialReportPolls(0)
	if state := generate(); state != types.ReportStateTypeStarted {
		t.Error(state)
	}
	again, err = c.IAM.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	noError(t, err)
	if !strings.Contains(string(again.Content), "\nlater,") {
		t.Error("the new report is an old one")
	}
}

func TestServiceLinkedRoles(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	create := func(service, suffix string) (*iam.CreateServiceLinkedRoleOutput, error) {
		in := &iam.CreateServiceLinkedRoleInput{AWSServiceName: &service, Description: aws.String("d")}
		if suffix != "" {
			in.CustomSuffix = &suffix
		}
		return c.IAM.CreateServiceLinkedRole(ctx, in)
	}
	out, err := create("backup.amazonaws.com", "")
	noError(t, err)
	name := out.Role.RoleName
	if *out.Role.Arn != "arn:aws:iam::123456789012:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup" {
		t.Error(*out.Role.Arn)
	}
	suffixed, err := create("autoscaling.amazonaws.com", "web")
	noError(t, err)
	if *suffixed.Role.RoleName != "AWSServiceRoleForAutoScaling_web" {
		t.Error(*suffixed.Role.RoleName)
	}
	for _, refused := range [][3]string{{"backup.amazonaws.com", "", "InvalidInput"}, {"nothing.amazonaws.com", "", "AccessDenied"}, {"rds.amazonaws.com", "x", "InvalidInput"}} {
		if _, err := create(refused[0], refused[1]); code(err) != refused[2] {
			t.Errorf("%s: %v", refused, err)
		}
	}
	_, err = c.IAM.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: tagsOf("nhi:owner", "platform")})
	noError(t, err)
	_, err = c.IAM.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: aws.String("arn:aws:iam::aws:policy/aws-service-role/AWSBackupServiceLinkedRolePolicyForBackup")})
	wantCode(t, err, "UnmodifiableEntity")
	_, err = c.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	wantCode(t, err, "UnmodifiableEntity")

	start := func() *string {
		t.Helper()
		out, err := c.IAM.DeleteServiceLinkedRole(ctx, &iam.DeleteServiceLinkedRoleInput{RoleName: name})
		noError(t, err)
		return out.DeletionTaskId
	}
	status := func(task *string) *iam.GetServiceLinkedRoleDeletionStatusOutput {
		t.Helper()
		out, err := c.IAM.GetServiceLinkedRoleDeletionStatus(ctx, &iam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: task})
		noError(t, err)
		return out
	}
	a := s.Account(sim.DefaultAccount)
	a.SetServiceLinkedRoleUsage(*name, "eu-west-1", "arn:aws:backup:eu-west-1:123456789012:backup-vault:main")
	failed := status(start())
	if failed.Status != types.DeletionTaskStatusTypeFailed || *failed.Reason.Reason == "" || len(failed.Reason.RoleUsageList) != 1 ||
		failed.Reason.RoleUsageList[0].Resources[0] != "arn:aws:backup:eu-west-1:123456789012:backup-vault:main" {
		t.Errorf("status %+v", failed)
	}
	a.SetServiceLinkedRoleUsage(*name, "eu-west-1")
	s.SetServiceLinkedRoleDeletionPolls(2)
	task := start()
	if again := start(); *again != *task {
		t.Error("a deletion in progress was started again")
	}
	var states []types.DeletionTaskStatusType
	for range 3 {
		states = append(states, status(task).Status)
	}
	if diff := cmp.Diff([]types.DeletionTaskStatusType{"NOT_STARTED", "IN_PROGRESS", "SUCCEEDED"}, states); diff != "" {
		t.Error(diff)
	}
	_, err = c.IAM.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	wantCode(t, err, "NoSuchEntity")
	_, err = c.IAM.GetServiceLinkedRoleDeletionStatus(ctx, &iam.GetServiceLinkedRoleDeletionStatusInput{DeletionTaskId: aws.String("task/aws-service-role/none")})
	wantCode(t, err, "NoSuchEntity")
	mustCreateRole(t, c, "ordinary", lambdaTrust)
	_, err = c.IAM.DeleteServiceLinkedRole(ctx, &iam.DeleteServiceLinkedRoleInput{RoleName: aws.String("ordinary")})
	wantCode(t, err, "NoSuchEntity")
}

// Groups, and users and groups in the bulk read.
func TestGroupsAndBulkRead(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	g, u := aws.String("Devs"), aws.String("u")
	policy := aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")
	mustCreateUser(t, c, "u")
	putUserInline(t, c, "u", "in", allow(`"s3:*"`))
	_, err := c.IAM.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: g, Path: aws.String("/t/")})
	noError(t, err)
	_, err = c.IAM.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("devs")})
	wantCode(t, err, "EntityAlreadyExists")
	_, err = c.IAM.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: g, PolicyName: aws.String("p"), PolicyDocument: aws.String(allow(`"s3:*"`))})
	noError(t, err)
	_, err = c.IAM.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: g, PolicyArn: policy})
	noError(t, err)
	for range 2 { // adding is idempotent
		_, err = c.IAM.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: g, UserName: u})
		noError(t, err)
	}
	_, err = c.IAM.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: g, UserName: aws.String("nobody")})
	wantCode(t, err, "NoSuchEntity")
	members, err := c.IAM.GetGroup(ctx, &iam.GetGroupInput{GroupName: g})
	noError(t, err)
	groups, err := c.IAM.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: u})
	noError(t, err)
	if len(members.Users) != 1 || len(groups.Groups) != 1 || *groups.Groups[0].Arn != "arn:aws:iam::123456789012:group/t/Devs" {
		t.Errorf("%+v, %+v", members.Users, groups.Groups)
	}
	entities, err := c.IAM.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: policy})
	noError(t, err)
	if len(entities.PolicyGroups) != 1 || len(entities.PolicyUsers) != 0 {
		t.Errorf("entities %+v", entities)
	}
	out, err := c.IAM.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{})
	noError(t, err)
	if len(out.UserDetailList) != 1 || len(out.GroupDetailList) != 1 || len(out.Policies) != 1 {
		t.Fatalf("%d users, %d groups, %d policies", len(out.UserDetailList), len(out.GroupDetailList), len(out.Policies))
	}
	user, group := out.UserDetailList[0], out.GroupDetailList[0]
	if len(user.GroupList) != 1 || user.GroupList[0] != "Devs" || len(user.UserPolicyList) != 1 || len(group.GroupPolicyList) != 1 || len(group.AttachedManagedPolicies) != 1 {
		t.Errorf("user %+v, group %+v", user, group)
	}
	only, err := c.IAM.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeGroup}})
	noError(t, err)
	if len(only.UserDetailList) != 0 || len(only.GroupDetailList) != 1 {
		t.Errorf("filtered %+v", only)
	}
	if view, _ := s.Account(sim.DefaultAccount).Group("Devs"); len(view.Users) != 1 || len(view.AttachedPolicyARNs) != 1 {
		t.Errorf("group %+v", view)
	}
}
