package validation

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"

	"cdk.tf/go/ingest/local/apigateway/internal/jsontape"
)

// array checks the number of an array's items, and that no two are equal.
func (c *checker) array(s *schema, v jsontape.Value) bool {
	n, valid := v.Len(), true
	if s.minItems != nil && n < *s.minItems {
		valid = c.wrong(s, "minItems", func() string {
			return fmt.Sprintf("array is too short: must have at least %d elements but instance has %d elements", *s.minItems, n)
		})
	}
	if s.maxItems != nil && n > *s.maxItems {
		valid = c.wrong(s, "maxItems", func() string {
			return fmt.Sprintf("array is too long: must have at most %d elements but instance has %d elements", *s.maxItems, n)
		})
	}
	if s.closedItems && n > len(s.tuple) {
		valid = c.wrong(s, "additionalItems", func() string {
			return fmt.Sprintf("schema only allows %d elements in array but instance has %d elements", len(s.tuple), n)
		})
	}
	if s.uniqueItems && n > 1 && !c.stops(valid) && c.repeats(v) {
		valid = c.wrong(s, "uniqueItems", func() string { return "array must not contain duplicate elements" })
	}
	return valid
}

// belowArray checks an array's items one by one.
func (c *checker) belowArray(s *schema, v jsontape.Value) bool {
	valid := true
	for i, item := range v.Items() {
		asked := s.items
		switch {
		case i < len(s.tuple):
			asked = s.tuple[i]
		case len(s.tuple) > 0:
			asked = s.additionalItems
		}
		if asked == nil {
			return valid // and every later one has none either
		}
		valid = c.own(asked, item) && c.below(asked, item) && valid
		if c.stops(valid) {
			return valid
		}
	}
	return valid
}

// seed is random for each process, so nobody can craft values with the same hash.
var seed = maphash.MakeSeed()

// repeats reports whether an array holds a value twice. It compares hashes of 64 bits: of a million different values, two have
// the same hash in one of 30 million arrays.
func (c *checker) repeats(v jsontape.Value) bool {
	seen := map[uint64]struct{}{}
	var hash maphash.Hash
	hash.SetSeed(seed)
	for _, item := range v.Items() {
		hash.Reset()
		c.hash(&hash, item)
		sum := hash.Sum64()
		if _, found := seen[sum]; found {
			return true
		}
		seen[sum] = struct{}{}
	}
	return false
}

// hash writes a value so that equal values write the same text, and different ones do not.
func (c *checker) hash(to *maphash.Hash, v jsontape.Value) {
	c.enter()
	defer func() { c.depth-- }()
	_ = to.WriteByte(v.Kind()) // never fails, as all below
	switch v.Kind() {
	case '{':
		members := c.enterMembers(v)
		defer c.leaveMembers(members)
		writeLength(to, len(members))
		for _, m := range members {
			writeText(to, m.name)
			c.hash(to, m.value)
		}
	case '[':
		writeLength(to, v.Len())
		for _, item := range v.Items() {
			c.hash(to, item)
		}
	case '"':
		writeText(to, c.text(v))
	case '0':
		d := decimalOf(c.raw(v))
		writeLength(to, d.sign())
		writeLength(to, int(d.exponent))
		writeText(to, d.digits)
	}
}

func writeLength(to *maphash.Hash, n int) {
	var text [8]byte
	binary.LittleEndian.PutUint64(text[:], uint64(n)) //nolint:gosec // as bits
	_, _ = to.Write(text[:])
}

func writeText(to *maphash.Hash, text string) {
	writeLength(to, len(text))
	_, _ = to.WriteString(text)
}
