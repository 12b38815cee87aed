package sim_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// However the pages come, the SDK's paginators give every role once.
func TestPages(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		opts     []sim.Option
		maxPage  int
		maxItems int32
		pages    int
	}{
		"default size": {nil, 0, 0, 3},
		"small":        {nil, 0, 50, 5},
		"one page":     {nil, 0, 1000, 1},
		"short":        {nil, 7, 1000, 36},
		"empty pages":  {[]sim.Option{sim.WithEmptyPages(2)}, 0, 0, 5},
		"always empty": {[]sim.Option{sim.WithEmptyPages(1)}, 100, 0, 5},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, tt.opts...)
			for i := range 250 {
				s.Account(sim.DefaultAccount).PutRole(sim.Role{Name: fmt.Sprintf("role-%03d", i)})
			}
			s.SetMaxPageSize(tt.maxPage)
			c := newClients(t, s)
			var size *int32
			if tt.maxItems > 0 {
				size = &tt.maxItems
			}
			var listed, detailed []string
			seen := map[string]int{}
			roles := iam.NewListRolesPaginator(c.IAM, &iam.ListRolesInput{MaxItems: size})
			for roles.HasMorePages() {
				out, err := roles.NextPage(t.Context())
				noError(t, err)
				seen["iam:ListRoles"]++
				for _, r := range out.Roles {
					listed = append(listed, *r.RoleName)
				}
			}
			details := iam.NewGetAccountAuthorizationDetailsPaginator(c.IAM, &iam.GetAccountAuthorizationDetailsInput{MaxItems: size})
			for details.HasMorePages() {
				out, err := details.NextPage(t.Context())
				noError(t, err)
				seen["iam:GetAccountAuthorizationDetails"]++
				for _, r := range out.RoleDetailList {
					detailed = append(detailed, *r.RoleName)
				}
			}
			want := s.Account(sim.DefaultAccount).Roles()
			if !slices.Equal(listed, want) || !slices.Equal(detailed, want) {
				t.Errorf("%d and %d roles, want %d", len(listed), len(detailed), len(want))
			}
			for _, action := range []string{"iam:ListRoles", "iam:GetAccountAuthorizationDetails"} {
				calls := s.CountCalls(action)
				if calls < seen[action] {
					t.Errorf("%d pages of %s came from %d calls", seen[action], action, calls)
				}
				// A call that the SDK had to repeat, because its connection broke, shifts which pages are empty.
				if shifted := tt.opts != nil && calls > seen[action]; !shifted && seen[action] != tt.pages {
					t.Errorf("%d pages of %s, want %d", seen[action], action, tt.pages)
				}
			}
		})
	}
}

func TestPageParameters(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	for _, n := range []int32{0, 1001} {
		_, err := c.IAM.ListRoles(ctx, &iam.ListRolesInput{MaxItems: aws.Int32(n)})
		wantCode(t, err, "ValidationError")
	}
	_, err := c.IAM.ListRoles(ctx, &iam.ListRolesInput{Marker: aws.String("nonsense")})
	wantCode(t, err, "ValidationError")
	_, err = c.IAM.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{"Robot"}})
	wantCode(t, err, "ValidationError")
}

// A page that starts behind a role that was deleted in between goes on.
func TestPagesWhileRolesGo(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := newClients(t, s)
	ctx := t.Context()
	for _, n := range []string{"a", "b", "c"} {
		mustCreateRole(t, c, n, lambdaTrust)
	}
	first, err := c.IAM.ListRoles(ctx, &iam.ListRolesInput{MaxItems: aws.Int32(2)})
	noError(t, err)
	_, err = c.IAM.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("b")})
	noError(t, err)
	second, err := c.IAM.ListRoles(ctx, &iam.ListRolesInput{Marker: first.Marker})
	noError(t, err)
	if len(second.Roles) != 1 || *second.Roles[0].RoleName != "c" || second.IsTruncated {
		t.Errorf("second page %+v", second.Roles)
	}
}

// The smaller lists page as well.
func TestListsOfOneRole(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.SetMaxPageSize(2)
	inline := map[string]string{"a": allow(`"s3:*"`), "b": allow(`"s3:*"`), "c": allow(`"s3:*"`)}
	tags := map[string]string{"k1": "", "k2": "", "k3": ""}
	a := s.Account(sim.DefaultAccount)
	a.PutRole(sim.Role{
		Name: "r", InlinePolicies: inline, Tags: tags,
		AttachedPolicyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"},
	})
	for _, n := range []string{"p1", "p2", "p3"} {
		a.PutInstanceProfile(sim.InstanceProfile{Name: n, RoleName: "r"})
	}
	c := newClients(t, s)
	ctx := t.Context()
	name := aws.String("r")
	var names, attached, keys, profiles []string
	for p := iam.NewListRolePoliciesPaginator(c.IAM, &iam.ListRolePoliciesInput{RoleName: name}); p.HasMorePages(); {
		out, err := p.NextPage(ctx)
		noError(t, err)
		names = append(names, out.PolicyNames...)
	}
	for p := iam.NewListAttachedRolePoliciesPaginator(c.IAM, &iam.ListAttachedRolePoliciesInput{RoleName: name}); p.HasMorePages(); {
		out, err := p.NextPage(ctx)
		noError(t, err)
		for _, x := range out.AttachedPolicies {
			attached = append(attached, *x.PolicyName)
		}
	}
	for p := iam.NewListRoleTagsPaginator(c.IAM, &iam.ListRoleTagsInput{RoleName: name}); p.HasMorePages(); {
		out, err := p.NextPage(ctx)
		noError(t, err)
		for _, x := range out.Tags {
			keys = append(keys, *x.Key)
		}
	}
	for p := iam.NewListInstanceProfilesForRolePaginator(c.IAM, &iam.ListInstanceProfilesForRoleInput{RoleName: name}); p.HasMorePages(); {
		out, err := p.NextPage(ctx)
		noError(t, err)
		for _, x := range out.InstanceProfiles {
			profiles = append(profiles, *x.InstanceProfileName)
		}
	}
	for i, got := range [][]string{names, attached, keys, profiles} {
		want := [][]string{
			{"a", "b", "c"}, {"AWSGlueServiceRole", "AdministratorAccess", "ReadOnlyAccess"}, {"k1", "k2", "k3"}, {"p1", "p2", "p3"},
		}[i]
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
