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
// It stores nothing then.
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
	names := strings.Split(r.Header.Get("X-Amz-Trailer"), ",")
	for name := range r.Header {
		names = append(names, name)
	}
	for _, name := range names {
		name = http.CanonicalHeaderKey(strings.TrimSpace(name))
		which, found := strings.CutPrefix(name, checksumPrefix)
		if !found || slices.Contains(about, which) {
			continue
		}
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

const contentDigest = "X-Amz-Content-Sha256"

func isDigest(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil && len(text) == hex.EncodedLen(sha256.Size)
}

// checkDigest refuses a digest of the body that is none, by which nothing would be checked. The words are S3's (versity/versitygw#1352).
func checkDigest(r *http.Request) error {
	given := r.Header.Get(contentDigest)
	if given == "" || given == "UNSIGNED-PAYLOAD" || strings.HasPrefix(given, "STREAMING-") || isDigest(given) {
		return nil
	}
	return gofakes3.ErrorMessage(gofakes3.ErrInvalidArgument,
		"x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "+
			"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, "+
			"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.")
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
	case err != nil || len(want) != len(is):
		return gofakes3.ErrorMessagef("InvalidRequest", "Value for %s header is invalid.", strings.ToLower(name))
	case bytes.Equal(want, is):
		return nil
	}
	return gofakes3.ErrorMessagef(gofakes3.ErrBadDigest, "The %s you specified did not match the calculated checksum.", strings.ToUpper(strings.TrimPrefix(name, checksumPrefix)))
}
