package provider_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// permissionLives are the features whose permissions the documentation has, by the name of the document, each with a
// life in which it uses all of them.
var permissionLives = map[string]func(*life) []step{
	"plan":                                    planLife,
	"governed_service_identity_aws_role":      roleLife,
	"governed_service_identity_aws_user":      userLife,
	"governed_third_party_identity":           thirdPartyLife,
	"governed_service_linked_identity":        linkedLife,
	"governed_credential_aws_secrets_manager": secretLife,
	"governed_credential_aws_ssm_parameter":   parameterLife,
	"governed_quarantine":                     quarantineLife,
	"governed_unowned_identities":             unownedLife,
	"query":                                   queryLife,
	"aws_inventory":                           inventoryLife,
	"governed_aws_session":                    sessionLife,
	"governed_revoke_sessions":                revocationLife,
}

const permissionDocuments = examples + "permissions/aws/"

// step is something that a life does; an error among its diagnostics ends it.
type step struct {
	name string
	do   func() acctest.Diagnostics
}

// life is the life of a feature in the hands of a deployer that may do what a document allows.
type life struct {
	t        *testing.T
	server   *sim.Server
	admin    *iam.Client
	deployer *acctest.Deployer
	document permissionDocument
	// storeRole is a role that is assumed to keep secrets; empty for none. storeAccount is where they are kept.
	storeRole, storeAccount string
}

// run is another run of Terraform.
func (l *life) run() *acctest.Protocol { return l.deployer.Protocol(l.t, nil) }

// may tells whether the document has a statement: a life leaves out what only that one is for.
func (l *life) may(sid string) bool {
	return slices.ContainsFunc(l.document.Statement, func(s permissionStatement) bool { return s.Sid == sid })
}

// changed is an outcome of somebody else's change.
func (l *life) changed(_ any, err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// live takes a feature through its life, and returns where it failed and what was decided.
func live(t *testing.T, document permissionDocument, steps func(*life) []step) (failure string, decided []sim.Permission) {
	t.Helper()
	server := acctest.NewSim(t, sim.WithClock(exampleDay))
	l := &life{t: t, server: server, admin: acctest.IAM(server), deployer: acctest.NewDeployer(server, document.String()), document: document, storeAccount: sim.DefaultAccount}
	failure = l.through(steps)
	return failure, l.deployer.Permissions()
}

// through takes the life to its end, or to the step that fails.
func (l *life) through(steps func(*life) []step) (failure string) {
	for _, step := range steps(l) {
		if diags := step.do(); diags.Failed() {
			return step.name + ": " + diags.String()
		}
	}
	return ""
}

// TestPermissions takes every feature through its life with exactly the permissions that the documentation has for it:
// none is missing, and none is too many. Without one that is not optional, the life ends with an error that names it;
// without optional ones it goes on.
func TestPermissions(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(permissionDocuments + "*.json")
	if err != nil || len(files) != len(permissionLives) {
		t.Fatalf("there are %d documents and %d lives (%v)", len(files), len(permissionLives), err)
	}
	guide := readExample(t, "../../templates/guides/aws-permissions.md.tmpl")
	for name, steps := range permissionLives {
		document := readPermissions(t, permissionDocuments+name+".json")
		if !strings.Contains(guide, `{{ codefile "json" "examples/permissions/aws/`+name+`.json" }}`) {
			t.Errorf("the guide does not show %s", name)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failure, decided := live(t, document, steps)
			if missing := refused(decided); failure != "" || len(missing) > 0 {
				t.Errorf("the document lacks %q: %s", missing, failure)
			}
			for _, problem := range append(document.malformed(), document.unneeded(decided)...) {
				t.Error(problem)
			}
		})
		for _, s := range document.Statement {
			if s.optional() {
				if !strings.Contains(guide, "`"+s.Sid+"`") {
					t.Errorf("the guide does not say what the provider does without %s", s.Sid)
				}
				t.Run(name+" without "+s.Sid, func(t *testing.T) {
					t.Parallel()
					goesOn(t, document, steps, func(other permissionStatement) bool { return other.Sid == s.Sid })
				})
				continue
			}
			for _, action := range s.Action {
				t.Run(name+" without "+action, func(t *testing.T) {
					t.Parallel()
					failure, decided := live(t, document.withoutAction(action), steps)
					if missing := refused(decided); !slices.Contains(missing, action) || !strings.Contains(failure, "lack the permission "+action) {
						t.Errorf("the life misses %q, and ends with %q", missing, failure)
					}
				})
			}
		}
		t.Run(name+" without options", func(t *testing.T) {
			t.Parallel()
			goesOn(t, document, steps, permissionStatement.optional)
		})
	}
}

