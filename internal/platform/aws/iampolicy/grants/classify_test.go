package grants

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/aws/iampolicy/actions"
)

// Policies of AWS's own, shortened where that changes nothing.
var (
	administratorAccess = allow("*", "*")
	powerUserAccess     = allow("!iam:* organizations:* account:*", "*") + "," +
		allow("account:GetAccountInformation iam:CreateServiceLinkedRole iam:DeleteServiceLinkedRole iam:ListRoles organizations:DescribeOrganization", "*")
	iamFullAccess = allow("iam:* organizations:DescribeAccount organizations:ListRoots", "*")
	securityAudit = allow("iam:GenerateCredentialReport iam:Get* iam:List* iam:SimulatePrincipalPolicy s3:GetBucket* s3:GetEncryptionConfiguration s3:ListAllMyBuckets ec2:Describe* kms:Describe* kms:Get* kms:List* lambda:GetPolicy lambda:List* cloudtrail:LookupEvents", "*") + "," +
		allow("apigateway:GET", "arn:aws:apigateway:*::/restapis arn:aws:apigateway:*::/restapis/*/stages")
	lambdaBasicExecution = allow("logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents", "*")
	ecsTaskExecution     = allow("ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability ecr:GetDownloadUrlForLayer ecr:BatchGetImage logs:CreateLogStream logs:PutLogEvents", "*")
)

// classes are those of the dangers, without repetition.
func classes(dangers []Danger) string {
	var out []string
	for _, d := range dangers {
		out = append(out, string(d.Class))
	}
	return strings.Join(slices.Compact(out), " ")
}

// paths are the names of the ways to escalate.
func paths(dangers []Danger) []string {
	var out []string
	for _, d := range dangers {
		if d.Path != "" {
			out = append(out, d.Path)
		}
	}
	return out
}

