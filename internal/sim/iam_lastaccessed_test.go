package sim_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

func TestServiceLastAccessed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	a := s.Account(sim.DefaultAccount)
	may := map[string]string{"use": allow(`["s3:Get*","codecommit:*","sqs:SendMessage"]`)}
	a.PutUser(sim.User{Name: "robot", Path: "/ci/", InlinePolicies: may, AccessKeys: []sim.AccessKey{
		{LastUsedAt: clockStart.AddDate(0, 0, -3)}, {LastUsedAt: clockStart.AddDate(0, 0, -2), LastUsedService: "ec2"},
	}})
	a.PutRole(sim.Role{Name: "batch", InlinePolicies: may})
	const user, role = "arn:aws:iam::123456789012:user/ci/robot", "arn:aws:iam::123456789012:role/batch"
	a.RecordServiceUse(user, "codecommit", "us-east-1", clockStart.AddDate(0, 0, -1))
	a.RecordServiceUse(user, "sqs", "us-east-1", clockStart.AddDate(0, 0, -401))
	a.RecordServiceUse(role, "sqs", "us-east-1", clockStart.AddDate(0, 0, -5))
	start := func(arn string) *string {
		job, err := c.IAM.GenerateServiceLastAccessedDetails(t.Context(), &iam.GenerateServiceLastAccessedDetailsInput{Arn: &arn})
		noError(t, err)
		return job.JobId
	}
	look := func(job, marker *string) *iam.GetServiceLastAccessedDetailsOutput {
		out, err := c.IAM.GetServiceLastAccessedDetails(t.Context(), &iam.GetServiceLastAccessedDetailsInput{JobId: job, Marker: marker, MaxItems: aws.Int32(2)})
		noError(t, err)
		return out
	}
	job := start(user)
	if out := look(job, nil); out.JobStatus != types.JobStatusTypeInProgress || len(out.ServicesLastAccessed) > 0 {
		t.Errorf("at first it is %+v", out)
	}
	first := look(job, nil)
	second := look(job, first.Marker)
	if first.JobStatus != types.JobStatusTypeCompleted || !first.IsTruncated || second.IsTruncated {
		t.Errorf("got %+v and %+v", first, second)
	}
	got := map[string]string{}
	for _, service := range append(first.ServicesLastAccessed, second.ServicesLastAccessed...) {
		at := "never"
		if service.LastAuthenticated != nil {
			at = service.LastAuthenticated.Format("2006-01-02") + " " + aws.ToString(service.LastAuthenticatedRegion) + " " + aws.ToString(service.LastAuthenticatedEntity)
		}
		got[*service.ServiceNamespace] = at
	}
	want := map[string]string{
		"codecommit": clockStart.AddDate(0, 0, -1).Format("2006-01-02") + " us-east-1 " + user,
		"s3":         clockStart.AddDate(0, 0, -3).Format("2006-01-02") + " eu-west-1 " + user,
		"sqs":        "never",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	read, err := c.IAM.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("batch")})
	noError(t, err)
	if used := read.Role.RoleLastUsed; used == nil || !used.LastUsedDate.Equal(clockStart.AddDate(0, 0, -5)) {
		t.Errorf("the role was used %+v", used)
	}

	s.SetServiceLastAccessedPolls(0)
	s.FailServiceLastAccessed("broken")
	if out := look(start(role), nil); out.JobStatus != types.JobStatusTypeFailed || aws.ToString(out.Error.Message) != "broken" {
		t.Errorf("got %+v", out)
	}
	for arn, code := range map[string]string{
		"arn:aws:iam::123456789012:user/robot": "NoSuchEntity", "arn:aws:iam::123456789012:role/none": "NoSuchEntity", "arn:aws:iam::123456789012:policy/none": "InvalidInput", "short": "ValidationError",
	} {
		_, err := c.IAM.GenerateServiceLastAccessedDetails(t.Context(), &iam.GenerateServiceLastAccessedDetailsInput{Arn: &arn})
		wantCode(t, err, code)
	}
	_, err = c.IAM.GetServiceLastAccessedDetails(t.Context(), &iam.GetServiceLastAccessedDetailsInput{JobId: aws.String("00000000-0000-4000-a000-000000000000")})
	wantCode(t, err, "NoSuchEntity")
	s.DenyActions(a.ID(), "iam:GenerateServiceLastAccessedDetails", "iam:GetServiceLastAccessedDetails")
	_, err = c.IAM.GenerateServiceLastAccessedDetails(t.Context(), &iam.GenerateServiceLastAccessedDetailsInput{Arn: aws.String(role)})
	wantCode(t, err, "AccessDenied")
	_, err = c.IAM.GetServiceLastAccessedDetails(t.Context(), &iam.GetServiceLastAccessedDetailsInput{JobId: job})
	wantCode(t, err, "AccessDenied")
}
