package inventory

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// encoder writes values in MessagePack, as the plugin protocol has them. It goes past the framework and its values, which
// take many times as long for the thousands of identities of a large estate.
type encoder struct {
	*msgpack.Encoder
	buffer *bytes.Buffer
	// err is the first one; a buffer has none.
	err error
}

// newEncoder makes one with room for so many bytes, which grows.
func newEncoder(room int) *encoder {
	buffer := bytes.NewBuffer(make([]byte, 0, room))
	return &encoder{Encoder: msgpack.NewEncoder(buffer), buffer: buffer}
}

// done is what has been written.
func (e *encoder) done() ([]byte, error) { return e.buffer.Bytes(), e.err }

func (e *encoder) check(err error) {
	if e.err == nil {
		e.err = err
	}
}

// attribute is one of an object that is made of a T.
type attribute[T any] struct {
	name   string
	encode func(*encoder, *T)
}

// object writes one.
func object[T any](e *encoder, attributes []attribute[T], from *T) {
	e.check(e.EncodeMapLen(len(attributes)))
	for _, one := range attributes {
		e.check(e.EncodeString(one.name))
		one.encode(e, from)
	}
}

// objects writes a list of them.
func objects[T any](e *encoder, attributes []attribute[T], from []T) {
	e.check(e.EncodeArrayLen(len(from)))
	for i := range from {
		object(e, attributes, &from[i])
	}
}

// text writes null for an empty text.
func (e *encoder) text(text string) {
	if text == "" {
		e.check(e.EncodeNil())
		return
	}
	e.check(e.EncodeString(text))
}

func textAttribute[T any](name string, of func(*T) string) attribute[T] {
	return attribute[T]{name, func(e *encoder, from *T) { e.text(of(from)) }}
}

// timeAttribute is null for the zero time.
func timeAttribute[T any](name string, of func(*T) time.Time) attribute[T] {
	return attribute[T]{name, func(e *encoder, from *T) {
		if at := of(from); at.IsZero() {
			e.check(e.EncodeNil())
		} else {
			e.text(at.UTC().Format(time.RFC3339))
		}
	}}
}

func flagAttribute[T any](name string, of func(*T) bool) attribute[T] {
	return attribute[T]{name, func(e *encoder, from *T) { e.check(e.EncodeBool(of(from))) }}
}

func numberAttribute[T any](name string, of func(*T) int) attribute[T] {
	return attribute[T]{name, func(e *encoder, from *T) { e.check(e.EncodeInt(int64(of(from)))) }}
}

func textsAttribute[T any](name string, of func(*T) []string) attribute[T] {
	return attribute[T]{name, func(e *encoder, from *T) {
		texts := of(from)
		e.check(e.EncodeArrayLen(len(texts)))
		for _, text := range texts {
			e.check(e.EncodeString(text))
		}
	}}
}

func mapAttribute[T any](name string, of func(*T) map[string]string) attribute[T] {
	return attribute[T]{name, func(e *encoder, from *T) {
		texts := of(from)
		e.check(e.EncodeMapLen(len(texts)))
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			e.check(e.EncodeString(key))
			e.check(e.EncodeString(texts[key]))
		}
	}}
}

func objectsAttribute[T, U any](name string, attributes []attribute[U], of func(*T) []U) attribute[T] {
	return attribute[T]{name, func(e *encoder, from *T) { objects(e, attributes, of(from)) }}
}
