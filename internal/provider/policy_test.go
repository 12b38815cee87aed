package provider_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// file writes a policy file.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestStrictest takes the strictest of what the provider block, its file and the environment's file say, each of which
// is the strictest in something.
func TestStrictest(t *testing.T) {
	t.Setenv("GOVERNED_POLICY_FILE", file(t, "environment.json", `{"max_lifetime_days": 200, "required_metadata": ["ticket"], "enforcement": {"owner": "error", "purpose_quality": "off"}}`))
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, acctest.Values{
		"policy": acctest.Values{
			"max_lifetime_days": 60, "required_metadata": []string{"environment"},
			"enforcement": acctest.Values{"owner": "off", "purpose_quality": "warn"},
		},
		"policy_file": file(t, "policy.yaml", "max_lifetime_days: 90\nrequired_metadata: [labels.team]\nowners:\n  pattern: team-.*\n"),
	})
	p.Resource(typeName).Plan(identity(server).With(acctest.Values{"owner": "test", "purpose": "foo"})).Want(t,
		"error owner: Owner names nobody", "warning purpose: Purpose says too little", "error expiry: Expiry is too far ahead … at most, to "+acctest.Date(server, 60),
		"error environment: Required metadata is missing", `error labels: Required metadata is missing … "team"`, "error ticket: Required metadata is missing")
	p.Resource(typeName).Plan(identity(server).With(acctest.Values{
		"expiry": acctest.Date(server, 60), "environment": "prod", "ticket": "SEC-1", "labels": acctest.Values{"team": "finance"},
	})).Want(t, "error owner: Owner names nobody … does not match the policy's pattern for owners, team-.*")
}

// rules is a policy with a rule for each expression, all of the name r.
func rules(expressions ...string) acctest.Values {
	var list []any
	for _, expression := range expressions {
		list = append(list, acctest.Values{"name": "r", "expression": expression, "message": "m"})
	}
	return acctest.Values{"rules": list}
}

// TestRulesOfSeveralPolicies judges by the rules of all policies, and of one that is in two by the harder enforcement.
func TestRulesOfSeveralPolicies(t *testing.T) {
	t.Setenv("GOVERNED_POLICY_FILE", file(t, "environment.yaml", "rules:\n  - {name: shared, message: m, expression: has(identity.ticket)}\n  - {name: own, message: m, expression: has(identity.environment), enforcement: warn}\n"))
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"rules": []any{
		acctest.Values{"name": "shared", "message": "m", "expression": "has(identity.ticket)", "enforcement": "off"},
		acctest.Values{"name": "own", "message": "m", "expression": "true"},
	}}})
	p.Resource(typeName).Plan(identity(server)).Want(t, "error : Policy rule is broken … Rule: custom:shared (error).", "warning : Policy rule is broken … Rule: custom:own (warn).")
}

