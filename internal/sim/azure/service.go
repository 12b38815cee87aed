package azuresim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// service is one API of the simulator.
type service struct {
	// name is that of its calls and faults.
	name string
	// path is where it lies on the listener, such as "/graph/v1.0".
	path string
	// audiences are those of its access tokens; nil takes requests without one.
	audiences []string
	// denied is the code of a 403.
	denied string
	// secrets are members of requests that the record of calls hides.
	secrets []string
	routes  []route
	// rewrite changes an escaped path below path before it is routed; nil is no
	// change.
	rewrite func(path string) string
	// unknown refuses a request that no route takes.
	unknown func(*request) *apiError
	// fail gives an error its form.
	fail func(*request, *apiError) object
	// unauthorized refuses a request whose token does not do.
	unauthorized func(*request, *apiError)
	// stamp adds what the headers of every answer have; nil adds request-id.
	stamp func(*request, http.Header)
	// spend refuses a request that exceeds limits of the service's own; nil has
	// none.
	spend func(*request) error
}

// services are those of the simulator.
func services() []service {
	return []service{oauthService(), graphService("v1.0"), graphService("beta"), armService(), dataService(), vaultService()}
}

// route is one operation of a service.
type route struct {
	// pattern is a method and a path below the service's, as http.ServeMux has
	// them. It is also the name of the operation in calls and faults.
	pattern string
	// needs are application permissions of which one suffices; nil is none that
	// is checked before handle.
	needs []string
	// also are permissions of which one is needed besides.
	also []string
	// own takes Application.ReadWrite.OwnedBy as well: handle asks
	// [request.mayChange] about the object.
	own bool
	// outside is handled without the server's lock, because it makes requests of
	// its own.
	outside bool
	handle  func(*request) (*reply, error)
}

// request is one request on its way through a service.
type request struct {
	server  *Server
	service *service
	route   *route
	http    *http.Request
	now     time.Time
	id      string
	query   url.Values
	form    url.Values // of the token endpoint
	body    object
	raw     []byte
	tenant  *Tenant // nil without a token
	caller  *caller // nil without a token

	// otherMethod says of a request that no route takes that one with another
	// method would be taken.
	otherMethod bool

	permissions []sim.Permission
	batch       []sim.Call
}

// reply is what goes back over the wire. A nil body is none.
type reply struct {
	status int
	header http.Header
	body   any
	drop   bool
}

func answer(status int, body any) (*reply, error) { return &reply{status: status, body: body}, nil }

// maxBody is the largest request that is read, in bytes.
const maxBody = 4 << 20

// Handler routes by the first segments of the path; each service has a mux of
// its own, because their patterns overlap. It panics with [http.ErrAbortHandler]
// to drop a connection.
func (s *Server) Handler() http.Handler {
	root := http.NewServeMux()
	sim.AddControl(root, s)
	for _, svc := range services() {
		root.Handle(svc.path+"/", s.mux(&svc))
	}
	return collapse(root)
}

// methods are those that routes have.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete}

func (s *Server) mux(svc *service) http.Handler {
	mux := http.NewServeMux()
	unknown := &route{handle: func(r *request) (*reply, error) {
		r.otherMethod = slices.ContainsFunc(methods, func(method string) bool {
			probe := r.http.Clone(r.http.Context())
			probe.Method = method
			_, pattern := mux.Handler(probe)
			return pattern != "/"
		})
		return nil, svc.unknown(r)
	}}
	mux.HandleFunc("/", func(w http.ResponseWriter, hr *http.Request) { s.serve(svc, unknown, w, hr) })
	for i := range svc.routes {
		rt := &svc.routes[i]
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, hr *http.Request) { s.serve(svc, rt, w, hr) })
	}
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		path := strings.TrimPrefix(hr.URL.EscapedPath(), svc.path)
		if svc.rewrite != nil {
			path = svc.rewrite(path)
		}
		below := hr.Clone(hr.Context())
		decoded, err := url.PathUnescape(path)
		if err != nil {
			decoded = path
		}
		below.URL.Path, below.URL.RawPath = decoded, path
		mux.ServeHTTP(w, below)
	})
}

// batchKey is the context key of the request that another one is a part of.
type batchKey struct{}

