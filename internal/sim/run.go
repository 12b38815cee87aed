package sim

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// RunningClock makes the clock of a stand-alone simulator, which runs from an
// RFC 3339 time on or, when start is empty, from now.
func RunningClock(start string) (*Clock, error) {
	if start == "" {
		return NewClock(time.Now().UTC().Truncate(time.Second), true), nil
	}
	t, err := time.Parse(time.RFC3339, start)
	if err != nil {
		return nil, fmt.Errorf("reading the clock's start: %w", err)
	}
	return NewClock(t, true), nil
}

// Run is the stand-alone simulator, on addr, with an example estate of seed
// roles. It writes what a shell needs to use it to out and runs until ctx ends.
func Run(ctx context.Context, out io.Writer, addr string, seed int, clock *Clock) error {
	s := New(WithSharedClock(clock))
	if seed > 0 {
		s.SeedEstate(seed)
	}
	if err := s.StartAt(addr); err != nil {
		return err
	}
	defer s.Close()
	if err := s.writeUsage(out); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (s *Server) writeUsage(out io.Writer) error {
	env := s.Env()
	text := "# Simulator of AWS IAM, STS, Secrets Manager and SSM Parameter Store. To use it in a shell:\n"
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if env[name] != "" {
			text += "export " + name + "=" + env[name] + "\n"
		}
	}
	text += "unset AWS_SESSION_TOKEN AWS_PROFILE\n\n"
	at := s.URL() + ControlPath
	text += "# Its clock, its record of calls, and faults:\n" +
		"#   curl " + at + "clock\n" +
		"#   curl -X POST " + at + `clock -d '{"advance":"24h"}'` + "\n" +
		"#   curl -X POST " + at + `clock -d '{"set":"2030-01-01T00:00:00Z"}'` + "\n" +
		"#   curl " + at + "calls\n" +
		"#   curl -X DELETE " + at + "calls\n" +
		"#   curl -X POST " + at + `faults -d '{"service":"iam","action":"CreateRole","nth":1,"kind":"throttling"}'` + "\n" +
		"#   curl -X DELETE " + at + "faults\n" +
		"#   curl " + at + "healthz\n"
	_, err := io.WriteString(out, text)
	return err
}
