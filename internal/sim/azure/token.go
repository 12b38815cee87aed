package azuresim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// tokenLifetime is that of access tokens: Entra ID gives them 60 to 90 minutes
// (Microsoft identity platform, "Access token lifetime").
const tokenLifetime = time.Hour

// claims are the claims of an access token of version 1.0.
type claims struct {
	Audience string   `json:"aud"`
	Issuer   string   `json:"iss"`
	Issued   int64    `json:"iat"`
	Before   int64    `json:"nbf"`
	Expires  int64    `json:"exp"`
	AppID    string   `json:"appid"`
	Kind     string   `json:"idtyp"`
	ObjectID string   `json:"oid"`
	Roles    []string `json:"roles,omitempty"`
	Subject  string   `json:"sub"`
	Tenant   string   `json:"tid"`
	Unique   string   `json:"uti"`
	Version  string   `json:"ver"`
}

func b64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// sign makes a token that only this server takes.
func (s *Server) sign(c claims) string {
	// Claims are texts and numbers, which can be written.
	payload, _ := json.Marshal(c)
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(`{"alg":"HS256","kid":"sim","typ":"JWT"}`)) + "." + enc.EncodeToString(payload)
	return text + "." + enc.EncodeToString(s.mac(text))
}

func (s *Server) mac(text string) []byte {
	m := hmac.New(sha256.New, s.key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// readToken checks the signature of a token and reads it.
func (s *Server) readToken(token string) (claims, bool) {
	i := strings.LastIndex(token, ".")
	if i < 0 {
		return claims{}, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[i+1:])
	if err != nil || !hmac.Equal(signature, s.mac(token[:i])) {
		return claims{}, false
	}
	var c claims
	ok := decodeSegment(token[strings.Index(token, ".")+1:i], &c)
	return c, ok
}

// decodeSegment reads one part of a JSON web token.
func decodeSegment(part string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	return err == nil && json.Unmarshal(raw, into) == nil
}

// issue makes an access token of a principal for a resource.
func (r *request) issue(c claims) string {
	c.Issuer = "https://sts.windows.net/" + r.tenant.id + "/"
	c.Issued, c.Before, c.Expires = r.now.Unix(), r.now.Unix(), r.now.Add(tokenLifetime).Unix()
	c.Kind, c.Version, c.Tenant, c.Subject, c.Unique = "app", "1.0", r.tenant.id, c.ObjectID, r.id
	token := r.server.sign(c)
	r.server.secrets.Add(token)
	return token
}
