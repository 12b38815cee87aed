package chaos_test

import (
	"slices"
	"time"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// scenarios are the lives that the matrix has.
var scenarios = slices.Concat(identities, awsCredentials, quarantines, azureIdentities, entraCredentials, azureQuarantines)

// scenario is the life of one resource.
type scenario struct {
	name, typeName string
	azure          bool
	// seed makes what is there before; nil makes nothing.
	seed   func(*world)
	stages []stage
	// importID is the id with which an object is imported that no state knows.
	importID func(*world) string
	// credential reads from the store what a client signs in with, and signs in; nil where there is none.
	credential func(*world, *acctest.Resource) error
}

// stage is an apply in that life, and what has been applied before it.
type stage struct {
	name   string
	before []step
	step
}

// step is an apply, or an action.
type step struct {
	config func(*world) acctest.Values // nil destroys
	later  time.Duration               // passes before
	// invoke is an action, which leaves the configuration as it is; nil applies it.
	invoke func(*world, *acctest.Protocol) acctest.Diagnostics
}

// on takes the step with a resource.
func (st step) on(s *subject) acctest.Diagnostics {
	if st.invoke != nil {
		return st.invoke(s.world, s.world.protocol())
	}
	return s.apply(st.wanted(s.world))
}

// invoking is an action while a configuration holds.
func (st step) invoking(actionType string, config func(*world) acctest.Values) step {
	st.invoke = func(w *world, p *acctest.Protocol) acctest.Diagnostics {
		_, diags := p.Invoke(actionType, config(w))
		return diags
	}
	return st
}

func (st step) wanted(w *world) acctest.Values {
	if st.config == nil {
		return nil
	}
	return st.config(w)
}

// apply is a step with a configuration that every world has.
func apply(config acctest.Values) step {
	return step{config: func(*world) acctest.Values { return config }}
}

// after is the same after some time.
func (st step) after(later time.Duration) step {
	st.later = later
	return st
}

// life are the stages of an identity which is made, changed, expires, is renewed, and goes.
func life(first, second step) []stage {
	renewed := step{config: func(w *world) acctest.Values { return second.config(w).With(acctest.Values{"expiry": date(200)}) }}
	return []stage{
		{"create", nil, first},
		{"read", []step{first}, first},
		{"update", []step{first}, second},
		{"expire", []step{second}, second.after(100 * day)},
		{"renew", []step{second, second.after(100 * day)}, renewed},
		{"destroy", []step{second}, step{}},
	}
}
