package sim

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the form of fingerprint that the service gives
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
)

// maxSSHKeys is the number of SSH public keys a user can have (IAM quotas).
const maxSSHKeys = 5

var (
	sshKeyIDRule = rule{20, 128, wordPattern, `[\w]+`, ""}
	certIDRule   = rule{24, 128, wordPattern, `[\w]+`, ""}
	keyBodyRule  = rule{1, 16384, documentRule.pattern, documentRule.shown, ""}
)

// sshKeyBytes reads an RSA public key in one of the two encodings of IAM: that
// of authorized_keys, or PEM.
func sshKeyBytes(body string) ([]byte, error) {
	invalid := newError("InvalidPublicKey", http.StatusBadRequest, "The public key is malformed or otherwise invalid.")
	if block, _ := pem.Decode([]byte(body)); block != nil {
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if _, ok := key.(*rsa.PublicKey); err != nil || !ok {
			return nil, invalid
		}
		return block.Bytes, nil
	}
	fields := strings.Fields(body)
	if len(fields) < 2 || fields[0] != "ssh-rsa" {
		return nil, newError("UnrecognizedPublicKeyEncoding", http.StatusBadRequest, "Public key encoding format is unsupported or unrecognized.")
	}
	raw, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil || !bytes.HasPrefix(raw, []byte("\x00\x00\x00\x07ssh-rsa")) {
		return nil, invalid
	}
	return raw, nil
}

func (k sshKey) node(userName string, full bool) node {
	n := el("SSHPublicKey", text("UserName", userName), text("SSHPublicKeyId", k.id))
	if full {
		n.kids = append(n.kids, text("Fingerprint", k.fingerprint), text("SSHPublicKeyBody", k.body))
	}
	n.kids = append(n.kids, text("Status", k.status), date("UploadDate", k.uploaded))
	return n
}

func uploadSSHPublicKey(r *request) ([]node, error) {
	body := r.required("SSHPublicKeyBody", keyBodyRule)
	u, err := r.writableUser()
	if err != nil {
		return nil, err
	}
	raw, err := sshKeyBytes(body)
	if err != nil {
		return nil, err
	}
	sum := md5.Sum(raw) //nolint:gosec // the form of fingerprint that the service gives
	var pairs []string
	for _, b := range sum {
		pairs = append(pairs, hex.EncodeToString([]byte{b}))
	}
	k := sshKey{
		id: r.server.uniqueID(prefixPublicKey), body: body, fingerprint: strings.Join(pairs, ":"),
		status: statusActive, uploaded: r.now,
	}
	if slices.ContainsFunc(u.sshKeys, func(o sshKey) bool { return o.fingerprint == k.fingerprint }) {
		return nil, newError("DuplicateSSHPublicKey", http.StatusBadRequest, "The SSH public key is already associated with the specified IAM user.")
	}
	if len(u.sshKeys) >= maxSSHKeys {
		return nil, errLimitExceeded("Cannot exceed quota for SSHPublicKeysPerUser: %d", maxSSHKeys)
	}
	u.changing()
	u.sshKeys = append(slices.Clone(u.sshKeys), k)
	return []node{k.node(u.name, true)}, nil
}

func listSSHPublicKeys(r *request) ([]node, error) {
	u, err := r.readableSelf()
	if err != nil {
		return nil, err
	}
	return pagedMembers(r, "SSHPublicKeys", u.sshKeys, func(k sshKey) node { return k.node(u.name, false) })
}

// place finds the credential that a request names by its id.
func place[T any](items []T, id string, idOf func(T) string, what string) (int, error) {
	i := slices.IndexFunc(items, func(t T) bool { return idOf(t) == id })
	if i < 0 {
		return 0, errNoSuchEntity("The %s with id %s cannot be found.", what, id)
	}
	return i, nil
}

func (u *user) sshPlace(id string) (int, error) {
	return place(u.sshKeys, id, func(k sshKey) string { return k.id }, "Public Key")
}

func (u *user) certificatePlace(id string) (int, error) {
	return place(u.certificates, id, func(c certificate) string { return c.id }, "Certificate")
}

