package tfkit_test

import (
	"sync/atomic"
	"testing"

	"github.com/nhi-governance/terraform-provider-governed/internal/tfkit"
)

func TestRefreshedIsTakenOnceAndOnlyWhereNothingChanges(t *testing.T) {
	t.Parallel()
	planning, applying := new(atomic.Bool), new(atomic.Bool)
	applying.Store(true)
	for name, test := range map[string]struct {
		changing *atomic.Bool
		want     any
	}{
		"a process that plans":   {planning, 1},
		"one that has applied":   {applying, nil},
		"one of which none says": {nil, nil},
	} {
		data := &tfkit.Data{Changing: test.changing}
		data.KeepRefreshed("a", 1)
		if got := data.TakeRefreshed("b"); got != nil {
			t.Errorf("%s: another's is %v", name, got)
		}
		if got := data.TakeRefreshed("a"); got != test.want {
			t.Errorf("%s: it is %v, want %v", name, got, test.want)
		}
		if got := data.TakeRefreshed("a"); got != nil {
			t.Errorf("%s: for the second time it is %v", name, got)
		}
	}
	changing := new(atomic.Bool)
	data := &tfkit.Data{Changing: changing}
	data.KeepRefreshed("a", 1)
	changing.Store(true)
	if got := data.TakeRefreshed("a"); got != nil {
		t.Errorf("after a change it is %v", got)
	}
}
