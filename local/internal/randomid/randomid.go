// Package randomid makes the random ids that identify requests. They are not secret, so they need no cryptographic source, which is
// slower.
package randomid

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/google/uuid"
)

// New returns a random UUID, such as "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d".
func New() string {
	id, _ := uuid.NewRandomFromReader(source{}) // never fails
	return id.String()
}

// Fill fills a slice with random bytes.
func Fill(to []byte) {
	for at := 0; at < len(to); {
		var next [8]byte
		binary.LittleEndian.PutUint64(next[:], rand.Uint64())
		at += copy(to[at:], next[:])
	}
}

type source struct{}

func (source) Read(to []byte) (int, error) {
	Fill(to)
	return len(to), nil
}
