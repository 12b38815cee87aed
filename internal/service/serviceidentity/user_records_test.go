package serviceidentity_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// keyed is a user with two access keys, of which the second is inactive.
func keyed(t *testing.T) (server *sim.Server, r *acctest.Resource, live, retired string) {
	t.Helper()
	server = newUserSim(t)
	client := acctest.IAM(server)
	r = acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(exporter(server)).Want(t)
	live, retired = *acctest.AccessKey(t, client, userName).AccessKeyId, *acctest.AccessKey(t, client, userName).AccessKeyId
	setKey(t, client, retired, types.StatusTypeInactive)
	return server, r, live, retired
}

func setKey(t *testing.T, client *iam.Client, id string, status types.StatusType) {
	t.Helper()
	if _, err := client.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: theUser, AccessKeyId: &id, Status: status}); err != nil {
		t.Fatal(err)
	}
}

// record writes the tag in which the provider notes what it has deactivated.
func record(t *testing.T, server *sim.Server, value string) {
	t.Helper()
	_, err := acctest.IAM(server).TagUser(t.Context(), &iam.TagUserInput{UserName: theUser, Tags: []types.Tag{{Key: aws.String("nhi:deactivated"), Value: &value}}})
	if err != nil {
		t.Fatal(err)
	}
}

func wantActive(t *testing.T, server *sim.Server, ids ...string) {
	t.Helper()
	var active []string
	for _, key := range user(t, server).AccessKeys {
		if key.Active {
			active = append(active, key.ID)
		}
	}
	slices.Sort(active)
	if slices.Sort(ids); !slices.Equal(active, ids) {
		t.Errorf("the keys %v are active, not %v", active, ids)
	}
}

// expire passes the user's expiry, and applies.
func expire(t *testing.T, server *sim.Server, r *acctest.Resource, config acctest.Values, says ...string) {
	t.Helper()
	server.Clock().Advance(91 * day)
	r.Refresh().Want(t)
	r.Apply(config).Want(t, append(says, "warning expiry: Expiry is in the past")...)
}

const staysInactive = "warning aws_user: Access keys stay inactive … "

// TestUserRecordForged has somebody who may tag the user, and nothing else, name a key in the record that the provider has
// not deactivated: it never becomes active.
func TestUserRecordForged(t *testing.T) {
	t.Parallel()
	t.Run("while active", func(t *testing.T) {
		t.Parallel()
		server, r, live, retired := keyed(t)
		config := exporter(server)
		record(t, server, retired)
		r.Refresh().Want(t, staysInactive+retired)
		if r.Plan(config).Want(t); !r.Changes() {
			t.Error("the record is not shown")
		}
		r.ApplyPlanned(config).Want(t)
		wantActive(t, server, live)
		r.Refresh().Want(t)
		if tags := user(t, server).Tags; tags["nhi:deactivated"] != "" {
			t.Errorf("the tags are %v", tags)
		}
	})
	t.Run("while expired", func(t *testing.T) {
		t.Parallel()
		server, r, live, retired := keyed(t)
		config := exporter(server)
		expire(t, server, r, config)
		record(t, server, live+" "+retired)
		r.Refresh().Want(t, staysInactive+retired)
		if got := r.State("aws_user", "deactivated_access_keys"); !same(got, []any{live}) {
			t.Errorf("the deactivated keys are %v", got)
		}
		r.Apply(config.With(acctest.Values{"expiry": acctest.Date(server, 60)})).Want(t)
		wantActive(t, server, live)
	})
	t.Run("before it expires", func(t *testing.T) {
		t.Parallel()
		server, r, live, retired := keyed(t)
		config := exporter(server)
		record(t, server, retired)
		server.Clock().Advance(91 * day)
		r.Refresh().Want(t, staysInactive+retired)
		r.Apply(config).Want(t, "warning expiry: Expiry is in the past")
		wantActive(t, server)
		r.Refresh().Want(t, staysInactive+retired)
		r.Apply(config.With(acctest.Values{"expiry": acctest.Date(server, 60)})).Want(t)
		wantActive(t, server, live)
	})
}

// TestUserRecordOfAnotherState renews a user in a state that has not deactivated its keys: that they stay inactive is told.
func TestUserRecordOfAnotherState(t *testing.T) {
	t.Parallel()
	server, r, live, _ := keyed(t)
	expire(t, server, r, exporter(server))
	r = acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Import("aws:123456789012:user/"+userName, nil).Want(t, staysInactive+live+" … activate by hand those that should work: aws iam update-access-key --user-name "+userName)
	r.Apply(exporter(server).With(acctest.Values{"expiry": acctest.Date(server, 60)})).Want(t)
	wantActive(t, server)
	r.Refresh().Want(t)
}

// TestUserKeysInterrupted loses the second of two calls that deactivate or activate keys: the next apply goes on, and a
// renewal activates both.
func TestUserKeysInterrupted(t *testing.T) {
	t.Parallel()
	server, r, live, retired := keyed(t)
	setKey(t, acctest.IAM(server), retired, types.StatusTypeActive)
	config := exporter(server)
	server.InjectFault(sim.Fault{Action: "UpdateAccessKey", Nth: 2, Kind: sim.FaultAccessDenied})
	server.Clock().Advance(91 * day)
	r.Refresh().Want(t)
	denied := "error aws_user: Identity cannot be updated … lack the permission iam:UpdateAccessKey"
	r.Apply(config).Want(t, "warning expiry: Expiry is in the past", denied)
	r.Refresh().Want(t)
	r.Apply(config).Want(t, "warning expiry: Expiry is in the past")
	wantActive(t, server)
	renewed := config.With(acctest.Values{"expiry": acctest.Date(server, 60)})
	server.ClearFaults()
	server.InjectFault(sim.Fault{Action: "UpdateAccessKey", Nth: 2, Kind: sim.FaultAccessDenied})
	r.Apply(renewed).Want(t, denied)
	r.Refresh().Want(t)
	r.Apply(renewed).Want(t)
	wantActive(t, server, live, retired)
	r.Refresh().Want(t)
	if r.Plan(renewed).Want(t); r.Changes() {
		t.Error("the second plan changes something")
	}
}

// TestUserReplicationLag has IAM not see at once what was just made.
func TestUserReplicationLag(t *testing.T) {
	t.Parallel()
	server := newUserSim(t)
	server.SetReplicationLag(3)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(fullUser(server)).Want(t)
	wantUser(t, server)
}
