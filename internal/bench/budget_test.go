package main

import (
	"testing"
	"time"
)

func TestBudgetMarksWhatIsExceeded(t *testing.T) {
	t.Parallel()
	all := budget{calls: 12, wall: 150 * time.Millisecond, cpu: 1500 * time.Millisecond, peak: 60 << 20, each: 2 << 10}
	const limits = "≤ 12 calls, ≤ 150ms, ≤ 1.5s CPU, ≤ 60 MB, ≤ 2 KB each"
	for name, test := range map[string]struct {
		budget budget
		got    figures
		want   string
	}{
		"none":     {budget{}, figures{calls: 1000, wall: time.Hour}, ""},
		"kept":     {all, figures{calls: 12, wall: 150 * time.Millisecond, cpu: 1500 * time.Millisecond, peak: 60 << 20, each: 2 << 10}, limits},
		"calls":    {all, figures{calls: 13}, limits + " ✗ EXCEEDED: calls"},
		"all":      {all, figures{calls: 13, wall: time.Second, cpu: time.Minute, peak: 61 << 20, each: 2<<10 + 1}, limits + " ✗ EXCEEDED: calls, wall, CPU, memory, memory of each"},
		"only one": {budget{peak: 80 << 20}, figures{calls: 99, peak: 81 << 20}, "≤ 80 MB ✗ EXCEEDED: memory"},
	} {
		if got := test.budget.column(test.got); got != test.want {
			t.Errorf("%s: %q is not %q", name, got, test.want)
		}
	}
}