// goesOn fails the test unless a life comes to its end without some of its statements.
func goesOn(t *testing.T, document permissionDocument, steps func(*life) []step, drop func(permissionStatement) bool) {
	t.Helper()
	failure, decided := live(t, document.without(drop), steps)
	if failure != "" {
		t.Error(failure)
	}
	for _, missing := range refused(decided) {
		if !slices.ContainsFunc(document.Statement, func(s permissionStatement) bool { return drop(s) && slices.Contains(s.Action, missing) }) {
			t.Errorf("%s is refused", missing)
		}
	}
}

// TestPermissionsNeedMetadata shows that the documents let nobody make an identity without its governance metadata, also
// past Terraform.
func TestPermissionsNeedMetadata(t *testing.T) {
	t.Parallel()
	createRole := func(client *iam.Client, tags []types.Tag) error {
		_, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("past"), AssumeRolePolicyDocument: aws.String(otherTrust), Tags: tags})
		return err
	}
	for name, test := range map[string]struct {
		create func(*iam.Client, []types.Tag) error
		keys   []string
	}{
		"governed_service_identity_aws_role": {createRole, []string{"nhi:owner", "nhi:purpose", "nhi:expiry"}},
		"governed_third_party_identity":      {createRole, []string{"nhi:third_party", "nhi:owner", "nhi:purpose", "nhi:expiry"}},
		"governed_service_identity_aws_user": {func(client *iam.Client, tags []types.Tag) error {
			_, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("past"), Tags: tags})
			return err
		}, []string{"nhi:owner", "nhi:purpose", "nhi:expiry"}},
	} {
		document := readPermissions(t, permissionDocuments+name+".json")
		client := acctest.NewDeployer(acctest.NewSim(t), document.String()).IAM()
		var tags []types.Tag
		for _, key := range test.keys {
			if err := test.create(client, tags); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
				t.Errorf("%s: with the tags %v: %v", name, tags, err)
			}
			tags = append(tags, types.Tag{Key: &key, Value: aws.String("x")})
		}
		if err := test.create(client, tags); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPermissionsIssueKeysOfGovernedUsers shows that the documents give nobody a key of a user that is not governed, nor
// let that user be marked as one that is, also past Terraform.
func TestPermissionsIssueKeysOfGovernedUsers(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{inSecret, inParameter} {
		document := readPermissions(t, permissionDocuments+"governed_credential_"+kind+".json")
		server := acctest.NewSim(t)
		putMailer(server)
		server.Account(sim.DefaultAccount).PutUser(sim.User{Name: "root-of-all", AttachedPolicyARNs: []string{managedPrefix + "AdministratorAccess"}})
		client := acctest.NewDeployer(server, document.String()).IAM()
		issue := func(user string) error {
			_, err := client.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &user})
			return err
		}
		_, mark := client.TagUser(t.Context(), &iam.TagUserInput{UserName: aws.String("root-of-all"), Tags: []types.Tag{{Key: aws.String("nhi:managed_by"), Value: aws.String("terraform-provider-governed")}}})
		for _, err := range []error{mark, issue("root-of-all")} {
			if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
				t.Errorf("%s: %v", kind, err)
			}
		}
		if err := issue("mailer"); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
