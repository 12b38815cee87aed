package aws_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const backup = "backup.amazonaws.com"

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func tags(pairs ...string) []types.Tag {
	var list []types.Tag
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, types.Tag{Key: &pair[0], Value: &pair[1]})
	}
	return list
}

// made lets AWS make a service-linked role by itself and returns its name.
func (e linkedEstate) made(service, suffix string) string {
	e.t.Helper()
	input := &iam.CreateServiceLinkedRoleInput{AWSServiceName: &service}
	if suffix != "" {
		input.CustomSuffix = &suffix
	}
	output, err := e.admin.CreateServiceLinkedRole(e.t.Context(), input)
	if err != nil {
		e.t.Fatal(err)
	}
	return awssdk.ToString(output.Role.RoleName)
}

func (e linkedEstate) wantedOf(spec aws.ServiceLinkedRoleSpec) platform.Desired[aws.ServiceLinkedRoleSpec] {
	return platform.Desired[aws.ServiceLinkedRoleSpec]{Metadata: e.estate.Wanted("").Metadata, Spec: spec}
}

// TestSimAdoptServiceLinkedRole creates a role where some are there already.
func TestSimAdoptServiceLinkedRole(t *testing.T) {
	t.Parallel()
	adopt := aws.ServiceLinkedRoleSpec{Service: backup, AdoptExisting: true}
	for name, test := range map[string]struct {
		there   [][2]string // service and suffix
		mark    string
		want    aws.ServiceLinkedRoleSpec
		adopted string // the name of the role, empty when another is made
		refused string
	}{
		"none":                   {want: adopt},
		"made by AWS":            {there: [][2]string{{backup, ""}}, want: adopt, adopted: "AWSServiceRoleForBackup"},
		"an underscore":          {there: [][2]string{{"dynamodb.application-autoscaling.amazonaws.com", ""}}, want: aws.ServiceLinkedRoleSpec{Service: "dynamodb.application-autoscaling.amazonaws.com", AdoptExisting: true}, adopted: "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"},
		"another suffix":         {there: [][2]string{{autoscaling, "shop"}, {autoscaling, "web_shop"}}, want: aws.ServiceLinkedRoleSpec{Service: autoscaling, AdoptExisting: true}},
		"one suffix of many":     {there: [][2]string{{autoscaling, "web_shop"}, {autoscaling, "shop"}, {autoscaling, ""}}, want: aws.ServiceLinkedRoleSpec{Service: autoscaling, CustomSuffix: "Shop", AdoptExisting: true}, adopted: "AWSServiceRoleForAutoScaling_shop"},
		"the end of a suffix":    {there: [][2]string{{autoscaling, "web_shop"}}, want: aws.ServiceLinkedRoleSpec{Service: autoscaling, CustomSuffix: "shop", AdoptExisting: true}},
		"not to be adopted":      {there: [][2]string{{backup, ""}}, want: aws.ServiceLinkedRoleSpec{Service: backup}, refused: "The service-linked role AWSServiceRoleForBackup exists already"},
		"governed by another":    {there: [][2]string{{backup, ""}}, mark: governance.ManagedBy, want: adopt, refused: "The service-linked role AWSServiceRoleForBackup, which terraform-provider-governed governs already, exists already"},
		"governed by other tool": {there: [][2]string{{backup, ""}}, mark: "janitor", want: adopt, refused: "The service-linked role AWSServiceRoleForBackup, which janitor governs already, exists already"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := linkedEstate{openEstate(t)}
			for _, role := range test.there {
				name := e.made(role[0], role[1])
				if test.mark != "" {
					_, err := e.admin.TagRole(t.Context(), &iam.TagRoleInput{RoleName: &name, Tags: tags("nhi:managed_by", test.mark)})
					noError(t, err)
				}
			}
			before := e.Writes()
			id, adopted, err := e.roles().Obtain(t.Context(), e.wantedOf(test.want))
			if test.refused != "" {
				var exists *platform.ErrAlreadyExists
				if !errors.As(err, &exists) || err.Error() != test.refused || exists.ID != "aws:123456789012:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup" {
					t.Errorf("Obtain returned %v", err)
				}
				return
			}
			noError(t, err)
			if adopted != (test.adopted != "") || (adopted && id.Name() != test.adopted) {
				t.Errorf("Obtain returned %s, %t", id, adopted)
			}
			if writes := e.Writes() - before; writes != 1 {
				t.Errorf("Obtain made %d writes", writes)
			}
			state, err := e.roles().Converge(t.Context(), id, e.wantedOf(test.want))
			if err != nil || state.ManagedBy != governance.ManagedBy || state.Service != test.want.Service {
				t.Errorf("Converge returned %+v, %v", state, err)
			}
		})
	}
}