func TestInlinePolicy(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	for name, of := range map[string]struct {
		policy acctest.Values
		says   []string
	}{
		"empty":             {acctest.Values{}, nil},
		"days":              {acctest.Values{"max_lifetime_days": 0}, []string{"error policy.max_lifetime_days: Policy is malformed … policy.max_lifetime_days: 0 is not a number of days from 1 to 36500."}},
		"category":          {acctest.Values{"max_lifetime_days_by_category": acctest.Values{"humans": 3}}, []string{`error policy.max_lifetime_days_by_category["humans"]: Policy is malformed … unknown category; the categories are provider_managed, shared, enterprise_managed, external`}},
		"metadata":          {acctest.Values{"required_metadata": []string{"colour"}}, []string{`error policy.required_metadata: Policy is malformed … "colour" is not metadata; it can be owner, purpose`}},
		"pattern":           {acctest.Values{"owners": acctest.Values{"pattern": "("}}, []string{"error policy.owners.pattern: Policy is malformed … not an RE2 regular expression … missing closing )"}},
		"length":            {acctest.Values{"purpose": acctest.Values{"min_length": -1}}, []string{"error policy.purpose.min_length: Policy is malformed … from 0 to 200"}},
		"filler":            {acctest.Values{"purpose": acctest.Values{"filler_words": []string{"two words"}}}, []string{`error policy.purpose.filler_words: Policy is malformed … "two words" is not a single word`}},
		"rule":              {acctest.Values{"enforcement": acctest.Values{"colour": "off"}}, []string{`error policy.enforcement["colour"]: Policy is malformed … unknown rule; the rules are owner, owner_unknown, purpose_quality`}},
		"enforcement":       {acctest.Values{"enforcement": acctest.Values{"owner": "maybe"}}, []string{`error policy.enforcement["owner"]: Policy is malformed … "maybe" is not an enforcement; it can be error, warn, off`}},
		"rule's expression": {rules(`true && identity.ownr == "a"`), []string{`error policy.rules[0].expression: Policy is malformed … policy.rules[0].expression: rule "r": line 1, column 17: undefined field 'ownr' (did you mean 'owner'?).`}},
		"rule's type":       {rules(`identity.owner`), []string{"error policy.rules[0].expression: Policy is malformed … it is a string, but has to be a bool"}},
		"rule's cost":       {rules(`trust.all(a, trust.all(b, trust.all(c, trust.all(d, trust.all(e, a == b)))))`), []string{"error policy.rules[0].expression: Policy is malformed … units, and a rule may cost 10000000"}},
		"rules' names":      {rules("true", "true"), []string{`error policy.rules[1].name: Policy is malformed … policy.rules[1].name: "r" is the name of rules[0] too; give each rule its own.`}},
		"rule's all": {
			acctest.Values{"rules": []any{acctest.Values{"name": "a b", "expression": " ", "message": "", "enforcement": "deny", "attribute": "aws_role"}}},
			[]string{
				"error policy.rules[0].name: Policy is malformed", "error policy.rules[0].expression: Policy is malformed … it is blank", "error policy.rules[0].message: Policy is malformed",
				`error policy.rules[0].enforcement: Policy is malformed … "deny" is not an enforcement`, `error policy.rules[0].attribute: Policy is malformed … "aws_role"`,
			},
		},
		"too many rules":   {rules(slices.Repeat([]string{"true"}, 101)...), slices.Repeat([]string{"error policy.rules"}, 101)},
		"several problems": {acctest.Values{"max_lifetime_days": -1, "warn_before_days": -1}, []string{"error policy.max_lifetime_days: Policy is malformed", "error policy.warn_before_days: Policy is malformed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.NewProtocol(t, server).Configure(acctest.Values{"policy": of.policy}).Want(t, of.says...)
		})
	}
}

func TestPolicyFile(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	for name, of := range map[string]struct{ path, says string }{
		"missing":     {filepath.Join(t.TempDir(), "absent.yaml"), "error policy_file: Policy file cannot be used … absent.yaml … no such file"},
		"folder":      {t.TempDir(), "error policy_file: Policy file cannot be used"},
		"unknown key": {file(t, "p.yaml", "max_lifetime: 3\n"), "error policy_file: Policy file cannot be used … p.yaml is not a valid policy … 'max_lifetime' … named by policy_file … policy.schema.json"},
		"bad YAML":    {file(t, "p.yaml", "owners:\n  pattern: [\n"), "error policy_file: Policy file cannot be used … p.yaml is not a valid policy … line 2, column "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.NewProtocol(t, server).Configure(acctest.Values{"policy_file": of.path}).Want(t, of.says)
		})
	}
}

// TestOwnerDirectory reports a directory that cannot be used where it is named.
func TestOwnerDirectory(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	inline := func(file string) acctest.Values {
		return acctest.Values{"policy": acctest.Values{"owners": acctest.Values{"file": file}}}
	}
	inFile := acctest.Values{"policy_file": file(t, "policy.yaml", "owners: {file: owners.csv}\n")}
	for name, of := range map[string]struct {
		config acctest.Values
		says   string
	}{
		"missing":          {inline("absent/owners.yaml"), "error policy.owners.file: Owner directory cannot be used … the owner directory absent/owners.yaml cannot be read: no such file or directory … guide \"Owners\""},
		"folder":           {inline(t.TempDir() + "/"), "error policy.owners.file: Owner directory cannot be used … its name does not tell its format"},
		"empty":            {inline(file(t, "owners.txt", "")), "error policy.owners.file: Owner directory cannot be used … owners.txt is not a valid owner directory … it has no owners, so every owner would count as gone"},
		"malformed":        {inline(file(t, "owners.yaml", "- payments\n- 7\n")), "error policy.owners.file: Owner directory cannot be used … owners.yaml is not a valid owner directory … line 2, column 3: found the number 7 where an owner should be; write a name in quotes"},
		"no name":          {inline(""), "error policy.owners.file: Invalid Attribute Value Length"},
		"of a policy file": {inFile, "error policy_file: Owner directory cannot be used … owners.csv cannot be read: no such file or directory … named by owners.file in … policy.yaml, which policy_file names. … guide \"Owners\""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := acctest.NewProtocol(t, server)
			p.ValidateProvider(of.config).Want(t, of.says)
			p.Configure(of.config).Want(t, of.says)
		})
	}
}

