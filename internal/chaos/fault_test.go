package chaos_test

import (
	"slices"
	"strings"

	"github.com/nhi-governance/terraform-provider-governed/internal/sim"
)

// fault is one way in which a call fails.
type fault struct {
	name string
	kind sim.FaultKind
	// stays says that every call of the action fails from then on, and not one alone.
	stays bool
	// dies says that every call of any action fails from then on, and that the state is not saved.
	dies bool
	// absorbed says that the apply has to succeed all the same.
	absorbed bool
	// meets tells which calls can fail so; nil is all.
	meets func(sim.Call) bool
}

// faults are all of them. Those that come once and may pass are absorbed by a repetition.
var faults = []fault{
	{name: "throttled", kind: sim.FaultThrottling, absorbed: true},
	{name: "500", kind: sim.FaultInternal, absorbed: true},
	{name: "503", kind: sim.FaultUnavailable, absorbed: true},
	{name: "denied", kind: sim.FaultAccessDenied},
	{name: "denied and stays so", kind: sim.FaultAccessDenied, stays: true, meets: writes},
	{name: "dropped before", kind: sim.FaultDropBefore, absorbed: true},
	{name: "dropped after", kind: sim.FaultDropAfter, meets: writes},
	{name: "dropped after and stays so", kind: sim.FaultDropAfter, stays: true, meets: writes},
	{name: "lag", kind: sim.FaultLag, absorbed: true, meets: writes},
	{name: "short page", kind: sim.FaultShortPage, absorbed: true, meets: lists},
	{name: "death before", kind: sim.FaultDropBefore, dies: true, meets: writes},
	{name: "death after", kind: sim.FaultDropAfter, dies: true, meets: writes},
}

// staying are those that outlast every repetition. To the provider they are the same, a call that has failed in the end, so
// they take turns over the calls of a stage.
var staying = []fault{
	{name: "throttled and stays so", kind: sim.FaultThrottling, stays: true},
	{name: "500 and stays so", kind: sim.FaultInternal, stays: true},
	{name: "503 and stays so", kind: sim.FaultUnavailable, stays: true},
	{name: "dropped before and stays so", kind: sim.FaultDropBefore, stays: true},
}

// of are the faults of a stage's calls, call by call. Before the first write of a stage nothing has happened that could be
// left half done, so there the calls fail in one way each, by turns; the stage in which nothing is written has all.
func of(all []point) [][]fault {
	first := slices.IndexFunc(all, func(at point) bool { return writes(at.Call) })
	chosen := make([][]fault, len(all))
	for i, at := range all {
		every := slices.DeleteFunc(append(slices.Clone(faults), staying[i%len(staying)]), func(f fault) bool { return f.meets != nil && !f.meets(at.Call) })
		if i < first {
			every = []fault{every[i%len(every)]}
		}
		chosen[i] = every
	}
	return chosen
}

// writes tells whether a call changes something. What only reads is the same dropped before or after, and no replica lags
// behind it.
func writes(call sim.Call) bool {
	name, _, graph := strings.Cut(call.Action, " ")
	if graph {
		return name != "GET" && !strings.HasPrefix(call.Action, "POST /$batch") && !strings.Contains(call.Action, "ResourceGraph") && !strings.HasSuffix(call.Action, "getByIds")
	}
	for _, prefix := range []string{"Get", "List", "Describe", "Generate", "Select"} {
		if strings.HasPrefix(call.Action, prefix) {
			return false
		}
	}
	return true
}

// lists tells whether the answer to a call has pages.
func lists(call sim.Call) bool {
	if name, path, ok := strings.Cut(call.Action, " "); ok {
		return name == "GET" && !strings.HasSuffix(path, "}") || strings.Contains(path, "ResourceGraph")
	}
	return strings.HasPrefix(call.Action, "List") || strings.HasPrefix(call.Action, "Describe") || call.Action == "GetAccountAuthorizationDetails" || call.Action == "GetParametersByPath"
}

// point is a call of a stage, as a fault finds it.
type point struct {
	sim.Call
	nth int
}

// points numbers the calls of each action.
func points(calls []sim.Call) (all []point) {
	seen := map[string]int{}
	for _, call := range calls {
		key := call.Service + ":" + call.Action
		seen[key]++
		all = append(all, point{call, seen[key]})
	}
	return all
}

// inject lets the call of a point fail in this way.
func (f fault) inject(w *world, at point) {
	one := sim.Fault{Service: at.Service, Action: at.Action, Nth: at.nth, Kind: f.kind}
	if f.stays {
		one.Times = forever
	}
	if f.dies {
		one.Fired = func() { w.inject(sim.Fault{Kind: sim.FaultDropBefore}) }
	}
	w.inject(one)
}

const forever = 1 << 20
