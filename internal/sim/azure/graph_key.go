package azuresim

import (
	"cmp"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
	"time"
)

// keyCredentials reads the certificates that an object is to have: those that it
// has already, known by their key ids, and new ones. It returns nil where the
// request says nothing of them. A PATCH needs no proof of possession of another
// key (Graph reference, "application: addKey" and "Update application").
func (r *request) keyCredentials(e *entity, in object) ([]object, error) {
	if _, ok := in["keyCredentials"]; !ok {
		return nil, nil
	}
	have := map[string]object{}
	if e != nil {
		for _, c := range e.props.objects("keyCredentials") {
			have[c.str("keyId")] = c
		}
	}
	out := []object{}
	for _, c := range in.objects("keyCredentials") {
		old, ok := have[strings.ToLower(c.str("keyId"))]
		if ok && (c["key"] == nil || c.str("key") == old.str("key")) {
			out = append(out, old)
			continue
		}
		made, err := r.newKey(e, c)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o object) bool { return o.str("keyId") == made.str("keyId") }) {
			return nil, newError("DuplicateValue", http.StatusBadRequest, "Request contains a property with duplicate values.")
		}
		out = append(out, made)
	}
	return out, nil
}

func errKey(code, format string, args ...any) error {
	return newError(code, http.StatusBadRequest, format, args...)
}

// newKey checks a certificate that is added: it has to be one, and the
// credential lies within its dates and has not ended.
func (r *request) newKey(e *entity, c object) (object, error) {
	kind, usage := c.str("type"), c.str("usage")
	if kind != "AsymmetricX509Cert" || usage != "Verify" && usage != "Encrypt" {
		return nil, errKey("KeyCredentialsInvalidType", "Key credential type or usage is invalid.")
	}
	cert, err := parseCertificate(c.str("key"))
	if err != nil {
		return nil, errKey("KeyCredentialsInvalidKey", "Key value is invalid certificate.")
	}
	start, err := c.time("startDateTime", cert.NotBefore)
	if err != nil {
		return nil, err
	}
	end, err := c.time("endDateTime", cert.NotAfter)
	if err != nil {
		return nil, err
	}
	if start.Before(cert.NotBefore.Truncate(time.Second)) || start.After(cert.NotAfter) {
		return nil, errKey("KeyCredentialsInvalidStartDate", "Key credential start date is invalid.")
	}
	if !end.After(start) || end.After(cert.NotAfter) || !end.After(r.now) {
		return nil, errKey("KeyCredentialsInvalidEndDate", "Key credential end date is invalid.")
	}
	if err := r.tenant.checkKey(e, cert, start, end, r.now); err != nil {
		return nil, err
	}
	id := strings.ToLower(c.str("keyId"))
	if id == "" {
		id = r.server.newID("key")
	}
	if !guidPattern.MatchString(id) {
		return nil, errBadRequest("Cannot convert the literal '%s' to the expected type 'Edm.Guid'.", id)
	}
	out := keyOf(cert, id, c.str("displayName"))
	out["startDateTime"], out["endDateTime"], out["usage"] = stamp(start), stamp(end), usage
	return out, nil
}

// keyOf is the credential of a certificate, for as long as that is good.
func keyOf(cert *x509.Certificate, id, displayName string) object {
	return object{
		"customKeyIdentifier": thumbprint(cert.Raw), "displayName": cut(cmp.Or(displayName, cert.Subject.String()), maxKeyName),
		"startDateTime": stamp(cert.NotBefore), "endDateTime": stamp(cert.NotAfter), "key": base64.StdEncoding.EncodeToString(cert.Raw),
		"keyId": id, "type": "AsymmetricX509Cert", "usage": "Verify",
	}
}

// parseCertificate reads a certificate in base64: of its DER, or of its PEM.
func parseCertificate(text string) (*x509.Certificate, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(raw); block != nil {
		raw = block.Bytes
	}
	return x509.ParseCertificate(raw)
}
