package chaos_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	region        = "eu-west-1"
	mailer        = inAccount + "user/mailer"
	secretName    = "mailer/smtp"
	parameterName = "/mailer/smtp"

	justification = "The vendor's mail relay takes an access key only; OIDC is on its roadmap"
)

// awsCredentials are the lives of access keys, with each store of AWS.
var awsCredentials = []scenario{
	accessKey("access key in Secrets Manager", "#aws_secrets_manager:"+secretName,
		acctest.Values{"aws_secrets_manager": acctest.Values{"name": secretName, "replica_regions": []string{"eu-central-1"}}}, inSecretsManager),
	accessKey("access key in Parameter Store", "#aws_ssm_parameter:"+parameterName, acctest.Values{"aws_ssm_parameter": acctest.Values{"name": parameterName}}, inParameterStore),
}

func accessKey(name, place string, store acctest.Values, read func(*world) string) scenario {
	config := acctest.Values{
		"identity": mailer, "justification": justification, "expiry": date(180), "rotate_after_days": 60, "overlap_hours": 48, "ses_smtp_region": region, "store": store,
	}
	return scenario{
		name: name, typeName: "governed_credential", stages: lifeOfCredential(apply(config), func(*world) string { return mailer + place }),
		seed: func(w *world) {
			w.account.PutUser(sim.User{Name: "mailer", InlinePolicies: map[string]string{"list": listUsers}, Tags: map[string]string{
				"nhi:owner": "mail", "nhi:purpose": "Sends the receipts of the shop", "nhi:expiry": date(300), "nhi:managed_by": "terraform-provider-governed",
			}})
		},
		importID: func(*world) string { return mailer + place },
		credential: func(w *world, r *acctest.Resource) error {
			var stored struct {
				AccessKeyID     string `json:"access_key_id"`
				SecretAccessKey string `json:"secret_access_key"`
			}
			if err := json.Unmarshal([]byte(read(w)), &stored); err != nil {
				return err
			}
			if id := r.State("credential_id"); id != stored.AccessKeyID {
				return fmt.Errorf("the store has %s, and the state %v", stored.AccessKeyID, id)
			}
			_, err := acctest.NewIAM(w.aws.URL(), stored.AccessKeyID, stored.SecretAccessKey).ListUsers(w.t.Context(), &iam.ListUsersInput{MaxItems: aws.Int32(1)})
			return err
		},
	}
}

func inSecretsManager(w *world) string {
	view, _ := w.account.Secret(region, secretName)
	return view.Value
}

func inParameterStore(w *world) string {
	view, _ := w.account.Parameter(region, parameterName)
	return view.Value
}

// lifeOfCredential are the stages of a credential with an id, which is rotated besides, also by the action.
func lifeOfCredential(first step, id func(*world) string) []stage {
	renewed := step{config: func(w *world) acctest.Values { return first.config(w).With(acctest.Values{"expiry": date(250)}) }}
	described := step{config: func(w *world) acctest.Values {
		return first.config(w).With(acctest.Values{"justification": "The vendor's mail relay takes nothing else, and it is to be replaced next year"})
	}}
	rotated := first.after(61 * day)
	return []stage{
		{"create", nil, first},
		{"read", []step{first}, first},
		{"update", []step{first}, described},
		{"rotate", []step{first}, rotated},
		{"rotate by the action", []step{first}, first.after(day).invoking("governed_rotate_credential", func(w *world) acctest.Values { return acctest.Values{"credential": id(w)} })},
		{"end the overlap", []step{first, rotated}, first.after(49 * time.Hour)},
		{"rotate again", []step{first, rotated}, rotated},
		{"expire", []step{first}, first.after(190 * day)},
		{"renew", []step{first}, renewed},
		{"destroy", []step{first, rotated}, step{}},
	}
}
