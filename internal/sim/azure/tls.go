package azuresim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"time"
)

// identity is the server's certificate, and the authority that signed it. Both
// are made by every server and lie in its memory only. They go by real time,
// as their clients do, and not by the simulator's clock.
type identity struct {
	authority   *x509.Certificate
	certificate tls.Certificate
}

func newIdentity() (*identity, error) {
	root, rootKey, err := certify(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "governed-sim certificate authority"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	if err != nil {
		return nil, err
	}
	leaf, key, err := certify(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "governed-sim"},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, root, rootKey)
	if err != nil {
		return nil, err
	}
	return &identity{root, tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}, nil
}

// certify makes a key and a certificate for it, signed by itself without a
// parent, and good for a year from now unless the template says otherwise.
func certify(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making a key: %w", err)
	}
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)
	}
	if parent == nil {
		parent, signer = template, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, nil, fmt.Errorf("making a certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(raw)
	return cert, key, err
}

// CA returns the certificate of the authority that signed the server's, as PEM.
func (s *Server) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.identity.authority.Raw})
}

// Client returns an HTTP client that trusts the server, and nobody else. All who
// ask for it share its connections.
func (s *Server) Client() *http.Client { return s.client }

// client makes it.
func (i *identity) client() *http.Client {
	pool := x509.NewCertPool()
	pool.AddCert(i.authority)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12, CurvePreferences: curves}, MaxIdleConnsPerHost: idleConnections,
	}}
}

// idleConnections is how many of them wait for the next request.
const idleConnections = 16

// curves are the only ones, because the hybrid ones of Go cost a test more than
// what it asks for.
var curves = []tls.CurveID{tls.X25519}