func TestClassify(t *testing.T) {
	t.Parallel()
	const (
		roles  = "arn:aws:iam::111111111111:role/*"
		app    = "arn:aws:iam::111111111111:role/app-*"
		tagged = `{"StringEquals":{"aws:ResourceTag/team":"shop"}}`
		from   = `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`
		all    = "administrator privilege_escalation pass_role_unrestricted permissions_management credential_exposure data_exfiltration service_wildcard resource_wildcard_write"
	)
	for name, test := range map[string]struct {
		have Identity
		want string
	}{
		"nothing":                          {Identity{}, ""},
		"AdministratorAccess":              {identity(t, administratorAccess), all},
		"AdministratorAccess by NotAction": {identity(t, allow("!made:Up", "*")), all},
		"AdministratorAccess by letters":   {identity(t, allow("*:*", "*")), all},
		"administrator from one network":   {identity(t, allow("*", "*", from)), all},
		"administrator of tagged things":   {identity(t, allow("*", "*", tagged)), "service_wildcard"},
		"administrator of one bucket":      {identity(t, allow("*", "arn:aws:s3:::data arn:aws:s3:::data/*")), "service_wildcard"},
		"administrator but for one thing":  {identity(t, administratorAccess, deny("s3:DeleteBucket", "*")), all},
		"administrator but for IAM":        {identity(t, administratorAccess, deny("iam:* sts:* sso:* identitystore:*", "*")), strings.TrimPrefix(strings.Replace(all, "pass_role_unrestricted ", "", 1), "administrator ")},
		"administrator under a boundary":   {bounded(t, allow("s3:GetObject", "arn:aws:s3:::data/*"), administratorAccess), ""},
		"administrator under S3":           {bounded(t, allow("s3:*", "*"), administratorAccess), "permissions_management credential_exposure data_exfiltration service_wildcard resource_wildcard_write"},
		"IAM under PowerUserAccess":        {bounded(t, powerUserAccess, allow("iam:*", "*")), "resource_wildcard_write"},
		"administrator retired":            {identity(t, administratorAccess, deny("*", "*")), ""},
		"PowerUserAccess":                  {identity(t, powerUserAccess), strings.TrimPrefix(strings.Replace(all, "pass_role_unrestricted ", "", 1), "administrator ")},
		"IAMFullAccess":                    {identity(t, iamFullAccess), "administrator privilege_escalation pass_role_unrestricted permissions_management credential_exposure service_wildcard resource_wildcard_write"},
		"SecurityAudit":                    {identity(t, securityAudit), ""},
		"basic execution of Lambda":        {identity(t, lambdaBasicExecution), "resource_wildcard_write"},
		"task execution of ECS":            {identity(t, ecsTaskExecution), "credential_exposure resource_wildcard_write"},
		"read of one bucket":               {identity(t, allow("s3:GetObject s3:ListBucket", "arn:aws:s3:::data arn:aws:s3:::data/*")), ""},
		"read of every bucket":             {identity(t, allow("s3:GetObject", "arn:aws:s3:::*")), "data_exfiltration"},
		"read of every bucket but one":     {identity(t, allow("s3:GetObject", "!arn:aws:s3:::data/*")), "data_exfiltration"},
		"read of no bucket":                {identity(t, allow("s3:GetObject", "!arn:aws:s3:::*")), ""},
		"read of every bucket by a tag":    {identity(t, allow("s3:GetObject", "*", `{"StringEquals":{"s3:ExistingObjectTag/open":"yes"}}`)), ""},
		"read of all but some by a tag":    {identity(t, allow("s3:GetObject", "*", `{"StringNotEquals":{"s3:ExistingObjectTag/open":"no"}}`)), "data_exfiltration"},
		"read by a tag if there":           {identity(t, allow("s3:GetObject", "*", `{"StringEqualsIfExists":{"s3:ExistingObjectTag/open":"yes"}}`)), "data_exfiltration"},
		"read by any tag":                  {identity(t, allow("s3:GetObject", "*", `{"StringLike":{"s3:ExistingObjectTag/open":"*"}}`)), "data_exfiltration"},
		"write to every bucket":            {identity(t, allow("s3:PutObject", "arn:aws:s3:::*/*")), "resource_wildcard_write"},
		"write to tagged things":           {identity(t, allow("ec2:StartInstances", "*", tagged)), ""},
		"write of what it tags itself":     {identity(t, allow("ec2:CreateVolume", "*", `{"StringEquals":{"aws:RequestTag/team":"shop"}}`)), ""},
		"write that takes no resource":     {identity(t, allow("ec2:CreateKeyPair ce:CreateAnomalyMonitor", "arn:aws:ec2:*:*:key-pair/app-*")), ""},
		"write on a resource of another":   {identity(t, allow("s3:GetBucketLocation sns:Publish", "arn:aws:s3:::* arn:aws:sns:eu-west-1:111111111111:alerts")), ""},
		"every action on one bucket":       {identity(t, allow("s3:*", "arn:aws:s3:::data arn:aws:s3:::data/*")), "service_wildcard"},
		"a wildcard that is denied whole":  {identity(t, allow("s3:*", "arn:aws:s3:::data"), deny("s3:*", "*")), ""},
		"a wildcard that a boundary lists": {bounded(t, allow("s3:GetObject s3:PutObject", "*"), allow("s3:*", "arn:aws:s3:::data/*")), ""},
		"permissions of every key":         {identity(t, allow("kms:PutKeyPolicy", "*")), "permissions_management resource_wildcard_write"},
		"permissions of one key":           {identity(t, allow("kms:PutKeyPolicy", "arn:aws:kms:eu-west-1:111111111111:key/1")), ""},

		"pass any role":                 {identity(t, allow("iam:PassRole", "*")), "pass_role_unrestricted resource_wildcard_write"},
		"pass any role of the account":  {identity(t, allow("iam:PassRole", roles)), "pass_role_unrestricted resource_wildcard_write"},
		"pass named roles":              {identity(t, allow("iam:PassRole", app)), ""},
		"pass to one service":           {identity(t, allow("iam:PassRole", "*", `{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}`)), ""},
		"pass to one service, if said":  {identity(t, allow("iam:PassRole", "*", `{"StringEqualsIfExists":{"iam:PassedToService":"lambda.amazonaws.com"}}`)), ""},
		"pass to any service":           {identity(t, allow("iam:PassRole", "*", `{"StringLike":{"iam:PassedToService":"*"}}`)), "pass_role_unrestricted resource_wildcard_write"},
		"pass to all but one service":   {identity(t, allow("iam:PassRole", "*", `{"StringNotEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}`)), "pass_role_unrestricted resource_wildcard_write"},
		"pass to what is any service":   {identity(t, allow("iam:PassRole", "*", `{"StringLike":{"iam:PassedToService":"*.amazonaws.com"}}`)), "pass_role_unrestricted resource_wildcard_write"},
		"attach the worst policy":       {identity(t, allow("iam:AttachRolePolicy", "*", `{"ArnEquals":{"iam:PolicyARN":["arn:aws:iam::111111111111:policy/app","arn:aws:iam::aws:policy/AdministratorAccess"]}}`)), "privilege_escalation permissions_management resource_wildcard_write"},
		"attach any policy of AWS":      {identity(t, allow("iam:AttachRolePolicy", "*", `{"ArnLike":{"iam:PolicyARN":"arn:aws:iam::aws:policy/*"}}`)), "privilege_escalation permissions_management resource_wildcard_write"},
		"assume under a name":           {identity(t, allow("sts:AssumeRole", "*", `{"StringLike":{"sts:RoleSessionName":"${aws:username}"}}`)), "privilege_escalation credential_exposure resource_wildcard_write"},
		"assume named roles":            {identity(t, allow("sts:AssumeRole", app)), ""},
		"pass elsewhere is denied":      {identity(t, allow("iam:PassRole", "*"), deny("iam:PassRole", "*", `{"StringNotEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}`)), ""},
		"pass elsewhere, some denied":   {identity(t, allow("iam:PassRole", "*"), deny("iam:PassRole", app, `{"StringNotEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}`)), "pass_role_unrestricted resource_wildcard_write"},
		"pass to one service is denied": {identity(t, allow("iam:PassRole", "*"), deny("iam:PassRole", "*", `{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}`)), "pass_role_unrestricted resource_wildcard_write"},
		"pass is denied on two terms":   {identity(t, allow("iam:PassRole", "*"), deny("iam:PassRole", "*", `{"StringNotEquals":{"iam:PassedToService":"lambda.amazonaws.com","aws:SourceVpc":"vpc-1"}}`)), "pass_role_unrestricted resource_wildcard_write"},
		"role policy, else denied":      {identity(t, allow("iam:PutRolePolicy", "*"), deny("iam:*", "*", `{"StringNotEquals":{"iam:PermissionsBoundary":"arn:aws:iam::111111111111:policy/limit"}}`)), ""},
		"pass tagged roles":             {identity(t, allow("iam:PassRole", "*", `{"StringEquals":{"iam:ResourceTag/team":"shop"}}`)), ""},
		"pass what are no roles":        {identity(t, allow("iam:PassRole", "arn:aws:iam::111111111111:user/*")), ""},
		"pass any role but some":        {identity(t, allow("iam:PassRole", "*"), deny("iam:PassRole", "arn:aws:iam::*:role/Admin*")), "pass_role_unrestricted resource_wildcard_write"},
		"pass only some roles":          {identity(t, allow("iam:PassRole", "*"), deny("iam:PassRole", "!"+app)), ""},
		"pass and run":                  {identity(t, allow("iam:PassRole", "*")+","+allow("ec2:RunInstances", "arn:aws:ec2:eu-west-1:111111111111:instance/app")), "privilege_escalation pass_role_unrestricted resource_wildcard_write"},

		"own access key":                {identity(t, allow("iam:CreateAccessKey", "arn:aws:iam::111111111111:user/${aws:username}")), ""},
		"own user policy":               {identity(t, allow("iam:PutUserPolicy", "arn:aws:iam::111111111111:user/${aws:username}")), "privilege_escalation"},
		"own role policy":               {identity(t, allow("iam:PutRolePolicy", ownARN)), "privilege_escalation"},
		"another's role policy":         {identity(t, allow("iam:PutRolePolicy", ownARN+"2")), ""},
		"role policies but one's own":   {identity(t, allow("iam:PutRolePolicy", "arn:aws:iam::111111111111:role/a*"), deny("iam:PutRolePolicy", ownARN)), ""},
		"role policy under a boundary":  {identity(t, allow("iam:PutRolePolicy", "*", `{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::111111111111:policy/limit"}}`)), ""},
		"attach one policy to any role": {identity(t, allow("iam:AttachRolePolicy", "*", `{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}`)), ""},
		"attach any policy but one":     {identity(t, allow("iam:AttachRolePolicy", "*", `{"ArnNotEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/AdministratorAccess"}}`)), "privilege_escalation permissions_management resource_wildcard_write"},
		"make a role and its policy":    {identity(t, allow("iam:CreateRole iam:PutRolePolicy", app)), "privilege_escalation"},
		"make roles, and others' policy": {
			identity(t, allow("iam:CreateRole", app)+","+allow("iam:PutRolePolicy", "arn:aws:iam::111111111111:role/web-*")), "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Classify(New(test.have, today))
			if diff := cmp.Diff(test.want, classes(got)); diff != "" {
				t.Errorf("%s%v", diff, paths(got))
			}
			if diff := cmp.Diff(outlined(got), Outline(New(test.have, today))); diff != "" {
				t.Errorf("the outline is another: %s", diff)
			}
			for _, d := range got {
				if len(d.Sources) == 0 || d.Why == "" || d.Remedy == "" || (d.Path == "") != (d.Class != PrivilegeEscalation) {
					t.Errorf("incomplete: %+v", d)
				}
			}
		})
	}
}

