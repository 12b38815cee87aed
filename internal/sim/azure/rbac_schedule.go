package azuresim

import "time"

// schedule is from when until when a role assignment is in force.
type schedule struct {
	start, end time.Time // a zero end is none
}

func (s *schedule) inForce(now time.Time) bool {
	return !now.Before(s.start) && (s.end.IsZero() || now.Before(s.end))
}
