package quarantine_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// credentialIDs are those of the user's credentials in the order in which a record has them.
func credentialIDs(t testing.TB, server *sim.Server) (key, ssh, certificate, service string) {
	t.Helper()
	user, _ := server.Account(sim.DefaultAccount).User("export")
	return user.AccessKeys[0].ID, user.SSHKeys[0], user.SigningCertificates[0], user.ServiceCredentials[0]
}

// TestUser makes everything that a user authenticates with inactive, and gives back what was active.
func TestUser(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	key := putUser(t, server)
	before := pictureOf(t, server)
	keyID, ssh, certificate, service := credentialIDs(t, server)
	wantCall(t, server, key, true)
	r := protocol(t, server)
	config := order(userID, nil)
	server.ResetCalls()
	r.Apply(config).Want(t, announced(userID)+" … access key "+keyID+" is inactive … Last use: … access key "+keyID+": 20")
	acctest.WantWrites(t, server, "TagUser", "PutUserPolicy", "UpdateAccessKey", "UpdateSSHPublicKey", "UpdateSigningCertificate", "UpdateServiceSpecificCredential", "TagUser")
	wantCall(t, server, key, false)
	acctest.WantSame(t, "changes", r.State("changes"), []any{
		"the inline policy governed-quarantine denies everything", "access key " + keyID + " is inactive", "SSH key " + ssh + " is inactive",
		"signing certificate " + certificate + " is inactive", "service-specific credential " + service + " is inactive",
	})
	for id, status := range pictureOf(t, server).statusOf {
		acctest.WantSame(t, id, status, "Inactive")
	}
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	r.Plan(config).Want(t)
	if r.Changes() {
		t.Error("the second plan changes something")
	}
	server.ResetCalls()
	r.Apply(nil).Want(t)
	acctest.WantWrites(t, server, "TagUser", "UpdateAccessKey", "UpdateSSHPublicKey", "UpdateSigningCertificate", "UpdateServiceSpecificCredential", "DeleteUserPolicy", "UntagUser")
	wantBack(t, server, before)
	wantCall(t, server, key, true)
}

// TestPassword leaves a password where it is, because nobody could put it back, and says so.
func TestPassword(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	putUser(t, server)
	acctest.HumanUse(t, acctest.IAM(server), "export")
	before := pictureOf(t, server)
	r := protocol(t, server)
	const stays = "the console password stays, because IAM could not give it back: everything is denied to who signs in"
	r.Apply(order(userID, nil)).Want(t, announced(userID)+" … What cannot be changed, and what is done instead: … - "+stays)
	acctest.WantSame(t, "instead", r.State("instead"), []any{stays})
	r.Apply(nil).Want(t)
	wantBack(t, server, before)
}

// TestChangedUser shows what somebody has changed, and does not undo it at a release.
func TestChangedUser(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change  func(t *testing.T, client *iam.Client, key string)
		drift   string
		kept    string
		repairs []string
	}{
		"a key made active": {
			func(t *testing.T, client *iam.Client, key string) {
				t.Helper()
				_, err := client.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: aws.String("export"), AccessKeyId: &key, Status: types.StatusTypeActive})
				must(t, err)
			}, "access key KEY is active", "", []string{"TagUser", "UpdateAccessKey", "TagUser"},
		},
		"a key deleted": {
			func(t *testing.T, client *iam.Client, key string) {
				t.Helper()
				_, err := client.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: aws.String("export"), AccessKeyId: &key})
				must(t, err)
			}, "access key KEY is gone", "access key KEY is gone", []string{"TagUser"},
		},
		"the policy deleted": {
			func(t *testing.T, client *iam.Client, _ string) {
				t.Helper()
				_, err := client.DeleteUserPolicy(t.Context(), &iam.DeleteUserPolicyInput{UserName: aws.String("export"), PolicyName: aws.String("governed-quarantine")})
				must(t, err)
			}, "nothing denies everything to it any more", "the inline policy governed-quarantine was not there any more", []string{"TagUser", "PutUserPolicy", "TagUser"},
		},
		"the policy changed": {
			func(t *testing.T, client *iam.Client, _ string) {
				t.Helper()
				_, err := client.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: aws.String("export"), PolicyName: aws.String("governed-quarantine"), PolicyDocument: aws.String(listUsers)})
				must(t, err)
			}, "nothing denies everything to it any more", "the inline policy governed-quarantine stays, because somebody has changed it", []string{"TagUser", "PutUserPolicy", "TagUser"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, repair := range []bool{true, false} {
				server := acctest.NewSim(t)
				putUser(t, server)
				key, _, _, _ := credentialIDs(t, server)
				client := acctest.IAM(server)
				r := protocol(t, server)
				config := order(userID, nil)
				r.Apply(config)
				test.change(t, client, key)
				changed := pictureOf(t, server)
				r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
				r.Refresh().Want(t)
				drift := replaceKey(test.drift, key)
				acctest.WantSame(t, "status", r.State("status"), "incomplete")
				acctest.WantSame(t, "drift", r.State("drift"), []any{drift})
				if repair {
					server.ResetCalls()
					r.Apply(config).Want(t, "warning identity: Quarantine is not whole: "+userID+" … Applying makes it whole again: … - "+drift)
					acctest.WantWrites(t, server, test.repairs...)
					acctest.WantSame(t, "status", r.State("status"), "quarantined")
					r.Refresh().Want(t)
					r.Plan(config).Want(t)
					if r.Changes() {
						t.Error("the plan after the repair changes something")
					}
					continue
				}
				r.Plan(nil).Want(t, "warning identity: Quarantine is not whole: "+userID+" … A release puts back only what is still as the quarantine has left it: … - "+drift)
				var want []string
				if test.kept != "" {
					want = append(want, "warning identity: Not everything was put back: "+userID+" … "+replaceKey(test.kept, key))
				}
				r.Apply(nil).Want(t, want...)
				after := pictureOf(t, server)
				if policy := after.user.InlinePolicies["governed-quarantine"]; name == "the policy changed" && policy != changed.user.InlinePolicies["governed-quarantine"] {
					t.Errorf("the policy is %s", policy)
				}
				if record := slices.Collect(tagsOf(after.user.Tags)); !slices.Equal(record, []string{"Team"}) {
					t.Errorf("the tags %v are left", record)
				}
			}
		})
	}
}

