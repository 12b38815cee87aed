package credential_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/credential"
	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
)

var (
	errLost  = errors.New("the connection was lost")
	identity = governance.ID{Kind: governance.KindAWSUser, Account: "123456789012", Resource: "mailer"}
)

// cloud is an identity with two slots, and stores by reference. Its calls can be made to fail.
type cloud struct {
	lock  chan struct{}
	mutex sync.Mutex
	now   time.Time
	made  int

	credentials []platform.Credential
	used        map[string]bool
	issuing     *platform.Issuance
	stores      map[string]*platform.Stored
	documents   map[string]string

	// fail is asked before every call that changes something, by its number from 1 on: whether it has its effect, and
	// whether its answer arrives.
	fail  func(call int, name string) (effect, answer bool)
	calls int
	// stale is how many reads of a store show what was there before the last write.
	stale  int
	before map[string]platform.Stored
}

func newCloud() *cloud {
	return &cloud{
		lock: make(chan struct{}, 1), now: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), used: map[string]bool{},
		stores: map[string]*platform.Stored{}, documents: map[string]string{}, before: map[string]platform.Stored{},
	}
}

func (c *cloud) Now() time.Time { return c.now }

func (c *cloud) life(store string) credential.Life {
	return credential.Life{Identity: identity, ImportID: "import", Issuer: issuer{c}, Store: vault{c, store}, Clock: c}
}

// change counts a call, and lets it have its effect or not.
func (c *cloud) change(name string, effect func()) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.calls++
	happens, answered := true, true
	if c.fail != nil {
		happens, answered = c.fail(c.calls, name)
	}
	if happens {
		effect()
	}
	if !answered {
		return fmt.Errorf("%s: %w", name, errLost)
	}
	return nil
}

func (c *cloud) find(id string) int {
	return slices.IndexFunc(c.credentials, func(one platform.Credential) bool { return one.ID == id })
}

// add makes a credential as anybody can.
func (c *cloud) add() platform.Credential {
	c.made++
	one := platform.Credential{ID: fmt.Sprintf("AKIA%d", c.made), CreatedAt: c.now, Active: true}
	c.credentials = append(c.credentials, one)
	return one
}

type issuer struct{ *cloud }

func (i issuer) Lock(context.Context) (func(), error) {
	i.lock <- struct{}{}
	return func() { <-i.lock }, nil
}

func (i issuer) Holder(context.Context) (platform.Holder, error) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return platform.Holder{ManagedBy: governance.ManagedBy, Credentials: slices.Clone(i.credentials), Slots: 2, Issuing: i.issuing}, nil
}

func (i issuer) Announce(_ context.Context, note platform.Issuance) error {
	return i.change("announce", func() { i.issuing = &note })
}

func (i issuer) Withdraw(context.Context) error {
	return i.change("withdraw", func() { i.issuing = nil })
}

func (i issuer) Issue(context.Context) (platform.Issued, error) {
	if len(i.credentials) >= 2 {
		return platform.Issued{}, &platform.ErrInvalid{Operation: "issue", Code: "LimitExceeded"}
	}
	var one platform.Credential
	if err := i.change("issue", func() { one = i.add() }); err != nil {
		return platform.Issued{Uncertain: true}, err
	}
	return platform.NewIssued(one, map[string]string{"access_key_id": one.ID}, map[string]string{"secret_access_key": "secret of " + one.ID}), nil
}

func (i issuer) Own(_ context.Context, id, store string, until time.Time) error {
	return i.change("own", func() { one := &i.credentials[i.find(id)]; one.Store, one.Until = store, until })
}

func (i issuer) SetActive(_ context.Context, id string, active bool) error {
	return i.change("set active", func() { i.credentials[i.find(id)].Active = active })
}

func (i issuer) Revoke(_ context.Context, id string) error {
	return i.change("revoke", func() {
		i.credentials = slices.DeleteFunc(slices.Clone(i.credentials), func(one platform.Credential) bool { return one.ID == id })
	})
}

func (i issuer) LastUse(_ context.Context, id string) (governance.Use, error) {
	if i.used[id] {
		return governance.Use{At: i.now}, nil
	}
	return governance.Use{}, nil
}

func (issuer) Noun(string) string { return "access key" }

type vault struct {
	*cloud
	name string
}

func (v vault) Reference() string { return v.name }
func (v vault) Object() string    { return "the secret " + v.name }
func (vault) Recovery() string    { return "" }

func (v vault) Describe(context.Context) (platform.Stored, error) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.stale > 0 {
		v.stale--
		return v.before[v.name], nil
	}
	if stored := v.stores[v.name]; stored != nil {
		return *stored, nil
	}
	return platform.Stored{}, nil
}

func (v vault) Await(ctx context.Context, id string) (stored platform.Stored, err error) {
	for range 5 {
		if stored, err = v.Describe(ctx); err != nil || stored.Current == id {
			break
		}
	}
	return stored, err
}

func (v vault) Prepare(_ context.Context, have platform.Stored, marks platform.Marks) (platform.Stored, error) {
	have.Exists, have.ARN, have.ManagedBy, have.Marks = true, "arn:"+v.name, governance.ManagedBy, marks
	return have, v.change("prepare", func() { v.stores[v.name] = &have })
}

func (v vault) Put(_ context.Context, have platform.Stored, _ platform.Marks, content platform.Content) (platform.Stored, error) {
	have.Current, have.Version = content.Credential, content.Credential
	return have, v.change("put", func() {
		v.before[v.name] = *v.stores[v.name]
		v.stores[v.name], v.documents[v.name] = &have, string(content.Document)
	})
}

func (v vault) Remove(context.Context, platform.Stored) error {
	return v.change("remove", func() { delete(v.stores, v.name); delete(v.documents, v.name) })
}

// lifeEnd is that of every credential here.
var lifeEnd = time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)

// want is what a resource asks for.
func want(c *cloud, store string, rotate bool) credential.Want {
	w := credential.Want{
		Marks: platform.Marks{governance.FieldIdentity: identity.String()}, Expires: lifeEnd, New: rotate, Overlap: 24 * time.Hour,
	}
	if stored := c.stores[store]; rotate && stored != nil {
		w.ARN = stored.ARN
	}
	return w
}

func agree(credential.State) bool { return true }

// wantHome fails the test unless every active credential has its secret in a store, or had, and every store gives out a
// credential that is active.
func (c *cloud) wantHome(t *testing.T, foreign ...string) {
	t.Helper()
	if c.issuing != nil {
		t.Errorf("the note of an issuance into %s is left", c.issuing.Store)
	}
	for _, one := range c.credentials {
		if one.Store == "" && !slices.Contains(foreign, one.ID) {
			t.Errorf("%s has no home", one.ID)
		}
	}
	for name, stored := range c.stores {
		if i := c.find(stored.Current); i < 0 || !c.credentials[i].Active || c.credentials[i].Store != name {
			t.Errorf("%s gives out %s, which does not work", name, stored.Current)
		}
	}
	for _, id := range foreign {
		if c.find(id) < 0 {
			t.Errorf("the foreign %s was deleted", id)
		}
	}
}
