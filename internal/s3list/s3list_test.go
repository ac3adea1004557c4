package s3list_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"cdk.tf/go/ingest/internal/s3list"
)

func TestKey(t *testing.T) {
	for _, test := range []struct {
		encoding  types.EncodingType
		key, want string
	}{
		{types.EncodingTypeUrl, "errors/a%01+b%2B%C3%BC", "errors/a\x01 b+ü"},
		{"", "errors/a%01+b", "errors/a%01+b"}, // the service encodes no keys
		{types.EncodingTypeUrl, "errors/100%", ""},
	} {
		got, err := s3list.Key(&s3.ListObjectsV2Output{EncodingType: test.encoding}, types.Object{Key: &test.key})
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%s (%s) is %q (%v), want %q", test.key, test.encoding, got, err, test.want)
		}
	}
}
