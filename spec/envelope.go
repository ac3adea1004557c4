package spec

import "strings"

// Envelope wraps each event in a JSON object before it goes to the stream. Without it a record is the body as the client sent it.
//
// A record is then one line of the form {"receivedAt": …, "requestId": …, "event": …}. The event is the body's own text, in which
// each line break between two values is a space. In a batch of JSON the event is what API Gateway writes of it, and "index"
// is its place in the batch, from 0. The bytes of the envelope count towards the size of the record: about 120, and those of the
// properties below.
type Envelope struct {
	// Enabled adds "receivedAt", when API Gateway received the request (UTC, with milliseconds, such as
	// "2026-11-24T13:05:09.123Z"), and "requestId", which the answer and the access log also have.
	Enabled bool

	// SourceIP adds "sourceIp", the address that the request came from. It is personal data.
	SourceIP bool

	// UserAgent adds "userAgent", the header User-Agent. It can be personal data. A client can write any text into it. The header
	// may not be an identity source of API.Authorization.Lambda.
	UserAgent bool

	// Principal adds "principal", who sent the event: the ARN of the IAM principal, the claim sub of the Cognito token, or the
	// principal ID that the Lambda function answers. It needs one of these authorisations. It can be personal data.
	Principal bool

	// APIKeyID adds "apiKeyId", the ID of the API key. It needs [AuthorizeAPIKey]. The ID is not the key: nobody can submit with
	// it. It is personal data if a key belongs to a person.
	APIKeyID bool
}

// personal are the fields of the envelope that are set and can be personal data.
func (e Envelope) personal() []string {
	var set []string
	for _, field := range []option{
		{"SourceIP", e.SourceIP},
		{"UserAgent", e.UserAgent},
		{"Principal", e.Principal},
		{"APIKeyID", e.APIKeyID},
	} {
		if field.set {
			set = append(set, "API.Envelope."+field.field)
		}
	}
	return set
}

// eventColumn is the column with the event, in a table without columns and in one of envelopes.
const eventColumn = "event"

// ownColumns are the columns of the query table that Query.Columns does not declare.
func (e Environment) ownColumns() []Column {
	switch {
	case e.API.Envelope.Enabled:
		return e.TableColumns()
	case len(e.Query.Columns) == 0:
		return []Column{{Name: eventColumn}}
	}
	return nil
}

// TableColumns returns the columns of the query table. Without an envelope they are [Query].Columns; none means one column with
// the whole line.
func (e Environment) TableColumns() []Column {
	envelope := e.API.Envelope
	if !envelope.Enabled {
		return e.Query.Columns
	}
	columns := []Column{
		{Name: "receivedat", Type: "timestamp", Comment: "When API Gateway received the request, UTC"},
		{Name: "requestid", Type: "string", Comment: "The request ID, which the access log also has"},
	}
	for _, column := range []struct {
		on bool
		Column
	}{
		// A partition of this name has the events' types already, and a table cannot have both.
		{len(e.API.EventTypes) > 0 && !e.Delivery.partitionedBy("type"), Column{"type", "string", "The event's type; null for POST /submit"}},
		{envelope.SourceIP, Column{"sourceip", "string", "The address that the request came from"}},
		{envelope.UserAgent, Column{"useragent", "string", "The header User-Agent"}},
		{envelope.Principal, Column{"principal", "string", "Who sent the event"}},
		{envelope.APIKeyID, Column{"apikeyid", "string", "The ID of the API key"}},
		{e.API.Batch, Column{"index", "int", "The event's place in its batch, from 0; null for a single event"}},
	} {
		if column.on {
			columns = append(columns, column.Column)
		}
	}
	return append(columns, Column{eventColumn, e.Query.eventType(), "The event"})
}

// eventType is the type of the column with the event: its JSON as text, or a struct of the declared columns.
func (q Query) eventType() string {
	if len(q.Columns) == 0 {
		return "string"
	}
	var fields []string
	for _, column := range q.Columns {
		fields = append(fields, column.Name+":"+column.Type)
	}
	return "struct<" + strings.Join(fields, ",") + ">"
}
