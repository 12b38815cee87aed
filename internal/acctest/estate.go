package acctest

import (
	"slices"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/platform/platformtest"
	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// Estate is what the estates of platformtest have in common on a simulator: its clock, and requests that go wrong.
type Estate struct {
	Simulator breakable
	// Service is the only one whose requests go wrong; empty for any.
	Service string
	// Retries are those of the driver's client; one more are its tries.
	Retries int
	// Refusals are the error codes of a refusal and of a throttling.
	Refusals []string

	failing int // how many calls there were when Fail was called
}

type breakable interface {
	Clock() *sim.Clock
	Calls() []sim.Call
	CountCalls(action string) int
	InjectFault(sim.Fault)
}

// Now is the simulator's time.
func (e *Estate) Now() time.Time { return e.Simulator.Clock().Now() }

// MoveTo changes it.
func (e *Estate) MoveTo(t time.Time) { e.Simulator.Clock().Set(t) }

// Fail lets the nth request from now on go wrong.
func (e *Estate) Fail(failure platformtest.Failure, nth int) {
	e.failing = e.Simulator.CountCalls("")
	fault := sim.Fault{Service: e.Service, Nth: nth}
	switch failure {
	case platformtest.Refused:
		fault.Kind = sim.FaultAccessDenied
	case platformtest.Unreached:
		fault.Kind, fault.Times = sim.FaultDropBefore, e.Retries+1
	case platformtest.Lost:
		fault.Kind, fault.Times = sim.FaultDropAfter, e.Retries+1
	case platformtest.LostOnce:
		fault.Kind = sim.FaultDropAfter
	case platformtest.Throttled:
		fault.Kind = sim.FaultThrottling
	}
	e.Simulator.InjectFault(fault)
}

// Failed tells whether it has.
func (e *Estate) Failed() bool {
	return slices.ContainsFunc(e.Simulator.Calls()[e.failing:], func(call sim.Call) bool {
		return call.ErrorCode == "ConnectionDropped" || slices.Contains(e.Refusals, call.ErrorCode)
	})
}
