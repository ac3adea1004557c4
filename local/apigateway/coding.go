package apigateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/local/internal/inflight"
)

// These are the content codings that API Gateway supports (developer guide, "Enable payload compression for an API").
const (
	codingGzip     = "gzip"
	codingDeflate  = "deflate"
	codingIdentity = "identity"
)

// coding returns the content coding of the request's body, in lower case; "identity" for none.
func (x *exchange) coding() string {
	said := x.r.Header["Content-Encoding"]
	if len(said) == 0 {
		return codingIdentity
	}
	name := strings.ToLower(strings.TrimSpace(strings.Join(said, ",")))
	if name == "" {
		return codingIdentity
	}
	return name
}

// decompress replaces a compressed body by what is in it.
//
// Assumption API-24: API Gateway decompresses a body by its Content-Encoding before it validates and maps it, also where
// minimum_compression_size is not set: "By default, API Gateway supports decompression of the method request payload" (developer
// guide, "Payload compression for REST APIs"), and "APIGateway may ungzip the request body, without removing the Content-Encoding
// header" (serverless/serverless#2797). With a minimum, "if the payload size is smaller than this value, compression or
// decompression are not applied" ("Enable payload compression for an API"); here that is the size as it was sent. A coding that
// API Gateway does not support, and data that are not compressed so, get 415 ("Call an API method with a compressed payload"),
// with the gateway response UNSUPPORTED_MEDIA_TYPE.
//
// Assumption API-25: of a compressed body, a signature covers the bytes as they were sent, and the limit of 10 MB holds before
// and after decompression. The coding "deflate" is zlib's format (RFC 9110, "Deflate Coding"), and nothing may follow the
// compressed data. Several codings of one body are not supported. AWS does not document any of this.
func (x *exchange) decompress() *failure {
	coding, sent := x.coding(), x.request.text
	if coding == codingIdentity || len(sent) == 0 {
		return nil
	}
	if coding != codingGzip && coding != codingDeflate {
		return failCoding(errors.New("the Content-Encoding is neither gzip nor deflate"))
	}
	if len(sent) < x.api.cfg.minimumCompression {
		return nil
	}
	text, err := x.inflate(coding, sent)
	switch {
	case errors.Is(err, errCoding):
		return failCoding(err)
	case err != nil:
		return x.failRead(err)
	}
	x.request.text = text
	x.share.Shrink(int64(len(text)))
	return nil
}

func failCoding(cause error) *failure {
	failed := *failMedia
	failed.cause = cause
	return &failed
}

var errCoding = errors.New("the body is not compressed as Content-Encoding says")

// inflate decompresses a body within bounds: it reads no more than the largest body, and reserves room for it beside that of the
// compressed one.
func (x *exchange) inflate(coding string, sent []byte) ([]byte, error) {
	source := bytes.NewReader(sent)
	reader, err := newDecompressor(coding, source)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errCoding, err)
	}
	text, err := x.share.Read(x.r.Context(), reader, maxPayload)
	switch {
	case errors.Is(err, inflight.ErrTooLarge), errors.Is(err, inflight.ErrNoRoom):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errCoding, err)
	case source.Len() > 0:
		return nil, fmt.Errorf("%w: other data follow", errCoding)
	}
	return text, nil
}

func newDecompressor(coding string, source io.Reader) (io.Reader, error) {
	if coding == codingGzip {
		return gzip.NewReader(source)
	}
	return zlib.NewReader(source)
}

// compress compresses the integration's answer.
//
// Assumption API-26: API Gateway compresses an answer of an integration, and not one that it gives itself, where
// minimum_compression_size is set, the mapped answer has at least that size and no Content-Encoding, and the request names a
// supported coding (developer guide, "Receive an API response with a compressed payload"). It looks at the coding of the highest
// priority alone: if that is none of gzip and deflate, it does not compress ("Enable payload compression for an API", note;
// awsdocs/amazon-api-gateway-developer-guide#32). $context.responseLength is the size of what is sent. AWS does not document
// that, and no header Vary.
func (x *exchange) compress() {
	minimum := x.api.cfg.minimumCompression
	if minimum == quota.NoCompression || len(x.answer.body) == 0 || len(x.answer.body) < minimum || x.call.header.Get("Content-Encoding") != "" || x.answer.has("Content-Encoding") {
		return
	}
	coding := preferred(x.r.Header["Accept-Encoding"])
	var out bytes.Buffer
	var writer io.WriteCloser
	switch coding {
	case codingGzip:
		writer = gzip.NewWriter(&out)
	case codingDeflate:
		writer = zlib.NewWriter(&out)
	default:
		return
	}
	_, _ = writer.Write(x.answer.body) // a buffer takes all
	_ = writer.Close()
	x.answer.body = out.Bytes()
	x.answer.set("Content-Encoding", coding)
}

// has reports whether a header is set.
func (a *answer) has(name string) bool {
	return slices.ContainsFunc(a.headers, func(h header) bool { return strings.EqualFold(h.name, name) })
}

// preferred returns the coding with the highest weight, and the first of several (RFC 9110, "Accept-Encoding"). It is empty if
// there is none.
func preferred(accepted []string) string {
	best, most := "", 0.0
	for part := range strings.SplitSeq(strings.Join(accepted, ","), ",") {
		name, parameters, _ := strings.Cut(part, ";")
		weight := 1.0
		if text, ok := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(parameters, " ", "")), "q="); ok {
			var err error
			if weight, err = strconv.ParseFloat(text, 64); err != nil {
				return "" // "a malformed encoding format" is not compressed (pull request 32, see API-26)
			}
		}
		if weight > most {
			best, most = strings.ToLower(strings.TrimSpace(name)), weight
		}
	}
	return best
}
