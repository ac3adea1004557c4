package tfjson

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Decode decodes one JSON value as [json.Unmarshal] does. It refuses an object that holds a name twice: Go uses the last value,
// and another reader may use the first.
func Decode(text []byte) (any, error) {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if name, twice := repeated(text); twice {
		return nil, fmt.Errorf("an object holds the name %q twice", name)
	}
	return value, nil
}

// level is an enclosing object or list of the current token.
type level struct {
	names    map[string]bool // nil for a list
	wantName bool
}

// repeated finds a name that valid JSON holds twice in one object. It keeps its own stack of levels, because the input
// determines the depth.
func repeated(text []byte) (string, bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	levels := []level{{}}
	for {
		token, err := decoder.Token()
		if err != nil {
			return "", false // the end
		}
		top := &levels[len(levels)-1]
		if name, ok := token.(string); ok && top.wantName {
			if top.names[name] {
				return name, true
			}
			top.names[name], top.wantName = true, false
			continue
		}
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{names: map[string]bool{}, wantName: true})
			continue
		case json.Delim('['):
			levels = append(levels, level{})
			continue
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
		}
		top = &levels[len(levels)-1] // a value has ended in it
		top.wantName = top.names != nil
	}
}