// TestPaths takes each known path with exactly its actions, and with each of them missing.
func TestPaths(t *testing.T) {
	t.Parallel()
	for _, p := range slices.Concat(iamPaths, takeovers, handovers) {
		names := strings.Fields(p.actions)
		name := strings.Join(names, " + ")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on := "*"
			if p.makes {
				on = "arn:aws:iam::111111111111:*/app-*" // Where one of the actions reaches everything, it is a path by itself.
			}
			with := func(names []string, change func(*Identity)) []string {
				have := identity(t, allow(strings.Join(names, " "), on))
				if p.bounded {
					have = bounded(t, allow("*", "*"), allow(strings.Join(names, " "), on))
				}
				if change != nil {
					change(&have)
				}
				return paths(Classify(New(have, today)))
			}
			if got := with(names, nil); !slices.Contains(got, name) {
				t.Fatalf("not found, but %v", got)
			}
			for i := range names {
				rest := slices.Delete(slices.Clone(names), i, i+1)
				if len(rest) > 0 && slices.Contains(with(rest, nil), name) {
					t.Errorf("found without %s", names[i])
				}
				if slices.Contains(with(names, func(have *Identity) {
					have.Policies = append(have.Policies, Policy{Name: "deny", Document: parse(t, deny(names[i], "*"))})
				}), name) {
					t.Errorf("found with %s denied", names[i])
				}
			}
			if p.bounded && slices.Contains(with(names, func(have *Identity) { have.Boundary = nil }), name) {
				t.Error("found without a boundary")
			}
			if p.to != "" {
				passed := func(service string) []string {
					condition := fmt.Sprintf(`{"StringEquals":{"iam:PassedToService":"%s.amazonaws.com"}}`, service)
					return paths(Classify(New(identity(t, allow("iam:PassRole", "*", condition)+","+allow(strings.Join(names[1:], " "), "*")), today)))
				}
				for _, service := range strings.Fields(p.to) {
					if !slices.Contains(passed(service), name) {
						t.Errorf("not found where a role can be passed to %s", service)
					}
				}
				if slices.Contains(passed("monitoring"), name) {
					t.Error("found where a role can be passed to another service")
				}
				named := identity(t, allow("iam:PassRole", "arn:aws:iam::111111111111:role/app-*")+","+allow(strings.Join(names[1:], " "), "*"))
				if slices.Contains(paths(Classify(New(named, today))), name) {
					t.Error("found where the roles are named")
				}
			}
		})
	}
}

