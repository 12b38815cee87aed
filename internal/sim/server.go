package sim

import (
	"net/http"
	"sync"
	"time"
)

// DefaultAccount is the account that [Server.Env] and the seed use.
const DefaultAccount = "123456789012"

// defaultRegion is the region that the simulator reports for the last use of a
// role and puts into its environment variables.
const defaultRegion = "eu-west-1"

// Server is the simulator: any number of accounts behind one HTTP listener.
// All its methods are safe for concurrent use.
type Server struct {
	clock      *Clock
	region     string
	emptyPages int
	quotas     map[string]map[string]int
	calls      Recorder
	faults     Faults
	secrets    SecretRegister

	// mu guards everything below; each request runs under it as a whole, as one
	// control plane serialises its writes.
	mu            sync.Mutex
	accounts      map[string]*Account
	organizations map[string]*organization   // by id
	aws           *collection[managedPolicy] // AWS managed policies, by ARN
	keys          map[string]*credential     // every access key, by id
	lag           int
	maxPage       int
	pages         map[string]int // pages served, by operation, for WithEmptyPages
	serial        int
	reportPolls   int
	deletionPolls int
	accessPolls   int
	accessFailure string
	requests      int
	listener      Listener
}

// New makes a server that does not listen yet. The default account exists.
func New(opts ...Option) *Server {
	cfg := &config{
		start:  time.Now().UTC().Truncate(time.Second),
		region: defaultRegion,
		quotas: map[string]map[string]int{},
	}
	for _, o := range opts {
		o(cfg)
	}
	s := &Server{
		clock:         cfg.clock,
		region:        cfg.region,
		emptyPages:    cfg.emptyPages,
		quotas:        cfg.quotas,
		accounts:      map[string]*Account{},
		organizations: map[string]*organization{},
		aws:           newCollection[managedPolicy](),
		keys:          map[string]*credential{},
		pages:         map[string]int{},
		// No real job is done at once.
		accessPolls: 1,
	}
	if s.clock == nil {
		s.clock = NewClock(cfg.start, cfg.running)
	}
	s.addAWSManagedPolicies()
	s.account(DefaultAccount)
	return s
}

// Start listens on a free port of 127.0.0.1.
func (s *Server) Start() error { return s.StartAt("127.0.0.1:0") }

// StartAt listens on an address such as "127.0.0.1:4566".
func (s *Server) StartAt(addr string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listener.Listen(addr, &http.Server{Handler: s.Handler(), ReadHeaderTimeout: time.Minute})
}

// Close stops listening and ends every connection. The data stays; Start may
// be called again.
func (s *Server) Close() {
	s.mu.Lock()
	was := s.listener
	s.listener = Listener{}
	s.mu.Unlock()
	was.Close()
}

// URL returns the endpoint, for instance "http://127.0.0.1:34567", or "" when
// the server does not listen.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	addr := s.listener.Addr()
	if addr == "" {
		return ""
	}
	return "http://" + addr
}

// Env returns the environment variables that make an AWS SDK, the AWS CLI or
// Terraform use the simulator as the administrator of the default account.
func (s *Server) Env() map[string]string { return s.Account(DefaultAccount).Env() }

// Clock returns the simulator's clock.
func (s *Server) Clock() *Clock { return s.clock }

// SetReplicationLag makes each entity that is created, changed or deleted from
// now on lag: the next reads of it, as many as given, see the state before,
// which is NotFound for a new entity. A role or user made under a lag also
// fails, as many times, to be accepted as a principal of a policy, a role to be
// added to an instance profile, and an access key to authenticate. The lag is counted in reads and not in time. 0, the
// default, turns it off for later changes.
func (s *Server) SetReplicationLag(reads int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lag = max(reads, 0)
}

// SetMaxPageSize makes every page of a list hold at most n items even when the
// request's MaxItems is larger, as AWS may do. 0, the default, is no such
// limit.
func (s *Server) SetMaxPageSize(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.maxPage = max(n, 0)
}
