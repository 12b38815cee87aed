package aws_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

var ours = map[string]string{"nhi:managed_by": governance.ManagedBy}

// TestSimProfileInTheWay asks for an instance profile whose name there is already.
func TestSimProfileInTheWay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		profile sim.InstanceProfile
		check   func(error) bool
	}{
		"foreign": {
			profile: sim.InstanceProfile{Tags: map[string]string{"nhi:owner": "payments"}},
			check:   func(err error) bool { var taken *platform.ErrAlreadyExists; return errors.As(err, &taken) },
		},
		"ours, holding another role": {
			profile: sim.InstanceProfile{RoleName: "another", Tags: ours},
			check: func(err error) bool {
				var conflict *platform.ErrConflict
				return errors.As(err, &conflict) && slices.Equal(conflict.Blockers, []string{"role another"})
			},
		},
		"ours, half made": {
			profile: sim.InstanceProfile{Path: "/governed/", Tags: map[string]string{"nhi:managed_by": governance.ManagedBy, "nhi:owner": "old", "stray": "x"}},
			check:   func(err error) bool { return err == nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			e.account.PutRole(sim.Role{Name: "another"})
			test.profile.Name = "web"
			e.account.PutInstanceProfile(test.profile)
			want := e.Wanted("web")
			id, err := e.Driver().Create(t.Context(), want)
			if err != nil {
				t.Fatal(err)
			}
			_, err = e.Driver().Converge(t.Context(), id, want)
			if !test.check(err) {
				t.Fatalf("Converge returned %v", err)
			}
			role, _ := e.account.Role("web")
			if profile, _ := e.account.InstanceProfile("web"); err == nil && (!slices.Equal(profile.Roles, []string{"web"}) || !sameTags(profile.Tags, role.Tags)) {
				t.Errorf("the profile is %+v", profile)
			}
		})
	}
}

func sameTags(a, b map[string]string) bool {
	for key, value := range a {
		if other, ok := b[key]; !ok || other != value {
			return false
		}
	}
	return len(a) == len(b)
}

// TestSimProfileTags fails in each place while tags change: the next apply brings both objects to the same tags.
func TestSimProfileTags(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"TagInstanceProfile", "UntagInstanceProfile", "TagRole", "UntagRole"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			want := e.Wanted("web")
			id, _ := create(t, e.Driver(), want)
			want.Metadata = e.Changed("web").Metadata
			e.sim.InjectFault(sim.Fault{Action: action, Nth: 1, Kind: sim.FaultAccessDenied})
			if _, err := e.Driver().Converge(t.Context(), id, want); err == nil {
				t.Fatal("nothing failed")
			}
			if _, err := e.Driver().Converge(t.Context(), id, want); err != nil {
				t.Fatal(err)
			}
			role, _ := e.account.Role("web")
			if profile, _ := e.account.InstanceProfile("web"); !sameTags(profile.Tags, role.Tags) || role.Tags["nhi:owner"] != "data" || role.Tags["nhi:ticket"] != "" {
				t.Errorf("the profile has %v, the role %v", profile.Tags, role.Tags)
			}
		})
	}
}

// TestSimProfileRetired deletes a role with what an interrupted apply may have left behind, and leaves what is not ours.
func TestSimProfileRetired(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		profile sim.InstanceProfile
		denied  string
		removed []string
		stays   bool
	}{
		"own":                  {profile: sim.InstanceProfile{Name: "web", RoleName: "web", Tags: ours}, removed: []string{"instance profile web"}},
		"left over":            {profile: sim.InstanceProfile{Name: "web", Tags: ours}, removed: []string{"instance profile web"}},
		"foreign, empty":       {profile: sim.InstanceProfile{Name: "web"}, stays: true},
		"foreign, of its name": {profile: sim.InstanceProfile{Name: "web", RoleName: "another", Tags: ours}, stays: true},
		"other":                {profile: sim.InstanceProfile{Name: "other", RoleName: "web", Tags: ours}, removed: []string{"instance profile other"}, stays: true},
		"not to be seen":       {profile: sim.InstanceProfile{Name: "web", Tags: ours}, denied: "iam:GetInstanceProfile", stays: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			for _, role := range []string{"web", "another"} {
				e.account.PutRole(sim.Role{Name: role})
			}
			e.account.PutInstanceProfile(test.profile)
			e.sim.DenyActions(e.account.ID(), test.denied)
			removed, err := e.Driver().Delete(t.Context(), roleID("web"))
			if err != nil || !slices.Equal(removed, test.removed) {
				t.Errorf("Delete removed %v, %v", removed, err)
			}
			if _, ok := e.account.InstanceProfile(test.profile.Name); ok != test.stays {
				t.Errorf("the profile is there: %v", ok)
			}
			if got := e.account.Roles(); !slices.Equal(got, []string{"another"}) {
				t.Errorf("the roles are %v", got)
			}
		})
	}
}

// TestSimDeleteConflict attaches something each time when the role is about to go.
func TestSimDeleteConflict(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		times int
		check func(removed []string, err error) bool
	}{
		"once": {1, func(removed []string, err error) bool {
			return err == nil && slices.Contains(removed, "inline policy stray")
		}},
		"always": {1000, func(_ []string, err error) bool {
			var conflict *platform.ErrConflict
			return errors.As(err, &conflict) && slices.Equal(conflict.Blockers, []string{"inline policy stray"})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEstate(t)
			id, _ := create(t, e.Driver(), e.Wanted("busy"))
			left := test.times
			e.interpose(func(action string) bool {
				if action == "DeleteRole" && left > 0 {
					left--
					role, policy, document := "busy", "stray", allow("s3:*")
					if _, err := e.admin.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &policy, PolicyDocument: &document}); err != nil {
						t.Error(err)
					}
				}
				return false
			})
			if removed, err := e.Driver().Delete(t.Context(), id); !test.check(removed, err) {
				t.Errorf("Delete returned %v, %v", removed, err)
			}
		})
	}
}

func TestSimDeleteProtected(t *testing.T) {
	t.Parallel()
	e := openEstate(t)
	e.account.PutRole(sim.Role{Name: "AWSServiceRoleForBackup", Path: "/aws-service-role/backup.amazonaws.com/"})
	_, err := e.Driver().Delete(t.Context(), roleID("aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"))
	var invalid *platform.ErrInvalid
	if !errors.As(err, &invalid) || invalid.Code != "UnmodifiableEntity" {
		t.Errorf("Delete returned %v", err)
	}
}
