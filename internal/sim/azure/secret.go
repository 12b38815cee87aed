package azuresim

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// secretText makes a client secret of forty characters in the form that Entra ID
// gives them: three, a digit, "Q~", and the rest.
func secretText(seed string) string {
	sum := sha256.Sum256([]byte("client-secret/" + seed))
	text := strings.NewReplacer("+", "_", "/", ".").Replace(base64.RawStdEncoding.EncodeToString(sum[:]))
	return text[:3] + "8Q~" + text[3:37]
}
