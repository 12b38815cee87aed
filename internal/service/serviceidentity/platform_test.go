package serviceidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestPlatformNotConfigured has the resource that needs AWS say that AWS is missing.
func TestPlatformNotConfigured(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	for name, of := range map[string]struct {
		aws  any
		says string
	}{
		"left out":      {nil, `error aws_role: AWS is not configured … Write aws = {} in the provider "governed" block`},
		"unknown":       {acctest.Unknown, "error aws_role: AWS is not configured yet … not known before apply … -target"},
		"partly":        {acctest.Values{"region": acctest.Unknown}, "error aws_role: AWS is not configured yet"},
		"wrong profile": {acctest.Values{"profile": "absent"}, `error aws_role: Platform cannot be reached … The AWS profile "absent" does not exist … Provider argument: aws.profile.`},
		"wrong account": {
			acctest.AWSArgument(server.URL()).With(acctest.Values{"allowed_account_ids": []string{"210987654321"}}),
			"error aws_role: Platform cannot be reached … belong to account 123456789012 … not one of the allowed accounts 210987654321 … Provider argument: aws.allowed_account_ids.",
		},
		"wrong region": {
			acctest.Values{"region": "eu-nowhere-9", "max_retries": 1, "endpoints": acctest.Values{"sts": "http://sts.eu-nowhere-9.invalid"}},
			"error aws_role: Platform cannot be reached … The endpoint sts.eu-nowhere-9.invalid of STS does not exist … Check aws.region",
		},
		"role not assumable": {
			acctest.AWSArgument(server.URL()).With(acctest.Values{"assume_role": acctest.Values{"role_arn": "arn:aws:iam::123456789012:role/absent"}}),
			"error aws_role: Platform cannot be reached … arn:aws:iam::123456789012:role/absent cannot be assumed … sts:AssumeRole … Provider argument: aws.assume_role.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := acctest.NewProtocol(t, server)
			p.Configure(acctest.Values{"aws": of.aws}).Want(t)
			p.Resource(typeName).Plan(lambdaRole(server)).Want(t, of.says)
		})
	}
}

// TestPlatformGone refuses to read and to destroy what it cannot reach, and keeps it in the state.
func TestPlatformGone(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(lambdaRole(server)).Want(t)
	p := acctest.NewProtocol(t, server)
	p.Configure(acctest.Values{}).Want(t)
	r = r.Under(p)
	r.Refresh().Want(t, "error aws_role: AWS is not configured")
	r.Apply(nil).Want(t, "error aws_role: AWS is not configured")
	if !r.Exists() || len(account(server).Roles()) != 1 {
		t.Error("the role is gone")
	}
}

// TestStricterQuota holds sizes against the account's own quotas, and IAM's defaults where they cannot be read.
func TestStricterQuota(t *testing.T) {
	t.Parallel()
	twelve := withRole(acctest.Values{"managed_policy_arns": manyPolicies(12)})
	larger := acctest.NewSim(t, sim.WithQuota(sim.DefaultAccount, "AttachedPoliciesPerRoleQuota", 15))
	acctest.NewConfiguredProtocol(t, larger, nil).Resource(typeName).Plan(lambdaRole(larger).With(twelve)).Want(t,
		"warning aws_role.managed_policy_arns: Permissions are not judged … what the managed policy arn:aws:iam::123456789012:policy/many-0 allows, … and 7 more are not judged, because there is no such policy yet.")

	larger.DenyActions(sim.DefaultAccount, "iam:GetAccountSummary")
	acctest.NewConfiguredProtocol(t, larger, nil).Resource(typeName).Plan(lambdaRole(larger).With(twelve)).Want(t,
		"error aws_role.managed_policy_arns: The platform would refuse this … 2 more than this account's quota of 10")
}

// TestRefreshInBulk reads many identities in a handful of calls, and two more for each user.
func TestRefreshInBulk(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		config func(*sim.Server) acctest.Values
		calls  int
	}{
		"roles": {lambdaRole, 12},
		"users": {exporter, 4 + 2*8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			var made []*acctest.Resource
			p := acctest.NewConfiguredProtocol(t, server, nil)
			for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
				r := p.Resource(typeName)
				r.Apply(of.config(server).With(acctest.Values{"name": name})).Want(t)
				made = append(made, r)
			}
			server.ResetCalls()
			p = acctest.NewConfiguredProtocol(t, server, nil)
			for _, r := range made {
				r = r.Under(p)
				r.Refresh().Want(t)
				r.Plan(of.config(server).With(acctest.Values{"name": r.State("name")})).Want(t)
				if r.Changes() {
					t.Errorf("the plan of %v changes something", r.State("name"))
				}
			}
			if calls := server.CountCalls(""); calls > of.calls {
				t.Errorf("%d calls were made for %d %s", calls, len(made), name)
			}
		})
	}
}

// TestDeniedInBulk reads one by one where the caller may not read in bulk.
func TestDeniedInBulk(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]func(*sim.Server) acctest.Values{"role": fullRole, "user": fullUser} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newUserSim(t)
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Apply(config(server)).Want(t)
			server.DenyActions(sim.DefaultAccount, "iam:GetAccountAuthorizationDetails")
			r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
			r.Refresh().Want(t)
			r.Plan(config(server)).Want(t)
			if r.Changes() {
				t.Error("the plan changes something")
			}
		})
	}
}
