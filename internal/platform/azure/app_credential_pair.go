package azure

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"time"
)

// keyBits is the size of a key: Entra ID takes RSA alone, and with 2,048 bits a document fits into a parameter of the tier
// Standard (4 KB).
const keyBits = 2048

// keyPair is a private key with a certificate of its own.
type keyPair struct {
	// certificate and privateKey are PEM, the latter PKCS #8; encoded is the certificate's DER in base64.
	certificate, privateKey, encoded string
}

// NewKey makes a private key.
func NewKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) }

// newKeyPair makes a pair of a key for a client, good from one instant to another.
func newKeyPair(key *rsa.PrivateKey, client string, from, until time.Time) (keyPair, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return keyPair{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: client}, NotBefore: from, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return keyPair{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	text := func(kind string, bytes []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	return keyPair{
		certificate: text("CERTIFICATE", certificate), privateKey: text("PRIVATE KEY", private), encoded: base64.StdEncoding.EncodeToString(certificate),
	}, err
}