// TestOwnerDirectories wants an owner in the directory of every policy, and lets none turn that off.
func TestOwnerDirectories(t *testing.T) {
	t.Setenv("GOVERNED_POLICY_FILE", file(t, "environment.json", `{"owners": {"file": "`+file(t, "hr.csv", "name,left\npayments,\nweb,\nalice,2020-01-31\n")+`"}}`))
	server := acctest.NewSim(t)
	p := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{
		"owners": acctest.Values{"file": file(t, "CODEOWNERS", "* @acme/payments @alice\n")}, "enforcement": acctest.Values{"owner_unknown": "off"},
	}})
	for owner, says := range map[string][]string{
		"payments": nil,
		"web":      {"error owner: Owner is not known … not in the owner directory … CODEOWNERS"},
		"alice":    {"error owner: Owner is not known … the owner directory … hr.csv marks as gone since 2020-01-31"},
		"ops":      {"error owner: Owner is not known … CODEOWNERS", "error owner: Owner is not known … hr.csv"},
	} {
		p.Resource(typeName).Plan(identity(server).With(acctest.Values{"owner": owner})).Want(t, says...)
	}
}

func TestPolicyFileOfEnvironment(t *testing.T) {
	t.Setenv("GOVERNED_POLICY_FILE", file(t, "environment.json", `{"warn_before_days": "many"}`))
	server := acctest.NewSim(t)
	acctest.NewProtocol(t, server).Configure(acctest.Values{}).Want(t,
		"error : Policy file cannot be used … environment.json is not a valid policy … warn_before_days: … named by GOVERNED_POLICY_FILE")
}

// TestUnknownConfiguration refuses a policy that is not known, because it decides what a plan may contain, and waits for
// everything else.
func TestUnknownConfiguration(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	for name, of := range map[string]struct {
		config acctest.Values
		says   []string
	}{
		"aws":           {acctest.Values{"aws": acctest.Unknown}, nil},
		"policy":        {acctest.Values{"policy": acctest.Values{"max_lifetime_days": acctest.Unknown}}, []string{"error policy: Policy is not known yet … a constant or a variable"}},
		"policy_file":   {acctest.Values{"policy_file": acctest.Unknown}, []string{"error policy_file: Policy is not known yet … a constant or a variable"}},
		"metadata_keys": {acctest.Values{"metadata_keys": acctest.Values{"owner": acctest.Unknown}}, []string{"error metadata_keys: Metadata keys are not known yet"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := acctest.NewProtocol(t, server)
			p.ValidateProvider(of.config).Want(t) // an input variable has no value yet while Terraform validates
			p.Configure(of.config).Want(t, of.says...)
		})
	}
}

func TestMetadataKeys(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	for name, of := range map[string]struct {
		keys acctest.Values
		says []string
	}{
		"unknown field":      {acctest.Values{"colour": "x"}, []string{`error metadata_keys["colour"]: Invalid Attribute Value Match`}},
		"empty":              {acctest.Values{"owner": ""}, []string{`error metadata_keys["owner"]: Invalid Attribute Value Length`}},
		"two alike":          {acctest.Values{"owner": "Team", "ticket": "team"}, []string{"error metadata_keys: Metadata keys are not unique … IAM ignores the case of tag keys. Give each its own."}},
		"default taken":      {acctest.Values{"owner": "nhi:purpose"}, []string{"error metadata_keys: Metadata keys are not unique … owner and purpose would share the tag nhi:purpose"}},
		"reserved":           {acctest.Values{"owner": "aws:owner"}, []string{`error metadata_keys["owner"]: Metadata key is reserved … aws:`}},
		"illegal characters": {acctest.Values{"owner": "owner!"}, []string{`error metadata_keys["owner"]: Invalid Attribute Value Match … letters, digits, spaces and _.:/=+-@`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.NewProtocol(t, server).Configure(acctest.Values{"metadata_keys": of.keys}).Want(t, of.says...)
		})
	}
	p := acctest.NewConfiguredProtocol(t, server, acctest.Values{"metadata_keys": acctest.Values{"owner": "Owner", "managed_by": "tool"}})
	r := p.Resource(typeName)
	r.Apply(identity(server)).Want(t)
	role, _ := server.Account("123456789012").Role("invoice-export")
	if role.Tags["Owner"] != "payments" || role.Tags["tool"] != "terraform-provider-governed" || role.Tags["nhi:purpose"] == "" || role.Tags["nhi:owner"] != "" {
		t.Errorf("the tags are %v", role.Tags)
	}
	r.Refresh().Want(t)
	r.Plan(identity(server)).Want(t)
	if r.Changes() {
		t.Error("the second plan changes something")
	}
}

