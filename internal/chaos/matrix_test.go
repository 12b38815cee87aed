package chaos_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestMatrix takes every resource through its life, lets each call of each stage fail in every way, and applies again.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for i, st := range s.stages {
				if !tally.takesStage(t.Name() + "/" + st.name) {
					continue
				}
				t.Run(st.name, func(t *testing.T) {
					clean := s.play(t, i, nil)
					if t.Failed() {
						t.Fatal("the run without a fault is not as it should be")
					}
					for at, chosen := range of(clean.points) {
						for _, f := range chosen {
							one := &trial{fault: f, at: clean.points[at], clean: clean}
							name := one.name()
							if !tally.takes(t.Name() + "/" + name) {
								continue
							}
							t.Run(name, func(t *testing.T) {
								t.Parallel()
								s.play(t, i, one)
							})
						}
					}
				})
			}
		})
	}
}

// trial is one case: a fault at a call of a stage, and what a run without it is like.
type trial struct {
	fault fault
	at    point
	clean outcome
}

func (one *trial) name() string {
	action := strings.NewReplacer(" /", " ", "/", ".", "$", "").Replace(one.at.Action)
	return fmt.Sprintf("%s:%s.%d/%s", one.at.Service, action, one.at.nth, one.fault.name)
}

// outcome is what a stage has left behind.
type outcome struct {
	points  []point
	content []string
}

// play takes a new world to a stage, applies the stage under the fault of a case, once more without, and judges what is
// there. Without a case it applies the stage once, without a fault.
func (s scenario) play(t *testing.T, upTo int, one *trial) outcome {
	t.Helper()
	w := newWorld(t, s.azure)
	w.valid = one != nil
	if s.seed != nil {
		s.seed(w)
		w.know()
	}
	subject := newSubject(w, s.typeName)
	st := s.stages[upTo]
	subject.reach(st.before)
	w.aws.Clock().Advance(st.later)
	config := st.wanted(w)
	w.resetCalls()
	if one == nil {
		if diags := st.on(subject); diags.Failed() {
			t.Fatal(diags)
		}
		found := outcome{points: points(w.calls())}
		found.content = s.judge(t, w, subject, config, nil)
		return found
	}
	v := &verdict{name: t.Name(), action: st.invoke != nil}
	defer tally.count(t, v)
	one.fault.inject(w, one.at)
	before := *subject
	diags := st.on(subject)
	w.calm()
	if one.fault.dies {
		subject = &before
	}
	switch {
	case st.invoke != nil && !diags.Failed() && !one.fault.dies:
		// It is done, and would be done once more.
	case !one.fault.absorbed:
		s.again(v, st, subject, one.fault.dies)
	case diags.Failed():
		v.add(notConverged, "the first apply has failed: %s", diags)
	}
	s.judge(t, w, subject, config, v, one.clean.content...)
	return outcome{}
}

// again is the next run of Terraform. What was made completely by an apply that has died is imported where it says so.
func (s scenario) again(v *verdict, st stage, subject *subject, died bool) {
	w := subject.world
	diags := st.on(subject)
	if diags.Failed() && died && !subject.exists() && s.importID != nil {
		subject.in(w.protocol())
		if diags = subject.instance.Import(s.importID(w), nil); !diags.Failed() {
			diags = st.on(subject)
		}
	}
	if diags.Failed() {
		v.add(notConverged, "the next apply has failed: %s", diags)
	}
}
