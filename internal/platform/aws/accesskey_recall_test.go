package aws_test

import (
	"errors"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestSimRecall compares what is known of a user with what a fresh read tells, after all that can lie in between, and counts the
// calls: what is known is the tags and the password.
func TestSimRecall(t *testing.T) {
	t.Parallel()
	const store = "aws_secrets_manager:123456789012:eu-west-1:mailer"
	type situation struct {
		e       *estate
		account *aws.Account
		keys    *aws.AccessKeys
		key     string
	}
	ofMailer := func(s situation) (*iam.Client, *string) { return acctest.IAM(s.e.sim), awssdk.String("mailer") }
	for name, test := range map[string]struct {
		unread bool
		// between is what happens between the read of the user and that of its credential.
		between func(*testing.T, situation) error
		// calls are those of the recall; 0 for any number.
		calls int
	}{
		"read before": {calls: 1},
		"not read":    {unread: true, calls: 3},
		"another key": {between: func(t *testing.T, s situation) error {
			t.Helper()
			client, user := ofMailer(s)
			acctest.AccessKey(t, client, *user)
			return nil
		}, calls: 1 + 3},
		"key deleted": {between: func(t *testing.T, s situation) error {
			t.Helper()
			client, user := ofMailer(s)
			_, err := client.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: user, AccessKeyId: &s.key})
			return err
		}, calls: 1 + 3},
		"key deactivated": {between: func(t *testing.T, s situation) error {
			t.Helper()
			client, user := ofMailer(s)
			_, err := client.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: user, AccessKeyId: &s.key, Status: types.StatusTypeInactive})
			return err
		}, calls: 1},
		"changed by this provider": {between: func(t *testing.T, s situation) error {
			t.Helper()
			return s.keys.Own(t.Context(), s.key, store+"-2", s.e.Now())
		}, calls: 3},
		"password set while this provider changed another": {between: func(t *testing.T, s situation) error {
			t.Helper()
			client, user := ofMailer(s)
			acctest.HumanUse(t, client, *user)
			return s.account.AccessKeys(userID("other"), "").Announce(t.Context(), platform.Issuance{Since: s.e.Now(), Store: store})
		}, calls: 2},
		"user deleted": {between: func(t *testing.T, s situation) error {
			t.Helper()
			client, user := ofMailer(s)
			_, err := client.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: user, AccessKeyId: &s.key})
			_, deleteErr := client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: user})
			return errors.Join(err, deleteErr)
		}}, // Which of the calls says so first is chance.
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			tags := map[string]string{"nhi:owner": "mail", "nhi:managed_by": governance.ManagedBy}
			e.account.PutUser(sim.User{Name: "other", Tags: tags})
			made := e.account.PutUser(sim.User{Name: "mailer", Tags: tags, AccessKeys: []sim.AccessKey{{}}})
			s := situation{e: e, account: aws.NewAccount(e.config()), key: made[0].AccessKeyID}
			s.keys = s.account.AccessKeys(userID("mailer"), "")
			if err := aws.NewAccount(e.config()).AccessKeys(userID("mailer"), "").Own(t.Context(), s.key, store, e.Now()); err != nil {
				t.Fatal(err)
			}
			if !test.unread {
				if _, err := s.account.Users().Read(t.Context(), userID("mailer")); err != nil {
					t.Fatal(err)
				}
			} else if _, err := s.account.ID(t.Context()); err != nil {
				t.Fatal(err)
			}
			if test.between != nil {
				if err := test.between(t, s); err != nil {
					t.Fatal(err)
				}
			}
			e.sim.ResetCalls()
			got, err := s.keys.Recall(t.Context())
			if n := e.sim.CountCalls(""); test.calls > 0 && n != test.calls {
				t.Errorf("%d calls, want %d", n, test.calls)
			}
			want, wantErr := s.keys.Holder(t.Context())
			if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (wantErr == nil) || errors.Is(err, platform.ErrNotFound) != errors.Is(wantErr, platform.ErrNotFound) {
				t.Errorf("Recall returned %v, Holder %v (-Holder +Recall):\n%s", err, wantErr, diff)
			}
		})
	}
}
