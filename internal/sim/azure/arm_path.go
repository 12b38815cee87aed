package azuresim

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// armWords are the fixed words of Resource Manager's paths, which take any case.
var armWords = func() map[string]string {
	words := map[string]string{}
	for _, w := range []string{
		"subscriptions", "resourceGroups", "providers", "Microsoft.ManagedIdentity", "userAssignedIdentities", "federatedIdentityCredentials",
		"Microsoft.Authorization", "roleDefinitions", "roleAssignments", "roleAssignmentScheduleRequests", "roleAssignmentSchedules",
		"roleAssignmentScheduleInstances", "Microsoft.ResourceGraph", "resources",
	} {
		words[strings.ToLower(w)] = w
	}
	return words
}()

// armSegments writes a path with the fixed words as the routes have them, and
// the scope of a resource of Microsoft.Authorization as one segment. Names stay
// as they were sent.
func armSegments(path string) string {
	segments := slices.DeleteFunc(strings.Split(path, "/"), func(s string) bool { return s == "" })
	scope := -1
	for i, s := range segments {
		if strings.EqualFold(s, "providers") && i+1 < len(segments) && strings.EqualFold(segments[i+1], "Microsoft.Authorization") {
			scope = i
		}
	}
	fixed := true // whether the next segment is a word and not a name
	var out []string
	if scope >= 0 {
		decoded, err := url.PathUnescape(strings.Join(segments[:scope], "/"))
		if err != nil {
			return path
		}
		if decoded == "" {
			decoded = "//" // http.ServeMux keeps a segment of one slash for itself
		}
		out, segments = append(out, url.PathEscape(decoded)), segments[scope:]
	}
	for _, s := range segments {
		word, known := armWords[strings.ToLower(s)]
		if fixed && known {
			s = word
		}
		out = append(out, s)
		// What follows "providers" is a namespace and then a type.
		fixed = !fixed || s == "providers" || strings.HasPrefix(s, "Microsoft.")
	}
	return "/" + strings.Join(out, "/")
}

func readSkip(token string) (int, bool) {
	if token == "" {
		return 0, true
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, false
	}
	n, err := strconv.Atoi(string(raw))
	return n, err == nil && n >= 0
}

func writeSkip(at int) string { return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(at))) }

// collapse takes repeated slashes out of paths, which Resource Manager reads as
// one and clients send where a scope begins with one.
func collapse(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		if path := hr.URL.EscapedPath(); strings.Contains(path, "//") {
			for strings.Contains(path, "//") {
				path = strings.ReplaceAll(path, "//", "/")
			}
			if decoded, err := url.PathUnescape(path); err == nil {
				hr = hr.Clone(hr.Context())
				hr.URL.Path, hr.URL.RawPath = decoded, path
			}
		}
		next.ServeHTTP(w, hr)
	})
}
