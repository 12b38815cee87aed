package chaos_test

import (
	"encoding/json"
	"regexp"
	"slices"
)

// generated are the ids that clouds and the provider make up, and so differ from run to run.
var generated = regexp.MustCompile(`\b(A[A-Z]{3})[A-Z2-7]{16,17}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b|\b[0-9A-F]{64}\b|\bMII[A-Za-z0-9+/=]{100,}|https://identity\.azure\.net/\w+|(:secret:[\w/]+)-\w{6}\b`)

// counted are properties that say how many credentials there have been, or begin with a secret of their own.
var counted = regexp.MustCompile(`\b(nhi:credential|hint) \S+`)

// hidden are members of what is stored that differ from run to run.
var hidden = []string{"secret_access_key", "ses_smtp_password", "client_secret", "certificate", "private_key"}

// shortest is the length of the shortest text that has something to hide.
const shortest = len(":secret:a-123456")

// mask hides what differs between two runs that leave the same behind.
func mask(text string) string {
	if len(text) < shortest {
		return text
	}
	var document map[string]any
	if json.Unmarshal([]byte(text), &document) == nil {
		for name := range document {
			if slices.Contains(hidden, name) {
				document[name] = "…"
			}
		}
		encoded, _ := json.Marshal(document) // What was read can be written.
		text = string(encoded)
	}
	return generated.ReplaceAllString(text, "$1$3…")
}
