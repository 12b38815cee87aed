package thirdpartyidentity_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
	"github.com/nhi-governance/terraform-provider-governed/internal/approval"
)

// TestEnvironmentOfThirdParty warns where the third party's principal is in another environment than the role. Several
// accounts of one third party are one client, and no outsiders to a role that is made for them.
func TestEnvironmentOfThirdParty(t *testing.T) {
	t.Parallel()
	server := newSim(t)
	p := acctest.NewConfiguredProtocol(t, server, nil)
	config := collector(server).With(acctest.Values{"environment": "prod"}).With(accounts(partyAccount, otherAccount))
	p.Resource(typeName).Plan(config).Want(t)
	staging := config.With(accounts(partyAccount)).With(principal("arn:aws:iam::" + partyAccount + ":role/collector-staging"))
	p.Resource(typeName).Plan(staging).Want(t,
		"warning aws_role.principal_arns: Trust crosses environments … its environment is prod, but arn:aws:iam::"+partyAccount+":role/collector-staging says staging: … (OWASP NHI8). … Rule: environment_isolation (warn).")
	p.Resource(typeName).Plan(staging.With(acctest.Values{"environment": "staging"})).Want(t)
}

// TestApproval needs one as every other identity does, and none for whom it trusts.
func TestApproval(t *testing.T) {
	t.Parallel()
	server := acctest.NewSim(t)
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	token, err := approval.Sign(approval.Claims{
		Subject: roleID, Grants: []approval.Grant{{Actions: []string{"s3:GetObject"}, Resources: []string{"*"}}}, Approver: "alice", Ticket: "SEC-1",
		IssuedAt: server.Clock().Now().Unix(), Expiry: server.Clock().Now().AddDate(0, 0, 90).Unix(),
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	p := acctest.NewConfiguredProtocol(t, server, acctest.Values{"policy": acctest.Values{"approval_keys": []string{public}, "enforcement": acctest.Values{"data_exfiltration": "error"}}})
	config := collector(server).With(acctest.Values{"aws_role": acctest.Values{"inline_policies": acctest.Values{
		"data": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`,
	}}})
	r := p.Resource(typeName)
	r.Plan(config).Want(t, `error aws_role.inline_policies["data"]: Identity could read or give away any data`)
	r.Apply(config.With(acctest.Values{"approval": token})).Want(t, "warning approval: Approval takes effect")
	r.Plan(config.With(acctest.Values{"approval": token})).Want(t)
}
