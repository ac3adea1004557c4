// Package s3list lists the objects of a bucket with every key that S3 allows.
package s3list

import (
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Input asks for the objects whose keys begin with a prefix. Their keys come encoded: a key may have control characters, which XML 1.0 cannot
// have, so that one such key would make the page unreadable (S3 API reference, ListObjectsV2, "EncodingType").
func Input(bucket, prefix string) *s3.ListObjectsV2Input {
	return &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, EncodingType: types.EncodingTypeUrl}
}

// Key is the key of an object of a page. A service that encodes no keys does not name the encoding in its answer.
func Key(page *s3.ListObjectsV2Output, object types.Object) (string, error) {
	key := aws.ToString(object.Key)
	if page.EncodingType != types.EncodingTypeUrl {
		return key, nil
	}
	plain, err := url.QueryUnescape(key)
	if err != nil {
		return "", fmt.Errorf("the key %q is not encoded as the answer says: %w", key, err)
	}
	return plain, nil
}
