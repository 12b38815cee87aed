package yamlbound

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml/parser"
)

func TestNested(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, strings.Repeat("[", mostNested): false, strings.Repeat("[", mostNested+1): true, strings.Repeat("{}", 1000): false,
		strings.Repeat("]", 1000) + "[": false, strings.Repeat("- ", mostNested): true, strings.Repeat("? ", mostNested): true,
		strings.Repeat("- !!x ", mostNested): true, strings.Repeat("- &a ? !x ", mostNested/2): true, strings.Repeat("- ", mostNested-1) + "a - b": false,
		strings.Repeat("-\n", 1000): false, strings.Repeat("- a\n", 1000): false, "- " + strings.Repeat("a - ", 1000): false,
	} {
		if got := Nested([]byte(text)); got != want {
			t.Errorf("%.20q of %d bytes: %t", text, len(text), got)
		}
	}
}

func TestMultiplies(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"":                             false,
		"a: &a {x: 1}\nb: *a\nc: *a\n": false,
		"a: &a {x: 1}\nb: {<<: *a}\n":  false,
		"a: &a [1]\nb: &b [*a]\n":      true,
		"a: &a\n  x: &b 1\n  y: *b\n":  true,
		"a: &a [*a]\n":                 true,
		"a: &a 1\nb: [" + strings.Repeat("*a, ", mostAliases) + "]\n":   false,
		"a: &a 1\nb: [" + strings.Repeat("*a, ", mostAliases+1) + "]\n": true,
	} {
		file, err := parser.ParseBytes([]byte(text), 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := Multiplies(file); got != want {
			t.Errorf("%.40q: %t", text, got)
		}
	}
}
