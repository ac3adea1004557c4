package kinesis

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"cdk.tf/go/ingest/local/internal/inflight"
	"cdk.tf/go/ingest/local/internal/randomid"
)

const (
	target   = "Kinesis_20131202."
	jsonType = "application/x-amz-json-1.1"
	cborType = "application/x-amz-cbor-1.1"

	// maxBody bounds the body of a call, in bytes: 10 MiB of records in base64, and room for their keys and JSON.
	maxBody = 15 * mib
	// maxInFlight bounds the bodies that are read and answered at the same time, beside one that may grow beyond it. Other bodies
	// wait. A call uses some three times its length. The records that are read bound the answers in the same way, apart from the
	// bodies: no producer waits for a consumer.
	maxInFlight = 32 * mib
)

// pace is how fast the body of a call has to arrive, and how fast its client has to take a large answer: the largest takes a minute at
// most.
var pace = inflight.Pace{Patience: 5 * time.Second, Rate: maxBody / 60}

// ServeHTTP speaks AWS JSON 1.1: a POST whose header X-Amz-Target is Kinesis_20131202.ACTION. It accepts any credentials, but requires
// some, because a client without credentials would fail on AWS.
//
// Assumption KIN-8: Kinesis checks a call's content type, body and operation before its credentials, and answers each fault in the
// form that kinesalite has compared with AWS (kinesalite, index.js and test/connection.js). Unlike AWS, the local Kinesis does not
// accept CBOR, and its answer to an unknown operation names the known ones, where AWS sends no message.
//
// Assumption KIN-18: Kinesis answers 413 without a text to a call whose body is too large, before it looks at the records
// (boto/boto3#1147). AWS documents no bound for the whole body; here it is 15 MiB. A body of more than 64 KiB that is five seconds
// behind a rate of 15 MiB a minute gets 408, and an answer of that size that its client takes more slowly breaks off. These bounds
// exist only here.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	share := s.bodies.Share()
	defer share.Shrink(0)
	body, err := share.ReadBody(w, r, maxBody, pace)
	if err != nil {
		s.refused.Add(1)
		w.WriteHeader(statusOfUnread(err))
		return
	}
	header := w.Header()
	requestID := randomid.New()
	header.Set("X-Amzn-Requestid", requestID)
	header.Set("X-Amz-Id-2", extendedID())
	if wrong := s.checkRequest(r, body); wrong != nil {
		s.refused.Add(1)
		wrong.write(w)
		return
	}
	action := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target)
	answers := s.answers.Share()
	defer answers.Shrink(0)
	response := s.do(r.Context(), action, body, nil, func(bytes int64) error { return answers.Add(r.Context(), bytes) })
	answers.Shrink(int64(len(response.Body)))
	header.Set("X-Amzn-Requestid", response.RequestID)
	answer{response.Status, jsonType, response.Body}.writeInTime(w)
}

// writeInTime writes an answer, and gives up on a large one, which holds room, when its client is slow. It uses real time and no
// service's clock, because the network does.
func (a answer) writeInTime(w http.ResponseWriter) {
	if len(a.body) > inflight.Small {
		control := http.NewResponseController(w)
		limit := pace.Patience + time.Duration(len(a.body))*time.Second/time.Duration(pace.Rate)
		_ = control.SetWriteDeadline(time.Now().Add(limit))          // a recorder has none
		defer func() { _ = control.SetWriteDeadline(time.Time{}) }() // the connection serves other calls
	}
	a.write(w)
}

