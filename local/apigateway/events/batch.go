package events

import (
	"bytes"
	"encoding/base64"
	"mime"
	"strings"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/apigateway/internal/jsontape"
)

// found is one of an entry's events. Its texts are parts of the entry.
type found struct {
	outcome
	index, of int
	text      []byte // perhaps only its first bytes; nil if nobody knows it
	bytes     int64  // of the whole text; -1 if nobody knows
}

// eventsOf are the events that an entry shows.
func eventsOf(e *entry) []found {
	most := int(e.counts.sum())
	bodies, n := texts(&e.Submission, most)
	v := verdictOf(&e.Submission)
	if v.each && v.records.Len() != n {
		bodies, n = nil, v.records.Len()
	}
	list := make([]found, min(n, most))
	for i := range list {
		list[i] = found{outcome: v.all, index: i, of: n, bytes: -1}
		if bodies != nil {
			list[i].text, list[i].bytes = bodies[i], int64(len(bodies[i]))
		}
	}
	if n == 1 && len(bodies) == 1 && len(bodies[0]) == len(e.Body) {
		list[0].bytes = e.Length
	}
	if v.each {
		for i, record := range v.records.Items() {
			if i == len(list) {
				break
			}
			list[i].outcome = ofRecord(record)
		}
	}
	return list
}

// texts returns the first events that a submission holds, at most so many, and the number of all. It is at least 1: a request that holds no
// event is shown too.
func texts(s *apigateway.Submission, most int) (events [][]byte, n int) {
	if s.Action != apigateway.PutRecords {
		return [][]byte{s.Body}[:min(1, most)], 1
	}
	events, n = split(s.Body, s.ContentType, most)
	if s.Sent != nil {
		if records, ok := recordsIn(s.Sent); ok && records.Len() != n {
			return dataOf(records, most), records.Len()
		}
	}
	if n == 0 {
		return [][]byte{s.Body}[:min(1, most)], 1
	}
	return events, n
}

// split finds the events in a batch's body. They are its lines for a media type of JSON lines, and otherwise the elements of the array that
// the body is, or that is the only array among the body's members. Any other body is one event.
func split(body []byte, contentType string, most int) (events [][]byte, n int) {
	if hasLines(contentType) {
		return lines(body, most)
	}
	array, ok := arrayIn(body)
	if !ok {
		return [][]byte{body}[:min(1, most)], 1
	}
	for i, event := range array.Items() {
		if i == most {
			break
		}
		events = append(events, event.Raw())
	}
	return events, array.Len()
}

// hasLines reports whether a media type is one of JSON lines. None is registered; these are in use (github.com/ndjson/ndjson-spec;
// jsonlines.org, "Conventions").
func hasLines(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType) // what is malformed has no lines
	_, name, _ := strings.Cut(media, "/")
	switch strings.TrimPrefix(name, "x-") {
	case "ndjson", "jsonl", "jsonlines", "json-lines":
		return true
	}
	return false
}

// lines are the lines that are not blank.
func lines(body []byte, most int) (events [][]byte, n int) {
	for line := range bytes.SplitSeq(body, []byte("\n")) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if n < most {
			events = append(events, line)
		}
		n++
	}
	return events, n
}

// arrayIn finds the array of a batch's events: the body itself, its only member, or its only member that is an array of objects. An event
// that a client sent to the batch's address by mistake may have arrays too.
func arrayIn(body []byte) (array jsontape.Value, ok bool) {
	value, err := jsontape.Read(body)
	if err != nil || value.Kind() == '[' {
		return value, err == nil
	}
	if value.Kind() != '{' {
		return array, false
	}
	for _, member := range value.Members() {
		if member.Kind() != '[' || value.Len() > 1 && !hasObjects(member) {
			continue
		}
		if ok { // a second one: nothing tells which of them holds the events
			return array, false
		}
		array, ok = member, true
	}
	return array, ok
}

// hasObjects reports whether an array has objects alone, and at least one: an empty one beside the events is not theirs.
func hasObjects(array jsontape.Value) bool {
	for _, item := range array.Items() {
		if item.Kind() != '{' {
			return false
		}
	}
	return array.Len() > 0
}

// recordsIn are the records of a PutRecords call.
func recordsIn(sent []byte) (records jsontape.Value, ok bool) {
	call, err := jsontape.Read(sent)
	if err != nil {
		return records, false
	}
	records, ok = member(call, "Records")
	return records, ok && records.Kind() == '[' && records.Len() > 0
}

// dataOf are the data of records, decoded.
func dataOf(records jsontape.Value, most int) (events [][]byte) {
	for i, record := range records.Items() {
		if i == most {
			break
		}
		event := record.Raw()
		if data, ok := member(record, "Data"); ok {
			if decoded, err := base64.StdEncoding.DecodeString(text(data)); err == nil {
				event = decoded
			}
		}
		events = append(events, event)
	}
	return events
}
