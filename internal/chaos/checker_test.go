package chaos_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestJudge plants what a case must not leave behind, and wants each to be found.
func TestJudge(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		plant func(*world, *acctest.Resource)
		want  kind
		says  string
	}{
		"nothing": {func(*world, *acctest.Resource) {}, -1, ""},
		"a role": {func(w *world, _ *acctest.Resource) {
			w.account.PutRole(sim.Role{Name: "planted", TrustPolicy: lambdaTrust})
		}, orphaned, "planted"},
		"a key that nobody knows": {func(w *world, _ *acctest.Resource) { acctest.AccessKey(w.t, acctest.IAM(w.aws), "mailer") }, leaked, "is in no state"},
		"a stored key that is inactive": {func(w *world, r *acctest.Resource) {
			id, _ := r.State("credential_id").(string)
			_, err := acctest.IAM(w.aws).UpdateAccessKey(w.t.Context(), &iam.UpdateAccessKeyInput{UserName: aws.String("mailer"), AccessKeyId: &id, Status: types.StatusTypeInactive})
			if err != nil {
				w.t.Fatal(err)
			}
		}, leaked, "does not work"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := awsCredentials[0]
			w := newWorld(t, false)
			s.seed(w)
			w.know()
			subject := newSubject(w, s.typeName)
			first := s.stages[0]
			if diags := first.on(subject); diags.Failed() {
				t.Fatal(diags)
			}
			clean := w.content()
			of.plant(w, subject.instance)
			v := &verdict{}
			s.judge(t, w, subject, first.wanted(w), v, clean...)
			if of.want < 0 && len(v.wrong) > 0 || of.want >= 0 && !strings.Contains(strings.Join(v.wrong[of.want], " "), of.says) {
				t.Errorf("it finds %q", v)
			}
		})
	}
}
