package s3_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// What S3 answers to the completion of an upload whose key changed while it was sent.
func TestAConditionOfAnUploadThatWasOvertaken(t *testing.T) {
	w := newWorld(t)
	w.put("a", "before")
	begun := func() (id *string, part types.CompletedPart) {
		id = w.begin("a")
		part, err := w.sendPart("a", id, 1, "after")
		w.must(err)
		return id, part
	}
	end := func(id *string, part types.CompletedPart, match, none *string) string {
		_, err := w.client.CompleteMultipartUpload(w.Context(), &awss3.CompleteMultipartUploadInput{
			Bucket: aws.String("events"), Key: aws.String("a"), UploadId: id, IfMatch: match, IfNoneMatch: none,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{part}},
		})
		return code(err)
	}
	wants := func(got, want string) {
		t.Helper()
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	tag := func() *string { _, out := w.get("a"); return out.ETag }

	id, part := begun()
	before := tag()
	w.put("a", "meanwhile")
	wants(end(id, part, before, nil), "PreconditionFailed")
	wants(end(id, part, tag(), nil), "ConditionalRequestConflict")
	wants(end(id, part, nil, aws.String("*")), "PreconditionFailed")
	_, err := w.client.DeleteObject(w.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("events"), Key: aws.String("a")})
	w.must(err)
	wants(end(id, part, nil, aws.String("*")), "ConditionalRequestConflict")
	wants(end(id, part, before, nil), "NoSuchKey")
	id, part = begun()
	if got := end(id, part, nil, aws.String("*")); got != code(nil) {
		t.Errorf("a new upload: %s", got)
	}
}

func TestAConditionInTheFutureIsNotHeeded(t *testing.T) {
	w := newWorld(t)
	w.put("a", "content")
	future := "If-Modified-Since: " + w.clock.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for _, method := range []string{"GET", "HEAD"} {
		if got := serve(t, w.service, method, "/events/a", "", future); got.Code != http.StatusOK {
			t.Errorf("%s: %d", method, got.Code)
		}
	}
	got := serve(t, w.service, "PUT", "/events/b", "", "Content-Length: 0", "X-Amz-Copy-Source: events/a", "X-Amz-Copy-Source-"+future)
	if got.Code != http.StatusOK {
		t.Errorf("a copy: %d %s", got.Code, got.Body)
	}
}

func TestACopyToItself(t *testing.T) {
	w := newWorld(t)
	w.put("a", "content")
	for header, want := range map[string]int{
		"X-Other: x":                           http.StatusBadRequest,
		"X-Amz-Storage-Class: STANDARD":        http.StatusOK,
		"X-Amz-Server-Side-Encryption: AES256": http.StatusOK,
		"X-Amz-Metadata-Directive: REPLACE":    http.StatusOK,
	} {
		got := serve(t, w.service, "PUT", "/events/a", "", "Content-Length: 0", "X-Amz-Copy-Source: events/a", header)
		if got.Code != want {
			t.Errorf("%s: %d %s", header, got.Code, got.Body)
		}
	}
}

// The codes of a wrong range of a part's source are recorded (localstack's test_upload_part_copy_range).
func TestARangeBeyondTheSource(t *testing.T) {
	w := newWorld(t)
	w.put("source", "0123456789")
	id := w.begin("a")
	for of, want := range map[string]string{"0-100": "<Code>InvalidArgument<", "9-10": "<Code>InvalidArgument<", "10-10": "<Code>InvalidRequest<", "100-200": "<Code>InvalidRequest<"} {
		got := serve(t, w.service, http.MethodPut, "/events/a?partNumber=1&uploadId="+*id, "", "X-Amz-Copy-Source: events/source", "X-Amz-Copy-Source-Range: bytes="+of)
		if got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), want) {
			t.Errorf("%s: want %s in %s", of, want, got.Body)
		}
	}
}
