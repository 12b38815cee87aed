package azuresim

import (
	"net/http"
	"reflect"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// Copy makes a simulator with the same content under another clock, as
// [sim.Server.Copy] does. Its certificate is the same.
func (s *Server) Copy(clock *sim.Clock) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sim.Duplicate(s, clock, reflect.TypeFor[*identity](), reflect.TypeFor[*http.Client]())
}
