//go:build race

package platformtest

// raced is whether the race detector runs, under which a life costs five times as much.
const raced = true