// TestSimServiceLinkedRoleLost makes sure that a role whose creation was not answered counts as made, and not as adopted.
func TestSimServiceLinkedRoleLost(t *testing.T) {
	t.Parallel()
	for name, times := range map[string]int{"one answer": 1, "every answer": retries + 1} {
		for _, there := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				e := linkedEstate{openEstate(t)}
				e.made(autoscaling, "other")
				if there {
					e.made(autoscaling, "web")
				}
				e.sim.InjectFault(sim.Fault{Action: "CreateServiceLinkedRole", Nth: 1, Kind: sim.FaultDropAfter, Times: times})
				id, adopted, err := e.roles().Obtain(t.Context(), e.wantedOf(aws.ServiceLinkedRoleSpec{Service: autoscaling, CustomSuffix: "web", AdoptExisting: true}))
				if there && times > retries {
					// Nobody has said that the name is taken.
					if err == nil {
						t.Errorf("Obtain returned %s, %t", id, adopted)
					}
					return
				}
				if err != nil || adopted != there || id.Name() != "AWSServiceRoleForAutoScaling_web" {
					t.Errorf("Obtain returned %s, %t, %v", id, adopted, err)
				}
			})
		}
	}
}

// TestSimServiceLinkedRoleRefused tells what AWS refuses from what the caller may not do.
func TestSimServiceLinkedRoleRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec   aws.ServiceLinkedRoleSpec
		denied string
		want   string
	}{
		"no such service": {spec: aws.ServiceLinkedRoleSpec{Service: "nothing.amazonaws.com"}, want: "iam:CreateServiceLinkedRole was refused with AccessDenied: Cannot find Service Linked Role template for nothing.amazonaws.com"},
		"no suffix":       {spec: aws.ServiceLinkedRoleSpec{Service: backup, CustomSuffix: "x"}, want: "iam:CreateServiceLinkedRole was refused with InvalidInput: Custom suffix is not allowed for backup.amazonaws.com"},
		"no permission":   {spec: aws.ServiceLinkedRoleSpec{Service: backup}, denied: "iam:CreateServiceLinkedRole", want: "the caller lacks the permission iam:CreateServiceLinkedRole: "},
		"no list":         {spec: aws.ServiceLinkedRoleSpec{Service: autoscaling, AdoptExisting: true}, denied: "iam:ListRoles", want: "iam:CreateServiceLinkedRole was refused with InvalidInput: Service role name AWSServiceRoleForAutoScaling has been taken in this account, please try a different suffix.\nthe caller lacks the permission iam:ListRoles: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := linkedEstate{openEstate(t)}
			e.made(autoscaling, "")
			if test.denied != "" {
				e.sim.DenyActions(e.account.ID(), test.denied)
			}
			if _, err := e.roles().Create(t.Context(), e.wantedOf(test.spec)); err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("Create returned %v", err)
			}
		})
	}
}

// TestSimExistingServiceLinkedRole foresees what a creation will find.
func TestSimExistingServiceLinkedRole(t *testing.T) {
	t.Parallel()
	e := linkedEstate{openEstate(t)}
	e.made(autoscaling, "shop")
	name := e.made(backup, "")
	_, err := e.admin.TagRole(t.Context(), &iam.TagRoleInput{RoleName: &name, Tags: tags("team", "storage", "cost-center", "1", "nhi:owner", "x")})
	noError(t, err)
	for _, test := range []struct {
		service, suffix string
		want            aws.Presence
		name            string
	}{
		{backup, "", aws.Present, name},
		{backup, "x", aws.Absent, ""},
		{"rds.amazonaws.com", "", aws.Absent, ""},
		{autoscaling, "", aws.Possible, "AWSServiceRoleForAutoScaling_shop"},
		{autoscaling, "SHOP", aws.Present, "AWSServiceRoleForAutoScaling_shop"},
	} {
		state, presence, err := e.roles().Existing(t.Context(), aws.ServiceLinkedRoleSpec{Service: test.service, CustomSuffix: test.suffix})
		if err != nil || presence != test.want || state.Name != test.name {
			t.Errorf("%s %s: %+v, %v, %v", test.service, test.suffix, state, presence, err)
		}
		if other := e.roles().OtherTags(state, map[string]string{"cost-center": "2"}); test.service == backup && presence == aws.Present && !slices.Equal(other, []string{"team"}) {
			t.Errorf("other tags are %v", other)
		}
	}
}

