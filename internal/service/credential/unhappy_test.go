package credential_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// TestSimRefusedAtPlan finds at plan what would fail, before anything is made.
func TestSimRefusedAtPlan(t *testing.T) {
	t.Parallel()
	secret := func(arguments acctest.Values) acctest.Values {
		return acctest.Values{"store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": secretName}.With(arguments)}}
	}
	parameter := func(name string) acctest.Values {
		return acctest.Values{"store": acctest.Values{"aws_ssm_parameter": acctest.Values{"name": name}}}
	}
	const foreign = "arn:aws:iam::444455556666:role/secrets"
	for name, test := range map[string]struct {
		prepare func(*sim.Server)
		further func(*sim.Server) acctest.Values
		want    string
	}{
		"expiry after the identity's": {
			further: func(s *sim.Server) acctest.Values { return acctest.Values{"expiry": acctest.Date(s, 301)} },
			want:    "error expiry: Credential cannot be like this…is after that of the identity, …cannot outlive…referring to the identity's own expiry",
		},
		"expiry in the past": {
			further: func(s *sim.Server) acctest.Values { return acctest.Values{"expiry": acctest.Date(s, -2)} },
			want:    "error expiry: Expiry is in the past",
		},
		"expiry that is none": {
			further: func(*sim.Server) acctest.Values { return acctest.Values{"expiry": "soon"} },
			want:    `error expiry: Expiry is not a time…"soon"`,
		},
		"overlap as long as the rotation": {further: func(*sim.Server) acctest.Values {
			return acctest.Values{"rotate_after_days": 2, "overlap_hours": 48}
		}, want: "error overlap_hours: Credential cannot be like this…not shorter than the 2 days (48 hours)…Write less than 48, such as 24"},
		"rotation too seldom": {
			further: func(*sim.Server) acctest.Values { return acctest.Values{"rotate_after_days": 91} },
			want:    "error rotate_after_days: Credential would be used for too long…91; the policy lets a long-lived credential be used for 90 days…Write 90 or less",
		},
		"filler as justification": {
			further: func(*sim.Server) acctest.Values { return acctest.Values{"justification": "needed for the service"} },
			want:    "error justification: Justification says too little…filler",
		},
		"short justification": {
			further: func(*sim.Server) acctest.Values { return acctest.Values{"justification": "Vendor"} },
			want:    "error justification: Justification says too little…6 characters; the policy wants at least 10",
		},
		"no justification": {
			further: func(*sim.Server) acctest.Values { return acctest.Values{"justification": " "} },
			want:    "error justification: Metadata text is not usable…empty",
		},
		"long justification": {further: func(*sim.Server) acctest.Values {
			return acctest.Values{"justification": strings.Repeat("the vendor's relay ", 20)}
		}, want: "error justification: The platform would refuse this…more than the limit of 256"},
		"role as identity": {
			further: func(*sim.Server) acctest.Values { return acctest.Values{"identity": "aws:123456789012:role/mailer"} },
			want:    "error identity: Identity has no such credentials…aws_role, which needs no long-lived credential",
		},
		"identity that is no id": {
			further: func(*sim.Server) acctest.Values { return acctest.Values{"identity": "mailer"} },
			want:    `error identity: Identity has no such credentials…"mailer" is not a canonical identity id`,
		},
		"identity of another account": {further: func(*sim.Server) acctest.Values {
			return acctest.Values{"identity": "aws:444455556666:user/mailer"}
		}, want: "error identity: Credential cannot be planned…is in account 444455556666, but the provider's credentials belong to account 123456789012"},
		"identity that nobody governs": {
			prepare: func(s *sim.Server) { account(s).PutUser(sim.User{Name: "mailer"}) },
			want:    "error identity: Identity is not governed…Bring it under governance first",
		},
		"identity of a human": {prepare: func(s *sim.Server) {
			view, _ := account(s).User("mailer")
			account(s).PutUser(sim.User{Name: "mailer", Tags: view.Tags, Login: &sim.Login{}})
		}, want: "error identity: Identity is used by a human…password for the console"},
		"both slots taken": {prepare: func(s *sim.Server) {
			view, _ := account(s).User("mailer")
			account(s).PutUser(sim.User{Name: "mailer", Tags: view.Tags, AccessKeys: []sim.AccessKey{
				{CreatedAt: s.Clock().Now().AddDate(-2, 0, 0), LastUsedAt: s.Clock().Now().AddDate(0, -1, 0)}, {Inactive: true, CreatedAt: s.Clock().Now().AddDate(-1, 0, 0)},
			}})
		}, want: "error identity: Identity has no room for another credential…allows 2…AKIA…not governed, active, made on 2024-…last use: …by the service s3, in eu-west-1…AKIA…inactive…last use: none so far…None of them is deleted for you"},
		"secret that is somebody else's": {
			prepare: func(s *sim.Server) { account(s).PutSecret(sim.Secret{Name: secretName, Value: "theirs"}) },
			want:    "error store: Credential cannot be planned…The secret mailer/smtp in eu-west-1 of account 123456789012, which is not this identity's, exists already…Choose another name",
		},
		"parameter that is somebody else's": {
			prepare: func(s *sim.Server) { account(s).PutParameter(sim.Parameter{Name: parameterName, Value: "theirs"}) },
			further: func(*sim.Server) acctest.Values { return parameter(parameterName) },
			want:    "error store: Credential cannot be planned…The parameter /mailer/smtp in eu-west-1…exists already",
		},
		"secret of another identity": {prepare: func(s *sim.Server) {
			account(s).PutSecret(sim.Secret{Name: secretName, Tags: map[string]string{"nhi:managed_by": "terraform-provider-governed", "nhi:identity": "aws:123456789012:user/other"}})
		}, want: "error store: Credential cannot be planned…which is not this identity's, exists already"},
		"store in an account that lets nobody in": {
			further: func(*sim.Server) acctest.Values { return secret(acctest.Values{"assume_role_arn": foreign}) },
			want:    "error store: Secret store cannot be reached…lack the permission sts:AssumeRole…" + foreign,
		},
		"store in an account without permission": {
			prepare: func(s *sim.Server) {
				s.Account("444455556666").PutRole(sim.Role{Name: "secrets", TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`})
			}, further: func(*sim.Server) acctest.Values { return secret(acctest.Values{"assume_role_arn": foreign}) },
			want: "error store: Credential cannot be planned…lack the permission secretsmanager:DescribeSecret…assumed-role/secrets",
		},
		"name that is an ARN": {further: func(*sim.Server) acctest.Values {
			return secret(acctest.Values{"name": "arn:aws:secretsmanager:eu-west-1:444455556666:secret:x"})
		}, want: "error store.aws_secrets_manager.name: The platform would refuse this…is an ARN, not a name…assume_role_arn"},
		"name with a space":        {further: func(*sim.Server) acctest.Values { return secret(acctest.Values{"name": "my secret"}) }, want: "error store.aws_secrets_manager.name: The platform would refuse this…a character"},
		"name like the end of ARN": {further: func(*sim.Server) acctest.Values { return secret(acctest.Values{"name": "mailer-abc123"}) }, want: "error store.aws_secrets_manager.name: The platform would refuse this…as ARNs of secrets do"},
		"long name":                {further: func(*sim.Server) acctest.Values { return secret(acctest.Values{"name": strings.Repeat("x", 513)}) }, want: "error store.aws_secrets_manager.name: The platform would refuse this…1 more than"},
		"recovery window":          {further: func(*sim.Server) acctest.Values { return secret(acctest.Values{"recovery_window_days": 3}) }, want: "error store.aws_secrets_manager.recovery_window_days: The platform would refuse this…7 to 30 days, or 0"},
		"policy over quota": {further: func(*sim.Server) acctest.Values {
			return secret(acctest.Values{"resource_policy": strings.Repeat("1", 20481)})
		}, want: "error store.aws_secrets_manager.resource_policy: The platform would refuse this…1 more than"},
		"policy that is no JSON": {further: func(*sim.Server) acctest.Values {
			return secret(acctest.Values{"resource_policy": "{"})
		}, want: "error store.aws_secrets_manager.resource_policy: The platform would refuse this…is not JSON…jsonencode"},
		"parameter of AWS":       {further: func(*sim.Server) acctest.Values { return parameter("/aws/x") }, want: "error store.aws_ssm_parameter.name: The platform would refuse this…AWS keeps for itself"},
		"parameter half a path":  {further: func(*sim.Server) acctest.Values { return parameter("mailer/smtp") }, want: "error store.aws_ssm_parameter.name: The platform would refuse this…has to start with /"},
		"parameter's characters": {further: func(*sim.Server) acctest.Values { return parameter("/a b") }, want: "error store.aws_ssm_parameter.name: The platform would refuse this…is not the name of a parameter"},
		"no store":               {further: func(*sim.Server) acctest.Values { return acctest.Values{"store": acctest.Values{}} }, want: "error store: No secret store is declared"},
		"two stores": {further: func(*sim.Server) acctest.Values {
			return acctest.Values{"store": acctest.Values{"aws_secrets_manager": acctest.Values{"name": "a"}, "aws_ssm_parameter": acctest.Values{"name": "b"}}}
		}, want: "error store: More than one secret store is declared"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			if test.prepare != nil {
				test.prepare(server)
			}
			config := inSecretsManager(server)
			if test.further != nil {
				config = config.With(test.further(server))
			}
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			r.Plan(config).Want(t, test.want)
			if n := server.CountCalls("iam:CreateAccessKey") + server.CountCalls("secretsmanager:CreateSecret"); n > 0 {
				t.Errorf("%d calls made something", n)
			}
		})
	}
}

// TestSimNoIdentity plans a credential of an identity that does not exist, which the same plan may make, and fails when
// it still does not.
func TestSimNoIdentity(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Plan(inSecretsManager(server)).Want(t)
	r.ApplyPlanned(inSecretsManager(server)).Want(t, "error identity: Identity does not exist…there is no aws:123456789012:user/mailer…governed_service_identity")
	if len(account(server).Secrets(region)) > 0 {
		t.Error("a secret was left behind")
	}
}

// TestSimStoreRefuses lets the store refuse the secret, and finds that nothing was left.
func TestSimStoreRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ store, action, want string }{
		"secret, made":    {"secrets manager", "CreateSecret", "secretsmanager:CreateSecret"},
		"secret, filled":  {"secrets manager", "PutSecretValue", "secretsmanager:PutSecretValue"},
		"parameter, made": {"parameter store", "PutParameter", "ssm:PutParameter"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newSim(t)
			config := stores(server)[test.store].config
			r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
			server.DenyActions(sim.DefaultAccount, test.want)
			r.Apply(config).Want(t, "error store: Credential cannot be applied…lack the permission "+test.want)
			wantNothingLeft(t, server)
			if r.Exists() {
				t.Error("it is in the state")
			}
			server.DenyActions(sim.DefaultAccount)
			r.Apply(config).Want(t)
			use(t, server, stores(server)[test.store].read(t), true)
		})
	}
}

// TestSimRevocationFails lets both the store and the revocation fail, which the next apply mends.
func TestSimRevocationFails(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	config := inSecretsManager(server)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	r := p.Resource(typeName)
	server.DenyActions(sim.DefaultAccount, "secretsmanager:PutSecretValue", "iam:UpdateAccessKey")
	r.Apply(config).Want(t, "error store: Credential cannot be applied…lack the permission secretsmanager:PutSecretValue…AKIA…still valid")
	if len(keys(t, server)) != 1 {
		t.Fatal("there is no orphan")
	}
	server.DenyActions(sim.DefaultAccount)
	r.Plan(config).Want(t, "warning identity: Interrupted apply left a credential behind…The next apply revokes it")
	r.Apply(config).Want(t, "warning identity: Interrupted apply left a credential behind")
	wantKeys(t, server, text(r, "credential_id"))
	server.Clock().Advance(time.Minute)
	r.Refresh().Want(t)
}
