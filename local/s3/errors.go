package s3

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// messages are S3's own for codes that gofakes3 answers without one.
//
// Assumption S3-9: each error of S3 has a message in its body, and NoSuchKey also names the key, NoSuchBucket and BucketNotEmpty the
// bucket (S3 API reference, "Error responses").
var messages = map[gofakes3.ErrorCode]string{
	gofakes3.ErrBadDigest:            "The Content-MD5 you specified did not match what we received.",
	gofakes3.ErrBucketAlreadyExists:  "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
	gofakes3.ErrBucketNotEmpty:       "The bucket you tried to delete is not empty",
	gofakes3.ErrIncompleteBody:       "You did not provide the number of bytes specified by the Content-Length HTTP header",
	gofakes3.ErrInternal:             "We encountered an internal error. Please try again.",
	gofakes3.ErrInvalidDigest:        "The Content-MD5 you specified was invalid.",
	gofakes3.ErrInvalidPartOrder:     "The list of parts was not in ascending order. Parts must be ordered by part number.",
	gofakes3.ErrInvalidRange:         "The requested range is not satisfiable",
	gofakes3.ErrKeyTooLong:           "Your key is too long",
	gofakes3.ErrMetadataTooLarge:     "Your metadata headers exceed the maximum allowed metadata size",
	gofakes3.ErrMethodNotAllowed:     "The specified method is not allowed against this resource.",
	gofakes3.ErrMissingContentLength: "You must provide the Content-Length HTTP header.",
	gofakes3.ErrNoSuchKey:            "The specified key does not exist.",
	gofakes3.ErrNoSuchUpload:         "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
}

// malformed is S3's message of MalformedXML (S3 API reference, "Error responses").
const malformed = "The XML you provided was not well-formed or did not validate against our published schema"

// errorBody is the body of an error.
type errorBody struct {
	XMLName    xml.Name `xml:"Error"`
	Code       gofakes3.ErrorCode
	Message    string
	Key        string `xml:",omitempty"`
	BucketName string `xml:",omitempty"`
	Region     string `xml:",omitempty"`
	Resource   string
	RequestID  string `xml:"RequestId,omitempty"`
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	body := errorBody{Code: gofakes3.ErrInternal, Message: err.Error()}
	var known gofakes3.Error
	if errors.As(err, &known) {
		body = errorBody{Code: known.ErrorCode()}
		text, _ := xml.Marshal(known)
		_ = xml.Unmarshal(text, &body) // a code alone is no such body
	}
	answer(w, r, statusOf(body.Code), body)
}

// statuses are those of codes that gofakes3 does not know, or knows otherwise.
var statuses = map[gofakes3.ErrorCode]int{
	"AccessDenied":                       http.StatusForbidden,
	"AuthorizationHeaderMalformed":       http.StatusBadRequest,
	"AuthorizationQueryParametersError":  http.StatusBadRequest,
	"ConditionalRequestConflict":         http.StatusConflict,
	"EntityTooSmall":                     http.StatusBadRequest,
	"IllegalLocationConstraintException": http.StatusBadRequest,
	"InvalidEncryptionAlgorithmError":    http.StatusBadRequest,
	"InvalidLocationConstraint":          http.StatusBadRequest,
	"InvalidRequest":                     http.StatusBadRequest,
	"MalformedTrailerError":              http.StatusBadRequest,
	"MaxMessageLengthExceeded":           http.StatusBadRequest,
	"XAmzContentSHA256Mismatch":          http.StatusBadRequest,
	gofakes3.ErrMethodNotAllowed:         http.StatusMethodNotAllowed,
}

func statusOf(code gofakes3.ErrorCode) int { return cmp.Or(statuses[code], code.Status()) }

func answer(w http.ResponseWriter, r *http.Request, status int, body errorBody) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	bucket, key := named(r)
	switch body.Code { // gofakes3 has the name of what is missing, which may be a copy's source
	case gofakes3.ErrNoSuchKey:
		body.Key = cmp.Or(body.Resource, key)
	case gofakes3.ErrNoSuchBucket, gofakes3.ErrBucketNotEmpty, gofakes3.ErrInvalidBucketName:
		body.BucketName = cmp.Or(body.Resource, bucket)
	}
	if body.Message == "" || body.Message == string(body.Code) {
		body.Message = cmp.Or(messages[body.Code], body.Code.Message(), string(body.Code))
	}
	body.Resource, body.RequestID = r.URL.Path, w.Header().Get("X-Amz-Request-Id")
	text, _ := xml.Marshal(body) // of strings
	_, _ = w.Write(append([]byte(xml.Header), text...))
}

// withMessages holds back the errors of gofakes3, whose bodies lack what S3's have.
type withMessages struct {
	http.ResponseWriter
	status int // 0 means no error
	// bodiless means that the answer is a 304, which gofakes3 gives a body as it gives an error.
	bodiless bool
	// tag is the ETag of the object in the answer, for which gofakes3 takes the MD5; "" means none.
	tag  string
	body bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (m *withMessages) WriteHeader(status int) {
	if status < http.StatusBadRequest {
		m.nameTag()
		m.bodiless = status == http.StatusNotModified
		m.ResponseWriter.WriteHeader(status)
		return
	}
	m.status = status
}

// Write implements http.ResponseWriter.
func (m *withMessages) Write(text []byte) (int, error) {
	switch {
	case m.status != 0:
		return m.body.Write(text)
	case m.bodiless:
		return len(text), nil
	}
	m.nameTag()
	return m.ResponseWriter.Write(text)
}

func (m *withMessages) nameTag() {
	if m.tag != "" {
		m.Header().Set("ETag", `"`+m.tag+`"`)
	}
}

// end answers with the error that was held back, if any.
func (m *withMessages) end(r *http.Request) {
	if m.status == 0 {
		m.nameTag()
	}
	if r.Method == http.MethodHead && m.status != 0 { // its errors have no body
		m.ResponseWriter.WriteHeader(m.status)
	}
	if r.Method == http.MethodHead || m.status == 0 {
		return
	}
	body := errorBody{}
	if xml.Unmarshal(m.body.Bytes(), &body) != nil {
		body.Code = gofakes3.ErrMethodNotAllowed // its answer to a method that the service itself does not have
	}
	if body.Code == gofakes3.ErrMalformedXML {
		body.Message = fmt.Sprintf("%s (%s)", malformed, body.Message) // gofakes3 says only why, such as "EOF"
	}
	answer(m.ResponseWriter, r, statusOf(body.Code), body)
}

// named are the bucket and the key in a request's path, "" without one.
func named(r *http.Request) (bucket, key string) {
	bucket, key, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return bucket, key
}
