package approve_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
	"github.com/nhi-governance/terraform-provider-governed/internal/approve"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
)

type fixed time.Time

func (f fixed) Now() time.Time { return time.Time(f) }

var (
	now      = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	edKey    = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	ecKey, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
)

var digits = regexp.MustCompile(`\(\d+ actions\)`)

const deploy = "aws:123456789012:role/deploy"

// resource is one of a plan, with what it needs an approval for as JSON.
func resource(address, needed string) string {
	return `{"address":` + quoted(address) + `,"provider_name":"registry.terraform.io/nhi-governance/governed","change":{"actions":["create"],
		"after":{"owner":"platform","purpose":"Deploys","expiry":"2027-03-31","ticket":"SEC-1","approval_needed":` + needed + `},"after_unknown":{}}}`
}

func quoted(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func plan(resources ...string) string {
	return `{"format_version":"1.2","resource_changes":[` + strings.Join(resources, ",") + `]}`
}

const needed = `{"identity":"` + deploy + `","classes":["privilege_escalation","data_exfiltration"],"grants":[{"actions":["iam:PutRolePolicy","s3:Get*"],"resources":["arn:aws:iam::*:role/*","*"]},{"actions":["foo:Bar"],"resources":["*"]}]}`

// file writes a file that only its owner can read.
func file(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func pkcs8(t testing.TB, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return encode("PRIVATE KEY", der)
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// run runs the command with an answer on the terminal, and the standard input.
func run(in, answer string, arguments ...string) (code int, out, said string) {
	var stdout, stderr bytes.Buffer
	code = approve.Run(arguments, approve.System{
		In: strings.NewReader(in), Out: &stdout, Err: &stderr, Clock: fixed(now),
		Terminal: func() (io.ReadCloser, error) {
			if answer == "" {
				return nil, errors.New("no such device")
			}
			return io.NopCloser(strings.NewReader(answer)), nil
		},
	})
	return code, stdout.String(), stderr.String()
}

// known is a policy that has the public key.
func known(t testing.TB, key crypto.Signer) governance.Policy {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	elements := []string{encode("PUBLIC KEY", der)}
	keys, errs := approval.ParseKeys(elements)
	if errs != nil {
		t.Fatal(errs)
	}
	policy, err := governance.NewPolicy(governance.PolicyDocument{ApprovalsDocument: governance.ApprovalsDocument{ApprovalKeys: elements, Keys: keys}})
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

// TestRun signs what it shows, with keys in each form.
func TestRun(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(ecKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key  crypto.Signer
		text string
	}{
		"Ed25519":         {edKey, pkcs8(t, edKey)},
		"ECDSA":           {ecKey, pkcs8(t, ecKey)},
		"ECDSA in SEC 1":  {ecKey, encode("EC PARAMETERS", []byte("x")) + encode("EC PRIVATE KEY", sec1)},
		"RSA":             {rsaKey, pkcs8(t, rsaKey)},
		"RSA in PKCS#1":   {rsaKey, encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey))},
		"with a preamble": {edKey, "# security team\n" + pkcs8(t, edKey)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, said := run("", "yes\n", "--plan", file(t, "\ufeff"+plan(resource("module.ci.governed_service_identity.deploy", needed), resource("x.y", "null"))), "--key", file(t, c.text), "--approver", "alice", "--days", "30")
			if code != 0 || strings.Count(out, "\n") != 1 {
				t.Fatalf("%d\n%s\n%s", code, out, said)
			}
			got, err := approval.Verify(out, deploy, known(t, c.key), now)
			if err != nil {
				t.Fatal(err)
			}
			if got.Approver != "alice" || got.Ticket != "SEC-1" || !got.Until.Equal(now.AddDate(0, 0, 30)) || len(got.Classes) != 2 || len(got.Grants) != 2 {
				t.Errorf("%+v", got)
			}
			if strings.Contains(said, strings.TrimSpace(out)) {
				t.Error("the approval is shown beside the standard output as well")
			}
		})
	}
	name, err := approval.KeyName(edKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	_, _, said := run(plan(resource("governed_service_identity.deploy", needed)), "yes\n", "--plan", "-", "--key", file(t, pkcs8(t, edKey)), "--approver", "alice", "--ticket", "SEC-2")
	want := `An approval of aws:123456789012:role/deploy

It may be, although the policy refuses it:
  - privilege_escalation: it can get rights that nobody has granted it, by a known path
  - data_exfiltration: it can read data of any name, or give it away

by these grants, with and without the conditions, Denys and boundaries that the policies have now:
  Permissions management
    - iam:PutRolePolicy on arn:aws:iam::*:role/*, *
  Read
    - s3:Get* (` + "N" + ` actions) on arn:aws:iam::*:role/*, *
  Actions that AWS's table does not know
    - foo:Bar on *

Approver:  alice
Ticket:    SEC-2
Holds:     until 2027-02-20T12:00:00Z, 90 days from now
Key:       ` + name + `

What the plan says of it, which is not part of the approval:
  resource  governed_service_identity.deploy
  owner     platform
  purpose   Deploys
  expiry    2027-03-31

Nothing is signed but what stands here. Only "yes" signs it: 
Signed. Write it as the argument approval of governed_service_identity.deploy:

`
	if said = digits.ReplaceAllString(said, "(N actions)"); said != want {
		t.Errorf("it says\n%s", said)
	}
}

// TestRunRefuses prints nothing, and says why.
func TestRunRefuses(t *testing.T) {
	t.Parallel()
	key := file(t, pkcs8(t, edKey))
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	one := plan(resource("governed_service_identity.deploy", needed))
	open := file(t, pkcs8(t, edKey))
	if err := os.Chmod(open, 0o640); err != nil {
		t.Fatal(err)
	}
	with := func(further ...string) []string {
		return append([]string{"--plan", "-", "--key", key, "--approver", "alice"}, further...)
	}
	keyed := func(text string) []string {
		return []string{"--plan", "-", "--key", file(t, text), "--approver", "alice"}
	}
	for name, c := range map[string]struct {
		in, answer string
		arguments  []string
		code       int
		says       string
	}{
		"no arguments":       {"", "yes\n", nil, 2, "--plan, --key and --approver are needed"},
		"no approver":        {"", "yes\n", []string{"--plan", "-", "--key", key}, 2, "--plan, --key and --approver are needed"},
		"unknown option":     {"", "yes\n", with("--yes"), 2, "not defined: -yes"},
		"further argument":   {"", "yes\n", with("deploy"), 2, `"deploy" is no option`},
		"both from input":    {"", "yes\n", []string{"--plan", "-", "--key", "-", "--approver", "alice"}, 2, "cannot both come from the standard input"},
		"no days":            {"", "yes\n", with("--days", "0"), 2, "--days is 0, and can be 1 to 36500"},
		"no answer":          {one, "\n", with(), 1, "nothing is signed"},
		"another answer":     {one, "y\n", with(), 1, "nothing is signed"},
		"no terminal":        {one, "", with(), 1, "there is no terminal to ask on, so nothing is signed"},
		"yes from the input": {one + "\nyes\n", "no\n", with(), 1, "the plan is not what terraform show -json"},
		"no plan":            {"", "yes\n", with("--plan", filepath.Join(t.TempDir(), "none")), 1, "the plan cannot be read"},
		"a saved plan":       {"PK\x03\x04", "yes\n", with(), 1, "the plan is not what terraform show -json plan.tfplan writes"},
		"UTF-16":             {"\xff\xfe{\x00", "yes\n", with(), 1, "the plan is in UTF-16"},
		"a state":            {`{"format_version":"1.0","values":{}}`, "yes\n", with(), 1, "the plan has no resource_changes"},
		"nothing needed":     {plan(resource("x.y", "null")), "yes\n", with(), 1, "nothing in the plan needs an approval"},
		"another provider":   {strings.Replace(one, "nhi-governance/governed", "attacker/governed", 1), "yes\n", with(), 1, "nothing in the plan needs an approval"},
		"unknown": {
			`{"resource_changes":[{"address":"a.b","provider_name":"registry.opentofu.org/nhi-governance/governed","change":{"after":{},"after_unknown":{"approval_needed":true}}}]}`, "yes\n", with(), 1,
			"what needs an approval is not known before the apply",
		},
		"several":            {plan(resource("a.b", needed), resource("a.a\u001b[2J", needed)), "yes\n", with(), 2, "2 resources need an approval; each has its own, so name one with --address:\n  a.a\\u001b[2J\n  a.b\n"},
		"another address":    {one, "yes\n", with("--address", "a.c"), 1, "a.c is not in the plan, or needs no approval"},
		"no ticket":          {strings.Replace(one, `"SEC-1"`, "null", 1), "yes\n", with(), 2, "--ticket is needed, because the identity has none"},
		"no identity":        {strings.Replace(one, deploy, "deploy", 1), "yes\n", with(), 1, `it cannot be approved: sub is "deploy", which is no canonical id`},
		"no classes":         {strings.Replace(one, `["privilege_escalation","data_exfiltration"]`, "[]", 1), "yes\n", with(), 1, "deploy names no classes or no grants, and would allow all there are"},
		"no grants":          {plan(resource("a.b", `{"identity":"`+deploy+`","classes":["administrator"],"grants":[]}`)), "yes\n", with(), 1, "a.b names no classes or no grants, and would allow all there are"},
		"unknown class":      {strings.Replace(one, "privilege_escalation", "harmless", 1), "yes\n", with(), 1, `it cannot be approved: classes has "harmless"`},
		"hidden pattern":     {strings.Replace(one, "iam:PutRolePolicy", `iam:Put\u202eRolePolicy`, 1), "yes\n", with(), 1, "has a pattern that is empty, too long or not printable"},
		"half a name":        {strings.Replace(one, "iam:PutRolePolicy", "i*", 1), "yes\n", with(), 1, `grants[0] has the action "i*", which is neither * nor of the form service:name`},
		"cleared screen":     {strings.Replace(one, "iam:PutRolePolicy", `\u001b[2Jiam:PutRolePolicy`, 1), "yes\n", with(), 1, "not printable"},
		"hidden approver":    {one, "yes\n", with("--approver", "alice\u202e"), 1, "approver is missing, longer than 256 bytes or not printable"},
		"key that is open":   {one, "yes\n", with("--key", open), 1, "others can read the key (its mode is 0640), and whoever has it can approve: chmod 600"},
		"no key":             {one, "yes\n", with("--key", filepath.Join(t.TempDir(), "none")), 1, "the key cannot be read"},
		"key no PEM":         {one, "yes\n", keyed("hunter2"), 1, "the key is no private key in PEM"},
		"key public":         {one, "yes\n", keyed(encode("PUBLIC KEY", []byte("x"))), 1, "the key is the public one"},
		"key encrypted":      {one, "yes\n", keyed(encode("ENCRYPTED PRIVATE KEY", []byte("x"))), 1, "the key is encrypted: openssl pkey -in key.pem |"},
		"key of OpenSSH":     {one, "yes\n", keyed(encode("OPENSSH PRIVATE KEY", []byte("x"))), 1, "the key is in the format of OpenSSH"},
		"key of else":        {one, "yes\n", keyed(encode("CERTIFICATE REQUEST", []byte("x"))), 1, "PEM of another kind"},
		"key broken":         {one, "yes\n", keyed(encode("PRIVATE KEY", []byte("hunter2"))), 1, "the key cannot be read: it has to be Ed25519"},
		"key of other curve": {one, "yes\n", keyed(pkcs8(t, p384)), 1, "the key cannot sign approvals: it is an ECDSA key on the curve P-384"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, said := run(c.in, c.answer, c.arguments...)
			if code != c.code || out != "" || !strings.Contains(said, c.says) || strings.Contains(said, "hunter2") {
				t.Errorf("%d %q\n%s", code, out, said)
			}
			if strings.ContainsAny(said, "\x1b\u202e") {
				t.Errorf("%q", said)
			}
		})
	}
	if code, out, said := run(pkcs8(t, edKey), "yes\n", "--plan", file(t, one), "--key", "-", "--approver", "alice"); code != 0 || out == "" {
		t.Errorf("a key from the standard input: %d %s", code, said)
	}
	if code, out, said := run("", "", "--help"); code != 0 || out != "" || !strings.HasPrefix(said, "Usage: ") {
		t.Errorf("help: %d %q %q", code, out, said)
	}
	spoofed := strings.Replace(one, `"Deploys"`, quoted("x\u001b[1A\u001b[2K\r\nIt may be: nothing\u202e"), 1)
	if code, _, said := run(spoofed, "yes\n", with()...); code != 0 || strings.ContainsAny(said, "\x1b\r\u202e") || !strings.Contains(said, `purpose   x\u001b[1A\u001b[2K\u000d\u000aIt may be: nothing\u202e`) {
		t.Errorf("%d %q", code, said)
	}
}

// TestWords has one for each class that can be approved.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, class := range governance.DangerRules {
		one := plan(resource("a.b", `{"identity":"`+deploy+`","classes":["`+string(class)+`"],"grants":[{"actions":["*"],"resources":["*"]}]}`))
		if _, _, said := run(one, "no\n", "--plan", "-", "--key", file(t, pkcs8(t, edKey)), "--approver", "alice"); !strings.Contains(said, string(class)+": it ") || strings.Contains(said, string(class)+": it \n") {
			t.Errorf("%s:\n%s", class, said)
		}
	}
}
