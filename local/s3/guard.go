package s3

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// guard stands before gofakes3 and sees to what that would get wrong: it takes an unknown sub-resource for the object
// itself (PutObjectTagging would replace the object with its tags), stores chunk signatures as content in all but one of
// AWS's streaming encodings, and lets any web page read and write every bucket, which S3 does not do unless a bucket has
// a CORS configuration.
type guard struct {
	next http.Handler
	tell func(text string)
}

// imitated is what S3 answers here.
const imitated = "buckets (create, head, list, location, delete), objects (put, get, head, list, copy, delete one or many) and uploads in parts"

// subresources are S3's, without those that gofakes3 answers: uploads, uploadId, versioning, versions, versionId,
// location, delete (S3's API reference, "Actions").
var subresources = []string{
	"abac", "accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering", "inventory",
	"legal-hold", "lifecycle", "logging", "metadataConfiguration", "metadataTable", "metrics", "notification",
	"object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "renameObject", "replication",
	"requestPayment", "restore", "retention", "select", "session", "tagging", "torrent", "website",
}

func (g guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		// S3's own answer to a preflight where a bucket has no CORS configuration.
		answer(w, r, http.StatusForbidden, &gofakes3.ErrorResponse{Code: "AccessForbidden", Message: "CORSResponse: CORS is not enabled for this bucket."})
		return
	}
	if what := unimitated(r); what != "" {
		why := "S3's " + what + " is not imitated on one machine; what is: " + imitated
		g.tell(why)
		refuse(w, r, gofakes3.ErrorMessage(gofakes3.ErrNotImplemented, why))
		return
	}
	if err := dechunk(r); err != nil {
		refuse(w, r, err)
		return
	}
	if err := boundDocument(w, r); err != nil {
		refuse(w, r, err)
		return
	}
	same := &sameOrigin{ResponseWriter: w}
	g.next.ServeHTTP(same, r)
	if !same.begun {
		same.WriteHeader(http.StatusOK)
	}
}

// maxDocument bounds a request's XML, in bytes, which gofakes3 reads into memory: 1,000 keys to delete, or 10,000 parts to join.
const maxDocument = 8 << 20

// boundDocument bounds the body of what is no object: a POST, or a PUT of a bucket.
func boundDocument(w http.ResponseWriter, r *http.Request) error {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if r.Method != http.MethodPost && (r.Method != http.MethodPut || key != "") {
		return nil
	}
	if r.ContentLength > maxDocument {
		return &gofakes3.ErrorResponse{Code: "MaxMessageLengthExceeded", Message: "Your request was too large."}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxDocument)
	return nil
}

// unimitated names what of a request gofakes3 would take for something else.
func unimitated(r *http.Request) string {
	query := r.URL.Query()
	for _, name := range subresources {
		if query.Has(name) {
			return "?" + name
		}
	}
	switch {
	case r.Method == http.MethodPost && !query.Has("delete") && !query.Has("uploads") && !query.Has("uploadId"):
		return "an upload by a browser's form"
	case r.Method == http.MethodPut && query.Has("uploadId") && r.Header.Get("X-Amz-Copy-Source") != "":
		return "UploadPartCopy"
	}
	return ""
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	var response *gofakes3.ErrorResponse
	if !errors.As(err, &response) {
		response = &gofakes3.ErrorResponse{Code: gofakes3.ErrInternal, Message: err.Error()}
	}
	answer(w, r, response.Code.Status(), response)
}

func answer(w http.ResponseWriter, r *http.Request, status int, response *gofakes3.ErrorResponse) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	text, _ := xml.Marshal(response) // of strings
	_, _ = w.Write(append([]byte(xml.Header), text...))
}

// sameOrigin takes gofakes3's permission for every web page out of an answer.
type sameOrigin struct {
	http.ResponseWriter
	begun bool
}

// WriteHeader implements http.ResponseWriter.
func (s *sameOrigin) WriteHeader(status int) {
	s.begun = true
	for name := range s.Header() {
		if strings.HasPrefix(name, "Access-Control-") {
			s.Header().Del(name)
		}
	}
	s.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (s *sameOrigin) Write(data []byte) (int, error) {
	if !s.begun {
		s.WriteHeader(http.StatusOK)
	}
	return s.ResponseWriter.Write(data)
}

// dechunk takes AWS's chunked encoding off a body: an SDK that streams sends "aws-chunked", each chunk with its length,
// perhaps a signature, and perhaps checksums at the end (S3 developer guide, "Signature calculations: transferring payload
// in multiple chunks"). Signatures and checksums are not verified; what arrives whole over TCP is what was sent.
func dechunk(r *http.Request) error {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return nil
	}
	size, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || size < 0 {
		return gofakes3.ErrorMessage(gofakes3.ErrMissingContentLength, "x-amz-decoded-content-length is missing")
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{&chunks{source: bufio.NewReader(r.Body)}, r.Body}
	r.ContentLength = size
	r.Header.Set("Content-Length", strconv.FormatInt(size, 10))
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	var encodings []string
	for encoding := range strings.SplitSeq(r.Header.Get("Content-Encoding"), ",") {
		if encoding = strings.TrimSpace(encoding); encoding != "" && encoding != "aws-chunked" {
			encodings = append(encodings, encoding)
		}
	}
	r.Header.Del("Content-Encoding")
	if len(encodings) > 0 {
		r.Header.Set("Content-Encoding", strings.Join(encodings, ","))
	}
	return nil
}

// chunks reads the content of an aws-chunked body.
type chunks struct {
	source *bufio.Reader
	left   int64 // of the chunk
	begun  bool
	done   bool
}

// Read implements io.Reader.
func (c *chunks) Read(p []byte) (int, error) {
	if c.done {
		return 0, io.EOF
	}
	if c.left == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
		if c.done {
			return 0, io.EOF
		}
	}
	n, err := c.source.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = gofakes3.ErrIncompleteBody
	}
	return n, err
}

// next reads a chunk's first line, such as "400;chunk-signature=…". After the last chunk come headers, which nobody needs.
func (c *chunks) next() error {
	if c.begun {
		if line, err := c.line(); err != nil || line != "" {
			return gofakes3.ErrIncompleteBody
		}
	}
	c.begun = true
	line, err := c.line()
	if err != nil {
		return gofakes3.ErrIncompleteBody
	}
	length, _, _ := strings.Cut(line, ";")
	c.left, err = strconv.ParseInt(strings.TrimSpace(length), 16, 64)
	if err != nil || c.left < 0 {
		return gofakes3.ErrorMessage(gofakes3.ErrIncompleteBody, fmt.Sprintf("%q is no chunk's length", length))
	}
	if c.left > 0 {
		return nil
	}
	c.done = true
	_, err = io.Copy(io.Discard, c.source)
	return err
}

// line is the next line without its end. It is at most as long as the reader's buffer, 4 KiB.
func (c *chunks) line() (string, error) {
	line, err := c.source.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	return string(bytes.TrimRight(line, "\r\n")), nil
}