// getSSHPublicKey gives the key as it was uploaded, whichever encoding is
// asked for.
func getSSHPublicKey(r *request) ([]node, error) {
	id := r.required("SSHPublicKeyId", sshKeyIDRule)
	r.required("Encoding", rule{0, 64, nil, "", ""})
	r.enum("Encoding", "", "SSH", "PEM")
	u, err := r.readableUser()
	if err != nil {
		return nil, err
	}
	i, err := u.sshPlace(id)
	if err != nil {
		return nil, err
	}
	return []node{u.sshKeys[i].node(u.name, true)}, nil
}

func updateSSHPublicKey(r *request) ([]node, error) {
	id := r.required("SSHPublicKeyId", sshKeyIDRule)
	status, err := r.status()
	if err != nil {
		return nil, err
	}
	u, err := r.writableUser()
	if err != nil {
		return nil, err
	}
	i, err := u.sshPlace(id)
	if err != nil {
		return nil, err
	}
	u.changing()
	u.sshKeys = slices.Clone(u.sshKeys)
	u.sshKeys[i].status = status
	return nil, nil
}

func deleteSSHPublicKey(r *request) ([]node, error) {
	id := r.required("SSHPublicKeyId", sshKeyIDRule)
	u, err := r.writableUser()
	if err != nil {
		return nil, err
	}
	i, err := u.sshPlace(id)
	if err != nil {
		return nil, err
	}
	u.changing()
	u.sshKeys = slices.Delete(slices.Clone(u.sshKeys), i, i+1)
	return nil, nil
}

func (c certificate) node(userName string) node {
	return el("Certificate",
		text("UserName", userName),
		text("CertificateId", c.id),
		text("CertificateBody", c.body),
		text("Status", c.status),
		date("UploadDate", c.uploaded),
	)
}

func uploadSigningCertificate(r *request) ([]node, error) {
	body := r.required("CertificateBody", keyBodyRule)
	u, err := r.writableSelf()
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(body))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, newError("MalformedCertificate", http.StatusBadRequest, "Unable to parse certificate. Please ensure the certificate is in PEM format.")
	}
	if _, err := x509.ParseCertificate(block.Bytes); err != nil {
		return nil, newError("MalformedCertificate", http.StatusBadRequest, "Unable to parse certificate. Please ensure the certificate is in PEM format.")
	}
	if slices.ContainsFunc(u.certificates, func(c certificate) bool { return c.body == body }) {
		return nil, newError("DuplicateCertificate", http.StatusConflict, "This certificate is already associated with an IAM user.")
	}
	if quota := r.account.quotas["SigningCertificatesPerUserQuota"]; len(u.certificates) >= quota {
		return nil, errLimitExceeded("Cannot exceed quota for CertificatesPerUser: %d", quota)
	}
	r.server.serial++
	c := certificate{
		id: derive(indexed("certificate", r.server.serial), 32), body: body, status: statusActive, uploaded: r.now,
	}
	u.changing()
	u.certificates = append(slices.Clone(u.certificates), c)
	return []node{c.node(u.name)}, nil
}

func listSigningCertificates(r *request) ([]node, error) {
	u, err := r.readableSelf()
	if err != nil {
		return nil, err
	}
	return pagedMembers(r, "Certificates", u.certificates, func(c certificate) node { return c.node(u.name) })
}

func updateSigningCertificate(r *request) ([]node, error) {
	id := r.required("CertificateId", certIDRule)
	status, err := r.status()
	if err != nil {
		return nil, err
	}
	u, err := r.writableSelf()
	if err != nil {
		return nil, err
	}
	i, err := u.certificatePlace(id)
	if err != nil {
		return nil, err
	}
	u.changing()
	u.certificates = slices.Clone(u.certificates)
	u.certificates[i].status = status
	return nil, nil
}

func deleteSigningCertificate(r *request) ([]node, error) {
	id := r.required("CertificateId", certIDRule)
	u, err := r.writableSelf()
	if err != nil {
		return nil, err
	}
	i, err := u.certificatePlace(id)
	if err != nil {
		return nil, err
	}
	u.changing()
	u.certificates = slices.Delete(slices.Clone(u.certificates), i, i+1)
	return nil, nil
}
