package sim

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
)

// request is one call while it is handled.
type request struct {
	server   *Server
	account  *Account
	caller   principal
	service  string
	action   string
	region   string     // of the signature
	params   url.Values // of a Query request
	input    input      // of a JSON request
	sourceIP string
	now      time.Time
	version  string // of the API, in a Query request
	output   object // the answer of a JSON service
	suffix   string // of the ARN of a secret to be made

	permissions []Permission // decided so far
	problems    []string     // constraint violations, in the order in which they were found
}

// has reports whether the request sets a parameter.
func (r *request) has(name string) bool { return r.params.Has(name) }

func (r *request) str(name string) string { return r.params.Get(name) }

// indexed is the name of the i-th member of a list parameter.
func indexed(name string, i int) string { return name + ".member." + strconv.Itoa(i) }

// list returns the members of a list parameter (Name.member.N) in order.
func (r *request) list(name string) []string {
	var out []string
	for _, i := range r.indexes(name) {
		out = append(out, r.params.Get(indexed(name, i)))
	}
	return out
}

// tags returns a tag list parameter (Name.member.N.Key and .Value) in order.
func (r *request) tags(name string) []tag {
	var out []tag
	for _, i := range r.indexes(name) {
		p := indexed(name, i)
		out = append(out, tag{r.params.Get(p + ".Key"), r.params.Get(p + ".Value")})
	}
	return out
}

// indexes returns the member numbers of a list parameter in order.
func (r *request) indexes(name string) []int {
	seen := map[int]bool{}
	var out []int
	for k := range r.params {
		rest, ok := strings.CutPrefix(k, name+".member.")
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(digits); err == nil && !seen[i] {
			seen[i] = true
			out = append(out, i)
		}
	}
	sort.Ints(out)
	return out
}

// integer returns a whole-number parameter, checked against a range, or the
// fallback when it is not set.
func (r *request) integer(name string, lowest, highest, fallback int) int {
	if !r.has(name) {
		return fallback
	}
	v, err := strconv.Atoi(r.str(name))
	switch {
	case err != nil:
		r.problem(r.str(name), name, "Member must be an integer")
	case v < lowest:
		r.problem(r.str(name), name, "Member must have value greater than or equal to "+strconv.Itoa(lowest))
	case v > highest:
		r.problem(r.str(name), name, "Member must have value less than or equal to "+strconv.Itoa(highest))
	}
	return v
}
