package actions

import (
	_ "embed"
	"encoding/json"
	"sync"
)

// Provenance says where the table comes from, so that anybody can make it again.
type Provenance struct {
	// Package and Version are what it was made from, of the npm registry; Integrity is the SHA-512 of the archive as the
	// registry publishes it.
	Package   string `json:"package"`
	Version   string `json:"version"`
	Integrity string `json:"integrity"`
	// Updated is the day, as 2026-01-31, on which the publisher last read AWS's documentation.
	Updated string `json:"updated"`
	// Licence is the SPDX identifier of the dataset's licence, whose text is in LICENSE.iam-data.
	Licence string `json:"licence"`
	// SHA256 is that of the embedded table, in hexadecimal.
	SHA256 string `json:"sha256"`
}

//go:embed source.json
var sourceText []byte

// Source says where the table comes from.
var Source = sync.OnceValue(func() Provenance {
	var p Provenance
	if err := json.Unmarshal(sourceText, &p); err != nil {
		panic("the embedded provenance of the table of actions is damaged: " + err.Error()) // a test reads it
	}
	return p
})
