package s3

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // S3 offers it
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

const checksumPrefix = "X-Amz-Checksum-"

// checksums are the algorithms that S3 offers, by the end of their header's name (S3 user guide, "Checking object integrity").
var checksums = map[string]func() hash.Hash{
	"Crc32":  func() hash.Hash { return crc32.NewIEEE() },
	"Crc32c": func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	// The polynomial of CRC-64/NVME in reversed bit order, which hash/crc64 takes.
	"Crc64nvme": func() hash.Hash { return crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5)) },
	"Sha1":      sha1.New,
	"Sha256":    sha256.New,
}

// algorithmHeader names the algorithm of the checksum that a request has.
const algorithmHeader = "X-Amz-Sdk-Checksum-Algorithm"

// about are the headers below checksumPrefix that do not hold a checksum.
var about = []string{"Algorithm", "Type", "Mode"}

// objectChecked verifies an object's content as it is read, if the request names a checksum of the whole object, as
// CompleteMultipartUpload may. A checksum made from the parts' checksums, which ends in "-" and their number, is not verified.
func (s backend) objectChecked(content io.Reader) io.Reader {
	if s.asked == nil {
		return content
	}
	header := http.Header{}
	for name, values := range s.asked.Header {
		if strings.HasPrefix(name, checksumPrefix) && !strings.Contains(values[0], "-") {
			header[name] = values
		}
	}
	v, _ := verify(&http.Request{Header: header, Body: io.NopCloser(content)}, nil) // an unknown one was refused before
	return v
}

// verified reads a body, and fails at its end if the body does not match its client's checksums.
//
// Assumption S3-5: S3 answers BadDigest to a body that does not match a checksum in a header or a trailer, and
// XAmzContentSHA256Mismatch to one that does not match x-amz-content-sha256, both with 400 (S3 API reference, "Error responses").
// It stores nothing then. It answers InvalidRequest to a write with checksums of two algorithms, or with an x-amz-sdk-checksum-algorithm
// that has no checksum or another one's (versity/versitygw#1593, #1657, #1659), and MalformedTrailerError to a trailer that
// x-amz-trailer does not declare, or one that is declared and missing (versity/versitygw#1691).
type verified struct {
	io.ReadCloser
	sums   map[string]hash.Hash // by the header's name
	header http.Header
	// trailer holds the headers that follow the content in AWS's chunked encoding.
	trailer map[string]string
}

// verify returns a body that is checked as it is read, or the header of a checksum that this service cannot compute.
func verify(r *http.Request, trailer map[string]string) (v *verified, unknown string) {
	v = &verified{ReadCloser: r.Body, sums: map[string]hash.Hash{}, header: r.Header, trailer: trailer}
	for _, name := range sumsIn(r.Header) {
		which := strings.TrimPrefix(name, checksumPrefix)
		if checksums[which] == nil {
			return nil, name
		}
		v.sums[name] = checksums[which]()
	}
	if isDigest(r.Header.Get(contentDigest)) {
		v.sums[contentDigest] = sha256.New()
	}
	return v, ""
}

// trailers are the names of the headers that follow the content.
func trailers(header http.Header) []string {
	var names []string
	for name := range strings.SplitSeq(header.Get("X-Amz-Trailer"), ",") {
		names = append(names, http.CanonicalHeaderKey(strings.TrimSpace(name)))
	}
	return names
}

