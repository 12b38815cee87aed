package acctest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// HumanUse gives a user a password for the console and a virtual MFA device, whose serial number it returns.
func HumanUse(t testing.TB, client *iam.Client, user string) (device string) {
	t.Helper()
	_, err := client.CreateLoginProfile(t.Context(), &iam.CreateLoginProfileInput{UserName: &user, Password: aws.String("correct-Horse-7")})
	must(t, err)
	made, err := client.CreateVirtualMFADevice(t.Context(), &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String(user + "-phone")})
	must(t, err)
	_, err = client.EnableMFADevice(t.Context(), &iam.EnableMFADeviceInput{
		UserName: &user, SerialNumber: made.VirtualMFADevice.SerialNumber, AuthenticationCode1: aws.String("123456"), AuthenticationCode2: aws.String("654321"),
	})
	must(t, err)
	return *made.VirtualMFADevice.SerialNumber
}

// AccessKey makes an access key for a user.
func AccessKey(t testing.TB, client *iam.Client, user string) *types.AccessKey {
	t.Helper()
	made, err := client.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &user})
	must(t, err)
	return made.AccessKey
}

// RareCredentials gives a user what few have: an SSH key and a signing certificate. It returns them as attachments are
// named.
func RareCredentials(t testing.TB, client *iam.Client, user string) []string {
	t.Helper()
	public, certificate := keyPair()
	ssh, err := client.UploadSSHPublicKey(t.Context(), &iam.UploadSSHPublicKeyInput{UserName: &user, SSHPublicKeyBody: &public})
	must(t, err)
	signing, err := client.UploadSigningCertificate(t.Context(), &iam.UploadSigningCertificateInput{UserName: &user, CertificateBody: &certificate})
	must(t, err)
	return []string{"SSH key " + *ssh.SSHPublicKey.SSHPublicKeyId, "signing certificate " + *signing.Certificate.CertificateId}
}

// ServiceCredential gives a user a credential for CodeCommit, and returns it as attachments are named.
func ServiceCredential(t testing.TB, client *iam.Client, user string) string {
	t.Helper()
	made, err := client.CreateServiceSpecificCredential(t.Context(), &iam.CreateServiceSpecificCredentialInput{UserName: &user, ServiceName: aws.String("codecommit.amazonaws.com")})
	must(t, err)
	return "credential " + *made.ServiceSpecificCredential.ServiceSpecificCredentialId + " of codecommit.amazonaws.com"
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// keyPair is a public key and a certificate of it, both in PEM.
var keyPair = sync.OnceValues(func() (public, certificate string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	encoded, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	text := func(kind string, bytes []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	return text("PUBLIC KEY", encoded), text("CERTIFICATE", signed)
})
