package s3

import (
	"encoding/base64"
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"
)

// decodedMetadata is a value of user-defined metadata as it is kept, and encodedMetadata as an answer has it.
//
// Assumption S3-22: S3 decodes a value of user-defined metadata by RFC 2047 before it stores it, and encodes one that is not ASCII before
// it returns it (S3 user guide, "Working with object metadata"), with Q, or with B if it holds control characters (localstack's
// test_user_metadata_rfc2047_encoded and test_put_unicode_metadata_with_sig_s3, recorded on AWS). It keeps an empty value (ceph/s3-tests,
// test_object_set_get_metadata_none_to_empty).
func decodedMetadata(value string) string {
	if !strings.Contains(value, "=?") {
		return value
	}
	decoder := mime.WordDecoder{}
	if text, err := decoder.DecodeHeader(value); err == nil {
		return text
	}
	return value // S3 returns other bytes, which nobody can rely on
}

func encodedMetadata(value string) string {
	const begin, end = "=?UTF-8?Q?", "?="
	isUnprintable := func(c rune) bool { return unicode.Is(unicode.C, c) && c != '\t' || c == utf8.RuneError }
	if strings.ContainsFunc(value, isUnprintable) {
		return "=?UTF-8?B?" + base64.StdEncoding.EncodeToString([]byte(value)) + end
	}
	return strings.ReplaceAll(mime.WordEncoder('Q').Encode("UTF-8", value), end+" "+begin, "") // S3 does not split a long word
}
