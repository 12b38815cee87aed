package aws

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"sync"
)

// packed is what is kept of an entity, compressed: a bulk read brings thousands with their documents, most of which nobody
// asks for.
type packed[T any] []byte

// packer makes them.
type packer struct {
	writer *flate.Writer
	buffer bytes.Buffer
}

// packers are those that nobody uses: each has 800 KB, which a bulk read of a small account would spend on little else.
var packers = sync.Pool{New: func() any {
	writer, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // The level is one that there is.
	}
	return &packer{writer: writer}
}}

func pack(entity any) ([]byte, error) {
	p, _ := packers.Get().(*packer)
	defer packers.Put(p)
	p.buffer.Reset()
	p.writer.Reset(&p.buffer)
	if err := json.NewEncoder(p.writer).Encode(entity); err != nil {
		return nil, fmt.Errorf("keeping an entity: %w", err)
	}
	if err := p.writer.Close(); err != nil {
		return nil, fmt.Errorf("keeping an entity: %w", err)
	}
	return bytes.Clone(p.buffer.Bytes()), nil
}

// open is nil of what is not there.
func (p packed[T]) open() (*T, error) {
	if p == nil {
		return nil, nil //nolint:nilnil // what is not there is no error
	}
	entity := new(T)
	if err := json.NewDecoder(flate.NewReader(bytes.NewReader(p))).Decode(entity); err != nil {
		return nil, fmt.Errorf("reading an entity: %w", err)
	}
	return entity, nil
}