// sumsIn are the headers and trailers that hold a checksum, sorted by name.
func sumsIn(header http.Header) []string {
	names := slices.AppendSeq(trailers(header), maps.Keys(header))
	names = slices.DeleteFunc(names, func(name string) bool {
		which, found := strings.CutPrefix(name, checksumPrefix)
		return !found || slices.Contains(about, which)
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// checkAlgorithm checks which checksums a write has.
func checkAlgorithm(r *http.Request) error {
	names, algorithm := sumsIn(r.Header), r.Header.Get(algorithmHeader)
	switch {
	case r.Method != http.MethodPut && r.Method != http.MethodPost:
	case len(names) > 1 || len(names) == 1 && slices.Contains(trailers(r.Header), names[0]) && r.Header[names[0]] != nil:
		return gofakes3.ErrorMessagef("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed: leave one of %s out.",
			strings.ToLower(strings.Join(names, " and ")))
	case algorithm != "" && len(names) == 0:
		return gofakes3.ErrorMessage("InvalidRequest", "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
	case algorithm != "" && !strings.EqualFold(checksumPrefix+algorithm, names[0]):
		return gofakes3.ErrorMessagef("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid: it is %s, and the checksum is %s.", algorithm, strings.ToLower(names[0]))
	}
	return nil
}

// checkChoice checks the checksum that an upload in parts or a copy is to have. The words are those of localstack's test_s3.py, recorded
// on AWS.
func checkChoice(r *http.Request) error {
	algorithm := strings.ToUpper(r.Header.Get(checksumPrefix + "Algorithm"))
	begins := r.Method == http.MethodPost && r.URL.Query().Has("uploads")
	switch {
	case !begins && (r.Method != http.MethodPut || r.Header.Get(copySource) == ""):
	case algorithm != "" && checksums[algorithm[:1]+strings.ToLower(algorithm[1:])] == nil:
		return wrongChoice("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
	case begins:
		return checkKind(algorithm, r.Header.Get(checksumPrefix+"Type"))
	}
	return nil
}

// checkKind checks whether an upload's checksum can be one of the parts' checksums, or of the whole object.
func checkKind(algorithm, kind string) error {
	switch {
	case kind == "":
	case algorithm == "":
		return wrongChoice("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
	case kind != "COMPOSITE" && kind != "FULL_OBJECT":
		return wrongChoice("Value for x-amz-checksum-type header is invalid. (it is %s; use COMPOSITE or FULL_OBJECT)", kind)
	case kind == "COMPOSITE" && algorithm == "CRC64NVME", kind == "FULL_OBJECT" && strings.HasPrefix(algorithm, "SHA"):
		return wrongChoice("The %s checksum type cannot be used with the %s checksum algorithm.", kind, strings.ToLower(algorithm))
	}
	return nil
}

func wrongChoice(format string, values ...any) error {
	return gofakes3.ErrorMessagef("InvalidRequest", format, values...)
}

// errTrailer has S3's words.
var errTrailer = gofakes3.ErrorMessage("MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.")

const contentDigest = "X-Amz-Content-Sha256"

func isDigest(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil && len(text) == hex.EncodedLen(sha256.Size)
}

// undigested are the values of contentDigest that are no digest.
var undigested = []string{
	"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
	"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
}

// checkDigest refuses a digest of the body that is none, by which nothing would be checked. The words are S3's (versity/versitygw#1352).
func checkDigest(r *http.Request) error {
	given := r.Header.Get(contentDigest)
	if given == "" || slices.Contains(undigested, given) || isDigest(given) {
		return nil
	}
	return gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "x-amz-content-sha256 must be %s or a valid sha256 value.", strings.Join(undigested, ", "))
}

// Read implements io.Reader.
func (v *verified) Read(to []byte) (int, error) {
	n, err := v.ReadCloser.Read(to)
	for _, sum := range v.sums {
		_, _ = sum.Write(to[:n]) // never fails
	}
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	for name, sum := range v.sums {
		if problem := v.compare(name, sum.Sum(nil)); problem != nil {
			return n, problem
		}
	}
	return n, err
}

func (v *verified) compare(name string, is []byte) error {
	given := v.header.Get(name)
	if given == "" {
		given = v.trailer[name]
	}
	if name == contentDigest {
		if strings.EqualFold(given, hex.EncodeToString(is)) {
			return nil
		}
		return gofakes3.ErrorMessage("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	want, err := base64.StdEncoding.DecodeString(given)
	switch {
	case given == "" && v.header[name] == nil:
		return errTrailer
	case err != nil || len(want) != len(is):
		return gofakes3.ErrorMessagef("InvalidRequest", "Value for %s header is invalid.", strings.ToLower(name))
	case bytes.Equal(want, is):
		return nil
	}
	return gofakes3.ErrorMessagef(gofakes3.ErrBadDigest, "The %s you specified did not match the calculated checksum.", strings.ToUpper(strings.TrimPrefix(name, checksumPrefix)))
}
