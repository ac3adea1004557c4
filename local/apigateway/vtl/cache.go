package vtl

import (
	"strings"
	"sync"
)

// maxCached is how many compiled texts a cache holds: a template can compute them from the request.
const maxCached = 1000

// cache holds what texts compile to: expressions and patterns, most of which a template has written out.
type cache[compiled any] struct {
	mutex   sync.RWMutex
	held    map[string]compiled
	compile func(text string) (compiled, error)
}

func newCache[compiled any](compile func(text string) (compiled, error)) *cache[compiled] {
	return &cache[compiled]{held: map[string]compiled{}, compile: compile}
}

func (c *cache[compiled]) get(text string) (compiled, error) {
	c.mutex.RLock()
	found, ok := c.held[text]
	c.mutex.RUnlock()
	if ok {
		return found, nil
	}
	text = strings.Clone(text) // it may be a part of a payload, which should not be held with it
	found, err := c.compile(text)
	if err != nil {
		return found, err
	}
	if len(text) > maxPath { // 4 MB in all; a literal pattern can be as long as a text
		return found, nil
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.held) < maxCached {
		c.held[text] = found
	}
	return found, nil
}
