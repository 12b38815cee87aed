package credential_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/credential"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

// TestEveryInterruption makes every call of a life fail in every way, applies again, and finds every credential at home.
func TestEveryInterruption(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(at int) func(int, string) (bool, bool){
		"refused": func(at int) func(int, string) (bool, bool) {
			return func(n int, _ string) (bool, bool) { return n != at, n != at }
		},
		"answer lost": func(at int) func(int, string) (bool, bool) {
			return func(n int, _ string) (bool, bool) { return true, n != at }
		},
		"two answers lost": func(at int) func(int, string) (bool, bool) {
			return func(n int, _ string) (bool, bool) { return true, n < at || n > at+1 }
		},
		"death": func(at int) func(int, string) (bool, bool) {
			return func(n int, _ string) (bool, bool) { return n < at, n < at }
		},
		"no answer anymore": func(at int) func(int, string) (bool, bool) {
			return func(n int, _ string) (bool, bool) { return true, n < at }
		},
	} {
		for _, scene := range []string{"create", "rotate", "rotate again", "retire"} {
			t.Run(name+"/"+scene, func(t *testing.T) {
				t.Parallel()
				for at := 1; at < 12; at++ {
					c := newCloud()
					life := c.life("smtp")
					apply := func(rotate bool) error {
						_, err := life.Apply(t.Context(), want(c, "smtp", rotate), agree)
						return err
					}
					rotations := map[string]int{"create": 0, "rotate": 1, "rotate again": 2, "retire": 2}[scene]
					for i := range rotations {
						must(t, apply(i > 0))
						c.now = c.now.AddDate(0, 0, 60)
					}
					c.calls, c.fail = 0, fails(at)
					retire := func() error { _, err := life.Retire(t.Context(), "arn:smtp"); return err }
					step := func() error { return apply(rotations > 0) }
					if scene == "retire" {
						step = retire
					}
					_ = step() // What it says does not matter.
					c.fail = nil
					c.now = c.now.Add(time.Hour)
					if scene == "retire" {
						must(t, retire())
						if len(c.credentials)+len(c.stores) > 0 || c.issuing != nil {
							t.Fatalf("call %d: %v and %v are left", at, c.credentials, c.stores)
						}
						continue
					}
					w := want(c, "smtp", false)
					if stored := c.stores["smtp"]; stored != nil {
						w.ARN = stored.ARN
					}
					_, err := life.Apply(t.Context(), w, agree)
					must(t, err)
					if c.wantHome(t); t.Failed() {
						t.Fatalf("at call %d", at)
					}
					calls := c.calls
					w.ARN = "arn:smtp"
					_, err = life.Apply(t.Context(), w, agree)
					must(t, err)
					if c.calls > calls+1 { // The store is prepared each time.
						t.Fatalf("call %d: a further apply changes something", at)
					}
				}
			})
		}
	}
}

// TestForeignStays makes a credential by hand beside an interrupted issuance.
func TestForeignStays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		later time.Duration
		used  bool
	}{"long after": {later: 2 * time.Hour}, "used": {later: time.Minute, used: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud()
			c.fail = func(n int, _ string) (bool, bool) { return n <= 2, n <= 2 }
			if _, err := c.life("smtp").Apply(t.Context(), want(c, "smtp", false), agree); !errors.Is(err, errLost) {
				t.Fatal(err)
			}
			c.fail = nil
			c.now = c.now.Add(test.later)
			foreign := c.add()
			c.used[foreign.ID] = test.used
			_, err := c.life("smtp").Apply(t.Context(), want(c, "smtp", false), agree)
			must(t, err)
			c.wantHome(t, foreign.ID)
		})
	}
}

// TestAnswerLostUnseen loses the answer of an issuance that no replica shows yet: the note stays until it is found.
func TestAnswerLostUnseen(t *testing.T) {
	t.Parallel()
	c := newCloud()
	var hidden []platform.Credential
	c.fail = func(_ int, name string) (bool, bool) { return name != "issue", name != "issue" }
	if _, err := c.life("smtp").Apply(t.Context(), want(c, "smtp", false), agree); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	if c.issuing == nil {
		t.Fatal("the note is gone")
	}
	c.fail = nil
	hidden = append(hidden, c.add())
	_, err := c.life("smtp").Apply(t.Context(), want(c, "smtp", false), agree)
	must(t, err)
	c.wantHome(t)
	if c.find(hidden[0].ID) >= 0 {
		t.Error("what was made is still there")
	}
}