// statusOfUnread is the status of the answer to a call whose body was not read as a whole.
func statusOfUnread(err error) int {
	switch {
	case errors.Is(err, inflight.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	}
	return http.StatusBadRequest // the client went away, or sent less than it said
}

// extendedID looks like AWS's second identifier of a request, which only AWS can interpret.
func extendedID() string {
	var id [72]byte
	randomid.Fill(id[:])
	return base64.StdEncoding.EncodeToString(id[:])
}

type answer struct {
	status      int
	contentType string
	body        []byte
}

func (a answer) write(w http.ResponseWriter) {
	if a.contentType == "" {
		w.Header()["Content-Type"] = nil // otherwise Go would guess one
	} else {
		w.Header().Set("Content-Type", a.contentType)
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may have gone
}

// checkRequest finds errors of a request that do not depend on its action.
func (s *Service) checkRequest(r *http.Request, body []byte) *answer {
	if r.Method != http.MethodPost {
		return noOperation()
	}
	contentType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	contentType = strings.TrimSpace(contentType)
	service, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	_, known := actions[action]
	known = known && service+"." == target
	switch {
	case len(body) == 0 && known:
		return inForm(contentType, "SerializationException", "")
	case len(body) == 0:
		return inForm(contentType, "UnknownOperationException", "")
	case contentType != jsonType:
		if contentType == cborType {
			s.tell(noCBOR)
		}
		return otherType(contentType, service != "" && action != "", body)
	case body[0] != '{' && !isObject(body):
		return inForm(jsonType, "SerializationException", "")
	case !known:
		return inForm(jsonType, "UnknownOperationException", s.unknownOperation(action).Message)
	default:
		return checkAuth(r)
	}
}

// otherType answers a request that is not JSON of the right kind.
func otherType(contentType string, hasTarget bool, body []byte) *answer {
	switch {
	case contentType == cborType:
		return inForm(contentType, "SerializationException", noCBOR)
	case contentType == "application/json":
		return withoutVersion(body)
	case !hasTarget:
		return noOperation()
	default:
		return &answer{http.StatusNotFound, "", []byte("<UnknownOperationException/>\n")}
	}
}

// noCBOR says how to turn CBOR off in each SDK that uses it.
const noCBOR = "CBOR is not supported on one machine; make the client send JSON: AWS SDK for Java 2 with the system property aws.cborEnabled=false " +
	"or the environment CBOR_ENABLED=false, AWS SDK for Java 1 with com.amazonaws.sdk.disableCbor=true or AWS_CBOR_DISABLE=true"

func isObject(body []byte) bool {
	var members map[string]json.RawMessage
	return json.Unmarshal(body, &members) == nil && members != nil
}

func noOperation() *answer {
	return inXML("AccessDeniedException", "Unable to determine service/operation name to be authorized")
}

func inXML(typ, message string) *answer {
	return &answer{http.StatusForbidden, "", fmt.Appendf(nil, "<%s>\n  <Message>%s</Message>\n</%s>\n", typ, message, typ)}
}

// inForm is an error in JSON, or in CBOR for a client that did not send JSON.
func inForm(contentType, typ, message string) *answer {
	if contentType == jsonType {
		return &answer{http.StatusBadRequest, jsonType, (&refusal{Type: typ, Message: message}).body()}
	}
	pairs := []string{"__type", typ}
	if message != "" {
		pairs = append(pairs, "message", message)
	}
	return &answer{http.StatusBadRequest, cborType, cborMap(pairs)}
}

// cborMap encodes texts of less than 65,536 bytes (RFC 8949, section 3), so that a client that sends CBOR can read the reason.
func cborMap(pairs []string) []byte {
	out := []byte{0xa0 | byte(len(pairs)/2)}
	for _, text := range pairs {
		switch {
		case len(text) < 24:
			out = append(out, 0x60|byte(len(text)))
		case len(text) < 256:
			out = append(out, 0x78, byte(len(text)))
		default:
			out = append(out, 0x79, byte(len(text)>>8), byte(len(text)))
		}
		out = append(out, text...)
	}
	return out
}

// withoutVersion answers a request of type application/json as AWS does, which finds no operation in it.
func withoutVersion(body []byte) *answer {
	typ, status := "UnknownOperationException", http.StatusNotFound
	if !isObject(body) {
		typ, status = "SerializationException", http.StatusBadRequest
	}
	return &answer{status, "application/json", fmt.Appendf(nil, `{"Output":{"__type":"com.amazon.coral.service#%s"},"Version":"1.0"}`, typ)}
}

// checkAuth checks that a request is signed, but not by whom.
func checkAuth(r *http.Request) *answer {
	authorization := r.Header.Get("Authorization")
	query := r.URL.Query()
	inQuery := query.Has("X-Amz-Algorithm")
	var missing []string
	switch {
	case authorization != "" && inQuery:
		return inForm(jsonType, "InvalidSignatureException", "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
	case authorization != "":
		missing = missingInHeader(r, authorization)
	case inQuery:
		for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
			if query.Get(name) == "" {
				missing = append(missing, "AWS query-string parameters must include '"+name+"'.")
			}
		}
		if missing != nil {
			missing = append(missing, "Re-examine the query-string parameters.")
		}
	default:
		return inForm(jsonType, "MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	if missing != nil {
		return inForm(jsonType, "IncompleteSignatureException", strings.Join(missing, " "))
	}
	return nil
}

func missingInHeader(r *http.Request, authorization string) (missing []string) {
	parts := strings.FieldsFunc(authorization, func(c rune) bool { return c == ',' || c == ' ' })
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if !hasValue(parts[min(1, len(parts)):], name) {
			missing = append(missing, "Authorization header requires '"+name+"' parameter.")
		}
	}
	if r.Header.Get("X-Amz-Date") == "" && r.Header.Get("Date") == "" {
		missing = append(missing, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if missing != nil {
		missing = append(missing, "Authorization="+authorization)
	}
	return missing
}

func hasValue(parts []string, name string) bool {
	for _, part := range parts {
		if value, found := strings.CutPrefix(part, name+"="); found && value != "" {
			return true
		}
	}
	return false
}
