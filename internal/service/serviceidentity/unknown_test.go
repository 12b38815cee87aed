package serviceidentity_test

import (
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// TestUnknown plans with values that are known only at apply, judges them then, and refuses before any write.
func TestUnknown(t *testing.T) {
	t.Parallel()
	everythingUnknown := acctest.Values{
		"name": acctest.Unknown, "owner": acctest.Unknown, "purpose": acctest.Unknown, "expiry": acctest.Unknown, "systems": acctest.Unknown, "labels": acctest.Unknown,
		"aws_role": acctest.Values{
			"path": acctest.Unknown, "trust": acctest.Unknown, "inline_policies": acctest.Unknown, "managed_policy_arns": acctest.Unknown,
			"permissions_boundary_arn": acctest.Unknown, "max_session_duration": acctest.Unknown, "instance_profile": acctest.Unknown,
		},
	}
	for name, later := range map[string]violation{
		"nothing wrong":     {acctest.Values{}, nil},
		"owner":             {acctest.Values{"owner": "test"}, []string{"error owner: Owner names nobody"}},
		"purpose":           {acctest.Values{"purpose": ""}, []string{"error purpose: Metadata text is not usable"}},
		"expiry malformed":  {acctest.Values{"expiry": "soon"}, []string{"error expiry: Expiry is not a time"}},
		"expiry past":       {acctest.Values{"expiry": "2020-01-01"}, []string{"error expiry: Expiry is in the past"}},
		"expiry too far":    {acctest.Values{"expiry": "2199-01-01"}, []string{"error expiry: Expiry is too far ahead"}},
		"required metadata": {acctest.Values{"labels": acctest.Values{}}, []string{`error labels: Required metadata is missing … "team"`}},
		"trust":             {trusting(acctest.Values{"aws_services": []string{"lambda"}}), []string{"error aws_role.trust.aws_services: Trust is not safe"}},
		"no trust":          {trusting(acctest.Values{}), []string{"error aws_role.trust: The platform would refuse this … names anybody"}},
		"policy":            {policies("read", "{"), []string{`error aws_role.inline_policies["read"]: The platform would refuse this`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := acctest.NewSim(t)
			p := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"required_metadata": []string{"labels.team"}}})
			r := p.Resource(typeName)
			r.Plan(fullRole(server).With(everythingUnknown)).Want(t)
			for _, path := range [][]string{{"id"}, {"status"}, {"aws_role", "arn"}, {"aws_role", "effective_trust_policy"}} {
				if got := r.Planned(path...); got != acctest.Unknown {
					t.Errorf("%v is planned to be %v", path, got)
				}
			}
			known := fullRole(server).With(acctest.Values{"labels": acctest.Values{"team": "finance"}}).With(later.wrong)
			r.ApplyPlanned(known).Want(t, later.says...)
			if len(later.says) > 0 {
				wantWrites(t, server)
				return
			}
			r.Refresh().Want(t)
			r.Plan(known).Want(t)
			if r.Changes() {
				t.Error("the second plan changes something")
			}
		})
	}
}

// TestUnknownPlatform postpones even the choice of the platform.
func TestUnknownPlatform(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Plan(lambdaRole(server).With(acctest.Values{"aws_role": acctest.Unknown})).Want(t)
	r.ApplyPlanned(lambdaRole(server).With(acctest.Values{"aws_role": nil})).Want(t, "error : No platform is declared")
	r.ApplyPlanned(lambdaRole(server)).Want(t)
}

// TestUnknownKeepsUniqueID has an update with unknown values still show what it keeps.
func TestUnknownKeepsUniqueID(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	r := acctest.NewConfiguredProtocol(t, server, nil).Resource(typeName)
	r.Apply(lambdaRole(server)).Want(t)
	unique := r.State("aws_role", "unique_id")
	r.Plan(lambdaRole(server).With(acctest.Values{"expiry": acctest.Unknown, "owner": acctest.Unknown})).Want(t)
	if got := r.Planned("aws_role", "unique_id"); got != unique || r.Replaces() {
		t.Errorf("the unique id %v is planned to be %v, replaced %t", unique, got, r.Replaces())
	}
	r.ApplyPlanned(lambdaRole(server).With(acctest.Values{"owner": "billing"})).Want(t)
	if got := role(t, server, "invoice-export").Tags["nhi:owner"]; got != "billing" {
		t.Errorf("the owner is %q", got)
	}
}

// TestHostileTexts has every text come back from the tags as it was written.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"enforcement": acctest.Values{"purpose_quality": "off"}}})
	r := p.Resource(typeName)
	for _, text := range []string{"=", "=2", "==2C=", "=3D", "a,b", " two  spaces ", "Ünï 漢字 🚀", "</script>'\"; --", "${x}", "\u202e reversed"} {
		config := lambdaRole(server).With(acctest.Values{"purpose": text, "ticket": text, "systems": []string{text, "b c"}})
		r.Apply(config).Want(t)
		r = r.Under(acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"enforcement": acctest.Values{"purpose_quality": "off"}}}))
		r.Refresh().Want(t)
		r.Plan(config).Want(t)
		if r.Changes() {
			t.Errorf("%q came back as %q", text, r.State("purpose"))
		}
	}
}
