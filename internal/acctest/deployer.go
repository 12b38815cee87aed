package acctest

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// Deployer is an IAM user of the simulator's default account that runs Terraform with its own access key, and with no
// more than a policy document allows.
type Deployer struct {
	server *sim.Server
	key    sim.Credentials
}

const deployerName, deployerPath = "deployer", "/pipelines/"

// NewDeployer makes the user, with the document as a managed policy. An empty one allows nothing.
func NewDeployer(server *sim.Server, document string) *Deployer {
	account := server.Account(sim.DefaultAccount)
	user := sim.User{Name: deployerName, Path: deployerPath, AccessKeys: []sim.AccessKey{{}}}
	if document != "" {
		user.AttachedPolicyARNs = []string{account.PutManagedPolicy(sim.ManagedPolicy{Name: "deploy", Document: document})}
	}
	return &Deployer{server: server, key: account.PutUser(user)[0]}
}

// Protocol is another run of Terraform by the deployer, with further arguments of aws.
func (d *Deployer) Protocol(t testing.TB, further Values) *Protocol {
	t.Helper()
	p := NewProtocol(t, d.server)
	p.Configure(Values{"aws": d.AWSArgument(t)}.With(further)).Want(t)
	return p
}

// AWSArgument is the deployer's aws argument of the provider.
func (d *Deployer) AWSArgument(t testing.TB) Values {
	t.Helper()
	return AWSArgument(d.server.URL()).With(Values{"profile": profile(t, d.key)})
}

// IAM is a client with which the deployer goes past Terraform.
func (d *Deployer) IAM() *iam.Client {
	return NewIAM(d.server.URL(), d.key.AccessKeyID, d.key.SecretAccessKey)
}

// Permissions are what was decided for the deployer's requests so far.
func (d *Deployer) Permissions() []sim.Permission {
	return PermissionsOf(d.server, d.ARN())
}

// PermissionsOf are what was decided so far for the requests of the principals whose ARN begins so.
func PermissionsOf(server *sim.Server, prefix string) []sim.Permission {
	var decided []sim.Permission
	for _, call := range server.Calls() {
		if strings.HasPrefix(call.Principal, prefix) {
			decided = append(decided, call.Permissions...)
		}
	}
	return decided
}

// ARN is the deployer's.
func (*Deployer) ARN() string {
	return "arn:aws:iam::" + sim.DefaultAccount + ":user" + deployerPath + deployerName
}

// profiles guards the shared credentials file that Main has set.
var profiles sync.Mutex

// profile adds a key to the shared credentials file, where the AWS SDK finds it by its id. The file is replaced as a
// whole, because other tests may be reading it.
func profile(t testing.TB, key sim.Credentials) (name string) {
	t.Helper()
	profiles.Lock()
	defer profiles.Unlock()
	file := os.Getenv("AWS_SHARED_CREDENTIALS_FILE")
	text, err := os.ReadFile(file)
	must(t, err)
	section := fmt.Sprintf("[%s]\naws_access_key_id = %[1]s\naws_secret_access_key = %s\n", key.AccessKeyID, key.SecretAccessKey)
	// The keys of all simulators are made alike, so that another test may have added this one.
	if !strings.Contains(string(text), section) {
		must(t, os.WriteFile(file+".new", append(text, section...), 0o600))
		must(t, os.Rename(file+".new", file))
	}
	return key.AccessKeyID
}
