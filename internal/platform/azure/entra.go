package azure

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/nhi-governance/terraform-provider-governed/internal/governance"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform"
	"github.com/nhi-governance/terraform-provider-governed/internal/platform/azure/graph"
)

// entra is what a tenant remembers of its directory.
type entra struct {
	mutex sync.Mutex
	// made are the applications that this process has made, by object id: replicas may not know them yet.
	made map[string]bool
	// written are the applications that it has changed; a bulk read may be older.
	written map[string]bool
	// spent counts the calls that direct reads have cost so far.
	spent      int
	resources  map[string]*platform.Memo[*resource]
	principals map[string]*platform.Memo[principal]
	caller     platform.Memo[string]
	sizes      platform.Memo[int]
	snapshot   platform.Memo[*entraSnapshot]
	signIns    platform.Memo[map[string]time.Time]
	deleted    platform.Memo[[]graph.Application]
	// delegated are delegated permission grants by the object id of who has them.
	delegated platform.Memo[allGrants]
	keys      platform.Memo[map[string]time.Time]
	// changing keeps changes of one identity apart, and recent is what those of applications were.
	changing platform.Locks
	recent   recentChanges
}

// Permissions of Microsoft Graph that the provider needs, as messages name them.
const (
	permissionRead   = "Application.Read.All"
	permissionCreate = "Application.ReadWrite.OwnedBy"
	permissionChange = "Application.ReadWrite.OwnedBy as an owner of the application, or Application.ReadWrite.All"
	permissionAssign = "AppRoleAssignment.ReadWrite.All with Application.Read.All"
	permissionOwn    = "Directory.Read.All besides Application.ReadWrite.OwnedBy"
	permissionUsers  = "User.Read.All"
	permissionAudit  = "AuditLog.Read.All"
)

// lock keeps others that change an identity waiting: its own resource, its credentials, a quarantine.
func (t *Tenant) lock(ctx context.Context, id governance.ID) (unlock func(), err error) {
	return t.entra.changing.Lock(ctx, strings.ToLower(id.String()))
}

// ask sends one request to Microsoft Graph; path is what messages call it.
func (t *Tenant) ask(ctx context.Context, call graph.Request, name, permission string, out any) error {
	connection, err := t.connect(ctx)
	if err != nil {
		return err
	}
	return mapError(operation{call.Method + " " + name, permission}, connection.graph.Do(ctx, call, out))
}

// get reads one object.
func (t *Tenant) get(ctx context.Context, path, name, permission string, query url.Values, out any) error {
	return t.ask(ctx, graph.Request{Method: http.MethodGet, Path: path, Query: query}, name, permission, out)
}

// send changes something; body can be nil.
func (t *Tenant) send(ctx context.Context, method, path, name, permission string, body any) error {
	return t.ask(ctx, graph.Request{Method: method, Path: path, In: body}, name, permission, nil)
}

// listAll reads all pages of a list.
func listAll[T any](ctx context.Context, t *Tenant, call graph.Request, name, permission string) ([]T, error) {
	connection, err := t.connect(ctx)
	if err != nil {
		return nil, err
	}
	all, err := graph.All[T](ctx, connection.graph, call)
	return all, mapError(operation{"GET " + name, permission}, err)
}

// How long to wait for the directory's replicas to agree on what was just made. Microsoft gives no bound.
const (
	replicationTimeout = 2 * time.Minute
	replicationFirst   = 500 * time.Millisecond
	replicationLongest = 10 * time.Second
)

// untilReplicated repeats a call while it fails only because a replica does not know yet what was just made.
func (t *Tenant) untilReplicated(ctx context.Context, name string, call func() error) error {
	pause, waited := replicationFirst, time.Duration(0)
	for {
		err := call()
		if !errors.Is(err, platform.ErrNotFound) && code(err) != codeNoBackingApplication {
			return err
		}
		if waited >= replicationTimeout {
			return &platform.ErrNotPropagated{Operation: name, Waited: waited, Detail: err.Error(), Err: err}
		}
		if err := t.wait(ctx, pause); err != nil {
			return err
		}
		waited += pause
		pause = min(2*pause, replicationLongest)
	}
}

// ensure makes something that may be there already, from an earlier try whose answer got lost: where it is refused, what
// is there decides.
func ensure(do func() error, present func() (bool, error)) error {
	err := do()
	var invalid *platform.ErrInvalid
	var conflict *platform.ErrConflict
	if !errors.As(err, &invalid) && !errors.As(err, &conflict) {
		return err
	}
	if there, readErr := present(); readErr != nil || !there {
		return err
	}
	return nil
}

// note puts an application into one of the sets.
func (e *entra) note(set *map[string]bool, id string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if *set == nil {
		*set = map[string]bool{}
	}
	(*set)[strings.ToLower(id)] = true
}

func (e *entra) has(set *map[string]bool, id string) bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return (*set)[strings.ToLower(id)]
}

// callerID is the object id of whom Terraform runs as; empty where the token does not tell.
func (t *Tenant) callerID(ctx context.Context) (string, error) {
	return t.entra.caller.Get(ctx, func() (string, error) {
		connection, err := t.connect(ctx)
		if err != nil {
			return "", err
		}
		token, err := connection.credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{strings.TrimSuffix(connection.graphAudience, "/") + "/.default"}})
		if err != nil {
			return "", err
		}
		return objectOf(token.Token), nil
	})
}

// objectOf is the claim oid of an access token. Tokens for Microsoft Graph are nobody else's to check, but what they say of
// their own holder is no secret from it ("Access token claims reference").
func objectOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return ""
	}
	var claims struct {
		ObjectID string `json:"oid"`
	}
	if json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return strings.ToLower(claims.ObjectID)
}
