package grants

import (
	"slices"
	"strings"
	"sync"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// catalogue has the tables of dangers, ready for use. The actions that they watch are in it once, and everything else
// has indices of them.
type catalogue struct {
	watched      []actions.Action
	byService    map[string][]int // indices of watched
	targets      []target
	arns         map[[2]string]string // of targets, by service and name
	ways         []way
	exfiltration []exposedAction
	credentials  []exposedAction
	pass         int
}

// way is a path with its actions found.
type way struct {
	path
	name    string
	needs   []int
	passing bool
}

type exposedAction struct {
	exposed
	index int
}

var load = sync.OnceValue(func() *catalogue {
	c := &catalogue{arns: map[[2]string]string{}, byService: map[string][]int{}}
	for text, t := range targets {
		service, name, _ := strings.Cut(text, ":")
		c.arns[[2]string{service, name}] = t.arn
	}
	index := map[string]int{}
	watch := func(text string) int {
		if i, ok := index[text]; ok {
			return i
		}
		service, name, _ := strings.Cut(text, ":")
		action, ok := actions.Lookup(service, name)
		if !ok {
			action = actions.Action{Service: service, Name: name}
		}
		c.watched, c.targets = append(c.watched, action), append(c.targets, targets[text])
		index[text] = len(c.watched) - 1
		c.byService[service] = append(c.byService[service], index[text])
		return index[text]
	}
	for _, p := range slices.Concat(iamPaths, takeovers, handovers) {
		names := strings.Fields(p.actions)
		w := way{path: p, name: strings.Join(names, " + "), passing: names[0] == "iam:PassRole"}
		for _, name := range names {
			w.needs = append(w.needs, watch(name))
		}
		c.ways = append(c.ways, w)
	}
	for _, e := range exfiltration {
		c.exfiltration = append(c.exfiltration, exposedAction{e, watch(e.action)})
	}
	for _, e := range credentials {
		c.credentials = append(c.credentials, exposedAction{e, watch(e.action)})
	}
	c.pass = watch("iam:PassRole")
	return c
})

// target is what an action of the tables has to reach to be dangerous.
type target struct {
	// arn is a pattern of the resources that count, where AWS takes others for the action as well, or where their service
	// is another one than the action's. Empty stands for those of the action's own service.
	arn string
	// self says that the identity itself, or a policy of its own, is dangerous enough.
	self bool
}

const (
	anyRole     = "arn:*:iam::*:role/*"
	anyUser     = "arn:*:iam::*:user/*"
	anyGroup    = "arn:*:iam::*:group/*"
	anyPolicy   = "arn:*:iam::*:policy/*"
	anyInstance = "arn:*:ec2:*:*:instance/*"
)

var targets = map[string]target{
	"iam:PassRole":                                       {arn: anyRole},
	"sts:AssumeRole":                                     {arn: anyRole},
	"sts:AssumeRoleWithSAML":                             {arn: anyRole},
	"sts:AssumeRoleWithWebIdentity":                      {arn: anyRole},
	"iam:CreateRole":                                     {arn: anyRole},
	"iam:UpdateAssumeRolePolicy":                         {arn: anyRole},
	"iam:AttachRolePolicy":                               {arn: anyRole, self: true},
	"iam:PutRolePolicy":                                  {arn: anyRole, self: true},
	"iam:DeleteRolePermissionsBoundary":                  {arn: anyRole, self: true},
	"iam:PutRolePermissionsBoundary":                     {arn: anyRole, self: true},
	"iam:AttachUserPolicy":                               {arn: anyUser, self: true},
	"iam:PutUserPolicy":                                  {arn: anyUser, self: true},
	"iam:DeleteUserPermissionsBoundary":                  {arn: anyUser, self: true},
	"iam:PutUserPermissionsBoundary":                     {arn: anyUser, self: true},
	"iam:CreateUser":                                     {arn: anyUser},
	"iam:CreateAccessKey":                                {arn: anyUser},
	"iam:UpdateAccessKey":                                {arn: anyUser},
	"iam:CreateLoginProfile":                             {arn: anyUser},
	"iam:UpdateLoginProfile":                             {arn: anyUser},
	"iam:CreateServiceSpecificCredential":                {arn: anyUser},
	"iam:ResetServiceSpecificCredential":                 {arn: anyUser},
	"iam:AttachGroupPolicy":                              {arn: anyGroup},
	"iam:PutGroupPolicy":                                 {arn: anyGroup},
	"iam:AddUserToGroup":                                 {arn: anyGroup},
	"iam:CreatePolicyVersion":                            {arn: anyPolicy, self: true},
	"iam:SetDefaultPolicyVersion":                        {arn: anyPolicy, self: true},
	"iam:UpdateSAMLProvider":                             {arn: "arn:*:iam::*:saml-provider/*"},
	"ec2:ModifyInstanceAttribute":                        {arn: anyInstance},
	"ec2:StopInstances":                                  {arn: anyInstance},
	"ec2:StartInstances":                                 {arn: anyInstance},
	"ec2:GetPasswordData":                                {arn: anyInstance},
	"ec2-instance-connect:SendSSHPublicKey":              {arn: anyInstance},
	"ec2-instance-connect:SendSerialConsoleSSHPublicKey": {arn: anyInstance},
	"ssm:StartSession":                                   {arn: anyInstance},
	"ssm:SendCommand":                                    {arn: anyInstance},
	"ec2:ModifySnapshotAttribute":                        {arn: "arn:*:ec2:*:*:snapshot/*"},
	"ec2:ModifyImageAttribute":                           {arn: "arn:*:ec2:*:*:image/*"},
	"rds-data:ExecuteStatement":                          {arn: "arn:*:rds:*:*:cluster:*"},
	"redshift-data:ExecuteStatement":                     {arn: "arn:*:redshift*:*:*:*"},
	"ebs:GetSnapshotBlock":                               {arn: "arn:*:ec2:*:*:snapshot/*"},
}

// reaches tells whether an access to a watched action reaches resources of any name, or the identity itself where that
// is enough.
func (c *classifier) reaches(a *Access, i int) bool {
	t := c.targets[i]
	return a.wideOn(c.watched[i].Service, t.arn) || t.self && c.set.reachesSelf(a, t.arn)
}

// everywhere tells whether an access is to everything without exception.
func (a *Access) everywhere() bool {
	return len(a.Except) == 0 && len(a.Resources) == 1 && a.Resources[0] == "*"
}

// wideOn tells whether an access reaches resources of any name: those that the pattern arn matches, or all of the
// action's service where it is empty.
func (a *Access) wideOn(service, arn string) bool {
	key := [2]string{service, arn}
	found, ok := a.on.wide[key]
	if !ok {
		if found = a.isWideOn(service, arn); a.on.wide == nil {
			a.on.wide = map[[2]string]bool{}
		}
		a.on.wide[key] = found
	}
	return found
}

func (a *Access) isWideOn(service, arn string) bool {
	if slices.ContainsFunc(a.Except, func(p string) bool {
		return arn == "" && everythingOf(service, p) || arn != "" && whole(p) && among(arn, p)
	}) {
		return false
	}
	return slices.ContainsFunc(a.Resources, func(p string) bool { return (p == "*" || wide(p)) && a.concerns(p, service, arn) })
}

// appliesTo tells whether an access is to anything that the action can be taken on.
func (a *Access) appliesTo(service, arn string) bool {
	return slices.ContainsFunc(a.Resources, func(p string) bool { return a.concerns(p, service, arn) })
}

// concerns tells whether a pattern has to do with an action. One of another service belongs to the actions of that
// service, if the statement has any.
func (a *Access) concerns(pattern, service, arn string) bool {
	if pattern == "*" || arn != "" {
		return pattern == "*" || among(arn, pattern)
	}
	of, _ := splitARN(pattern)
	return actions.Match(of, service) || !a.from.mentions(of)
}

// reachesSelf tells whether an access reaches the identity that has it.
func (s *Set) reachesSelf(a *Access, arn string) bool {
	user := arn == anyUser && slices.ContainsFunc(a.Resources, func(p string) bool {
		return strings.Contains(strings.ToLower(p), "${aws:username}") && among(anyUser, p)
	})
	return user || slices.ContainsFunc(s.self, func(self string) bool {
		return covers(arn, self) && coveredByAny(a.Resources, self) && !coveredByAny(a.Except, self)
	})
}
