package chaos_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/acctest"
)

// kind is what can be wrong after a case.
type kind int

const (
	notConverged kind = iota
	orphaned
	leaked
)

// verdict is what is wrong after one case.
type verdict struct {
	name string
	// action says that the case is about an action, which may be done twice: when, says nothing.
	action bool
	wrong  map[kind][]string
}

func (v *verdict) add(k kind, format string, arguments ...any) {
	if v.wrong == nil {
		v.wrong = map[kind][]string{}
	}
	v.wrong[k] = append(v.wrong[k], fmt.Sprintf(format, arguments...))
}

func (v verdict) String() string {
	var lines []string
	for k, name := range map[kind]string{notConverged: "not converged", orphaned: "orphaned", leaked: "leaked"} {
		for _, line := range v.wrong[k] {
			lines = append(lines, name+": "+line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// judge compares a world with what the stage wants and, of a case, with the content that a run without a fault has left. It
// returns the world's content. What is wrong goes into the verdict, or fails the test where there is none.
func (s scenario) judge(t *testing.T, w *world, subject *subject, config acctest.Values, v *verdict, want ...string) []string {
	t.Helper()
	alone := v == nil
	if alone {
		v = &verdict{name: t.Name()}
	}
	content := w.content()
	if !alone {
		v.compare(content, want)
	}
	subject.settled(v, config)
	if s.credential != nil && config != nil && subject.exists() {
		err := s.credential(w, subject.instance)
		switch ended := subject.instance.State("status") == "expired"; {
		case err != nil && !ended:
			v.add(leaked, "the stored credential does not work: %s", err)
		case err == nil && ended:
			v.add(leaked, "the credential works, and has expired")
		}
	}
	for _, id := range w.active() {
		if !slices.Contains(w.known, id) && !subject.has(id) {
			v.add(leaked, "the credential %s is valid, and is in no state", id)
		}
	}
	v.search(w)
	if alone && len(v.wrong) > 0 {
		t.Error(v)
	}
	return content
}

// has tells whether a credential is in the state.
func (s *subject) has(id string) bool {
	return s.exists() && (s.instance.State("credential_id") == id || s.instance.State("previous_credential_id") == id)
}

// search adds the secrets that are in what the provider has answered and logged.
func (v *verdict) search(w *world) {
	for _, found := range acctest.HuntUnder(w.aws.Clock()).Search() {
		v.add(leaked, "%s", found)
	}
}

// settled wants a further run of Terraform to find nothing to do.
func (s *subject) settled(v *verdict, config acctest.Values) {
	s.in(s.world.protocol())
	if config == nil {
		if s.exists() {
			v.add(notConverged, "the state still has it")
		}
		return
	}
	if !s.exists() {
		v.add(notConverged, "the state has lost it")
		return
	}
	diags := s.instance.Refresh()
	if !diags.Failed() {
		diags = s.instance.Plan(config)
	}
	switch {
	case diags.Failed():
		v.add(notConverged, "the plan after has failed: %s", diags)
	case s.instance.Changes():
		v.add(notConverged, "the plan after changes %v to %v", s.instance.State(), s.instance.Planned())
	}
}

// compare notes what one content has and the other has not. What is there too much is an orphan, unless something else of its
// kind is missing: then it is the same object, which is not as it should be.
func (v *verdict) compare(is, want []string) {
	if v.action {
		is, want = timeless(is), timeless(want)
	}
	count := map[string]int{}
	for _, line := range is {
		count[line]++
	}
	for _, line := range want {
		count[line]--
	}
	var extra, missing []string
	for line, n := range count {
		for ; n > 0; n-- {
			extra = append(extra, line)
		}
		for ; n < 0; n++ {
			missing = append(missing, line)
		}
	}
	slices.Sort(extra)
	slices.Sort(missing)
	for _, line := range extra {
		words := strings.Fields(line)
		i := slices.IndexFunc(missing, func(other string) bool { return slices.Equal(strings.Fields(other)[:3], words[:3]) })
		if i < 0 {
			v.add(orphaned, "there is %s", line)
			continue
		}
		v.add(notConverged, "%s is not as it should be: %s", strings.Join(words[:3], " "), contrast(line, missing[i]))
		missing = slices.Delete(missing, i, i+1)
	}
	for _, line := range missing {
		v.add(notConverged, "there is no %s", line)
	}
}

var instant = regexp.MustCompile(`ext=\d+|\b20\d\d-\d\d-\d\dT[\d:]+Z`)

// timeless hides all times.
func timeless(lines []string) (hidden []string) {
	for _, line := range lines {
		hidden = append(hidden, instant.ReplaceAllString(line, "…"))
	}
	return hidden
}

// contrast is where two lines begin to differ, and how they go on.
func contrast(is, want string) string {
	from := 0
	for from < min(len(is), len(want)) && is[from] == want[from] {
		from++
	}
	from = max(from-60, 0)
	cut := func(text string) string { return text[from:min(from+300, len(text))] }
	return fmt.Sprintf("\n  %s\nand should be\n  %s", cut(is), cut(want))
}
