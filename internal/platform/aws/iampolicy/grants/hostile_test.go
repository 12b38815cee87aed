package grants

import (
	"fmt"
	"strings"
	"testing"
)

// TestHostile takes policies that were written to take long. Without the bounds on the work, some of them take longer
// than a test may. What they allow is found all the same.
func TestHostile(t *testing.T) {
	t.Parallel()
	repeat := func(n int, separator string, text func(int) string) string {
		var parts []string
		for i := range n {
			parts = append(parts, text(i))
		}
		return strings.Join(parts, separator)
	}
	stars := func(i int) string { return fmt.Sprintf("arn:aws:s3:::%s%d", strings.Repeat("*a", 40), i) }
	for name, test := range map[string]struct {
		have Identity
		want Class
	}{
		"one wildcard many times": {identity(t, repeat(500, ",", func(int) string { return allow("*", "*") })), Administrator},
		"many wildcards":          {identity(t, repeat(400, ",", func(i int) string { return allow(fmt.Sprintf("!s3:a%d", i), "*") })), Administrator},
		"many patterns":           {identity(t, allow(repeat(3000, " ", func(i int) string { return "s3:P*u*t" + strings.Repeat("*", i%100) }), "*")), PermissionsManagement},
		"many resources":          {identity(t, allow("*", repeat(60, " ", stars)), deny("*", repeat(60, " ", func(i int) string { return stars(i) + "z" })+" x")), ServiceWildcard},
		"too many resources":      {identity(t, allow("*", repeat(5000, " ", stars)), deny("*", repeat(5000, " ", stars)+" x")), ServiceWildcard},
		"one long resource":       {identity(t, allow("*", "arn:aws:s3:::"+strings.Repeat("*a", 1<<18)), deny("*", "arn:aws:s3:::"+strings.Repeat("*ab", 1<<16))), ServiceWildcard},
		"many resources bounded":  {bounded(t, allow("*", repeat(60, " ", stars)), allow("*", repeat(60, " ", stars))), ServiceWildcard},
		"many terms":              {identity(t, allow("*", "*", `{"StringEquals":{`+repeat(5000, ",", func(i int) string { return fmt.Sprintf(`"aws:a%d":"b"`, i) })+`}}`)), Administrator},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := New(test.have, today)
			if got := classes(Classify(s)); !strings.Contains(got, string(test.want)) {
				t.Errorf("found %s", got)
			}
			if got := classes(Outline(s)); !strings.Contains(got, string(test.want)) {
				t.Errorf("the outline has %s", got)
			}
			if len(Gains(&Set{}, s)) == 0 {
				t.Error("nothing is gained")
			}
		})
	}
}
