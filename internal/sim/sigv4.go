package sim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const sigV4Algorithm = "AWS4-HMAC-SHA256"

// signature is the Authorization header of a request signed with Signature
// Version 4.
type signature struct {
	accessKeyID string
	date        string // YYYYMMDD of the credential scope
	region      string
	service     string
	headers     []string // signed headers, lower case, in the signer's order
	value       string   // hexadecimal
}

// parseSignature reads an Authorization header; ok is false for anything but
// a complete Signature Version 4.
func parseSignature(header string) (sig signature, ok bool) {
	rest, found := strings.CutPrefix(header, sigV4Algorithm+" ")
	if !found {
		return sig, false
	}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			scope := strings.Split(value, "/")
			if len(scope) != 5 || scope[4] != "aws4_request" {
				return sig, false
			}
			sig.accessKeyID, sig.date, sig.region, sig.service = scope[0], scope[1], scope[2], scope[3]
		case "SignedHeaders":
			sig.headers = strings.Split(value, ";")
		case "Signature":
			sig.value = value
		}
	}
	return sig, sig.accessKeyID != "" && len(sig.headers) > 0 && sig.value != ""
}

// verify reports whether the request was signed with the secret. The request's
// date takes part as the signer sent it and is not compared with any clock, so
// that the simulator's clock can be anywhere.
func (sig signature) verify(r *http.Request, body []byte, secret string) bool {
	sum := sha256.Sum256(body)
	var canonical strings.Builder
	canonical.WriteString(r.Method + "\n")
	canonical.WriteString(canonicalPath(r.URL) + "\n")
	canonical.WriteString(canonicalQuery(r.URL.Query()) + "\n")
	for _, name := range sig.headers {
		canonical.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	canonical.WriteString("\n" + strings.Join(sig.headers, ";") + "\n" + hex.EncodeToString(sum[:]))

	hashed := sha256.Sum256([]byte(canonical.String()))
	scope := strings.Join([]string{sig.date, sig.region, sig.service, "aws4_request"}, "/")
	toSign := strings.Join([]string{sigV4Algorithm, r.Header.Get("X-Amz-Date"), scope, hex.EncodeToString(hashed[:])}, "\n")

	key := []byte("AWS4" + secret)
	for _, part := range []string{sig.date, sig.region, sig.service, "aws4_request"} {
		key = mac(key, part)
	}
	return hmac.Equal([]byte(hex.EncodeToString(mac(key, toSign))), []byte(sig.value))
}

func mac(key []byte, data string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(data))
	return h.Sum(nil)
}

func canonicalPath(u *url.URL) string {
	if p := u.EscapedPath(); p != "" {
		return p
	}
	return "/"
}

func canonicalQuery(query url.Values) string {
	var pairs []string
	for k, values := range query {
		for _, v := range values {
			pairs = append(pairs, escapeRFC3986(k)+"="+escapeRFC3986(v))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// headerValue returns a header as it was signed: values joined by commas, with
// runs of spaces made one. Go's server keeps the host and the length outside
// the header map.
func headerValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}