// TestSimPolicyByVariable has a policy come from an input variable, which Terraform does not know while it validates.
func TestSimPolicyByVariable(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(server),
		Steps: []resource.TestStep{{
			Config: `
variable "days" { default = 30 }
` + acctest.ProviderConfig(server, "policy = { max_lifetime_days = var.days }") + `
resource "governed_service_identity" "export" {
  name     = "invoice-export"
  owner    = "payments"
  purpose  = "Nightly export of invoices to the data lake"
  expiry   = "` + acctest.Date(server, 31) + `"
  aws_role = { trust = { aws_services = ["lambda.amazonaws.com"] } }
}
`,
			ExpectError: acctest.Says("Expiry is too far ahead … at most, to " + acctest.Date(server, 30)),
		}},
	})
}

// TestApprovalKeys refuses what is no public key, wherever it stands, and shows nothing of it.
func TestApprovalKeys(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	private, public := keyPair(t)
	secret, err := os.ReadFile(private)
	if err != nil {
		t.Fatal(err)
	}
	indented := "  " + strings.ReplaceAll(strings.TrimSpace(string(secret)), "\n", "\n    ")
	configure := func(config acctest.Values) acctest.Diagnostics {
		diags := acctest.NewProtocol(t, server).Configure(config)
		if lines := strings.Split(string(secret), "\n"); strings.Contains(diags.String(), lines[1]) {
			t.Errorf("it shows the key:\n%s", diags)
		}
		return diags
	}
	keys := func(keys ...string) acctest.Values {
		return acctest.Values{"policy": acctest.Values{"approval_keys": keys}}
	}
	configure(keys(public)).Want(t)
	configure(keys()).Want(t)
	configure(keys(public, string(secret), "key.pem")).Want(t,
		"error policy.approval_keys[1]: Approval key cannot be used … policy.approval_keys[1]: it is a private key; it has to be the public key. … make a new key.",
		"error policy.approval_keys[2]: Approval key cannot be used … it is neither PEM nor JSON")
	configure(acctest.Values{"policy_file": file(t, "p.yaml", "approval_keys:\n  - |\n  "+indented+"\n  - x\n")}).Want(t,
		"error policy_file: Policy file cannot be used … approval_keys[0]: it is a private key … approval_keys[1]: it is neither PEM nor JSON")
	configure(acctest.Values{"policy_file": file(t, "p.yaml", "approval_keys: x\n")}).Want(t, "error policy_file: Policy file cannot be used … approval_keys: got string, want array")
	configure(acctest.Values{"policy": acctest.Values{"approval_max_days": 0}}).Want(t, "error policy.approval_max_days: Policy is malformed … 0 is not a number of days from 1 to 36500")
}

// TestApprovalKeysOfEnvironment lets no configuration name who approves it.
func TestApprovalKeysOfEnvironment(t *testing.T) {
	_, mine := keyPair(t)
	_, theirs := keyPair(t)
	yaml := func(key string) string {
		return file(t, "policy.yaml", "approval_keys:\n  - |\n    "+strings.ReplaceAll(strings.TrimSpace(key), "\n", "\n    ")+"\n")
	}
	for name, c := range map[string]struct{ environment, says string }{
		"another key": {yaml(theirs), "the policies have no approval key in common, and one that not all of them name does not count … Where GOVERNED_POLICY_FILE is set, its policy has to name the key."},
		"no key":      {file(t, "policy.yaml", "max_lifetime_days: 365\n"), "the policies have no approval key in common"},
		"the same":    {yaml(mine), "it is malformed: a compact JWS has three parts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOVERNED_POLICY_FILE", c.environment)
			server := acctest.NewSim(t)
			p := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"approval_keys": []string{mine}, "enforcement": acctest.Values{"purpose_quality": "off"}}})
			role := acctest.Values{"aws_role": acctest.Values{
				"trust":           acctest.Values{"aws_services": []string{"lambda.amazonaws.com"}},
				"inline_policies": acctest.Values{"all": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`},
			}}
			p.Resource(typeName).Plan(identity(server).With(role).With(acctest.Values{"approval": "x"})).Want(t,
				`error aws_role.inline_policies["all"]: Identity would be an administrator`, "error approval: Approval of permissions … "+c.says)
		})
	}
}
