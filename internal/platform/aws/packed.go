package aws

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
)

// packed is what is kept of an entity, compressed: a bulk read brings thousands with their documents, most of which nobody
// asks for.
type packed[T any] []byte

// packer makes them, one after the other.
type packer struct {
	writer *flate.Writer
	buffer bytes.Buffer
}

func newPacker() *packer {
	writer, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // The level is one that there is.
	}
	return &packer{writer: writer}
}

func (p *packer) pack(entity any) ([]byte, error) {
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
