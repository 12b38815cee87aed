package quarantine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// padded is a policy of so many characters.
func padded(size int) string {
	const frame = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"},{"Sid":"","Effect":"Allow","Action":"iam:ListRoles","Resource":"*"}]}`
	return strings.Replace(frame, `"Sid":""`, `"Sid":"`+strings.Repeat("x", size-len(frame))+`"`, 1)
}

// TestNoRoom locks identities whose quotas are used up by other means, says so, and gives them back as they were.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	const boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	managed := func(server *sim.Server) []string {
		var arns []string
		for i := range 10 {
			arns = append(arns, server.Account(sim.DefaultAccount).PutManagedPolicy(sim.ManagedPolicy{Name: fmt.Sprintf("p%d", i), Document: listUsers}))
		}
		return arns
	}
	const open = ": it stays open, and everything is denied to the sessions that it lets start"
	for name, test := range map[string]struct {
		role    func(*sim.Server, *sim.Role)
		instead string
		changes []any
		writes  []string
		// denied tells that it may do nothing anyway.
		denied bool
	}{
		"inline policies": {
			role:    func(_ *sim.Server, r *sim.Role) { r.InlinePolicies = map[string]string{"list": padded(10200)} },
			instead: "the inline policies have no room for governed-quarantine: the managed policy AWSDenyAll is attached instead",
			changes: []any{"the managed policy AWSDenyAll denies everything", "the statement GovernedQuarantine in the trust policy lets nobody in"},
			writes:  []string{"TagRole", "AttachRolePolicy", "UpdateAssumeRolePolicy", "TagRole"},
		},
		"managed policies too": {
			role: func(server *sim.Server, r *sim.Role) {
				r.InlinePolicies, r.AttachedPolicyARNs = map[string]string{"list": padded(10200)}, managed(server)
			},
			instead: "neither the inline policies have room for governed-quarantine nor can another managed policy be attached: AWSDenyAll is the permissions boundary instead",
			changes: []any{"the permissions boundary AWSDenyAll, where none was, denies everything", "the statement GovernedQuarantine in the trust policy lets nobody in"},
			writes:  []string{"TagRole", "PutRolePermissionsBoundary", "UpdateAssumeRolePolicy", "TagRole"},
		},
		"and a boundary": {
			role: func(server *sim.Server, r *sim.Role) {
				r.InlinePolicies, r.AttachedPolicyARNs, r.BoundaryARN = map[string]string{"list": padded(10200)}, managed(server), boundary
			},
			instead: "neither the inline policies have room for governed-quarantine nor can another managed policy be attached: AWSDenyAll is the permissions boundary instead",
			changes: []any{"the permissions boundary AWSDenyAll, in place of " + boundary + ", denies everything", "the statement GovernedQuarantine in the trust policy lets nobody in"},
			writes:  []string{"TagRole", "PutRolePermissionsBoundary", "UpdateAssumeRolePolicy", "TagRole"},
		},
		"a policy that denies everything already": {
			role: func(_ *sim.Server, r *sim.Role) {
				r.InlinePolicies, r.AttachedPolicyARNs = map[string]string{"governed-quarantine": listUsers}, []string{denyAll}
			},
			instead: "neither the inline policies have room for governed-quarantine nor can another managed policy be attached: AWSDenyAll is the permissions boundary instead",
			changes: []any{"the permissions boundary AWSDenyAll, where none was, denies everything", "the statement GovernedQuarantine in the trust policy lets nobody in"},
			writes:  []string{"TagRole", "PutRolePermissionsBoundary", "UpdateAssumeRolePolicy", "TagRole"},
			denied:  true,
		},
		"trust policy": {
			role: func(_ *sim.Server, r *sim.Role) {
				r.TrustPolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"` + strings.Repeat("x", 1900) + `","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
			},
			instead: "the trust policy has no room for the statement GovernedQuarantine" + open,
			changes: []any{"the inline policy governed-quarantine denies everything"},
			writes:  []string{"TagRole", "PutRolePolicy", "TagRole"},
		},
		"somebody who is gone": {
			role: func(server *sim.Server, r *sim.Role) {
				server.Account(sim.DefaultAccount).PutUser(sim.User{Name: "gone"})
				r.TrustPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com","AWS":"arn:aws:iam::123456789012:user/gone"},"Action":"sts:AssumeRole"}]}`
			},
			instead: "the trust policy names principals that are gone, so IAM takes no other version of it" + open,
			changes: []any{"the inline policy governed-quarantine denies everything"},
			writes:  []string{"TagRole", "PutRolePolicy", "TagRole"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			seed := forgottenRole(server)
			seed.AttachedPolicyARNs = nil
			test.role(server, &seed)
			server.Account(sim.DefaultAccount).PutRole(seed)
			if _, there := server.Account(sim.DefaultAccount).User("gone"); there {
				_, err := acctest.IAM(server).DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("gone")})
				must(t, err)
			}
			before := pictureOf(t, server)
			if !test.denied {
				wantRoleUse(t, server, true)
			}
			r := protocol(t, server)
			server.ResetCalls()
			r.Apply(order(roleID, nil)).Want(t, announced(roleID)+" … What cannot be changed, and what is done instead: … - "+test.instead)
			acctest.WantWrites(t, server, test.writes...)
			acctest.WantSame(t, "instead", r.State("instead"), []any{test.instead})
			acctest.WantSame(t, "changes", r.State("changes"), test.changes)
			// Whoever gets a session all the same can do nothing with it.
			if session, err := server.Account(sim.DefaultAccount).AssumeRoleAsService("lambda.amazonaws.com", roleARN, nil); err == nil {
				wantCall(t, server, session, false)
			}
			r = r.Under(acctest.NewConfiguredProtocol(t, server, nil))
			r.Refresh().Want(t)
			r.Plan(order(roleID, nil)).Want(t)
			if r.Changes() {
				t.Error("the second plan changes something")
			}
			r.Apply(nil).Want(t)
			wantBack(t, server, before)
			if !test.denied {
				wantRoleUse(t, server, true)
			}
		})
	}
}
