package aws_test

import (
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/platformtest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	autoscaling     = "autoscaling.amazonaws.com"
	autoscalingRole = "AWSServiceRoleForAutoScaling"
)

// linkedEstate is an estate in which service-linked roles are made. Each name is a custom suffix.
type linkedEstate struct{ *estate }

func (e linkedEstate) Driver() platform.Driver[aws.ServiceLinkedRoleSpec, aws.ServiceLinkedRoleState] {
	return e.roles()
}

func (e linkedEstate) roles() *aws.ServiceLinkedRoles {
	return aws.NewAccount(e.config()).ServiceLinkedRoles()
}

func (e linkedEstate) Wanted(name string) platform.Desired[aws.ServiceLinkedRoleSpec] {
	return platform.Desired[aws.ServiceLinkedRoleSpec]{
		Name: autoscalingRole + "_" + name, Metadata: e.estate.Wanted(name).Metadata,
		Spec: aws.ServiceLinkedRoleSpec{Service: autoscaling, CustomSuffix: name, Description: "Scales the web shop", AdoptExisting: true},
	}
}

func (e linkedEstate) Changed(name string) platform.Desired[aws.ServiceLinkedRoleSpec] {
	want := e.Wanted(name)
	want.Metadata = e.estate.Changed(name).Metadata
	want.Spec.Description = ""
	return want
}

// Use takes a session as the service would.
func (e linkedEstate) Use(id governance.ID) (goOn func() error, err error) {
	key, err := e.account.AssumeRoleAsService(autoscaling, "arn:aws:iam::"+id.Account+":role/"+id.Resource, nil)
	if err != nil {
		return nil, err
	}
	session := sts.New(sts.Options{
		Region: "eu-west-1", BaseEndpoint: awssdk.String(e.sim.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(key.AccessKeyID, key.SecretAccessKey, key.SessionToken),
	})
	return func() error {
		_, err := session.GetCallerIdentity(e.t.Context(), &sts.GetCallerIdentityInput{})
		return err
	}, nil
}

func (e linkedEstate) Drift(id governance.ID) {
	role, ok := e.account.Role(id.Name())
	if !ok {
		e.t.Fatalf("there is no role %s", id.Name())
	}
	e.account.PutRole(sim.Role{
		Name: id.Name(), Path: id.Path(), TrustPolicy: role.TrustPolicy, Description: "somebody's",
		Tags: map[string]string{"nhi:owner": "somebody", "NHI:Ticket": "CHG-2", "stray": "x"},
	})
}

// Attach does nothing: only its service attaches anything to such a role.
func (e linkedEstate) Attach(governance.ID) []string { return nil }

func (e linkedEstate) Deny(method platformtest.Method) string {
	denied := map[platformtest.Method][]string{
		platformtest.MethodCreate:   {"iam:CreateServiceLinkedRole"},
		platformtest.MethodConverge: {"iam:TagRole"},
		platformtest.MethodRead:     {"iam:GetRole", "iam:GetAccountAuthorizationDetails"},
		platformtest.MethodDelete:   {"iam:DeleteServiceLinkedRole"},
	}[method]
	e.sim.DenyActions(e.account.ID(), denied...)
	return denied[0]
}

func TestSimContractServiceLinkedRoles(t *testing.T) {
	t.Parallel()
	platformtest.Run(t, platformtest.Harness[aws.ServiceLinkedRoleSpec, aws.ServiceLinkedRoleState]{
		Open: func(t *testing.T) platformtest.Estate[aws.ServiceLinkedRoleSpec, aws.ServiceLinkedRoleState] {
			t.Helper()
			return linkedEstate{openEstate(t)}
		},
		Describe: func(state aws.ServiceLinkedRoleState) string {
			state.ID, state.Name, state.CreatedAt = governance.ID{}, "", time.Time{}
			state.ARN, state.UniqueID, state.TrustPolicy, state.LastUsedAt, state.LastUsedRegion = "", "", "", time.Time{}, ""
			return text(state)
		},
		ProviderManaged: true,
	})
}