// TestExposed takes each action of the tables on everything and on one thing.
func TestExposed(t *testing.T) {
	t.Parallel()
	for class, table := range map[Class][]exposed{DataExfiltration: exfiltration, CredentialExposure: credentials} {
		for _, e := range table {
			t.Run(string(class)+" "+e.action, func(t *testing.T) {
				t.Parallel()
				find := func(have Identity) *Danger {
					got := Classify(New(have, today))
					if i := slices.IndexFunc(got, func(d Danger) bool { return d.Class == class }); i >= 0 {
						return &got[i]
					}
					return nil
				}
				switch d := find(identity(t, allow(e.action, "*"))); {
				case d == nil:
					t.Error("not found")
				case len(d.Actions) != 1 || d.Actions[0].String() != e.action || !strings.Contains(d.Why, e.why):
					t.Errorf("found %+v", d)
				}
				service, _, _ := strings.Cut(e.action, ":")
				if d := find(identity(t, allow(e.action, "arn:aws:"+service+":eu-west-1:111111111111:thing/one"))); d != nil {
					t.Errorf("found on one thing: %+v", d)
				}
			})
		}
	}
}

// TestTables keeps the tables free of names that AWS does not have.
func TestTables(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, w := range load().ways {
		if seen[w.name] {
			t.Errorf("%s is there twice", w.name)
		}
		seen[w.name] = true
	}
	for _, a := range load().watched {
		if _, ok := actions.Lookup(a.Service, a.Name); !ok {
			t.Errorf("AWS has no %s", a)
		}
	}
	for text := range targets {
		service, name, _ := strings.Cut(text, ":")
		if a, ok := actions.Lookup(service, name); !ok || a.String() != text || !slices.Contains(load().watched, a) {
			t.Errorf("%s has a target for nothing", text)
		}
	}
	for _, name := range granting {
		if _, ok := actions.Lookup("iam", name); !ok {
			t.Errorf("AWS has no iam:%s", name)
		}
	}
}

