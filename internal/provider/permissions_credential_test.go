package provider_test

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const (
	credentialType = "governed_credential"
	inSecret       = "aws_secrets_manager"
	inParameter    = "aws_ssm_parameter"

	mailer        = "aws:" + sim.DefaultAccount + ":user/shop/mailer"
	secretName    = "shop/mailer"
	parameterName = "/shop/mailer"

	readSecret = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`
)

// putMailer makes a user that the provider governs.
func putMailer(server *sim.Server) {
	server.Account(sim.DefaultAccount).PutUser(sim.User{Name: "mailer", Path: "/shop/", Tags: map[string]string{
		"nhi:owner": "shop", "nhi:purpose": "Sends the receipts of the shop", "nhi:expiry": acctest.Date(server, 700), "nhi:managed_by": "terraform-provider-governed",
	}})
}

// credentialLife is a credential in the hands of a life.
type credentialLife struct {
	*life
	kind, name string
	// put is the operation that stores a secret.
	put      string
	resource *acctest.Resource
	config   acctest.Values
}

// in is a configuration with some arguments of the store.
func (c *credentialLife) in(arguments acctest.Values) acctest.Values {
	store := acctest.Values{"name": c.name}.With(arguments)
	if c.storeRole != "" {
		store["assume_role_arn"] = c.storeRole
	}
	return acctest.Values{
		"identity": mailer, "justification": "The shop's software can send mail by SMTP only", "expiry": acctest.Date(c.server, 150),
		"rotate_after_days": 60, "overlap_hours": 48, "store": acctest.Values{c.kind: store},
	}
}

func (c *credentialLife) id() string {
	id := mailer + "#" + c.kind + ":" + c.name
	if c.storeRole != "" {
		id += "#" + c.storeRole
	}
	return id
}

// apply applies what is configured now.
func (c *credentialLife) apply() acctest.Diagnostics { return c.resource.Apply(c.config) }

// later is the next run, after some time.
func (c *credentialLife) later(passed time.Duration) acctest.Diagnostics {
	c.server.Clock().Advance(passed)
	c.resource = c.resource.Under(c.run())
	return c.resource.Refresh()
}

// interrupted is an apply that neither stores a secret nor revokes what it was for. It fails, which is no failure of the
// life.
func (c *credentialLife) interrupted() acctest.Diagnostics {
	for _, action := range []string{c.put, "UpdateAccessKey"} {
		c.server.InjectFault(sim.Fault{Action: action, Kind: sim.FaultAccessDenied})
	}
	defer c.server.ClearFaults()
	diags := c.apply()
	if strings.Contains(diags.String(), "nobody has its secret") {
		return nil
	}
	return diags
}

// common is what the lives have in common whatever keeps the secret: from a first configuration to an import of what a
// second one has made.
func (c *credentialLife) common(first, second acctest.Values) []step {
	day, client, user := 24*time.Hour, c.admin, aws.String("mailer")
	c.resource, c.config = c.run().Resource(credentialType), first.With(acctest.Values{"ses_smtp_region": "eu-west-1"})
	return []step{
		{"create", c.apply},
		{"refresh", func() acctest.Diagnostics { return append(c.later(0), c.resource.Plan(c.config)...) }},
		{"change", func() acctest.Diagnostics { c.config = second; return c.apply() }},
		{"rotate", func() acctest.Diagnostics { return append(c.later(61*day), c.apply()...) }},
		{"end the overlap", func() acctest.Diagnostics { return append(c.later(49*time.Hour), c.apply()...) }},
		{"live beside a key that nobody governs", func() acctest.Diagnostics {
			key := acctest.AccessKey(c.t, client, *user)
			defer func() {
				c.changed(client.DeleteAccessKey(c.t.Context(), &iam.DeleteAccessKeyInput{UserName: user, AccessKeyId: key.AccessKeyId}))
			}()
			return append(c.later(0), c.resource.Plan(c.config)...)
		}},
		{"be interrupted", func() acctest.Diagnostics { return append(c.later(61*day), c.interrupted()...) }},
		{"finish", func() acctest.Diagnostics { return append(c.later(0), c.apply()...) }},
		{"expire", func() acctest.Diagnostics { return append(c.later(30*day), c.apply()...) }},
		{"renew", func() acctest.Diagnostics {
			c.config = c.config.With(acctest.Values{"expiry": acctest.Date(c.server, 100)})
			return c.apply()
		}},
		{"import", func() acctest.Diagnostics {
			c.resource = c.run().Resource(credentialType)
			return append(c.resource.Import(c.id(), nil), c.apply()...)
		}},
	}
}

func (c *credentialLife) retire() acctest.Diagnostics { return c.resource.Apply(nil) }

// beGone is the end: nothing is left of the credential.
func (c *credentialLife) beGone() acctest.Diagnostics {
	c.t.Helper()
	user, _ := c.server.Account(sim.DefaultAccount).User("mailer")
	account := c.server.Account(c.storeAccount)
	if secrets, parameters := account.Secrets("eu-west-1"), account.Parameters("eu-west-1", "/"); len(user.AccessKeys)+len(secrets)+len(parameters) > 0 || len(user.Tags) != 4 {
		c.t.Errorf("left behind: the keys %v, the tags %v, the secrets %v, the parameters %v", user.AccessKeys, user.Tags, secrets, parameters)
	}
	return nil
}

// secretLife is the life of a credential in Secrets Manager.
func secretLife(l *life) []step {
	putMailer(l.server)
	c := &credentialLife{life: l, kind: inSecret, name: secretName, put: "PutSecretValue"}
	window, settings := acctest.Values{"recovery_window_days": 7}, acctest.Values{"recovery_window_days": 7}
	for argument, of := range map[string]struct {
		sid   string
		value any
	}{
		"kms_key_id":      {"OptionalStoreKey", "alias/shop"},
		"resource_policy": {"OptionalStorePolicy", readSecret},
		"replica_regions": {"OptionalStoreReplicas", []string{"eu-central-1"}},
	} {
		if l.may(of.sid) {
			settings[argument] = of.value
		}
	}
	return slices.Concat(c.common(c.in(window), c.in(settings)), []step{
		{"take the settings away", func() acctest.Diagnostics {
			c.config = c.config.With(acctest.Values{"store": c.in(window)["store"]})
			return c.apply()
		}},
		{"call a deletion off", func() acctest.Diagnostics {
			if l.may("OptionalStoreRestore") {
				l.changed(acctest.SecretsManagerOf(l.server, l.storeAccount).DeleteSecret(l.t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String(secretName)}))
			}
			return append(c.later(0), c.apply()...)
		}},
		{"retire", c.retire},
		{"create what is being deleted", func() acctest.Diagnostics {
			if !l.may("OptionalStoreRestore") {
				l.server.Clock().Advance(8 * 24 * time.Hour)
			}
			c.resource, c.config = l.run().Resource(credentialType), c.in(settings.With(acctest.Values{"recovery_window_days": 0}))
			return c.apply()
		}},
		{"retire for good", c.retire},
		{"be gone", c.beGone},
	})
}

// parameterLife is the life of a credential in Parameter Store.
func parameterLife(l *life) []step {
	putMailer(l.server)
	c := &credentialLife{life: l, kind: inParameter, name: parameterName, put: "PutParameter"}
	return slices.Concat(c.common(c.in(nil), c.in(acctest.Values{"key_id": "alias/shop", "tier": "Advanced"})), []step{
		{"change what it says", func() acctest.Diagnostics {
			c.config = c.config.With(acctest.Values{"justification": "The shop's software still cannot do without SMTP"})
			return c.apply()
		}},
		{"retire", c.retire},
		{"be gone", c.beGone},
	})
}
