package sim

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"
	"unsafe"
)

// Copy makes a simulator with the same content under a clock of its own, so that
// many tests can begin where one has arrived. It does not listen, has recorded
// nothing, and has no faults.
func (s *Server) Copy(clock *Clock) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Duplicate(s, clock, shared...)
}

// shared are the types of what is never changed once it is made.
var shared = []reflect.Type{reflect.TypeFor[*document](), reflect.TypeFor[*trustPolicy](), reflect.TypeFor[*policyText]()}

// Duplicate copies a simulator with all that hangs on it. It has another clock,
// and shares what it has of some types. Locks are open, and there are no calls,
// faults and listeners. It panics on what cannot be copied: that is a mistake in
// the simulator.
func Duplicate[T any](from *T, clock *Clock, shares ...reflect.Type) *T {
	d := duplicator{made: map[unsafe.Pointer]map[reflect.Type]reflect.Value{}, shares: shares, clock: reflect.ValueOf(clock)}
	to := reflect.New(reflect.TypeFor[*T]()).Elem()
	d.copy(to, reflect.ValueOf(&from).Elem())
	copied, _ := to.Interface().(*T)
	return copied
}

type duplicator struct {
	made   map[unsafe.Pointer]map[reflect.Type]reflect.Value // pointers and maps that are copied already
	shares []reflect.Type
	clock  reflect.Value
}

// empty are the types of which a copy has the zero value.
var empty = []reflect.Type{
	reflect.TypeFor[sync.Mutex](), reflect.TypeFor[Recorder](), reflect.TypeFor[Faults](), reflect.TypeFor[Listener](),
}

// copy sets one value to a copy of another. Both are addressable.
func (d *duplicator) copy(to, from reflect.Value) {
	switch of := from.Type(); {
	case slices.Contains(empty, of):
	case of == d.clock.Type():
		to.Set(d.clock)
	case plain(of) || from.IsZero() || slices.Contains(d.shares, of):
		to.Set(from)
	default:
		d.into(to, from)
	}
}

// into copies what refers to something.
func (d *duplicator) into(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.Pointer:
		if !d.known(to, from) {
			to.Set(d.make(from, reflect.New(from.Type().Elem())))
			d.copy(to.Elem(), from.Elem())
		}
	case reflect.Map:
		if !d.known(to, from) {
			to.Set(d.make(from, reflect.MakeMapWithSize(from.Type(), from.Len())))
			for key, value := range from.Seq2() {
				to.SetMapIndex(d.moved(key), d.moved(value))
			}
		}
	case reflect.Interface:
		to.Set(d.moved(from.Elem()))
	case reflect.Slice:
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			d.copy(to.Index(i), from.Index(i))
		}
	case reflect.Array:
		for i := range from.Len() {
			d.copy(to.Index(i), from.Index(i))
		}
	case reflect.Struct:
		for i := range from.NumField() {
			d.copy(open(to.Field(i)), open(from.Field(i)))
		}
	default:
		panic(fmt.Sprintf("sim: a %s cannot be copied", from.Type()))
	}
}

// known sets a pointer or a map to its copy where there is one.
func (d *duplicator) known(to, from reflect.Value) bool {
	copied, ok := d.made[from.UnsafePointer()][from.Type()]
	if ok {
		to.Set(copied)
	}
	return ok
}

// make notes the copy of a pointer or a map.
func (d *duplicator) make(from, copied reflect.Value) reflect.Value {
	at := from.UnsafePointer()
	if d.made[at] == nil {
		d.made[at] = map[reflect.Type]reflect.Value{}
	}
	d.made[at][from.Type()] = copied
	return copied
}

// moved is a copy of a value that has no address.
func (d *duplicator) moved(from reflect.Value) reflect.Value {
	if plain(from.Type()) {
		return from
	}
	both := reflect.New(reflect.ArrayOf(2, from.Type())).Elem()
	both.Index(0).Set(from)
	d.copy(both.Index(1), both.Index(0))
	return both.Index(1)
}

// open is a field that may be set although it has no exported name.
func open(field reflect.Value) reflect.Value {
	return reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem()
}

// plains says of types whether their values refer to nothing.
var plains sync.Map

func plain(of reflect.Type) bool {
	if known, ok := plains.Load(of); ok {
		return known == true
	}
	is := isPlain(of)
	plains.Store(of, is)
	return is
}

func isPlain(of reflect.Type) bool {
	switch of.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Interface, reflect.Slice, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return false
	case reflect.Array:
		return plain(of.Elem())
	case reflect.Struct:
		if of == reflect.TypeFor[time.Time]() {
			return true
		}
		for i := range of.NumField() {
			if field := of.Field(i).Type; slices.Contains(empty, field) || !plain(field) {
				return false
			}
		}
	}
	return true
}
