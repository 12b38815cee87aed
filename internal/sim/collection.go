package sim

import (
	"slices"
	"sort"
)

// collection holds the entities of one kind in one account, by key, with the
// view of them that a lagging replica would give. Writes always see the truth
// (get); reads go through read, which for the next few reads after a change
// still gives the state before it.
type collection[T any] struct {
	entries map[string]*entry[T]
	sorted  []string // keys in order; nil when it has to be made again
	live    int      // entries that exist
}

type entry[T any] struct {
	now    *T  // nil when deleted
	before *T  // the state a stale replica shows; nil when it did not exist
	hidden int // how many reads still see before
}

func newCollection[T any]() *collection[T] {
	return &collection[T]{entries: map[string]*entry[T]{}}
}

func (c *collection[T]) len() int { return c.live }

// get returns the true state of an entity, or nil.
func (c *collection[T]) get(key string) *T {
	if e := c.entries[key]; e != nil {
		return e.now
	}
	return nil
}

// read returns what a read sees of an entity, or nil, and counts as one read
// of it.
func (c *collection[T]) read(key string) *T {
	e := c.entries[key]
	if e == nil {
		return nil
	}
	if e.hidden > 0 {
		e.hidden--
		return e.before
	}
	if e.now == nil {
		delete(c.entries, key)
		c.sorted = nil
	}
	return e.now
}

// put adds an entity, or puts another in its place.
func (c *collection[T]) put(key string, value *T, lag int) {
	e := c.entries[key]
	if e == nil {
		e = &entry[T]{}
		c.entries[key] = e
		c.sorted = nil
	}
	if e.now == nil {
		c.live++
	}
	if e.hidden == 0 {
		e.before = e.now
	}
	e.now, e.hidden = value, lag
}

// touch is called before an entity is changed in place: with a lag it keeps a
// copy for the next reads.
func (c *collection[T]) touch(key string, lag int, clone func(*T) *T) {
	e := c.entries[key]
	if e == nil || e.now == nil || lag == 0 {
		return
	}
	if e.hidden == 0 {
		e.before = clone(e.now)
	}
	e.hidden = lag
}

// remove deletes an entity.
func (c *collection[T]) remove(key string, lag int) {
	e := c.entries[key]
	if e == nil || e.now == nil {
		return
	}
	c.live--
	if lag == 0 {
		delete(c.entries, key)
		c.sorted = nil
		return
	}
	if e.hidden == 0 {
		e.before = e.now
	}
	e.now, e.hidden = nil, lag
}

// settle lets reads see the truth from now on. each also settles an entity; nil
// has nothing to do.
func (c *collection[T]) settle(each func(*T)) {
	for key, e := range c.entries {
		e.hidden = 0
		if e.now == nil {
			delete(c.entries, key)
			c.sorted = nil
		} else if each != nil {
			each(e.now)
		}
	}
}

// keys returns all keys in order, those of entities that only stale reads
// still see included.
func (c *collection[T]) keys() []string {
	if c.sorted == nil {
		c.sorted = make([]string, 0, len(c.entries))
		for k := range c.entries {
			c.sorted = append(c.sorted, k)
		}
		sort.Strings(c.sorted)
	}
	return c.sorted
}

// from returns a copy of the keys after the given one, in order.
func (c *collection[T]) from(after string) []string {
	keys := c.keys()
	i := sort.SearchStrings(keys, after)
	if i < len(keys) && keys[i] == after {
		i++
	}
	return slices.Clone(keys[i:])
}

// all returns the true entities in key order.
func (c *collection[T]) all() []*T {
	out := make([]*T, 0, c.live)
	for _, k := range c.keys() {
		if v := c.entries[k].now; v != nil {
			out = append(out, v)
		}
	}
	return out
}
