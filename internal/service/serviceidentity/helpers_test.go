package serviceidentity_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

const typeName = "governed_service_identity"

// resourceAddress is where the configurations of these tests have the resource.
const resourceAddress = typeName + ".export"

const (
	readBuckets  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::invoices/*"}]}`
	writeBuckets = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::lake/*"}]}`
	lambdaTrust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	anyoneTrust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`
	boundary     = "arn:aws:iam::aws:policy/PowerUserAccess"
	readOnly     = "arn:aws:iam::aws:policy/SecurityAudit"

	administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
)

// lambdaRole is a whole configuration of the resource, for the protocol.
func lambdaRole(server *sim.Server) acctest.Values {
	return acctest.Values{
		"name": "invoice-export", "owner": "payments", "purpose": "Nightly export of invoices to the data lake",
		"expiry":   acctest.Date(server, 90),
		"aws_role": acctest.Values{"trust": acctest.Values{"aws_services": []string{"lambda.amazonaws.com"}}},
	}
}

// fullRole uses every argument but assume_role_policy.
func fullRole(server *sim.Server) acctest.Values {
	return lambdaRole(server).With(acctest.Values{
		"business_owner": "finance", "technical_owner": "platform-team", "environment": "prod", "ticket": "SEC-1234",
		"systems": []string{"billing-db", "data lake"}, "labels": acctest.Values{"cost-center": "4711"},
		"aws_role": acctest.Values{
			"path": "/teams/payments/", "max_session_duration": 7200, "instance_profile": true,
			"trust":                    acctest.Values{"aws_services": []string{"lambda.amazonaws.com", "edgelambda.amazonaws.com"}},
			"inline_policies":          acctest.Values{"read": readBuckets, "write": writeBuckets},
			"managed_policy_arns":      []string{readOnly},
			"permissions_boundary_arn": boundary,
		},
	})
}

// config is a whole configuration with one resource, for the Terraform CLI. Arguments replace those of the same name.
func config(server *sim.Server, arguments string) string {
	return configFor(server, "", arguments)
}

// configFor has further arguments in the provider block.
func configFor(server *sim.Server, provider, arguments string) string {
	return acctest.ProviderConfig(server, provider) + block(server, "export", "invoice-export", arguments)
}

// block is one resource block.
func block(server *sim.Server, label, name, arguments string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "resource %q %q {\n", typeName, label)
	for _, argument := range [][2]string{
		{"name", fmt.Sprintf("%q", name)},
		{"owner", `"payments"`},
		{"purpose", `"Nightly export of invoices to the data lake"`},
		{"expiry", fmt.Sprintf("%q", acctest.Date(server, 90))},
		{"aws_role", `{ trust = { aws_services = ["lambda.amazonaws.com"] } }`},
	} {
		if !given(arguments, argument[0]) {
			fmt.Fprintf(&text, "  %s = %s\n", argument[0], argument[1])
		}
	}
	return text.String() + arguments + "\n}\n"
}

func given(arguments, name string) bool {
	return slices.ContainsFunc(strings.Split(arguments, "\n"), func(line string) bool {
		first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		return first == name
	})
}

// account is the simulator's default account.
func account(server *sim.Server) *sim.Account { return server.Account(sim.DefaultAccount) }

// role is the role of a test as it is on the simulator.
func role(t testing.TB, server *sim.Server, name string) sim.RoleView {
	t.Helper()
	view, ok := account(server).Role(name)
	if !ok {
		t.Fatalf("there is no role %s", name)
	}
	return view
}

// wantGone fails the test when anything of a role has survived it.
func wantGone(t testing.TB, server *sim.Server) {
	t.Helper()
	if roles, profiles := account(server).Roles(), account(server).InstanceProfiles(); len(roles)+len(profiles) > 0 {
		t.Errorf("left behind: roles %v, instance profiles %v", roles, profiles)
	}
}

// writes are the recorded calls that change something, in order.
func writes(server *sim.Server) []string {
	return acctest.Writes(server)
}

// wantWrites fails the test unless exactly these changes have been asked for since the last ResetCalls, in any order.
func wantWrites(t testing.TB, server *sim.Server, actions ...string) {
	t.Helper()
	acctest.WantWrites(t, server, actions...)
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }

// simRole is a role that nobody governs.
func simRole(name, path string) sim.Role {
	return sim.Role{Name: name, Path: path, TrustPolicy: lambdaTrust, InlinePolicies: map[string]string{"read": readBuckets}, AttachedPolicyARNs: []string{readOnly}}
}

// manyPolicies are ARNs of managed policies.
func manyPolicies(n int) []string {
	arns := make([]string, n)
	for i := range arns {
		arns[i] = fmt.Sprintf("arn:aws:iam::123456789012:policy/many-%d", i)
	}
	return arns
}

func manySubjects(n int) []string {
	subjects := make([]string, n)
	for i := range subjects {
		subjects[i] = fmt.Sprintf("project_path:acme/invoice-export-%d:ref:main", i)
	}
	return subjects
}

// largePolicy is an identity policy of at least so many characters.
func largePolicy(characters int) string {
	return strings.Replace(readBuckets, "invoices", strings.Repeat("x", characters), 1)
}

// readInto copies a request's body and leaves it readable.
func readInto(text *strings.Builder, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	text.Write(body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err
}