// TestKeyMadeMeanwhile makes inactive what somebody has made during the quarantine, and does not give it back.
func TestKeyMadeMeanwhile(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	server.Account(sim.DefaultAccount).PutUser(sim.User{Name: "export", AccessKeys: []sim.AccessKey{{}}})
	r := protocol(t, server)
	config := order(userID, nil)
	r.Apply(config)
	server.Clock().Advance(3600e9)
	made := *acctest.AccessKey(t, acctest.IAM(server), "export").AccessKeyId
	r.Refresh().Want(t)
	acctest.WantSame(t, "drift", r.State("drift"), []any{"access key " + made + " is active"})
	r.Apply(config)
	user, _ := server.Account(sim.DefaultAccount).User("export")
	if user.AccessKeys[0].Active || user.AccessKeys[1].Active {
		t.Errorf("the keys are %+v", user.AccessKeys)
	}
	r.Apply(nil).Want(t, "warning identity: Not everything was put back: "+userID+" … access key "+made+" was made during the quarantine, and stays inactive")
	user, _ = server.Account(sim.DefaultAccount).User("export")
	if !user.AccessKeys[0].Active || user.AccessKeys[1].Active {
		t.Errorf("the keys are %+v", user.AccessKeys)
	}
}

// TestUnlisted takes for gone only what could be listed, and leaves no credential behind that nobody would give back.
func TestUnlisted(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	putUser(t, server)
	before := pictureOf(t, server)
	r := protocol(t, server)
	r.Apply(order(userID, nil))
	server.DenyActions(sim.DefaultAccount, "iam:ListSSHPublicKeys")
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	acctest.WantSame(t, "drift", r.State("drift"), []any{})
	acctest.WantSame(t, "instead", r.State("instead"), []any{
		"some credentials could not be listed (the provider's credentials lack the permission iam:ListSSHPublicKeys): they stay as they are, and everything is denied to them",
	})
	r.Apply(order(userID, acctest.Values{"ticket": "SEC-2"})).Want(t)
	r.Apply(nil).Want(t, "error identity: Identity cannot be released … lack the permission iam:ListSSHPublicKeys … It is still in quarantine, as far as it has not been put back, and the next apply goes on from there.")
	server.DenyActions(sim.DefaultAccount)
	r.Apply(nil).Want(t)
	wantBack(t, server, before)
}

// TestUnreadableRecord guesses nothing of what somebody has written over a record, and takes it up where the tag is gone.
func TestUnreadableRecord(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	putRole(server)
	client, name := acctest.IAM(server), aws.String("nightly")
	r := protocol(t, server)
	r.Apply(order(roleID, nil))
	_, err := client.TagRole(t.Context(), &iam.TagRoleInput{RoleName: name, Tags: []types.Tag{{Key: aws.String("nhi:quarantine"), Value: aws.String("yes")}}})
	must(t, err)
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t, `error identity: Quarantine cannot be read … The record of the quarantine of `+roleID+` cannot be read: the tag nhi:quarantine is "yes": it is not what a quarantine has written`)
	_, err = client.UntagRole(t.Context(), &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"nhi:quarantine"}})
	must(t, err)
	r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
	r.Refresh().Want(t)
	acctest.WantSame(t, "status", r.State("status"), "released")
	server.ResetCalls()
	r.Apply(order(roleID, nil))
	acctest.WantWrites(t, server, "TagRole", "TagRole")
	r.Apply(nil).Want(t)
	wantRoleUse(t, server, true)
}

// TestForgedRecord makes no key active that this state has not made inactive, but for one that an import has shown.
func TestForgedRecord(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	putUser(t, server)
	user, _ := server.Account(sim.DefaultAccount).User("export")
	own, old := user.AccessKeys[0].ID, user.AccessKeys[1].ID
	r := protocol(t, server)
	r.Apply(order(userID, nil))
	_, err := acctest.IAM(server).TagUser(t.Context(), &iam.TagUserInput{UserName: aws.String("export"), Tags: []types.Tag{
		{Key: aws.String("nhi:quarantine_changes"), Value: aws.String("key:" + own + " key:" + old)},
	}})
	must(t, err)
	r.Refresh().Want(t)
	r.Apply(order(userID, acctest.Values{"ticket": "SEC-2"})).Want(t)
	r.Apply(nil).Want(t, "warning identity: Not everything was put back … access key "+old+" stays inactive: the record on the identity names it, but this state has not made it inactive")
	user, _ = server.Account(sim.DefaultAccount).User("export")
	if !user.AccessKeys[0].Active || user.AccessKeys[1].Active {
		t.Errorf("the keys are %+v", user.AccessKeys)
	}
}
