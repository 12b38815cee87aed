package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// assume asks the cloud for a session of the role as the GitHub workflow would, through the real SDK.
func (s *story) assume() (aws.CredentialsProvider, error) {
	client := sts.New(sts.Options{Region: "eu-west-1", BaseEndpoint: aws.String(s.cloud.URL())})
	token := sim.WebIdentityToken(githubIssuer, "sts.amazonaws.com", reviewSubject, s.cloud.Clock().Now().Add(time.Hour))
	arn := "arn:aws:iam::" + sim.DefaultAccount + ":role/" + reviewRole
	output, err := client.AssumeRoleWithWebIdentity(s.ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &arn, RoleSessionName: aws.String("nightly"), WebIdentityToken: &token,
	})
	if err != nil {
		return nil, err
	}
	key := output.Credentials
	return credentials.NewStaticCredentialsProvider(*key.AccessKeyId, *key.SecretAccessKey, *key.SessionToken), nil
}

// work does with a session what the role is for.
func (s *story) work(session aws.CredentialsProvider) (roles int, err error) {
	client := iam.New(iam.Options{Region: "eu-west-1", BaseEndpoint: aws.String(s.cloud.URL()), Credentials: session})
	output, err := client.ListRoles(s.ctx, &iam.ListRolesInput{})
	if err != nil {
		return 0, err
	}
	return len(output.Roles), nil
}

// refusal is what the cloud answered when it refused.
func refusal(err error) (string, bool) {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == "AccessDenied" {
		return api.ErrorCode() + ": " + api.ErrorMessage(), true
	}
	return "", false
}

func (s *story) now() string { return s.cloud.Clock().Now().Format(time.RFC3339) }

func (s *story) use() error {
	if err := s.begin("The workflow assumes the role with its GitHub token, and does its work."); err != nil {
		return err
	}
	session, err := s.assume()
	if err != nil {
		return err
	}
	roles, err := s.work(session)
	if err != nil {
		return err
	}
	return s.print("sts:AssumeRoleWithWebIdentity  granted to "+reviewSubject, fmt.Sprintf("iam:ListRoles                  %d roles", roles))
}

func (s *story) expire() error {
	if err := s.begin("The clock moves past the expiry. Terraform does not run: the cloud itself refuses, new sessions and live ones."); err != nil {
		return err
	}
	end := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 61)
	s.cloud.Clock().Set(end.Add(-10 * time.Minute))
	session, err := s.assume()
	if err != nil {
		return fmt.Errorf("ten minutes before the expiry: %w", err)
	}
	if err := s.print(s.now() + "  a last session starts"); err != nil {
		return err
	}
	s.cloud.Clock().Advance(11 * time.Minute)
	_, newSession := s.assume()
	refusedNew, ok := refusal(newSession)
	if err := told(ok, "a new session was not refused: %v", newSession); err != nil {
		return err
	}
	_, live := s.work(session)
	refusedLive, ok := refusal(live)
	if err := told(ok, "the live session was not refused: %v", live); err != nil {
		return err
	}
	return s.print(s.now()+"  a new session:    "+refusedNew, s.now()+"  the live session: "+refusedLive)
}

func (s *story) renew() error {
	if err := s.begin("Still needed: the owner renews it with a later expiry, and it works again."); err != nil {
		return err
	}
	if err := s.write("access_review/main.tf", "access_review.tf", date(180)); err != nil {
		return err
	}
	if _, err := s.apply("0 added, 1 changed, 0 destroyed", date(60), date(180)); err != nil {
		return err
	}
	session, err := s.assume()
	if err != nil {
		return fmt.Errorf("the renewed role: %w", err)
	}
	if _, err := s.work(session); err != nil {
		return fmt.Errorf("the renewed role: %w", err)
	}
	return s.print(s.now() + "  sts:AssumeRoleWithWebIdentity  granted again")
}

func (s *story) secondSystem() error {
	if err := s.begin("A second system comes, with a module of its own."); err != nil {
		return err
	}
	if err := s.write("main.tf", "root_with_reporting.tf", ""); err != nil {
		return err
	}
	if err := s.write("reporting/main.tf", "reporting.tf", date(300)); err != nil {
		return err
	}
	if _, err := s.succeed(s.quietly, "init"); err != nil {
		return err
	}
	if _, err := s.apply("1 added, 0 changed, 0 destroyed"); err != nil {
		return err
	}
	_, exists := s.cloud.Account(sim.DefaultAccount).Role(reportRole)
	return told(exists, "the role of the second system does not exist")
}

func (s *story) removeFirst() error {
	if err := s.begin("The first system is retired: its module goes from the configuration, and its identity from the cloud. The second is untouched."); err != nil {
		return err
	}
	untouched, _ := s.cloud.Account(sim.DefaultAccount).Role(reportRole)
	if err := s.write("main.tf", "root_without_access_review.tf", ""); err != nil {
		return err
	}
	s.cloud.ResetCalls()
	if _, err := s.apply("will be destroyed", "0 added, 0 changed, 1 destroyed"); err != nil {
		return err
	}
	var changes []string
	for _, call := range s.cloud.Calls() {
		if !isRead(call.Action) {
			changes = append(changes, fmt.Sprintf("  %-22s %s %s", call.Action, call.Params.Get("RoleName"), call.Params.Get("PolicyName")))
			if err := told(call.Params.Get("RoleName") == reviewRole, "%s touched %s", call.Action, call.Params.Get("RoleName")); err != nil {
				return err
			}
		}
	}
	if err := s.print("", "What the cloud was asked to change:", strings.Join(changes, "\n")); err != nil {
		return err
	}
	if _, exists := s.cloud.Account(sim.DefaultAccount).Role(reviewRole); exists {
		return errors.New("not as told: the retired role still exists")
	}
	now, exists := s.cloud.Account(sim.DefaultAccount).Role(reportRole)
	return told(exists && now.ID == untouched.ID && now.TrustPolicy == untouched.TrustPolicy, "the second system's role was touched")
}

func isRead(action string) bool {
	return slices.ContainsFunc([]string{"Get", "List"}, func(prefix string) bool { return strings.HasPrefix(action, prefix) })
}

func (s *story) unowned() error {
	if err := s.begin("And what was there before? The identities that nobody owns, whoever made them, from one bulk read."); err != nil {
		return err
	}
	if err := s.write("unowned.tf", "unowned.tf", ""); err != nil {
		return err
	}
	if err := s.show("unowned.tf"); err != nil {
		return err
	}
	s.cloud.ResetCalls()
	output, err := s.apply("unowned, no_purpose, no_expiry", "total")
	if err != nil {
		return err
	}
	if err := told(!strings.Contains(output, "role/"+reportRole+`" =`), "the governed role is listed as unowned"); err != nil {
		return err
	}
	calls := s.cloud.CountCalls("iam:GetAccountAuthorizationDetails")
	return told(calls <= 2, "%d bulk reads were needed", calls)
}

func (s *story) cleanUp() error {
	if err := s.begin("The end: terraform destroy leaves the account as it was."); err != nil {
		return err
	}
	output, err := s.succeed(s.quietly, "destroy", "-auto-approve")
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(output), "\n")
	if err := s.print(s.prompt("destroy", "-auto-approve"), lines[len(lines)-1]); err != nil {
		return err
	}
	return told(slices.Equal(s.before, s.cloud.Account(sim.DefaultAccount).Roles()), "the account is not as it was")
}
