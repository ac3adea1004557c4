package vtl

import (
	"strings"
	"sync"
)

// maxCached is the number of compiled texts in a cache. It needs a bound because a template can compute the texts from the
// request.
const maxCached = 1000

// cache holds compiled texts: expressions and patterns, most of which are literals in the template.
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
	text = strings.Clone(text) // it may be part of a payload, which the cache must not keep in memory
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
