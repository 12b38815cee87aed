package tfkit

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vmihailenco/msgpack/v5"
)

// Preencoded are attributes of a data source's result by name, in MessagePack as the plugin protocol has it. The framework
// walks and copies every value of a result several times, which for the thousands of identities of a large estate takes
// far longer than to read them: these go past it.
type Preencoded map[string][]byte

type preencodedKey struct{}

// Within is a context in which data sources put attributes here.
func (p Preencoded) Within(ctx context.Context) context.Context {
	return context.WithValue(ctx, preencodedKey{}, p)
}

// Preencode takes an attribute, which has to be null in the result itself. It returns false where nobody takes one, and
// the attribute has to go into the result as usual.
func Preencode(ctx context.Context, name string, value []byte) bool {
	p, ok := ctx.Value(preencodedKey{}).(Preencoded)
	if ok {
		p[name] = value
	}
	return ok
}

// Into puts the attributes into an encoded object that has null for them.
func (p Preencoded) Into(object []byte) ([]byte, error) {
	if len(p) == 0 {
		return object, nil
	}
	size := len(object)
	for _, value := range p {
		size += len(value)
	}
	in, out := msgpack.NewDecoder(bytes.NewReader(object)), bytes.NewBuffer(make([]byte, 0, size))
	count, err := in.DecodeMapLen()
	if err != nil {
		return nil, fmt.Errorf("reading a result: %w", err)
	}
	encoder, missing := msgpack.NewEncoder(out), maps.Clone(p)
	if err := encoder.EncodeMapLen(count); err != nil {
		return nil, fmt.Errorf("writing a result: %w", err)
	}
	for range count {
		name, err := in.DecodeString()
		if err != nil {
			return nil, fmt.Errorf("reading a result: %w", err)
		}
		value, err := in.DecodeRaw()
		if err != nil {
			return nil, fmt.Errorf("reading %s of a result: %w", name, err)
		}
		if large, ok := missing[name]; ok && bytes.Equal(value, encodedNull) {
			value = large
			delete(missing, name)
		}
		if err := encoder.EncodeString(name); err != nil {
			return nil, fmt.Errorf("writing %s of a result: %w", name, err)
		}
		out.Write(value)
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("the result does not have null for %s", strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
	}
	return out.Bytes(), nil
}

// encodedNull is null in MessagePack.
var encodedNull = []byte{0xc0}
