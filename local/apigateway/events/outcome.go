package events

import (
	"cmp"
	"fmt"
	"strings"

	"cdk.tf/go/ingest/local/apigateway"
	"cdk.tf/go/ingest/local/apigateway/internal/jsontape"
)

// outcome is what became of an event. Its texts may be parts of the service's answer.
type outcome struct {
	fate                    fate
	reason, errorType       string
	shardID, sequenceNumber string
}

// verdict is what became of a submission's events: the records of a PutRecords answer, or the same for all.
type verdict struct {
	records jsontape.Value // an array
	each    bool           // there are records
	all     outcome
}

// timeout is the type of gateway response of a call whose answer did not come in time. INTEGRATION_FAILURE means that API Gateway could
// not call the service at all (apigateway.Options.Invoke).
const timeout = "INTEGRATION_TIMEOUT"

// verdictOf reads what the service answered, or why API Gateway refused the request.
func verdictOf(s *apigateway.Submission) verdict {
	refusal := outcome{fate: rejected, reason: reasonOf(s.Refusal), errorType: s.Refusal.ErrorType}
	if s.Answer == nil {
		if s.Called && s.Refusal.Type == timeout {
			refusal.fate = unknown
		}
		return verdict{all: refusal}
	}
	answer, err := jsontape.Read(s.Answer.Body)
	if err != nil || answer.Kind() != '{' {
		return verdict{all: outcome{fate: rejected, reason: fmt.Sprintf("the service answered %d with a body that is no JSON object", s.Answer.Status)}}
	}
	if s.Answer.Status < 200 || s.Answer.Status > 299 {
		return verdict{all: ofError(answer)}
	}
	if s.Action == apigateway.PutRecord {
		return verdict{all: ofRecord(answer)}
	}
	records, ok := member(answer, "Records")
	if !ok || records.Kind() != '[' || records.Len() == 0 {
		return verdict{all: outcome{fate: rejected, reason: "the service's answer has no Records"}}
	}
	return verdict{records: records, each: true}
}

// ofRecord reads the answer to one record: what PutRecord answers, or an entry of Records in what PutRecords answers. API reference,
// PutRecords: "A record that is successfully added to a stream includes SequenceNumber and ShardId in the result. A record that fails to be
// added to a stream includes ErrorCode and ErrorMessage in the result."
func ofRecord(answer jsontape.Value) outcome {
	var o outcome
	var code, message string
	if answer.Kind() == '{' {
		for name, value := range answer.Members() {
			switch name.Text() {
			case "SequenceNumber":
				o.sequenceNumber = text(value)
			case "ShardId":
				o.shardID = text(value)
			case "ErrorCode":
				code = text(value)
			case "ErrorMessage":
				message = text(value)
			}
		}
	}
	if o.sequenceNumber != "" {
		return o
	}
	if code == "" && message == "" {
		message = "the service's answer has no SequenceNumber"
	}
	return outcome{fate: rejected, reason: joined(code, message), errorType: code}
}

// ofError reads the body of an error: {"__type": "TYPE", "message": "…"}. A type may have a namespace before "#", and the message a
// capital letter (AWS JSON 1.1 protocol, "Operation error serialization").
func ofError(answer jsontape.Value) outcome {
	code, small, capital := "", "", ""
	for name, value := range answer.Members() {
		switch name.Text() {
		case "__type":
			code = text(value)
		case "message":
			small = text(value)
		case "Message":
			capital = text(value)
		}
	}
	if _, after, found := strings.Cut(code, "#"); found {
		code = after
	}
	return outcome{fate: rejected, reason: joined(code, cmp.Or(small, capital)), errorType: code}
}

// reasonOf is why API Gateway answered itself, or empty.
func reasonOf(r apigateway.Refusal) string { return joined(r.Type, r.Message, r.Validation) }

func joined(parts ...string) string {
	var said []string
	for _, part := range parts {
		if part != "" {
			said = append(said, part)
		}
	}
	return strings.Join(said, ": ")
}

// member returns the member of an object, and the last of several with the name.
func member(object jsontape.Value, name string) (found jsontape.Value, ok bool) {
	if object.Kind() != '{' {
		return found, false
	}
	for key, value := range object.Members() {
		if key.Text() == name {
			found, ok = value, true
		}
	}
	return found, ok
}

// text is the value of a string, and empty for anything else.
func text(v jsontape.Value) string {
	if v.Kind() != '"' {
		return ""
	}
	return v.Text()
}
