package sim

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// page is the request for one page of a list.
type page struct {
	action string // the operation, which is part of its markers
	after  string // key after which it starts
	size   int    // most items
	empty  bool   // to be answered without items
	turn   int    // the number of an empty page among those of the operation
	more   bool   // whether items remain
	last   string // key at which it ended
}

// maxItemsLimit is the largest MaxItems (IAM service model, maxItemsType).
const maxItemsLimit = 1000

// page reads MaxItems and Marker. Keys are chosen so that a marker keeps within
// the 320 characters of the model. The default page size is 100 and the largest
// 1000 (IAM API reference).
func (r *request) page() (*page, error) {
	p := &page{action: r.action, size: r.integer("MaxItems", 1, maxItemsLimit, 100)}
	marker := r.optional("Marker", markerRule, "")
	if err := r.checked(); err != nil {
		return nil, err
	}
	if marker != "" && !p.resume(marker) {
		return nil, errValidation("Invalid Marker.")
	}
	r.limit(p)
	return p, nil
}

// resume takes over where the page before ended. A token is of the operation
// that gave it.
func (p *page) resume(token string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	rest, ok := strings.CutPrefix(string(raw), p.action+"|")
	_, after, counted := strings.Cut(rest, "|")
	p.after = after
	return err == nil && ok && counted
}

// token is where the next page starts. That of an empty page differs from the
// one before, although nothing lies between them.
func (p *page) token() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s|%d|%s", p.action, p.turn, p.last))
}

// limit makes a page short or empty where the server was told to.
func (r *request) limit(p *page) {
	s := r.server
	if s.maxPage > 0 {
		p.size = min(p.size, s.maxPage)
	}
	s.pages[r.action]++
	if s.emptyPages > 0 && s.pages[r.action]%s.emptyPages == 0 {
		p.empty, p.turn = true, s.pages[r.action]
	}
}

// pagedKeys cuts a page out of items in order of their keys. The keys have to
// be sorted. visit returns false for a key that is not part of the list.
func pagedKeys(p *page, keys []string, visit func(key string) bool) {
	if p.empty && len(keys) > 0 {
		p.more, p.last = true, p.after
		return
	}
	n := 0
	for _, k := range keys {
		if n == p.size {
			p.more = true
			return
		}
		if visit(k) {
			n++
		}
		p.last = k
	}
}

// nodes writes IsTruncated and Marker.
func (p *page) nodes() []node {
	if !p.more {
		return []node{boolean("IsTruncated", false)}
	}
	return []node{boolean("IsTruncated", true), text("Marker", p.token())}
}

// pagedStrings cuts a page out of sorted strings.
func pagedStrings(p *page, sorted []string) []string {
	start := 0
	for start < len(sorted) && p.after != "" && sorted[start] <= p.after {
		start++
	}
	var out []string
	pagedKeys(p, sorted[start:], func(k string) bool {
		out = append(out, k)
		return true
	})
	return out
}

// pagedMembers answers a list of things that have no order but that of their
// making, by page.
func pagedMembers[T any](r *request, name string, items []T, member func(T) node) ([]node, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	byPlace := map[string]T{}
	var places []string
	for i, item := range items {
		place := fmt.Sprintf("%06d", i)
		byPlace[place] = item
		places = append(places, place)
	}
	var out []T
	for _, place := range pagedStrings(p, places) {
		out = append(out, byPlace[place])
	}
	return append([]node{list(name, out, member)}, p.nodes()...), nil
}
