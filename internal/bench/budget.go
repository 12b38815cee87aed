package main

import (
	"fmt"
	"strings"
	"time"
)

// budget is the most that a run may cost; what is zero has no limit.
type budget struct {
	calls     int
	wall, cpu time.Duration
	// peak is in bytes, and each in bytes for each identity.
	peak, each int64
}

// held is one limit against what there was.
type held struct {
	name, limit string
	over        bool
}

func (b budget) against(got figures) []held {
	var all []held
	add := func(set bool, name, limit string, over bool) {
		if set {
			all = append(all, held{name, limit, over})
		}
	}
	add(b.calls > 0, "calls", fmt.Sprintf("%d calls", b.calls), got.calls > b.calls)
	add(b.wall > 0, "wall", fmt.Sprint(b.wall), got.wall > b.wall)
	add(b.cpu > 0, "CPU", fmt.Sprintf("%s CPU", b.cpu), got.cpu > b.cpu)
	add(b.peak > 0, "memory", fmt.Sprintf("%d MB", b.peak>>20), got.peak > b.peak)
	add(b.each > 0, "memory of each", fmt.Sprintf("%.0f KB each", float64(b.each)/1024), got.each > b.each)
	return all
}

// column is the budget as the table has it, with a mark where it is exceeded.
func (b budget) column(got figures) string {
	var limits, over []string
	for _, limit := range b.against(got) {
		limits = append(limits, "≤ "+limit.limit)
		if limit.over {
			over = append(over, limit.name)
		}
	}
	text := strings.Join(limits, ", ")
	if len(over) > 0 {
		text += " ✗ EXCEEDED: " + strings.Join(over, ", ")
	}
	return text
}
