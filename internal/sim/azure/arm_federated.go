package azuresim

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	kindFederated       = kindIdentity + "/federatedIdentityCredentials"
	federatedOf         = identitiesOf + "/{name}/federatedIdentityCredentials"
	federatedPageLength = 20
)

// identityFederatedRoutes are the operations on the federated credentials of a managed
// identity. Writes are handled outside the server's lock: Resource Manager tells
// those that meet on one identity.
var identityFederatedRoutes = []route{
	{pattern: "GET /subscriptions/{subscription}" + federatedOf, handle: (*request).listIdentityFederated},
	{pattern: "GET /subscriptions/{subscription}" + federatedOf + "/{credential}", handle: (*request).getIdentityFederated},
	{pattern: "PUT /subscriptions/{subscription}" + federatedOf + "/{credential}", outside: true, handle: writesFederated((*request).putIdentityFederated)},
	{pattern: "DELETE /subscriptions/{subscription}" + federatedOf + "/{credential}", outside: true, handle: writesFederated((*request).deleteIdentityFederated)},
}

// hold keeps writes of federated credentials from going on.
type hold struct {
	started chan string
	release chan struct{}
}

// HoldFederatedWrites keeps each write of a managed identity's federated
// credentials waiting, with the identity taken, until release is called. The
// channel gives the id of the identity, in lower case, of every write that has
// begun to wait. Other writes to the same identity are refused meanwhile, as
// Resource Manager does with writes that overlap.
func (t *Tenant) HoldFederatedWrites() (started <-chan string, release func()) {
	h := &hold{make(chan string, 64), make(chan struct{})}
	t.arm.writingMu.Lock()
	t.arm.hold = h
	t.arm.writingMu.Unlock()
	return h.started, func() {
		t.arm.writingMu.Lock()
		defer t.arm.writingMu.Unlock()
		if t.arm.hold == h {
			t.arm.hold = nil
			close(h.release)
		}
	}
}

// writesFederated refuses a write while another one to the same identity is
// going on.
func writesFederated(handle func(*request) (*reply, error)) func(*request) (*reply, error) {
	return func(r *request) (*reply, error) {
		a := r.tenant.arm
		id := strings.ToLower("/subscriptions/" + r.http.PathValue("subscription") + "/resourcegroups/" + r.http.PathValue("group") + "/providers/" + kindIdentity + "/" + r.http.PathValue("name"))
		a.writingMu.Lock()
		busy, held := a.writing[id], a.hold
		a.writing[id] = true
		a.writingMu.Unlock()
		if busy {
			return nil, newError("ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", http.StatusConflict,
				"Too many Federated Identity Credentials are written concurrently for the managed identity '%s'. "+
					"Concurrent Federated Identity Credentials writes under the same managed identity are not supported.", id)
		}
		defer func() {
			a.writingMu.Lock()
			defer a.writingMu.Unlock()
			delete(a.writing, id)
		}()
		if held != nil {
			held.started <- id
			select {
			case <-held.release:
			case <-r.http.Context().Done():
			}
		}
		r.server.mu.Lock()
		defer r.server.mu.Unlock()
		return handle(r)
	}
}

