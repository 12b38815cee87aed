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
					from := s.begin(t, i)
					clean := s.play(t, i, from, nil)
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
								s.play(t, i, from, one)
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

// beginning is where the cases of a stage begin: what has gone before has left the clouds and the state so.
type beginning struct{ *subject }

// begin makes a new world and takes it to a stage.
func (s scenario) begin(t *testing.T, upTo int) beginning {
	t.Helper()
	w := newWorld(t, s.azure)
	if s.seed != nil {
		s.seed(w)
		w.know()
	}
	subject := newSubject(w, s.typeName)
	st := s.stages[upTo]
	subject.reach(st.before)
	w.aws.Clock().Advance(st.later)
	v := &verdict{name: t.Name()}
	if v.search(w); len(v.wrong) > 0 {
		t.Error(v)
	}
	return beginning{subject}
}

// copied is the same in a world of its own.
func (b beginning) copied(t *testing.T) *subject {
	t.Helper()
	s := *b.subject
	s.world = b.world.copied(t)
	return &s
}

// play applies a stage under the fault of a case, once more without, and judges what is there. Without a case it applies the
// stage once, without a fault.
func (s scenario) play(t *testing.T, upTo int, from beginning, one *trial) outcome {
	t.Helper()
	subject := from.copied(t)
	w, st := subject.world, s.stages[upTo]
	w.valid = one != nil
	config := st.wanted(w)
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