// serve answers one request and records it.
func (s *Server) serve(svc *service, rt *route, w http.ResponseWriter, hr *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, hr.Body, maxBody))
	if err != nil {
		http.Error(w, "the request body cannot be read: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	r := &request{server: s, service: svc, route: rt, http: hr, raw: raw, query: hr.URL.Query()}
	rep := r.answer()
	call := r.call(rep)
	if part, ok := hr.Context().Value(batchKey{}).(*request); ok {
		part.batch = append(part.batch, call)
		if rep.drop {
			rep = r.failed(newError("UnknownError", http.StatusGatewayTimeout, "The backend did not answer."))
		}
	} else {
		s.calls.Record(call)
	}
	if rep.drop {
		// net/http closes the connection without an answer.
		panic(http.ErrAbortHandler)
	}
	rep.write(w)
}

func (rep *reply) write(w http.ResponseWriter) {
	for name, values := range rep.header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	var text []byte
	if rep.body != nil {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		// What handlers answer are objects, which can be written.
		_ = enc.Encode(rep.body)
		text = b.Bytes()
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(rep.status)
	// A client that went away needs no answer.
	_, _ = w.Write(text)
}

// answer takes the request from authentication to the reply. The lock is given
// back before a route that is handled outside it.
func (r *request) answer() *reply {
	s := r.server
	s.mu.Lock()
	defer s.mu.Unlock()
	r.now = s.clock.Now()
	s.requests++
	r.id = sim.UUID("azure-request/" + strconv.Itoa(s.requests))
	err := r.read()
	if err == nil {
		err = r.authenticate()
	}
	if err == nil {
		err = r.spend()
	}
	if err != nil {
		return r.failed(err)
	}
	fault := s.faults.Match(r.service.name, r.route.pattern)
	if fault == nil {
		fault = &sim.Fault{Kind: sim.FaultNone}
	}
	if fault.Refuses() {
		if e := faultError(fault, r.service.denied); e != nil {
			return r.failed(e)
		}
		return &reply{drop: true}
	}
	if err := r.authorise(); err != nil {
		return r.failed(err)
	}
	rep, err := r.under(fault)
	if fault.Kind == sim.FaultDropAfter || rep != nil && rep.drop {
		return &reply{drop: true}
	}
	if err != nil {
		return r.failed(err)
	}
	if rep.header == nil {
		rep.header = http.Header{}
	}
	r.stamp(rep.header)
	return rep
}

// under handles the request under a fault that lets it have its effect.
func (r *request) under(fault *sim.Fault) (*reply, error) {
	s := r.server
	lag, maxPage := s.lag, s.maxPage
	defer func() { s.lag, s.maxPage = lag, maxPage }()
	switch fault.Kind {
	case sim.FaultLag:
		s.lag = sim.FaultReads
	case sim.FaultShortPage:
		s.maxPage = 1
	case sim.FaultHoldBefore:
		if !s.faults.Hold(r.http.Context()) {
			return &reply{drop: true}, nil
		}
	}
	rep, err := r.handle()
	if fault.Kind == sim.FaultHoldAfter {
		s.faults.Hold(r.http.Context())
	}
	return rep, err
}

func (r *request) handle() (*reply, error) {
	if r.route.outside {
		r.server.mu.Unlock()
		defer r.server.mu.Lock()
	}
	return r.route.handle(r)
}

func (r *request) stamp(h http.Header) {
	if r.service.stamp != nil {
		r.service.stamp(r, h)
		return
	}
	h.Set("request-id", r.id)
}

// failed renders an error. One that is not the simulator's own is a mistake of
// the simulator.
func (r *request) failed(err error) *reply {
	var e *apiError
	if !errors.As(err, &e) {
		e = newError("InternalServerError", http.StatusInternalServerError, "%s", err.Error())
	}
	header := e.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	r.stamp(header)
	return &reply{status: e.status, header: header, body: failure{r.service.fail(r, e), e.code}}
}

// failure is the body of an error, which knows its code.
type failure struct {
	object
	code string
}

func (f failure) MarshalJSON() ([]byte, error) { return json.Marshal(f.object) }

// read parses the body: of a form, or of JSON.
func (r *request) read() error {
	if strings.HasPrefix(r.http.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, err := url.ParseQuery(string(r.raw))
		r.form = form
		return err
	}
	r.body = object{}
	if text := string(bytes.TrimSpace(r.raw)); text == "" || text == "null" {
		return nil
	}
	if err := json.Unmarshal(r.raw, &r.body); err != nil {
		return newError("BadRequest", http.StatusBadRequest, "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	for _, name := range r.service.secrets {
		r.server.secrets.Add(r.body.str(name))
	}
	return nil
}

// call is the record of a request that was answered.
func (r *request) call(rep *reply) sim.Call {
	c := sim.Call{
		Time: r.now, Service: r.service.name, Action: r.route.pattern, Path: r.http.URL.Path, Params: r.recorded(),
		Status: rep.status, Permissions: r.permissions, Batch: r.batch,
	}
	if c.Action == "" {
		c.Action = r.http.Method + " " + r.http.URL.Path
	}
	if r.tenant != nil {
		c.Account = r.tenant.id
	}
	if r.caller != nil {
		c.Principal = r.caller.objectID
	}
	if f, ok := rep.body.(failure); ok {
		c.ErrorCode = f.code
	}
	if rep.drop {
		c.ErrorCode = droppedCode
	}
	return c
}

// inBatch is the context of the requests that this one holds.
func (r *request) inBatch() context.Context {
	return context.WithValue(r.http.Context(), batchKey{}, r)
}
