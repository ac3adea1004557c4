package spec

import (
	"bytes"
	"encoding/json"
	"strings"

	"cdk.tf/go/ingest/internal/models"
)

// EventType is a kind of event with a path, a schema and an example of its own.
type EventType struct {
	// Name is the last part of the path: 1 to 32 characters. Parts of a-z and 0-9 that begin with a letter are joined by "-", such
	// as "page-view". You cannot use "batch". Two types need two names.
	Name string

	// Schema is the JSON schema (draft 4) of the type's events. It has the bounds of API.Schema.
	Schema string

	// Example is an event that the schema allows, at most 8,192 bytes. The curl command, the outputs and the page send it, so do not
	// use real data. If it is empty, they send an event that is derived from the schema.
	Example string
}

// ExampleEvent returns an event on one line that API.Schema allows: API.Example, or one derived from the schema. For a schema whose
// rules are too special it returns the first event of the README, and ok is false.
func (a API) ExampleEvent() (event string, ok bool) { return exampleEvent(a.Schema, a.Example) }

// ExampleEvent returns an event of the type on one line, as [API.ExampleEvent] does.
func (t EventType) ExampleEvent() (event string, ok bool) { return exampleEvent(t.Schema, t.Example) }

func exampleEvent(schema, example string) (string, bool) {
	if example != "" {
		return onOneLine(example), true
	}
	if event, ok := models.Example(schema); ok {
		return event, true
	}
	return models.FirstEvent, false
}

// onOneLine takes the line breaks and tabs out of a JSON text that has some. It leaves the spelling of each value. A tab that is pasted
// into a shell completes a word.
func onOneLine(text string) string {
	text = strings.TrimSpace(text)
	var line bytes.Buffer
	if !strings.ContainsAny(text, "\r\n\t") || json.Compact(&line, []byte(text)) != nil {
		return text
	}
	return line.String()
}

// methods is the number of methods that accept events.
func (a API) methods() int {
	paths := 1 + len(a.EventTypes)
	if a.Batch {
		return 2 * paths
	}
	return paths
}
