package quarantine_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	typeName = "governed_quarantine"
	reason   = "Unused for 400 days, and nobody (really nobody) knows it"
	roleID   = "aws:123456789012:role/jobs/nightly"
	roleARN  = "arn:aws:iam::123456789012:role/jobs/nightly"
	userID   = "aws:123456789012:user/export"
	denyAll  = "arn:aws:iam::aws:policy/AWSDenyAll"
	security = "arn:aws:iam::aws:policy/SecurityAudit"

	// lambdaTrust is as people write it: a single statement, with white space.
	lambdaTrust = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"lambda.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}\n}"
	listUsers   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}]}`
)

// forgottenRole is a role that nothing has used for long.
func forgottenRole(server *sim.Server) sim.Role {
	now := server.Clock().Now()
	return sim.Role{
		Name: "nightly", Path: "/jobs/", CreatedAt: now.AddDate(0, 0, -500), LastUsedAt: now.AddDate(0, 0, -300),
		TrustPolicy: lambdaTrust, InlinePolicies: map[string]string{"list": listUsers}, AttachedPolicyARNs: []string{security}, Tags: map[string]string{"Team": "billing"},
	}
}

func putRole(server *sim.Server) { server.Account(sim.DefaultAccount).PutRole(forgottenRole(server)) }

// putUser puts a user with everything that a user can authenticate with, and returns its first access key, which is active;
// the second is not.
func putUser(t testing.TB, server *sim.Server) sim.Credentials {
	t.Helper()
	ago := func(days int) time.Time { return server.Clock().Now().AddDate(0, 0, -days) }
	key := server.Account(sim.DefaultAccount).PutUser(sim.User{
		Name: "export", CreatedAt: ago(500), Tags: map[string]string{"Team": "billing"}, InlinePolicies: map[string]string{"list": listUsers},
		AccessKeys: []sim.AccessKey{{CreatedAt: ago(400), LastUsedAt: ago(300)}, {CreatedAt: ago(450), LastUsedAt: ago(310), Inactive: true}},
	})[0]
	client := acctest.IAM(server)
	acctest.RareCredentials(t, client, "export")
	acctest.ServiceCredential(t, client, "export")
	return key
}

// picture is all of an identity that a quarantine may touch, and must put back.
type picture struct {
	role     sim.RoleView
	user     sim.UserView
	statusOf map[string]string
}

func pictureOf(t testing.TB, server *sim.Server) picture {
	t.Helper()
	var p picture
	p.statusOf = map[string]string{}
	account := server.Account(sim.DefaultAccount)
	if p.role, _ = account.Role("nightly"); p.role.Name != "" {
		p.role.LastUsedAt, p.role.AttachedPolicyARNs = time.Time{}, slices.Concat(p.role.AttachedPolicyARNs)
	}
	user, found := account.User("export")
	if p.user = user; !found {
		return p
	}
	for i := range p.user.AccessKeys {
		p.user.AccessKeys[i].LastUsedAt, p.user.AccessKeys[i].LastUsedRegion, p.user.AccessKeys[i].LastUsedService = time.Time{}, "", ""
	}
	client, name := acctest.IAM(server), aws.String("export")
	ssh, err := client.ListSSHPublicKeys(t.Context(), &iam.ListSSHPublicKeysInput{UserName: name})
	must(t, err)
	for _, one := range ssh.SSHPublicKeys {
		p.statusOf[*one.SSHPublicKeyId] = string(one.Status)
	}
	certificates, err := client.ListSigningCertificates(t.Context(), &iam.ListSigningCertificatesInput{UserName: name})
	must(t, err)
	for _, one := range certificates.Certificates {
		p.statusOf[*one.CertificateId] = string(one.Status)
	}
	services, err := client.ListServiceSpecificCredentials(t.Context(), &iam.ListServiceSpecificCredentialsInput{UserName: name})
	must(t, err)
	for _, one := range services.ServiceSpecificCredentials {
		p.statusOf[*one.ServiceSpecificCredentialId] = string(one.Status)
	}
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantBack fails the test unless everything is as it was, to the last byte.
func wantBack(t testing.TB, server *sim.Server, before picture) {
	t.Helper()
	if after := pictureOf(t, server); !reflect.DeepEqual(before, after) {
		t.Errorf("before it was\n%+v\nand now it is\n%+v", before, after)
	}
}

// wantRoleUse takes the role and uses it, and fails the test unless both are refused or neither is.
func wantRoleUse(t testing.TB, server *sim.Server, allowed bool) {
	t.Helper()
	session, err := server.Account(sim.DefaultAccount).AssumeRoleAsService("lambda.amazonaws.com", roleARN, nil)
	if (err == nil) != allowed {
		t.Errorf("the role can be assumed: %v", err)
	}
	if err == nil {
		wantCall(t, server, session, allowed)
	}
}

// wantCall fails the test unless credentials may, or may not, list users.
func wantCall(t testing.TB, server *sim.Server, with sim.Credentials, allowed bool) {
	t.Helper()
	client := iam.New(iam.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL()), Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: with.AccessKeyID, SecretAccessKey: with.SecretAccessKey, SessionToken: with.SessionToken}, nil
	})})
	if _, err := client.ListUsers(t.Context(), &iam.ListUsersInput{}); (err == nil) != allowed {
		t.Errorf("the call says %v", err)
	}
}

// order is a whole configuration of the resource, for the protocol.
func order(id string, further acctest.Values) acctest.Values {
	return acctest.Values{"identity": id, "reason": reason, "ticket": "SEC-1234"}.With(further)
}

func protocol(t testing.TB, server *sim.Server) *acctest.Resource {
	t.Helper()
	return acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
}

// announced is the warning of a plan that quarantines.
func announced(id string) string {
	return fmt.Sprintf("warning identity: Identity will be quarantined: %s", id)
}

func replaceKey(text, key string) string { return strings.ReplaceAll(text, "KEY", key) }

// tagsOf are the keys of tags in order.
func tagsOf(tags map[string]string) iter.Seq[string] {
	return slices.Values(slices.Sorted(maps.Keys(tags)))
}