// TestSimReadServiceLinkedRoles has few calls for many roles.
func TestSimReadServiceLinkedRoles(t *testing.T) {
	t.Parallel()
	e := linkedEstate{openEstate(t)}
	used := e.Now().AddDate(0, 0, -3).UTC().Truncate(time.Second)
	var ids []governance.ID
	for i := range 20 {
		suffix := strings.Repeat("x", i+1)
		id, err := e.roles().Create(t.Context(), e.Wanted(suffix))
		noError(t, err)
		_, err = e.roles().Converge(t.Context(), id, e.Wanted(suffix))
		noError(t, err)
		ids = append(ids, id)
	}
	role, _ := e.account.Role(ids[19].Name())
	e.account.PutRole(sim.Role{Name: role.Name, Path: role.Path, TrustPolicy: role.TrustPolicy, Description: "used", LastUsedAt: used, LastUsedRegion: "eu-central-1"})
	e.sim.ResetCalls()
	roles := e.roles()
	for i, id := range ids {
		state, err := roles.Read(t.Context(), id)
		noError(t, err)
		if want := i < 19; (state.ManagedBy == governance.ManagedBy) != want || (state.Description == "Scales the web shop") != want || state.Service != autoscaling {
			t.Errorf("read %+v", state)
		}
		if i == 19 && (!state.LastUsedAt.Equal(used) || state.LastUsedRegion != "eu-central-1" || state.Description != "used") {
			t.Errorf("read %+v", state)
		}
	}
	// The one that nobody governs any more takes a second bulk read.
	if calls := len(e.sim.Calls()); calls > 7 {
		t.Errorf("%d calls for %d roles: %v", calls, len(ids), e.sim.Calls())
	}
}

