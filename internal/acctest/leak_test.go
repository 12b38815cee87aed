package acctest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// watched is a test whose failures are noted, and which ends when it is told to.
type watched struct {
	testing.TB
	mu       sync.Mutex
	said     []string
	cleanups []func()
}

func (w *watched) Errorf(format string, values ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, fmt.Sprintf(format, values...))
}

func (w *watched) Error(values ...any) { w.Errorf("%s", fmt.Sprint(values...)) }

func (w *watched) Cleanup(do func()) { w.cleanups = append(w.cleanups, do) }

// finish ends the test as testing does, and returns its failures.
func (w *watched) finish() []string {
	for len(w.cleanups) > 0 {
		last := len(w.cleanups) - 1
		do := w.cleanups[last]
		w.cleanups = w.cleanups[:last]
		do()
	}
	return w.said
}

// planted is a simulator that has given one secret away.
type planted string

func (p planted) Secrets() []string { return []string{string(p)} }

func (planted) URL() string { return "http://planted" }

// newPlanted is a hunt for one secret.
func newPlanted(t testing.TB, secret string) (*watched, *LeakHunt) {
	w, clock := &watched{TB: t}, sim.New().Clock()
	hunt(w, clock, planted(secret))
	return w, HuntUnder(clock)
}

const (
	hard = `wJalrXUtnFEMI/K7MDENG+bPxRfiCY"EX&AM<=`
	key  = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\nMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu\nNMoSfm76oqFvAp8Gy0iz5sxjZmSnXyCdPEovGhLa0VzMaQ8s+CLOyS56YyCFGeJZ\n-----END PRIVATE KEY-----\n"
)

// spellings write a text in the ways in which a secret is to be found.
func spellings() map[string]func(string) string {
	marshal := func(text string) string {
		encoded, _ := json.Marshal(map[string]string{"value": text})
		return string(encoded)
	}
	ways := map[string]func(string) string{
		"plain text":          func(s string) string { return s },
		"JSON":                marshal,
		"JSON within JSON":    func(s string) string { return marshal(marshal(s)) },
		"a query":             func(s string) string { return url.Values{"a": {s}}.Encode() },
		"a path":              url.PathEscape,
		"a query in lower":    func(s string) string { return "a=" + lowerHex(url.QueryEscape(s)) },
		"base64 of JSON":      func(s string) string { return base64.StdEncoding.EncodeToString([]byte(marshal(s))) },
		"base64url of JSON":   func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(marshal(s))) },
		"base64 within JSON":  func(s string) string { return marshal(base64.StdEncoding.EncodeToString([]byte(s))) },
		"base64 of basicauth": func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte("client:"+s)) },
	}
	for before := range 4 {
		for name, encoding := range map[string]*base64.Encoding{"std": base64.StdEncoding, "URL": base64.URLEncoding, "raw": base64.RawStdEncoding} {
			ways[fmt.Sprintf("base64 %s after %d bytes", name, before)] = func(s string) string {
				return encoding.EncodeToString([]byte("abc"[:before] + s + "neighbour"))
			}
		}
	}
	return ways
}

func lowerHex(text string) string {
	parts := strings.Split(text, "%")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToLower(parts[i][:2]) + parts[i][2:]
	}
	return strings.Join(parts, "%")
}

// TestLeakFoundInEveryEncoding plants secrets in a longer text, and wants each found, and never told.
func TestLeakFoundInEveryEncoding(t *testing.T) {
	t.Parallel()
	document, _ := json.Marshal(map[string]string{"client_id": "11111111-2222", "private_key": key})
	for name, one := range map[string]struct{ secret, leaks string }{
		"a secret": {hard, hard}, "a key": {key, key}, "a line of a key": {key, strings.Split(key, "\n")[2]},
		"a document": {string(document), string(document)}, "the key of a document": {string(document), key},
	} {
		for way, spell := range spellings() {
			t.Run(name+" in "+way, func(t *testing.T) {
				t.Parallel()
				w, h := newPlanted(t, one.secret)
				text := "before " + spell(one.leaks) + " behind"
				h.Keep("a place", []byte(text))
				said := w.finish()
				if len(said) == 0 {
					t.Fatalf("it was not found in %s", text)
				}
				for _, line := range said {
					if !strings.Contains(line, " in a place") || strings.Contains(line, one.leaks) || strings.Contains(line, hard) {
						t.Errorf("the hunt says %s", line)
					}
				}
			})
		}
	}
	w, h := newPlanted(t, string(document))
	h.Keep("a place", []byte(`{"client_id": "11111111-2222", "state": "`+strings.Repeat("clean ", keepAtMost/5)+`"}`))
	if said := w.finish(); len(said) > 0 {
		t.Errorf("nothing is there, and the hunt says %v", said)
	}
}

// TestLeakFoundByEveryProtocol wants a test to fail that has nothing but a simulator and a provider.
//
//nolint:paralleltest // it sets the simulator's credentials
func TestLeakFoundByEveryProtocol(t *testing.T) {
	w := &watched{TB: t}
	server := NewSim(w)
	for name, value := range server.Env() {
		t.Setenv(name, value)
	}
	secret := server.Account(sim.DefaultAccount).PutUser(sim.User{Name: "mailer", AccessKeys: []sim.AccessKey{{}}})[0].SecretAccessKey
	r := NewConfiguredProtocol(w, server, nil).Resource("governed_service_identity")
	if diags := r.Apply(Values{
		"name": "export", "owner": "payments", "purpose": "Nightly export with " + secret, "expiry": Date(server, 30),
		"aws_role": Values{"trust": Values{"aws_services": []string{"lambda.amazonaws.com"}}},
	}); diags.Failed() {
		t.Fatal(diags)
	}
	said := strings.Join(w.finish(), "\n")
	for _, place := range []string{
		"is in plain text in PlanResourceChange of governed_service_identity: PlannedState.MsgPack",
		"is in plain text in ApplyResourceChange of governed_service_identity: NewState.MsgPack",
	} {
		if !strings.Contains(said, place) {
			t.Errorf("the hunt does not say that a secret %s, but\n%s", place, said)
		}
	}
	if strings.Contains(said, secret) {
		t.Error("the hunt tells the secret")
	}
}

// TestThoroughHuntWantsPlaces wants a thorough hunt to fail where there was nothing to search, and one of Terraform's runs
// where its files were not found.
func TestThoroughHuntWantsPlaces(t *testing.T) {
	t.Parallel()
	w := &watched{TB: t}
	server := NewSim(w)
	Thoroughly(server)
	if _, err := Factories(server)["governed"](); err != nil {
		t.Fatal(err)
	}
	WantSame(t, "what the hunt says", w.finish(), []string{
		"Terraform has run, and none of its files was found to be searched",
		"there is no tfstate to search in", "there is no tfplan to search in", "there is no plan JSON to search in", "there is no .log to search in",
		"the simulators handed out no secret",
	})
}