// TestDangers shows what a message is made of.
func TestDangers(t *testing.T) {
	t.Parallel()
	have := Identity{Policies: []Policy{
		{Kind: CustomerManaged, Name: "arn:aws:iam::111111111111:policy/deploy", Document: parse(t, allow("s3:ListBucket", "*")+","+allow("iam:Pass*", "*"))},
		{Name: "run", Document: parse(t, allow("lambda:*Function", "*", `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`))},
	}}
	got := Classify(New(have, today))[0]
	want := Danger{
		Class: PrivilegeEscalation, Path: "iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction", Conditioned: true,
		Sources: []Source{
			{Kind: CustomerManaged, Policy: "arn:aws:iam::111111111111:policy/deploy", Statement: 1, Action: "iam:Pass*"},
			{Policy: "run", Action: "lambda:*Function"},
		},
		Grants: []Grant{{Action: "iam:Pass*", Resources: []string{"*"}}, {Action: "lambda:*Function", Resources: []string{"*"}}},
		Why:    "Whoever has iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction runs code of its own choice with a role that is passed to it, and so with all that the most powerful such role may do.",
		Remedy: `Name the roles in Resource, such as "arn:aws:iam::<account>:role/<name>", with the condition {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}.`,
	}
	for _, name := range []string{"iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"} {
		service, action, _ := strings.Cut(name, ":")
		a, _ := actions.Lookup(service, action)
		want.Actions = append(want.Actions, a)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	several := Classify(New(identity(t, allow("s3:GetObject sqs:ReceiveMessage ssm:GetParameter*", "*")), today))[0]
	if want := "Whoever has s3:GetObject reads every object in every bucket; the like goes for ssm:GetParameter, ssm:GetParameters, ssm:GetParametersByPath and 2 more."; several.Why != want {
		t.Error(several.Why)
	}
	for action, want := range map[string]string{
		"iam:PutRolePolicy":                `Allow iam:PutRolePolicy on "arn:aws:iam::<account>:role/<name>" only, with the condition ` + boundaryCondition + `.`,
		"iam:CreatePolicyVersion":          `Name what iam:CreatePolicyVersion is for in Resource, such as "arn:aws:iam::<account>:policy/<name>".`,
		"s3:GetObject":                     `Name what s3:GetObject is for in Resource, such as "arn:aws:s3:::<bucket>/<prefix>/*".`,
		"dynamodb:Scan":                    `Name what dynamodb:Scan is for in Resource, such as "arn:aws:dynamodb:<region>:<account>:table/<name>".`,
		"ssm:SendCommand":                  `Name what ssm:SendCommand is for in Resource, such as "arn:aws:ec2:<region>:<account>:instance/<name>".`,
		"ecr:GetAuthorizationToken":        "It takes no Resource, so limit what the password is good for: name the repositories where pulling and pushing are allowed.",
		"lightsail:DownloadDefaultKeyPair": "AWS takes no resource for lightsail:DownloadDefaultKeyPair: leave it out, or give it to an identity that does nothing else.",
		"rds-db:connect":                   `Name what rds-db:connect is for in Resource, such as "arn:aws:rds-db:<region>:<account>:<resource>".`,
	} {
		if got := Classify(New(identity(t, allow(action, "*")), today))[0]; got.Remedy != want {
			t.Errorf("%s: %s", action, got.Remedy)
		}
	}
}

// outlined is what an outline has of dangers.
func outlined(dangers []Danger) (out []Danger) {
	for _, d := range dangers {
		out = append(out, Danger{Class: d.Class, Path: d.Path, Conditioned: d.Conditioned, Sources: onePerStatement(d.Sources)})
	}
	return out
}

func FuzzClassify(f *testing.F) {
	for _, seed := range []string{administratorAccess, powerUserAccess, securityAudit, allow("iam:PassRole", "arn:aws:iam::*:role/${aws:username}", `{"DateLessThan":{"aws:CurrentTime":"2027"}}`), deny("!s3:*", "!*")} {
		f.Add(`{"Statement":[`+seed+`]}`, `{"Statement":[`+seed+`]}`)
	}
	f.Fuzz(func(t *testing.T, policy, boundary string) {
		d, err := iampolicy.Parse(policy)
		if err != nil {
			return
		}
		have := Identity{ARN: ownARN, Policies: []Policy{{Name: "p", Document: d}}}
		if b, err := iampolicy.Parse(boundary); err == nil {
			have.Boundary = &Policy{Kind: Boundary, Document: b}
		}
		s := New(have, today)
		if dangers := Classify(s); s.Empty() && len(dangers) > 0 {
			t.Errorf("an empty set has dangers: %+v", dangers)
		}
		if diff := cmp.Diff(outlined(Classify(s)), Outline(s)); diff != "" {
			t.Errorf("the outline is another: %s", diff)
		}
		unbounded := New(Identity{ARN: have.ARN, Policies: have.Policies}, today)
		for _, danger := range Classify(s) {
			if !slices.ContainsFunc(Classify(unbounded), func(other Danger) bool { return other.Class == danger.Class }) {
				t.Errorf("a boundary adds the danger %+v", danger)
			}
		}
		for _, gain := range Gains(s, s) {
			t.Errorf("a set gains of itself: %s", gain)
		}
		for _, gain := range Gains(&Set{}, s) {
			if gain.String() == "" || len(gain.Sources) == 0 {
				t.Errorf("an empty gain: %+v", gain)
			}
		}
	})
}