// TestSimDeleteServiceLinkedRole waits for the end of a deletion, names what stands in its way, and resumes.
func TestSimDeleteServiceLinkedRole(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T) (linkedEstate, governance.ID) {
		t.Helper()
		e := linkedEstate{openEstate(t)}
		id, err := e.roles().Create(t.Context(), e.wantedOf(aws.ServiceLinkedRoleSpec{Service: backup}))
		noError(t, err)
		return e, id
	}
	t.Run("slow", func(t *testing.T) {
		t.Parallel()
		e, id := open(t)
		e.sim.SetServiceLinkedRoleDeletionPolls(5)
		_, err := e.roles().Delete(t.Context(), id)
		noError(t, err)
		if polls := e.sim.CountCalls("iam:GetServiceLinkedRoleDeletionStatus"); polls != 6 || len(e.Left()) > 0 {
			t.Errorf("%d polls left %v", polls, e.Left())
		}
	})
	t.Run("in use", func(t *testing.T) {
		t.Parallel()
		e, id := open(t)
		e.account.SetServiceLinkedRoleUsage(id.Name(), "eu-west-1", "vault/a", "vault/b")
		e.account.SetServiceLinkedRoleUsage(id.Name(), "us-east-1", "vault/c")
		_, err := e.roles().Delete(t.Context(), id)
		var conflict *platform.ErrConflict
		if !errors.As(err, &conflict) || !slices.Equal(conflict.Blockers, []string{"vault/a (eu-west-1)", "vault/b (eu-west-1)", "vault/c (us-east-1)"}) ||
			!strings.HasPrefix(conflict.Detail, "AWS did not delete the role AWSServiceRoleForBackup: ") {
			t.Errorf("Delete returned %v", err)
		}
		e.account.SetServiceLinkedRoleUsage(id.Name(), "eu-west-1")
		e.account.SetServiceLinkedRoleUsage(id.Name(), "us-east-1")
		_, err = e.roles().Delete(t.Context(), id)
		noError(t, err)
	})
	t.Run("endless", func(t *testing.T) {
		t.Parallel()
		e, id := open(t)
		e.sim.SetServiceLinkedRoleDeletionPolls(1000)
		_, err := e.roles().Delete(t.Context(), id)
		if err == nil || err.Error() != "AWS is still deleting the role AWSServiceRoleForBackup after 10m5s" {
			t.Errorf("Delete returned %v", err)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		t.Parallel()
		e, id := open(t)
		e.sim.SetServiceLinkedRoleDeletionPolls(4)
		config := e.config()
		ctx, cancel := context.WithCancel(t.Context())
		config.Wait = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
		if _, err := aws.NewAccount(config).ServiceLinkedRoles().Delete(ctx, id); !errors.Is(err, context.Canceled) {
			t.Errorf("Delete returned %v", err)
		}
		_, err := e.roles().Delete(t.Context(), id)
		noError(t, err)
		// The second one has gone on with the first one's task.
		if polls := e.sim.CountCalls("iam:GetServiceLinkedRoleDeletionStatus"); polls != 5 || len(e.Left()) > 0 {
			t.Errorf("%d polls left %v", polls, e.Left())
		}
	})
	for name, gone := range map[string]bool{"forgotten": true, "not known yet": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, id := open(t)
			if !gone {
				e.sim.SetServiceLinkedRoleDeletionPolls(1)
			}
			e.sim.InjectFault(sim.Fault{Action: "GetServiceLinkedRoleDeletionStatus", Nth: 1, Kind: sim.FaultError, Code: "NoSuchEntity"})
			_, err := e.roles().Delete(t.Context(), id)
			noError(t, err)
			if left := e.Left(); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// TestSimReleaseServiceLinkedRole leaves a role as it was but for its tags.
func TestSimReleaseServiceLinkedRole(t *testing.T) {
	t.Parallel()
	e := linkedEstate{openEstate(t)}
	e.made(autoscaling, "web")
	id, adopted, err := e.roles().Obtain(t.Context(), e.Wanted("web"))
	if err != nil || !adopted {
		t.Fatal(adopted, err)
	}
	_, err = e.roles().Converge(t.Context(), id, e.Wanted("web"))
	noError(t, err)
	for range 2 {
		noError(t, e.roles().Release(t.Context(), id))
		if role, ok := e.account.Role(id.Name()); !ok || len(role.Tags) > 0 {
			t.Errorf("the role is %+v", role)
		}
	}
	_, err = e.roles().Delete(t.Context(), id)
	noError(t, err)
	noError(t, e.roles().Release(t.Context(), id))
}

func TestValidateServiceLinkedRole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec aws.ServiceLinkedRoleSpec
		want []string
	}{
		"fine":            {spec: aws.ServiceLinkedRoleSpec{Service: autoscaling, CustomSuffix: "web-1", Description: "Für alle"}},
		"not known yet":   {},
		"a short name":    {spec: aws.ServiceLinkedRoleSpec{Service: "backup"}, want: []string{`aws_service_name: "backup" is not a service principal; these are in lower case and end in .amazonaws.com`}},
		"capital letters": {spec: aws.ServiceLinkedRoleSpec{Service: "OpenSearch.amazonaws.com"}, want: []string{`aws_service_name: "OpenSearch.amazonaws.com" is not a service principal; these are in lower case and end in .amazonaws.com`}},
		"a long name":     {spec: aws.ServiceLinkedRoleSpec{Service: strings.Repeat("a", 120) + ".amazonaws.com"}, want: []string{"aws_service_name: the service name has 134 characters, 6 more than IAM's limit of 128"}},
		"suffix": {
			spec: aws.ServiceLinkedRoleSpec{Service: autoscaling, CustomSuffix: strings.Repeat("x", 64) + "/"},
			want: []string{"custom_suffix: " + strings.Repeat("x", 64) + "/ has 65 characters, 1 more than IAM's limit of 64", `custom_suffix: "` + strings.Repeat("x", 64) + `/" has a character that IAM does not take in a name`},
		},
		"description": {
			spec: aws.ServiceLinkedRoleSpec{Service: backup, Description: strings.Repeat("€", 1001)},
			want: []string{"description: the description has 1001 characters, 1 more than IAM's limit of 1000", "description: the description has a character that IAM does not take in one"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, violation := range aws.ValidateServiceLinkedRole(platform.Desired[aws.ServiceLinkedRoleSpec]{Spec: test.spec}) {
				got = append(got, strings.TrimPrefix(strings.Join(violation.Attribute, "."), "aws_service_linked_role.")+": "+violation.Message)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("found %q", got)
			}
		})
	}
}
