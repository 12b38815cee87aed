package azuresim

import (
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// Server is the simulator: any number of tenants behind one HTTPS listener. All
// its methods are safe for concurrent use.
type Server struct {
	clock    *sim.Clock
	calls    sim.Recorder
	faults   sim.Faults
	secrets  sim.SecretRegister
	identity *identity
	client   *http.Client
	key      []byte // signs access tokens

	// mu guards everything below; each request runs under it as a whole.
	mu         sync.Mutex
	tenants    map[string]*Tenant
	budgets    map[string]*budget // by service
	lag        int
	throttling bool // by the limits of subscriptions
	maxPage    int
	serial     int
	requests   int
	listener   sim.Listener
}

// New makes a server that does not listen yet. The default tenant exists, with
// the default subscription.
func New(opts ...Option) (*Server, error) {
	cfg := &config{}
	for _, o := range opts {
		o(cfg)
	}
	if cfg.clock == nil {
		cfg.clock = sim.NewClock(time.Now().UTC().Truncate(time.Second), false)
	}
	identity, err := newIdentity()
	if err != nil {
		return nil, fmt.Errorf("making the simulator: %w", err)
	}
	s := &Server{
		clock: cfg.clock, identity: identity, client: identity.client(), key: make([]byte, 32),
		tenants: map[string]*Tenant{}, budgets: map[string]*budget{},
	}
	// Read never fails (crypto/rand).
	_, _ = rand.Read(s.key)
	s.tenant(DefaultTenant).addSubscription(DefaultSubscription, "Production")
	return s, nil
}

// Start listens on a free port of 127.0.0.1.
func (s *Server) Start() error { return s.StartAt("127.0.0.1:0") }

// StartAt listens on an address such as "127.0.0.1:4567". The certificate is
// for localhost, 127.0.0.1 and ::1.
func (s *Server) StartAt(addr string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Without HTTP/2 a dropped connection is that of one request.
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return s.listener.Listen(addr, &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: time.Minute, Protocols: protocols,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{s.identity.certificate}, MinVersion: tls.VersionTLS12, CurvePreferences: curves},
		// A client that does not trust the certificate is its own to report.
		ErrorLog: log.New(io.Discard, "", 0),
	})
}

// Close stops listening and ends every connection. The data stays; Start may
// be called again.
func (s *Server) Close() {
	s.mu.Lock()
	was := s.listener
	s.listener = sim.Listener{}
	s.mu.Unlock()
	was.Close()
	s.client.CloseIdleConnections()
}

// URL returns the root of all endpoints, for instance
// "https://127.0.0.1:34567", or "" when the server does not listen.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url()
}

func (s *Server) url() string {
	addr := s.listener.Addr()
	if addr == "" {
		return ""
	}
	return "https://" + addr
}

// AuthorityHost returns what azidentity takes as its authority host.
func (s *Server) AuthorityHost() string { return s.URL() + "/" }

// GraphURL returns the endpoint of Microsoft Graph, without its version.
func (s *Server) GraphURL() string { return s.URL() + graphPath }

// Clock returns the simulator's clock.
func (s *Server) Clock() *sim.Clock { return s.clock }

// Calls returns every request recorded since the start or the last
// [Server.ResetCalls], in order. A batch is one call.
func (s *Server) Calls() []sim.Call { return s.calls.Calls() }

// ResetCalls forgets the recorded requests.
func (s *Server) ResetCalls() { s.calls.Reset() }

// CountCalls counts the recorded requests of one action, such as
// "graph:POST /applications", or all of them for "".
func (s *Server) CountCalls(action string) int { return s.calls.Count(action) }

// InjectFault lets matching calls fail from now on, those in a batch as well.
// The service is "oauth", "graph", "arm" or "keyvault", the action as in [sim.Call]. It panics on a
// fault that could never fire: that is a mistake in a test.
func (s *Server) InjectFault(f sim.Fault) {
	if err := s.faults.Inject(f); err != nil {
		panic("azuresim: " + err.Error())
	}
}

// ClearFaults removes every injected fault, and lets go on what waits.
func (s *Server) ClearFaults() { s.faults.Clear() }

// Held gets one for each request that a fault keeps waiting. Until it goes on,
// every other request waits as well.
func (s *Server) Held() <-chan struct{} { return s.faults.Held() }

// Secrets returns every secret that the simulator handed out or took, or that
// was seeded, in order and once: client secrets, access tokens, assertions,
// private keys. A test looks for them where they must not be. Not among them
// are the administrators' secrets, which no API gives.
func (s *Server) Secrets() []string { return s.secrets.All() }

// SetReplicationLag makes each object that is created, changed or deleted from
// now on lag: the next requests that meet it, as many as given and lists
// included, meet the state before. A new object is then not found, neither by
// reads nor by changes. 0, the default, turns it off for later changes.
func (s *Server) SetReplicationLag(requests int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = max(requests, 0)
}

// SetMaxPageSize makes every page of a list hold at most n items even when the
// request asks for more, as Graph may do. 0, the default, is no such limit.
func (s *Server) SetMaxPageSize(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.maxPage = max(n, 0)
}

// newID makes the next object id, key id or the like.
func (s *Server) newID(kind string) string {
	s.serial++
	return sim.UUID(fmt.Sprintf("azure/%s/%d", kind, s.serial))
}
