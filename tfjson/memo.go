package tfjson

import (
	"slices"
	"sync"
)

// parsed has the parts of texts that were read before. The rules of the policy read the same documents many times, and the parser
// took half of their time.
var parsed memo

type memo struct {
	mutex sync.Mutex
	parts map[string][]Part
}

// mostParsed is the number of texts that are kept. It bounds the memory of a process that reads many stacks: each has some hundred
// texts with expressions.
const mostParsed = 10_000

func (m *memo) find(text string) ([]Part, bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	parts, known := m.parts[text]
	return parts, known
}

func (m *memo) add(text string, parts []Part) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.parts == nil || len(m.parts) >= mostParsed {
		m.parts = map[string][]Part{}
	}
	m.parts[text] = slices.Clip(parts)
}
