package sim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// rolesPerUser is how many roles an estate has for every user.
const rolesPerUser = 8

// userArchetypes are the kinds of user of an estate, used in turn.
var userArchetypes = []func(*estate){
	oldRobot, neverUsedKey, humanWithPassword, twoKeyRobot, governedRobot, abandonedHuman, inactiveRobot, bedrockUser,
}

// seedUsers adds users on top of n roles: one for every eight, and from the
// first role on one of each kind. They have random numbers and names of their
// own, so that the roles of an estate do not depend on them.
func (s *Server) seedUsers(roles int) {
	if roles == 0 {
		return
	}
	a := s.Account(DefaultAccount)
	e := &estate{
		account: a,
		now:     s.clock.Now(),
		rng:     rand.New(rand.NewPCG(20260301, 8)), //nolint:gosec // an example estate needs no secret randomness
		names:   map[string]bool{},
		serial:  map[string]int{},
	}
	n := max(roles/rolesPerUser, len(userArchetypes))
	a.withoutLag(func() { a.quotas["UsersQuota"] = max(a.quotas["UsersQuota"], n+500) })
	a.PutGroup(Group{
		Name: "developers", AttachedPolicyARNs: []string{awsPolicy + "ReadOnlyAccess"}, CreatedAt: e.daysAgo(1200),
	})
	a.PutGroup(Group{
		Name: "automation", InlinePolicies: map[string]string{"artifacts": policy(`["s3:GetObject","s3:PutObject"]`, `"arn:aws:s3:::acme-artifacts/*"`)},
		CreatedAt: e.daysAgo(1200),
	})
	for i := range n {
		userArchetypes[i%len(userArchetypes)](e)
	}
}

// person returns a name such as people have.
func (e *estate) person() string {
	return e.name(e.pick([]string{"anna", "bert", "chiara", "deniz", "emil", "fatima", "goran", "hanna"}) + "." +
		e.pick([]string{"novak", "silva", "okafor", "lindqvist", "moreau", "tanaka", "weber", "rossi"}))
}

// hoursAgo is a time within the last days.
func (e *estate) hoursAgo(days int) time.Time {
	return e.now.Add(-time.Duration(e.between(1, 24*days)) * time.Hour)
}

// oldRobot works every day with a key that is years old.
func oldRobot(e *estate) {
	created := e.daysAgo(e.between(500, 1500))
	e.account.PutUser(User{
		Name: e.name("svc-" + e.pick(applications)), Path: "/service/", CreatedAt: created,
		InlinePolicies: map[string]string{"access": policy(`["s3:*","sqs:*"]`, `"*"`)},
		AccessKeys:     []AccessKey{{LastUsedAt: e.hoursAgo(2), LastUsedService: e.pick([]string{"s3", "sqs"})}},
	})
}

// neverUsedKey has a key that nobody ever used.
func neverUsedKey(e *estate) {
	e.account.PutUser(User{
		Name: e.name(e.pick(vendorNames()) + "-uploader"), CreatedAt: e.daysAgo(e.between(120, 700)),
		AttachedPolicyARNs: []string{awsPolicy + "AmazonS3FullAccess"},
		AccessKeys:         []AccessKey{{}},
	})
}

func vendorNames() []string {
	var out []string
	for _, v := range vendors {
		out = append(out, v.name)
	}
	return out
}

// humanWithPassword is a person with a password and an MFA device.
func humanWithPassword(e *estate) {
	e.account.PutUser(User{
		Name: e.person(), CreatedAt: e.daysAgo(e.between(100, 900)), Groups: []string{"developers"}, MFA: true,
		Login: &Login{ChangedAt: e.daysAgo(e.between(1, 80)), LastUsedAt: e.hoursAgo(10)},
	})
}

// twoKeyRobot is in the middle of a rotation that was never ended.
func twoKeyRobot(e *estate) {
	created := e.daysAgo(e.between(400, 900))
	e.account.PutUser(User{
		Name: e.name(e.pick(repositories) + "-ci"), Path: "/ci/", CreatedAt: created, Groups: []string{"automation"},
		Tags: map[string]string{"Team": e.pick(teams)},
		AccessKeys: []AccessKey{
			{LastUsedAt: e.daysAgo(e.between(100, 300)), LastUsedService: "sts"},
			{CreatedAt: e.daysAgo(e.between(20, 99)), LastUsedAt: e.hoursAgo(1), LastUsedService: "ecr"},
		},
	})
}

// governedRobot is as it should be: metadata, a boundary, a young key.
func governedRobot(e *estate) {
	r := Role{Name: e.name("robot-" + e.pick(functions))}
	e.governed(&r, "Uploads of the on-premises "+e.pick(applications)+" system", e.between(30, 300))
	e.account.PutUser(User{
		Name: r.Name, Path: "/service/", Tags: r.Tags, CreatedAt: e.daysAgo(e.between(60, 200)),
		BoundaryARN:    "arn:aws:iam::" + DefaultAccount + ":policy/platform/workload-boundary",
		InlinePolicies: map[string]string{"work": policy(`"s3:PutObject"`, `"arn:aws:s3:::acme-uploads/*"`)},
		AccessKeys:     []AccessKey{{CreatedAt: e.daysAgo(e.between(1, 50)), LastUsedAt: e.hoursAgo(1)}},
	})
}

// abandonedHuman left, with an administrator's key and without MFA.
func abandonedHuman(e *estate) {
	created := e.daysAgo(e.between(900, 1800))
	e.account.PutUser(User{
		Name: e.person(), CreatedAt: created, AttachedPolicyARNs: []string{awsPolicy + "AdministratorAccess"},
		Login:      &Login{LastUsedAt: e.daysAgo(e.between(300, 600))},
		AccessKeys: []AccessKey{{LastUsedAt: e.daysAgo(e.between(200, 500)), LastUsedService: "ec2"}},
	})
}

// inactiveRobot was switched off and left.
func inactiveRobot(e *estate) {
	e.account.PutUser(User{
		Name: e.name("legacy-" + e.pick(datasets) + "-export"), CreatedAt: e.daysAgo(e.between(700, 1600)),
		AttachedPolicyARNs: []string{awsPolicy + "AmazonS3ReadOnlyAccess"},
		AccessKeys:         []AccessKey{{Inactive: true, LastUsedAt: e.daysAgo(e.between(150, 400))}},
	})
}

// bedrockUser is one of those that the console makes for an API key.
func bedrockUser(e *estate) {
	e.account.PutUser(User{
		Name: e.name(fmt.Sprintf("BedrockAPIKey-%04x", e.rng.IntN(1<<16))), CreatedAt: e.daysAgo(e.between(10, 300)),
		InlinePolicies:     map[string]string{"models": policy(`"bedrock:InvokeModel"`, `"*"`)},
		ServiceCredentials: []string{"bedrock.amazonaws.com"},
	})
}