// identityFederatedName is what a federated credential can be called.
var identityFederatedName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$`)

func (f *federatedCredential) answer(of *resource) object {
	return object{
		"id": of.id() + "/federatedIdentityCredentials/" + f.name, "name": f.name, "type": kindFederated,
		"properties": object{"issuer": f.issuer, "subject": f.subject, "audiences": f.audiences},
	}
}

// ofParent finds the identity of a federated credential.
func (r *request) ofParent(action string) (*resource, error) {
	res, _, err := r.ofIdentity(kindFederated + "/" + action)
	if err == nil && res == nil {
		err = newError("ParentResourceNotFound", http.StatusNotFound, "Failed to perform '%s' on resource(s) of type 'userAssignedIdentities/federatedIdentityCredentials', "+
			"because the parent resource '%s' could not be found.", action, strings.TrimPrefix(r.http.URL.Path[:strings.LastIndex(r.http.URL.Path, "/federatedIdentityCredentials")], "/"))
	}
	return res, err
}

func (res *resource) federated(name string) int {
	return slices.IndexFunc(res.principal.federated, func(f *federatedCredential) bool { return strings.EqualFold(f.name, name) })
}

func (r *request) listIdentityFederated() (*reply, error) {
	res, err := r.ofParent("read")
	if err != nil {
		return nil, err
	}
	var items []object
	for _, f := range res.principal.federated {
		items = append(items, f.answer(res))
	}
	return r.armPage(items, federatedPageLength)
}

func (r *request) getIdentityFederated() (*reply, error) {
	res, err := r.ofParent("read")
	if err != nil {
		return nil, err
	}
	name := r.http.PathValue("credential")
	i := res.federated(name)
	if i < 0 {
		return nil, newError("NotFound", http.StatusNotFound, "The federated identity credential '%s' of the managed identity '%s' was not found.", name, res.name)
	}
	return answer(http.StatusOK, res.principal.federated[i].answer(res))
}

func (r *request) putIdentityFederated() (*reply, error) {
	res, err := r.ofParent("write")
	if err != nil {
		return nil, err
	}
	f, err := r.readIdentityFederated()
	if err != nil {
		return nil, err
	}
	i := res.federated(f.name)
	for j, other := range res.principal.federated {
		if j != i && other.issuer == f.issuer && other.subject == f.subject {
			return nil, newError("Conflict", http.StatusConflict, "Issuer and subject combination already exists for this Managed Identity.")
		}
	}
	// Values are replaced, never changed: others may be reading them.
	list := slices.Clone(res.principal.federated)
	if i >= 0 {
		f.id, f.name = list[i].id, list[i].name
		list[i] = f
		res.principal.federated = list
		return answer(http.StatusOK, f.answer(res))
	}
	if len(list) >= maxFederated {
		return nil, newError("BadRequest", http.StatusBadRequest, "Too many Federated Identity Credentials for the managed identity '%s'. The maximum is %d.", res.name, maxFederated)
	}
	f.id = r.server.newID("federated")
	res.principal.federated = append(list, f)
	return answer(http.StatusCreated, f.answer(res))
}

// readIdentityFederated reads and checks a federated credential (Microsoft Entra, "Important
// considerations and restrictions for federated identity credentials").
func (r *request) readIdentityFederated() (*federatedCredential, error) {
	refuse := func(format string, args ...any) (*federatedCredential, error) {
		return nil, newError("BadRequest", http.StatusBadRequest, format, args...)
	}
	p := r.body.object("properties")
	f := &federatedCredential{name: r.http.PathValue("credential"), issuer: p.str("issuer"), subject: p.str("subject"), audiences: p.texts("audiences")}
	issuer, err := url.Parse(f.issuer)
	switch {
	case !identityFederatedName.MatchString(f.name):
		return refuse("Federated Identity Credential name '%s' is invalid.", f.name)
	case f.issuer == "" || f.subject == "" || p["audiences"] == nil:
		return refuse("Federated Identity Credential from HTTP body has empty properties.")
	case len(f.audiences) != 1:
		return refuse("Federated identity credentials must have exactly 1 audience.")
	case f.audiences[0] == "":
		return refuse("Federated Identity Credential from HTTP body has empty properties.")
	case err != nil || issuer.Scheme != "https" || issuer.Host == "":
		return refuse("The issuer '%s' is invalid. It has to be an HTTPS URL.", f.issuer)
	}
	for name, value := range map[string]string{"issuer": f.issuer, "subject": f.subject, "audience": f.audiences[0]} {
		if units(value) > maxFederatedIssuer {
			return refuse("The %s exceeds the maximum length of %d characters.", name, maxFederatedIssuer)
		}
	}
	return f, nil
}

func (r *request) deleteIdentityFederated() (*reply, error) {
	res, err := r.ofParent("delete")
	if err != nil {
		return nil, err
	}
	i := res.federated(r.http.PathValue("credential"))
	if i < 0 {
		return &reply{status: http.StatusNoContent}, nil
	}
	res.principal.federated = slices.Delete(slices.Clone(res.principal.federated), i, i+1)
	return &reply{status: http.StatusOK}, nil
}
