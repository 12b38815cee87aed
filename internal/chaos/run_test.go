package chaos_test

import (
	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// subject is a resource through several runs of Terraform, as its state keeps it.
type subject struct {
	world    *world
	typeName string
	instance *acctest.Resource
	// tainted says that its creation has failed, so that the next apply replaces it.
	tainted bool
}

func newSubject(w *world, typeName string) *subject {
	return &subject{world: w, typeName: typeName}
}

func (s *subject) exists() bool { return s.instance != nil && s.instance.Exists() }

// in puts the resource into the hands of another run of Terraform.
func (s *subject) in(p *acctest.Protocol) {
	if s.instance == nil {
		s.instance = p.Resource(s.typeName)
	} else {
		s.instance = s.instance.Under(p)
	}
}

// reach applies what comes before a stage, each in a run of Terraform.
func (s *subject) reach(before []step) {
	s.world.t.Helper()
	for _, st := range before {
		s.world.aws.Clock().Advance(st.later)
		if diags := s.apply(st.wanted(s.world)); diags.Failed() {
			s.world.t.Fatalf("on the way: %s", diags)
		}
	}
}

// apply is a run of Terraform: a refresh, a plan and an apply of a configuration; nil destroys. It tells what failed.
func (s *subject) apply(config acctest.Values) acctest.Diagnostics {
	s.world.t.Helper()
	s.in(s.world.protocol())
	var diags acctest.Diagnostics
	if s.exists() {
		if diags = s.instance.Refresh(); diags.Failed() {
			return diags
		}
	}
	had := s.exists()
	if !had {
		s.tainted = false
	}
	if config == nil && !had {
		return diags
	}
	replaced := s.tainted
	if config != nil && had && !s.tainted {
		if planned := s.instance.Plan(config); planned.Failed() {
			return append(diags, planned...)
		}
		replaced = s.instance.Replaces()
	}
	switch {
	case config != nil && had && replaced:
		diags = append(diags, s.instance.Replace(config)...)
		s.tainted = diags.Failed() && s.exists()
	case config != nil && had && !s.instance.Changes():
		// Terraform applies nothing where the plan is empty.
	case config != nil && had:
		diags = append(diags, s.instance.ApplyStale(config)...)
	default:
		diags = append(diags, s.instance.ApplyOnce(config)...)
		s.tainted = s.tainted || !had && diags.Failed() && s.exists()
	}
	return diags
}