// TestStoreLags rotates, and reads a store that still shows the value before: neither is the new credential taken for an
// older one, nor another one made, nor one revoked whose secret is there.
func TestStoreLags(t *testing.T) {
	t.Parallel()
	for name, interrupted := range map[string]bool{"whole": false, "interrupted": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud()
			life := c.life("smtp")
			_, err := life.Apply(t.Context(), want(c, "smtp", false), agree)
			must(t, err)
			c.now = c.now.AddDate(0, 0, 60)
			if interrupted {
				c.fail = func(_ int, name string) (bool, bool) {
					return name != "own" && name != "withdraw", name != "own" && name != "withdraw"
				}
			}
			_, _ = life.Apply(t.Context(), want(c, "smtp", true), agree)
			c.fail, c.stale = nil, 3
			state, err := life.Observe(t.Context())
			must(t, err)
			if state.Current == nil || state.Current.ID != "AKIA2" || len(state.Orphans) > 0 {
				t.Fatalf("the store lags, and the state is %+v", state)
			}
			c.stale = 3
			w := want(c, "smtp", true)
			w.New = false
			_, err = life.Apply(t.Context(), w, agree)
			must(t, err)
			c.wantHome(t)
		})
	}
}

// TestTwoAtOnce makes two credentials of one identity at the same time.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	for range 50 {
		c := newCloud()
		var group sync.WaitGroup
		for store, w := range map[string]credential.Want{"one": want(c, "one", false), "two": want(c, "two", false)} {
			group.Go(func() {
				if _, err := c.life(store).Apply(context.Background(), w, agree); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if c.wantHome(t); len(c.credentials) != 2 {
			t.Fatalf("the credentials are %v", c.credentials)
		}
	}
}

// TestOtherInProgress waits for a credential of the identity that another state's apply has left half made.
func TestOtherInProgress(t *testing.T) {
	t.Parallel()
	c := newCloud()
	c.issuing = &platform.Issuance{Store: "other\x1b[2J", Since: c.now}
	left := c.add()
	_, err := c.life("smtp").Apply(t.Context(), want(c, "smtp", false), agree)
	var conflict *platform.ErrConflict
	if !errors.As(err, &conflict) || !strings.Contains(err.Error(), left.ID) || strings.Contains(err.Error(), "\x1b") {
		t.Fatalf("the error is %v", err)
	}
	if c.find(left.ID) < 0 || c.issuing == nil {
		t.Error("what is another's was taken away")
	}
}

// TestClaimed leaves a secret alone that another identity's credential has taken over.
func TestClaimed(t *testing.T) {
	t.Parallel()
	c := newCloud()
	_, err := c.life("smtp").Apply(t.Context(), want(c, "smtp", false), agree)
	must(t, err)
	other := c.life("smtp")
	other.Identity.Resource = "other"
	w := want(c, "smtp", true)
	if _, err := other.Apply(t.Context(), w, agree); !errors.As(err, new(*platform.ErrAlreadyExists)) {
		t.Errorf("it was taken over: %v", err)
	}
	if other.Issuer = (issuer{newCloud()}); c.stores["smtp"] != nil {
		_, err = other.Retire(t.Context(), "arn:smtp")
		must(t, err)
	}
	c.wantHome(t)
	if c.stores["smtp"] == nil {
		t.Error("it was removed")
	}
}

// TestSecretIsOutOfReach prints, encodes and fails with a secret in every way.
func TestSecretIsOutOfReach(t *testing.T) {
	t.Parallel()
	const secret = "wJalrXUtnFEMI/K7MDENG"
	issued := platform.NewIssued(platform.Credential{ID: "AKIA1"}, nil, map[string]string{"secret_access_key": secret})
	inside := struct{ issued platform.Issued }{issued}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{issued, &issued, inside, &inside, []platform.Issued{issued}, map[string]platform.Issued{"a": issued}} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
				t.Errorf("%s of %T shows it: %s", verb, value, text)
			}
		}
	}
	encoded, err := json.Marshal([]any{issued, &issued})
	must(t, err)
	if string(encoded) != `["AKIA1","AKIA1"]` {
		t.Errorf("JSON is %s", encoded)
	}
	if err := issued.Redact(fmt.Errorf("invalid value %q", secret)); strings.Contains(err.Error(), secret) {
		t.Errorf("the error shows it: %s", err)
	}
	if err := issued.Redact(errLost); !errors.Is(err, errLost) {
		t.Errorf("the error became %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
